/* SPDX-License-Identifier: MIT */
/*
 * Who may put what where in a guest physical map: memory_op's view of it, and grants.
 *
 * A page of RAM that something else is mapped over is given back, as when a balloon takes it; pages of the
 * hypervisor (shared info, grant table) are at one place at a time, and mapping them again moves them.
 */
#include <hv/domain.h>
#include <hv/grant.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <public/grant_table.h>
#include <public/memory.h>

struct page *p2m_get_own_page(struct domain *d, gfn_t gfn)
{
	enum p2m_type t;
	struct page *pg = p2m_get_page(d, gfn, false, &t);

	if (!pg || (p2m_is_own_ram(t) && page_get_owner(pg) == d))
		return pg;
	put_page(pg);
	return NULL;
}

/* The tables of an extent in pieces of that order: all, or the extent is refused before any piece of it is there. */
static int prepare_extent(struct domain *d, uint64_t gfn, uint64_t nr, unsigned int piece)
{
	uint64_t each = piece == P2M_ORDER_4K ? PT_ENTRIES : 1ull << piece; /* one table has so many small ones */
	int rc = 0;

	for (uint64_t at = gfn; at < gfn + nr && !rc; at = (at & ~(each - 1)) + each)
		rc = p2m_prepare(d, _gfn(at), piece);
	return rc;
}

/* In pieces of 2 MiB where both numbers allow it. `mfn` INVALID_MFN: on demand. */
int arch_gfn_populate(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order)
{
	uint64_t nr = 1ull << order, align = gfn_x(gfn);
	bool on_demand = mfn_eq(mfn, INVALID_MFN);
	unsigned int piece;
	int rc = 0;

	if (!is_hvm_domain(d))
		return on_demand ? trace_err(-EINVAL) : 0;
	if (!on_demand)
		align |= mfn_x(mfn);
	piece = order >= P2M_ORDER_2M && !(align % PT_ENTRIES) ? P2M_ORDER_2M : P2M_ORDER_4K;
	if (order != piece)
		rc = prepare_extent(d, gfn_x(gfn), nr, piece);
	for (uint64_t i = 0; i < nr && !rc; i += 1ull << piece) {
		gfn_t at = _gfn(gfn_x(gfn) + i);

		rc = on_demand ? p2m_promise(d, at, piece) : p2m_set(d, at, mfn_add(mfn, i), piece, P2M_ram_rw);
	}
	return rc;
}

/* Device models map the guest's memory: told at the hypercall's end that some of it has gone. */
static void forget_mappings(struct domain *d)
{
	if (d->arch.hvm->platform && d == current->domain)
		__atomic_store_n(&d->arch.hvm->invalidate, true, __ATOMIC_RELAXED);
}

int arch_gfn_depopulate(struct domain *d, gfn_t gfn, mfn_t mfn)
{
	if (!is_hvm_domain(d))
		return mfn_eq(mfn, INVALID_MFN) ? -ENOENT : 0;
	if (mfn_eq(mfn, INVALID_MFN))
		return p2m_forget_promise(d, gfn);
	forget_mappings(d);
	return p2m_clear_if(d, gfn, mfn);
}

/* ---- add_to_physmap ---- */

static int grant_frame(struct domain *d, uint64_t idx, struct page **pg)
{
	uint64_t mfn;
	int rc;

	if (idx >= grant_table_max_frames(d))
		return -EINVAL;
	rc = grant_table_get_frames(d, XENMEM_resource_grant_table_id_shared, (unsigned int)idx, 1, &mfn);
	if (!rc)
		*pg = mfn_to_page(_mfn(mfn));
	return rc == -ERESTART || !rc ? rc : -EINVAL;
}

/* A frame of the hypervisor's, with a reference; or a frame of d's own at gfn idx. 0, -EINVAL, -ERESTART. */
static int frame_of_space(struct domain *d, unsigned int space, uint64_t idx, struct page **pg)
{
	int rc = -EINVAL;

	switch (space) {
	case XENMAPSPACE_shared_info:
		*pg = mfn_to_page(virt_to_mfn(d->shared_info));
		rc = idx ? -EINVAL : 0;
		break;
	case XENMAPSPACE_grant_table:
		rc = grant_frame(d, idx, pg);
		break;
	case XENMAPSPACE_gmfn:
		*pg = p2m_get_own_page(d, _gfn(idx));
		return *pg ? 0 : -EINVAL;
	}
	return !rc && !get_page(*pg, d) ? -EINVAL : rc;
}

/* What is at gfn goes; RAM goes back to the heap. */
static int make_room(struct domain *d, gfn_t gfn)
{
	struct page *pg = p2m_get_own_page(d, gfn);
	int rc = p2m_clear(d, gfn, P2M_ORDER_4K);

	if (!pg)
		return rc;
	forget_mappings(d);
	if (!rc && !(ref_read(pg) & REF_XEN) &&
	    (__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST) & REF_ALLOCATED)) {
		set_gpfn_from_mfn(page_to_mfn(pg), INVALID_M2P_ENTRY);
		put_page(pg);
	}
	put_page(pg);
	return rc;
}

/* Tables at both ends: a frame that has left one place has to come to the other. */
static int prepare_move(struct domain *d, gfn_t from, gfn_t to, mfn_t mfn)
{
	int rc = p2m_prepare(d, to, P2M_ORDER_4K);

	return !rc && mfn_eq(p2m_get(d, from, NULL, NULL), mfn) ? p2m_prepare(d, from, P2M_ORDER_4K) : rc;
}

static int add_to_physmap(struct domain *d, unsigned int space, uint64_t idx, gfn_t gfn)
{
	struct page *pg;
	gfn_t old;
	mfn_t mfn;
	int rc = frame_of_space(d, space, idx, &pg);

	if (rc)
		return rc == -ERESTART ? rc : trace_err(rc);
	mfn = page_to_mfn(pg);
	old = _gfn(get_gpfn_from_mfn(mfn));
	rc = prepare_move(d, old, gfn, mfn);
	if (!rc && !mfn_eq(p2m_get(d, gfn, NULL, NULL), mfn))
		rc = make_room(d, gfn);
	if (!rc) {
		if (gfn_x(old) != gfn_x(gfn))
			(void)p2m_clear_if(d, old, mfn);
		rc = p2m_set(d, gfn, mfn, P2M_ORDER_4K, P2M_ram_rw);
	}
	if (!rc)
		set_gpfn_from_mfn(mfn, gfn_x(gfn));
	put_page(pg);
	return rc;
}

int arch_add_to_physmap(struct domain *d, unsigned int space, uint64_t idx, gfn_t gfn)
{
	return is_hvm_domain(d) ? add_to_physmap(d, space, idx, gfn) : trace_err(-EACCES);
}

uint32_t arch_ioreq_frames(const struct domain *d)
{
	return is_hvm_domain(d) && d->arch.hvm->platform ? 2 : 0;
}

int arch_ioreq_frame(struct domain *d, uint32_t id, unsigned int frame, uint64_t *mfn)
{
	return ioreq_frame(d, id, frame, mfn);
}

uint64_t arch_max_gfn(const struct domain *d)
{
	return p2m_max_gfn(d);
}

int arch_remove_from_physmap(struct domain *d, gfn_t gfn)
{
	struct page *pg;
	int rc;

	if (!is_hvm_domain(d))
		return trace_err(-EACCES);
	pg = p2m_get_own_page(d, gfn);
	if (!pg)
		return trace_err(-ENOENT);
	forget_mappings(d);
	rc = p2m_clear_if(d, gfn, page_to_mfn(pg));
	put_page(pg);
	return rc;
}

/* ---- grants: host addresses are guest-physical ---- */

int hvm_grant_map(struct domain *d, uint64_t gpa, mfn_t mfn, unsigned int flags)
{
	gfn_t gfn = _gfn(gpa >> PAGE_SHIFT);

	if (flags & GNTMAP_contains_pte)
		return GNTST_general_error;
	if (gpa & ~PAGE_MASK || gfn_x(gfn) >= P2M_MAX_GFN)
		return GNTST_bad_virt_addr;
	if (make_room(d, gfn))
		return GNTST_general_error;
	return p2m_set(d, gfn, mfn, P2M_ORDER_4K, flags & GNTMAP_readonly ? P2M_grant_ro : P2M_grant_rw) ?
		       GNTST_general_error :
		       GNTST_okay;
}

int hvm_grant_unmap(struct domain *d, uint64_t gpa, mfn_t mfn, uint64_t new_addr)
{
	enum p2m_type t;

	if (new_addr)
		return GNTST_general_error;
	(void)p2m_get(d, _gfn(gpa >> PAGE_SHIFT), &t, NULL);
	if (t != P2M_grant_rw && t != P2M_grant_ro)
		return GNTST_general_error;
	return p2m_clear_if(d, _gfn(gpa >> PAGE_SHIFT), mfn) ? GNTST_general_error : GNTST_okay;
}
