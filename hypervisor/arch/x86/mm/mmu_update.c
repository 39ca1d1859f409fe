/* SPDX-License-Identifier: MIT */
/*
 * mmu_update: a batch of changes to page-table entries and to the machine-to-phys table.
 *
 * Requests are copied in chunks, and consecutive ones to the same table (the usual case) share its
 * reference and lock. The call stops when other work is pending and is issued again for the rest;
 * the top bit of `count` then says that *done has the progress so far.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "mm_private.h"
#include "mod_l1e.h"

#define PREEMPTED (1u << 31) /* cursor bit in `count` */
#define CHUNK	  32	     /* requests copied at once; between looks for other work */

struct update {
	struct foreign dom;
	struct vcpu *v;
	struct page *table; /* locked if it is a table; NULL none */
	uint64_t mfn;	    /* of it */
	enum page_type type;
	uint64_t group;	    /* first entry of the group that is noted */
	/* The same, if it is an L1 table and frames to be mapped need no translation, or no table; else NOT_SIMPLE. */
	uint64_t simple;
};

#define IN_GROUP    (GROUP_ENTRIES * 8ull - 1)
/* What a request's address may have besides that of the group to be simple: the entry, and "keep accessed and dirty". */
#define SIMPLE_BITS ((IN_GROUP & ~7ull) | MMU_PT_UPDATE_PRESERVE_AD)
#define NOT_SIMPLE  ~0ull /* no address less SIMPLE_BITS */

static void drop_table(struct update *u)
{
	if (!u->table)
		return;
	if (u->type == PGT_writable)
		put_page_and_type(u->table);
	else
		finish_table(u->table);
	u->table = NULL;
	u->simple = NOT_SIMPLE;
}

/* The caller's own frames (Dom0 can be no other kind) and another PV domain's go into entries as they are. */
static bool names_machine_frames(const struct update *u)
{
	const struct domain *owner = u->dom.pg_owner;

	return owner == u->v->domain || owner->arch.is_pv || owner == dom_io || owner == dom_xen;
}

/* A translated owner's frames are named by its own numbers: puts the machine frame into the entry.
 */
static int translate(struct domain *owner, pte_t *e, struct page **pg)
{
	*pg = get_page_from_gfn(owner, _gfn(mfn_x(pte_mfn(*e))));
	if (!*pg)
		return trace_err(-EINVAL);
	*e = mk_pte(page_to_mfn(*pg), pte_flags(*e));
	return 0;
}

static int update_l1(struct update *u, pte_t *slot, pte_t new, bool keep_ad, bool no_translate)
{
	struct domain *owner = u->dom.pg_owner;
	struct page *pg = NULL;
	int rc;

	if (unlikely(!no_translate && pte_present(new) && !names_machine_frames(u))) {
		rc = translate(owner, &new, &pg);
		if (rc)
			return rc;
	}
	rc = mod_l1e(slot, new, keep_ad, u->dom.pt_owner, owner);
	if (pg)
		put_page(pg);
	return rc;
}

static void use_group(struct update *u, uint64_t ptr)
{
	u->group = ptr & ~IN_GROUP;
	if (u->type == PGT_writable || (u->type == PGT_l1 && names_machine_frames(u)))
		u->simple = u->group;
}

/*
 * Makes the table with this entry the current one. A frame that is none (yet) may be written by the guest itself: the
 * update is then a plain store, under a PGT_writable reference.
 */
static int select_table(struct update *u, uint64_t ptr)
{
	uint64_t mfn = ptr >> PAGE_SHIFT;
	struct page *pg;

	drop_table(u);
	if (!frame_valid(mfn))
		return trace_err(-EINVAL);
	pg = frame_page(mfn);
	if (!ref_get(pg, ref_owner_bits(u->dom.pt_owner->domain_id)))
		return trace_err(-EINVAL);
	u->type = lock_table(pg, ptr);
	if (u->type == PGT_none) {
		if (!writable_get(pg)) {
			put_page(pg);
			return trace_err(-EINVAL);
		}
		u->type = PGT_writable;
	}
	u->table = pg;
	u->mfn = mfn;
	use_group(u, ptr);
	return 0;
}

/* Goes on to another group of the current table. */
static void select_group(struct update *u, uint64_t ptr)
{
	if (u->type != PGT_writable)
		note_group(u->table, ptr);
	use_group(u, ptr);
}

static int update_entry(struct update *u, uint64_t ptr, uint64_t val, unsigned int cmd)
{
	bool keep_ad = cmd == MMU_PT_UPDATE_PRESERVE_AD;
	uint64_t mfn = ptr >> PAGE_SHIFT;
	pte_t *slot;

	if (ptr & 7)
		return trace_err(-EINVAL);
	if (!u->table || u->mfn != mfn) {
		int rc = select_table(u, ptr);

		if (rc)
			return rc;
	} else if ((ptr & ~IN_GROUP) != u->group) {
		select_group(u, ptr);
	}
	slot = (pte_t *)((char *)frame_virt(mfn) + (ptr & ~PAGE_MASK));
	if (likely(u->type == PGT_l1))
		return update_l1(u, slot, (pte_t){ val }, keep_ad,
				 cmd == MMU_PT_UPDATE_NO_TRANSLATE);
	if (u->type == PGT_writable) {
		pte_write(slot, (pte_t){ val });
		return 0;
	}
	return mod_table_entry(u->v, slot, u->type, (pte_t){ val }, keep_ad, u->dom.pt_owner);
}

static int update_m2p(struct update *u, uint64_t ptr, uint64_t val)
{
	mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);

	if (!mfn_valid(mfn) || !get_page(mfn_to_page(mfn), u->dom.pg_owner))
		return trace_err(-EINVAL);
	set_gpfn_from_mfn(mfn, val);
	put_page(mfn_to_page(mfn));
	return 0;
}

static __attribute__((noinline)) int update_one(struct update *u, const struct mmu_update *req)
{
	unsigned int cmd = req->ptr & 3;
	uint64_t ptr = req->ptr & ~3ull;
	int rc;

	if (unlikely(cmd == MMU_MACHPHYS_UPDATE))
		return update_m2p(u, ptr, req->val);
	rc = update_entry(u, ptr, req->val, cmd);
	if (unlikely(u->v->arch.pv.old_table)) {
		drop_table(u);
		if (put_old_guest_table(u->v) && !rc)
			return -EINTR; /* done, but stop here */
	}
	/* One entry of an upper table may have brought and taken a whole table each. */
	if (!rc && type_is_table(u->type) && u->type != PGT_l1 && hypercall_preempt_check())
		return -EINTR;
	return rc;
}

/* The usual case: an entry of the table that is held already. */
static inline int update_simple(const struct update *u, uint64_t ptr, pte_t new)
{
	pte_t *slot = (pte_t *)(DIRECT_MAP + (ptr & ~7ull));

	if (u->type == PGT_l1)
		return mod_l1e_inline(slot, new, ptr & MMU_PT_UPDATE_PRESERVE_AD, u->dom.pt_owner, u->dom.pg_owner);
	pte_write(slot, new);
	return 0;
}

/* -EINTR: done, but stop here. */
static int update_chunk(struct update *u, const struct mmu_update *req, unsigned int nr,
			unsigned int *done)
{
	const struct mmu_update *first = req, *end = req + nr;
	int rc = 0;

	for (; req < end; req++) {
		if (likely((req->ptr & ~SIMPLE_BITS) == u->simple))
			rc = update_simple(u, req->ptr, (pte_t){ req->val });
		else
			rc = update_one(u, req);
		if (unlikely(rc))
			break;
	}
	*done += (unsigned int)(req - first) + (rc == -EINTR);
	return rc;
}

/* Carries out requests from *i on. 0, -errno at request *i, -ERESTART before it. */
static int update_all(struct update *u, guest_ptr_t ureqs, unsigned int count, unsigned int *i)
{
	struct mmu_update chunk[CHUNK];

	while (*i < count) {
		unsigned int nr = min(count - *i, (unsigned int)CHUNK);
		int rc;

		if (*i) {
			drop_table(u); /* for those who wait for its lock */
			if (hypercall_preempt_check())
				return -ERESTART;
		}
		if (raw_copy_from_guest(chunk, ureqs + *i * sizeof(*chunk), nr * sizeof(*chunk)))
			return trace_err(-EFAULT);
		rc = update_chunk(u, chunk, nr, i);
		if (rc)
			return rc == -EINTR ? -ERESTART : rc;
	}
	return 0;
}

/*
 * One plain request for the caller's own L1 table: what a kernel sends outside of batches, and most
 * often. 1: it is not that, or did not work: the long way finds out.
 */
static __attribute__((noinline)) int update_single(struct domain *d, guest_ptr_t ureq)
{
	struct mmu_update req;
	struct page *pg;
	int rc;

	if (!read_guest_pair(&req, ureq) || (req.ptr & 5))
		return 1;
	pg = get_l1_table(req.ptr, d);
	if (!pg)
		return 1;
	rc = mod_l1e_inline((pte_t *)(DIRECT_MAP + (req.ptr & ~7ull)), (pte_t){ req.val },
		     req.ptr & MMU_PT_UPDATE_PRESERVE_AD, d, d);
	finish_table(pg);
	return rc;
}

static __attribute__((noinline)) long update_batch(guest_ptr_t ureqs, unsigned int count,
						   guest_ptr_t pdone, unsigned int foreigndom)
{
	unsigned int i = 0, done = 0;
	struct update u;
	int rc;

	u.v = current;
	u.table = NULL;
	u.simple = NOT_SIMPLE;
	rc = put_old_guest_table(u.v);
	if (rc)
		return hypercall_create_continuation(__HYPERVISOR_mmu_update, 4, ureqs,
						     (unsigned long)count, pdone,
						     (unsigned long)foreigndom);
	if (count & PREEMPTED) {
		count &= ~PREEMPTED;
		if (pdone && copy_struct_from_guest(&done, pdone))
			return trace_err(-EFAULT);
	}
	if (!guest_range_ok(ureqs, count, sizeof(struct mmu_update)))
		return trace_err(-EFAULT);
	rc = foreign_get(&u.dom, u.v->domain, foreigndom);
	if (!rc) {
		rc = update_all(&u, ureqs, count, &i);
		drop_table(&u);
		foreign_put(&u.dom, u.v->domain);
	}
	/* Linux counts on it with a domain that went away, too: it would go by what stood there before. */
	done += i;
	if (pdone && copy_struct_to_guest(pdone, &done) && rc != -ERESTART)
		rc = -EFAULT;
	if (rc == -ERESTART)
		return hypercall_create_continuation(
		    __HYPERVISOR_mmu_update, 4, ureqs + i * sizeof(struct mmu_update),
		    (unsigned long)((count - i) | PREEMPTED), pdone,
		    (unsigned long)foreigndom);
	return rc;
}

long do_mmu_update(unsigned long ureqs, unsigned long count, unsigned long pdone,
		   unsigned long foreigndom)
{
	if ((unsigned int)count == 1 && !pdone && (unsigned int)foreigndom == DOMID_SELF &&
	    !current->arch.pv.old_table && !update_single(current->domain, ureqs))
		return 0;
	return update_batch(ureqs, (unsigned int)count, pdone, (unsigned int)foreigndom);
}
