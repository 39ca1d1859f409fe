/* SPDX-License-Identifier: MIT */
/* Grant references: see pv_grants.h for states and invariants. */
#include "pv_grants.h"

#include <xen/errno.h>

#define NONE UINT32_MAX

/* A peer that maps and unmaps all the time makes the swap fail; after so often it counts as in use.
 */
#define SWAP_TRIES 8

static struct pv_grant *grant(const struct pv_grants *g, grant_ref_t ref, enum pv_grant_state state)
{
	PV_ASSERT(ref >= g->first && ref < g->nr);
	PV_ASSERT(g->grants[ref].state == state);
	return &g->grants[ref];
}

void pv_grants_init(struct pv_grants *g, struct grant_entry_v1 *table, struct pv_grant *grants,
		    uint32_t first, uint32_t nr)
{
	PV_ASSERT(first <= nr);
	*g = (struct pv_grants){
		.table = table,
		.grants = grants,
		.first = first,
		.nr = nr,
		.free = NONE,
		.retiring = NONE,
	};
	memset(grants, 0, nr * sizeof(*grants));
	for (uint32_t ref = nr; ref-- > first; g->nr_free++) {
		PV_ASSERT(!table[ref].flags);
		grants[ref].next = g->free;
		g->free = ref;
	}
}

int pv_grants_get(struct pv_grants *g, struct pv_grant_quota *quota, grant_ref_t *ref)
{
	struct pv_grant *gr;

	PV_ASSERT((g->free == NONE) == !g->nr_free);
	if (quota->used >= quota->limit || !g->nr_free)
		return -XEN_ENOSPC;
	*ref = g->free;
	gr = grant(g, *ref, PV_GRANT_FREE);
	g->free = gr->next;
	g->nr_free--;
	*gr = (struct pv_grant){ .state = PV_GRANT_HELD, .next = NONE, .quota = quota };
	quota->used++;
	return 0;
}

void pv_grants_put(struct pv_grants *g, grant_ref_t ref)
{
	struct pv_grant *gr = grant(g, ref, PV_GRANT_HELD);

	PV_ASSERT(!g->table[ref].flags && !gr->uses && gr->quota->used);
	gr->quota->used--;
	*gr = (struct pv_grant){ .state = PV_GRANT_FREE, .next = g->free };
	g->free = ref;
	g->nr_free++;
}

int pv_grants_begin(struct pv_grants *g, grant_ref_t ref, domid_t domain, uint64_t frame,
		    bool readonly)
{
	struct pv_grant *gr = grant(g, ref, PV_GRANT_HELD);
	struct grant_entry_v1 *entry = &g->table[ref];
	uint16_t flags = GTF_permit_access | (readonly ? GTF_readonly : 0);

	if (frame > UINT32_MAX)
		return -XEN_ERANGE;
	PV_ASSERT(!entry->flags);
	entry->domid = domain;
	entry->frame = (uint32_t)frame;
	/* Ordering: release. Whoever sees the type sees whom it is for and what. */
	__atomic_store_n(&entry->flags, flags, __ATOMIC_RELEASE);
	gr->state = PV_GRANT_GRANTED;
	gr->frame = frame;
	return 0;
}

void pv_grants_use(struct pv_grants *g, grant_ref_t ref)
{
	struct pv_grant *gr = grant(g, ref, PV_GRANT_GRANTED);

	PV_ASSERT(gr->uses < UINT32_MAX);
	gr->uses++;
}

void pv_grants_unuse(struct pv_grants *g, grant_ref_t ref)
{
	struct pv_grant *gr = grant(g, ref, PV_GRANT_GRANTED);

	PV_ASSERT(gr->uses);
	gr->uses--;
}

/*
 * Makes an entry invalid if the peer has no use of it. Only a swap from a value without use bits
 * does that: a plain store between look and write would lose a mapping made just then.
 */
static bool revoke(struct grant_entry_v1 *entry)
{
	uint16_t flags = __atomic_load_n(&entry->flags, __ATOMIC_RELAXED);

	for (int tries = 0; tries < SWAP_TRIES; tries++) {
		if (flags & (GTF_reading | GTF_writing))
			return false;
		/* Ordering: full; what we do to the page next comes after the peer's last access.
		 */
		if (__atomic_compare_exchange_n(&entry->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return true;
	}
	return false;
}

int pv_grants_end(struct pv_grants *g, grant_ref_t ref)
{
	struct pv_grant *gr = grant(g, ref, PV_GRANT_GRANTED);

	if (gr->uses || !revoke(&g->table[ref]))
		return -XEN_EBUSY;
	gr->state = PV_GRANT_HELD;
	return 0;
}

/* To the end of the list: those before it are tried first. */
static void append_retiring(struct pv_grants *g, grant_ref_t ref)
{
	if (g->retiring == NONE)
		g->retiring = ref;
	else
		g->grants[g->retiring_last].next = ref;
	g->retiring_last = ref;
	g->grants[ref].next = NONE;
	g->nr_retiring++;
}

bool pv_grants_retire(struct pv_grants *g, grant_ref_t ref)
{
	struct pv_grant *gr = grant(g, ref, PV_GRANT_GRANTED);

	PV_ASSERT(!gr->uses);
	if (!pv_grants_end(g, ref)) {
		pv_grants_put(g, ref);
		return true;
	}
	gr->state = PV_GRANT_RETIRING;
	append_retiring(g, ref);
	return false;
}

uint32_t pv_grants_reap(struct pv_grants *g, uint32_t budget,
			void (*page_free)(void *context, uint64_t frame), void *context)
{
	uint32_t freed = 0;

	if (budget > g->nr_retiring)
		budget = g->nr_retiring;
	while (budget--) {
		grant_ref_t ref = g->retiring;
		struct pv_grant *gr = grant(g, ref, PV_GRANT_RETIRING);
		uint64_t frame = gr->frame;

		g->retiring = gr->next;
		g->nr_retiring--;
		if (!revoke(&g->table[ref])) {
			append_retiring(g, ref);
			continue;
		}
		gr->state = PV_GRANT_HELD;
		pv_grants_put(g, ref);
		freed++;
		if (page_free)
			page_free(context, frame);
	}
	return freed;
}
