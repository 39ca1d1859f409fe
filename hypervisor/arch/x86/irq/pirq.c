/* SPDX-License-Identifier: MIT */
/*
 * A domain's pirq numbers: names for the irqs it may bind. Dom0's GSIs keep their number; everything
 * else gets the lowest free number above the GSIs. Domains without devices have no table.
 */
#include <hv/mm.h>
#include <asm/io_apic.h>

#include "internal.h"

int irq_domain_init(struct domain *d)
{
	d->arch.irq = xzalloc(struct irq_domain);
	if (!d->arch.irq)
		return -ENOMEM;
	spin_lock_init(&d->arch.irq->lock);
	return 0;
}

void irq_domain_destroy(struct domain *d)
{
	if (!d->arch.irq)
		return;
	irq_domain_relinquish(d);
	xfree(d->arch.irq->irq_of);
	xfree(d->arch.irq);
	d->arch.irq = NULL;
}

static int ensure_table(struct irq_domain *t)
{
	uint16_t *table;
	unsigned long flags;

	if (READ_ONCE(t->irq_of))
		return 0;
	table = xzalloc_array(uint16_t, nr_irqs);
	if (!table)
		return -ENOMEM;
	spin_lock_irqsave(&t->lock, flags);
	if (!t->irq_of) {
		t->irq_of = table;
		table = NULL;
		t->nr = nr_irqs;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	xfree(table);
	return 0;
}

int pirq_to_irq(struct domain *d, unsigned int pirq)
{
	struct irq_domain *t = d->arch.irq;
	unsigned long flags;
	int irq = -EINVAL;

	if (!t)
		return -EINVAL;
	spin_lock_irqsave(&t->lock, flags);
	if (pirq < t->nr && t->irq_of[pirq] && t->irq_of[pirq] != PIRQ_RESERVED)
		irq = t->irq_of[pirq] - 1;
	spin_unlock_irqrestore(&t->lock, flags);
	return irq;
}

/* t->lock held. `nr` free slots in a row from `from`, or -ENOSPC. */
static int find_free(const struct irq_domain *t, unsigned int from, unsigned int nr)
{
	unsigned int run = 0;

	for (unsigned int p = from; p < t->nr; p++) {
		run = t->irq_of[p] ? 0 : run + 1;
		if (run == nr)
			return (int)(p + 1 - nr);
	}
	return -ENOSPC;
}

static int choose(const struct irq_domain *t, int wanted, unsigned int irq, unsigned int nr)
{
	if (wanted < 0 && irq < nr_gsis && !t->irq_of[irq])
		return (int)irq;
	if (wanted < 0)
		return find_free(t, irq < nr_gsis ? 1 : nr_gsis, nr);
	if ((unsigned int)wanted >= t->nr || nr > t->nr - (unsigned int)wanted)
		return -EINVAL;
	for (unsigned int i = 0; i < nr; i++)
		if (t->irq_of[(unsigned int)wanted + i] &&
		    t->irq_of[(unsigned int)wanted + i] != PIRQ_RESERVED)
			return -EEXIST;
	return wanted;
}

int pirq_map_range(struct domain *d, int *first, unsigned int irq, unsigned int nr)
{
	struct irq_domain *t = d->arch.irq;
	unsigned long flags;
	int p, rc = ensure_table(t);

	if (rc)
		return rc;
	spin_lock_irqsave(&t->lock, flags);
	p = choose(t, *first, irq, nr);
	for (unsigned int i = 0; p >= 0 && i < nr; i++)
		t->irq_of[(unsigned int)p + i] = (uint16_t)(irq + i + 1);
	spin_unlock_irqrestore(&t->lock, flags);
	if (p < 0)
		return p;
	*first = p;
	return 0;
}

/* Mapping a GSI again to the pirq it has is no error. */
int pirq_map(struct domain *d, int *pirq, unsigned int irq)
{
	struct irq_domain *t = d->arch.irq;
	unsigned long flags;
	int rc = ensure_table(t);

	if (rc)
		return rc;
	spin_lock_irqsave(&t->lock, flags);
	for (unsigned int p = 0; p < t->nr; p++)
		if (t->irq_of[p] == irq + 1) {
			rc = *pirq < 0 || *pirq == (int)p ? 1 : -EBUSY;
			*pirq = (int)p;
		}
	spin_unlock_irqrestore(&t->lock, flags);
	return rc ? (rc > 0 ? 0 : rc) : pirq_map_range(d, pirq, irq, 1);
}

int pirq_reserve(struct domain *d, bool gsi, uint32_t *pirq)
{
	struct irq_domain *t = d->arch.irq;
	unsigned long flags;
	int p, rc = ensure_table(t);

	if (rc)
		return rc;
	spin_lock_irqsave(&t->lock, flags);
	p = find_free(t, gsi ? 16 : nr_gsis, 1);
	if (p >= 0)
		t->irq_of[p] = PIRQ_RESERVED;
	spin_unlock_irqrestore(&t->lock, flags);
	if (p < 0)
		return p;
	*pirq = (uint32_t)p;
	return 0;
}

int pirq_unmap(struct domain *d, unsigned int pirq)
{
	struct irq_domain *t = d->arch.irq;
	unsigned long flags;
	unsigned int slot = 0;

	spin_lock_irqsave(&t->lock, flags);
	if (pirq < t->nr) {
		slot = t->irq_of[pirq];
		t->irq_of[pirq] = 0;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	if (!slot)
		return -EINVAL;
	if (slot == PIRQ_RESERVED)
		return 0;
	irq_guest_remove(&irq_descs[slot - 1], d, pirq);
	if (irq_descs[slot - 1].msi)
		msi_teardown(&irq_descs[slot - 1]);
	return 0;
}

bool pirq_is_level(struct domain *d, unsigned int pirq)
{
	int irq = pirq_to_irq(d, pirq);

	return irq >= 0 && READ_ONCE(irq_descs[irq].level);
}

void irq_domain_relinquish(struct domain *d)
{
	struct irq_domain *t = d->arch.irq;
	struct page *pg = d->arch.pirq_eoi_page;

	if (!t)
		return;
	/* Whoever still sees the map holds a descriptor lock that unmapping takes below. */
	__atomic_store_n(&d->arch.pirq_eoi_map, NULL, __ATOMIC_SEQ_CST);
	for (unsigned int p = 0; p < t->nr; p++)
		(void)!pirq_unmap(d, p);
	d->arch.pirq_eoi_page = NULL;
	if (pg)
		put_page_and_type(pg);
}
