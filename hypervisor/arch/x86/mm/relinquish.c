/* SPDX-License-Identifier: MIT */
/*
 * Taking a dying domain's memory. Typed references go strictly down in level (page_type.c), so once
 * every top holder is gone (vCPUs before, pins and orphans here) all tables fall by themselves, and
 * a frame is free as soon as its allocation's reference is dropped, unless another domain still
 * maps it. Most frames of most domains are held by nothing else by then: they go in runs.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "mm_private.h"

#define WINDOW_FRAMES (1ull << 15)
#define CHECK_EVERY   64  /* frames between two looks for other work, unless in a run; a table counts as so many */
#define REGION_FRAMES 512 /* a run ends with them at the latest */

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

/* Those after pg, too, as far as they are as simple; how many are done. 0: pg is not. */
static uint64_t relinquish_run(struct domain *d, const struct page *pg)
{
	uint64_t mfn = frame_number(pg), end = min((mfn | (REGION_FRAMES - 1)) + 1, max_page);

	return free_unheld_pages(d, mfn, end - mfn);
}

static int relinquish_held(struct domain *d, struct page *pg, uint64_t *seen)
{
	uint64_t x;
	int rc;

	if (!get_page(pg, d))
		return 0;
	x = type_read(pg);
	if ((x & TYPE_COUNT) && type_is_table(type_of(x)))
		*seen += CHECK_EVERY;
	rc = relinquish_page(pg);
	put_page(pg);
	return rc;
}

/* Those before `end`. 0 or -ERESTART. */
static int relinquish_before(struct domain *d, uint64_t end)
{
	uint64_t *cursor = &d->arch.relinquish_mfn, at = *cursor, seen = 0;
	struct page *pg;

	while ((pg = domain_next_page_before(d, &at, end))) {
		uint64_t run = relinquish_run(d, pg);
		int rc = run ? 0 : relinquish_held(d, pg, &seen);

		if (rc)
			return rc;
		at = frame_number(pg) + max(run, (uint64_t)1);
		*cursor = at;
		seen += max(run, (uint64_t)1);
		if (seen < CHECK_EVERY)
			continue;
		seen = 0;
		if (hypercall_preempt_check())
			return -ERESTART;
	}
	*cursor = end;
	return 0;
}

/* In windows: where it has had memory and has none left, looking for some takes time, too. */
int relinquish_memory(struct domain *d)
{
	uint64_t *cursor = &d->arch.relinquish_mfn;

	/* Whoever gives d frames looks at `dying` under this lock: after this, no more come. */
	spin_lock(&d->page_lock);
	spin_unlock(&d->page_lock);
	while (*cursor < max_page) {
		uint64_t end = min((*cursor | (WINDOW_FRAMES - 1)) + 1, max_page);
		int rc = relinquish_before(d, end);

		if (!rc && *cursor < max_page && hypercall_preempt_check())
			rc = -ERESTART;
		if (rc)
			return rc;
	}
	*cursor = 0;
	return 0;
}
