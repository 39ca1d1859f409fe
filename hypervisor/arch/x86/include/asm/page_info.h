/* SPDX-License-Identifier: MIT */
/*
 * struct page: what is known of one machine frame, in 16 bytes.
 *
 * `ref` has the owner and the number of references in one word, so that "does d own it, and is it
 * alive?" and "one reference more" are one compare-and-exchange. `type` has the page-type machine's
 * state (arch/x86/mm/page_type.c). A free frame reuses both: `ref` for order and state, `type` for
 * the free list's links. There is no list of a domain's frames: the domain keeps one bit per 2 MiB
 * of machine memory in which it may own frames (page_regions), and the owner field does the rest.
 *
 * A frame whose ref is 0 is not RAM (a hole, device memory): it has no owner, is not counted, and
 * stays so from boot on.
 */
#ifndef ASM_PAGE_INFO_H
#define ASM_PAGE_INFO_H

#include <hv/mm.h>
#include <asm/layout.h>
#include <public/xen.h>

struct page {
	uint64_t ref;
	uint64_t type;
};
_Static_assert(sizeof(struct page) == 16, "the frame table costs 16 bytes per frame");

/* ---- ref, in use ---- */
#define REF_COUNT	0xffffffffull /* bits 0..31: references, the allocation's own included */
#define REF_COUNT_MAX	0xfffffff0ull
#define REF_OWNER_SHIFT 32 /* bits 32..47: domain id + 1, 0: nobody */
#define REF_OWNER	(0xffffull << REF_OWNER_SHIFT)
#define REF_ALLOCATED	(1ull << 48) /* the allocation's reference is still held */
#define REF_XEN		(1ull << 49) /* the hypervisor's own frame */
#define REF_UNCHARGED	(1ull << 52) /* MEMF_NO_REFCOUNT: not in its owner's tot_pages */
/* ---- ref, free ---- */
#define REF_FREE	(1ull << 50) /* in the heap */
#define REF_DIRTY	(1ull << 51) /* free, and still has its last owner's contents */
#define REF_HEAD	(1ull << 5)  /* free, and the first frame of its block */
#define REF_ORDER	0x1full	     /* of a head: log2 of the block's frames */
#define REF_STAMP_SHIFT 16	     /* of a head: flush clock when it was last mapped by a guest */
#define REF_STAMP	(0xffffull << REF_STAMP_SHIFT)

/* ---- type ---- */
#define TYPE_COUNT	 0x1fffffffull /* bits 0..28: typed references */
#define TYPE_COUNT_MAX	 0x1ffffff0ull
#define TYPE_LOCK	 (1ull << 29) /* of a table: one CPU is changing entries */
#define TYPE_DONE_SHIFT	 30 /* bits 30..39: entries of an unfinished table that hold references */
#define TYPE_DONE	 (0x3ffull << TYPE_DONE_SHIFT)
#define TYPE_STAMP_SHIFT 40 /* bits 40..55: flush clock when the count became zero */
#define TYPE_STAMP	 (0xffffull << TYPE_STAMP_SHIFT)
/* The same bits of a valid table: for each group of entries, whether one of them may be present. */
#define TYPE_GROUPS_SHIFT TYPE_STAMP_SHIFT
#define TYPE_GROUPS	  TYPE_STAMP
#define GROUP_ENTRIES	  32u
#define ALL_GROUPS	  0xffffu
#define TYPE_SHIFT	 56 /* bits 56..58: enum page_type */
#define TYPE_MASK	 (7ull << TYPE_SHIFT)
#define TYPE_VALID	 (1ull << 59) /* contents were checked; all entries hold their references */
#define TYPE_BUSY	 (1ull << 60) /* one CPU is checking, undoing or flushing: others wait */
#define TYPE_UNDO	 (1ull << 61) /* the check failed; references taken so far are being dropped */
#define TYPE_ORPHAN	 (1ull << 62) /* one typed and one plain reference belong to nobody */
#define TYPE_PINNED	 (1ull << 63) /* one typed and one plain reference belong to a pin */

/* The unit tests put both tables elsewhere. */
#ifdef UNIT_TEST
extern struct page *unit_frame_table;
extern char *unit_direct_map;
extern uint64_t *unit_m2p;
#define FRAME_TABLE unit_frame_table
#define DIRECT_MAP  unit_direct_map
#define M2P_TABLE   unit_m2p
#else
#define FRAME_TABLE ((struct page *)FRAMETABLE_START)
#define DIRECT_MAP  ((char *)DIRECTMAP_START)
#define M2P_TABLE   ((uint64_t *)RW_MPT_VIRT_START)
#endif

/*
 * The frame table has memory for sections of 2^17 frames (512 MiB) that have any RAM; frames of the others read as holes,
 * and writing their entries faults.
 */
#ifndef SECTION_SHIFT /* smaller in the small machine of a fuzz target */
#define SECTION_SHIFT 17
#endif
#define MAX_SECTIONS  (1u << 15) /* 16 TiB: mfns fit in 32 bits */
extern uint64_t frame_sections[MAX_SECTIONS / 64];
extern uint64_t max_page; /* one past the highest frame of RAM */

/* The inline forms of hv/mm.h's functions, for this folder and the allocator. */
static inline bool section_has_ram(uint64_t mfn)
{
	uint64_t s = mfn >> SECTION_SHIFT;

	return frame_sections[s / 64] >> (s % 64) & 1;
}
/* Is there an entry for it? Perhaps one of a hole. */
static inline bool frame_valid(uint64_t mfn)
{
	return mfn < max_page;
}
static inline struct page *frame_page(uint64_t mfn)
{
	return FRAME_TABLE + mfn;
}
static inline uint64_t frame_number(const struct page *pg)
{
	return (uint64_t)(pg - FRAME_TABLE);
}
static inline void *frame_virt(uint64_t mfn)
{
	return DIRECT_MAP + (mfn << PAGE_SHIFT);
}
static inline void *page_virt(const struct page *pg)
{
	return frame_virt(frame_number(pg));
}

static inline uint64_t ref_read(const struct page *pg)
{
	return __atomic_load_n(&pg->ref, __ATOMIC_RELAXED);
}
static inline uint64_t type_read(const struct page *pg)
{
	return __atomic_load_n(&pg->type, __ATOMIC_ACQUIRE);
}
static inline uint64_t ref_owner_bits(domid_t id)
{
	return ((uint64_t)id + 1) << REF_OWNER_SHIFT;
}
static inline bool page_is_hole(const struct page *pg)
{
	return ref_read(pg) == 0;
}
static inline enum page_type type_of(uint64_t t)
{
	return (enum page_type)((t & TYPE_MASK) >> TYPE_SHIFT);
}
static inline unsigned int type_done(uint64_t t)
{
	return (unsigned int)((t & TYPE_DONE) >> TYPE_DONE_SHIFT);
}
static inline unsigned int type_groups(uint64_t t)
{
	return (unsigned int)((t & TYPE_GROUPS) >> TYPE_GROUPS_SHIFT);
}
/* The bit of the group that the entry at this machine address belongs to. */
static inline uint64_t group_of(uint64_t entry)
{
	return 1ull << (TYPE_GROUPS_SHIFT + (entry % PAGE_SIZE / (8 * GROUP_ENTRIES)));
}
static inline bool type_is_table(enum page_type t)
{
	return t >= PGT_l1 && t <= PGT_l4;
}

/* ---- between the allocator and the architecture ---- */
/* The last reference of an owned frame is gone (arch/x86/mm/page_ref.c to common/domain_pages.c).
 */
void free_domain_page(struct page *pg);
/* A block of the heap as a whole (common/page_alloc.c). NULL if none; scrubbed if asked. */
#define HEAP_SCRUB 1u /* zeroed */
struct page *heap_alloc(struct domain *d, unsigned int order, unsigned int bits,
			unsigned int flags);
/* `stamp`: flush clock now, if a guest may have had it mapped; `dirty`: it has contents. */
void heap_free(struct page *pg, unsigned int order, bool dirty, uint16_t stamp);
/* Any number of frames in a row, each with contents and a ref of none. */
void heap_free_frames(uint64_t mfn, uint64_t nr, uint16_t stamp);
/*
 * For a dying domain: frees its frames from `mfn` on that nobody holds any more but by their
 * allocation, up to the first other one or `most`. How many.
 */
uint64_t free_unheld_pages(struct domain *d, uint64_t mfn, uint64_t most);
/*
 * For exchanges: frames leave and enter a domain while its count of pages stays. steal: once only the
 * caller and the allocation hold the frame; it is then nobody's, and one of the two others ends that.
 */
int steal_charged_page(struct domain *d, struct page *pg);
void give_charged_pages(struct domain *d, struct page *pg, uint64_t nr);
void free_stolen_page(struct page *pg);
struct domain *owner_from_ref(uint64_t ref);
void ref_again(struct page *pg); /* one reference more, of a frame that has one */
int owner_register(struct domain *d);
void owner_unregister(struct domain *d);

#endif
