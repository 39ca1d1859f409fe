/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's local APIC: which interrupt is next, and its life.
 *
 * An interrupt that arrives waits in IRR, moves to ISR when it is delivered, and leaves that by EOI. IRR is
 * the only register others write, one bit at a time, atomically; TMR of a waiting vector says only whether
 * somebody wants to hear of its EOI: the I/O APIC. Vectors below 16 never get into IRR.
 */
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/hvm/platform.h>
#include "vlapic_internal.h"

#define VERSION	  0x14u
#define NR_LVT	  6u
#define LVT_BELOW 0x320u

static uint32_t bit_of(uint8_t vector)
{
	return 1u << (vector % 32);
}

int vlapic_highest(const struct vlapic *a, unsigned int base)
{
	for (int word = 7; word >= 0; word--) {
		uint32_t bits = vlapic_reg(a, base + (unsigned int)word * 16);

		if (bits)
			return word * 32 + 31 - __builtin_clz(bits);
	}
	return -1;
}

/* The higher of the task's and the interrupt in service's priority (SDM vol. 3 10.8.3.1). */
uint8_t vlapic_ppr(const struct vlapic *a)
{
	uint32_t tpr = vlapic_reg(a, VLAPIC_TPR) & 0xff;
	int isr = vlapic_highest(a, VLAPIC_ISR);
	uint32_t class = isr < 0 ? 0 : (uint32_t)isr & 0xf0;

	return (uint8_t)((tpr & 0xf0) >= class ? tpr : class);
}

int vlapic_pending(const struct vcpu *v)
{
	const struct vlapic *a = vlapic_of(v);
	int irr;

	if (!vlapic_enabled(a))
		return -1;
	irr = vlapic_highest(a, VLAPIC_IRR);
	return irr >= 0 && (irr & 0xf0) > (vlapic_ppr(a) & 0xf0) ? irr : -1;
}

void vlapic_accept(struct vcpu *v, uint8_t vector)
{
	struct vlapic *a = vlapic_of(v);

	/* Ordering: a full barrier; what the sender wrote before setting the bit is seen after this. */
	__atomic_and_fetch(vlapic_vector_reg(a, VLAPIC_IRR, vector), ~bit_of(vector), __ATOMIC_SEQ_CST);
	*vlapic_vector_reg(a, VLAPIC_ISR, vector) |= bit_of(vector);
}

void vlapic_eoi(struct vcpu *v)
{
	struct vlapic *a = vlapic_of(v);
	int vector = vlapic_highest(a, VLAPIC_ISR);

	if (vector < 0)
		return;
	*vlapic_vector_reg(a, VLAPIC_ISR, (uint8_t)vector) &= ~bit_of((uint8_t)vector);
	if (__atomic_load_n(vlapic_vector_reg(a, VLAPIC_TMR, (uint8_t)vector), __ATOMIC_RELAXED) & bit_of((uint8_t)vector))
		vioapic_eoi(v->domain, (uint8_t)vector);
}

bool vlapic_takes_extint(const struct vcpu *v)
{
	const struct vlapic *a = vlapic_of(v);
	uint32_t lint0 = vlapic_reg(a, VLAPIC_LVT_LINT0);

	return !(a->base_msr & VLAPIC_BASE_ENABLE) || (!(lint0 & LVT_MASKED) && (lint0 >> 8 & 7) == 7);
}

void vlapic_set_irq(struct vcpu *v, uint8_t vector, bool level)
{
	struct vlapic *a = vlapic_of(v);
	uint32_t *tmr = vlapic_vector_reg(a, VLAPIC_TMR, vector);

	if (!vlapic_enabled(a))
		return;
	if (vector < FIRST_VECTOR) {
		__atomic_or_fetch(&a->pending_errors, ESR_RECEIVE_ILLEGAL, __ATOMIC_RELAXED);
		return;
	}
	if (level)
		__atomic_or_fetch(tmr, bit_of(vector), __ATOMIC_RELAXED);
	else
		__atomic_and_fetch(tmr, ~bit_of(vector), __ATOMIC_RELAXED);
	/* Ordering: full; pairs with the look at IRR of a vCPU that is about to block or to enter the guest. */
	__atomic_or_fetch(vlapic_vector_reg(a, VLAPIC_IRR, vector), bit_of(vector), __ATOMIC_SEQ_CST);
	vcpu_unblock(v);
	vcpu_kick(v);
}

/* The first error since ESR was last read also interrupts, if the guest wants that. */
void vlapic_error(struct vcpu *v, uint32_t bit)
{
	struct vlapic *a = vlapic_of(v);
	uint32_t lvt = vlapic_reg(a, VLAPIC_LVT_ERROR);
	uint32_t old = __atomic_fetch_or(&a->pending_errors, bit, __ATOMIC_RELAXED);

	if (!(old & bit) && !(lvt & LVT_MASKED))
		vlapic_set_irq(v, (uint8_t)lvt, false);
}

uint8_t vlapic_get_cr8(const struct vcpu *v)
{
	return (uint8_t)(vlapic_reg(vlapic_of(v), VLAPIC_TPR) >> 4 & 0xf);
}

void vlapic_set_cr8(struct vcpu *v, uint8_t cr8)
{
	vlapic_set_reg(vlapic_of(v), VLAPIC_TPR, (uint32_t)(cr8 & 0xf) << 4);
}

void vlapic_init_regs(struct vcpu *v)
{
	struct vlapic *a = vlapic_of(v);

	vlapic_timer_stop(a);
	a->pending_errors = 0;
	memset(a->regs, 0, PAGE_SIZE);
	vlapic_set_reg(a, VLAPIC_ID, vlapic_is_x2apic(a) ? vlapic_id(v) : vlapic_id(v) << 24);
	vlapic_set_reg(a, VLAPIC_VERSION, VERSION | (NR_LVT - 1) << 16);
	vlapic_set_reg(a, VLAPIC_DFR, ~0u);
	vlapic_set_reg(a, VLAPIC_SVR, 0xff);
	for (unsigned int i = 0; i < NR_LVT; i++)
		vlapic_set_reg(a, LVT_BELOW + i * 16, LVT_MASKED);
}

void vlapic_reset(struct vcpu *v)
{
	struct vlapic *a = vlapic_of(v);

	a->base_msr = VLAPIC_BASE_ADDRESS | VLAPIC_BASE_ENABLE | (v->vcpu_id ? 0 : VLAPIC_BASE_BSP);
	vlapic_init_regs(v);
}

int vlapic_create(struct vcpu *v)
{
	struct vlapic *a = vlapic_of(v);

	a->regs = alloc_xen_page();
	if (!a->regs)
		return -ENOMEM;
	init_timer(&a->timer, vlapic_timer_expired, v, v->processor);
	vlapic_reset(v);
	return 0;
}

void vlapic_destroy(struct vcpu *v)
{
	struct vlapic *a = vlapic_of(v);

	if (!a->regs)
		return;
	kill_timer(&a->timer);
	free_xen_page(a->regs);
	a->regs = NULL;
}

void vlapic_migrate(struct vcpu *v)
{
	migrate_timer(&vlapic_of(v)->timer, v->processor);
}
