/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy. Both ends stay held from one operation of a batch to the next, as runs of small
 * copies from or to one page are what network backends do.
 */
#include <hv/percpu.h>
#include <hv/string.h>
#include "internal.h"

/* One end: a page held for reading or writing. */
struct end {
	struct domain *d; /* referenced; NULL: nothing is held */
	bool is_ref, write;
	domid_t domid; /* as the guest named it */
	uint64_t name; /* grant reference or frame */
	mfn_t mfn;
};

static void release(struct end *e)
{
	struct page *pg;

	if (!e->d)
		return;
	if (e->is_ref) {
		grant_unuse(e->d, (grant_ref_t)e->name, e->write);
	} else {
		pg = mfn_to_page(e->mfn);
		if (e->write)
			put_page_and_type(pg);
		else
			put_page(pg);
	}
	domain_put(e->d);
	e->d = NULL;
}

/* A frame of the caller's own. */
static int hold_frame(struct end *e)
{
	struct page *pg = get_page_from_gfn(e->d, _gfn(e->name));

	if (!pg)
		return GNTST_bad_page;
	if (e->write && get_page_type(pg, PGT_writable, false)) {
		put_page(pg);
		return GNTST_general_error;
	}
	e->mfn = page_to_mfn(pg);
	return GNTST_okay;
}

static int hold(struct end *e)
{
	int rc;

	if (!e->is_ref && e->domid != DOMID_SELF)
		return GNTST_permission_denied;
	e->d = domain_get_by_id(e->domid);
	if (!e->d)
		return GNTST_bad_domain;
	if (!e->is_ref)
		rc = hold_frame(e);
	else if (!e->d->grant_table)
		rc = GNTST_bad_domain;
	else
		rc = grant_use(e->d, (grant_ref_t)e->name, current->domain, e->write, &e->mfn);
	if (rc) {
		domain_put(e->d);
		e->d = NULL;
	}
	return rc;
}

static int hold_end(struct end *e, const struct gnttab_copy_ptr *p, bool is_ref, bool write)
{
	uint64_t name = is_ref ? p->u.ref : p->u.gmfn;

	if (e->d && e->is_ref == is_ref && e->domid == p->domid && e->name == name)
		return GNTST_okay;
	release(e);
	*e = (struct end){ .is_ref = is_ref, .write = write, .domid = p->domid, .name = name };
	return hold(e);
}

static int copy_one(const struct gnttab_copy *op, struct end *src, struct end *dst)
{
	int rc;

	if ((uint32_t)op->source.offset + op->len > PAGE_SIZE ||
	    (uint32_t)op->dest.offset + op->len > PAGE_SIZE)
		return GNTST_bad_copy_arg;
	rc = hold_end(src, &op->source, op->flags & GNTCOPY_source_gref, false);
	if (!rc)
		rc = hold_end(dst, &op->dest, op->flags & GNTCOPY_dest_gref, true);
	if (rc)
		return rc;
	/* The two may be the same page. */
	memmove((char *)mfn_to_virt(dst->mfn) + op->dest.offset,
		(const char *)mfn_to_virt(src->mfn) + op->source.offset, op->len);
	return GNTST_okay;
}

void grant_copy_batch(void *ops, unsigned int nr)
{
	struct end src = { .d = NULL }, dst = { .d = NULL };
	struct gnttab_copy *op = ops;

	for (unsigned int i = 0; i < nr; i++)
		op[i].status = (int16_t)copy_one(&op[i], &src, &dst);
	release(&src);
	release(&dst);
}
