/* SPDX-License-Identifier: MIT */
/*
 * The heap: a buddy allocator over all RAM that is not part of the hypervisor's image.
 *
 * Free blocks of 2^order frames hang in lists by zone (the width of their frame numbers: zone z has
 * frames below 2^z), order, and cleanliness. Blocks come from high zones, so that low memory stays
 * for devices that cannot reach higher. A zone boundary is a power of two, so no block crosses one.
 *
 * A block freed by a guest is dirty: it is scrubbed in the background by idle CPUs, or else when it
 * is next allocated. Dirty and clean blocks do not merge with each other, so scrubbing is never
 * undone; only when no block is large enough are they merged regardless.
 *
 * The first frame of a free block has REF_HEAD and its order in `ref`, its list links (frame
 * numbers, 0: none; frame 0 is never in the heap) in `type`; the other frames have nothing of
 * interest. A stamp says until when guests may have had the block in their TLBs: who allocates it
 * flushes what has not been flushed since.
 */
#include <hv/domain.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/page_info.h>

#define NR_ZONES 33 /* frame numbers have at most 32 bits */
enum { CLEAN, DIRTY };

struct zone {
	uint32_t head[2][MAX_ORDER + 1];
	uint32_t nonempty[2]; /* bit per order */
	uint64_t free_pages;
};

static spinlock_t heap_lock = SPIN_LOCK_UNLOCKED; /* guards: all below, and domains' claims */
static struct zone zones[NR_ZONES];
static uint64_t free_pages, dirty_pages;
static uint64_t claimed_pages; /* sum of all domains' outstanding_pages */

static unsigned int zone_of(uint64_t mfn)
{
	return 64 - (unsigned int)__builtin_clzll(mfn);
}

/* ---- lists ---- */
static uint32_t link_next(const struct page *pg)
{
	return (uint32_t)pg->type;
}
static uint32_t link_prev(const struct page *pg)
{
	return (uint32_t)(pg->type >> 32);
}
static void set_links(struct page *pg, uint32_t prev, uint32_t next)
{
	pg->type = (uint64_t)prev << 32 | next;
}

static void list_insert(uint64_t mfn, unsigned int order, unsigned int dirty, uint64_t stamp)
{
	struct zone *z = &zones[zone_of(mfn)];
	struct page *pg = frame_page(mfn);
	uint32_t next = z->head[dirty][order];

	pg->ref = REF_FREE | REF_HEAD | order | stamp << REF_STAMP_SHIFT | (dirty ? REF_DIRTY : 0);
	set_links(pg, 0, next);
	if (next)
		set_links(frame_page(next), (uint32_t)mfn, link_next(frame_page(next)));
	z->head[dirty][order] = (uint32_t)mfn;
	z->nonempty[dirty] |= 1u << order;
}

static void list_remove(uint64_t mfn)
{
	struct zone *z = &zones[zone_of(mfn)];
	struct page *pg = frame_page(mfn);
	unsigned int order = pg->ref & REF_ORDER, dirty = pg->ref & REF_DIRTY ? DIRTY : CLEAN;
	uint32_t next = link_next(pg), prev = link_prev(pg);

	if (next)
		set_links(frame_page(next), prev, link_next(frame_page(next)));
	if (prev)
		set_links(frame_page(prev), link_prev(frame_page(prev)), next);
	else
		z->head[dirty][order] = next;
	if (!z->head[dirty][order])
		z->nonempty[dirty] &= ~(1u << order);
	pg->ref = REF_FREE;
}

static uint64_t stamp_of(const struct page *pg)
{
	return (pg->ref & REF_STAMP) >> REF_STAMP_SHIFT;
}

static void account(uint64_t mfn, unsigned int order, bool dirty, int sign)
{
	uint64_t n = (1ull << order) * (uint64_t)(int64_t)sign;

	zones[zone_of(mfn)].free_pages += n;
	free_pages += n;
	if (dirty)
		dirty_pages += n;
}

/* ---- blocks ---- */
static bool free_buddy(uint64_t buddy, unsigned int order)
{
	return buddy && frame_valid(buddy) &&
	       (frame_page(buddy)->ref & (REF_FREE | REF_HEAD | REF_ORDER)) ==
		   (REF_FREE | REF_HEAD | order);
}

static void merge_and_insert(uint64_t mfn, unsigned int order, unsigned int dirty, uint64_t stamp)
{
	while (order < MAX_ORDER) {
		uint64_t buddy = mfn ^ 1ull << order;
		struct page *pg = frame_page(buddy);

		if (!free_buddy(buddy, order) || !(mfn & ~(1ull << order)) ||
		    !(pg->ref & REF_DIRTY) != !dirty)
			break;
		stamp = max(stamp, stamp_of(pg));
		list_remove(buddy);
		frame_page(mfn)->ref = REF_FREE;
		mfn &= ~(1ull << order);
		order++;
	}
	list_insert(mfn, order, dirty, stamp);
}

/* Takes the block off its list and gives back what is above 2^order frames. */
static uint64_t carve(uint64_t mfn, unsigned int order)
{
	struct page *pg = frame_page(mfn);
	unsigned int have = pg->ref & REF_ORDER, dirty = pg->ref & REF_DIRTY ? DIRTY : CLEAN;
	uint64_t stamp = stamp_of(pg);

	list_remove(mfn);
	while (have > order) {
		have--;
		list_insert(mfn, have, dirty, stamp);
		mfn += 1ull << have;
	}
	account(mfn, order, dirty, -1);
	frame_page(mfn)->ref = REF_FREE | (dirty ? REF_DIRTY : 0) | stamp << REF_STAMP_SHIFT;
	return mfn;
}

/* The smallest block of the highest zone that has one large enough; 0 if none. */
static uint64_t find_kind(unsigned int kind, unsigned int order, unsigned int first_zone,
			  unsigned int last_zone)
{
	for (unsigned int z = last_zone; z >= first_zone; z--) {
		uint32_t orders = zones[z].nonempty[kind] >> order;

		if (orders)
			return zones[z].head[kind][order + (unsigned int)__builtin_ctz(orders)];
	}
	return 0;
}

static uint64_t find_in_zones(unsigned int order, unsigned int first_zone, unsigned int last_zone)
{
	uint64_t mfn = find_kind(CLEAN, order, first_zone, last_zone);

	return mfn ? mfn : find_kind(DIRTY, order, first_zone, last_zone);
}

/* Clean before dirty, but what devices can reach is not given away for that: above 4 GiB, then
 * above 16 MiB, then the rest. */
static uint64_t find_block(unsigned int order, unsigned int max_zone)
{
	static const unsigned int floors[] = { 32 - PAGE_SHIFT + 1, 24 - PAGE_SHIFT + 1, 1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(floors); i++) {
		uint64_t mfn = find_in_zones(order, floors[i], max_zone);

		if (mfn)
			return mfn;
		max_zone = min(max_zone, floors[i] - 1);
	}
	return 0;
}

/* Makes one zone's clean blocks dirty where that lets them merge. Rare: contiguity ran out. */
static void merge_mixed(unsigned int zone, unsigned int want)
{
	struct zone *z = &zones[zone];

	for (unsigned int order = 0; order < want; order++) {
		uint32_t next;

		for (uint32_t mfn = z->head[CLEAN][order]; mfn; mfn = next) {
			uint64_t buddy = mfn ^ 1u << order, stamp = stamp_of(frame_page(mfn));

			next = link_next(frame_page(mfn));
			if (!free_buddy(buddy, order) || !(frame_page(buddy)->ref & REF_DIRTY))
				continue;
			dirty_pages += 1ull << order;
			list_remove(mfn);
			merge_and_insert(mfn, order, DIRTY, stamp);
		}
	}
}

static uint64_t find_or_merge(unsigned int order, unsigned int max_zone)
{
	uint64_t mfn = find_block(order, max_zone);

	for (unsigned int z = max_zone; !mfn && order && z > order; z--) {
		if (zones[z].free_pages >> order) {
			merge_mixed(z, order);
			mfn = find_in_zones(order, z, z);
		}
	}
	return mfn;
}

/* May 2^order frames be taken for d, given what others have claimed? Uses up d's own claim. */
static bool claim_allows(struct domain *d, uint64_t nr)
{
	uint64_t own = d ? d->outstanding_pages : 0, used = min(own, nr);

	if (claimed_pages - own + nr > free_pages)
		return false;
	if (used) {
		d->outstanding_pages -= (unsigned int)used;
		claimed_pages -= used;
	}
	return true;
}

struct page *heap_alloc(struct domain *d, unsigned int order, unsigned int bits, unsigned int flags)
{
	unsigned int max_zone = NR_ZONES - 1;
	uint64_t mfn = 0, x;

	if (order > MAX_ORDER || (bits && bits <= PAGE_SHIFT))
		return NULL;
	if (bits)
		max_zone = min(max_zone, bits - PAGE_SHIFT);
	spin_lock(&heap_lock);
	if (free_pages >> order)
		mfn = find_or_merge(order, max_zone);
	if (mfn)
		mfn = claim_allows(d, 1ull << order) ? carve(mfn, order) : 0;
	spin_unlock(&heap_lock);
	if (!mfn)
		return NULL;
	x = frame_page(mfn)->ref;
	if (x & REF_STAMP)
		flush_stale_tlb(&cpu_online_map, (uint16_t)((x & REF_STAMP) >> REF_STAMP_SHIFT));
	if ((flags & HEAP_SCRUB) && (x & REF_DIRTY))
		clear_frames(frame_virt(mfn), 1ull << order);
	return frame_page(mfn);
}

void heap_free(struct page *pg, unsigned int order, bool dirty, uint16_t stamp)
{
	uint64_t mfn = frame_number(pg);

	ASSERT(!(pg->ref & REF_FREE) && !(mfn & ((1ull << order) - 1)));
	spin_lock(&heap_lock);
	account(mfn, order, dirty, 1);
	merge_and_insert(mfn, order, dirty ? DIRTY : CLEAN, stamp);
	spin_unlock(&heap_lock);
}

void heap_free_frames(uint64_t mfn, uint64_t nr, uint16_t stamp)
{
	spin_lock(&heap_lock);
	while (nr) {
		unsigned int aligned =
		    min((unsigned int)__builtin_ctzll(mfn), (unsigned int)MAX_ORDER);
		unsigned int order = min(aligned, 63u - (unsigned int)__builtin_clzll(nr));

		account(mfn, order, true, 1);
		merge_and_insert(mfn, order, DIRTY, stamp);
		mfn += 1ull << order;
		nr -= 1ull << order;
	}
	spin_unlock(&heap_lock);
}

/* ---- background scrubbing ---- */
#define SCRUB_ORDER 4 /* frames between two looks at other work */

/* The queue at the lock is for those who need memory: where Serai itself runs on too few processors, one that waits
 * there without running stops all behind it. 0: there is nothing to do, or others are at it. */
static uint64_t take_dirty(void)
{
	uint64_t mfn = 0;

	if (!spin_trylock(&heap_lock))
		return 0;
	for (unsigned int z = NR_ZONES - 1; z > 0 && !mfn; z--) {
		uint32_t orders = zones[z].nonempty[DIRTY];

		if (orders) {
			unsigned int o = (unsigned int)__builtin_ctz(orders);

			mfn = zones[z].head[DIRTY][o];
			mfn = carve(mfn, min(o, (unsigned int)SCRUB_ORDER));
			/* carve() keeps no order for a block in use. */
			frame_page(mfn)->ref |= min(o, (unsigned int)SCRUB_ORDER);
		}
	}
	spin_unlock(&heap_lock);
	return mfn;
}

/* Somebody may wait for this CPU: after so many tries it takes its place in the queue. */
static void put_clean(struct page *pg, unsigned int order, uint16_t stamp)
{
	unsigned int tries = 1000;

	while (!spin_trylock(&heap_lock)) {
		if (!tries--) {
			spin_lock(&heap_lock);
			break;
		}
		cpu_relax();
	}
	account(frame_number(pg), order, false, 1);
	merge_and_insert(frame_number(pg), order, CLEAN, stamp);
	spin_unlock(&heap_lock);
}

/* Raised by the idle loop; goes on until there is other work, and then waits for the next idling.
 */
static void scrub_softirq(void)
{
	uint32_t others = ~(1u << SOFTIRQ_SCRUB);

	while (is_idle_vcpu(current) &&
	       !(__atomic_load_n(&this_cpu(softirq_pending), __ATOMIC_RELAXED) & others)) {
		uint64_t mfn = take_dirty();
		struct page *pg = frame_page(mfn);
		unsigned int order;
		uint64_t stamp;

		if (!mfn)
			return;
		order = pg->ref & REF_ORDER;
		stamp = stamp_of(pg);
		clear_frames(frame_virt(mfn), 1ull << order);
		pg->ref = REF_XEN;
		put_clean(pg, order, (uint16_t)stamp);
	}
}

bool scrub_needed(void)
{
	return __atomic_load_n(&dirty_pages, __ATOMIC_RELAXED) != 0;
}

/* ---- boot ---- */
void page_alloc_init(void)
{
	open_softirq(SOFTIRQ_SCRUB, scrub_softirq);
}

void page_alloc_add(mfn_t first, mfn_t end)
{
	uint64_t mfn = max(mfn_x(first), (uint64_t)1), stop = mfn_x(end);

	while (mfn < stop) {
		unsigned int order =
		    min((unsigned int)__builtin_ctzll(mfn), (unsigned int)MAX_ORDER);

		while (mfn + (1ull << order) > stop)
			order--;
		heap_free(frame_page(mfn), order, true, 0);
		mfn += 1ull << order;
	}
}

/* ---- figures ---- */
uint64_t free_pages_count(void)
{
	return __atomic_load_n(&free_pages, __ATOMIC_RELAXED);
}
uint64_t dirty_pages_count(void)
{
	return __atomic_load_n(&dirty_pages, __ATOMIC_RELAXED);
}
uint64_t claimed_pages_count(void)
{
	return __atomic_load_n(&claimed_pages, __ATOMIC_RELAXED);
}
uint64_t free_pages_below(unsigned int bits)
{
	uint64_t n = 0;

	spin_lock(&heap_lock);
	for (unsigned int z = 1; z < NR_ZONES && z + PAGE_SHIFT <= bits; z++)
		n += zones[z].free_pages;
	spin_unlock(&heap_lock);
	return n;
}

/* ---- claims ---- */
int domain_set_outstanding(struct domain *d, uint64_t total)
{
	int rc = 0;

	spin_lock(&d->page_lock);
	spin_lock(&heap_lock);
	if (!total) {
		claimed_pages -= d->outstanding_pages;
		d->outstanding_pages = 0;
	} else if (d->outstanding_pages || total <= d->tot_pages || total > d->max_pages) {
		rc = -EINVAL;
	} else if (total - d->tot_pages > free_pages - claimed_pages) {
		rc = -ENOMEM;
	} else {
		d->outstanding_pages = (unsigned int)(total - d->tot_pages);
		claimed_pages += d->outstanding_pages;
	}
	spin_unlock(&heap_lock);
	spin_unlock(&d->page_lock);
	return rc;
}

/* ---- audit ---- */
unsigned int heap_audit(void)
{
	uint64_t found = 0, found_dirty = 0;
	unsigned int bad = 0;

	spin_lock(&heap_lock);
	for (unsigned int z = 1; z < NR_ZONES; z++)
		for (unsigned int i = 0; i < 2 * (MAX_ORDER + 1); i++) {
			unsigned int dirty = i & 1, order = i / 2;

			for (uint32_t m = zones[z].head[dirty][order]; m;
			     m = link_next(frame_page(m))) {
				found += 1ull << order;
				found_dirty += (uint64_t)dirty << order;
				bad += !free_buddy(m, order) || zone_of(m) != z ||
				       !(frame_page(m)->ref & REF_DIRTY) != !dirty;
			}
		}
	bad += found != free_pages || found_dirty != dirty_pages || claimed_pages > free_pages;
	spin_unlock(&heap_lock);
	return bad;
}
