/* SPDX-License-Identifier: MIT */
/*
 * A screen's shared page: how the guest's pixels lie in memory, which frames they are in, and the
 * ring of events that tell what changes.
 *
 * The page is the guest's. Its facts are copied once and checked: afterwards each pixel a geometry
 * names lies in the memory it names. A guest that draws while we look gives a wrong picture of
 * itself, nothing else.
 */
#ifndef FB_PAGE_H
#define FB_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/fbif.h>

#define FB_MAX_SIDE  8192
#define FB_MAX_BYTES (64u << 20)
#define FB_PAGE	     4096u

struct fb_geometry {
	uint32_t width, height, depth; /* pixels, pixels, bits: 8, 16, 24 or 32 */
	uint32_t stride, offset;       /* bytes */
};

struct fb_rect {
	uint32_t x1, y1, x2, y2; /* x2, y2: one beyond; empty if x1 = x2 */
};

struct fb_events {
	struct xenfb_page *page;
	uint32_t cons;
};

/* True if each pixel is within bytes. */
bool fb_geometry_fits(const struct fb_geometry *g, uint32_t bytes);

/*
 * What the page says: the geometry and the framebuffer's size. words: bytes of the guest's unsigned
 * long, 4 or 8.
 * -EINVAL: sizes are absurd or the picture does not fit.
 */
int fb_page_read(const struct xenfb_page *page, unsigned int words, struct fb_geometry *g,
		 uint32_t *bytes);

/* Frames that list the framebuffer's frames; at most most of them. How many. */
uint32_t fb_page_directories(const struct xenfb_page *page, unsigned int words, uint32_t bytes,
			     uint64_t *frames, uint32_t most);
/* Frame numbers in a directory's page, copied. */
void fb_directory_read(const void *directory, unsigned int words, uint64_t *frames, uint32_t nr);

/* The next event, copied. 1: there is one. 0: none. -EIO: the guest's index is impossible. */
int fb_events_take(struct fb_events *events, union xenfb_out_event *event);
/* The guest may have the room of what was taken. */
void fb_events_done(struct fb_events *events);

/* The rectangle an update event names, cut to the screen; false: nothing of it is on it. */
bool fb_update_rect(const struct xenfb_update *update, const struct fb_geometry *g,
		    struct fb_rect *rect);
/* The geometry a resize event names. False: it does not fit into bytes. */
bool fb_resize_geometry(const struct xenfb_resize *resize, uint32_t bytes, struct fb_geometry *g);

void fb_rect_join(struct fb_rect *rect, const struct fb_rect *other);

#endif
