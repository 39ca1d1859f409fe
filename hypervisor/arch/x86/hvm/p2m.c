/* SPDX-License-Identifier: MIT */
/*
 * The guest physical map: four levels of tables that the CPU walks, guest frame to machine frame.
 *
 * A leaf maps 4 KiB, 2 MiB or 1 GiB. Both formats (AMD's nested paging, Intel's EPT) have the frame in
 * bits 12..51, "large" in bit 7, and bits 52..55 for software, where the type is kept; they differ only in
 * permission bits, of which there is a table for each. So one walker serves both.
 *
 * Invariants:
 *  - Every 4 KiB that a leaf maps holds one reference to its frame. So whatever else happens to a frame, as long
 *    as the guest can reach it, it is not freed; and aliases (one frame at two places) need no special care.
 *  - A frame of P2M_ram_* belongs to the domain itself, one of P2M_grant_* and P2M_foreign to another.
 *  - No CPU uses an old translation once its reference is dropped: a leaf is changed under the lock; then the
 *    TLB entries of all vCPUs are invalidated, and those in the guest are made to leave it (whoever comes back
 *    does so with a fresh tag); then references are dropped. Adding to a hole needs no flush: nothing that is not
 *    present is cached.
 *  - P2M_on_demand is an entry that has only a type, at 4 KiB or 2 MiB. The first to touch it, guest or hypervisor, puts a
 *    frame there; all who race for it get the same one.
 *  - Tables only grow, within pool_limit, until the domain dies, except that a large leaf takes a table's place
 *    when a builder maps over it.
 *
 * The lock is a leaf lock: with it held only frames are referenced and table pages allocated.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "p2m_internal.h"

#define P2M_LEVELS	   4u
#define DEFAULT_POOL	   1024u /* pages of tables before the toolstack says how many */
#define RELINQUISH_BATCH   64u

#define NPT_RW (PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
#define NPT_RO (PTE_PRESENT | PTE_USER | PTE_ACCESSED)
const struct p2m_format npt_format = {
	.table = PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED,
	.dirty = PTE_DIRTY,
	.leaf = {
		[P2M_ram_rw] = NPT_RW,
		[P2M_ram_ro] = NPT_RO,
		[P2M_ioreq_server] = NPT_RO,
		[P2M_grant_rw] = NPT_RW | PTE_NX,
		[P2M_grant_ro] = NPT_RO | PTE_NX,
		[P2M_foreign] = NPT_RW | PTE_NX,
	},
};

/* Write-back, whatever the guest's PAT makes of it: all there is behind the map is RAM. Source: SDM vol. 3 §28.3.2. */
#define EPT_R  0x01ull
#define EPT_W  0x02ull
#define EPT_X  0x04ull
#define EPT_WB 0x30ull
const struct p2m_format ept_format = {
	.table = EPT_R | EPT_W | EPT_X,
	.leaf = {
		[P2M_ram_rw] = EPT_R | EPT_W | EPT_X | EPT_WB,
		[P2M_ram_ro] = EPT_R | EPT_X | EPT_WB,
		[P2M_ioreq_server] = EPT_R | EPT_X | EPT_WB,
		[P2M_grant_rw] = EPT_R | EPT_W | EPT_WB,
		[P2M_grant_ro] = EPT_R | EPT_WB,
		[P2M_foreign] = EPT_R | EPT_W | EPT_WB,
	},
};
const struct p2m_format *p2m_format = &npt_format;

void p2m_set_format(const struct p2m_format *f)
{
	p2m_format = f;
}

static pte_t *slot_in(pte_t *table, uint64_t gfn, unsigned int level)
{
	return &table[gfn >> level_order(level) & (PT_ENTRIES - 1)];
}

/* ---- tables ---- */

static pte_t *new_table(struct p2m *p)
{
	pte_t *t;

	if (p->nr_tables >= p->pool_limit)
		return NULL;
	t = alloc_xen_page();
	p->nr_tables += !!t;
	return t;
}

static void free_table(struct p2m *p, pte_t *t)
{
	free_xen_page(t);
	p->nr_tables--;
}

/* Puts a table in place of nothing, or of a large leaf, which it then says in smaller pieces. */
static pte_t *make_table(struct p2m *p, pte_t *slot, unsigned int level)
{
	pte_t old = *slot, *t = new_table(p);

	if (!t)
		return NULL;
	for (unsigned int i = 0; old.e && i < PT_ENTRIES; i++)
		t[i] = !used(old) ? old :
				    leaf_entry(mfn_add(pte_mfn(old), (uint64_t)i << level_order(level - 1)),
					       level - 1, type_in(old));
	pte_write(slot, mk_pte(virt_to_mfn(t), p2m_format->table));
	return t;
}

/* The slot for gfn at `level`, tables made on the way. NULL: no memory. */
pte_t *p2m_make_slot(struct p2m *p, uint64_t gfn, unsigned int level)
{
	pte_t *table = p->top;

	for (unsigned int l = P2M_LEVELS; l > level && table; l--) {
		pte_t *slot = slot_in(table, gfn, l);

		table = used(*slot) && !is_leaf(*slot, l) ? mfn_to_virt(pte_mfn(*slot)) : make_table(p, slot, l);
	}
	return table ? slot_in(table, gfn, level) : NULL;
}

/* Where the CPU's walk ends, and at which level. */
pte_t *p2m_walk(const struct p2m *p, uint64_t gfn, unsigned int *level)
{
	pte_t *table = p->top;

	for (unsigned int l = P2M_LEVELS;; l--) {
		pte_t *slot = slot_in(table, gfn, l);

		if (!used(*slot) || is_leaf(*slot, l)) {
			*level = l;
			return slot;
		}
		table = mfn_to_virt(pte_mfn(*slot));
	}
}

static mfn_t mfn_at(pte_t e, uint64_t gfn, unsigned int level)
{
	return mfn_add(pte_mfn(e), gfn & ((1ull << level_order(level)) - 1));
}

/* ---- references and flushing ---- */

bool p2m_get_frames(struct domain *d, mfn_t mfn, uint64_t nr, enum p2m_type t)
{
	uint64_t i;

	for (i = 0; i < nr; i++) {
		mfn_t m = mfn_add(mfn, i);

		if (!mfn_valid(m) || (p2m_is_own_ram(t) ? !get_page(mfn_to_page(m), d) :
							  !get_page_owner_and_reference(mfn_to_page(m))))
			break;
	}
	if (i == nr)
		return true;
	while (i--)
		put_page(mfn_to_page(mfn_add(mfn, i)));
	return false;
}

void p2m_put_frames(mfn_t mfn, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		put_page(mfn_to_page(mfn_add(mfn, i)));
}

static void leave_guest(void *unused)
{
}

/* No translation made before this is used any more when it returns. */
void p2m_flush(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		hvm_vendor->flush_tlb(v);
	/* Ordering: tags are void before the CPUs are asked; whoever runs the guest leaves it and then sees that. */
	if (!cpumask_empty(&d->arch.dirty_cpumask))
		on_selected_cpus(&d->arch.dirty_cpumask, leave_guest, NULL);
}

/* What an entry held, once it is gone. A whole table (mapped over) goes with all below it. */
static void drop_entry(struct p2m *p, pte_t e, unsigned int level)
{
	pte_t *t;

	if (!used(e))
		return;
	if (is_leaf(e, level)) {
		p2m_put_frames(pte_mfn(e), 1ull << level_order(level));
		return;
	}
	t = mfn_to_virt(pte_mfn(e));
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		drop_entry(p, t[i], level - 1);
	spin_lock(&p->lock);
	free_table(p, t);
	spin_unlock(&p->lock);
}

/* ---- the interface ---- */

int p2m_change(struct domain *d, uint64_t gfn, unsigned int order, pte_t new, bool promised)
{
	unsigned int level = order / 9 + 1;
	struct p2m *p = &d->arch.hvm->p2m;
	pte_t *slot, old = { 0 };
	int rc = 0;

	spin_lock(&p->lock);
	slot = p2m_make_slot(p, gfn, level);
	if (!slot) {
		rc = -ENOMEM;
	} else if (promised && slot->e != promise_entry().e) {
		rc = -ENOENT;
	} else {
		old.e = __atomic_exchange_n(&slot->e, new.e, __ATOMIC_SEQ_CST);
		p->max_gfn = max(p->max_gfn, new.e ? gfn + (1ull << order) : 0);
	}
	spin_unlock(&p->lock);
	if (rc)
		return rc;
	if (used(old)) {
		p2m_flush(d);
		drop_entry(p, old, level);
	}
	return 0;
}

bool p2m_range_ok(uint64_t gfn, unsigned int order)
{
	return gfn < P2M_MAX_GFN && !(gfn & ((1ull << order) - 1)) &&
	       (order == P2M_ORDER_4K || order == P2M_ORDER_2M || order == P2M_ORDER_1G);
}

int p2m_prepare(struct domain *d, gfn_t gfn, unsigned int order)
{
	struct p2m *p = &d->arch.hvm->p2m;
	bool there;

	if (!p2m_range_ok(gfn_x(gfn), order))
		return trace_err(-EINVAL);
	spin_lock(&p->lock);
	there = p2m_make_slot(p, gfn_x(gfn), order / 9 + 1);
	spin_unlock(&p->lock);
	return there ? 0 : -ENOMEM;
}

int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, enum p2m_type t)
{
	int rc;

	if (!p2m_range_ok(gfn_x(gfn), order) || mfn_x(mfn) & ((1ull << order) - 1))
		return trace_err(-EINVAL);
	if (!p2m_get_frames(d, mfn, 1ull << order, t))
		return trace_err(-EBUSY);
	rc = p2m_change(d, gfn_x(gfn), order, leaf_entry(mfn, order / 9 + 1, t), false);
	if (rc)
		p2m_put_frames(mfn, 1ull << order);
	return rc;
}

int p2m_clear(struct domain *d, gfn_t gfn, unsigned int order)
{
	enum p2m_type t;

	if (!p2m_range_ok(gfn_x(gfn), order))
		return trace_err(-EINVAL);
	(void)p2m_get(d, gfn, &t, NULL);
	if (order == P2M_ORDER_4K && t == P2M_invalid) /* a hole needs no tables to stay one */
		return 0;
	return p2m_change(d, gfn_x(gfn), order, (pte_t){ 0 }, false);
}

int p2m_clear_if(struct domain *d, gfn_t gfn, mfn_t mfn)
{
	if (gfn_x(gfn) >= P2M_MAX_GFN || !mfn_eq(p2m_get(d, gfn, NULL, NULL), mfn))
		return -ENOENT;
	return p2m_clear(d, gfn, P2M_ORDER_4K);
}

mfn_t p2m_get(struct domain *d, gfn_t gfn, enum p2m_type *t, unsigned int *order)
{
	struct p2m *p = &d->arch.hvm->p2m;
	unsigned int level = 1;
	pte_t e = { 0 };

	if (gfn_x(gfn) < P2M_MAX_GFN) {
		spin_lock(&p->lock);
		e = *p2m_walk(p, gfn_x(gfn), &level);
		spin_unlock(&p->lock);
	}
	if (t)
		*t = type_in(e);
	if (order)
		*order = level_order(level);
	return used(e) ? mfn_at(e, gfn_x(gfn), level) : INVALID_MFN;
}

static struct page *get_page_now(struct domain *d, gfn_t gfn, bool write, enum p2m_type *t)
{
	struct p2m *p = &d->arch.hvm->p2m;
	struct page *pg = NULL;
	unsigned int level;
	pte_t *slot, e;

	*t = P2M_invalid;
	if (gfn_x(gfn) >= P2M_MAX_GFN)
		return NULL;
	spin_lock(&p->lock);
	slot = p2m_walk(p, gfn_x(gfn), &level);
	e = *slot;
	*t = type_in(e);
	if (used(e) && (!write || (e.e & PTE_RW))) {
		pg = mfn_to_page(mfn_at(e, gfn_x(gfn), level));
		ref_again(pg);
		if (write && unlikely(p2m_format->dirty & ~e.e))
			__atomic_fetch_or(&slot->e, p2m_format->dirty, __ATOMIC_RELAXED);
	}
	spin_unlock(&p->lock);
	return pg;
}

struct page *p2m_get_page(struct domain *d, gfn_t gfn, bool write, enum p2m_type *t)
{
	struct page *pg = get_page_now(d, gfn, write, t);

	if (unlikely(*t == P2M_on_demand) && !p2m_keep_promise(d, gfn))
		pg = get_page_now(d, gfn, write, t);
	return pg;
}

uint64_t p2m_max_gfn(const struct domain *d)
{
	uint64_t n = READ_ONCE(d->arch.hvm->p2m.max_gfn);

	return n ? n - 1 : 0;
}

/* ---- life ---- */

int p2m_init(struct domain *d)
{
	struct p2m *p = &d->arch.hvm->p2m;

	spin_lock_init(&p->lock);
	p->pool_limit = DEFAULT_POOL;
	p->top = new_table(p);
	if (!p->top)
		return trace_err(-ENOMEM);
	p->root = virt_to_mfn(p->top);
	return 0;
}

/* No vCPU runs any more and nobody changes the map: leaves go one after the other, tables at the end. */
int p2m_relinquish(struct domain *d)
{
	struct p2m *p = &d->arch.hvm->p2m;
	unsigned int n = 0, level;

	while (p->relinquish_gfn < p->max_gfn) {
		pte_t *slot = p2m_walk(p, p->relinquish_gfn, &level), e = *slot;

		pte_write(slot, (pte_t){ 0 });
		drop_entry(p, e, level);
		p->relinquish_gfn = ((p->relinquish_gfn >> level_order(level)) + 1) << level_order(level);
		if (++n % RELINQUISH_BATCH == 0 && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}

void p2m_destroy(struct domain *d)
{
	struct p2m *p = &d->arch.hvm->p2m;

	if (p->top)
		drop_entry(p, mk_pte(p->root, p2m_format->table), P2M_LEVELS + 1);
	p->top = NULL;
	ASSERT(!p->nr_tables);
}
