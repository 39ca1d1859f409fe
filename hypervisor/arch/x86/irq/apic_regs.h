/* SPDX-License-Identifier: MIT */
/* Local APIC registers, by xAPIC offset (x2APIC: MSR 0x800 + offset / 16). SDM vol. 3 table 10-1. */
#ifndef IRQ_APIC_REGS_H
#define IRQ_APIC_REGS_H

#define APIC_ID		 0x020
#define APIC_VERSION	 0x030
#define APIC_TPR	 0x080
#define APIC_EOI	 0x0b0
#define APIC_SPURIOUS	 0x0f0
#define APIC_ISR	 0x100
#define APIC_ESR	 0x280
#define APIC_ICR	 0x300
#define APIC_ICR2	 0x310
#define APIC_LVT_TIMER	 0x320
#define APIC_LVT_THERMAL 0x330
#define APIC_LVT_PERF	 0x340
#define APIC_LVT_LINT0	 0x350
#define APIC_LVT_LINT1	 0x360
#define APIC_LVT_ERROR	 0x370
#define APIC_TIMER_INIT	 0x380
#define APIC_TIMER_COUNT 0x390
#define APIC_TIMER_DIV	 0x3e0

#define SPURIOUS_ENABLE 0x100
#define LVT_MASKED	0x10000
#define LVT_NMI		0x00400
#define LVT_DEADLINE	0x40000

#define ICR_FIXED   0x00000
#define ICR_NMI	    0x00400
#define ICR_INIT    0x00500
#define ICR_STARTUP 0x00600
#define ICR_BUSY    0x01000
#define ICR_ASSERT  0x04000
#define ICR_LEVEL   0x08000

#endif
