/* SPDX-License-Identifier: MIT */
/*
 * Writes the page tables a PV kernel starts on.
 *
 * Invariant the hypervisor checks when the root is pinned: no table page is mapped writable, by any
 * of these tables. Frames beyond the domain's memory stay unmapped.
 */
#include "build/build.h"

enum {
	PTE_PRESENT = 1 << 0,
	PTE_WRITABLE = 1 << 1,
	PTE_USER = 1 << 2,
	PTE_ACCESSED = 1 << 5,
	PTE_DIRTY = 1 << 6
};

#define LEAF_FLAGS  (PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
#define ENTRIES	    512

/* Where the tables are written, and what frames they may name. */
struct writer {
	const struct pv_layout *layout;
	const xen_pfn_t *p2m;
	uint64_t *(*page)(void *data, uint64_t pfn);
	void *data;
};

static bool within(const struct pfn_span *span, uint64_t pfn)
{
	return pfn - span->pfn < span->pages;
}

static uint64_t entry(const struct writer *writer, uint64_t pfn, uint64_t flags)
{
	return (uint64_t)writer->p2m[pfn] << PAGE_BITS | flags;
}

static uint64_t leaf(const struct writer *writer, uint64_t pfn)
{
	const struct pv_layout *layout = writer->layout;
	bool table = within(&layout->tables, pfn) || within(&layout->p2m_tables, pfn);

	return entry(writer, pfn, table ? LEAF_FLAGS : LEAF_FLAGS | PTE_WRITABLE);
}

static void fill_l1(const struct writer *writer, const struct pv_mapping *mapping, uint64_t number)
{
	uint64_t *table = writer->page(writer->data, mapping->table_pfn[0] + number);
	/*
	 * Index of the table's first entry, counted in pages from the mapping's start; may be
	 * before it.
	 */
	uint64_t page = ((((mapping->virt >> 21) + number) << 21) - mapping->virt) >> PAGE_BITS;

	if (mapping->virt > (((mapping->virt >> 21) + number) << 21))
		page = -((mapping->virt & ((1 << 21) - 1)) >> PAGE_BITS);
	for (unsigned int i = 0; i < ENTRIES; i++, page++) {
		uint64_t pfn = mapping->pfn + page;

		table[i] =
		    page < mapping->pages && pfn < writer->layout->nr_pages ? leaf(writer, pfn) : 0;
	}
}

/* The entries of level `level` (1: L2 …) that show the tables one level below. */
static void link_tables(const struct writer *writer, const struct pv_mapping *mapping,
			unsigned int level)
{
	static const unsigned int entry_shift[4] = { 12, 21, 30, 39 };
	uint64_t first = mapping->virt >> entry_shift[level];

	for (uint64_t i = 0; i < mapping->nr_tables[level - 1]; i++) {
		uint64_t number = (first + i) / ENTRIES - first / ENTRIES;
		uint64_t *table = writer->page(writer->data, mapping->table_pfn[level] + number);

		table[(first + i) % ENTRIES] =
		    entry(writer, mapping->table_pfn[level - 1] + i, TABLE_FLAGS);
	}
}

static void clear_tables(const struct writer *writer, const struct pfn_span *span)
{
	for (uint64_t i = 0; i < span->pages; i++)
		bulk_clear(writer->page(writer->data, span->pfn + i), PAGE_BYTES);
}

static void fill_mapping(const struct writer *writer, const struct pv_mapping *mapping)
{
	for (uint64_t i = 0; i < mapping->nr_tables[0]; i++)
		fill_l1(writer, mapping, i);
	for (unsigned int level = 1; level < 4; level++)
		link_tables(writer, mapping, level);
}

void pv_layout_fill_tables(const struct pv_layout *layout, const xen_pfn_t *p2m,
			   uint64_t *(*page)(void *data, uint64_t pfn), void *data)
{
	struct writer writer = { layout, p2m, page, data };

	clear_tables(&writer, &layout->tables);
	clear_tables(&writer, &layout->p2m_tables);
	fill_mapping(&writer, &layout->main);
	if (layout->p2m_map.pages) {
		struct pv_mapping mapping = layout->p2m_map;

		mapping.table_pfn[3] = layout->main.table_pfn[3];
		fill_mapping(&writer, &mapping);
	}
}
