/* SPDX-License-Identifier: MIT */
/*
 * A Zstandard block's sequences: so many literals, then a match, until the block's end. Three codes
 * (literal length, match length, offset) share one backward bit stream.
 */
#include "zstd.h"

#define NR_LENGTH_CODES 36
#define NR_MATCH_CODES	53
#define MAX_OFFSET_CODE 31

/* How a code's table is given. */
enum { PREDEFINED, SINGLE, DESCRIBED, REPEATED };

static const uint32_t length_base[NR_LENGTH_CODES] = {
	0,  1,	2,  3,	4,  5,	6,  7,	8,   9,	  10,  11,   12,   13,	 14,   15,    16,    18,
	20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536,
};
static const uint8_t length_bits[NR_LENGTH_CODES] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,	 0,  0,	 0,  1,	 1,
	1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
};
static const uint32_t match_base[NR_MATCH_CODES] = {
	3,  4,	5,  6,	7,  8,	9,  10,	 11,  12,  13,	 14,   15,   16,   17,	  18,	 19,	20,
	21, 22, 23, 24, 25, 26, 27, 28,	 29,  30,  31,	 32,   33,   34,   35,	  37,	 39,	41,
	43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
};
static const uint8_t match_bits[NR_MATCH_CODES] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,	 0,  0,	 0,  0,	 0,  0,
	0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
};

static const int16_t length_counts[NR_LENGTH_CODES] = {
	4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1,  1,  2,  2,
	2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
};
static const int16_t match_counts[NR_MATCH_CODES] = {
	1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1,	 1,  1,	 1,  1,	 1,  1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
};
static const int16_t offset_counts[29] = {
	1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
};

struct code_kind {
	const int16_t *counts; /* of the predefined table */
	unsigned int nr_counts, log, max_log, max_symbol;
};
static const struct code_kind length_kind = { length_counts, NR_LENGTH_CODES, 6, 9,
					      NR_LENGTH_CODES - 1 };
static const struct code_kind offset_kind = { offset_counts, 29, 5, 8, MAX_OFFSET_CODE };
static const struct code_kind match_kind = { match_counts, NR_MATCH_CODES, 6, 9,
					     NR_MATCH_CODES - 1 };

static int damaged(struct unpack *u)
{
	return corrupt(u, "the zstd data is damaged: bad sequences");
}

static int read_table(struct unpack *u, struct fse_table *t, const struct code_kind *k,
		      unsigned int mode, const uint8_t **in, const uint8_t *end)
{
	switch (mode) {
	case PREDEFINED:
		return fse_build(t, k->counts, k->nr_counts, k->log) ? 0 : damaged(u);
	case SINGLE:
		if (*in == end || **in > k->max_symbol)
			return damaged(u);
		fse_single(t, *(*in)++);
		return 0;
	case DESCRIBED:
		return fse_read(u, t, in, end, k->max_log, k->max_symbol);
	default:
		return t->valid ? 0 : damaged(u);
	}
}

static int read_tables(struct unpack *u, struct zstd *z, const uint8_t **in, const uint8_t *end)
{
	unsigned int modes;
	int rc;

	if (*in == end)
		return damaged(u);
	modes = *(*in)++;
	if (modes & 3)
		return damaged(u);
	rc = read_table(u, &z->lengths, &length_kind, modes >> 6, in, end);
	if (!rc)
		rc = read_table(u, &z->offsets, &offset_kind, modes >> 4 & 3, in, end);
	if (!rc)
		rc = read_table(u, &z->matches, &match_kind, modes >> 2 & 3, in, end);
	return rc;
}

static int read_number(struct unpack *u, const uint8_t **in, const uint8_t *end, uint32_t *nr)
{
	const uint8_t *p = *in;
	ptrdiff_t size = p == end ? 1 : *p < 128 ? 1 : *p < 255 ? 2 : 3;

	if (end - p < size)
		return damaged(u);
	*nr = size == 1 ? p[0] : size == 2 ? (p[0] - 128u) << 8 | p[1] : 0x7f00u + le16(p + 1);
	*in += size;
	return 0;
}

/* The offset a value stands for: 1 to 3 name one of the last three, which then moves to the front.
 */
static uint32_t settle_offset(uint32_t *rep, uint32_t value, bool no_literals)
{
	uint32_t offset, which;

	if (value > 3) {
		offset = value - 3;
		which = 2;
	} else {
		/* Right behind another match the last offset makes no sense: all names shift by
		 * one. */
		which = value - 1 + no_literals;
		offset = which == 3 ? rep[0] - 1 : rep[which];
		if (which == 3)
			which = 2;
	}
	if (which == 2)
		rep[2] = rep[1];
	if (which >= 1)
		rep[1] = rep[0];
	rep[0] = offset;
	return offset;
}

static int put_literals(struct unpack *u, struct zstd *z, size_t nr)
{
	if (nr > z->nr_literals)
		return damaged(u);
	if (nr > out_left(u))
		return no_space(u);
	memcpy(u->out, z->literals, nr);
	u->out += nr;
	z->literals += nr;
	z->nr_literals -= nr;
	return 0;
}

struct sequence {
	uint32_t literals, match;
	uint32_t offset; /* value */
};

static always_inline unsigned int first_state(struct back_bits *b, const struct fse_table *t,
					      const uint8_t *end)
{
	return (unsigned int)back_take(b, t->log, end);
}

static always_inline unsigned int next_state(struct back_bits *b, struct fse_entry e,
					     const uint8_t *end)
{
	return e.base + (unsigned int)back_take(b, e.nr_bits, end);
}

static int run_sequence(struct unpack *u, struct zstd *z, const struct sequence *s,
			const uint8_t *block)
{
	uint32_t offset = settle_offset(z->rep, s->offset, s->literals == 0);
	int rc;

	if ((size_t)s->literals + s->match > z->block_max - (size_t)(u->out - block))
		return damaged(u);
	rc = put_literals(u, z, s->literals);
	if (rc)
		return rc;
	if (!offset || offset > (size_t)(u->out - z->window))
		return damaged(u);
	if (s->match > out_left(u))
		return no_space(u);
	u->out = copy_match(u->out, u->out_end, offset, s->match);
	return 0;
}

static int run_all(struct unpack *u, struct zstd *z, const uint8_t *in, const uint8_t *end,
		   uint32_t nr)
{
	unsigned int length_state, offset_state, match_state;
	const uint8_t *block = u->out;
	struct back_bits b;

	if (!back_bits_init(&b, in, (size_t)(end - in)))
		return damaged(u);
	length_state = first_state(&b, &z->lengths, end);
	offset_state = first_state(&b, &z->offsets, end);
	match_state = first_state(&b, &z->matches, end);
	while (nr--) {
		struct fse_entry le = z->lengths.entry[length_state],
				 oe = z->offsets.entry[offset_state];
		struct fse_entry me = z->matches.entry[match_state];
		struct sequence s;
		int rc;

		s.offset = (1u << oe.symbol) + (uint32_t)back_take(&b, oe.symbol, end);
		s.match =
		    match_base[me.symbol] + (uint32_t)back_take(&b, match_bits[me.symbol], end);
		s.literals =
		    length_base[le.symbol] + (uint32_t)back_take(&b, length_bits[le.symbol], end);
		if (nr) {
			length_state = next_state(&b, le, end);
			match_state = next_state(&b, me, end);
			offset_state = next_state(&b, oe, end);
		}
		if (b.left < 0)
			return damaged(u);
		rc = run_sequence(u, z, &s, block);
		if (rc)
			return rc;
	}
	return b.left == 0 ? 0 : damaged(u);
}

int zstd_sequences(struct unpack *u, struct zstd *z, const uint8_t *in, const uint8_t *end)
{
	const uint8_t *block = u->out;
	uint32_t nr;
	int rc = read_number(u, &in, end, &nr);

	if (rc)
		return rc;
	if (nr) {
		rc = read_tables(u, z, &in, end);
		if (!rc)
			rc = run_all(u, z, in, end, nr);
	} else if (in != end) {
		rc = damaged(u);
	}
	if (!rc && z->nr_literals > z->block_max - (size_t)(u->out - block))
		rc = damaged(u);
	return rc ? rc : put_literals(u, z, z->nr_literals);
}
