/* SPDX-License-Identifier: MIT */
/*
 * Gives a new PVH domain its memory, in the biggest extents the hypervisor has: 1 GiB, 2 MiB, then
 * single pages. A batch that is served only in part is continued with the next smaller size.
 *
 * The first MiB is given page by page, as 4.17 does: guests change what lies there. A guest that may
 * grow is told of more RAM than there is: all of it is populated on demand, out of what the domain
 * has, until the guest's balloon holds the rest.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#include <xen/memory.h>

#define BATCH 1024 /* extents per call */

static const unsigned int orders[] = { 18, 9, 0 };

/* Extents of one order from `pfn` on, as long as there are any; gives the first PFN without memory. */
static uint64_t give_order(const struct pv_domain *domain, uint64_t pfn, uint64_t end,
			   unsigned int order, unsigned int flags)
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
		got = xc_domain_populate_physmap(domain->xc, domain->domid, count, order,
						 flags, extents);
		pfn += got > 0 ? got * each : 0;
		if (got < 0 || (uint64_t)got < count)
			break;
	}
	return pfn;
}

/* All of [pfn, end); gives where it stopped. */
static uint64_t give(const struct pv_domain *domain, uint64_t pfn, uint64_t end,
		     unsigned int flags)
{
	for (unsigned int i = 0; i < sizeof(orders) / sizeof(orders[0]) && pfn < end; i++) {
		uint64_t mask = ((uint64_t)1 << orders[i]) - 1;
		uint64_t aligned = (pfn + mask) & ~mask;

		if (aligned + mask >= end)
			continue;
		/* Up to where the size may begin, with smaller ones. */
		if (pfn != aligned && give(domain, pfn, aligned, flags) != aligned)
			return pfn;
		pfn = give_order(domain, aligned, end, orders[i], flags);
	}
	return pfn;
}

int pvh_give_span(const struct pv_domain *domain, uint64_t pfn, uint64_t end, unsigned int flags)
{
	return give(domain, pfn, end, flags) == end ? 0 : -ENOMEM;
}

static int give_ram(const struct pv_domain *domain, const struct pvh_layout *layout,
		    unsigned int flags)
{
	uint64_t low = layout->low_pages, first = low < 256 ? low : 256;
	int error = pvh_give_span(domain, 0, first, flags);

	if (!error)
		error = pvh_give_span(domain, first, low, flags);
	return error ? error
		     : pvh_give_span(domain, PVH_HIGH_PFN, PVH_HIGH_PFN + layout->nr_pages - low, flags);
}

int pvh_prepare_demand(const struct pv_domain *domain, struct complaint *complaint)
{
	if (!xc_domain_set_pod_target(domain->xc, domain->domid, domain->nr_pages, NULL, NULL, NULL))
		return 0;
	complain(complaint,
		 "the hypervisor does not let the guest grow (%s); set maxmem= to memory=",
		 strerror(errno));
	return -errno;
}

int pvh_out_of_memory(const struct pv_domain *domain, struct complaint *complaint)
{
	complain(complaint,
		 "out of memory: the hypervisor did not give all of %llu MiB; stop a guest, "
		 "or lower memory= or Domain-0's memory (xl mem-set 0)",
		 (unsigned long long)domain->nr_pages >> 8);
	return -ENOMEM;
}

int pvh_populate(const struct pv_domain *domain, const struct pvh_layout *layout,
		 struct complaint *complaint)
{
	const struct pfn_span *acpi = &layout->acpi;
	bool demand = layout->nr_pages > domain->nr_pages;
	int error = demand ? pvh_prepare_demand(domain, complaint) : 0;

	if (error)
		return error;
	error = give_ram(domain, layout, demand ? XENMEMF_populate_on_demand : 0);
	if (!error)
		error = pvh_give_span(domain, PVH_SPECIAL_PFN, PVH_SPECIAL_PFN + PVH_NR_SPECIAL, 0);
	if (!error)
		error = pvh_give_span(domain, acpi->pfn, acpi->pfn + acpi->pages, 0);
	return error ? pvh_out_of_memory(domain, complaint) : 0;
}
