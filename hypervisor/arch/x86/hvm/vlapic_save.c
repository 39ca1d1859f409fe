/* SPDX-License-Identifier: MIT */
/*
 * The local APIC as two records of saved state: its register page, and what is not in it. What is loaded is
 * what a guest could have written: registers are cut down to their bits, ids and version are this vCPU's.
 */
#include <hv/string.h>
#include <asm/hvm/records.h>
#include "vlapic_internal.h"

#define DISABLED_SOFTWARE 1u
#define DISABLED_HARDWARE 2u

void vlapic_save(struct vcpu *v, struct hvm_hw_lapic *out)
{
	const struct vlapic *a = vlapic_of(v);

	*out = (struct hvm_hw_lapic){
		.apic_base_msr = a->base_msr,
		.disabled = (vlapic_reg(a, VLAPIC_SVR) & SVR_ENABLE ? 0 : DISABLED_SOFTWARE) |
			    (a->base_msr & VLAPIC_BASE_ENABLE ? 0 : DISABLED_HARDWARE),
		.timer_divisor = vlapic_timer_divisor(a),
		.tdt_msr = a->tsc_deadline,
	};
}

int vlapic_load(struct vcpu *v, const struct hvm_hw_lapic *in)
{
	struct vlapic *a = vlapic_of(v);
	uint64_t modes = in->apic_base_msr & (VLAPIC_BASE_ENABLE | VLAPIC_BASE_X2APIC);

	if (in->apic_base_msr != (VLAPIC_BASE_ADDRESS | (v->vcpu_id ? 0 : VLAPIC_BASE_BSP) | modes) ||
	    modes == VLAPIC_BASE_X2APIC)
		return trace_err(-EINVAL);
	a->base_msr = in->apic_base_msr;
	vlapic_init_regs(v);
	a->tsc_deadline = in->tdt_msr; /* armed when the registers come */
	return 0;
}

void vlapic_save_regs(struct vcpu *v, struct hvm_hw_lapic_regs *out)
{
	const struct vlapic *a = vlapic_of(v);
	uint32_t count = vlapic_timer_count(a);

	memcpy(out->data, a->regs, sizeof(out->data));
	memcpy(out->data + VLAPIC_TIMER_COUNT, &count, sizeof(count));
}

static void load_vectors(struct vlapic *a, const uint32_t *from)
{
	for (unsigned int offset = VLAPIC_ISR; offset < VLAPIC_ESR; offset += 16)
		vlapic_set_reg(a, offset, from[offset / 4]);
	/* The lowest vectors are exceptions': they are in none of the three sets. */
	for (unsigned int set = VLAPIC_ISR; set <= VLAPIC_IRR; set += 0x80)
		vlapic_set_reg(a, set, from[set / 4] & 0xffff0000);
}

int vlapic_load_regs(struct vcpu *v, const struct hvm_hw_lapic_regs *in)
{
	static const unsigned int plain[] = {
		VLAPIC_TPR,	    VLAPIC_LDR,	     VLAPIC_DFR,       VLAPIC_SVR,	  VLAPIC_ICR,
		VLAPIC_ICR2,	    VLAPIC_LVT_TIMER, VLAPIC_LVT_THERMAL, VLAPIC_LVT_PERF, VLAPIC_LVT_LINT0,
		VLAPIC_LVT_LINT1, VLAPIC_LVT_ERROR, VLAPIC_TIMER_INIT, VLAPIC_TIMER_DIV,
	};
	struct vlapic *a = vlapic_of(v);
	uint64_t deadline = a->tsc_deadline;
	uint32_t regs[sizeof(in->data) / 4], left;

	memcpy(regs, in->data, sizeof(regs));
	vlapic_init_regs(v);
	for (unsigned int i = 0; i < ARRAY_SIZE(plain); i++)
		vlapic_set_reg(a, plain[i], regs[plain[i] / 4] & vlapic_write_mask(a, plain[i]));
	if (vlapic_is_x2apic(a))
		vlapic_set_reg(a, VLAPIC_ICR2, regs[VLAPIC_ICR2 / 4]);
	else
		vlapic_set_reg(a, VLAPIC_DFR, vlapic_reg(a, VLAPIC_DFR) | 0x0fffffff);
	load_vectors(a, regs);
	left = regs[VLAPIC_TIMER_COUNT / 4];
	vlapic_timer_resume(v, left, deadline);
	return 0;
}
