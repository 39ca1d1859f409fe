/* SPDX-License-Identifier: MIT */
/*
 * Which frames of a range have been written, for whoever shows a guest's screen.
 *
 * The CPU sets a leaf's dirty bit at the first write through it, p2m_get_page() at the hypervisor's own writes. Leaves
 * are made with the bit set and, once followed, are of 4 KiB. A bit found set is cleared; the CPU may still have the
 * old translation, through which it would not set it again, so all are void before the answer is used: what is written
 * later is in the next answer, and what was written before is in this one.
 *
 * LIMITS: Intel's tables are not used in this way: there everything counts as written, always. What other domains
 * write through mappings of their own does not count; a device model knows what it writes.
 */
#include <hv/domain.h>
#include <asm/hvm/hvm.h>
#include "p2m_internal.h"

struct p2m_tracking p2m_track_dirty(struct domain *d, uint64_t gfn, uint64_t nr)
{
	struct p2m *p = &d->arch.hvm->p2m;
	struct p2m_tracking t;

	spin_lock(&p->lock);
	t = p->tracking;
	if (t.gfn != gfn || t.nr != nr)
		t = (struct p2m_tracking){ .gfn = gfn, .nr = nr, .all = true };
	p->tracking = (struct p2m_tracking){ .gfn = gfn, .nr = nr };
	spin_unlock(&p->lock);
	return t;
}

void p2m_track_interrupted(struct domain *d, const struct p2m_tracking *t)
{
	struct p2m *p = &d->arch.hvm->p2m;

	spin_lock(&p->lock);
	if (p->tracking.gfn == t->gfn && p->tracking.nr == t->nr)
		p->tracking = *t;
	spin_unlock(&p->lock);
}

/* A large leaf for which there is no table counts as written. */
static bool take(struct p2m *p, uint64_t gfn)
{
	unsigned int level;
	pte_t *slot = p2m_walk(p, gfn, &level);

	if (!used(*slot))
		return false;
	if (level > 1)
		slot = p2m_make_slot(p, gfn, 1);
	/* Ordering: none; the flush that follows orders it before all later writes of the guest. */
	return !slot || __atomic_fetch_and(&slot->e, ~p2m_format->dirty, __ATOMIC_RELAXED) & p2m_format->dirty;
}

uint64_t p2m_take_dirty(struct domain *d, uint64_t gfn, unsigned int nr)
{
	struct p2m *p = &d->arch.hvm->p2m;
	uint64_t bits = 0;

	if (!p2m_format->dirty)
		return ~0ull;
	spin_lock(&p->lock);
	for (unsigned int i = 0; i < nr; i++)
		if (take(p, gfn + i))
			bits |= 1ull << i;
	spin_unlock(&p->lock);
	return bits;
}
