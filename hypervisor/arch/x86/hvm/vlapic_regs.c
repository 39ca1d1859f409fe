/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's registers as the guest reaches them: as memory, and as MSRs.
 *
 * A register has a mask of bits that can be written. As memory other bits are dropped and wrong registers
 * are noted in ESR; as MSRs both are #GP (SDM vol. 3 10.12.1.2).
 */
#include <asm/msr.h>
#include "vlapic_internal.h"

#define LVT_BITS     0x100ffu /* vector, mask */
#define LVT_DELIVERY 0x00700u
#define LVT_PIN	     0x0a000u /* polarity, trigger mode */
#define LVT_READ_ONLY 0x05000u /* delivery status, remote IRR: what is written there is ignored */
#define ICR_BITS     0xccfffu /* but the busy bit */
#define ICR_X2_BITS  0xccfffu

/* Bits of registers that are plainly written; 0: not one of them. */
static uint32_t lvt_mask(unsigned int offset)
{
	switch (offset) {
	case VLAPIC_LVT_TIMER:
		return LVT_BITS | LVT_TIMER_MODE;
	case VLAPIC_LVT_THERMAL:
	case VLAPIC_LVT_PERF:
		return LVT_BITS | LVT_DELIVERY;
	case VLAPIC_LVT_LINT0:
	case VLAPIC_LVT_LINT1:
		return LVT_BITS | LVT_DELIVERY | LVT_PIN;
	case VLAPIC_LVT_ERROR:
		return LVT_BITS;
	}
	return 0;
}

uint32_t vlapic_write_mask(const struct vlapic *a, unsigned int offset)
{
	bool x2 = vlapic_is_x2apic(a);

	switch (offset) {
	case VLAPIC_TPR:
		return 0xff;
	case VLAPIC_SVR:
		return 0x1ff;
	case VLAPIC_EOI:
	case VLAPIC_ESR:
		return x2 ? 0 : ~0u; /* any value does */
	case VLAPIC_LDR:
		return 0xff000000;
	case VLAPIC_DFR:
		return 0xf0000000;
	case VLAPIC_ICR:
		return x2 ? ICR_X2_BITS : ICR_BITS;
	case VLAPIC_ICR2:
		return 0xff000000;
	case VLAPIC_TIMER_INIT:
		return ~0u;
	case VLAPIC_TIMER_DIV:
		return 0xb;
	case VLAPIC_SELF_IPI:
		return 0xff;
	}
	return lvt_mask(offset);
}

static bool is_vector_set(unsigned int offset)
{
	return offset >= VLAPIC_ISR && offset < VLAPIC_ESR;
}

static bool readable(const struct vlapic *a, unsigned int offset)
{
	bool x2 = vlapic_is_x2apic(a);

	switch (offset) {
	case VLAPIC_ID:
	case VLAPIC_VERSION:
	case VLAPIC_TPR:
	case VLAPIC_PPR:
	case VLAPIC_LDR:
	case VLAPIC_SVR:
	case VLAPIC_ESR:
	case VLAPIC_ICR:
	case VLAPIC_TIMER_INIT:
	case VLAPIC_TIMER_COUNT:
	case VLAPIC_TIMER_DIV:
		return true;
	case VLAPIC_DFR:
	case VLAPIC_ICR2:
		return !x2;
	}
	return is_vector_set(offset) || lvt_mask(offset);
}

static bool writable(const struct vlapic *a, unsigned int offset)
{
	bool x2 = vlapic_is_x2apic(a);

	switch (offset) {
	case VLAPIC_EOI:
	case VLAPIC_ESR:
		return true;
	case VLAPIC_LDR:
	case VLAPIC_DFR:
	case VLAPIC_ICR2:
		return !x2;
	case VLAPIC_SELF_IPI:
		return x2;
	}
	return vlapic_write_mask(a, offset) != 0;
}

static uint32_t read_register(struct vcpu *v, unsigned int offset)
{
	struct vlapic *a = vlapic_of(v);

	switch (offset) {
	case VLAPIC_PPR:
		return vlapic_ppr(a);
	case VLAPIC_TIMER_COUNT:
		return vlapic_timer_count(a);
	case VLAPIC_LDR:
		if (vlapic_is_x2apic(a))
			return vlapic_id(v) >> 4 << 16 | 1u << (vlapic_id(v) & 15);
		break;
	}
	return vlapic_reg(a, offset);
}

static void write_svr(struct vcpu *v, uint32_t val)
{
	struct vlapic *a = vlapic_of(v);

	vlapic_set_reg(a, VLAPIC_SVR, val);
	if (val & SVR_ENABLE) {
		hvm_events_again(v);
		return;
	}
	/* Software-disabled: every local interrupt is masked, and stays so. */
	for (unsigned int offset = VLAPIC_LVT_TIMER; offset <= VLAPIC_LVT_ERROR; offset += 16)
		vlapic_set_reg(a, offset, vlapic_reg(a, offset) | LVT_MASKED);
}

static void write_lvt(struct vcpu *v, unsigned int offset, uint32_t val)
{
	struct vlapic *a = vlapic_of(v);

	if (!(vlapic_reg(a, VLAPIC_SVR) & SVR_ENABLE))
		val |= LVT_MASKED;
	if (offset != VLAPIC_LVT_TIMER)
		vlapic_set_reg(a, offset, val);
	else
		/* The mode that does not exist is taken for one-shot. */
		vlapic_timer_set_lvt(v, (val & LVT_TIMER_MODE) == LVT_TIMER_MODE ? val & ~LVT_TIMER_MODE : val);
}

/* `val` has only bits the register has. */
static void write_register(struct vcpu *v, unsigned int offset, uint32_t val)
{
	struct vlapic *a = vlapic_of(v);

	switch (offset) {
	case VLAPIC_EOI:
		vlapic_eoi(v);
		break;
	case VLAPIC_ESR:
		vlapic_set_reg(a, offset, __atomic_exchange_n(&a->pending_errors, 0, __ATOMIC_RELAXED));
		break;
	case VLAPIC_SVR:
		write_svr(v, val);
		break;
	case VLAPIC_DFR:
		vlapic_set_reg(a, offset, val | 0x0fffffff);
		break;
	case VLAPIC_ICR: /* as memory: the destination has been written before */
		vlapic_set_reg(a, offset, val);
		vlapic_send_ipi(v, val, vlapic_reg(a, VLAPIC_ICR2) >> 24);
		break;
	case VLAPIC_TIMER_INIT:
		vlapic_timer_set_count(v, val);
		break;
	case VLAPIC_TIMER_DIV:
		vlapic_timer_set_divide(v, val);
		break;
	case VLAPIC_SELF_IPI:
		if (val < FIRST_VECTOR)
			vlapic_error(v, ESR_SEND_ILLEGAL);
		else
			vlapic_set_irq(v, (uint8_t)val, false);
		break;
	default:
		if (lvt_mask(offset))
			write_lvt(v, offset, val);
		else
			vlapic_set_reg(a, offset, val);
	}
}

/* ---- as memory ---- */

bool vlapic_is_mmio(const struct vcpu *v, uint64_t gpa)
{
	uint64_t base = vlapic_of(v)->base_msr;

	return (base & (VLAPIC_BASE_ENABLE | VLAPIC_BASE_X2APIC)) == VLAPIC_BASE_ENABLE &&
	       (gpa & ~0xfffull) == VLAPIC_BASE_ADDRESS;
}

/* Parts of a register can be read, bytes beyond its 4 are 0. */
uint32_t vlapic_mmio_read(struct vcpu *v, unsigned int offset, unsigned int size)
{
	unsigned int reg = offset & 0xff0, byte = offset & 0xf;
	uint64_t val;

	if (offset > 0xfff || byte > 3)
		return 0;
	if (!readable(vlapic_of(v), reg)) {
		/* These exist and read as 0; what does not is an error. */
		if (reg != VLAPIC_EOI && reg != 0x90 && reg != 0xc0)
			vlapic_error(v, ESR_BAD_REGISTER);
		return 0;
	}
	val = read_register(v, reg) >> (byte * 8);
	return (uint32_t)(size < 4 ? val & ((1ull << size * 8) - 1) : val);
}

/* Only whole registers can be written. */
void vlapic_mmio_write(struct vcpu *v, unsigned int offset, unsigned int size, uint32_t val)
{
	const struct vlapic *a = vlapic_of(v);

	if (size != 4 || offset & 0xf || offset > 0xff0)
		return;
	if (writable(a, offset))
		write_register(v, offset, val & vlapic_write_mask(a, offset));
	else if (!readable(a, offset))
		vlapic_error(v, ESR_BAD_REGISTER);
}

/* ---- as MSRs ---- */

/* Off -> xAPIC -> x2APIC -> off, and xAPIC -> off; all registers start anew when it comes from off. */
static int write_base(struct vcpu *v, uint64_t val)
{
	struct vlapic *a = vlapic_of(v);
	uint64_t modes = VLAPIC_BASE_ENABLE | VLAPIC_BASE_X2APIC;
	uint64_t from = a->base_msr & modes, to = val & modes;
	uint64_t fixed = VLAPIC_BASE_ADDRESS | VLAPIC_BASE_BSP;

	/* LIMITS: the page does not move. */
	if ((val & ~modes & ~VLAPIC_BASE_BSP) != VLAPIC_BASE_ADDRESS || to == VLAPIC_BASE_X2APIC ||
	    (from == modes && to == VLAPIC_BASE_ENABLE) || (!from && to == modes))
		return -EINVAL;
	a->base_msr = (a->base_msr & fixed) | to;
	if (!to || !from) {
		vlapic_init_regs(v);
	} else if (from != to) {
		vlapic_set_reg(a, VLAPIC_ID, vlapic_id(v));
		vlapic_set_reg(a, VLAPIC_ICR2, 0);
	}
	return 0;
}

bool vlapic_is_msr(uint32_t msr)
{
	return msr == MSR_APIC_BASE || msr == MSR_TSC_DEADLINE ||
	       (msr >= MSR_X2APIC_BASE && msr < MSR_X2APIC_BASE + 0x100);
}

int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	struct vlapic *a = vlapic_of(v);
	unsigned int offset = (msr - MSR_X2APIC_BASE) * 16;

	if (msr == MSR_APIC_BASE) {
		*val = a->base_msr;
		return 0;
	}
	if (msr == MSR_TSC_DEADLINE) {
		*val = READ_ONCE(a->tsc_deadline);
		return 0;
	}
	if (!vlapic_is_x2apic(a) || !vlapic_is_msr(msr) || !readable(a, offset))
		return -EINVAL;
	*val = read_register(v, offset);
	if (offset == VLAPIC_ICR)
		*val |= (uint64_t)vlapic_reg(a, VLAPIC_ICR2) << 32;
	return 0;
}

int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	struct vlapic *a = vlapic_of(v);
	unsigned int offset = (msr - MSR_X2APIC_BASE) * 16;
	uint64_t mask;

	if (msr == MSR_APIC_BASE)
		return write_base(v, val);
	if (msr == MSR_TSC_DEADLINE) {
		vlapic_timer_set_deadline(v, val);
		return 0;
	}
	if (!vlapic_is_x2apic(a) || !vlapic_is_msr(msr) || !writable(a, offset))
		return -EINVAL;
	mask = vlapic_write_mask(a, offset) | (offset == VLAPIC_ICR ? ~0ull << 32 : 0);
	if (val & ~(mask | (lvt_mask(offset) ? LVT_READ_ONLY : 0)))
		return -EINVAL;
	if (offset == VLAPIC_ICR) {
		vlapic_set_reg(a, VLAPIC_ICR, (uint32_t)val);
		vlapic_set_reg(a, VLAPIC_ICR2, (uint32_t)(val >> 32));
		vlapic_send_ipi(v, (uint32_t)val, (uint32_t)(val >> 32));
	} else {
		write_register(v, offset, (uint32_t)(val & mask));
	}
	return 0;
}
