/* SPDX-License-Identifier: MIT */
/*
 * Writes what a new PV domain's memory holds.
 *
 * All pages to be written are mapped by one call. They have to be unmapped before the root table is
 * pinned: as long as somebody maps a frame writable it cannot become a page table. In a PV Dom0,
 * unmapping page by page makes the hypervisor emulate each write to a live table; a process that
 * ends drops its whole address space at once. So a child does the writing (child.c), and its exit
 * is the unmapping.
 */
#include "build/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenforeignmemory.h>

static void *at_pfn(void *data, uint64_t pfn)
{
	const struct pv_work *work = data;
	uint64_t page = pfn - work->front.pfn;

	if (page >= work->front.pages)
		page = work->front.pages + (pfn - work->behind.pfn);
	return work->window + (page << PAGE_BITS);
}

static uint64_t *table_at(void *data, uint64_t pfn)
{
	return at_pfn(data, pfn);
}

static void find_spans(struct pv_work *work)
{
	const struct pv_layout *layout = &work->layout;

	work->front.pfn = layout->kernel.pfn;
	if (layout->ramdisk.pages && layout->ramdisk.pfn < layout->kernel.pfn)
		work->front.pfn = layout->ramdisk.pfn;
	work->front.pages = layout->stack.pfn + 1 - work->front.pfn;
	work->behind.pfn = layout->stack.pfn + 1;
	if (layout->ramdisk.pages && layout->ramdisk.pfn > layout->stack.pfn)
		work->behind.pfn = layout->ramdisk.pfn;
	else if (layout->p2m.pfn > layout->stack.pfn)
		work->behind.pfn = layout->p2m.pfn;
	work->behind.pages = layout->used_pages - work->behind.pfn;
}

static int map_window(struct pv_work *work, struct complaint *complaint)
{
	uint64_t count = work->front.pages + work->behind.pages + 1;
	xenforeignmemory_handle *foreign = xenforeignmemory_open(NULL, 0);
	xen_pfn_t *frames = malloc(count * sizeof(*frames));
	int error = 0;

	if (foreign && frames) {
		memcpy(frames, work->p2m + work->front.pfn, work->front.pages * sizeof(*frames));
		memcpy(frames + work->front.pages, work->p2m + work->behind.pfn,
		       work->behind.pages * sizeof(*frames));
		frames[count - 1] = work->shared_info_mfn;
		work->window = xenforeignmemory_map(foreign, work->domain->domid,
						    PROT_READ | PROT_WRITE, count, frames, NULL);
	}
	if (!work->window) {
		error = errno ? -errno : -ENOMEM;
		complain(complaint, "the guest's memory cannot be mapped: %s", strerror(-error));
	}
	free(frames);
	/* The handle stays open until the process ends: closing it would not unmap. */
	return error;
}

static void write_kernel(struct pv_work *work)
{
	const struct image *image = work->domain->image;

	for (unsigned int i = 0; i < image->nr_segments; i++) {
		const struct image_segment *segment = &image->segment[i];
		uint64_t offset = segment->virt - image->virt_base;
		uint8_t *to =
		    (uint8_t *)at_pfn(work, offset >> PAGE_BITS) + (offset & (PAGE_BYTES - 1));

		image_copy_segment(image, segment, to);
	}
}

static void write_ramdisk(struct pv_work *work)
{
	uint64_t bytes = work->domain->ramdisk_bytes;
	uint8_t *to = at_pfn(work, work->layout.ramdisk.pfn);

	if (!work->layout.ramdisk.pages)
		return;
	bulk_copy(to, work->domain->ramdisk, bytes);
	bulk_clear(to + bytes, (work->layout.ramdisk.pages << PAGE_BITS) - bytes);
}

static void write_p2m(struct pv_work *work)
{
	uint64_t bytes = work->layout.nr_pages * sizeof(xen_pfn_t);
	uint8_t *to = at_pfn(work, work->layout.p2m.pfn);

	bulk_copy(to, work->p2m, bytes);
	memset(to + bytes, 0, (work->layout.p2m.pages << PAGE_BITS) - bytes);
}

static void write_start_info(struct pv_work *work)
{
	const struct pv_layout *layout = &work->layout;
	const struct pv_domain *domain = work->domain;
	start_info_t *info = at_pfn(work, layout->start_info.pfn);

	memset(info, 0, PAGE_BYTES);
	memcpy(info->magic, "xen-3.0-x86_64", sizeof("xen-3.0-x86_64"));
	info->nr_pages = layout->nr_pages;
	info->flags = domain->start_flags;
	info->shared_info = (uint64_t)work->shared_info_mfn << PAGE_BITS;
	info->store_mfn = domain->store_mfn;
	info->store_evtchn = domain->store_port;
	info->console.domU.mfn = domain->console_mfn;
	info->console.domU.evtchn = domain->console_port;
	info->pt_base = pv_layout_virt(layout, layout->tables.pfn);
	info->nr_pt_frames = layout->tables.pages;
	info->mfn_list = layout->p2m_virt;
	if (domain->image->init_p2m) {
		info->first_p2m_pfn = layout->p2m.pfn;
		info->nr_p2m_frames = layout->p2m.pages + layout->p2m_tables.pages;
	}
	if (layout->ramdisk.pages) {
		info->flags |= layout->ramdisk_virt ? 0 : SIF_MOD_START_PFN;
		info->mod_start = layout->ramdisk_virt ? layout->ramdisk_virt : layout->ramdisk.pfn;
		info->mod_len = domain->ramdisk_bytes;
	}
	if (domain->cmdline)
		snprintf((char *)info->cmd_line, sizeof(info->cmd_line), "%s", domain->cmdline);
}

/* Events are masked until the kernel says otherwise. */
static void write_shared_info(struct pv_work *work)
{
	uint64_t page = work->front.pages + work->behind.pages;
	shared_info_t *shared = (void *)(work->window + (page << PAGE_BITS));

	memset(shared, 0, PAGE_BYTES);
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		shared->vcpu_info[i].evtchn_upcall_mask = 1;
}

static void write_files(struct pv_work *work)
{
	write_kernel(work);
	write_ramdisk(work);
}

static void write_state(struct pv_work *work)
{
	write_p2m(work);
	write_start_info(work);
	write_shared_info(work);
	memset(at_pfn(work, work->layout.xenstore.pfn), 0, PAGE_BYTES);
	memset(at_pfn(work, work->layout.console.pfn), 0, PAGE_BYTES);
	memset(at_pfn(work, work->layout.stack.pfn), 0, PAGE_BYTES);
	pv_layout_fill_tables(&work->layout, work->p2m, table_at, work);
}

struct child_work {
	struct pv_work *work;
	unsigned int parts;
};

static int write_parts(void *data, struct complaint *complaint)
{
	const struct child_work *child = data;
	int error;

	find_spans(child->work);
	error = map_window(child->work, complaint);
	if (!error && child->parts & PV_FILES)
		write_files(child->work);
	if (!error && child->parts & PV_STATE)
		write_state(child->work);
	return error;
}

int pv_write(struct pv_work *work, unsigned int parts, struct complaint *complaint)
{
	struct child_work child = { work, parts };

	return write_in_child(write_parts, &child, complaint);
}
