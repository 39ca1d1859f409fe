/* SPDX-License-Identifier: MIT */
/*
 * Moves a kernel's tens of megabytes with vector registers.
 *
 * The C library prefers "rep movsb" for blocks of this size, one step per byte where the CPU has no
 * fast microcode for it. Sixty-four bytes at a time are near the best everywhere.
 */
#include "build/build.h"

#include <string.h>

typedef long long block __attribute__((vector_size(16), aligned(1), may_alias));

/* Without it the compiler recognises the loop and calls what it replaces. */
#define AS_WRITTEN __attribute__((optimize("no-tree-loop-distribute-patterns")))

AS_WRITTEN void bulk_copy(void *to, const void *from, size_t bytes)
{
	block *out = to;
	const block *in = from;
	size_t tail = bytes % 64;

	for (bytes /= 64; bytes; bytes--, in += 4, out += 4) {
		block a = in[0], b = in[1], c = in[2], d = in[3];

		out[0] = a;
		out[1] = b;
		out[2] = c;
		out[3] = d;
	}
	memcpy(out, in, tail);
}

AS_WRITTEN void bulk_clear(void *to, size_t bytes)
{
	block *out = to;
	const block zero = { 0, 0 };
	size_t tail = bytes % 64;

	for (bytes /= 64; bytes; bytes--, out += 4) {
		out[0] = zero;
		out[1] = zero;
		out[2] = zero;
		out[3] = zero;
	}
	memset(out, 0, tail);
}
