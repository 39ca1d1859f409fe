/* SPDX-License-Identifier: MIT */
/*
 * A Zstandard block's literals: plain, one byte repeated, or Huffman-coded in one or four streams
 * with a new or the previous table.
 */
#include "zstd.h"

#define WEIGHT_LOG_MAX 6
#define MAX_WEIGHTS    255 /* the last symbol's follows from the others */

enum { RAW, RUN, HUFFMAN, HUFFMAN_AGAIN };

static int damaged(struct unpack *u)
{
	return corrupt(u, "the zstd data is damaged: bad literals");
}

/* Two interleaved states take turns until the stream has been used up; the rest is in the states.
 */
static int read_packed_weights(struct unpack *u, struct zstd *z, const uint8_t *in,
			       const uint8_t *end, uint8_t *weights)
{
	struct fse_table *t = &z->weights;
	struct back_bits b;
	unsigned int state[2], nr = 0;

	if (fse_read(u, t, &in, end, WEIGHT_LOG_MAX, 12) ||
	    !back_bits_init(&b, in, (size_t)(end - in)))
		return -1;
	state[0] = (unsigned int)back_take(&b, t->log, end);
	state[1] = (unsigned int)back_take(&b, t->log, end);
	if (b.left < 0)
		return -1;
	for (unsigned int turn = 0; nr < MAX_WEIGHTS - 1; turn ^= 1) {
		const struct fse_entry *e = &t->entry[state[turn]];

		weights[nr++] = e->symbol;
		if (b.left < e->nr_bits) {
			weights[nr++] = t->entry[state[turn ^ 1]].symbol;
			return (int)nr;
		}
		state[turn] = e->base + (unsigned int)back_take(&b, e->nr_bits, end);
	}
	return -1;
}

/* Takes the weights at *in; how many, or -1. */
static int read_weights(struct unpack *u, struct zstd *z, const uint8_t **in, const uint8_t *end,
			uint8_t *weights)
{
	unsigned int head, len, nr;
	const uint8_t *p;

	if (*in == end)
		return -1;
	head = *(*in)++;
	p = *in;
	nr = head - 127;
	len = head < 128 ? head : (nr + 1) / 2;
	if (len > (size_t)(end - p))
		return -1;
	*in += len;
	if (head < 128)
		return read_packed_weights(u, z, p, p + len, weights);
	for (unsigned int i = 0; i < nr; i++)
		weights[i] = i & 1 ? p[i / 2] & 15 : p[i / 2] >> 4;
	return (int)nr;
}

/* A weight w > 0 stands for 1 << (w - 1) table entries; the last symbol fills up to a power of two.
 */
static bool build_table(struct huffman_table *t, uint8_t *weights, unsigned int nr)
{
	uint32_t sum = 0, rest, start[ZSTD_HUFFMAN_BITS + 2] = { 0 };
	unsigned int bits;

	for (unsigned int i = 0; i < nr; i++) {
		if (weights[i] > ZSTD_HUFFMAN_BITS)
			return false;
		sum += weights[i] ? 1u << (weights[i] - 1) : 0;
	}
	if (!sum || sum >= 1u << ZSTD_HUFFMAN_BITS)
		return false;
	bits = 32 - (unsigned int)__builtin_clz(sum);
	rest = (1u << bits) - sum;
	if (rest & (rest - 1))
		return false;
	weights[nr++] = (uint8_t)(__builtin_ctz(rest) + 1);
	for (unsigned int i = 0; i < nr; i++)
		if (weights[i])
			start[weights[i] + 1] += 1u << (weights[i] - 1);
	for (unsigned int w = 1; w <= bits; w++)
		start[w + 1] += start[w];
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int w = weights[i];

		if (!w)
			continue;
		for (uint32_t n = 1u << (w - 1); n; n--)
			t->entry[start[w]++] =
			    (struct huffman_entry){ (uint8_t)i, (uint8_t)(bits + 1 - w) };
	}
	t->bits = bits;
	return true;
}

static int read_table(struct unpack *u, struct zstd *z, const uint8_t **in, const uint8_t *end)
{
	uint8_t weights[MAX_WEIGHTS + 1];
	int nr = read_weights(u, z, in, end, weights);

	z->huffman.bits = 0;
	if (nr <= 0 || !build_table(&z->huffman, weights, (unsigned int)nr))
		return damaged(u);
	return 0;
}

/* One stream must give exactly `len` bytes and be used up to its first bit. */
static bool decode_stream(const struct huffman_table *t, const uint8_t *in, size_t in_len,
			  uint8_t *out, size_t len, const uint8_t *readable)
{
	const unsigned int bits = t->bits;
	uint8_t *stop = out + len;
	struct back_bits b;

	if (!back_bits_init(&b, in, in_len))
		return false;
	while (stop - out >= 4 && b.left >= 56) {
		/* Four codes of up to 11 bits out of one word. */
		uint64_t v = back_peek(&b, 56, readable) << 8;
		unsigned int used = 0;

		for (int i = 0; i < 4; i++) {
			struct huffman_entry e = t->entry[(v << used) >> (64 - bits)];

			*out++ = e.symbol;
			used += e.nr_bits;
		}
		b.left -= used;
	}
	while (out < stop) {
		struct huffman_entry e = t->entry[back_peek(&b, bits, readable)];

		if (b.left < e.nr_bits)
			return false;
		*out++ = e.symbol;
		b.left -= e.nr_bits;
	}
	return b.left == 0;
}

static bool decode_four(struct zstd *z, const uint8_t *in, size_t in_len, const uint8_t *readable)
{
	size_t part = (z->nr_literals + 3) / 4, used = 6;
	uint8_t *out = z->literal_buffer;

	if (in_len < 6 || 3 * part > z->nr_literals)
		return false;
	for (int i = 0; i < 4; i++) {
		size_t len = i < 3 ? le16(in + 2 * i) : in_len - used;

		if (len > in_len - used ||
		    !decode_stream(&z->huffman, in + used, len, out,
				   i < 3 ? part : z->nr_literals - 3 * part, readable))
			return false;
		used += len;
		out += part;
	}
	return true;
}

static int huffman_literals(struct unpack *u, struct zstd *z, const uint8_t **in,
			    const uint8_t *end)
{
	unsigned int format = **in >> 2 & 3, type = **in & 3;
	unsigned int bits = format < 2	  ? 10
			    : format == 2 ? 14
					  : 18,
		     head = format < 2 ? 3 : format + 2;
	const uint8_t *part_end;
	uint64_t fields = 0;
	size_t packed;
	bool ok;

	if (end - *in < head)
		return damaged(u);
	for (unsigned int i = 0; i < head; i++)
		fields |= (uint64_t)(*in)[i] << (8 * i);
	fields >>= 4;
	z->nr_literals = fields & ((1u << bits) - 1);
	packed = fields >> bits & ((1u << bits) - 1);
	*in += head;
	if (z->nr_literals > z->block_max || packed > (size_t)(end - *in))
		return damaged(u);
	part_end = *in + packed;
	if (type == HUFFMAN && read_table(u, z, in, part_end))
		return -EINVAL;
	if (!z->huffman.bits)
		return damaged(u);
	packed = (size_t)(part_end - *in);
	if (format == 0)
		ok = decode_stream(&z->huffman, *in, packed, z->literal_buffer, z->nr_literals,
				   part_end);
	else
		ok = decode_four(z, *in, packed, part_end);
	*in = part_end;
	z->literals = z->literal_buffer;
	return ok ? 0 : damaged(u);
}

static int plain_literals(struct unpack *u, struct zstd *z, const uint8_t **in, const uint8_t *end)
{
	unsigned int format = **in >> 2 & 3, run = (**in & 3) == RUN;
	size_t head = !(format & 1) ? 1 : format == 1 ? 2 : 3, nr;
	uint32_t fields = 0;

	if ((size_t)(end - *in) < head)
		return damaged(u);
	for (size_t i = 0; i < head; i++)
		fields |= (uint32_t)(*in)[i] << (8 * i);
	nr = fields >> (head == 1 ? 3 : 4);
	*in += head;
	if (nr > z->block_max || (run ? 1 : nr) > (size_t)(end - *in))
		return damaged(u);
	z->nr_literals = nr;
	z->literals = run ? z->literal_buffer : *in;
	if (run)
		memset(z->literal_buffer, **in, nr);
	*in += run ? 1 : nr;
	return 0;
}

int zstd_literals(struct unpack *u, struct zstd *z, const uint8_t **in, const uint8_t *end)
{
	if (*in == end)
		return damaged(u);
	return (**in & 3) >= HUFFMAN ? huffman_literals(u, z, in, end)
				     : plain_literals(u, z, in, end);
}
