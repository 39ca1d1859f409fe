/* SPDX-License-Identifier: MIT */
/*
 * What is delivered to a vCPU before it runs: an exception it has earned, an NMI, an interrupt.
 *
 * Event channels come as one of two interrupts. A per-vCPU vector (HVMOP_set_evtchn_upcall_vector) goes through the
 * local APIC like a device's, and the guest ends it there. The older domain-wide one (HVM_PARAM_CALLBACK_IRQ) is not
 * in any APIC: it is delivered for as long as evtchn_upcall_pending is set. It may also be a line of the board's
 * (platform/irq.c), as the PIC's interrupts, which come next, are.
 *
 * LIMITS: an NMI is not held back until the IRET of the one before.
 */
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>
#include <asm/hvm/platform.h>
#include <public/hvm/dm_op.h>

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

/* Where the interrupt that comes next is from. */
enum source { NOBODY, CALLBACK, PIC, APIC };
static enum source pending_from(const struct vcpu *v)
{
	if (callback_pending(v))
		return CALLBACK;
	if (unlikely(vpic_pending(v)))
		return PIC;
	return vlapic_pending(v) >= 0 ? APIC : NOBODY;
}

bool hvm_event_pending(const struct vcpu *v)
{
	if (READ_ONCE(v->arch.hvm->nmi_pending))
		return true;
	return (regs_of(v)->rflags & X86_EFLAGS_IF) && (pending_from(v) != NOBODY || hvm_callback_stale(v));
}

void hvm_event_raised(struct vcpu *v)
{
	if (v->arch.hvm->upcall_vector)
		vlapic_set_irq(v, v->arch.hvm->upcall_vector, false);
}

void hvm_events_again(struct vcpu *v)
{
	if (v->arch.hvm->upcall_vector && READ_ONCE(v->vcpu_info->evtchn_upcall_pending))
		hvm_event_raised(v);
}

void hvm_raise_nmi(struct vcpu *v)
{
	__atomic_store_n(&v->arch.hvm->nmi_pending, true, __ATOMIC_SEQ_CST);
	vcpu_unblock(v);
	vcpu_kick(v);
}

/* ---- by a device model ---- */

#define INJECT_VALID	 (1u << 16)
#define INJECT_HAS_ERROR (1u << 17)

int hvm_inject_from_outside(struct vcpu *v, const struct xen_dm_op_inject_event *e)
{
	bool error = e->type == XEN_DMOP_EVENT_hw_exc && e->vector < 32 && ERROR_CODE_VECTORS >> e->vector & 1;
	uint64_t none = 0, word = INJECT_VALID | (error ? INJECT_HAS_ERROR : 0) | (uint32_t)e->type << 8 | e->vector |
				  (error ? (uint64_t)e->error_code << 32 : 0);

	if (e->type > XEN_DMOP_EVENT_sw_exc || (e->type == XEN_DMOP_EVENT_hw_exc && e->vector > 31))
		return trace_err(-EINVAL);
	/* LIMITS: software interrupts and exceptions depend on the instruction that makes them. */
	if (e->type != XEN_DMOP_EVENT_ext_int && e->type != XEN_DMOP_EVENT_nmi && e->type != XEN_DMOP_EVENT_hw_exc)
		return trace_err(-EOPNOTSUPP);
	if (READ_ONCE(v->arch.hvm->injected))
		return trace_err(-EBUSY);
	v->arch.hvm->injected_cr2 = e->cr2;
	if (!__atomic_compare_exchange_n(&v->arch.hvm->injected, &none, word, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return trace_err(-EBUSY);
	vcpu_kick(v);
	return 0;
}

static void deliver_injected(struct vcpu *v)
{
	uint64_t word = __atomic_exchange_n(&v->arch.hvm->injected, 0, __ATOMIC_SEQ_CST);
	struct hvm_event e = {
		.type = (uint8_t)(word >> 8),
		.vector = (uint8_t)word,
		.has_error = word & INJECT_HAS_ERROR,
		.error_code = (uint32_t)(word >> 32),
	};

	if (e.type == HVM_EVENT_EXCEPTION && e.vector == 14)
		hvm_vendor->set_cr(v, 2, v->arch.hvm->injected_cr2);
	hvm_vendor->inject(v, &e);
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

/* The source has an interrupt: it is taken. -1: it has gone. */
static int take(struct vcpu *v, enum source from)
{
	int vector;

	if (from == CALLBACK)
		return v->domain->arch.hvm->callback_vector;
	if (from == PIC)
		return vpic_ack(v);
	vector = vlapic_pending(v);
	if (vector >= 0)
		vlapic_accept(v, (uint8_t)vector);
	return vector;
}

void hvm_deliver_events(struct vcpu *v)
{
	struct hvm_event e = { .type = HVM_EVENT_IRQ };
	bool free = !hvm_vendor->event_waiting(v);
	enum source from;
	int vector;

	if (unlikely(hvm_callback_stale(v)))
		hvm_callback_update(v);
	if (free && unlikely(READ_ONCE(v->arch.hvm->injected))) {
		deliver_injected(v);
		free = false;
	}
	if (free && unlikely(v->arch.hvm->nmi_pending)) {
		deliver_nmi(v);
		free = false;
	}
	from = pending_from(v);
	if (likely(from == NOBODY))
		return;
	if (!free || !hvm_vendor->irq_open(v)) {
		deliver_later(v);
		return;
	}
	vector = take(v, from);
	if (vector < 0)
		return;
	e.vector = (uint8_t)vector;
	hvm_vendor->inject(v, &e);
	if (from != APIC && (vpic_pending(v) || vlapic_pending(v) >= 0))
		deliver_later(v);
}

/* ---- how the guest wants to be told ---- */

int hvm_set_callback_irq(struct domain *d, uint64_t param)
{
	uint64_t type = param >> 56;
	bool by_vector = type == HVM_PARAM_CALLBACK_TYPE_VECTOR;
	int rc = 0;

	if (type > HVM_PARAM_CALLBACK_TYPE_VECTOR || (by_vector && (param & 0xff) < 16))
		return trace_err(-EINVAL);
	/*
	 * Lines are there only with interrupt controllers. Without them one may be named all the same, and nothing comes of
	 * it: Linux names one, and believes in its vCPUs' own vectors only if that is taken.
	 */
	if (d->arch.hvm->platform)
		rc = hvm_callback_line(d, by_vector ? VIA_VECTOR : type == HVM_PARAM_CALLBACK_TYPE_GSI ? VIA_GSI : VIA_INTX,
				       param);
	if (!rc)
		d->arch.hvm->callback_vector = by_vector ? (uint8_t)param : 0;
	return rc;
}

int hvm_set_upcall_vector(struct vcpu *v, uint8_t vector)
{
	if (vector < 16)
		return trace_err(-EINVAL);
	v->arch.hvm->upcall_vector = vector;
	hvm_events_again(v);
	return 0;
}
