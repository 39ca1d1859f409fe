/* SPDX-License-Identifier: MIT */
/*
 * LZ4: the legacy frame that kernels use, a row of blocks of 8 MiB unpacked each; and the modern
 * one. Both hold the same blocks: literals and matches in turns.
 */
#include "internal.h"

#define LEGACY_MAGIC	 0x184c2102u
#define FRAME_MAGIC	 0x184d2204u
#define SKIPPABLE_MAGIC	 0x184d2a50u /* and the 15 that follow */
#define RAW_BLOCK	 0x80000000u
#define LEGACY_BLOCK_MAX (8u << 20)
#define MIN_MATCH	 4

struct lz4_block {
	const uint8_t *in, *in_end;
	uint8_t *out, *limit; /* where it must end */
	const uint8_t *window;
};

static int damaged(struct unpack *u)
{
	return corrupt(u, "the lz4 data is damaged");
}

static int cut_short(struct unpack *u)
{
	return corrupt(u, "the lz4 data is cut short");
}

/* A length of 15 goes on in the bytes that follow, until one is not 255. */
static bool extend(struct lz4_block *b, size_t *len)
{
	uint8_t byte = 255;

	while (byte == 255) {
		if (b->in == b->in_end)
			return false;
		byte = *b->in++;
		*len += byte;
	}
	return true;
}

static bool literals(struct lz4_block *b, size_t len)
{
	if (len > (size_t)(b->in_end - b->in) || len > (size_t)(b->limit - b->out))
		return false;
	memcpy(b->out, b->in, len);
	b->in += len;
	b->out += len;
	return true;
}

static bool match(struct lz4_block *b, size_t len, const uint8_t *out_end)
{
	size_t dist;

	if (b->in_end - b->in < 2)
		return false;
	dist = le16(b->in);
	b->in += 2;
	if (len == 15 && !extend(b, &len))
		return false;
	len += MIN_MATCH;
	if (!dist || dist > (size_t)(b->out - b->window) || len > (size_t)(b->limit - b->out))
		return false;
	b->out = copy_match(b->out, out_end, dist, len);
	return true;
}

/* Unpacks `size` bytes at u->in as one block of up to `max` bytes. */
static int packed_block(struct unpack *u, size_t size, size_t max, const uint8_t *window)
{
	struct lz4_block b = {
		.in = u->in, .in_end = u->in + size, .out = u->out, .window = window
	};
	bool fits = out_left(u) >= max;

	b.limit = fits ? u->out + max : u->out_end;
	for (;;) {
		size_t len;
		uint8_t token;

		if (b.in == b.in_end)
			return damaged(u);
		token = *b.in++;
		len = token >> 4;
		if ((len == 15 && !extend(&b, &len)) || !literals(&b, len))
			break;
		if (b.in == b.in_end) {
			/* A block ends after literals. */
			u->in = b.in;
			u->out = b.out;
			return 0;
		}
		if (!match(&b, token & 15, u->out_end))
			break;
	}
	/* Damage and lack of room look alike here; the latter only where the room was short. */
	return fits ? damaged(u) : no_space(u);
}

static int raw_block(struct unpack *u, size_t size)
{
	if (size > out_left(u))
		return no_space(u);
	memcpy(u->out, u->in, size);
	u->in += size;
	u->out += size;
	return 0;
}

/* No end mark: it ends with the data, or before a last word that a kernel image adds: its size. */
static int legacy_frame(struct unpack *u)
{
	while (in_left(u) > 4) {
		size_t size = le32(u->in);
		int rc;

		if (size == LEGACY_MAGIC) { /* streams may be strung together */
			u->in += 4;
			continue;
		}
		u->in += 4;
		if (!size || size > in_left(u))
			return cut_short(u);
		rc = packed_block(u, size, LEGACY_BLOCK_MAX, u->out);
		if (rc)
			return rc;
	}
	return 0;
}

struct lz4_frame {
	bool independent, block_sum, content_sum, has_size;
	uint64_t size;
	size_t block_max;
	const uint8_t *start; /* of the output */
};

static int frame_header(struct unpack *u, struct lz4_frame *f)
{
	const uint8_t *h = u->in;
	size_t len = 2;

	if (in_left(u) < 3)
		return cut_short(u);
	f->independent = h[0] & 0x20;
	f->block_sum = h[0] & 0x10;
	f->has_size = h[0] & 0x08;
	f->content_sum = h[0] & 0x04;
	if (h[0] >> 6 != 1 || (h[0] & 0x02) || (h[1] & 0x8f) || h[1] >> 4 < 4)
		return corrupt(u, "the lz4 frame header is damaged");
	if (h[0] & 0x01)
		return corrupt(u, "the lz4 frame needs a dictionary");
	f->block_max = (size_t)1 << (8 + 2 * (h[1] >> 4));
	len += f->has_size ? 8 : 0;
	if (in_left(u) < len + 1)
		return cut_short(u);
	f->size = f->has_size ? le64(h + 2) : 0;
	if (!sums_match(xxh32(h, len) >> 8 & 0xff, h[len]))
		return corrupt(u, "the lz4 frame header is damaged");
	u->in += len + 1;
	f->start = u->out;
	return f->size > out_left(u) ? no_space(u) : 0;
}

static int frame_block(struct unpack *u, const struct lz4_frame *f, uint32_t word)
{
	size_t size = word & ~RAW_BLOCK, sum = f->block_sum ? 4 : 0;
	const uint8_t *data = u->in;
	int rc;

	if (size > f->block_max)
		return damaged(u);
	if (size + sum > in_left(u))
		return cut_short(u);
	if (sum && !sums_match(xxh32(data, size), le32(data + size)))
		return corrupt(u, "the lz4 data is damaged: a checksum does not match");
	if (word & RAW_BLOCK)
		rc = raw_block(u, size);
	else
		rc = packed_block(u, size, f->block_max, f->independent ? u->out : f->start);
	u->in = data + size + sum;
	return rc;
}

static int frame(struct unpack *u)
{
	struct lz4_frame f;
	int rc = frame_header(u, &f);

	while (!rc) {
		uint32_t word;

		if (in_left(u) < 4)
			return cut_short(u);
		word = le32(u->in);
		u->in += 4;
		if (!word)
			break;
		rc = frame_block(u, &f, word);
	}
	if (rc)
		return rc;
	if (f.has_size && f.size != (size_t)(u->out - f.start))
		return damaged(u);
	if (!f.content_sum)
		return 0;
	if (in_left(u) < 4)
		return cut_short(u);
	if (!sums_match(xxh32(f.start, (size_t)(u->out - f.start)), le32(u->in)))
		return corrupt(u, "the lz4 data is damaged: its checksum does not match");
	u->in += 4;
	return 0;
}

static int skip(struct unpack *u)
{
	size_t size;

	if (in_left(u) < 4)
		return cut_short(u);
	size = le32(u->in);
	u->in += 4;
	if (size > in_left(u))
		return cut_short(u);
	u->in += size;
	return 0;
}

int unpack_lz4(struct unpack *u, void *scratch)
{
	bool any = false;
	int rc = 0;

	while (!rc && in_left(u) >= 4) {
		uint32_t magic = le32(u->in);

		if (magic != LEGACY_MAGIC && magic != FRAME_MAGIC &&
		    (magic & ~0xfu) != SKIPPABLE_MAGIC)
			break;
		u->in += 4;
		if (magic == LEGACY_MAGIC)
			return legacy_frame(u);
		rc = magic == FRAME_MAGIC ? frame(u) : skip(u);
		any = true;
	}
	return rc || any ? rc : corrupt(u, "this is no lz4 data");
}
