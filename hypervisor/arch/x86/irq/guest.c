/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of guests. Edge-triggered ones (all MSIs too) are acknowledged at once and only set the
 * port pending. A level-triggered line stays raised until the guest has served its device, so it is
 * masked on arrival and unmasked when every guest that shares it has said it is done
 * (PHYSDEVOP_eoi): a guest that never does loses its interrupt and nobody else's time.
 */
#include <hv/mm.h>
#include <asm/apic.h>

#include "internal.h"

void irq_deliver_to_guests(struct irq_desc *desc)
{
	struct irq_guests *gs = desc->guests;

	if (desc->level)
		desc->chip->mask(desc);
	apic_eoi();
	for (unsigned int i = 0; i < gs->nr; i++) {
		struct irq_guest *g = &gs->g[i];

		if (desc->level && !g->eoi_pending) {
			g->eoi_pending = true;
			gs->in_flight++;
		}
		send_guest_pirq(g->d, g->port);
	}
}

static struct irq_guest *find_guest(struct irq_desc *desc, struct domain *d, unsigned int pirq)
{
	struct irq_guests *gs = desc->guests;

	for (unsigned int i = 0; gs && i < gs->nr; i++)
		if (gs->g[i].d == d && gs->g[i].pirq == pirq)
			return &gs->g[i];
	return NULL;
}

static void guest_done(struct irq_desc *desc, struct irq_guest *g)
{
	if (!g->eoi_pending)
		return;
	g->eoi_pending = false;
	if (--desc->guests->in_flight == 0) {
		irq_move_pending(desc);
		desc->chip->unmask(desc);
	}
}

/* ---- the bitmap that saves guests needless EOI calls ---- */

static void set_eoi_bit(struct domain *d, unsigned int pirq, bool needed)
{
	unsigned long *map = __atomic_load_n(&d->arch.pirq_eoi_map, __ATOMIC_ACQUIRE);
	unsigned long bit = 1ul << (pirq % 64);

	if (!map)
		return;
	if (needed)
		__atomic_fetch_or(&map[pirq / 64], bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&map[pirq / 64], ~bit, __ATOMIC_SEQ_CST);
}

void irq_update_eoi_maps(struct irq_desc *desc)
{
	struct irq_guests *gs = desc->guests;

	for (unsigned int i = 0; gs && i < gs->nr; i++)
		set_eoi_bit(gs->g[i].d, gs->g[i].pirq, desc->level);
}

/* ---- bind, unbind ---- */

/* desc->lock held; `fresh` becomes the list if there is none yet. */
static int add_guest(struct irq_desc *desc, struct irq_guests **fresh, const struct irq_guest *g,
		     bool share, unsigned int cpu)
{
	struct irq_guests *gs = desc->guests;
	int rc;

	if (!desc->chip || desc->handler)
		return desc->handler ? -EBUSY : -EINVAL;
	if (gs && (!gs->share || !share || gs->nr == IRQ_MAX_SHARERS ||
		   find_guest(desc, g->d, g->pirq)))
		return -EBUSY;
	if (!gs) {
		if (!desc->vector) {
			rc = irq_assign_vector(desc, cpu);
			if (rc)
				return rc;
		}
		gs = desc->guests = *fresh;
		*fresh = NULL;
		gs->share = share;
		irq_move(desc, cpu);
		irq_move_pending(desc); /* masked still */
	}
	gs->g[gs->nr++] = *g;
	set_eoi_bit(g->d, g->pirq, desc->level);
	if (gs->nr == 1)
		desc->chip->unmask(desc);
	return 0;
}

int pirq_guest_bind(struct vcpu *v, unsigned int pirq, uint32_t port, bool share)
{
	struct irq_guest g = { .d = v->domain, .pirq = pirq, .port = port };
	struct irq_guests *fresh;
	struct irq_desc *desc;
	unsigned long flags;
	int irq = pirq_to_irq(v->domain, pirq), rc;

	if (irq < 0)
		return irq;
	fresh = xzalloc(struct irq_guests);
	if (!fresh)
		return -ENOMEM;
	desc = &irq_descs[irq];
	spin_lock_irqsave(&desc->lock, flags);
	rc = add_guest(desc, &fresh, &g, share, v->processor);
	spin_unlock_irqrestore(&desc->lock, flags);
	xfree(fresh);
	return rc;
}

void irq_guest_remove(struct irq_desc *desc, struct domain *d, unsigned int pirq)
{
	struct irq_guests *gs, *empty = NULL;
	struct irq_guest *g;
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	g = find_guest(desc, d, pirq);
	if (g) {
		gs = desc->guests;
		if (gs->nr == 1) {
			desc->chip->mask(desc);
			desc->guests = NULL;
			empty = gs;
		} else {
			guest_done(desc, g);
			*g = gs->g[--gs->nr];
		}
		set_eoi_bit(d, pirq, false);
		if (empty && !desc->msi)
			irq_release_vector(desc);
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	xfree(empty);
}

void pirq_guest_unbind(struct domain *d, unsigned int pirq)
{
	int irq = pirq_to_irq(d, pirq);

	if (irq >= 0)
		irq_guest_remove(&irq_descs[irq], d, pirq);
}

/* With auto_unmask (PHYSDEVOP_pirq_eoi_gmfn_v1) the EOI unmasks the port as well. */
void pirq_guest_eoi(struct domain *d, unsigned int pirq)
{
	int irq = pirq_to_irq(d, pirq);
	struct irq_desc *desc;
	struct irq_guest *g;
	unsigned long flags;
	uint32_t port = 0;

	if (irq < 0)
		return;
	desc = &irq_descs[irq];
	spin_lock_irqsave(&desc->lock, flags);
	g = find_guest(desc, d, pirq);
	if (g) {
		port = g->port;
		guest_done(desc, g);
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	if (port && d->arch.auto_unmask && d == current->domain)
		(void)!evtchn_unmask(port);
}

void pirq_set_affinity(struct domain *d, unsigned int pirq, unsigned int cpu)
{
	int irq = pirq_to_irq(d, pirq);
	unsigned long flags;

	if (irq < 0)
		return;
	spin_lock_irqsave(&irq_descs[irq].lock, flags);
	/* Shared lines stay where they are: several guests would pull in turn. */
	if (irq_descs[irq].guests && irq_descs[irq].guests->nr == 1)
		irq_move(&irq_descs[irq], cpu);
	spin_unlock_irqrestore(&irq_descs[irq].lock, flags);
}
