/* SPDX-License-Identifier: MIT */
/* The debug key for interrupts: each irq in use, where it goes and who has it. */
#include <hv/keyhandler.h>
#include <hv/spinlock.h>
#include "internal.h"

static void print_users(const struct irq_desc *desc)
{
	if (desc->handler)
		printk("        hypervisor: %s\n", desc->name ? desc->name : "?");
	for (unsigned int i = 0; desc->guests && i < desc->guests->nr; i++) {
		const struct irq_guest *g = &desc->guests->g[i];

		printk("        d%u pirq %u port %u%s\n", g->d->domain_id, g->pirq, g->port,
		       g->eoi_pending ? ", not yet handled" : "");
	}
}

static void dump_irqs(unsigned char key)
{
	unsigned int cpu;

	for (unsigned int irq = 0; irq < nr_irqs; irq++) {
		struct irq_desc *desc = irq_to_desc(irq);
		unsigned long flags;

		if (!desc)
			continue;
		spin_lock_irqsave(&desc->lock, flags);
		if (desc->chip && (desc->handler || desc->guests)) {
			printk("  irq %3u: %s %s vector %#x CPU %u count %lu%s\n", irq, desc->chip->name,
			       desc->level ? "level" : "edge", desc->vector, desc->cpu, desc->count,
			       desc->masked ? " masked" : "");
			print_users(desc);
		}
		spin_unlock_irqrestore(&desc->lock, flags);
	}
	for_each_online_cpu(cpu)
		if (per_cpu(stray_count, cpu))
			printk("  stray on CPU %u: %u\n", cpu, per_cpu(stray_count, cpu));
}

void irq_dump_init(void)
{
	keyhandler_register('i', dump_irqs, "show interrupts");
}
