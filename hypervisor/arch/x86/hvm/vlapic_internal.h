/* SPDX-License-Identifier: MIT */
/*
 * What the files of the virtual local APIC share: registers by xAPIC offset (SDM vol. 3 table 10-1; the
 * x2APIC's MSR is 0x800 + offset / 16), their bits, and each other's functions.
 */
#ifndef HVM_VLAPIC_INTERNAL_H
#define HVM_VLAPIC_INTERNAL_H

#include <hv/lib.h>
#include <hv/domain.h>
#include <asm/hvm/hvm.h>

#define VLAPIC_ID	   0x020u
#define VLAPIC_VERSION	   0x030u
#define VLAPIC_TPR	   0x080u
#define VLAPIC_PPR	   0x0a0u
#define VLAPIC_EOI	   0x0b0u
#define VLAPIC_LDR	   0x0d0u
#define VLAPIC_DFR	   0x0e0u
#define VLAPIC_SVR	   0x0f0u
#define VLAPIC_ISR	   0x100u /* 8 registers, 16 bytes apart; so are the next two */
#define VLAPIC_TMR	   0x180u
#define VLAPIC_IRR	   0x200u
#define VLAPIC_ESR	   0x280u
#define VLAPIC_ICR	   0x300u
#define VLAPIC_ICR2	   0x310u
#define VLAPIC_LVT_TIMER   0x320u
#define VLAPIC_LVT_THERMAL 0x330u
#define VLAPIC_LVT_PERF	   0x340u
#define VLAPIC_LVT_LINT0   0x350u
#define VLAPIC_LVT_LINT1   0x360u
#define VLAPIC_LVT_ERROR   0x370u
#define VLAPIC_TIMER_INIT  0x380u
#define VLAPIC_TIMER_COUNT 0x390u
#define VLAPIC_TIMER_DIV   0x3e0u
#define VLAPIC_SELF_IPI	   0x3f0u /* x2APIC only */

#define VLAPIC_BASE_ADDRESS 0xfee00000ull
#define VLAPIC_BASE_BSP	    (1ull << 8)
#define VLAPIC_BASE_X2APIC  (1ull << 10)
#define VLAPIC_BASE_ENABLE  (1ull << 11)

#define SVR_ENABLE	 0x100u
#define LVT_MASKED	 0x10000u
#define LVT_TIMER_MODE	 0x60000u
#define LVT_ONE_SHOT	 0x00000u
#define LVT_PERIODIC	 0x20000u
#define LVT_TSC_DEADLINE 0x40000u

#define ESR_SEND_ILLEGAL    0x20u
#define ESR_RECEIVE_ILLEGAL 0x40u
#define ESR_BAD_REGISTER    0x80u

#define FIRST_VECTOR 16 /* lower ones are exceptions' */

/* Local APIC ids are spread so that no two vCPUs look like siblings; CPUID and ACPI's tables agree. */
static inline uint32_t vlapic_id(const struct vcpu *v)
{
	return 2 * v->vcpu_id;
}
static inline struct vlapic *vlapic_of(const struct vcpu *v)
{
	return &v->arch.hvm->vlapic;
}
static inline uint32_t vlapic_reg(const struct vlapic *a, unsigned int offset)
{
	return READ_ONCE(a->regs[offset / 4]);
}
static inline void vlapic_set_reg(struct vlapic *a, unsigned int offset, uint32_t val)
{
	WRITE_ONCE(a->regs[offset / 4], val);
}
/* The register of vector set `base` that has the bit of `vector`. */
static inline uint32_t *vlapic_vector_reg(const struct vlapic *a, unsigned int base, uint8_t vector)
{
	return &a->regs[(base + vector / 32 * 16u) / 4];
}
static inline bool vlapic_is_x2apic(const struct vlapic *a)
{
	return a->base_msr & VLAPIC_BASE_X2APIC;
}
/* Enabled by APIC base and spurious vector register: only then it takes fixed interrupts. */
static inline bool vlapic_enabled(const struct vlapic *a)
{
	return a->base_msr & VLAPIC_BASE_ENABLE && vlapic_reg(a, VLAPIC_SVR) & SVR_ENABLE;
}

/* vlapic.c */
int vlapic_highest(const struct vlapic *a, unsigned int base); /* of IRR or ISR; -1: none */
uint8_t vlapic_ppr(const struct vlapic *a);
void vlapic_eoi(struct vcpu *v);
void vlapic_error(struct vcpu *v, uint32_t bit); /* ESR_* of what v did */
void vlapic_init_regs(struct vcpu *v);		 /* as after INIT; the APIC base stays */

/* vlapic_regs.c: the bits of a register that a guest can write. */
uint32_t vlapic_write_mask(const struct vlapic *a, unsigned int offset);

/* vlapic_ipi.c: sends what the ICR says; dest as in the sender's mode. v is current. */
void vlapic_send_ipi(struct vcpu *v, uint32_t icr, uint32_t dest);

/* vlapic_timer.c */
void vlapic_timer_expired(void *data);
uint32_t vlapic_timer_count(const struct vlapic *a);
void vlapic_timer_set_count(struct vcpu *v, uint32_t count);
void vlapic_timer_set_divide(struct vcpu *v, uint32_t divide);
void vlapic_timer_set_lvt(struct vcpu *v, uint32_t lvt);
void vlapic_timer_set_deadline(struct vcpu *v, uint64_t deadline);
void vlapic_timer_stop(struct vlapic *a);
unsigned int vlapic_timer_divisor(const struct vlapic *a);
/* The registers were loaded as a whole: goes on where the timer was. */
void vlapic_timer_resume(struct vcpu *v, uint32_t left, uint64_t deadline);

#endif
