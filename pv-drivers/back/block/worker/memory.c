/* SPDX-License-Identifier: MIT */
/*
 * The guest's pages, as a request's segments name them.
 *
 * Where the frontend's grants are to stay (persistent.c), its pages are mapped. Else, and where one
 * cannot be mapped, data goes by the hypervisor's grant copy, which was measured to be cheaper
 * (docs/performance.md): between the guest's page and the mapped image, or a bounce buffer. In a buffer
 * each segment has a page of its own, so that no piece of the copy crosses one. Copies are gathered: a
 * round of the loop is one call.
 *
 * A device never reads or writes a guest's page, mapped or not: it is given the buffer. For when a
 * process dies, Linux (6.1, for one) does not keep a granted page until the I/O on it has ended: it takes
 * the page out of the process's tables, miscounts its references by that, and undoes the grant with the
 * device still at work. If the hypervisor let it, the memory could be another guest's by the time the
 * device writes there; as it does not, the guest could never end.
 */
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static uint32_t segment_offset(const struct blkif_request_segment *s)
{
	return s->first_sect * BLOCK_SECTOR;
}

static uint32_t segment_bytes(const struct blkif_request_segment *s)
{
	return (s->last_sect - s->first_sect + 1u) * BLOCK_SECTOR;
}

/* A piece more; joined to the last one if it follows it. */
static void add_vec(struct request *r, uint8_t *at, uint32_t bytes)
{
	struct iovec *last = r->nr_vec ? &r->vec[r->nr_vec - 1] : NULL;

	if (last && (uint8_t *)last->iov_base + last->iov_len == at)
		last->iov_len += bytes;
	else
		r->vec[r->nr_vec++] = (struct iovec){ .iov_base = at, .iov_len = bytes };
}

/* --- bounce buffers -------------------------------------------------------------------------- */

static uint8_t *get_buffer(struct disk *disk)
{
	void *buffer = NULL;

	if (disk->nr_buffers)
		return disk->buffers[--disk->nr_buffers];
	if (disk->nr_made == MAX_BUFFERS)
		return NULL;
	buffer =
	    mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		return NULL;
	disk->nr_made++;
	return buffer;
}

static uint8_t *buffer_at(const struct request *r, uint32_t segment)
{
	return r->buffer + segment * PV_PAGE_SIZE + segment_offset(&r->segment[segment]);
}

static void let_go(struct request *r)
{
	while (r->nr_kept)
		persistent_put(r->queue, r->kept[--r->nr_kept]);
}

/* The guest may change what is in them at any moment: nothing here, or below, looks at it. */
static bool keep_pages(struct request *r)
{
	for (uint32_t i = 0; i < r->nr_segments; i++) {
		struct kept_page *page = persistent_get(r->queue, r->segment[i].gref);

		if (!page) {
			let_go(r);
			return false;
		}
		r->kept[r->nr_kept++] = page;
	}
	return true;
}

static uint8_t *kept_at(const struct request *r, uint32_t segment)
{
	return r->kept[segment]->address + segment_offset(&r->segment[segment]);
}

static bool copies_kept(const struct request *r)
{
	return r->nr_kept && r->buffer;
}

static void copy_kept(struct request *r, bool to_guest)
{
	for (uint32_t i = 0; i < r->nr_segments; i++) {
		uint8_t *guest = kept_at(r, i), *own = buffer_at(r, i);

		pv_copy(to_guest ? guest : own, to_guest ? own : guest, segment_bytes(&r->segment[i]));
	}
}

int memory_prepare(struct request *r)
{
	struct disk *disk = r->queue->disk;
	bool kept = keep_pages(r);

	if (!kept || disk->target->by_device) {
		r->buffer = get_buffer(disk);
		if (!r->buffer) {
			let_go(r);
			return -EAGAIN;
		}
	}
	r->nr_vec = 0;
	for (uint32_t i = 0; i < r->nr_segments; i++)
		add_vec(r, r->buffer ? buffer_at(r, i) : kept_at(r, i), segment_bytes(&r->segment[i]));
	if (copies_kept(r) && r->operation == BLKIF_OP_WRITE)
		copy_kept(r, false);
	return 0;
}

bool memory_return(struct request *r)
{
	if (!r->buffer)
		return true;
	if (!copies_kept(r))
		return false;
	copy_kept(r, true);
	return true;
}

void memory_release(struct request *r)
{
	struct disk *disk = r->queue->disk;

	if (r->buffer)
		disk->buffers[disk->nr_buffers++] = r->buffer;
	r->buffer = NULL;
	let_go(r);
}

/* --- copies ---------------------------------------------------------------------------------- */

/* own: our end of the piece. */
static void plan_copy(struct disk *disk, const struct blkif_request_segment *s, void *own,
		      bool to_guest)
{
	xengnttab_grant_copy_segment_t *piece = &disk->copies[disk->nr_copies++];
	union xengnttab_copy_ptr guest = { 0 }, ours = { .virt = own };

	guest.foreign.ref = s->gref;
	guest.foreign.offset = (uint16_t)segment_offset(s);
	guest.foreign.domid = (uint16_t)disk->link->domid;
	*piece = (xengnttab_grant_copy_segment_t){
		.source = to_guest ? ours : guest,
		.dest = to_guest ? guest : ours,
		.len = (uint16_t)segment_bytes(s),
		.flags = to_guest ? GNTCOPY_dest_gref : GNTCOPY_source_gref,
		.status = GNTST_general_error,
	};
}

void copy_later(struct request *r)
{
	struct disk *disk = r->queue->disk;
	uint64_t at = r->offset;

	if (disk->nr_copies + r->nr_segments > MAX_COPIES)
		copies_run(disk);
	r->first_copy = disk->nr_copies;
	for (uint32_t i = 0; i < r->nr_segments; i++) {
		plan_copy(disk, &r->segment[i], r->buffer ? buffer_at(r, i) : disk->map + at,
			  r->operation == BLKIF_OP_READ);
		at += segment_bytes(&r->segment[i]);
	}
	STAILQ_INSERT_TAIL(&disk->copying, r, next);
	back_again(disk->link);
}

static bool copied(const struct disk *disk, const struct request *r)
{
	for (uint32_t i = 0; i < r->nr_segments; i++)
		if (disk->copies[r->first_copy + i].status != GNTST_okay)
			return false;
	return true;
}

/* A piece that fails can take others with it: their requests are tried again, alone. */
void copies_run(struct disk *disk)
{
	struct request_list list = STAILQ_HEAD_INITIALIZER(list);
	bool all = !back_copy(disk->link, disk->copies, disk->nr_copies);
	struct request *r;

	STAILQ_CONCAT(&list, &disk->copying);
	while ((r = STAILQ_FIRST(&list))) {
		bool whole = all || copied(disk, r);

		STAILQ_REMOVE_HEAD(&list, next);
		if (!whole)
			whole = !back_copy(disk->link, disk->copies + r->first_copy, r->nr_segments);
		request_copied(r, whole);
	}
	disk->nr_copies = 0;
}

void copies_drop(struct disk *disk)
{
	struct request *r;

	STAILQ_FOREACH (r, &disk->copying, next)
		memory_release(r);
	STAILQ_INIT(&disk->copying);
	disk->nr_copies = 0;
}

int memory_copy_in(struct queue *q, grant_ref_t ref, void *to, uint32_t bytes)
{
	struct kept_page *kept = persistent_get(q, ref);
	/* Through a page, as the copy's own end must not cross one. */
	static uint8_t page[PV_PAGE_SIZE] __attribute__((aligned(PV_PAGE_SIZE)));
	xengnttab_grant_copy_segment_t piece = {
		.dest.virt = page,
		.len = (uint16_t)bytes,
		.flags = GNTCOPY_source_gref,
	};
	int rc;

	if (kept) {
		pv_copy(to, kept->address, bytes);
		persistent_put(q, kept);
		return 0;
	}
	piece.source.foreign.ref = ref;
	piece.source.foreign.domid = (uint16_t)q->disk->link->domid;
	rc = back_copy(q->disk->link, &piece, 1);
	if (!rc)
		memcpy(to, page, bytes);
	return rc;
}

void memory_free(struct disk *disk)
{
	while (disk->nr_buffers)
		munmap(disk->buffers[--disk->nr_buffers], BUFFER_BYTES);
	disk->nr_made = 0;
}
