/* SPDX-License-Identifier: MIT */
/* Addresses for what PCI devices want: the largest first, so that nothing is lost between them. */
#include "loader.h"

static void order(struct bar *bar, unsigned int count)
{
	for (unsigned int i = 1; i < count; i++) {
		struct bar moving = bar[i];
		unsigned int to = i;

		for (; to && bar[to - 1].bytes < moving.bytes; to--)
			bar[to] = bar[to - 1];
		bar[to] = moving;
	}
}

static bool place(struct bar *bar, struct window *window)
{
	uint64_t start = (window->start + bar->bytes - 1) & ~(bar->bytes - 1);

	if (start < window->start || start > window->end || window->end - start < bar->bytes)
		return false;
	bar->address = start;
	window->start = start + bar->bytes;
	return true;
}

const struct bar *bars_place(struct bar *bar, unsigned int count, struct window memory,
			     struct window high, struct window io)
{
	order(bar, count);
	for (unsigned int i = 0; i < count; i++) {
		bool placed = place(&bar[i], bar[i].io ? &io : &memory);

		if (!placed && !bar[i].io && bar[i].wide)
			placed = place(&bar[i], &high);
		if (!placed)
			return &bar[i];
	}
	return NULL;
}
