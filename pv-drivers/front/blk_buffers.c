/* SPDX-License-Identifier: MIT */
/* A disk's pages: had when needed, granted once or each time, kept until the peer lets go. */
#include "blk_buffers.h"

/* A page for a buffer that has none, granted for the life of the connection. */
static bool fill(struct blk_front *blk, struct blk_buffer *buffer)
{
	buffer->page = pages_alloc(1);
	if (!buffer->page)
		return false;
	if (pv_grants_get(&grants, &blk->device.quota, &buffer->ref)) {
		pages_free(buffer->page, 1);
		buffer->page = NULL;
		return false;
	}
	return true;
}

void blk_put_buffers(struct blk_front *blk, struct blk_slot *slot)
{
	while (slot->nr) {
		struct blk_buffer *buffer = slot->buffers[--slot->nr];

		buffer->next = blk->pool;
		blk->pool = buffer;
	}
}

/* All nr or none. */
bool blk_get_buffers(struct blk_front *blk, struct blk_slot *slot, uint32_t nr)
{
	slot->nr = 0;
	while (slot->nr < nr) {
		struct blk_buffer *buffer = blk->pool;

		if (!buffer || (!buffer->page && !fill(blk, buffer))) {
			blk_put_buffers(blk, slot);
			return false;
		}
		blk->pool = buffer->next;
		slot->buffers[slot->nr++] = buffer;
	}
	return true;
}

/* The page is not ours again before the peer lets go; a buffer so emptied gets a new one. */
static void drop_page(struct blk_buffer *buffer)
{
	if (!buffer->page)
		return;
	if (buffer->granted) {
		front_ungrant(buffer->page, buffer->ref);
	} else {
		pv_grants_put(&grants, buffer->ref);
		pages_free(buffer->page, 1);
	}
	buffer->granted = false;
	buffer->page = NULL;
}

int blk_grant_buffers(struct blk_front *blk, struct blk_slot *slot, bool readonly)
{
	for (uint32_t i = 0; i < slot->nr; i++) {
		struct blk_buffer *buffer = slot->buffers[i];
		int rc;

		if (buffer->granted)
			continue;
		rc = pv_grants_begin(&grants, buffer->ref, blk->device.peer,
				     page_frame(buffer->page), readonly && !blk->facts.persistent);
		if (rc)
			return rc;
		buffer->granted = true;
	}
	return 0;
}

/* After an answer. A backend that did not promise to keep pages must have let go by now. */
void blk_ungrant_buffers(struct blk_front *blk, struct blk_slot *slot)
{
	if (blk->facts.persistent)
		return;
	for (uint32_t i = 0; i < slot->nr; i++) {
		struct blk_buffer *buffer = slot->buffers[i];

		if (buffer->granted && !pv_grants_end(&grants, buffer->ref))
			buffer->granted = false;
		else
			drop_page(buffer);
	}
}

/* So many pages as one request may need are had from the start: then no request waits for ever. */
int blk_make_pool(struct blk_front *blk)
{
	blk->pool = NULL;
	for (uint32_t i = 0; i < BLK_BUFFERS; i++) {
		struct blk_buffer *buffer = &blk->buffers[BLK_BUFFERS - 1 - i];

		buffer->next = blk->pool;
		blk->pool = buffer;
	}
	for (uint32_t i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
		if (!fill(blk, &blk->buffers[i]))
			return -XEN_ENOMEM;
	return 0;
}

void blk_drop_buffers(struct blk_front *blk)
{
	for (uint32_t i = 0; i < BLK_BUFFERS; i++)
		drop_page(&blk->buffers[i]);
	blk->pool = NULL;
}
