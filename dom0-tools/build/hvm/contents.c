/* SPDX-License-Identifier: MIT */
/* Writes what a new HVM domain's memory holds, in a child (../child.c). */
#include "build/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/hvm/hvm_info_table.h>
#include <xenforeignmemory.h>

struct pages {
	const struct pv_domain *domain;
	const struct hvm_layout *layout;
	xenforeignmemory_handle *foreign;
};

static uint8_t *map(const struct pages *pages, uint64_t pfn, uint64_t count,
		    struct complaint *complaint)
{
	xen_pfn_t *frames = malloc(count * sizeof(*frames));
	uint8_t *window = NULL;

	for (uint64_t i = 0; frames && i < count; i++)
		frames[i] = pfn + i;
	if (frames)
		window = xenforeignmemory_map(pages->foreign, pages->domain->domid,
					      PROT_READ | PROT_WRITE, count, frames, NULL);
	if (!window)
		complain(complaint, "the guest's memory cannot be mapped: %s", strerror(errno));
	free(frames);
	return window;
}

static void write_given(uint8_t *at, struct hvm_tables tables)
{
	if (tables.data)
		memcpy(at, tables.data, tables.bytes);
}

static int write_files(const struct pages *pages, struct complaint *complaint)
{
	const struct pv_domain *domain = pages->domain;
	const struct hvm_layout *layout = pages->layout;
	const struct image *image = domain->image;
	uint64_t first = layout->loaded.pfn;
	uint8_t *window = map(pages, first, layout->loaded.pages, complaint), *at;

	if (!window)
		return -errno;
	for (unsigned int i = 0; i < image->nr_segments; i++)
		image_copy_segment(image, &image->segment[i],
				   window + (image->segment[i].virt - (first << PAGE_BITS)));
	at = window + ((layout->firmware.pfn - first) << PAGE_BITS);
	bulk_copy(at, domain->ramdisk, domain->ramdisk_bytes);
	write_given(window + ((layout->acpi.pfn - first) << PAGE_BITS), domain->acpi);
	write_given(window + ((layout->smbios.pfn - first) << PAGE_BITS), domain->smbios);
	at = window + ((layout->start_info.pfn - first) << PAGE_BITS);
	memset(at, 0, layout->start_info.pages << PAGE_BITS);
	hvm_write_start_info(at, layout, domain->ramdisk_bytes);
	return 0;
}

static int write_tables(const struct pages *pages, struct complaint *complaint)
{
	const struct pv_domain *domain = pages->domain;
	uint8_t *special = map(pages, HVM_SERVER_PFN, HVM_SERVER_PAGES + PVH_NR_SPECIAL, complaint);
	uint8_t *info = special ? map(pages, HVM_INFO_PFN, 1, complaint) : NULL;
	uint8_t *ident;

	if (!info)
		return -errno;
	memset(special, 0, (HVM_SERVER_PAGES + PVH_NR_SPECIAL) << PAGE_BITS);
	ident = special + ((HVM_SERVER_PAGES + PVH_IDENT_PT) << PAGE_BITS);
	pvh_write_ident_pt((uint32_t *)(void *)ident);
	hvm_write_info_table(info, pages->layout, domain->max_vcpus, domain->vcpus, domain->apic);
	return 0;
}

static int write_all(void *data, struct complaint *complaint)
{
	struct pages *pages = data;
	int error;

	/* The handle stays open until the process ends: closing it would not unmap. */
	pages->foreign = xenforeignmemory_open(NULL, 0);
	if (!pages->foreign)
		return -errno;
	error = write_files(pages, complaint);
	return error ? error : write_tables(pages, complaint);
}

int hvm_write(const struct pv_domain *domain, const struct hvm_layout *layout,
	      struct complaint *complaint)
{
	struct pages pages = { domain, layout, NULL };

	return write_in_child(write_all, &pages, complaint);
}
