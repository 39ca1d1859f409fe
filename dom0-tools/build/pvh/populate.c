/* SPDX-License-Identifier: MIT */
/*
 * Gives a new PVH domain its memory, in the biggest extents the hypervisor has: 1 GiB, 2 MiB, then
 * single pages. A batch that is served only in part is continued with the next smaller size.
 *
 * The first MiB is given page by page, as 4.17 does: guests change what lies there.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#define BATCH 1024 /* extents per call */

static const unsigned int orders[] = { 18, 9, 0 };

/* Extents of one order from `pfn` on, as long as there are any; gives the first PFN without memory. */
static uint64_t give_order(const struct pv_domain *domain, uint64_t pfn, uint64_t end,
			   unsigned int order)
{
	uint64_t each = (uint64_t)1 << order;

	while (pfn + each <= end) {
		uint64_t count = (end - pfn) >> order;
		xen_pfn_t extents[BATCH];
		int got;

		if (count > BATCH)
			count = BATCH;
		for (uint64_t i = 0; i < count; i++)
			extents[i] = pfn + i * each;
		got = xc_domain_populate_physmap(domain->xc, domain->domid, count, order, 0,
						 extents);
		pfn += got > 0 ? got * each : 0;
		if (got < 0 || (uint64_t)got < count)
			break;
	}
	return pfn;
}

/* All of [pfn, end); gives where it stopped. */
static uint64_t give(const struct pv_domain *domain, uint64_t pfn, uint64_t end)
{
	for (unsigned int i = 0; i < sizeof(orders) / sizeof(orders[0]) && pfn < end; i++) {
		uint64_t mask = ((uint64_t)1 << orders[i]) - 1;
		uint64_t aligned = (pfn + mask) & ~mask;

		if (aligned + mask >= end)
			continue;
		/* Up to where the size may begin, with smaller ones. */
		if (pfn != aligned && give(domain, pfn, aligned) != aligned)
			return pfn;
		pfn = give_order(domain, aligned, end, orders[i]);
	}
	return pfn;
}

static int give_special(const struct pv_domain *domain, const struct pfn_span *span)
{
	return give(domain, span->pfn, span->pfn + span->pages) == span->pfn + span->pages
		   ? 0
		   : -ENOMEM;
}

int pvh_populate(const struct pv_domain *domain, const struct pvh_layout *layout,
		 struct complaint *complaint)
{
	const struct pfn_span special = { PVH_SPECIAL_PFN, PVH_NR_SPECIAL };
	uint64_t first = layout->low_pages < 256 ? layout->low_pages : 256;
	uint64_t high_end = PVH_HIGH_PFN + layout->nr_pages - layout->low_pages;

	if (give(domain, 0, first) == first &&
	    give(domain, first, layout->low_pages) == layout->low_pages &&
	    give(domain, PVH_HIGH_PFN, high_end) == high_end && !give_special(domain, &special) &&
	    !give_special(domain, &layout->acpi))
		return 0;
	complain(complaint,
		 "out of memory: the hypervisor did not give all of %llu MiB; stop a guest, or "
		 "lower memory= or Domain-0's memory (xl mem-set 0)",
		 (unsigned long long)layout->nr_pages >> 8);
	return -ENOMEM;
}
