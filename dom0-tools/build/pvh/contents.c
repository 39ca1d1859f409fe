/* SPDX-License-Identifier: MIT */
/*
 * Writes what a new PVH domain's memory holds, in a child (child.c). The guest's frame numbers are
 * what is mapped; windows show them: what is loaded into RAM, and what lies in the hole.
 */
#include "build/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenforeignmemory.h>

struct pages {
	const struct pv_domain *domain;
	const struct pvh_layout *layout;
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

static int write_files(const struct pages *pages, struct complaint *complaint)
{
	const struct pv_domain *domain = pages->domain;
	const struct pvh_layout *layout = pages->layout;
	const struct image *image = domain->image;
	uint64_t first = layout->loaded.pfn;
	uint8_t *window = map(pages, first, layout->loaded.pages, complaint), *at;

	if (!window)
		return -errno;
	for (unsigned int i = 0; i < image->nr_segments; i++)
		image_copy_segment(image, &image->segment[i],
				   window + (image->segment[i].virt - (first << PAGE_BITS)));
	at = window + ((layout->ramdisk.pfn - first) << PAGE_BITS);
	if (domain->ramdisk_bytes) {
		bulk_copy(at, domain->ramdisk, domain->ramdisk_bytes);
		bulk_clear(at + domain->ramdisk_bytes,
			   (layout->ramdisk.pages << PAGE_BITS) - domain->ramdisk_bytes);
	}
	at = window + ((layout->start_info.pfn - first) << PAGE_BITS);
	memset(at, 0, layout->start_info.pages << PAGE_BITS);
	pvh_write_start_info(at, layout, domain->cmdline, domain->ramdisk_bytes, !domain->no_acpi);
	return 0;
}

/* Without paging some CPUs walk this page directory of 4 MiB pages, which shows all as it is. */
void pvh_write_ident_pt(uint32_t *entry)
{
	for (uint32_t i = 0; i < 1024; i++)
		entry[i] = i << 22 | 0xe7; /* present, writable, user, accessed, dirty, 4 MiB */
}

static int write_hole(const struct pages *pages, struct complaint *complaint)
{
	const struct pfn_span *acpi = &pages->layout->acpi;
	uint8_t *special = map(pages, PVH_SPECIAL_PFN, PVH_NR_SPECIAL, complaint);
	uint8_t *tables = special ? map(pages, acpi->pfn, acpi->pages, complaint) : NULL;

	if (!tables)
		return -errno;
	memset(special, 0, PVH_NR_SPECIAL << PAGE_BITS);
	pvh_write_ident_pt((uint32_t *)(void *)(special + (PVH_IDENT_PT << PAGE_BITS)));
	memset(tables, 0, acpi->pages << PAGE_BITS);
	if (!pages->domain->no_acpi)
		acpi_build(tables, acpi->pfn << PAGE_BITS, pages->domain->max_vcpus);
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
	return error ? error : write_hole(pages, complaint);
}

int pvh_write(const struct pv_domain *domain, const struct pvh_layout *layout,
	      struct complaint *complaint)
{
	struct pages pages = { domain, layout, NULL };

	return write_in_child(write_all, &pages, complaint);
}
