/* SPDX-License-Identifier: MIT */
/*
 * Which request ids are in flight: a frontend hands one out with each request, and believes a
 * response only if its id is among them. So a backend that answers twice, or what was never asked,
 * completes nothing twice.
 *
 * Invariant: each id below nr is either in flight or in the free list, never both; nr_free counts
 * the list. Memory is the caller's: one uint32_t an id.
 */
#ifndef PV_IDS_H
#define PV_IDS_H

#include "pv_shared.h"

struct pv_ids {
	uint32_t *next; /* of a free id: the next free one; of another: in flight */
	uint32_t nr, nr_free, head;
	enum pv_fault fault;
};

/* All of next's nr ids are free; nr is at most 2^31. */
void pv_ids_init(struct pv_ids *ids, uint32_t *next, uint32_t nr);

/* Takes an id. -XEN_ENOSPC: all are in flight. */
PV_MUST_CHECK int pv_ids_get(struct pv_ids *ids, uint32_t *id);

/*
 * Ends the request a response names; id is as the peer gave it, widened.
 * -XEN_EIO: no such request is in flight (or the peer lied so before): give the device up.
 */
PV_MUST_CHECK int pv_ids_put(struct pv_ids *ids, uint64_t id);

bool pv_ids_in_flight(const struct pv_ids *ids, uint64_t id);

#endif
