/* SPDX-License-Identifier: MIT */
/*
 * Interrupts between a domain's vCPUs: what the interrupt command register says (SDM vol. 3 10.6).
 *
 * Each vCPU looks at the destination in its own mode, as on the bus: xAPIC has 8 bits of it, x2APIC 32.
 */
#include "vlapic_internal.h"

#define ICR_MODE_SHIFT	8
#define ICR_LOGICAL	0x00800u
#define ICR_ASSERT	0x04000u
#define ICR_LEVEL	0x08000u
#define ICR_SHORT_SHIFT 18

enum { MODE_FIXED, MODE_LOWEST, MODE_SMI, MODE_RESERVED, MODE_NMI, MODE_INIT, MODE_STARTUP };
enum { TO_DEST, TO_SELF, TO_ALL, TO_OTHERS };

/* The logical id of x2APIC mode follows from the physical one. */
static uint32_t x2apic_ldr(const struct vcpu *v)
{
	uint32_t id = vlapic_id(v);

	return id >> 4 << 16 | 1u << (id & 15);
}

static bool matches_logical(const struct vcpu *v, uint32_t dest)
{
	const struct vlapic *a = vlapic_of(v);
	uint32_t ldr = vlapic_reg(a, VLAPIC_LDR) >> 24, x2 = x2apic_ldr(v);

	if (vlapic_is_x2apic(a))
		return x2 >> 16 == dest >> 16 && (x2 & dest & 0xffff);
	if (vlapic_reg(a, VLAPIC_DFR) >> 28 == 0xf)
		return ldr & dest & 0xff;
	return ldr >> 4 == (dest >> 4 & 0xf) && (ldr & dest & 0xf);
}

static bool matches(const struct vcpu *v, uint32_t dest, bool logical, bool broadcast)
{
	if (!(vlapic_of(v)->base_msr & VLAPIC_BASE_ENABLE))
		return false;
	if (broadcast)
		return true;
	if (logical)
		return matches_logical(v, dest);
	return vlapic_id(v) == dest;
}

static void deliver(struct vcpu *to, unsigned int delivery, uint8_t vector, bool level)
{
	switch (delivery) {
	case MODE_FIXED:
		vlapic_set_irq(to, vector, level);
		break;
	case MODE_NMI:
		__atomic_store_n(&to->arch.hvm->nmi_pending, true, __ATOMIC_SEQ_CST);
		vcpu_unblock(to);
		vcpu_kick(to);
		break;
	case MODE_INIT:
		hvm_vcpu_init_ipi(to);
		break;
	case MODE_STARTUP:
		hvm_vcpu_sipi(to, vector);
		break;
	}
}

/* Whom an interrupt for the least busy goes to: one of those with the lowest priority. */
static struct vcpu *least_busy(struct domain *d, uint32_t dest, bool logical, bool broadcast)
{
	struct vcpu *v, *best = NULL;

	for_each_vcpu(d, v)
		if (matches(v, dest, logical, broadcast) && vlapic_enabled(vlapic_of(v)) &&
		    (!best || vlapic_ppr(vlapic_of(v)) < vlapic_ppr(vlapic_of(best))))
			best = v;
	return best;
}

static bool is_broadcast(const struct vcpu *from, uint32_t dest)
{
	return dest == (vlapic_is_x2apic(vlapic_of(from)) ? ~0u : 0xffu);
}

static void send_to_many(struct vcpu *from, uint32_t icr, uint32_t dest)
{
	unsigned int to = icr >> ICR_SHORT_SHIFT & 3, delivery = icr >> ICR_MODE_SHIFT & 7;
	bool logical = icr & ICR_LOGICAL, all = to == TO_ALL || to == TO_OTHERS || is_broadcast(from, dest);
	struct vcpu *v;

	if (delivery == MODE_LOWEST) {
		v = least_busy(from->domain, dest, logical, all);
		if (v)
			deliver(v, MODE_FIXED, (uint8_t)icr, false);
		return;
	}
	for_each_vcpu(from->domain, v) {
		/* INIT and start-up are not for oneself, whatever the destination says. */
		if (v == from && (to == TO_OTHERS || delivery >= MODE_INIT))
			continue;
		if (matches(v, dest, logical, all))
			deliver(v, delivery, (uint8_t)icr, false);
	}
}

void vlapic_send_ipi(struct vcpu *v, uint32_t icr, uint32_t dest)
{
	unsigned int to = icr >> ICR_SHORT_SHIFT & 3, delivery = icr >> ICR_MODE_SHIFT & 7;

	if (delivery == MODE_SMI || delivery == MODE_RESERVED || delivery > MODE_STARTUP)
		return;
	/* The end of an INIT of old multiprocessors; nothing to us. */
	if (delivery == MODE_INIT && icr & ICR_LEVEL && !(icr & ICR_ASSERT))
		return;
	if (delivery <= MODE_LOWEST && (uint8_t)icr < FIRST_VECTOR) {
		vlapic_error(v, ESR_SEND_ILLEGAL);
		return;
	}
	if (to == TO_SELF) {
		if (delivery == MODE_FIXED)
			deliver(v, delivery, (uint8_t)icr, false);
		return;
	}
	send_to_many(v, icr, dest);
}

/* LIMITS: only fixed, lowest-priority and NMI ones; destinations of 8 bits, which x2APIC guests' tables keep to. */
void vlapic_message(struct domain *d, uint32_t dest, bool logical, unsigned int delivery, uint8_t vector, bool level)
{
	bool all = dest == 0xff;
	struct vcpu *v;

	if (delivery == MODE_LOWEST) {
		v = least_busy(d, dest, logical, all);
		if (v)
			deliver(v, MODE_FIXED, vector, level);
		return;
	}
	if (delivery != MODE_FIXED && delivery != MODE_NMI)
		return;
	for_each_vcpu(d, v)
		if (matches(v, dest, logical, all))
			deliver(v, delivery, vector, level);
}
