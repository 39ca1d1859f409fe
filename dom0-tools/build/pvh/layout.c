/* SPDX-License-Identifier: MIT */
/*
 * Decides what a new PVH domain's memory holds, and writes the start information that tells its
 * kernel (arch-x86/hvm/start_info.h). The kernel says itself where it lies; what follows it must fit
 * below the hole, since the kernel starts with 32-bit addresses.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>

#define E820_TYPE_RAM	   1
#define E820_TYPE_RESERVED 2
#define E820_TYPE_ACPI	   3

#define FIRST_MIB_PAGES 256 /* Linux keeps it for the BIOS' sake */

/* The start information's parts, one after the other. */
struct start_page {
	struct hvm_start_info info;
	struct hvm_modlist_entry module;
	struct hvm_memmap_table_entry memmap[PVH_MAX_MEMMAP];
	char cmdline[];
};

static struct pfn_span take(uint64_t *next, uint64_t pages)
{
	struct pfn_span span = { *next, pages };

	*next += pages;
	return span;
}

static void add_range(struct pvh_layout *layout, uint64_t pfn, uint64_t pages, uint32_t type)
{
	struct e820entry *entry = &layout->memmap[layout->nr_memmap++];

	entry->addr = pfn << PAGE_BITS;
	entry->size = pages << PAGE_BITS;
	entry->type = type;
}

static void make_memmap(struct pvh_layout *layout)
{
	add_range(layout, 0, layout->low_pages, E820_TYPE_RAM);
	if (layout->acpi.pages)
		add_range(layout, PVH_ACPI_PFN, layout->acpi.pages, E820_TYPE_ACPI);
	add_range(layout, PVH_SPECIAL_PFN, PVH_NR_SPECIAL, E820_TYPE_RESERVED);
	if (layout->low_pages < layout->nr_pages)
		add_range(layout, PVH_HIGH_PFN, layout->nr_pages - layout->low_pages,
			  E820_TYPE_RAM);
}

/*
 * Ramdisk and start information: behind the kernel, or if memory is too short for that, below it,
 * where Linux leaves 15 MiB unused. loaded stays empty if they fit nowhere.
 */
static void place_files(struct pvh_layout *layout, uint64_t behind, uint64_t ramdisk_pages,
			uint64_t start_pages)
{
	uint64_t kernel = layout->kernel.pfn, next = behind;

	if (ramdisk_pages >= PVH_HOLE_PFN)
		return;
	if (behind + ramdisk_pages + start_pages > layout->low_pages) {
		if (kernel < FIRST_MIB_PAGES + ramdisk_pages + start_pages)
			return;
		next = kernel - ramdisk_pages - start_pages;
	}
	layout->loaded.pfn = next < kernel ? next : kernel;
	layout->ramdisk = take(&next, ramdisk_pages);
	layout->start_info = take(&next, start_pages);
	layout->loaded.pages = (next > behind ? next : behind) - layout->loaded.pfn;
}

static int check_wishes(const char *cmdline, unsigned int max_vcpus, struct complaint *complaint)
{
	if (!max_vcpus || max_vcpus > PVH_MAX_VCPUS) {
		complain(complaint, "a PVH guest has from 1 to %u vCPUs, not %u", PVH_MAX_VCPUS,
			 max_vcpus);
		return -EINVAL;
	}
	if (cmdline && strlen(cmdline) >= PVH_CMDLINE_BYTES) {
		complain(complaint, "the command line has %zu characters; PVH guests take %u",
			 strlen(cmdline), PVH_CMDLINE_BYTES - 1);
		return -EINVAL;
	}
	return 0;
}

int pvh_layout_compute(struct pvh_layout *layout, const struct image *image, uint64_t nr_pages,
		       uint64_t max_pages, uint64_t ramdisk_bytes, const char *cmdline,
		       unsigned int max_vcpus, struct complaint *complaint)
{
	uint64_t next = image->start >> PAGE_BITS, most;
	uint64_t start_bytes = sizeof(struct start_page) + (cmdline ? strlen(cmdline) : 0) + 1;
	/* Rounding a wild size up would make it 0. */
	uint64_t ramdisk_pages = ramdisk_bytes < PVH_HOLE_PFN << PAGE_BITS ? PAGES_OF(ramdisk_bytes)
									   : PVH_HOLE_PFN;
	int error = check_wishes(cmdline, max_vcpus, complaint);

	if (error)
		return error;
	*layout = (struct pvh_layout){ .nr_pages = nr_pages };
	layout->low_pages = nr_pages < PVH_HOLE_PFN ? nr_pages : PVH_HOLE_PFN;
	layout->kernel = take(&next, (image->end - image->start) >> PAGE_BITS);
	most = layout->low_pages;
	if (next <= most)
		place_files(layout, next, ramdisk_pages, PAGES_OF(start_bytes));
	if (!layout->loaded.pages) {
		next += ramdisk_pages;
		complain(complaint,
			 "the guest's %llu MiB are too little: its kernel and ramdisk reach to "
			 "%llu MiB; raise memory=%s",
			 (unsigned long long)nr_pages >> 8, (unsigned long long)(next + 255) >> 8,
			 most == PVH_HOLE_PFN ? " does not help: 3840 MiB is the most they can have"
					      : "");
		return -ENOMEM;
	}
	layout->acpi = (struct pfn_span){ PVH_ACPI_PFN, PAGES_OF(acpi_build(NULL, 0, max_vcpus)) };
	layout->nr_pages = max_pages > nr_pages ? max_pages : nr_pages;
	layout->low_pages = layout->nr_pages < PVH_HOLE_PFN ? layout->nr_pages : PVH_HOLE_PFN;
	make_memmap(layout);
	return 0;
}

static uint64_t place_of(const struct pvh_layout *layout, size_t offset)
{
	return (layout->start_info.pfn << PAGE_BITS) + offset;
}

void pvh_write_start_info(uint8_t *to, const struct pvh_layout *layout, const char *cmdline,
			  uint64_t ramdisk_bytes, bool acpi)
{
	struct start_page *page = (void *)to;
	struct hvm_start_info *info = &page->info;

	info->magic = XEN_HVM_START_MAGIC_VALUE;
	info->version = 1;
	if (cmdline) {
		info->cmdline_paddr = place_of(layout, offsetof(struct start_page, cmdline));
		memcpy(page->cmdline, cmdline, strlen(cmdline) + 1);
	}
	if (ramdisk_bytes) {
		info->nr_modules = 1;
		info->modlist_paddr = place_of(layout, offsetof(struct start_page, module));
		page->module.paddr = layout->ramdisk.pfn << PAGE_BITS;
		page->module.size = ramdisk_bytes;
	}
	if (acpi)
		info->rsdp_paddr = layout->acpi.pfn << PAGE_BITS;
	info->memmap_paddr = place_of(layout, offsetof(struct start_page, memmap));
	info->memmap_entries = layout->nr_memmap;
	for (unsigned int i = 0; i < layout->nr_memmap; i++) {
		page->memmap[i].addr = layout->memmap[i].addr;
		page->memmap[i].size = layout->memmap[i].size;
		page->memmap[i].type = layout->memmap[i].type;
	}
}
