/* SPDX-License-Identifier: MIT */
/*
 * Decides which pseudo-physical frame of a new PV domain holds what.
 *
 * From VIRT_BASE on, one mapped region shows PFN 0, 1, …: kernel, (ramdisk and P2M list if they
 * have to be mapped here), start_info, xenstore ring, console ring, page tables, boot stack; it
 * ends on a 4 MiB boundary with 512 KiB or more to spare (xen.h). The tables map themselves, so
 * their number is found by adding until it suffices. Behind the region lie the ramdisk, if the
 * kernel takes it by PFN, and the P2M list, if it has an address of its own; then the tables of
 * that address directly follow. If memory is too short for that, a ramdisk taken by PFN lies below
 * the kernel, where Linux leaves 15 MiB unused.
 */
#include "build/build.h"

#include <errno.h>

#define REGION_ALIGN ((uint64_t)4 << 20)
#define FIRST_MIB_PAGES	256 /* Linux keeps it for the BIOS' sake */
#define REGION_SPARE ((uint64_t)512 << 10)

/* Address bits below what one table of a level covers: L1, L2, L3, L4. */
static const unsigned int table_shift[4] = { 21, 30, 39, 48 };

static uint64_t last_byte(const struct pv_mapping *mapping)
{
	return mapping->virt + (mapping->pages << PAGE_BITS) - 1;
}

/* Counts the tables below L4; gives their sum. */
static uint64_t count_tables(struct pv_mapping *mapping)
{
	uint64_t sum = 0;

	for (unsigned int level = 0; level < 3; level++) {
		mapping->nr_tables[level] = (last_byte(mapping) >> table_shift[level]) -
					    (mapping->virt >> table_shift[level]) + 1;
		sum += mapping->nr_tables[level];
	}
	return sum;
}

/* Puts the tables of levels `from` to L1 one after another. */
static void place_tables(struct pv_mapping *mapping, int from, uint64_t pfn)
{
	for (int level = from; level >= 0; level--) {
		mapping->table_pfn[level] = pfn;
		pfn += mapping->nr_tables[level];
	}
}

static struct pfn_span take(uint64_t *next, uint64_t pages)
{
	struct pfn_span span = { *next, pages };

	*next += pages;
	return span;
}

static uint64_t region_end(uint64_t virt)
{
	return (virt + REGION_SPARE + REGION_ALIGN - 1) & ~(REGION_ALIGN - 1);
}

/* Tables and stack close the region; `next` is the first PFN free for them. */
static void close_region(struct pv_layout *layout, uint64_t *next)
{
	struct pv_mapping *main = &layout->main;
	uint64_t tables = 1, needed;

	for (;;) {
		uint64_t end = region_end(main->virt + ((*next + tables + 1) << PAGE_BITS));

		main->pages = (end - main->virt) >> PAGE_BITS;
		needed = count_tables(main) + 1;
		if (needed <= tables)
			break;
		tables = needed;
	}
	main->nr_tables[3] = 1;
	layout->tables = take(next, tables);
	place_tables(main, 3, layout->tables.pfn);
	layout->stack = take(next, 1);
}

/* The P2M list's own mapping must not share a top-level slot: its tables are separate below L4. */
static int check_p2m_place(const struct pv_layout *layout, struct complaint *complaint)
{
	uint64_t first = layout->p2m_map.virt, last = last_byte(&layout->p2m_map);
	bool low = last < 0x0000800000000000ULL && first <= last;
	bool high = first >= 0xffff880000000000ULL && first <= last;

	if ((low || high) &&
	    (last >> 39 < layout->main.virt >> 39 || first >> 39 > last_byte(&layout->main) >> 39))
		return 0;
	complain(complaint, "the kernel wants its P2M list at %#llx, where it cannot be",
		 (unsigned long long)first);
	return -EINVAL;
}

static bool fits_below_kernel(const struct pv_layout *layout, uint64_t pages)
{
	return FIRST_MIB_PAGES + pages <= layout->kernel.pfn;
}

/*
 * What lies outside of the mapped region, from the PFN after it on; close behind the stack if
 * memory is short.
 */
static int place_behind(struct pv_layout *layout, const struct image *image, uint64_t ramdisk_pages,
			uint64_t p2m_pages, uint64_t next, struct complaint *complaint)
{
	uint64_t behind = layout->main.pages, pages = 0, tables = 0;

	if (image->init_p2m) {
		layout->p2m_map =
		    (struct pv_mapping){ .virt = image->init_p2m, .pages = p2m_pages };
		tables = count_tables(&layout->p2m_map);
		if (check_p2m_place(layout, complaint))
			return -EINVAL;
		pages += p2m_pages + tables;
	}
	if (image->ramdisk_by_pfn)
		pages += ramdisk_pages;
	if (pages && behind + pages <= layout->nr_pages)
		next = behind;
	if (image->ramdisk_by_pfn && next + pages > layout->nr_pages &&
	    fits_below_kernel(layout, ramdisk_pages))
		layout->ramdisk = (struct pfn_span){ FIRST_MIB_PAGES, ramdisk_pages };
	else if (image->ramdisk_by_pfn)
		layout->ramdisk = take(&next, ramdisk_pages);
	if (image->init_p2m) {
		layout->p2m = take(&next, p2m_pages);
		layout->p2m_map.pfn = layout->p2m.pfn;
		layout->p2m_tables = take(&next, tables);
		place_tables(&layout->p2m_map, 2, layout->p2m_tables.pfn);
	}
	layout->used_pages = next;
	return 0;
}

int pv_layout_compute(struct pv_layout *layout, const struct image *image, uint64_t nr_pages,
		      uint64_t ramdisk_bytes, struct complaint *complaint)
{
	uint64_t ramdisk_pages = PAGES_OF(ramdisk_bytes),
		 p2m_pages = PAGES_OF(nr_pages * sizeof(xen_pfn_t));
	uint64_t next = (image->start - image->virt_base) >> PAGE_BITS;

	*layout = (struct pv_layout){ .nr_pages = nr_pages, .main.virt = image->virt_base };
	if (next >= nr_pages || ramdisk_pages >= nr_pages) {
		next += PAGES_OF(image->end - image->start) + ramdisk_pages;
		goto too_small;
	}
	layout->kernel = take(&next, (image->end - image->start) >> PAGE_BITS);
	if (!image->ramdisk_by_pfn)
		layout->ramdisk = take(&next, ramdisk_pages);
	if (!image->init_p2m)
		layout->p2m = take(&next, p2m_pages);
	layout->start_info = take(&next, 1);
	layout->xenstore = take(&next, 1);
	layout->console = take(&next, 1);
	close_region(layout, &next);
	if (last_byte(&layout->main) < layout->main.virt) {
		complain(complaint,
			 "the kernel and what it needs do not fit between %#llx and the end of "
			 "addresses",
			 (unsigned long long)image->virt_base);
		return -EINVAL;
	}
	if (place_behind(layout, image, ramdisk_pages, p2m_pages, next, complaint))
		return -EINVAL;
	layout->ramdisk_virt = image->ramdisk_by_pfn || !ramdisk_pages
				   ? 0
				   : pv_layout_virt(layout, layout->ramdisk.pfn);
	layout->p2m_virt =
	    image->init_p2m ? image->init_p2m : pv_layout_virt(layout, layout->p2m.pfn);
	next = layout->used_pages;
	if (next <= nr_pages)
		return 0;
too_small:
	complain(complaint,
		 "the guest's %llu MiB are too little: its kernel and ramdisk alone take %llu MiB; "
		 "raise memory=",
		 (unsigned long long)nr_pages >> 8, (unsigned long long)(next + 255) >> 8);
	return -ENOMEM;
}

uint64_t pv_layout_virt(const struct pv_layout *layout, uint64_t pfn)
{
	return layout->main.virt + (pfn << PAGE_BITS);
}
