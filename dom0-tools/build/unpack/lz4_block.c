/* SPDX-License-Identifier: MIT */
/*
 * Unpacks one LZ4 block: a run of sequences, each some literal bytes and then a match, bytes that
 * were there at most 64 KiB before.
 *
 * Nearly all sequences are short. fast() takes those in a few instructions: it copies 16
 * literals and 32 bytes of match whatever the lengths are, which is right because what comes next
 * overwrites the rest, and stops ahead of both ends. careful() takes any one sequence, to the byte.
 * Nothing of the input is believed: an offset may not lead before the block, nor a length beyond
 * its ends.
 *
 * The output goes through a window: when it is full its bytes are handed out, but for the last 64
 * KiB, which move to its front. It is small enough to cost nothing, unlike a buffer for 8 MiB.
 */
#include "build/unpack/unpack.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define HISTORY ((size_t)64 << 10)
#define STEP	((size_t)64 << 10) /* bytes of a long copy between two looks at the window */
#define GRAIN	((size_t)32 << 10) /* handed out by so many, as whoever looks for zeros likes it */
#define MARGIN	64		   /* more than fast() writes or reads too far */
#define LEAST	4		   /* bytes of a match */

_Static_assert(LZ4_WINDOW >= 2 * (HISTORY + GRAIN) + STEP + MARGIN, "there is room after moving");

typedef long long sixteen __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t eight __attribute__((aligned(1), may_alias));
typedef uint16_t two __attribute__((aligned(1), may_alias));

/* How far it has come. */
struct lz4_block {
	const uint8_t *in, *in_end;
	uint8_t *window;
	uint8_t *start; /* the first byte there is in the window: no match is before */
	uint8_t *given; /* the first that is not handed out */
	uint8_t *out;	/* where the next one goes */
	ptrdiff_t left; /* bytes that may be handed out yet; negative: there were more */
	struct unpack_sink *sink;
};

static void copy16(uint8_t *to, const uint8_t *from)
{
	*(sixteen *)to = *(const sixteen *)from;
}

/* At least `count` bytes, up to fifteen more; the two may overlap by what lies sixteen before. */
static void copy_over(uint8_t *to, const uint8_t *from, size_t count)
{
	for (size_t i = 0; i < count; i += sizeof(sixteen))
		copy16(to + i, from + i);
}

/* A match so near that it repeats itself. */
static void repeat(uint8_t *to, size_t offset, size_t count)
{
	const uint8_t *from = to - offset;

	if (offset >= sizeof(eight))
		for (size_t i = 0; i < count; i += sizeof(eight))
			*(eight *)(to + i) = *(const eight *)(from + i);
	else
		for (size_t i = 0; i < count; i++)
			to[i] = from[i];
}

/* The same of a long one: a period of sixteen bytes or more is as good as a shorter one it has
 * whole. */
static void repeat_long(uint8_t *to, size_t offset, size_t count)
{
	size_t done = 0, period = offset < 16 ? (16 + offset - 1) / offset * offset : offset;

	for (; period > offset && done < period && done < count; done++)
		to[done] = to[done - (ptrdiff_t)offset];
	if (done < count)
		copy_over(to + done, to + done - period, count - done);
}

/* Adds a length's further bytes; false at the input's end. */
static bool lengthen(const uint8_t **in, const uint8_t *end, size_t *length)
{
	uint8_t more;

	do {
		if (*in >= end)
			return false;
		more = *(*in)++;
		*length += more;
	} while (more == 255);
	return true;
}

static void fast(struct lz4_block *b)
{
	const uint8_t *in = b->in, *in_stop = b->in_end - MARGIN, *start = b->start;
	uint8_t *out = b->out, *end = b->window + LZ4_WINDOW, *out_stop = end - MARGIN;

	if (b->in_end - b->in < MARGIN)
		return;
	while (in < in_stop && out < out_stop) {
		size_t token = *in, literals = token >> 4, count = token & 15, offset;
		const uint8_t *at = in, *match;
		uint8_t *to = out;

		if (__builtin_expect(token < 15 << 4, 1)) {
			copy16(to, at + 1);
		} else {
			at++;
			if (!lengthen(&at, in_stop, &literals) ||
			    literals >= (size_t)(in_stop - at) ||
			    literals >= (size_t)(out_stop - to))
				break;
			copy_over(to, at--, literals);
		}
		to += literals;
		at += literals;
		offset = *(const two *)(at + 1);
		at += 3;
		match = to - offset;
		if (match < start)
			break;
		if (__builtin_expect(offset >= 16, 1)) {
			copy16(to, match);
			copy16(to + 16, match + 16);
		}
		if (__builtin_expect(count == 15 || offset < 16, 0)) {
			if (!offset || (count == 15 && (!lengthen(&at, in_stop, &count) ||
							count + MARGIN / 2 >= (size_t)(end - to))))
				break;
			if (offset < 16)
				repeat(to, offset, count + LEAST);
			else if (count + LEAST > 32)
				copy_over(to + 32, match + 32, count + LEAST - 32);
		}
		out = to + count + LEAST;
		in = at;
	}
	b->in = in;
	b->out = out;
}

static int hand_out(struct lz4_block *b, size_t count)
{
	int error = -EINVAL;

	b->left -= (ptrdiff_t)count;
	if (b->left >= 0)
		error = unpack_put(b->sink, b->given, count);
	b->given += count;
	return error;
}

/* Sees to it that STEP more bytes fit into the window. */
static int make_room(struct lz4_block *b)
{
	uint8_t *keep;
	size_t moved;
	int error;

	if (b->window + LZ4_WINDOW - b->out >= (ptrdiff_t)(STEP + MARGIN))
		return 0;
	error = hand_out(b, (b->out - b->given) & ~(GRAIN - 1));
	keep = b->out - HISTORY < b->given ? b->out - HISTORY : b->given;
	if (keep < b->start)
		keep = b->start;
	moved = keep - b->window;
	/* Forwards and far enough down; the C library's would move byte by byte. */
	bulk_copy(b->window, keep, b->out - keep);
	b->start = b->window;
	b->given -= moved;
	b->out -= moved;
	return error;
}

static int copy_literals(struct lz4_block *b, size_t count)
{
	while (count) {
		size_t some = count < STEP ? count : STEP;
		int error = make_room(b);

		if (error)
			return error;
		memcpy(b->out, b->in, some);
		b->out += some;
		b->in += some;
		count -= some;
	}
	return 0;
}

static int copy_match(struct lz4_block *b, size_t offset, size_t count)
{
	while (count) {
		size_t some = count < STEP ? count : STEP;
		int error = make_room(b);

		if (error)
			return error;
		if (offset == 1 && !b->out[-1])
			bulk_clear(b->out, some);
		else
			repeat_long(b->out, offset, some);
		b->out += some;
		count -= some;
	}
	return 0;
}

/* One sequence. 1 at the block's end, which is after literals. */
static int careful(struct lz4_block *b)
{
	size_t literals, count, offset;
	int error;

	if (b->in >= b->in_end)
		return -EINVAL;
	literals = *b->in >> 4;
	count = *b->in++ & 15;
	if (literals == 15 && !lengthen(&b->in, b->in_end, &literals))
		return -EINVAL;
	if (literals > (size_t)(b->in_end - b->in))
		return -EINVAL;
	error = copy_literals(b, literals);
	if (error)
		return error;
	if (b->in == b->in_end)
		return 1;
	if (b->in_end - b->in < 2)
		return -EINVAL;
	offset = b->in[0] | (size_t)b->in[1] << 8;
	b->in += 2;
	if (!offset || offset > (size_t)(b->out - b->start) ||
	    (count == 15 && !lengthen(&b->in, b->in_end, &count)))
		return -EINVAL;
	return copy_match(b, offset, count + LEAST);
}

int lz4_unpack_block(const uint8_t *in, size_t bytes, size_t most, uint8_t *window,
		     struct unpack_sink *sink)
{
	struct lz4_block b = { .in = in,
			       .in_end = in + bytes,
			       .window = window,
			       .start = window,
			       .out = window,
			       .given = window,
			       .left = (ptrdiff_t)most,
			       .sink = sink };
	int done;

	do {
		fast(&b);
		done = careful(&b);
	} while (!done);
	return done < 0 ? done : hand_out(&b, b.out - b.given);
}
