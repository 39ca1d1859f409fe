/* SPDX-License-Identifier: MIT */
/*
 * Reads a PV guest's P2M list through its tree: a page of frame numbers of pages of frame numbers
 * of the list's pages (arch_shared_info). The guest can change all of it at any time and is not
 * believed: each page is mapped as the guest's own or not at all, and numbers only choose what is
 * mapped next.
 */
#include "domain/guest_p2m.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ENTRIES (PAGE_BYTES / sizeof(xen_pfn_t))
/*
 * Entries that name no frame of the guest's own: invalid, foreign (grants mapped), identity
 * (devices).
 */
#define NOT_OWN ((xen_pfn_t)3 << 62)

struct reader {
	xenforeignmemory_handle *foreign;
	uint32_t domid;
	struct guest_frame *frames;
	uint64_t count, max_pfn;
};

static xen_pfn_t *map_page(const struct reader *reader, xen_pfn_t mfn)
{
	return xenforeignmemory_map(reader->foreign, reader->domid, PROT_READ, 1, &mfn, NULL);
}

static void take_list_page(struct reader *reader, const xen_pfn_t *page, uint64_t first_pfn)
{
	for (uint64_t i = 0; i < ENTRIES && first_pfn + i < reader->max_pfn; i++) {
		xen_pfn_t mfn = *(const volatile xen_pfn_t *)&page[i];

		if (!(mfn & NOT_OWN))
			reader->frames[reader->count++] =
			    (struct guest_frame){ first_pfn + i, mfn };
	}
}

/* One middle page: the numbers of up to 512 pages of the list. */
static int take_middle_page(struct reader *reader, const xen_pfn_t *middle, uint64_t first_pfn)
{
	for (uint64_t i = 0; i < ENTRIES && first_pfn + i * ENTRIES < reader->max_pfn; i++) {
		xen_pfn_t *page = map_page(reader, *(const volatile xen_pfn_t *)&middle[i]);

		if (!page)
			continue; /* a hole of the guest's memory */
		take_list_page(reader, page, first_pfn + i * ENTRIES);
		xenforeignmemory_unmap(reader->foreign, page, 1);
	}
	return 0;
}

static int take_tree(struct reader *reader, xen_pfn_t root)
{
	xen_pfn_t *top = map_page(reader, root);

	if (!top)
		return -errno;
	for (uint64_t i = 0; i < ENTRIES && i * ENTRIES * ENTRIES < reader->max_pfn; i++) {
		xen_pfn_t *middle = map_page(reader, *(volatile xen_pfn_t *)&top[i]);

		if (!middle)
			continue;
		take_middle_page(reader, middle, i * ENTRIES * ENTRIES);
		xenforeignmemory_unmap(reader->foreign, middle, 1);
	}
	xenforeignmemory_unmap(reader->foreign, top, 1);
	return 0;
}

int guest_p2m_read(struct session *session, xenforeignmemory_handle *foreign, uint32_t domid,
		   const shared_info_t *shared_info, uint64_t most, struct guest_frame **frames,
		   uint64_t *count)
{
	struct reader reader = { .foreign = foreign, .domid = domid };
	xen_pfn_t root = *(const volatile xen_pfn_t *)&shared_info->arch.pfn_to_mfn_frame_list_list;
	int error;

	reader.max_pfn = *(const volatile unsigned long *)&shared_info->arch.max_pfn;
	if (!reader.max_pfn || !root || root == ~(xen_pfn_t)0)
		return tell(session, -EAGAIN,
			    "domain %u has not published its frame list (it died too early, or has "
			    "not yet come "
			    "so far): its memory cannot be told apart",
			    domid);
	if (reader.max_pfn > most)
		return tell(session, -EINVAL,
			    "domain %u's frame list is damaged: it claims %llu pages", domid,
			    (unsigned long long)reader.max_pfn);
	reader.frames = malloc(reader.max_pfn * sizeof(*reader.frames));
	if (!reader.frames)
		return tell(session, -ENOMEM, "no memory for the frame list of domain %u", domid);
	error = take_tree(&reader, root);
	if (error || !reader.count) {
		free(reader.frames);
		return tell(session, error ? error : -EINVAL,
			    "domain %u's frame list cannot be read", domid);
	}
	*frames = reader.frames;
	*count = reader.count;
	return 0;
}
