/* SPDX-License-Identifier: MIT */
/*
 * Memory on demand: a guest that is started with less memory than it may grow to sees all of it, and gets a frame for
 * each page when it is first touched. Its balloon gives back the rest before that; one that is late ends the domain.
 *
 * LIMITS: what is promised is not set aside, and does not count as the domain's memory before it is touched.
 */
#include <hv/domain.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "p2m_internal.h"

int p2m_promise(struct domain *d, gfn_t gfn, unsigned int order)
{
	return p2m_range_ok(gfn_x(gfn), order) ? p2m_change(d, gfn_x(gfn), order, promise_entry(), false) : trace_err(-EINVAL);
}

int p2m_forget_promise(struct domain *d, gfn_t gfn)
{
	enum p2m_type t;

	(void)p2m_get(d, gfn, &t, NULL);
	return t == P2M_on_demand ? p2m_change(d, gfn_x(gfn), P2M_ORDER_4K, (pte_t){ 0 }, true) : -ENOENT;
}

/* Large pieces only while much is left: what the guest is to give back is promised too. */
static int keep_with(struct domain *d, uint64_t gfn, unsigned int order)
{
	struct page *pg = alloc_domain_pages(d, order, 0);
	uint64_t nr = 1ull << order, mfn;
	int rc = -ENOMEM;

	if (!pg)
		return rc;
	mfn = mfn_x(page_to_mfn(pg));
	if (p2m_get_frames(d, _mfn(mfn), nr, P2M_ram_rw)) {
		rc = p2m_change(d, gfn, order, leaf_entry(_mfn(mfn), order / 9 + 1, P2M_ram_rw), true);
		if (rc)
			p2m_put_frames(_mfn(mfn), nr);
	}
	if (!rc)
		set_gpfn_run(_mfn(mfn), gfn, nr);
	for (uint64_t i = 0; rc && i < nr; i++)
		if (__atomic_fetch_and(&pg[i].ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST) & REF_ALLOCATED)
			put_page(&pg[i]);
	return rc;
}

int p2m_keep_promise(struct domain *d, gfn_t gfn)
{
	unsigned int order;
	enum p2m_type t;
	int rc = -ENOMEM;

	(void)p2m_get(d, gfn, &t, &order);
	if (t != P2M_on_demand)
		return 0;
	if (order == P2M_ORDER_2M && READ_ONCE(d->tot_pages) + PT_ENTRIES <= READ_ONCE(d->max_pages) / 2)
		rc = keep_with(d, gfn_x(gfn) & ~(PT_ENTRIES - 1ull), P2M_ORDER_2M);
	if (rc == -ENOMEM)
		rc = keep_with(d, gfn_x(gfn), P2M_ORDER_4K);
	return rc == -ENOENT ? 0 : rc; /* somebody was quicker */
}
