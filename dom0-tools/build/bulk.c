/* SPDX-License-Identifier: MIT */
/*
 * Moves a kernel's tens of megabytes with vector registers.
 *
 * The C library prefers "rep movsb" for blocks of this size, one step per byte where the CPU has no
 * fast microcode for it. A hundred bytes or two at a time are near the best everywhere.
 */
#include "build/build.h"

#include <string.h>

/* Without it the compiler recognises the loops and calls what they replace. */
#define AS_WRITTEN __attribute__((optimize("no-tree-loop-distribute-patterns")))
#define WITH_AVX   __attribute__((target("avx"), optimize("no-tree-loop-distribute-patterns")))

typedef long long block __attribute__((vector_size(16), aligned(1), may_alias));
typedef long long wide_block __attribute__((vector_size(32), aligned(1), may_alias));

/* One step moves eight blocks; the same text for both widths, whose types the compiler must see. */
#define COPY_BLOCKS(type, to, from, steps)                                                         \
	do {                                                                                       \
		type *out = (to);                                                                  \
		const type *in = (from);                                                           \
		for (size_t left = (steps); left; left--, in += 8, out += 8) {                     \
			type a = in[0], b = in[1], c = in[2], d = in[3], e = in[4], f = in[5],     \
			     g = in[6], h = in[7];                                                 \
			out[0] = a;                                                                \
			out[1] = b;                                                                \
			out[2] = c;                                                                \
			out[3] = d;                                                                \
			out[4] = e;                                                                \
			out[5] = f;                                                                \
			out[6] = g;                                                                \
			out[7] = h;                                                                \
		}                                                                                  \
	} while (0)

#define CLEAR_BLOCKS(type, to, steps)                                                              \
	do {                                                                                       \
		type *out = (to);                                                                  \
		const type zero = { 0 };                                                           \
		for (size_t left = (steps); left; left--, out += 8)                                \
			out[0] = out[1] = out[2] = out[3] = out[4] = out[5] = out[6] = out[7] =    \
			    zero;                                                                  \
	} while (0)

#define STEP	  (8 * sizeof(block))
#define WIDE_STEP (8 * sizeof(wide_block))

AS_WRITTEN static size_t copy(void *to, const void *from, size_t bytes)
{
	COPY_BLOCKS(block, to, from, bytes / STEP);
	return bytes / STEP * STEP;
}

WITH_AVX static size_t copy_wide(void *to, const void *from, size_t bytes)
{
	COPY_BLOCKS(wide_block, to, from, bytes / WIDE_STEP);
	return bytes / WIDE_STEP * WIDE_STEP;
}

AS_WRITTEN static size_t clear(void *to, size_t bytes)
{
	CLEAR_BLOCKS(block, to, bytes / STEP);
	return bytes / STEP * STEP;
}

WITH_AVX static size_t clear_wide(void *to, size_t bytes)
{
	CLEAR_BLOCKS(wide_block, to, bytes / WIDE_STEP);
	return bytes / WIDE_STEP * WIDE_STEP;
}

void bulk_copy(void *to, const void *from, size_t bytes)
{
	size_t done =
	    __builtin_cpu_supports("avx") ? copy_wide(to, from, bytes) : copy(to, from, bytes);

	memcpy((uint8_t *)to + done, (const uint8_t *)from + done, bytes - done);
}

void bulk_clear(void *to, size_t bytes)
{
	size_t done = __builtin_cpu_supports("avx") ? clear_wide(to, bytes) : clear(to, bytes);

	memset((uint8_t *)to + done, 0, bytes - done);
}
