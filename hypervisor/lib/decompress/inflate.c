/* SPDX-License-Identifier: MIT */
/*
 * gzip: members of deflate data (RFC 1951, RFC 1952).
 *
 * Codes of up to FAST_BITS bits are found by one look into a table; longer ones, which are rare by
 * nature, by walking the canonical code a bit at a time. Bits are kept in a 64-bit reservoir.
 * Behind the end of the input it is filled with zeros, which are counted: using one of them is the
 * error.
 */
#include "internal.h"

#define MAX_BITS    15
#define FAST_BITS   10
#define NR_LITERALS 288
#define NR_DISTS    32

struct huffman {
	uint16_t fast[1 << FAST_BITS]; /* symbol << 4 | length; 0: longer, or no such code */
	uint16_t count[MAX_BITS + 1];  /* codes of each length */
	uint16_t symbol[NR_LITERALS];  /* in order of code */
};

struct inflate {
	struct huffman literals, dists;
	struct crc32_tables crc32;
	uint8_t lengths[NR_LITERALS + NR_DISTS];
	uint64_t bits;
	unsigned int nr_bits, padding; /* bits at hand; how many of them are made up */
};

size_t gzip_scratch_size(void)
{
	return sizeof(struct inflate);
}

static int damaged(struct unpack *u)
{
	return corrupt(u, "the gzip data is damaged");
}

static int cut_short(struct unpack *u)
{
	return corrupt(u, "the gzip data is cut short");
}

/* Makes at least 56 bits available. */
static always_inline void refill(struct unpack *u, struct inflate *f)
{
	if (in_left(u) >= 8) {
		unsigned int bytes = (63 - f->nr_bits) / 8;

		f->bits |= le64(u->in) << f->nr_bits;
		u->in += bytes;
		f->nr_bits += bytes * 8;
		/* Bits above nr_bits are kept: they are the same bytes that come again. */
		return;
	}
	while (f->nr_bits <= 56) {
		if (u->in < u->in_end)
			f->bits |= (uint64_t)*u->in++ << f->nr_bits;
		else
			f->padding += 8;
		f->nr_bits += 8;
	}
}

static always_inline void drop(struct inflate *f, unsigned int n)
{
	f->bits >>= n;
	f->nr_bits -= n;
}

static always_inline uint32_t take(struct inflate *f, unsigned int n)
{
	uint32_t v = (uint32_t)(f->bits & ((1ull << n) - 1));

	drop(f, n);
	return v;
}

static bool ran_out(const struct inflate *f)
{
	return f->padding > f->nr_bits;
}

static uint32_t reverse(uint32_t code, unsigned int len)
{
	uint32_t r = 0;

	for (; len; len--, code >>= 1)
		r = r << 1 | (code & 1);
	return r;
}

/* Builds a code from its lengths. False if it has more codes than fit, or fewer in a way that
 * deflate does not allow: only a single code of one bit may leave the other half unused. */
static bool build(struct huffman *h, const uint8_t *lengths, unsigned int nr)
{
	uint16_t place[MAX_BITS + 1], code[MAX_BITS + 1];
	uint32_t next = 0, used = 0;
	int32_t room = 1;

	memset(h->count, 0, sizeof(h->count));
	memset(h->fast, 0, sizeof(h->fast));
	for (unsigned int i = 0; i < nr; i++)
		h->count[lengths[i]]++;
	used = nr - h->count[0];
	h->count[0] = 0;
	place[0] = code[0] = 0;
	for (unsigned int len = 1; len <= MAX_BITS; len++) {
		room = 2 * room - h->count[len];
		if (room < 0)
			return false;
		place[len] = (uint16_t)(place[len - 1] + h->count[len - 1]);
		code[len] = (uint16_t)(next = (next + h->count[len - 1]) << 1);
	}
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int len = lengths[i];

		if (!len)
			continue;
		h->symbol[place[len]++] = (uint16_t)i;
		if (len <= FAST_BITS)
			for (uint32_t r = reverse(code[len], len); r < 1u << FAST_BITS;
			     r += 1u << len)
				h->fast[r] = (uint16_t)(i << 4 | len);
		code[len]++;
	}
	return room == 0 || used == 0 || (used == 1 && h->count[1] == 1);
}

static int decode_long(struct inflate *f, const struct huffman *h)
{
	uint32_t code = 0, first = 0, index = 0;
	uint64_t bits = f->bits;

	for (unsigned int len = 1; len <= MAX_BITS; len++, bits >>= 1) {
		uint32_t count = h->count[len];

		code |= bits & 1;
		if (code - first < count) {
			drop(f, len);
			return h->symbol[index + code - first];
		}
		index += count;
		first = (first + count) << 1;
		code <<= 1;
	}
	return -1;
}

/* A symbol, or -1 where no code begins so. At least MAX_BITS bits must be at hand. */
static always_inline int decode(struct inflate *f, const struct huffman *h)
{
	uint32_t entry = h->fast[f->bits & ((1u << FAST_BITS) - 1)];

	if (entry) {
		drop(f, entry & 15);
		return (int)(entry >> 4);
	}
	return decode_long(f, h);
}

static const uint16_t length_base[29] = { 3,  4,  5,  6,   7,	8,   9,	  10,  11, 13,
					  15, 17, 19, 23,  27,	31,  35,  43,  51, 59,
					  67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
					  2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const uint16_t dist_base[30] = { 1,    2,    3,	  4,	 5,	7,    9,    13,
					17,   25,   33,	  49,	 65,	97,   129,  193,
					257,  385,  513,  769,	 1025,	1537, 2049, 3073,
					4097, 6145, 8193, 12289, 16385, 24577 };

/* The literals and matches of one block. One refill serves a whole match: 15 + 5 + 15 + 13 bits. */
static int symbols(struct unpack *u, struct inflate *f, const uint8_t *window)
{
	for (;;) {
		int sym, dsym;
		size_t len, dist;

		refill(u, f);
		sym = decode(f, &f->literals);
		if (sym >= 0 && sym < 256) {
			if (u->out == u->out_end)
				return no_space(u);
			*u->out++ = (uint8_t)sym;
			if (ran_out(f))
				return cut_short(u);
			continue;
		}
		if (sym == 256)
			return ran_out(f) ? cut_short(u) : 0;
		if (sym < 0 || sym > 285)
			return damaged(u);
		len = length_base[sym - 257] + take(f, length_extra[sym - 257]);
		dsym = decode(f, &f->dists);
		if (dsym < 0 || dsym > 29)
			return damaged(u);
		dist = dist_base[dsym] + take(f, dsym < 4 ? 0 : (unsigned int)dsym / 2 - 1);
		if (ran_out(f))
			return cut_short(u);
		if (dist > (size_t)(u->out - window))
			return damaged(u);
		if (len > out_left(u))
			return no_space(u);
		u->out = copy_match(u->out, u->out_end, dist, len);
	}
}

/* Gives whole unread bytes back to the input. */
static bool align_to_byte(struct unpack *u, struct inflate *f)
{
	drop(f, f->nr_bits % 8);
	if (ran_out(f))
		return false;
	u->in -= (f->nr_bits - f->padding) / 8;
	f->bits = 0;
	f->nr_bits = f->padding = 0;
	return true;
}

static int stored_block(struct unpack *u, struct inflate *f)
{
	size_t len;

	if (!align_to_byte(u, f) || in_left(u) < 4)
		return cut_short(u);
	len = le16(u->in);
	if (len != (uint16_t)~le16(u->in + 2))
		return damaged(u);
	u->in += 4;
	if (len > in_left(u))
		return cut_short(u);
	if (len > out_left(u))
		return no_space(u);
	memcpy(u->out, u->in, len);
	u->in += len;
	u->out += len;
	return 0;
}

static void fixed_codes(struct inflate *f)
{
	for (unsigned int i = 0; i < NR_LITERALS; i++)
		f->lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	build(&f->literals, f->lengths, NR_LITERALS);
	memset(f->lengths, 5, NR_DISTS);
	build(&f->dists, f->lengths, NR_DISTS);
}

/* The lengths of both codes, themselves run-length coded with the code in f->dists. */
static bool read_lengths(struct unpack *u, struct inflate *f, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr) {
		unsigned int repeat;
		uint8_t value = 0;
		int sym;

		refill(u, f);
		sym = decode(f, &f->dists);
		if (sym < 0 || ran_out(f))
			return false;
		if (sym < 16) {
			f->lengths[i++] = (uint8_t)sym;
			continue;
		}
		if (sym == 16) {
			if (!i)
				return false;
			value = f->lengths[i - 1];
			repeat = 3 + take(f, 2);
		} else {
			repeat = sym == 17 ? 3 + take(f, 3) : 11 + take(f, 7);
		}
		if (repeat > nr - i)
			return false;
		memset(f->lengths + i, value, repeat);
		i += repeat;
	}
	return true;
}

static int dynamic_codes(struct unpack *u, struct inflate *f)
{
	static const uint8_t order[19] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
					   11, 4,  12, 3, 13, 2, 14, 1, 15 };
	unsigned int nr_lit = 257 + take(f, 5), nr_dist = 1 + take(f, 5), nr_code = 4 + take(f, 4);

	if (nr_lit > 286 || nr_dist > 30)
		return damaged(u);
	memset(f->lengths, 0, 19);
	for (unsigned int i = 0; i < nr_code; i++) {
		refill(u, f);
		f->lengths[order[i]] = (uint8_t)take(f, 3);
	}
	if (!build(&f->dists, f->lengths, 19))
		return damaged(u);
	if (!read_lengths(u, f, nr_lit + nr_dist))
		return ran_out(f) ? cut_short(u) : damaged(u);
	if (!f->lengths[256] || !build(&f->literals, f->lengths, nr_lit) ||
	    !build(&f->dists, f->lengths + nr_lit, nr_dist))
		return damaged(u);
	return 0;
}

static int inflate(struct unpack *u, struct inflate *f)
{
	const uint8_t *window = u->out;
	bool last = false;

	f->bits = 0;
	f->nr_bits = f->padding = 0;
	while (!last) {
		uint32_t type;
		int rc = 0;

		refill(u, f);
		last = take(f, 1);
		type = take(f, 2);
		if (type == 0) {
			rc = stored_block(u, f);
		} else {
			if (type == 1)
				fixed_codes(f);
			else
				rc = type == 2 ? dynamic_codes(u, f) : damaged(u);
			if (!rc)
				rc = symbols(u, f, window);
		}
		if (rc)
			return rc;
	}
	return align_to_byte(u, f) ? 0 : cut_short(u);
}

static bool skip_string(struct unpack *u)
{
	while (in_left(u))
		if (!*u->in++)
			return true;
	return false;
}

static int member_header(struct unpack *u)
{
	enum { HEADER_CRC = 2, EXTRA = 4, NAME = 8, COMMENT = 16, RESERVED = 0xe0 };
	unsigned int flags;

	if (in_left(u) < 10)
		return cut_short(u);
	flags = u->in[3];
	if (u->in[2] != 8 || (flags & RESERVED))
		return corrupt(u, "the gzip header asks for something other than deflate");
	u->in += 10;
	if (flags & EXTRA) {
		size_t len = in_left(u) < 2 ? SIZE_MAX : le16(u->in) + 2u;

		if (len > in_left(u))
			return cut_short(u);
		u->in += len;
	}
	if (((flags & NAME) && !skip_string(u)) || ((flags & COMMENT) && !skip_string(u)))
		return cut_short(u);
	if (flags & HEADER_CRC) {
		if (in_left(u) < 2)
			return cut_short(u);
		u->in += 2;
	}
	return 0;
}

int unpack_gzip(struct unpack *u, void *scratch)
{
	struct inflate *f = scratch;

	crc32_init(&f->crc32);
	do {
		const uint8_t *start = u->out;
		size_t len;
		int rc = member_header(u);

		if (!rc)
			rc = inflate(u, f);
		if (rc)
			return rc;
		if (in_left(u) < 8)
			return cut_short(u);
		len = (size_t)(u->out - start);
		if (!sums_match(crc32(&f->crc32, start, len), le32(u->in)) ||
		    (uint32_t)len != le32(u->in + 4))
			return corrupt(u, "the gzip data is damaged: its checksum does not match");
		u->in += 8;
	} while (in_left(u) >= 2 && u->in[0] == 0x1f && u->in[1] == 0x8b);
	return 0;
}
