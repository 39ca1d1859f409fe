/* SPDX-License-Identifier: MIT */
/*
 * Builds a PV domain: memory, contents, page tables, grants, first vCPU.
 *
 * All pages to be written are mapped by one call. They have to be unmapped before the root table is
 * pinned: as long as somebody maps a frame writable it cannot become a page table. In a PV Dom0,
 * unmapping page by page makes the hypervisor emulate each write to a live table; a process that
 * ends drops its whole address space at once. So a child does the writing, and its exit is the
 * unmapping.
 */
#include "build/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenforeignmemory.h>

struct work {
	struct pv_domain *domain;
	struct pv_layout layout;
	xen_pfn_t *p2m;
	xen_pfn_t shared_info_mfn;
	uint8_t *window; /* foreign pages: spans front and behind, then shared_info */
	struct pfn_span front, behind;
};

static void *at_pfn(void *data, uint64_t pfn)
{
	const struct work *work = data;
	uint64_t page = pfn - work->front.pfn;

	if (page >= work->front.pages)
		page = work->front.pages + (pfn - work->behind.pfn);
	return work->window + (page << PAGE_BITS);
}

static uint64_t *table_at(void *data, uint64_t pfn)
{
	return at_pfn(data, pfn);
}

static void end_phase(const struct work *work, const char *name)
{
	if (work->domain->phase)
		work->domain->phase(work->domain->phase_data, name);
}

static void find_spans(struct work *work)
{
	const struct pv_layout *layout = &work->layout;

	work->front.pfn = layout->kernel.pfn;
	work->front.pages = layout->stack.pfn + 1 - layout->kernel.pfn;
	work->behind.pfn = layout->stack.pfn + 1;
	if (layout->ramdisk.pages && layout->ramdisk.pfn > layout->stack.pfn)
		work->behind.pfn = layout->ramdisk.pfn;
	else if (layout->p2m.pfn > layout->stack.pfn)
		work->behind.pfn = layout->p2m.pfn;
	work->behind.pages = layout->used_pages - work->behind.pfn;
}

static int map_window(struct work *work, struct complaint *complaint)
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

/* Copies file contents, but what the file has holes for is cleared without reading it. */
static void copy_from_image(const struct image *image, uint8_t *to, uint64_t offset, uint64_t bytes)
{
	while (bytes) {
		off_t data = image->fd < 0 ? (off_t)offset : lseek(image->fd, offset, SEEK_DATA);
		off_t hole = image->fd < 0 ? -1 : lseek(image->fd, offset, SEEK_HOLE);
		bool zeros = data < 0 || (uint64_t)data > offset;
		off_t next = zeros ? data : hole;
		uint64_t part = next <= (off_t)offset || (uint64_t)next - offset > bytes
				    ? bytes
				    : (uint64_t)next - offset;

		if (zeros && (data > 0 || errno == ENXIO))
			bulk_clear(to, part);
		else
			bulk_copy(to, image->data + offset, part);
		to += part;
		offset += part;
		bytes -= part;
	}
}

static void write_kernel(struct work *work)
{
	const struct image *image = work->domain->image;

	for (unsigned int i = 0; i < image->nr_segments; i++) {
		const struct image_segment *segment = &image->segment[i];
		uint64_t offset = segment->virt - image->virt_base;
		uint8_t *to =
		    (uint8_t *)at_pfn(work, offset >> PAGE_BITS) + (offset & (PAGE_BYTES - 1));

		copy_from_image(image, to, segment->offset, segment->file_bytes);
		bulk_clear(to + segment->file_bytes, segment->mem_bytes - segment->file_bytes);
	}
}

static void write_ramdisk(struct work *work)
{
	uint64_t bytes = work->domain->ramdisk_bytes;
	uint8_t *to = at_pfn(work, work->layout.ramdisk.pfn);

	if (!work->layout.ramdisk.pages)
		return;
	bulk_copy(to, work->domain->ramdisk, bytes);
	bulk_clear(to + bytes, (work->layout.ramdisk.pages << PAGE_BITS) - bytes);
}

static void write_p2m(struct work *work)
{
	uint64_t bytes = work->layout.nr_pages * sizeof(xen_pfn_t);
	uint8_t *to = at_pfn(work, work->layout.p2m.pfn);

	bulk_copy(to, work->p2m, bytes);
	memset(to + bytes, 0, (work->layout.p2m.pages << PAGE_BITS) - bytes);
}

static void write_start_info(struct work *work)
{
	const struct pv_layout *layout = &work->layout;
	const struct pv_domain *domain = work->domain;
	start_info_t *info = at_pfn(work, layout->start_info.pfn);

	memset(info, 0, PAGE_BYTES);
	memcpy(info->magic, "xen-3.0-x86_64", sizeof("xen-3.0-x86_64"));
	info->nr_pages = layout->nr_pages;
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
static void write_shared_info(struct work *work)
{
	uint64_t page = work->front.pages + work->behind.pages;
	shared_info_t *shared = (void *)(work->window + (page << PAGE_BITS));

	memset(shared, 0, PAGE_BYTES);
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		shared->vcpu_info[i].evtchn_upcall_mask = 1;
}

static void write_contents(struct work *work)
{
	write_kernel(work);
	write_ramdisk(work);
	write_p2m(work);
	write_start_info(work);
	write_shared_info(work);
	memset(at_pfn(work, work->layout.xenstore.pfn), 0, PAGE_BYTES);
	memset(at_pfn(work, work->layout.console.pfn), 0, PAGE_BYTES);
	memset(at_pfn(work, work->layout.stack.pfn), 0, PAGE_BYTES);
	pv_layout_fill_tables(&work->layout, work->p2m, table_at, work);
}

/* The child's life; words for the user go through the pipe. */
static void child(struct work *work, int pipe)
{
	struct complaint why = { "" };
	int error = map_window(work, &why);

	if (!error)
		write_contents(work);
	if (write(pipe, why.text, strlen(why.text)) < 0)
		error = -EPIPE;
	_exit(error ? 1 : 0);
}

static int write_in_child(struct work *work, struct complaint *complaint)
{
	char says[sizeof(complaint->text)] = "";
	int ends[2], status;
	pid_t pid;

	if (pipe(ends))
		return -errno;
	pid = fork();
	if (!pid)
		child(work, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	if (read(ends[0], says, sizeof(says) - 1) < 0)
		says[0] = '\0';
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!status)
		return 0;
	/* Memory of the guest, or the kernel file while it was read, went away. */
	complain(complaint, "%s",
		 says[0]
		     ? says
		     : "writing the guest's memory was interrupted; did its kernel file change?");
	return -EIO;
}

static int pin_root(const struct work *work, struct complaint *complaint)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };

	pin.arg1.mfn = work->p2m[work->layout.main.table_pfn[3]];
	if (xc_mmuext_op(work->domain->xc, &pin, 1, work->domain->domid) >= 0)
		return 0;
	complain(complaint, "the hypervisor refused the guest's page tables: %s", strerror(errno));
	return -errno;
}

static int set_memory_map(const struct pv_domain *domain, struct complaint *complaint)
{
	struct e820entry map = { .addr = 0, .size = domain->map_bytes, .type = E820_RAM };

	if (!xc_domain_set_memory_map(domain->xc, domain->domid, &map, 1))
		return 0;
	complain(complaint, "the hypervisor refused the guest's memory map: %s", strerror(errno));
	return -errno;
}

static int find_shared_info(struct work *work, struct complaint *complaint)
{
	xc_domaininfo_t info;

	if (xc_domain_getinfolist(work->domain->xc, work->domain->domid, 1, &info) != 1 ||
	    info.domain != work->domain->domid) {
		complain(complaint, "domain %u went away while it was built", work->domain->domid);
		return -ESRCH;
	}
	work->shared_info_mfn = info.shared_info_frame;
	return 0;
}

/* What only the hypervisor can do, once nobody maps the pages any more. */
static int finish(struct work *work, struct complaint *complaint)
{
	struct pv_domain *domain = work->domain;
	const struct image *image = domain->image;
	int error = 0;

	if (image->hypercall_page) {
		uint64_t pfn = (image->hypercall_page - image->virt_base) >> PAGE_BITS;

		error = pv_init_hypercall_page(domain->domid, work->p2m[pfn], complaint);
	}
	if (!error)
		error = pin_root(work, complaint);
	if (!error)
		error = set_memory_map(domain, complaint);
	if (!error)
		error = pv_start_context(domain, &work->layout,
					 work->p2m[work->layout.main.table_pfn[3]], complaint);
	if (!error)
		error = pv_seed_grants(domain, complaint);
	return error;
}

static int build(struct work *work, struct complaint *complaint)
{
	struct pv_domain *domain = work->domain;
	int error = pv_populate(domain->xc, domain->domid, domain->nr_pages, work->p2m, complaint);

	if (error)
		return error;
	end_phase(work, "memory");
	domain->store_mfn = work->p2m[work->layout.xenstore.pfn];
	domain->console_mfn = work->p2m[work->layout.console.pfn];
	find_spans(work);
	error = find_shared_info(work, complaint);
	if (!error)
		error = write_in_child(work, complaint);
	if (error)
		return error;
	end_phase(work, "contents");
	error = finish(work, complaint);
	end_phase(work, "start state");
	return error;
}

int pv_build(struct pv_domain *domain, struct complaint *complaint)
{
	struct work work = { .domain = domain };
	size_t bytes = domain->nr_pages * sizeof(xen_pfn_t);
	int error = pv_layout_compute(&work.layout, domain->image, domain->nr_pages,
				      domain->ramdisk_bytes, complaint);

	if (error)
		return error;
	work.p2m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (work.p2m == MAP_FAILED) {
		complain(complaint, "Domain-0 has no %zu MiB for the guest's frame list",
			 bytes >> 20);
		return -ENOMEM;
	}
	error = build(&work, complaint);
	munmap(work.p2m, bytes);
	return error;
}
