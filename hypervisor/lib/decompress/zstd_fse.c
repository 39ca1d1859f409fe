/* SPDX-License-Identifier: MIT */
/* Zstandard's finite-state-entropy codes: reading their descriptions and building their tables. */
#include "zstd.h"

#define MAX_SYMBOLS 256

/* Bits read forwards, lowest first; zeros behind the end, which the caller notices by `pos`. */
struct front_bits {
	const uint8_t *start, *end;
	size_t pos;
};

static uint32_t front_peek(const struct front_bits *b, unsigned int n)
{
	const uint8_t *p = b->start + b->pos / 8;
	uint32_t v = 0;

	for (unsigned int i = 0; i < 4 && p + i < b->end; i++)
		v |= (uint32_t)p[i] << (8 * i);
	return v >> (b->pos % 8) & ((1u << n) - 1);
}

static bool front_ran_out(const struct front_bits *b)
{
	return b->pos > (size_t)(b->end - b->start) * 8;
}

/* A count + 1 in 0..left + 1: small values take one bit less than large ones. */
static uint32_t read_count(struct front_bits *b, int32_t left)
{
	unsigned int bits = 32 - (unsigned int)__builtin_clz((uint32_t)left + 1);
	uint32_t v = front_peek(b, bits), low = v & ((1u << (bits - 1)) - 1);
	uint32_t spare = (1u << bits) - 2 - (uint32_t)left;

	if (low < spare) {
		b->pos += bits - 1;
		return low;
	}
	b->pos += bits;
	return v >= 1u << (bits - 1) ? v - spare : v;
}

/* After a count of zero: how many more zeros follow, in groups of up to three. */
static unsigned int read_zeros(struct front_bits *b)
{
	unsigned int zeros = 0, group;

	do {
		group = front_peek(b, 2);
		b->pos += 2;
		zeros += group;
	} while (group == 3 && !front_ran_out(b));
	return zeros;
}

int fse_read(struct unpack *u, struct fse_table *t, const uint8_t **in, const uint8_t *end,
	     unsigned int max_log, unsigned int max_symbol)
{
	struct front_bits b = { *in, end, 4 };
	int16_t counts[MAX_SYMBOLS] = { 0 };
	unsigned int log, symbol = 0;
	int32_t left;

	if (*in == end || (log = (**in & 15) + 5u) > max_log)
		return corrupt(u, "the zstd data is damaged: a code's table is too large");
	left = 1 << log;
	while (left > 0 && symbol <= max_symbol && !front_ran_out(&b)) {
		int32_t count = (int32_t)read_count(&b, left) - 1;

		counts[symbol++] = (int16_t)count;
		left -= count < 0 ? 1 : count;
		if (count == 0)
			symbol += read_zeros(&b);
	}
	if (left || symbol > max_symbol + 1 || front_ran_out(&b))
		return corrupt(u, "the zstd data is damaged: a code's counts do not add up");
	*in += (b.pos + 7) / 8;
	if (!fse_build(t, counts, symbol, log))
		return corrupt(u, "the zstd data is damaged: a code cannot be built");
	return 0;
}

/* Symbols with counts are spread over the places that the rare ones, at the top, have left. */
static bool spread(struct fse_table *t, const int16_t *counts, unsigned int nr_symbols)
{
	unsigned int size = 1u << t->log, step = (size >> 1) + (size >> 3) + 3, pos = 0, top = size;

	for (unsigned int s = 0; s < nr_symbols; s++)
		if (counts[s] < 0)
			t->entry[--top].symbol = (uint8_t)s;
	for (unsigned int s = 0; s < nr_symbols; s++)
		for (int i = 0; i < counts[s]; i++) {
			t->entry[pos].symbol = (uint8_t)s;
			do
				pos = (pos + step) & (size - 1);
			while (pos >= top);
		}
	return pos == 0;
}

/* The counts add up to the table's size: the caller's promise, kept by fse_read and the constants.
 */
bool fse_build(struct fse_table *t, const int16_t *counts, unsigned int nr_symbols,
	       unsigned int log)
{
	uint16_t next[MAX_SYMBOLS];

	t->log = log;
	t->valid = false;
	if (!spread(t, counts, nr_symbols))
		return false;
	for (unsigned int s = 0; s < nr_symbols; s++)
		next[s] = (uint16_t)(counts[s] < 0 ? 1 : counts[s]);
	for (unsigned int i = 0; i < 1u << log; i++) {
		struct fse_entry *e = &t->entry[i];
		uint32_t n = next[e->symbol]++;

		e->nr_bits = (uint8_t)(log - (31 - (unsigned int)__builtin_clz(n)));
		e->base = (uint16_t)((n << e->nr_bits) - (1u << log));
	}
	t->valid = true;
	return true;
}

void fse_single(struct fse_table *t, uint8_t symbol)
{
	t->log = 0;
	t->valid = true;
	t->entry[0] = (struct fse_entry){ .symbol = symbol };
}
