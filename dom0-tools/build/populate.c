/* SPDX-License-Identifier: MIT */
/*
 * Gives a new PV domain its memory: 2 MiB extents as long as there are any, single pages for the
 * rest.
 *
 * A call takes thousands of extents and the hypervisor stops early only when it has no more of that
 * size, so a domain costs a handful of calls.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#define SUPER_ORDER 9
#define SUPER_PAGES ((uint64_t)1 << SUPER_ORDER)
#define BATCH	    ((uint64_t)1 << 16) /* extents per call: 512 KiB of numbers */

/* Superpages from PFN 0 on; gives the first PFN that did not get one. */
static uint64_t populate_super(xc_interface *xc, uint32_t domid, uint64_t nr_pages, xen_pfn_t *p2m)
{
	uint64_t wanted = nr_pages / SUPER_PAGES, done = 0;

	while (done < wanted) {
		uint64_t count = wanted - done < BATCH ? wanted - done : BATCH;
		/* The extents' numbers stand in the part of the list they will be spread over. */
		xen_pfn_t *extent = p2m + done * SUPER_PAGES;
		int got;

		for (uint64_t i = 0; i < count; i++)
			extent[i] = (done + i) * SUPER_PAGES;
		got = xc_domain_populate_physmap(xc, domid, count, SUPER_ORDER, 0, extent);
		if (got <= 0)
			break;
		/* From the last on: an extent's pages overwrite only extents already spread. */
		for (uint64_t i = got; i-- > 0;) {
			xen_pfn_t mfn = extent[i];

			for (uint64_t page = 0; page < SUPER_PAGES; page++)
				extent[i * SUPER_PAGES + page] = mfn + page;
		}
		done += got;
		if ((uint64_t)got < count)
			break;
	}
	return done * SUPER_PAGES;
}

int pv_populate(xc_interface *xc, uint32_t domid, uint64_t nr_pages, xen_pfn_t *p2m,
		struct complaint *complaint)
{
	uint64_t done = populate_super(xc, domid, nr_pages, p2m);

	while (done < nr_pages) {
		uint64_t count = nr_pages - done < BATCH ? nr_pages - done : BATCH;
		int got;

		for (uint64_t i = 0; i < count; i++)
			p2m[done + i] = done + i;
		got = xc_domain_populate_physmap(xc, domid, count, 0, 0, p2m + done);
		if (got < 0 || (uint64_t)got < count) {
			done += got < 0 ? 0 : got;
			complain(complaint,
				 "out of memory: the hypervisor gave %llu of %llu MiB; stop a "
				 "guest, or lower "
				 "memory= or Domain-0's memory (xl mem-set 0)",
				 (unsigned long long)done >> 8, (unsigned long long)nr_pages >> 8);
			return -ENOMEM;
		}
		done += got;
	}
	return 0;
}
