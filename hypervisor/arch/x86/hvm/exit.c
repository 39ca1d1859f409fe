/* SPDX-License-Identifier: MIT */
/*
 * What a guest was left for, where the vendors do not differ: they say which instruction it was, and where the next
 * one is if they know. An instruction is either done, and RIP is past it, or has raised an exception, or waits for a
 * device model: then RIP is on it.
 */
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>

void hvm_exit_cpuid(struct vcpu *v, uint64_t next_rip)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	uint32_t out[4], leaf = (uint32_t)r->rax, subleaf = (uint32_t)r->rcx;

	if (!hvm_skip(v, HVM_INSN_CPUID, next_rip))
		return;
	guest_cpuid(v, leaf, subleaf, out);
	r->rax = out[0];
	r->rbx = out[1];
	r->rcx = out[2];
	r->rdx = out[3];
}

void hvm_exit_msr(struct vcpu *v, bool write, uint64_t next_rip)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	uint64_t val = (r->rax & 0xffffffff) | r->rdx << 32;
	uint32_t msr = (uint32_t)r->rcx;

	if (write ? hvm_wrmsr(v, msr, val) : hvm_rdmsr(v, msr, &val)) {
		hvm_inject_exception(v, X86_TRAP_GP, 0);
		return;
	}
	/* Should the instruction have changed under us, the MSR was still this guest kernel's to access. */
	if (!hvm_skip(v, write ? HVM_INSN_WRMSR : HVM_INSN_RDMSR, next_rip) || write)
		return;
	r->rax = (uint32_t)val;
	r->rdx = val >> 32;
}

void hvm_exit_io(struct vcpu *v, uint16_t port, unsigned int size, bool in, uint64_t next_rip)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	uint32_t val = (uint32_t)r->rax;

	if (in) {
		val = hvm_port_read(v, port, size);
		if (hvm_io_waiting(v))
			return;
		r->rax = size == 4 ? val : (r->rax & ~((1ull << size * 8) - 1)) | (val & ((1u << size * 8) - 1));
	} else {
		hvm_port_write(v, port, size, size == 4 ? val : val & ((1u << size * 8) - 1));
		if (hvm_io_waiting(v))
			return;
	}
	hvm_insn_done(v, next_rip);
}

void hvm_exit_triple_fault(struct vcpu *v)
{
	uint64_t reason = v->domain->arch.hvm->params[HVM_PARAM_TRIPLE_FAULT_REASON];

	gprintk(LOG_WARNING, "triple fault: shut down, reason %lu\n", (unsigned long)reason);
	domain_shutdown(v->domain, (int)reason);
}
