/* SPDX-License-Identifier: MIT */
/*
 * The parts of the Zstandard decoder (RFC 8878): frames and blocks, entropy tables, literals,
 * sequences.
 */
#ifndef DECOMPRESS_ZSTD_H
#define DECOMPRESS_ZSTD_H

#include "internal.h"

#define ZSTD_BLOCK_MAX	  (128u << 10)
#define ZSTD_HUFFMAN_BITS 11
#define ZSTD_FSE_BITS_MAX 9

/* One state of a finite-state-entropy code: what it stands for, and how to get to the next. */
struct fse_entry {
	uint8_t symbol, nr_bits;
	uint16_t base;
};

struct fse_table {
	unsigned int log; /* 1 << log states */
	bool valid;
	struct fse_entry entry[1 << ZSTD_FSE_BITS_MAX];
};

struct huffman_entry {
	uint8_t symbol, nr_bits;
};

struct huffman_table {
	unsigned int bits; /* index width; 0: no table yet */
	struct huffman_entry entry[1 << ZSTD_HUFFMAN_BITS];
};

struct zstd {
	/* Kept from block to block of a frame. */
	struct huffman_table huffman;
	struct fse_table lengths, offsets, matches;
	uint32_t rep[3];
	const uint8_t *window; /* where the frame's output began */
	size_t block_max;

	/* Of one block. */
	const uint8_t *literals;
	size_t nr_literals;
	struct fse_table weights;
	uint8_t literal_buffer[ZSTD_BLOCK_MAX + 8];
};

/*
 * Bits are read backwards, from a stream's last byte, whose highest set bit only marks the end.
 * Bits beyond the stream's first are zeros, and counted: `left` goes negative.
 */
struct back_bits {
	const uint8_t *start; /* the stream's first byte */
	ptrdiff_t left;	      /* bits not read yet */
};

static inline bool back_bits_init(struct back_bits *b, const uint8_t *p, size_t len)
{
	if (!len || !p[len - 1])
		return false;
	b->start = p;
	b->left = (ptrdiff_t)len * 8 - __builtin_clz((uint32_t)p[len - 1]) + 23;
	return true;
}

/* The next n <= 56 bits, without taking them. `readable` is where memory may be read up to. */
static always_inline uint64_t back_peek(const struct back_bits *b, unsigned int n,
					const uint8_t *readable)
{
	ptrdiff_t first = b->left - (ptrdiff_t)n;
	const uint8_t *p;
	uint64_t v = 0;

	if (first >= 0) {
		p = b->start + first / 8;
		if (readable - p >= 8)
			v = le64(p);
		else
			for (ptrdiff_t i = 0; i < readable - p; i++)
				v |= (uint64_t)p[i] << (8 * i);
		return v >> (first % 8) & ((1ull << n) - 1);
	}
	/* Partly or wholly before the start: the missing low bits are zeros. */
	for (ptrdiff_t i = 0; i < b->left; i++)
		v |= (uint64_t)(b->start[i / 8] >> (i % 8) & 1) << i;
	return first <= -56 ? 0 : (v << -first) & ((1ull << n) - 1);
}

static always_inline uint64_t back_take(struct back_bits *b, unsigned int n,
					const uint8_t *readable)
{
	uint64_t v = back_peek(b, n, readable);

	b->left -= n;
	return v;
}

/* Reads a code's description at *in; max_log and max_symbol bound it. 0 or -EINVAL. */
int fse_read(struct unpack *u, struct fse_table *t, const uint8_t **in, const uint8_t *end,
	     unsigned int max_log, unsigned int max_symbol);
/* From counts given: counts[s] is -1 for "less than one". */
bool fse_build(struct fse_table *t, const int16_t *counts, unsigned int nr_symbols,
	       unsigned int log);
/* A code with one symbol. */
void fse_single(struct fse_table *t, uint8_t symbol);

/* Takes the literals section at *in: z->literals and z->nr_literals. */
int zstd_literals(struct unpack *u, struct zstd *z, const uint8_t **in, const uint8_t *end);
/* Takes the sequences section, which reaches to `end`, and writes the block's output. */
int zstd_sequences(struct unpack *u, struct zstd *z, const uint8_t *in, const uint8_t *end);

#endif
