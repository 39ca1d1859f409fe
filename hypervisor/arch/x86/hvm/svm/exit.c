/* SPDX-License-Identifier: MIT */
/*
 * Why an SVM guest was left, and what is done about it.
 *
 * Invariants:
 *  - Interrupts are on, nothing is locked; the guest's registers are in guest_cpu_regs(), where changes take effect.
 *  - What a guest does to itself costs the guest: an exception, or its end. No exit, known or not, and no state
 *    that the CPU refuses to enter stops the machine.
 *  - An instruction is either done, and RIP is past it, or has raised an exception, and RIP is on it; or it is
 *    executed again: where the CPU does not say how long it is, it is fetched and decoded, and if another vCPU has
 *    changed it meanwhile it is not the one that made the exit (hvm_skip()).
 *  - The CPU has checked the privilege of what it reports; the emulator checks again, because it fetches again.
 */
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>
#include <asm/msr.h>
#include "svm.h"

typedef void exit_fn(struct vcpu *v, struct vmcb *b);

static uint64_t next_rip(const struct vmcb *b)
{
	return svm_has_next_rip ? b->next_rip : 0;
}

static bool skip(struct vcpu *v, const struct vmcb *b, uint32_t insn)
{
	return hvm_skip(v, insn, next_rip(b));
}

static void exit_nothing(struct vcpu *v, struct vmcb *b)
{
}

static void exit_undefined(struct vcpu *v, struct vmcb *b)
{
	hvm_inject_exception(v, X86_TRAP_UD, HVM_NO_ERROR_CODE);
}

static void exit_protection(struct vcpu *v, struct vmcb *b)
{
	hvm_inject_exception(v, X86_TRAP_GP, 0);
}

static void exit_system(struct vcpu *v, struct vmcb *b)
{
	hvm_emulate(v, EMUL_CLASS_SYSTEM);
}

static void exit_debugreg(struct vcpu *v, struct vmcb *b)
{
	local_irq_disable();
	svm_load_debugregs(v);
	local_irq_enable();
}

static void exit_debug(struct vcpu *v, struct vmcb *b)
{
	hvm_inject_exception(v, X86_TRAP_DB, HVM_NO_ERROR_CODE);
}

static void exit_alignment(struct vcpu *v, struct vmcb *b)
{
	hvm_inject_exception(v, X86_TRAP_AC, 0);
}

static void exit_machine_check(struct vcpu *v, struct vmcb *b)
{
	__asm__ volatile("int $18");
}

static void exit_irq_window(struct vcpu *v, struct vmcb *b)
{
	b->vintr &= ~(SVM_VINTR_IRQ | SVM_VINTR_IGN_TPR | SVM_VINTR_PRIO);
	b->intercept1 &= ~SVM1_VINTR;
}

static void exit_cpuid(struct vcpu *v, struct vmcb *b)
{
	hvm_exit_cpuid(v, next_rip(b));
}

static void exit_halt(struct vcpu *v, struct vmcb *b)
{
	if (skip(v, b, HVM_INSN_HLT))
		hvm_halt(v);
}

static void exit_writeback(struct vcpu *v, struct vmcb *b)
{
	(void)skip(v, b, b->exitcode == SVM_EXIT_INVD ? HVM_INSN_INVD : HVM_INSN_WBINVD);
}

static void exit_vmmcall(struct vcpu *v, struct vmcb *b)
{
	if (skip(v, b, HVM_INSN_VMMCALL))
		hvm_hypercall(v);
}

static void exit_rdtsc(struct vcpu *v, struct vmcb *b)
{
	hvm_emulate(v, EMUL_CLASS_SYSTEM);
}

static void exit_msr(struct vcpu *v, struct vmcb *b)
{
	hvm_exit_msr(v, b->exitinfo1 & 1, next_rip(b));
}

static void exit_io(struct vcpu *v, struct vmcb *b)
{
	uint32_t info = (uint32_t)b->exitinfo1;

	if (info & SVM_IOIO_STRING)
		hvm_emulate(v, EMUL_CLASS_IO);
	else
		hvm_exit_io(v, SVM_IOIO_PORT(info), SVM_IOIO_SIZE(info), info & SVM_IOIO_IN, b->exitinfo2);
}

static void exit_nested_fault(struct vcpu *v, struct vmcb *b)
{
	hvm_physmap_fault(v, b->exitinfo2, b->exitinfo1 & SVM_NPF_WRITE,
			  b->exitinfo1 & (SVM_NPF_INSN | SVM_NPF_IN_WALK));
}

static void exit_shutdown(struct vcpu *v, struct vmcb *b)
{
	hvm_exit_triple_fault(v);
}

static exit_fn *const exits[] = {
	[SVM_EXIT_CR_READ ... SVM_EXIT_CR_WRITE + 15] = exit_system,
	[SVM_EXIT_DR_READ ... SVM_EXIT_DR_WRITE + 15] = exit_debugreg,
	[SVM_EXIT_EXCEPTION + 1] = exit_debug,
	[SVM_EXIT_EXCEPTION + 17] = exit_alignment,
	[SVM_EXIT_EXCEPTION + 18] = exit_machine_check,
	[SVM_EXIT_INTR] = exit_nothing, /* these four: taken when they could be, just before */
	[SVM_EXIT_NMI] = exit_nothing,
	[SVM_EXIT_SMI] = exit_nothing,
	[SVM_EXIT_INIT] = exit_nothing,
	[SVM_EXIT_VINTR] = exit_irq_window,
	[SVM_EXIT_RDTSC] = exit_rdtsc,
	[SVM_EXIT_RDPMC] = exit_protection,
	[SVM_EXIT_CPUID] = exit_cpuid,
	[0x073] = exit_undefined, /* RSM */
	[SVM_EXIT_INVD] = exit_writeback,
	[SVM_EXIT_HLT] = exit_halt,
	[0x07a] = exit_undefined, /* INVLPGA */
	[SVM_EXIT_IOIO] = exit_io,
	[SVM_EXIT_MSR] = exit_msr,
	[SVM_EXIT_FERR] = exit_nothing,
	[SVM_EXIT_SHUTDOWN] = exit_shutdown,
	[0x080] = exit_undefined, /* VMRUN */
	[SVM_EXIT_VMMCALL] = exit_vmmcall,
	[0x082 ... 0x086] = exit_undefined, /* VMLOAD VMSAVE STGI CLGI SKINIT */
	[SVM_EXIT_RDTSCP] = exit_rdtsc,
	[SVM_EXIT_WBINVD] = exit_writeback,
	[0x08a ... 0x08c] = exit_undefined, /* MONITOR, MWAIT */
	[SVM_EXIT_XSETBV] = exit_system,
	[0x08e] = exit_undefined,	    /* RDPRU */
	[0x0a0 ... 0x0a1] = exit_undefined, /* INVLPGB */
	[0x0a3 ... 0x0a4] = exit_undefined, /* MCOMMIT, TLBSYNC */
};

void svm_handle_exit(struct vcpu *v)
{
	struct vmcb *b = v->arch.hvm->svm->vmcb;
	uint64_t code = b->exitcode;

	if (code == SVM_EXIT_NPF)
		exit_nested_fault(v, b);
	else if (code < ARRAY_SIZE(exits) && exits[code])
		exits[code](v, b);
	else if (code == SVM_EXIT_INVALID)
		domain_crash(v->domain, "vCPU %u is in a state that the CPU refuses (CR0 %#lx CR4 %#lx EFER %#lx)",
			     v->vcpu_id, b->cr0, b->cr4, b->efer);
	else
		domain_crash(v->domain, "vCPU %u: exit %#lx (%#lx %#lx) was not expected", v->vcpu_id, code,
			     b->exitinfo1, b->exitinfo2);
}
