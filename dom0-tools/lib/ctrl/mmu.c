/* SPDX-License-Identifier: MIT */
/*
 * Page tables of PV domains: mmu_update in batches, mmuext_op, frames in low memory.
 */
#include <stdlib.h>

#include "private.h"

#define MAX_UPDATES 1024

/* libxenguest keeps pointers to these and frees them with free(), but does not look inside. */
struct xc_mmu {
	mmu_update_t updates[MAX_UPDATES];
	unsigned int nr;
	unsigned int subject; /* domid, as mmu_update takes it */
};

int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr_ops, uint32_t dom)
{
	const struct request request = {
		.op = __HYPERVISOR_mmuext_op,
		.arg = { nr_ops, 0, dom },
		.nr_args = 4,
		.structure = op,
		.bytes = nr_ops * sizeof(*op),
	};

	return (int)call_hypervisor(xch, &request, NULL, 0);
}

struct xc_mmu *xc_alloc_mmu_updates(xc_interface *xch, unsigned int subject)
{
	struct xc_mmu *mmu = calloc(1, sizeof(*mmu));

	if (mmu)
		mmu->subject = subject;
	return mmu;
}

int xc_flush_mmu_updates(xc_interface *xch, struct xc_mmu *mmu)
{
	const struct request request = {
		.op = __HYPERVISOR_mmu_update,
		.arg = { mmu->nr, 0, mmu->subject },
		.nr_args = 4,
		.structure = mmu->updates,
		.bytes = mmu->nr * sizeof(mmu->updates[0]),
	};

	if (!mmu->nr)
		return 0;
	mmu->nr = 0;
	return as_status(call_hypervisor(xch, &request, NULL, 0));
}

int xc_add_mmu_update(xc_interface *xch, struct xc_mmu *mmu, unsigned long long ptr,
		      unsigned long long val)
{
	mmu->updates[mmu->nr].ptr = ptr;
	mmu->updates[mmu->nr].val = val;
	if (++mmu->nr < MAX_UPDATES)
		return 0;
	return xc_flush_mmu_updates(xch, mmu);
}

/* The page is given back and a new one, whose address has 32 bits, taken in its place. */
unsigned long xc_make_page_below_4G(xc_interface *xch, uint32_t domid, unsigned long mfn)
{
	xen_pfn_t old = mfn, new;

	if (xc_domain_decrease_reservation_exact(xch, domid, 1, 0, &old))
		return 0;
	if (xc_domain_increase_reservation_exact(xch, domid, 1, 0, XENMEMF_address_bits(32), &new))
		return 0;
	return new;
}
