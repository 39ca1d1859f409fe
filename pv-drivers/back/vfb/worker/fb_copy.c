/* SPDX-License-Identifier: MIT */
/* From the guest's pixels to ours: see fb_copy.h. One row at a time, read once. */
#include "fb_copy.h"

#include <string.h>

#include "pv_shared.h"

/* value's bits, spread over eight. */
static uint32_t spread(uint32_t value, unsigned int bits)
{
	return value * 255 / ((1u << bits) - 1);
}

static uint32_t rgb(uint32_t red, uint32_t green, uint32_t blue)
{
	return red | green << 8 | blue << 16;
}

static uint32_t pixel8(uint8_t p)
{
	return rgb(spread(p >> 5, 3), spread(p >> 2 & 7, 3), spread(p & 3, 2));
}

static uint32_t pixel16(uint16_t p)
{
	return rgb(spread(p >> 11, 5), spread(p >> 5 & 63, 6), spread(p & 31, 5));
}

static void convert(uint32_t *to, const uint8_t *from, uint32_t n, uint32_t depth)
{
	for (uint32_t i = 0; i < n; i++, from += depth / 8) {
		switch (depth) {
		case 8:
			to[i] = pixel8(*from);
			break;
		case 16:
			to[i] = pixel16((uint16_t)(from[0] | from[1] << 8));
			break;
		default:
			to[i] = rgb(from[2], from[1], from[0]);
		}
	}
}

static void note(struct fb_rect *changed, uint32_t x1, uint32_t x2, uint32_t y)
{
	struct fb_rect row = { x1, y, x2, y + 1 };

	fb_rect_join(changed, &row);
}

/* Where old and new differ: from the first to one beyond the last. */
static bool differ(const uint32_t *old, const uint32_t *new, uint32_t n, uint32_t *first,
		   uint32_t *last)
{
	*first = 0;
	*last = n;
	if (!memcmp(old, new, n * sizeof(*old)))
		return false;
	while (old[*first] == new[*first])
		++*first;
	while (old[*last - 1] == new[*last - 1])
		--*last;
	return true;
}

bool fb_copy(uint32_t *ours, const uint8_t *memory, const struct fb_geometry *g,
	     const struct fb_rect *rect, struct fb_rect *changed)
{
	uint8_t raw[FB_MAX_SIDE * 4];
	uint32_t row[FB_MAX_SIDE], n = rect->x2 - rect->x1, first, last;

	*changed = (struct fb_rect){ 0 };
	for (uint32_t y = rect->y1; y < rect->y2; y++) {
		const uint8_t *from =
		    memory + g->offset + (size_t)y * g->stride + (size_t)rect->x1 * g->depth / 8;
		uint32_t *to = ours + (size_t)y * g->width + rect->x1;

		pv_copy(raw, from, (size_t)n * g->depth / 8);
		convert(row, raw, n, g->depth);
		if (!differ(to, row, n, &first, &last))
			continue;
		memcpy(to, row, n * sizeof(*row));
		note(changed, rect->x1 + first, rect->x1 + last, y);
	}
	return changed->x1 != changed->x2;
}
