/* SPDX-License-Identifier: MIT */
/* Request ids: see pv_ids.h. */
#include "pv_ids.h"

#include <xen/errno.h>

#define NONE	  UINT32_MAX
#define IN_FLIGHT (UINT32_MAX - 1)

void pv_ids_init(struct pv_ids *ids, uint32_t *next, uint32_t nr)
{
	PV_ASSERT(nr <= 1u << 31);
	*ids = (struct pv_ids){ .next = next, .nr = nr, .nr_free = nr, .head = nr ? 0 : NONE };
	for (uint32_t id = 0; id < nr; id++)
		next[id] = id + 1 < nr ? id + 1 : NONE;
}

bool pv_ids_in_flight(const struct pv_ids *ids, uint64_t id)
{
	return id < ids->nr && ids->next[id] == IN_FLIGHT;
}

int pv_ids_get(struct pv_ids *ids, uint32_t *id)
{
	PV_ASSERT((ids->head == NONE) == !ids->nr_free);
	if (!ids->nr_free)
		return -XEN_ENOSPC;
	*id = ids->head;
	ids->head = ids->next[*id];
	ids->next[*id] = IN_FLIGHT;
	ids->nr_free--;
	return 0;
}

int pv_ids_put(struct pv_ids *ids, uint64_t id)
{
	if (ids->fault || !pv_ids_in_flight(ids, id)) {
		ids->fault = PV_FAULT_ID;
		return -XEN_EIO;
	}
	ids->next[id] = ids->head;
	ids->head = (uint32_t)id;
	ids->nr_free++;
	PV_ASSERT(ids->nr_free <= ids->nr);
	return 0;
}
