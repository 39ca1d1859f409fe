/* SPDX-License-Identifier: MIT */
/* A window of addresses as ranges an MTRR can have: powers of two, at multiples of their sizes. */
#include "loader.h"

unsigned int mtrrs_for(struct window window, struct mtrr *mtrr, unsigned int room)
{
	uint64_t at = window.start;
	unsigned int count = 0;

	while (at < window.end && count < room) {
		uint64_t bytes = at & -at;

		while (bytes > window.end - at)
			bytes >>= 1;
		mtrr[count++] = (struct mtrr){ at, bytes };
		at += bytes;
	}
	return count;
}
