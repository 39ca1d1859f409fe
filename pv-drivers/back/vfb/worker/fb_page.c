/* SPDX-License-Identifier: MIT */
/* A screen's shared page: see fb_page.h. */
#include "fb_page.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "pv_shared.h"

/* A 32-bit guest's list follows depth without padding. */
#define DIRECTORIES_32 36u
_Static_assert(offsetof(struct xenfb_page, pd) == 40, "where a 64-bit guest has its list");

bool fb_geometry_fits(const struct fb_geometry *g, uint32_t bytes)
{
	uint64_t row = (uint64_t)g->width * g->depth / 8;

	if (!g->width || !g->height || g->width > FB_MAX_SIDE || g->height > FB_MAX_SIDE)
		return false;
	if (g->depth != 8 && g->depth != 16 && g->depth != 24 && g->depth != 32)
		return false;
	return g->stride >= row && g->offset + (uint64_t)g->stride * (g->height - 1) + row <= bytes;
}

/* Entries of the list that lie before the rings. */
static uint32_t list_room(unsigned int words)
{
	return (XENFB_IN_RING_OFFS - (words == 4 ? DIRECTORIES_32 : 40u)) / words;
}

int fb_page_read(const struct xenfb_page *page, unsigned int words, struct fb_geometry *g,
		 uint32_t *bytes)
{
	struct xenfb_page copy;

	pv_copy(&copy, page, sizeof(copy));
	*g = (struct fb_geometry){
		.width = (uint32_t)copy.width,
		.height = (uint32_t)copy.height,
		.depth = copy.depth,
		.stride = copy.line_length,
	};
	*bytes = copy.mem_length;
	if (*bytes > FB_MAX_BYTES || !fb_geometry_fits(g, *bytes))
		return -EINVAL;
	return (uint64_t)list_room(words) * (FB_PAGE / words) * FB_PAGE < *bytes ? -EINVAL : 0;
}

static uint64_t get_word(const void *list, unsigned int words, uint32_t i)
{
	const char *at = (const char *)list + (size_t)i * words;
	uint64_t wide = 0;

	pv_copy(&wide, at, words);
	return wide;
}

uint32_t fb_page_directories(const struct xenfb_page *page, unsigned int words, uint32_t bytes,
			     uint64_t *frames, uint32_t most)
{
	const char *list = (const char *)page + (words == 4 ? DIRECTORIES_32 : 40u);
	uint32_t covered = FB_PAGE / words * FB_PAGE;
	uint32_t nr = (uint32_t)(((uint64_t)bytes + covered - 1) / covered);

	if (nr > most)
		nr = most;
	for (uint32_t i = 0; i < nr; i++)
		frames[i] = get_word(list, words, i);
	return nr;
}

void fb_directory_read(const void *directory, unsigned int words, uint64_t *frames, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		frames[i] = get_word(directory, words, i);
}

int fb_events_take(struct fb_events *events, union xenfb_out_event *event)
{
	uint32_t waiting = pv_load(&events->page->out_prod) - events->cons;

	if (waiting > XENFB_OUT_RING_LEN)
		return -EIO;
	if (!waiting)
		return 0;
	pv_copy(event, &XENFB_OUT_RING_REF(events->page, events->cons), sizeof(*event));
	events->cons++;
	return 1;
}

void fb_events_done(struct fb_events *events)
{
	pv_store(&events->page->out_cons, events->cons);
}

/* The part of [at, at + size) below limit. */
static bool cut(int32_t at, int32_t size, uint32_t limit, uint32_t *from, uint32_t *to)
{
	int64_t end = (int64_t)at + size;

	if (size <= 0 || end <= 0 || at >= (int64_t)limit)
		return false;
	*from = at < 0 ? 0 : (uint32_t)at;
	*to = end > limit ? limit : (uint32_t)end;
	return true;
}

bool fb_update_rect(const struct xenfb_update *update, const struct fb_geometry *g,
		    struct fb_rect *rect)
{
	return cut(update->x, update->width, g->width, &rect->x1, &rect->x2) &&
	       cut(update->y, update->height, g->height, &rect->y1, &rect->y2);
}

bool fb_resize_geometry(const struct xenfb_resize *resize, uint32_t bytes, struct fb_geometry *g)
{
	*g = (struct fb_geometry){
		.width = (uint32_t)resize->width,
		.height = (uint32_t)resize->height,
		.depth = (uint32_t)resize->depth,
		.stride = (uint32_t)resize->stride,
		.offset = (uint32_t)resize->offset,
	};
	return fb_geometry_fits(g, bytes);
}

void fb_rect_join(struct fb_rect *rect, const struct fb_rect *other)
{
	if (other->x1 == other->x2)
		return;
	if (rect->x1 == rect->x2) {
		*rect = *other;
		return;
	}
	rect->x1 = other->x1 < rect->x1 ? other->x1 : rect->x1;
	rect->y1 = other->y1 < rect->y1 ? other->y1 : rect->y1;
	rect->x2 = other->x2 > rect->x2 ? other->x2 : rect->x2;
	rect->y2 = other->y2 > rect->y2 ? other->y2 : rect->y2;
}
