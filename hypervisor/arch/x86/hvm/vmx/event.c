/* SPDX-License-Identifier: MIT */
/*
 * What is delivered into a VMX guest. One event goes with an entry; it waits in struct vmx_vcpu until then. One whose
 * delivery an exit interrupted waits again, except INT n and its like: the instruction itself is executed again.
 *
 * An NMI that the guest cannot take yet (it has not left the one before, or is in an interrupt shadow) is held until
 * the CPU says that it can.
 *
 * LIMITS: a held NMI is not part of saved state.
 */
#include <asm/cpu.h>
#include <asm/current.h>
#include "vmx.h"

#define SHADOW (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS)

static bool nmi_open(const struct vcpu *v)
{
	return !(vmcs_read(v, VMCS_INTERRUPTIBILITY) & (SHADOW | INTERRUPTIBILITY_NMI));
}

void vmx_inject(struct vcpu *v, const struct hvm_event *e)
{
	struct vmx_vcpu *x = vmx_of(v);

	if (e->type == HVM_EVENT_NMI && !nmi_open(v)) {
		x->nmi_held = true;
		vmcs_set_cpu_controls(v, CPU_NMI_WINDOW, 0);
		return;
	}
	x->event = EVENT_VALID | (uint32_t)(e->type & 7) << 8 | e->vector | (e->has_error ? EVENT_HAS_ERROR : 0);
	x->event_error = e->error_code;
}

bool vmx_event_waiting(const struct vcpu *v)
{
	return vmx_of(v)->event & EVENT_VALID;
}

bool vmx_irq_open(const struct vcpu *v)
{
	return (guest_cpu_regs()->rflags & X86_EFLAGS_IF) && !(vmcs_read(v, VMCS_INTERRUPTIBILITY) & SHADOW);
}

void vmx_want_irq_window(struct vcpu *v)
{
	vmcs_set_cpu_controls(v, CPU_IRQ_WINDOW, 0);
}

void vmx_nmi_window(struct vcpu *v)
{
	static const struct hvm_event nmi = { .type = HVM_EVENT_NMI, .vector = 2 };
	struct vmx_vcpu *x = vmx_of(v);

	vmcs_set_cpu_controls(v, 0, CPU_NMI_WINDOW);
	if (x->nmi_held) {
		x->nmi_held = false;
		vmx_inject(v, &nmi);
	}
}

void vmx_set_irq_shadow(struct vcpu *v, bool on)
{
	uint64_t was = vmcs_read(v, VMCS_INTERRUPTIBILITY),
		 now = (was & ~(uint64_t)SHADOW) | (on ? INTERRUPTIBILITY_MOV_SS : 0);

	if (now != was)
		vmcs_write(v, VMCS_INTERRUPTIBILITY, now);
}

void vmx_nmi_blocked_again(struct vcpu *v)
{
	vmcs_write(v, VMCS_INTERRUPTIBILITY, vmcs_read(v, VMCS_INTERRUPTIBILITY) | INTERRUPTIBILITY_NMI);
}

/* ---- around a stay in the guest ---- */

static void enter_with(struct vcpu *v, uint32_t e, uint32_t error)
{
	/* In real mode there are no error codes, and the CPU insists. */
	if (!(vmx_of(v)->cr0 & X86_CR0_PE))
		e &= ~EVENT_HAS_ERROR;
	if (EVENT_TYPE(e) == HVM_EVENT_NMI)
		vmcs_write(v, VMCS_INTERRUPTIBILITY,
			   vmcs_read(v, VMCS_INTERRUPTIBILITY) & ~(uint64_t)(SHADOW | INTERRUPTIBILITY_NMI));
	vmcs_write(v, VMCS_ENTRY_EVENT, e);
	if (e & EVENT_HAS_ERROR)
		vmcs_write(v, VMCS_ENTRY_EVENT_ERROR, error);
	if (EVENT_TYPE(e) == HVM_EVENT_SOFTWARE) /* from saved state; INT n */
		vmcs_write(v, VMCS_ENTRY_INSN_LENGTH, 2);
}

/* Single-stepping over an interrupt shadow: the CPU wants to see the trap pending, which an exit may have lost. */
static void keep_single_step(struct vcpu *v)
{
	if (vmcs_read(v, VMCS_INTERRUPTIBILITY) & SHADOW)
		vmcs_write(v, VMCS_PENDING_DEBUG, vmcs_read(v, VMCS_PENDING_DEBUG) | PENDING_DEBUG_BS);
}

void vmx_event_enter(struct vcpu *v)
{
	struct vmx_vcpu *x = vmx_of(v);

	if (x->event & EVENT_VALID)
		enter_with(v, x->event, x->event_error);
	if (unlikely(guest_cpu_regs()->rflags & X86_EFLAGS_TF))
		keep_single_step(v);
}

void vmx_event_left(struct vcpu *v)
{
	uint32_t e = (uint32_t)vmcs_read(v, VMCS_VECTORING), type = EVENT_TYPE(e);
	struct vmx_vcpu *x = vmx_of(v);

	x->event = 0;
	if (!(e & EVENT_VALID) || (type != HVM_EVENT_IRQ && type != HVM_EVENT_NMI && type != HVM_EVENT_EXCEPTION))
		return;
	x->event = e & (EVENT_VALID | EVENT_HAS_ERROR | 0x7ff);
	if (e & EVENT_HAS_ERROR)
		x->event_error = (uint32_t)vmcs_read(v, VMCS_VECTORING_ERROR);
}
