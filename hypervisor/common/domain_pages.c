/* SPDX-License-Identifier: MIT */
/*
 * Frames that belong to somebody: domains' frames, the hypervisor's own, and the ways between.
 *
 * A domain's charged frames are counted in tot_pages and may not exceed max_pages. The domain's
 * struct is kept alive (one domain reference) while it owns any frame, charged or shared.
 */
#include <hv/domain.h>
#include <asm/mm.h>
#include <asm/page_info.h>

/* ---- the hypervisor's own ---- */
static void own(struct page *pg, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++) {
		pg[i].ref = REF_XEN | REF_ALLOCATED | 1;
		pg[i].type = 0;
	}
}

void *alloc_xen_pages(unsigned int order, unsigned int memflags)
{
	struct page *pg =
	    heap_alloc(NULL, order, MEMF_GET_BITS(memflags), memflags & MEMF_ZERO ? HEAP_SCRUB : 0);

	if (!pg)
		return NULL;
	own(pg, 1ull << order);
	return page_virt(pg);
}

void free_xen_pages(void *v, unsigned int order)
{
	uint16_t stamp = 0;
	struct page *pg;

	if (!v)
		return;
	pg = mfn_to_page(virt_to_mfn(v));
	for (uint64_t i = 0; i < 1ull << order; i++) {
		/* Still shared with a domain whose creation failed. */
		if ((pg[i].ref & (REF_OWNER | REF_COUNT)) != 1 && (pg[i].ref & REF_COUNT) == 1)
			free_domain_page(&pg[i]);
		BUG_ON(pg[i].ref != (REF_XEN | REF_ALLOCATED | 1));
		stamp = max(stamp, (uint16_t)((pg[i].type & TYPE_STAMP) >> TYPE_STAMP_SHIFT));
	}
	heap_free(pg, order, true, stamp);
}

struct page *alloc_anon_pages(unsigned int order, unsigned int memflags)
{
	void *v = alloc_xen_pages(order, memflags | MEMF_ZERO);

	return v ? mfn_to_page(virt_to_mfn(v)) : NULL;
}

void free_anon_pages(struct page *pg, unsigned int order)
{
	free_xen_pages(page_virt(pg), order);
}

/* ---- accounting ---- */
static bool owns_any(const struct domain *d)
{
	return d->tot_pages || d->xenheap_pages;
}

/* Under page_lock. True: the caller must take a domain reference (its first frame). */
static void account_first(struct domain *d, bool had)
{
	if (!had && owns_any(d))
		domain_get(d);
}

static void mark_region(struct domain *d, uint64_t mfn)
{
	uint64_t r = mfn >> 9;

	if (d->page_regions)
		d->page_regions[r / 64] |= 1ul << (r % 64);
}

static int charge(struct domain *d, uint64_t nr, unsigned int memflags)
{
	bool had;
	int rc = 0;

	spin_lock(&d->page_lock);
	had = owns_any(d);
	if (domain_is_dying(d))
		rc = -EINVAL;
	else if (!(memflags & MEMF_NO_REFCOUNT) && d->tot_pages + nr > d->max_pages)
		rc = -E2BIG;
	else if (memflags & MEMF_NO_REFCOUNT)
		d->xenheap_pages += (unsigned int)nr;
	else
		d->tot_pages += (unsigned int)nr;
	account_first(d, had);
	spin_unlock(&d->page_lock);
	return rc;
}

static void uncharge(struct domain *d, uint64_t nr, bool charged)
{
	bool last;

	spin_lock(&d->page_lock);
	if (charged)
		d->tot_pages -= (unsigned int)nr;
	else
		d->xenheap_pages -= (unsigned int)nr;
	last = !owns_any(d);
	spin_unlock(&d->page_lock);
	if (last)
		domain_put(d);
}

/*
 * Publishes the owner: from here on the guest may find the frames. Under the lock with the look at
 * `dying`, because relinquish_memory() passes by but once. False: d has died meanwhile.
 */
static bool give_to(struct domain *d, struct page *pg, uint64_t nr, unsigned int memflags)
{
	uint64_t ref = ref_owner_bits(d->domain_id) | REF_ALLOCATED | 1 |
		       (memflags & MEMF_NO_REFCOUNT ? REF_UNCHARGED : 0);
	bool alive;

	spin_lock(&d->page_lock);
	alive = !domain_is_dying(d);
	for (uint64_t i = 0; alive && i < nr; i++) {
		if (!(i % 512) || i == nr - 1)
			mark_region(d, frame_number(pg) + i);
		pg[i].type = 0;
		__atomic_store_n(&pg[i].ref, ref, __ATOMIC_RELEASE);
	}
	spin_unlock(&d->page_lock);
	return alive;
}

/* ---- domains' frames ---- */
/* Of zeros, always: a restore does not write a page of them (dom0-tools/save/restore.c). */
struct page *alloc_domain_pages(struct domain *d, unsigned int order, unsigned int memflags)
{
	uint64_t nr = 1ull << order;
	struct page *pg;

	if (order > MAX_ORDER || charge(d, nr, memflags))
		return NULL;
	pg = heap_alloc(d, order, MEMF_GET_BITS(memflags), HEAP_SCRUB);
	if (!pg) {
		uncharge(d, nr, !(memflags & MEMF_NO_REFCOUNT));
		return NULL;
	}
	if (!give_to(d, pg, nr, memflags)) {
		own(pg, nr);
		free_anon_pages(pg, order);
		uncharge(d, nr, !(memflags & MEMF_NO_REFCOUNT));
		return NULL;
	}
	return pg;
}

void free_domain_page(struct page *pg)
{
	uint64_t ref = ref_read(pg);
	struct domain *d = owner_from_ref(ref);
	uint16_t stamp = tlb_clock();

	ASSERT(!(type_read(pg) & TYPE_COUNT) || (ref & REF_XEN));
	if (!d || d == dom_xen || d == dom_io)
		return;
	set_gpfn_from_mfn(page_to_mfn(pg), INVALID_M2P_ENTRY);
	if (ref & REF_XEN) {
		/* Shared memory of the hypervisor's: whoever allocated it frees it. */
		pg->type = (uint64_t)stamp << TYPE_STAMP_SHIFT;
		__atomic_store_n(&pg->ref, REF_XEN | REF_ALLOCATED | 1, __ATOMIC_RELEASE);
		uncharge(d, 1, false);
		return;
	}
	pg->ref = REF_XEN;
	heap_free(pg, 0, true, stamp);
	uncharge(d, 1, !(ref & REF_UNCHARGED));
}

uint64_t free_unheld_pages(struct domain *d, uint64_t mfn, uint64_t most)
{
	uint64_t unheld = ref_owner_bits(d->domain_id) | REF_ALLOCATED | 1, nr = 0;

	for (; nr < most; nr++) {
		uint64_t x = unheld;
		struct page *pg = frame_page(mfn + nr);

		/* Typed references come with plain ones: a frame with but one has no type in use.
		 * Ordering: as in put_page(). */
		if (!__atomic_compare_exchange_n(&pg->ref, &x, REF_XEN, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_RELAXED))
			break;
		ASSERT(!(type_read(pg) & TYPE_COUNT));
	}
	if (nr) {
		clear_gpfn_run(_mfn(mfn), nr);
		heap_free_frames(mfn, nr, tlb_clock());
		uncharge(d, nr, true);
	}
	return nr;
}

void share_xen_page(void *v, struct domain *d, bool writable)
{
	struct page *pg = mfn_to_page(virt_to_mfn(v));
	bool had;

	if ((ref_read(pg) & REF_OWNER) == ref_owner_bits(d->domain_id))
		return;
	BUG_ON(ref_read(pg) != (REF_XEN | REF_ALLOCATED | 1));
	/* A type reference that is never dropped: no guest can make it anything else. */
	pg->type = TYPE_VALID | 1 | (uint64_t)(writable ? PGT_writable : PGT_none) << TYPE_SHIFT;
	set_gpfn_from_mfn(page_to_mfn(pg), INVALID_M2P_ENTRY);
	if (d != dom_xen && d != dom_io) {
		spin_lock(&d->page_lock);
		had = owns_any(d);
		d->xenheap_pages++;
		mark_region(d, frame_number(pg));
		account_first(d, had);
		spin_unlock(&d->page_lock);
	}
	__atomic_store_n(&pg->ref, REF_XEN | REF_ALLOCATED | ref_owner_bits(d->domain_id) | 1,
			 __ATOMIC_RELEASE);
}

/* The frame must have the allocation's reference and the caller's, and no type in use. */
int steal_charged_page(struct domain *d, struct page *pg)
{
	uint64_t x = ref_owner_bits(d->domain_id) | REF_ALLOCATED | 2;
	uint16_t stamp = tlb_clock();

	if (type_read(pg) & TYPE_COUNT)
		return -EINVAL;
	if (!__atomic_compare_exchange_n(&pg->ref, &x, (uint64_t)(REF_XEN | REF_ALLOCATED | 1),
					 false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return -EINVAL;
	flush_stale_tlb(&d->arch.dirty_cpumask, stamp);
	pg->type = 0;
	return 0;
}

void give_charged_pages(struct domain *d, struct page *pg, uint64_t nr)
{
	if (give_to(d, pg, nr, 0))
		return;
	own(pg, nr);
	for (uint64_t i = 0; i < nr; i++)
		free_stolen_page(pg + i);
	uncharge(d, nr, true);
}

void free_stolen_page(struct page *pg)
{
	set_gpfn_from_mfn(page_to_mfn(pg), INVALID_M2P_ENTRY);
	free_anon_pages(pg, 0);
}

/* ---- whose frames ---- */
int mm_domain_init(struct domain *d)
{
	size_t words = (size_t)((max_page >> 9) / 64 + 1);

	if (d == dom_xen || d == dom_io)
		return owner_register(d);
	d->page_regions = xzalloc_array(unsigned long, words);
	if (!d->page_regions)
		return -ENOMEM;
	return owner_register(d);
}

void mm_domain_destroy(struct domain *d)
{
	owner_unregister(d);
	xfree(d->page_regions);
	d->page_regions = NULL;
}

/* First region at or after r that may have frames of d; past the end: ~0. */
static uint64_t next_region(const struct domain *d, uint64_t r)
{
	uint64_t words = (max_page >> 9) / 64 + 1, w = r / 64;
	unsigned long bits;

	if (!d->page_regions || w >= words)
		return ~0ull;
	bits = READ_ONCE(d->page_regions[w]) & ~0ul << (r % 64);
	while (!bits) {
		if (++w >= words)
			return ~0ull;
		bits = READ_ONCE(d->page_regions[w]);
	}
	return w * 64 + (unsigned int)__builtin_ctzl(bits);
}

struct page *domain_next_page_before(struct domain *d, uint64_t *mfn, uint64_t end)
{
	uint64_t want = ref_owner_bits(d->domain_id), m = *mfn, r;

	while ((r = next_region(d, m >> 9)) != ~0ull && r << 9 < end) {
		if (r > m >> 9)
			m = r << 9;
		for (; m < (r + 1) << 9 && m < end; m++) {
			if (frame_valid(m) && (ref_read(frame_page(m)) & REF_OWNER) == want) {
				*mfn = m + 1;
				return frame_page(m);
			}
		}
		m = (r + 1) << 9;
	}
	*mfn = end;
	return NULL;
}
