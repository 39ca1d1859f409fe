/* SPDX-License-Identifier: MIT */
/*
 * What is delivered to a vCPU before it runs: an exception it has earned, an NMI, an interrupt.
 *
 * Event channels come as one of two interrupts. A per-vCPU vector (HVMOP_set_evtchn_upcall_vector) goes through the
 * local APIC like a device's, and the guest ends it there. The older domain-wide one (HVM_PARAM_CALLBACK_IRQ) is not
 * in any APIC: it is delivered for as long as evtchn_upcall_pending is set.
 *
 * LIMITS: an NMI is not held back until the IRET of the one before.
 */
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>

static const struct cpu_user_regs *regs_of(const struct vcpu *v)
{
	return v == current ? guest_cpu_regs() : &v->arch.regs;
}

/* Vectors that push an error code: DF TS NP SS GP PF AC. */
#define ERROR_CODE_VECTORS 0x00027d00u

void hvm_inject_exception(struct vcpu *v, unsigned int vector, uint32_t error_code)
{
	struct hvm_event e = {
		.type = HVM_EVENT_EXCEPTION,
		.vector = (uint8_t)vector,
		.has_error = ERROR_CODE_VECTORS >> vector & 1,
	};

	if (e.has_error)
		e.error_code = error_code;
	hvm_vendor->inject(v, &e);
}

void hvm_inject_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code)
{
	hvm_vendor->set_cr(v, 2, cr2);
	hvm_inject_exception(v, X86_TRAP_PF, error_code);
}

static bool callback_pending(const struct vcpu *v)
{
	return v->domain->arch.hvm->callback_vector &&
	       __atomic_load_n(&v->vcpu_info->evtchn_upcall_pending, __ATOMIC_RELAXED);
}

/* The interrupt that comes next, -1: none. */
static int pending_vector(const struct vcpu *v, bool *by_apic)
{
	*by_apic = !callback_pending(v);
	return *by_apic ? vlapic_pending(v) : v->domain->arch.hvm->callback_vector;
}

bool hvm_event_pending(const struct vcpu *v)
{
	bool by_apic;

	if (READ_ONCE(v->arch.hvm->nmi_pending))
		return true;
	return (regs_of(v)->rflags & X86_EFLAGS_IF) && pending_vector(v, &by_apic) >= 0;
}

void hvm_event_raised(struct vcpu *v)
{
	if (v->arch.hvm->upcall_vector)
		vlapic_set_irq(v, v->arch.hvm->upcall_vector, false);
}

void hvm_raise_nmi(struct vcpu *v)
{
	__atomic_store_n(&v->arch.hvm->nmi_pending, true, __ATOMIC_SEQ_CST);
	vcpu_unblock(v);
	vcpu_kick(v);
}

/* Something waits that cannot be delivered now. */
static void deliver_later(struct vcpu *v)
{
	hvm_vendor->want_irq_window(v);
}

static void deliver_nmi(struct vcpu *v)
{
	struct hvm_event e = { .type = HVM_EVENT_NMI, .vector = 2 };

	__atomic_store_n(&v->arch.hvm->nmi_pending, false, __ATOMIC_RELAXED);
	hvm_vendor->inject(v, &e);
}

void hvm_deliver_events(struct vcpu *v)
{
	struct hvm_event e = { .type = HVM_EVENT_IRQ };
	bool by_apic, free = !hvm_vendor->event_waiting(v);
	int vector;

	if (free && unlikely(v->arch.hvm->nmi_pending)) {
		deliver_nmi(v);
		free = false;
	}
	vector = pending_vector(v, &by_apic);
	if (likely(vector < 0))
		return;
	if (!free || !hvm_vendor->irq_open(v)) {
		deliver_later(v);
		return;
	}
	e.vector = (uint8_t)vector;
	hvm_vendor->inject(v, &e);
	if (by_apic)
		vlapic_accept(v, e.vector);
	else if (vlapic_pending(v) >= 0)
		deliver_later(v);
}

/* ---- how the guest wants to be told ---- */

int hvm_set_callback_irq(struct domain *d, uint64_t param)
{
	uint64_t type = param >> 56;

	/* LIMITS: lines of interrupt controllers and PCI pins do not exist without a device model. */
	if (param && (type != HVM_PARAM_CALLBACK_TYPE_VECTOR || (param & 0xff) < 16))
		return trace_err(-EINVAL);
	d->arch.hvm->callback_vector = (uint8_t)param;
	return 0;
}

int hvm_set_upcall_vector(struct vcpu *v, uint8_t vector)
{
	if (vector < 16)
		return trace_err(-EINVAL);
	v->arch.hvm->upcall_vector = vector;
	if (READ_ONCE(v->vcpu_info->evtchn_upcall_pending))
		hvm_event_raised(v);
	return 0;
}
