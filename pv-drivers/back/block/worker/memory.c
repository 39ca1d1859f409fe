/* SPDX-License-Identifier: MIT */
/*
 * The guest's pages, as a request's segments name them.
 *
 * A frontend with persistent grants uses the same pages again and again: each is mapped once and
 * kept, and the disk reads and writes them directly. Else, or if there are too many of them, data
 * goes through a bounce buffer by the hypervisor's grant copy, one call a request: cheaper than
 * mapping and unmapping. In a buffer each segment has a page of its own, so that no piece of the
 * copy crosses one.
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

/* --- mappings that are kept ------------------------------------------------------------------ */

/* The grant's page; NULL if it cannot be mapped or there are too many. */
static void *kept_page(struct disk *disk, grant_ref_t ref)
{
	struct kept **head = &disk->kept[ref % KEPT_BUCKETS], *k;

	for (k = *head; k; k = k->next)
		if (k->ref == ref)
			return k->page;
	k = disk->nr_kept < MAX_KEPT ? malloc(sizeof(*k)) : NULL;
	if (!k)
		return NULL;
	k->page = back_map(disk->link, &ref, 1, PROT_READ | PROT_WRITE);
	if (!k->page) {
		free(k);
		return NULL;
	}
	k->ref = ref;
	k->next = *head;
	*head = k;
	disk->nr_kept++;
	return k->page;
}

/* False: not all of it; the bounce buffer's way will do, or tell what is wrong. */
static bool use_kept(struct request *r)
{
	for (uint32_t i = 0; i < r->nr_segments; i++) {
		uint8_t *page = kept_page(r->queue->disk, r->segment[i].gref);

		if (!page) {
			r->nr_vec = 0;
			return false;
		}
		add_vec(r, page + segment_offset(&r->segment[i]), segment_bytes(&r->segment[i]));
	}
	return true;
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

static int copy(struct request *r, bool to_guest)
{
	xengnttab_grant_copy_segment_t pieces[MAX_SEGMENTS];
	struct back_link *link = r->queue->disk->link;

	for (uint32_t i = 0; i < r->nr_segments; i++) {
		union xengnttab_copy_ptr guest = { 0 }, own = { .virt = buffer_at(r, i) };

		guest.foreign.ref = r->segment[i].gref;
		guest.foreign.offset = (uint16_t)segment_offset(&r->segment[i]);
		guest.foreign.domid = (uint16_t)link->domid;
		pieces[i] = (xengnttab_grant_copy_segment_t){
			.source = to_guest ? own : guest,
			.dest = to_guest ? guest : own,
			.len = (uint16_t)segment_bytes(&r->segment[i]),
			.flags = to_guest ? GNTCOPY_dest_gref : GNTCOPY_source_gref,
		};
	}
	return back_copy(link, pieces, r->nr_segments);
}

static int use_buffer(struct request *r)
{
	r->buffer = get_buffer(r->queue->disk);
	if (!r->buffer)
		return -EAGAIN;
	for (uint32_t i = 0; i < r->nr_segments; i++)
		add_vec(r, buffer_at(r, i), segment_bytes(&r->segment[i]));
	return r->operation == BLKIF_OP_WRITE ? copy(r, false) : 0;
}

/* --- what requests ask for ------------------------------------------------------------------- */

int memory_prepare(struct request *r)
{
	r->nr_vec = 0;
	if (r->queue->disk->config.flags & BLOCK_PERSISTENT && use_kept(r))
		return 0;
	return use_buffer(r);
}

int memory_finish(struct request *r)
{
	return r->buffer ? copy(r, true) : 0;
}

void memory_release(struct request *r)
{
	struct disk *disk = r->queue->disk;

	if (r->buffer)
		disk->buffers[disk->nr_buffers++] = r->buffer;
	r->buffer = NULL;
}

int memory_copy_in(struct disk *disk, grant_ref_t ref, void *to, uint32_t bytes)
{
	/* Through a page, as the copy's own end must not cross one. */
	static uint8_t page[PV_PAGE_SIZE] __attribute__((aligned(PV_PAGE_SIZE)));
	xengnttab_grant_copy_segment_t piece = {
		.dest.virt = page,
		.len = (uint16_t)bytes,
		.flags = GNTCOPY_source_gref,
	};
	int rc;

	piece.source.foreign.ref = ref;
	piece.source.foreign.domid = (uint16_t)disk->link->domid;
	rc = back_copy(disk->link, &piece, 1);
	if (!rc)
		memcpy(to, page, bytes);
	return rc;
}

void memory_free(struct disk *disk)
{
	for (uint32_t i = 0; i < KEPT_BUCKETS; i++) {
		struct kept *k, *next;

		for (k = disk->kept[i]; k; k = next) {
			next = k->next;
			back_unmap(disk->link, k->page, 1);
			free(k);
		}
		disk->kept[i] = NULL;
	}
	disk->nr_kept = 0;
	while (disk->nr_buffers)
		munmap(disk->buffers[--disk->nr_buffers], BUFFER_BYTES);
	disk->nr_made = 0;
}
