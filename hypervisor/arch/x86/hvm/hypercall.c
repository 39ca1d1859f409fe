/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls by VMMCALL (VMCALL), and what HLT means. Arguments and counters are as for PV guests. RIP is past the
 * instruction already: a call to be continued steps back onto it.
 *
 * LIMITS: 64-bit callers only; the 32-bit form has other layouts.
 */
#include <hv/hypercall.h>
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>
#include <asm/pv.h>

typedef long (*hypercall_fn)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long,
			     unsigned long);

void hvm_hypercall(struct vcpu *v)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	unsigned long nr = (uint32_t)r->rax, arg0 = r->rdi;
	hypercall_fn fn;
	long rc;

	if (hvm_cpl(v)) {
		r->rax = (uint64_t)-EPERM;
		return;
	}
	fn = nr < NR_HYPERCALLS && hvm_code_mode(v) == 64 ? (hypercall_fn)hvm_hypercall_table[nr] : NULL;
	if (nr < NR_HYPERCALLS)
		v->hypercall_calls[nr]++;
	rc = fn ? fn(arg0, r->rsi, r->rdx, r->r10, r->r8, r->r9) : -ENOSYS;
	r->rax = (uint64_t)(IS_ERR_VALUE(rc) ? hypercall_note_error(nr, arg0, rc) : rc);
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
