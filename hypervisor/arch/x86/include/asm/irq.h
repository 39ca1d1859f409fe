/* SPDX-License-Identifier: MIT */
/* Interrupt vectors and what arch/x86 code needs of arch/x86/irq. Common face: hv/irq.h. */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <hv/irq.h>
#include <public/xen.h>

/* Devices take any vector of this range but 0x80, which PV guests may raise by instruction. */
#define VECTOR_DEVICE_FIRST 0x20
#define VECTOR_DEVICE_LAST  0xef
/* Fixed vectors, highest priority class. */
#define VECTOR_TIMER	   0xf0
#define VECTOR_EVENT_CHECK 0xf1
#define VECTOR_CALL	   0xf2
#define VECTOR_FLUSH	   0xf3
#define VECTOR_HALT	   0xf4
#define VECTOR_ERROR	   0xfe
#define VECTOR_SPURIOUS	   0xff

struct domain;

/* Interrupts off; regs->entry_vector holds the vector. */
void do_IRQ(struct cpu_user_regs *regs);
void irq_init(void); /* descriptors; after io_apic_init() */
/* Domain is dying: unbinds and unmaps its pirqs, drops its EOI page. Before its pages are freed. */
void irq_domain_relinquish(struct domain *d);
extern unsigned int nr_irqs;

#endif
