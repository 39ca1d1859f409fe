/* SPDX-License-Identifier: MIT */
/*
 * From the guest's pixels to ours: 32 bits each, red in bits 0 to 7, green in 8 to 15, blue in 16
 * to 23, which is libvncserver's own order. Encoders look at pixels more than once, so they get a
 * copy, never the guest's memory.
 */
#ifndef FB_COPY_H
#define FB_COPY_H

#include "fb_page.h"

/*
 * Brings the rectangle of ours (g->width pixels a row) up to the guest's memory and tells which
 * part of it has changed; false: none.
 */
bool fb_copy(uint32_t *ours, const uint8_t *memory, const struct fb_geometry *g,
	     const struct fb_rect *rect, struct fb_rect *changed);

#endif
