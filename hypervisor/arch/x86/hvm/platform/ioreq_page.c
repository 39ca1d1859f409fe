/* SPDX-License-Identifier: MIT */
/*
 * The pages of an ioreq server. A device model of today asks for frames of their own (XENMEM_acquire_resource): they
 * belong to the guest's domain, so that a control domain may map them as its, but are at no place where the guest could
 * reach them. One of before asks for frame numbers: these are pages that the toolstack has set aside in the guest's map
 * (HVM_PARAM_IOREQ_SERVER_PFN); they are taken out of it for as long as the server is enabled.
 */
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "ioreq_internal.h"

/* With a reference and a typed one. */
static bool hold(struct ioreq_page *p, struct page *pg)
{
	if (get_page_type(pg, PGT_writable, false))
		return false;
	p->pg = pg;
	p->va = page_to_virt(pg);
	clear_page(p->va);
	return true;
}

/* The allocation's own reference goes, once. */
static void give_up(struct page *pg)
{
	if (__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST) & REF_ALLOCATED)
		put_page(pg);
}

int ioreq_page_make(struct ioreq_server *s, struct ioreq_page *p)
{
	struct page *pg;

	if (p->pg)
		return p->legacy ? -EPERM : 0;
	pg = alloc_domain_pages(s->d, 0, MEMF_NO_REFCOUNT);
	if (!pg)
		return -ENOMEM;
	if (!get_page(pg, s->d)) /* d is dying and has lost it already */
		return -ENOMEM;
	if (hold(p, pg))
		return 0;
	give_up(pg);
	put_page(pg);
	return -ENOMEM;
}

/* ---- legacy ---- */

/* A page that the toolstack has set aside and nobody uses. */
static int choose_gfn(struct ioreq_server *s, uint64_t *gfn)
{
	struct hvm_domain *h = s->d->arch.hvm;
	uint64_t first, nr;

	spin_lock(&h->param_lock);
	first = h->params[HVM_PARAM_IOREQ_SERVER_PFN];
	nr = min(h->params[HVM_PARAM_NR_IOREQ_SERVER_PAGES], (uint64_t)64);
	spin_unlock(&h->param_lock);
	for (uint64_t i = 0; i < nr; i++) {
		if (h->platform->legacy_gfns >> i & 1)
			continue;
		h->platform->legacy_gfns |= 1ull << i;
		*gfn = first + i;
		return 0;
	}
	return -ENOMEM;
}

static void return_gfn(struct ioreq_server *s, uint64_t gfn)
{
	uint64_t i = gfn - s->d->arch.hvm->params[HVM_PARAM_IOREQ_SERVER_PFN];

	if (i < 64)
		s->d->arch.hvm->platform->legacy_gfns &= ~(1ull << i);
}

int ioreq_page_take_gfn(struct ioreq_server *s, struct ioreq_page *p)
{
	enum p2m_type t;
	struct page *pg;
	int rc;

	if (p->pg)
		return p->legacy ? 0 : -EPERM;
	rc = choose_gfn(s, &p->gfn);
	if (rc)
		return rc;
	pg = p2m_get_page(s->d, _gfn(p->gfn), true, &t);
	if (pg && t == P2M_ram_rw && hold(p, pg)) {
		p->legacy = true;
		return 0;
	}
	if (pg)
		put_page(pg);
	return_gfn(s, p->gfn);
	return -EINVAL;
}

/* -ENOENT: something else is there by now, so that the guest does not see this one. */
int ioreq_page_hide(struct ioreq_server *s, struct ioreq_page *p, bool hide)
{
	int rc;

	if (!p->pg || !p->legacy || p->hidden == hide)
		return 0;
	if (hide)
		rc = p2m_clear_if(s->d, _gfn(p->gfn), page_to_mfn(p->pg));
	else
		rc = p2m_set(s->d, _gfn(p->gfn), page_to_mfn(p->pg), P2M_ORDER_4K, P2M_ram_rw);
	if (!rc)
		p->hidden = hide;
	return hide && rc == -ENOENT ? 0 : rc;
}

void ioreq_page_drop(struct ioreq_server *s, struct ioreq_page *p)
{
	if (!p->pg)
		return;
	if (p->legacy)
		return_gfn(s, p->gfn);
	else
		give_up(p->pg);
	put_page_and_type(p->pg);
	*p = (struct ioreq_page){ 0 };
}
