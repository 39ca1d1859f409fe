/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls by VMMCALL (VMCALL), and what HLT means. Arguments and counters are as for PV guests. RIP is past the
 * instruction already: a call to be continued steps back onto it.
 * 32-bit callers have other layouts: compat.c.
 */
#include <hv/hypercall.h>
#include <asm/nospec.h>
#include <asm/cpu.h>
#include <asm/hvm/compat.h>
#include <asm/hvm/emulate.h>
#include <asm/pv.h>

typedef long (*hypercall_fn)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long,
			     unsigned long);

static long call_64(const struct cpu_user_regs *r, unsigned long nr)
{
	hypercall_fn fn;

	if (nr >= NR_HYPERCALLS)
		return -ENOSYS;
	block_speculation();
	fn = (hypercall_fn)hvm_hypercall_table[nr];
	return fn ? fn(r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9) : -ENOSYS;
}

static long call_32(struct vcpu *v, const struct cpu_user_regs *r, unsigned long nr)
{
	const uint32_t args[] = { (uint32_t)r->rbx, (uint32_t)r->rcx, (uint32_t)r->rdx,
				  (uint32_t)r->rsi, (uint32_t)r->rdi, (uint32_t)r->rbp };

	return hvm_compat_hypercall(v, (unsigned int)nr, args);
}

void hvm_hypercall(struct vcpu *v)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	bool wide = hvm_code_mode(v) == 64;
	unsigned long nr = (uint32_t)r->rax, arg0 = wide ? r->rdi : (uint32_t)r->rbx;
	long rc;

	if (hvm_cpl(v)) {
		r->rax = (uint64_t)-EPERM;
		return;
	}
	if (unlikely(viridian_is_call(v, r->rax))) {
		viridian_call(v);
		return;
	}
	if (nr < NR_HYPERCALLS)
		v->hypercall_calls[nr]++;
	rc = wide ? call_64(r, nr) : call_32(v, r, nr);
	if (IS_ERR_VALUE(rc))
		rc = hypercall_note_error(nr, arg0, rc);
	r->rax = wide ? (uint64_t)rc : (uint32_t)rc;
	if (unlikely(READ_ONCE(v->domain->arch.hvm->invalidate)) &&
	    __atomic_exchange_n(&v->domain->arch.hvm->invalidate, false, __ATOMIC_RELAXED))
		hvm_io_invalidate(v->domain);
}

/* With interrupts off and none to come, it is the way a CPU goes away for good. */
void hvm_halt(struct vcpu *v)
{
	if (guest_cpu_regs()->rflags & X86_EFLAGS_IF || v->arch.hvm->nmi_pending) {
		vcpu_block_current();
		return;
	}
	(void)do_vcpu_op(VCPUOP_down, v->vcpu_id, 0);
}
