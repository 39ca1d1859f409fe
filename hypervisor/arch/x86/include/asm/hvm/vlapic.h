/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's local APIC, as xAPIC (memory) or x2APIC (MSRs). State: struct vlapic, embedded as
 * vcpu->arch.hvm->vlapic. Code: arch/x86/hvm/vlapic*.c. Source: SDM vol. 3 ch. 10.
 *
 * IRR is set by anybody, atomically; everything else is changed by the vCPU itself, or while it does not
 * run.
 */
#ifndef ASM_HVM_VLAPIC_H
#define ASM_HVM_VLAPIC_H

#include <hv/timer.h>

struct vcpu;
struct domain;

struct vlapic {
	uint64_t base_msr;     /* MSR_APIC_BASE */
	uint64_t tsc_deadline; /* guest TSC, 0: not armed */
	struct timer timer;
	s_time_t timer_start, timer_period; /* one-shot and periodic */
	uint32_t pending_errors; /* go to ESR when the guest writes that; atomic */
	uint32_t *regs;	       /* a page: register at byte offset n is regs[n / 4] */
	bool init_wait;	       /* after INIT, until SIPI */
};

int vlapic_create(struct vcpu *v); /* 0, -ENOMEM; reset state */
void vlapic_destroy(struct vcpu *v);
void vlapic_reset(struct vcpu *v); /* INIT or power-up: APIC base too */
/* v has come to another CPU: its timer follows. Interrupts off. */
void vlapic_migrate(struct vcpu *v);

/* An edge- (or level-) triggered fixed interrupt from outside; wakes or kicks v. Any context. */
void vlapic_set_irq(struct vcpu *v, uint8_t vector, bool level);
/* An interrupt message, as an I/O APIC or a PCI device sends it: whom it is for is decided here. Any context. */
void vlapic_message(struct domain *d, uint32_t dest, bool logical, unsigned int delivery, uint8_t vector, bool level);
/* Would v take an interrupt of the PIC's: LINT0 in ExtINT mode, or no local APIC? */
bool vlapic_takes_extint(const struct vcpu *v);
/* The interrupt to deliver next: the highest in IRR if its class is above the processor's priority. -1: none
 * (also: APIC disabled). Any CPU. */
int vlapic_pending(const struct vcpu *v);
void vlapic_accept(struct vcpu *v, uint8_t vector); /* it is being delivered: IRR -> ISR */
uint8_t vlapic_get_cr8(const struct vcpu *v);	     /* TPR bits 7:4 */
void vlapic_set_cr8(struct vcpu *v, uint8_t cr8);

/* The guest has set its TSC: a deadline already armed comes when the counter has that value now. v is current. */
void vlapic_timer_tsc_moved(struct vcpu *v);

/* xAPIC: is this guest-physical address of the page, and is it in use? Then: accesses of 1, 2, 4 bytes. */
bool vlapic_is_mmio(const struct vcpu *v, uint64_t gpa);
uint32_t vlapic_mmio_read(struct vcpu *v, unsigned int offset, unsigned int size);
void vlapic_mmio_write(struct vcpu *v, unsigned int offset, unsigned int size, uint32_t val);
/* MSR_APIC_BASE, MSR_TSC_DEADLINE, 0x800..0x8ff; v is current. 0, or -EINVAL: #GP. */
bool vlapic_is_msr(uint32_t msr);
int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

#endif
