/* SPDX-License-Identifier: MIT */
/*
 * Boot of memory management: direct map, frame table, machine-to-phys table, heap.
 *
 * Frame table and machine-to-phys table are virtually contiguous but exist only in 2 MiB pieces
 * whose frames include RAM: 2 MiB of frame table describe 512 MiB, 2 MiB of M2P 1 GiB. Where a piece of
 * the frame table is missing, one page of zeroes, which says "hole", is mapped in place of each of its pages:
 * so who has a frame number below max_page may look at its entry.
 */
#include <asm/e820.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/system.h>
#include <public/xen.h>
#include "mm_private.h"

struct e820entry hv_e820[E820_MAX];
unsigned int nr_hv_e820;
uint64_t frame_sections[MAX_SECTIONS / 64];
uint64_t max_page;
uint64_t total_ram_pages;

#define PIECE_PAGES   512 /* 2 MiB */
#define M2P_PER_PIECE (PIECE_PAGES * PAGE_SIZE / 8)
_Static_assert((1ull << SECTION_SHIFT) * sizeof(struct page) == PIECE_PAGES * PAGE_SIZE,
	       "a section's frame table is one 2 MiB page");

/* RAM entry i in whole pages; false if it is not RAM. */
static bool e820_ram(unsigned int i, uint64_t *first, uint64_t *end)
{
	if (hv_e820[i].type != E820_RAM)
		return false;
	*first = PFN_UP(hv_e820[i].addr);
	*end = min(PFN_DOWN(hv_e820[i].addr + hv_e820[i].size),
		   (uint64_t)MAX_SECTIONS << SECTION_SHIFT);
	return *first < *end;
}

static void count_ram(void)
{
	uint64_t first, end;

	for (unsigned int i = 0; i < nr_hv_e820; i++) {
		if (!e820_ram(i, &first, &end))
			continue;
		max_page = max(max_page, end);
		total_ram_pages += end - first;
		for (uint64_t s = first >> SECTION_SHIFT; s <= (end - 1) >> SECTION_SHIFT; s++)
			frame_sections[s / 64] |= 1ull << (s % 64);
	}
	if (max_page << PAGE_SHIFT > DIRECTMAP_END - DIRECTMAP_START)
		panic("more RAM than the direct map has room for");
}

static void extend_direct_map(void)
{
	const uint64_t early_end = (1ull << 32) >> PAGE_SHIFT;
	uint64_t first, end;

	for (unsigned int i = 0; i < nr_hv_e820; i++) {
		if (!e820_ram(i, &first, &end) || end <= early_end)
			continue;
		first = max(first, early_end);
		if (map_hv_range(DIRECTMAP_START + (first << PAGE_SHIFT), _mfn(first), end - first,
				 HV_PTE_RW))
			panic("no memory for the direct map");
	}
	early_ranges_lift_limit();
}

static void reserve_slots(void)
{
	unsigned int last = PT_INDEX(DIRECTMAP_START + (max_page << PAGE_SHIFT) - 1, 4);

	hv_map_reserve_slot(PT_INDEX(RO_MPT_VIRT_START, 4), true);
	hv_map_reserve_slot(PT_INDEX(RW_MPT_VIRT_START, 4), false);
	hv_map_reserve_slot(PT_INDEX(FRAMETABLE_START, 4), false);
	hv_map_reserve_slot(PT_INDEX(IOREMAP_START, 4), false);
	for (unsigned int i = PT_INDEX(DIRECTMAP_START, 4); i <= last; i++)
		hv_map_reserve_slot(i, false);
}

static uint64_t map_piece(uint64_t va, uint8_t fill)
{
	uint64_t mfn = early_alloc_pages(PIECE_PAGES);

	if (map_hv_range(va, _mfn(mfn), PIECE_PAGES, HV_PTE_RW))
		panic("no memory for the frame table");
	for (unsigned int i = 0; i < PIECE_PAGES; i++) {
		uint64_t *to = frame_virt(mfn + i), n = PAGE_SIZE / 8;

		__asm__ volatile("rep stosq"
				 : "+D"(to), "+c"(n)
				 : "a"(fill ? ~0ull : 0)
				 : "memory");
	}
	return mfn;
}

/* All holes share one table of entries for the page of zeroes. */
static void map_hole(const struct page *pg)
{
	static pte_t *zeroes;

	if (!zeroes) {
		mfn_t page = _mfn(early_alloc_pages(1));

		clear_page(frame_virt(mfn_x(page)));
		zeroes = frame_virt(early_alloc_pages(1));
		for (unsigned int i = 0; i < PT_ENTRIES; i++)
			zeroes[i] = mk_pte(page, HV_PTE_RO);
	}
	hv_map_table((uint64_t)pg, zeroes);
}

static void build_frame_table(void)
{
	uint64_t first, end;

	for (uint64_t mfn = 0; mfn < max_page; mfn += 1ull << SECTION_SHIFT)
		if (section_has_ram(mfn))
			map_piece((uint64_t)frame_page(mfn), 0);
		else
			map_hole(frame_page(mfn));
	/* All RAM is the hypervisor's until it gives it to the heap. */
	for (unsigned int i = 0; i < nr_hv_e820; i++)
		if (e820_ram(i, &first, &end))
			for (; first < end; first++)
				frame_page(first)->ref = REF_XEN | REF_ALLOCATED | 1;
}

static bool piece_needed(uint64_t mfn)
{
	return section_has_ram(mfn) ||
	       (mfn + (1u << SECTION_SHIFT) < max_page && section_has_ram(mfn + (1u << SECTION_SHIFT)));
}

static void build_m2p(void)
{
	for (uint64_t mfn = 0; mfn < max_page; mfn += M2P_PER_PIECE) {
		uint64_t piece;

		if (!piece_needed(mfn))
			continue;
		piece = map_piece(RW_MPT_VIRT_START + mfn * 8, 0xff);
		if (map_hv_range(RO_MPT_VIRT_START + mfn * 8, _mfn(piece), PIECE_PAGES,
				 HV_PTE_RO | PTE_USER))
			panic("no memory for the machine-to-phys table");
		/* Tools map these frames (migration, dumps): dom_xen's, read-only. */
		for (unsigned int i = 0; i < PIECE_PAGES; i++) {
			struct page *pg = frame_page(piece + i);

			pg->ref = REF_XEN | REF_ALLOCATED | ref_owner_bits(DOMID_XEN) | 1;
			pg->type = TYPE_VALID | 1;
		}
	}
}

void mm_init(const struct ram_range *ram, unsigned int nr)
{
	uint32_t a, b, c, d;

	cpuid_count(0x80000001, 0, &a, &b, &c, &d);
	hv_map_has_1g = d & 1u << 26;
	early_ranges_set(ram, nr);
	count_ram();
	reserve_slots();
	extend_direct_map();
	build_frame_table();
	build_m2p();
	page_alloc_init();
	early_ranges_to_heap();
}

/* ---- lookups ---- */
bool mfn_valid(mfn_t mfn)
{
	return frame_valid(mfn_x(mfn));
}
struct page *mfn_to_page(mfn_t mfn)
{
	ASSERT(frame_valid(mfn_x(mfn)));
	return frame_page(mfn_x(mfn));
}
mfn_t page_to_mfn(const struct page *pg)
{
	return _mfn(frame_number(pg));
}
void *mfn_to_virt(mfn_t mfn)
{
	return frame_virt(mfn_x(mfn));
}
uint64_t virt_to_maddr(const void *v)
{
	uint64_t va = (uint64_t)v;

	if (va >= DIRECTMAP_START)
		return va - DIRECTMAP_START;
	ASSERT(va >= HV_IMAGE_BASE);
	return va - HV_IMAGE_BASE;
}
mfn_t virt_to_mfn(const void *v)
{
	return _mfn(virt_to_maddr(v) >> PAGE_SHIFT);
}
void *maddr_to_virt(uint64_t ma)
{
	return (char *)DIRECTMAP_START + ma;
}

static bool m2p_covers(uint64_t mfn)
{
	return mfn < max_page && piece_needed(mfn & ~(uint64_t)(M2P_PER_PIECE - 1));
}
void set_gpfn_from_mfn(mfn_t mfn, uint64_t pfn)
{
	if (m2p_covers(mfn_x(mfn)))
		__atomic_store_n(&M2P_TABLE[mfn_x(mfn)], pfn, __ATOMIC_RELAXED);
}
/* Of RAM there is every entry, so one look tells enough. */
void set_gpfn_run(mfn_t first, uint64_t pfn, uint64_t nr)
{
	uint64_t *entry = &M2P_TABLE[mfn_x(first)];

	ASSERT(m2p_covers(mfn_x(first)) && m2p_covers(mfn_x(first) + nr - 1));
	for (uint64_t i = 0; i < nr; i++)
		__atomic_store_n(&entry[i], pfn + i, __ATOMIC_RELAXED);
}
void clear_gpfn_run(mfn_t first, uint64_t nr)
{
	uint64_t *entry = &M2P_TABLE[mfn_x(first)];

	ASSERT(m2p_covers(mfn_x(first)) && m2p_covers(mfn_x(first) + nr - 1));
	for (uint64_t i = 0; i < nr; i++)
		__atomic_store_n(&entry[i], INVALID_M2P_ENTRY, __ATOMIC_RELAXED);
}
uint64_t get_gpfn_from_mfn(mfn_t mfn)
{
	return m2p_covers(mfn_x(mfn)) ? __atomic_load_n(&M2P_TABLE[mfn_x(mfn)], __ATOMIC_RELAXED)
				      : INVALID_M2P_ENTRY;
}

static pte_t *m2p_l2(uint64_t va)
{
	pte_t *t = idle_pg_table;

	for (unsigned int level = 4; level > 2; level--) {
		pte_t e = t[PT_INDEX(va, level)];

		if (!pte_present(e))
			return NULL;
		t = frame_virt(mfn_x(pte_mfn(e)));
	}
	return &t[PT_INDEX(va, 2)];
}

bool m2p_extent(unsigned int i, uint64_t *mfn)
{
	uint64_t first = (uint64_t)i * M2P_PER_PIECE;
	pte_t *l2;

	if (first >= max_page)
		return false;
	l2 = m2p_l2(RO_MPT_VIRT_START + first * 8);
	*mfn = l2 && pte_present(*l2) ? mfn_x(pte_mfn(*l2)) : 0;
	return true;
}
