/* SPDX-License-Identifier: MIT */
/*
 * Decides what a new HVM domain's memory holds, and writes what its loader reads: the start
 * information (arch-x86/hvm/start_info.h), with the firmware as a module named "firmware", and the
 * table of hvm/hvm_info_table.h. The loader moves memory from the end of RAM below the hole to where
 * the firmware and the tables of ACPI and SMBIOS go, and tells the guest of the rest.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/hvm_info_table.h>

#define E820_TYPE_RAM 1
#define FIRST_MIB_PAGES 256
/* What the loader takes from RAM for firmware and tables, beside what it is given. */
#define LOADER_ROOM (((uint64_t)4 << 20) / PAGE_BYTES)

/* The start information's parts, one after the other. */
struct start_page {
	struct hvm_start_info info;
	struct hvm_modlist_entry module;
	struct hvm_memmap_table_entry memmap[HVM_MAX_MEMMAP];
	char firmware[16];
};

static struct pfn_span take(uint64_t *next, uint64_t pages)
{
	struct pfn_span span = { *next, pages };

	*next += pages;
	return span;
}

static void add_ram(struct hvm_layout *layout, uint64_t pfn, uint64_t pages)
{
	struct e820entry *entry = &layout->memmap[layout->nr_memmap++];

	entry->addr = pfn << PAGE_BITS;
	entry->size = pages << PAGE_BITS;
	entry->type = E820_TYPE_RAM;
}

static int check_wishes(const struct image *image, const struct hvm_wishes *wishes,
			struct complaint *complaint)
{
	const uint64_t most = (PVH_HIGH_PFN - HVM_LEAST_HOLE_PFN) << PAGE_BITS;
	const uint64_t least = (PVH_HIGH_PFN - PVH_HOLE_PFN) << PAGE_BITS;

	if (!wishes->max_vcpus || wishes->max_vcpus > HVM_MAX_VCPUS) {
		complain(complaint, "an HVM guest has from 1 to %u vCPUs, not %u", HVM_MAX_VCPUS,
			 wishes->max_vcpus);
		return -EINVAL;
	}
	if (wishes->hole_bytes && (wishes->hole_bytes < least || wishes->hole_bytes > most)) {
		complain(complaint, "mmio_hole=%llu: it must be from %llu to %llu MiB",
			 (unsigned long long)wishes->hole_bytes >> 20, (unsigned long long)least >> 20,
			 (unsigned long long)most >> 20);
		return -EINVAL;
	}
	if (image->start >> PAGE_BITS < FIRST_MIB_PAGES) {
		complain(complaint, "the loader wants to lie at %#llx, below 1 MiB",
			 (unsigned long long)image->start);
		return -EINVAL;
	}
	return 0;
}

int hvm_layout_compute(struct hvm_layout *layout, const struct image *image,
		       const struct hvm_wishes *wishes, struct complaint *complaint)
{
	uint64_t next = image->start >> PAGE_BITS, nr_pages = wishes->nr_pages, low;
	uint64_t hole = wishes->hole_bytes ? PVH_HIGH_PFN - (wishes->hole_bytes >> PAGE_BITS)
					   : PVH_HOLE_PFN;
	int error = check_wishes(image, wishes, complaint);

	if (error)
		return error;
	*layout = (struct hvm_layout){ .nr_pages = wishes->max_pages > nr_pages ? wishes->max_pages
										: nr_pages };
	layout->loaded.pfn = next;
	layout->loader = take(&next, (image->end - image->start) >> PAGE_BITS);
	layout->firmware = take(&next, PAGES_OF(wishes->firmware_bytes));
	layout->acpi = take(&next, PAGES_OF(wishes->acpi_bytes));
	layout->smbios = take(&next, PAGES_OF(wishes->smbios_bytes));
	layout->start_info = take(&next, PAGES_OF(sizeof(struct start_page)));
	layout->loaded.pages = next - layout->loaded.pfn;
	low = nr_pages < hole ? nr_pages : hole;
	if (next + LOADER_ROOM > low) {
		complain(complaint,
			 "the guest's %llu MiB beside the screen's are too little: its firmware "
			 "needs %llu; raise memory=",
			 (unsigned long long)nr_pages >> 8,
			 (unsigned long long)(next + LOADER_ROOM + 255) >> 8);
		return -ENOMEM;
	}
	layout->low_pages = layout->nr_pages < hole ? layout->nr_pages : hole;
	add_ram(layout, FIRST_MIB_PAGES, layout->low_pages - FIRST_MIB_PAGES);
	if (layout->low_pages < layout->nr_pages)
		add_ram(layout, PVH_HIGH_PFN, layout->nr_pages - layout->low_pages);
	return 0;
}

void hvm_write_start_info(uint8_t *to, const struct hvm_layout *layout, uint64_t firmware_bytes)
{
	uint64_t at = layout->start_info.pfn << PAGE_BITS;
	struct start_page *page = (void *)to;
	struct hvm_start_info *info = &page->info;

	info->magic = XEN_HVM_START_MAGIC_VALUE;
	info->version = 1;
	info->nr_modules = 1;
	info->modlist_paddr = at + offsetof(struct start_page, module);
	page->module.paddr = layout->firmware.pfn << PAGE_BITS;
	page->module.size = firmware_bytes;
	page->module.cmdline_paddr = at + offsetof(struct start_page, firmware);
	strcpy(page->firmware, "firmware");
	info->memmap_paddr = at + offsetof(struct start_page, memmap);
	info->memmap_entries = layout->nr_memmap;
	for (unsigned int i = 0; i < layout->nr_memmap; i++) {
		page->memmap[i].addr = layout->memmap[i].addr;
		page->memmap[i].size = layout->memmap[i].size;
		page->memmap[i].type = layout->memmap[i].type;
	}
}

void hvm_write_info_table(uint8_t *page, const struct hvm_layout *layout, unsigned int max_vcpus,
			  unsigned int vcpus, bool apic)
{
	struct hvm_info_table *table = (void *)(page + HVM_INFO_OFFSET);
	uint8_t sum = 0;

	memset(table, 0, sizeof(*table));
	memcpy(table->signature, "HVM INFO", sizeof(table->signature));
	table->length = sizeof(*table);
	table->apic_mode = apic;
	table->nr_vcpus = max_vcpus;
	table->low_mem_pgend = (uint32_t)layout->low_pages;
	table->reserved_mem_pgstart = (uint32_t)HVM_SERVER_PFN;
	if (layout->low_pages < layout->nr_pages)
		table->high_mem_pgend =
		    (uint32_t)(PVH_HIGH_PFN + layout->nr_pages - layout->low_pages);
	for (unsigned int i = 0; i < vcpus; i++)
		table->vcpu_online[i / 8] |= (uint8_t)(1u << i % 8);
	for (size_t i = 0; i < sizeof(*table); i++)
		sum = (uint8_t)(sum + ((const uint8_t *)table)[i]);
	table->checksum = (uint8_t)-sum;
}
