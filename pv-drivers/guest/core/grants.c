/* SPDX-License-Identifier: MIT */
/* The guest's grant references: one page of entries, which is more than the devices' quotas. */
#include "kernel.h"

#define NR_GRANTS (PV_PAGE_SIZE / sizeof(struct grant_entry_v1))

struct pv_grants grants;
static struct pv_grant records[NR_GRANTS];

/* Without a table the guest runs, but no device can: no reference is free. */
void grants_init(void)
{
	struct grant_entry_v1 *table = machine_grant_table();

	if (table)
		pv_grants_init(&grants, table, records, GNTTAB_NR_RESERVED_ENTRIES, NR_GRANTS);
	else
		printf("no grant table: no devices\n");
}

static void page_back(void *context, uint64_t frame)
{
	uint64_t page = machine_page(frame);

	(void)context;
	if (page == UINT64_MAX)
		panic("frame %lx came back from a peer, but was never ours", frame);
	pages_free(page_address(page), 1);
}

void grants_reap(void)
{
	if (grants.nr_retiring)
		(void)pv_grants_reap(&grants, NR_GRANTS, page_back, NULL);
}
