/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts. An irq (GSI number below nr_gsis, above that one per MSI) is either the
 * hypervisor's own (request_irq) or bound to a domain as a pirq. Implementation: arch/x86/irq/.
 */
#ifndef HV_IRQ_H
#define HV_IRQ_H

#include <hv/lib.h>
struct domain;
struct vcpu;

int request_irq(unsigned int irq, void (*handler)(unsigned int irq, void *data), void *data,
		const char *name);

/* EVTCHNOP_bind_pirq: deliver `pirq` of v's domain to its event channel `port`. `share`: several
 * domains may bind (level-triggered lines). -EBUSY in use, -EINVAL no such pirq. */
int pirq_guest_bind(struct vcpu *v, unsigned int pirq, uint32_t port, bool share);
void pirq_guest_unbind(struct domain *d, unsigned int pirq);
/* The guest has handled it: PHYSDEVOP_eoi, or unmasking of the port. */
void pirq_guest_eoi(struct domain *d, unsigned int pirq);
/* Its interrupts go to `cpu` from the one after the next on: it moves only when it has just arrived (arch/x86/irq/irq.c). */
void pirq_set_affinity(struct domain *d, unsigned int pirq, unsigned int cpu);
int irq_domain_init(struct domain *d);
void irq_domain_destroy(struct domain *d); /* unbinds and unmaps all */

#endif
