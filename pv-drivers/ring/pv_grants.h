/* SPDX-License-Identifier: MIT */
/*
 * Bookkeeping of a frontend's grant references (grant table of version 1).
 *
 * A reference is in one state at a time:
 *
 *	free -> held (a device has it) -> granted (the peer may map the page) -> held -> free
 *	                                  granted -> retiring (the peer still has it) -> free
 *
 * The rule all of this is for: *a page stays the peer's as long as its entry is live*. Ending
 * access is refused, never forced, while the hypervisor shows the peer's use; the page must then
 * not be used for anything else. A peer that never lets go costs its own device's quota, nobody
 * else's references.
 *
 * Invariants: a free or held reference's entry has flags 0; nr_free + held + granted + retiring =
 * all references given to init; a quota's used counts its references in every state but free and
 * is at most its limit; uses > 0 only while granted.
 *
 * The table is shared with the hypervisor, which alone sets reading and writing in flags, by
 * compare and swap, at any moment. Private state is kept apart from it. Nothing here locks.
 */
#ifndef PV_GRANTS_H
#define PV_GRANTS_H

#include "pv_shared.h"

#include <xen/grant_table.h>

/* What one device may have of the references. */
struct pv_grant_quota {
	uint32_t limit, used;
};

enum pv_grant_state { PV_GRANT_FREE, PV_GRANT_HELD, PV_GRANT_GRANTED, PV_GRANT_RETIRING };

/* Private, one a reference. */
struct pv_grant {
	uint8_t state; /* enum pv_grant_state */
	uint32_t next; /* in the free list, or of those that retire */
	uint32_t uses; /* our own requests that name it */
	uint64_t frame;
	struct pv_grant_quota *quota;
};

struct pv_grants {
	struct grant_entry_v1 *table; /* shared */
	struct pv_grant *grants;
	uint32_t first, nr; /* references [first, nr) are ours to hand out */
	uint32_t free, nr_free;
	uint32_t retiring, retiring_last, nr_retiring; /* a queue */
};

/*
 * table and grants have nr entries each; those below first (GNTTAB_NR_RESERVED_ENTRIES in a guest)
 * are left alone. Entries must be invalid (flags 0). first <= nr.
 */
void pv_grants_init(struct pv_grants *g, struct grant_entry_v1 *table, struct pv_grant *grants,
		    uint32_t first, uint32_t nr);

/*
 * A reference for a device: held, counted to quota, which must live until the reference is free
 * again.
 * -XEN_ENOSPC: the quota is used up, or no reference is free.
 */
PV_MUST_CHECK int pv_grants_get(struct pv_grants *g, struct pv_grant_quota *quota,
				grant_ref_t *ref);

/* Gives a held reference back. */
void pv_grants_put(struct pv_grants *g, grant_ref_t ref);

/*
 * Lets domain map and copy frame by a held reference.
 * -XEN_ERANGE: entries of version 1 have only 32 bits for a frame.
 */
PV_MUST_CHECK int pv_grants_begin(struct pv_grants *g, grant_ref_t ref, domid_t domain,
				  uint64_t frame, bool readonly);

/* One more, one less of our own requests names this granted reference (persistent grants). */
void pv_grants_use(struct pv_grants *g, grant_ref_t ref);
void pv_grants_unuse(struct pv_grants *g, grant_ref_t ref);

/*
 * Ends the peer's access; the reference is held afterwards, the page ours alone.
 * -XEN_EBUSY: still in use, by the peer or by our own requests. Nothing has changed: the page is
 * not to be reused; try again, or pv_grants_retire().
 */
PV_MUST_CHECK int pv_grants_end(struct pv_grants *g, grant_ref_t ref);

/*
 * For who cannot wait: ends access and frees the reference, now if possible, else by a later
 * pv_grants_reap(). The caller's requests must be done (uses 0). True: done now, the page is the
 * caller's. False: the page belongs to reap, which tells when it is free.
 */
PV_MUST_CHECK bool pv_grants_retire(struct pv_grants *g, grant_ref_t ref);

/*
 * Tries up to budget retiring references, the longest untried first; tells each page that became
 * free. How many did. page_free may be NULL.
 */
uint32_t pv_grants_reap(struct pv_grants *g, uint32_t budget,
			void (*page_free)(void *context, uint64_t frame), void *context);

#endif
