/* SPDX-License-Identifier: MIT */
/*
 * Why a VMX guest was left, and what is done about it.
 *
 * Invariants:
 *  - Interrupts are on, nothing is locked; the guest's registers are in guest_cpu_regs(), where changes take effect.
 *  - What a guest does to itself costs the guest: an exception, or its end. No exit, known or not, and no state
 *    that the CPU refuses to enter stops the machine.
 *  - The CPU has checked the privilege of what it reports, says how long the instruction is, and mostly what it does.
 */
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>
#include <asm/msr.h>
#include "vmx.h"

typedef void exit_fn(struct vcpu *v);

static uint32_t qualification(const struct vcpu *v)
{
	return (uint32_t)vmcs_read(v, VMCS_QUALIFICATION);
}

/* RIP wraps at 4 GiB, but in 64-bit code. */
static uint64_t next_rip(struct vcpu *v)
{
	uint64_t rip = guest_cpu_regs()->rip, next = rip + vmcs_read(v, VMCS_EXIT_INSN_LENGTH);

	if (unlikely((rip ^ next) >> 32) && hvm_code_mode(v) != 64)
		next = (uint32_t)next;
	return next;
}

static void exit_nothing(struct vcpu *v)
{
}

static void exit_undefined(struct vcpu *v)
{
	hvm_inject_exception(v, X86_TRAP_UD, HVM_NO_ERROR_CODE);
}

static void exit_protection(struct vcpu *v)
{
	hvm_inject_exception(v, X86_TRAP_GP, 0);
}

static void exit_system(struct vcpu *v)
{
	hvm_emulate(v, EMUL_CLASS_SYSTEM);
}

static void exit_skipped(struct vcpu *v)
{
	hvm_insn_done(v, next_rip(v));
}

/* ---- exceptions and windows ---- */

/* The CPU reports what DR6 is to say, and leaves that to us. INT1 is over when its trap is delivered, as INT3 is. */
static void exit_debug(struct vcpu *v, uint32_t event)
{
	hvm_vendor->set_dr(v, 6, hvm_vendor->get_dr(v, 6) | (qualification(v) & 0xe00f));
	if (EVENT_TYPE(event) == EVENT_TYPE_ICEBP)
		guest_cpu_regs()->rip = next_rip(v);
	hvm_inject_exception(v, X86_TRAP_DB, HVM_NO_ERROR_CODE);
}

static void exit_exception(struct vcpu *v)
{
	uint32_t e = (uint32_t)vmcs_read(v, VMCS_EXIT_EVENT);

	if (EVENT_TYPE(e) == HVM_EVENT_NMI || (e & 0xff) == X86_TRAP_MC) /* taken when it came */
		return;
	if ((e & EVENT_NMI_IRET) && !hvm_vendor->event_waiting(v))
		vmx_nmi_blocked_again(v);
	if ((e & 0xff) == X86_TRAP_DB)
		exit_debug(v, e);
	else
		hvm_inject_exception(v, e & 31, (uint32_t)vmcs_read(v, VMCS_EXIT_EVENT_ERROR));
}

static void exit_irq_window(struct vcpu *v)
{
	vmcs_set_cpu_controls(v, 0, CPU_IRQ_WINDOW);
}

/* ---- instructions ---- */

static void exit_cpuid(struct vcpu *v)
{
	hvm_exit_cpuid(v, next_rip(v));
}

static void exit_halt(struct vcpu *v)
{
	hvm_insn_done(v, next_rip(v));
	hvm_halt(v);
}

static void exit_vmcall(struct vcpu *v)
{
	hvm_insn_done(v, next_rip(v));
	hvm_hypercall(v);
}

static void exit_msr(struct vcpu *v)
{
	const struct cpu_user_regs *r = guest_cpu_regs();
	bool write = vmx_of(v)->exit_reason == EXIT_WRMSR;
	uint32_t msr = (uint32_t)r->rcx;

	if (!write || !vmx_is_switched_msr(msr))
		hvm_exit_msr(v, write, next_rip(v));
	else if (vmx_write_switched_msr(v, msr, (r->rax & 0xffffffff) | r->rdx << 32))
		hvm_inject_exception(v, X86_TRAP_GP, 0);
	else
		hvm_insn_done(v, next_rip(v));
}

static void exit_io(struct vcpu *v)
{
	uint32_t q = qualification(v);

	if (q & QUAL_IO_STRING)
		hvm_emulate(v, EMUL_CLASS_IO);
	else
		hvm_exit_io(v, QUAL_IO_PORT(q), QUAL_IO_SIZE(q), q & QUAL_IO_IN, next_rip(v));
}

static void exit_debugreg(struct vcpu *v)
{
	local_irq_disable();
	vmx_load_debugregs(v);
	local_irq_enable();
}

static void exit_task_switch(struct vcpu *v)
{
	vmx_task_switch(v, next_rip(v));
}

/* ---- control registers ---- */

static uint64_t *general_register(unsigned int nr)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	uint64_t *const at[16] = {
		&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
		&r->r8,	 &r->r9,  &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
	};

	return at[nr];
}

static int write_cr(struct vcpu *v, uint32_t q)
{
	uint64_t val = *general_register(QUAL_CR_REG(q));

	return hvm_write_cr(v, QUAL_CR_NR(q), hvm_code_mode(v) == 64 ? val : (uint32_t)val);
}

static int read_cr(struct vcpu *v, uint32_t q)
{
	*general_register(QUAL_CR_REG(q)) =
	    QUAL_CR_NR(q) == 8 ? vlapic_get_cr8(v) : hvm_vendor->get_cr(v, QUAL_CR_NR(q));
	return 0;
}

static int clear_ts(struct vcpu *v)
{
	return hvm_write_cr(v, 0, hvm_vendor->get_cr(v, 0) & ~X86_CR0_TS);
}

/* LMSW writes the low four bits, and does not clear PE. */
static int load_status_word(struct vcpu *v, uint32_t q)
{
	uint64_t cr0 = hvm_vendor->get_cr(v, 0);

	return hvm_write_cr(v, 0, (cr0 & ~(uint64_t)(X86_CR0_MP | X86_CR0_EM | X86_CR0_TS)) | (QUAL_CR_LMSW(q) & 15));
}

static void exit_cr(struct vcpu *v)
{
	uint64_t next = next_rip(v);
	uint32_t q = qualification(v);
	int rc;

	switch (QUAL_CR_ACCESS(q)) {
	case 0:
		rc = write_cr(v, q);
		break;
	case 1:
		rc = read_cr(v, q);
		break;
	case 2:
		rc = clear_ts(v);
		break;
	default:
		rc = load_status_word(v, q);
	}
	if (rc)
		hvm_inject_exception(v, X86_TRAP_GP, 0);
	else
		hvm_insn_done(v, next);
}

/* ---- the physical map ---- */

static void exit_ept_violation(struct vcpu *v)
{
	uint64_t gpa = vmcs_read(v, VMCS_GUEST_PHYSICAL);
	uint32_t q = qualification(v);
	bool in_walk = (q & QUAL_EPT_LINEAR) && !(q & QUAL_EPT_FINAL);

	if ((q & QUAL_EPT_NMI_IRET) && !hvm_vendor->event_waiting(v))
		vmx_nmi_blocked_again(v);
	hvm_physmap_fault(v, gpa, q & QUAL_EPT_WRITE, (q & QUAL_EPT_FETCH) || in_walk);
}

static void exit_ept_misconfiguration(struct vcpu *v)
{
	uint64_t gpa = vmcs_read(v, VMCS_GUEST_PHYSICAL);
	enum p2m_type t;
	mfn_t mfn = p2m_get(v->domain, _gfn(gpa >> PAGE_SHIFT), &t, NULL);

	domain_crash(v->domain, "vCPU %u: the CPU does not like the map's entry for %#lx (frame %#lx, type %u)",
		     v->vcpu_id, gpa, (unsigned long)mfn_x(mfn), t);
}

/* ---- the end ---- */

static void report_state(struct vcpu *v)
{
	static const char *const names[] = { "ES", "CS", "SS", "DS", "FS", "GS", "TR", "LDTR", "GDTR", "IDTR" };
	const struct cpu_user_regs *r = guest_cpu_regs();

	gprintk(LOG_WARNING, "RIP %#lx RSP %#lx RFLAGS %#lx CR0 %#lx CR3 %#lx CR4 %#lx EFER %#lx\n",
		(unsigned long)r->rip, (unsigned long)r->rsp, (unsigned long)r->rflags,
		(unsigned long)vmcs_read(v, VMCS_GUEST_CR0), (unsigned long)vmcs_read(v, VMCS_GUEST_CR3),
		(unsigned long)vmcs_read(v, VMCS_GUEST_CR4), (unsigned long)vmcs_read(v, VMCS_GUEST_EFER));
	for (enum hvm_seg i = 0; i < NR_HVM_SEGS; i++) {
		struct hvm_segment s;

		vmx_get_segment(v, i, &s);
		gprintk(LOG_WARNING, "%s %#x attributes %#x limit %#x base %#lx\n", names[i], s.sel, s.attr, s.limit,
			(unsigned long)s.base);
	}
	gprintk(LOG_WARNING, "interruptibility %#lx event %#lx\n", (unsigned long)vmcs_read(v, VMCS_INTERRUPTIBILITY),
		(unsigned long)vmcs_read(v, VMCS_ENTRY_EVENT));
}

static void exit_refused(struct vcpu *v, uint32_t reason)
{
	report_state(v);
	if (reason == EXIT_NOT_ENTERED)
		domain_crash(v->domain, "vCPU %u could not be entered: error %lu", v->vcpu_id,
			     (unsigned long)vmcs_read(v, VMCS_INSN_ERROR));
	else
		domain_crash(v->domain, "vCPU %u is in a state that the CPU refuses: reason %u (%#x)", v->vcpu_id,
			     reason & 0xffff, qualification(v));
}

static exit_fn *const exits[] = {
	[EXIT_EXCEPTION] = exit_exception,
	[1] = exit_nothing, /* an interrupt: taken just before, when they could be */
	[EXIT_TRIPLE_FAULT] = hvm_exit_triple_fault,
	[3 ... 6] = exit_nothing, /* INIT, SIPI, SMI */
	[7] = exit_irq_window,
	[8] = vmx_nmi_window,
	[9] = exit_task_switch,
	[10] = exit_cpuid,
	[11] = exit_undefined, /* GETSEC */
	[12] = exit_halt,
	[EXIT_INVD] = exit_skipped,
	[15] = exit_protection, /* RDPMC */
	[16] = exit_system,	/* RDTSC */
	[17] = exit_undefined,	/* RSM */
	[18] = exit_vmcall,
	[19 ... 27] = exit_undefined, /* VMX's own */
	[28] = exit_cr,
	[29] = exit_debugreg,
	[30] = exit_io,
	[EXIT_RDMSR] = exit_msr,
	[EXIT_WRMSR] = exit_msr,
	[36] = exit_undefined, /* MWAIT */
	[39] = exit_undefined, /* MONITOR */
	[40] = exit_nothing,   /* PAUSE */
	[48] = exit_ept_violation,
	[49] = exit_ept_misconfiguration,
	[50] = exit_undefined,	      /* INVEPT */
	[51] = exit_system,	      /* RDTSCP */
	[53] = exit_undefined,	      /* INVVPID */
	[54] = exit_skipped,	      /* WBINVD */
	[55] = exit_system,	      /* XSETBV */
	[59] = exit_undefined,	      /* VMFUNC */
	[60] = exit_undefined,	      /* ENCLS */
	[63 ... 64] = exit_undefined, /* XSAVES, XRSTORS */
};

void vmx_handle_exit(struct vcpu *v)
{
	uint32_t reason = vmx_of(v)->exit_reason;

	if (unlikely(reason & EXIT_ENTRY_FAILED))
		exit_refused(v, reason);
	else if (reason < ARRAY_SIZE(exits) && exits[reason])
		exits[reason](v);
	else
		domain_crash(v->domain, "vCPU %u: exit %u (%#lx) was not expected", v->vcpu_id, reason,
			     (unsigned long)vmcs_read(v, VMCS_QUALIFICATION));
}
