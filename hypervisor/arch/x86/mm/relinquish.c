/* SPDX-License-Identifier: MIT */
/*
 * Taking a dying domain's memory. Typed references go strictly down in level (page_type.c), so once
 * every top holder is gone (vCPUs before, pins and orphans here) all tables fall by themselves, and
 * a frame is free as soon as its allocation's reference is dropped, unless another domain still
 * maps it.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "mm_private.h"

#define CHECK_EVERY 64 /* frames between two looks for other work */

/* Drops the references of a pin or an orphan, or leaves them to the table itself for the next try.
 */
static int drop_held(struct page *pg)
{
	int rc = put_table(pg, true);

	if (rc)
		orphan_table(pg);
	return rc;
}

/* The caller has a plain reference of its own. */
static int relinquish_page(struct page *pg)
{
	int rc;

	if (type_read(pg) & TYPE_PINNED) {
		__atomic_fetch_and(&pg->type, ~TYPE_PINNED, __ATOMIC_SEQ_CST);
		rc = drop_held(pg);
		if (rc)
			return rc;
	}
	if ((type_read(pg) & TYPE_ORPHAN) && adopt_orphan(pg)) {
		rc = drop_held(pg);
		if (rc)
			return rc;
	}
	if (__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST) & REF_ALLOCATED)
		put_page(pg);
	return 0;
}

int relinquish_memory(struct domain *d)
{
	uint64_t *cursor = &d->arch.relinquish_mfn, at = *cursor;
	unsigned int seen = 0;
	struct page *pg;

	/* Whoever gives d frames looks at `dying` under this lock: after this, no more come. */
	spin_lock(&d->page_lock);
	spin_unlock(&d->page_lock);
	while ((pg = domain_next_page(d, &at))) {
		int rc = 0;

		if (get_page(pg, d)) {
			rc = relinquish_page(pg);
			put_page(pg);
		}
		if (rc)
			return rc;
		*cursor = at;
		if (++seen % CHECK_EVERY == 0 && hypercall_preempt_check())
			return -ERESTART;
	}
	*cursor = 0;
	return 0;
}
