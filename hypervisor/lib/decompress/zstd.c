/* SPDX-License-Identifier: MIT */
/*
 * Zstandard frames and their blocks (RFC 8878), without dictionaries.
 *
 * The window is the frame's whole output so far, so a frame's window size matters only as a bound
 * on its blocks.
 */
#include "zstd.h"

#define FRAME_MAGIC	0xfd2fb528u
#define SKIPPABLE_MAGIC 0x184d2a50u /* and the 15 that follow */

enum { BLOCK_RAW, BLOCK_RUN, BLOCK_PACKED };

struct frame {
	uint64_t size; /* UINT64_MAX: not told */
	bool content_sum;
	uint8_t *start;
};

size_t zstd_scratch_size(void)
{
	return sizeof(struct zstd);
}

static int cut_short(struct unpack *u)
{
	return corrupt(u, "the zstd data is cut short");
}

static uint64_t window_size(uint8_t descriptor)
{
	uint64_t base = 1ull << (10 + (descriptor >> 3));

	return base + base / 8 * (descriptor & 7);
}

static uint64_t read_size(const uint8_t *p, size_t bytes)
{
	switch (bytes) {
	case 1:
		return *p;
	case 2:
		return le16(p) + 256u;
	case 4:
		return le32(p);
	default:
		return bytes ? le64(p) : UINT64_MAX;
	}
}

static int frame_header(struct unpack *u, struct zstd *z, struct frame *f)
{
	static const uint8_t id_bytes[4] = { 0, 1, 2, 4 };
	unsigned int flags;
	size_t window_bytes, ids, size_bytes;
	uint64_t window;
	const uint8_t *p;

	if (!in_left(u))
		return cut_short(u);
	flags = *u->in++;
	window_bytes = flags & 0x20 ? 0 : 1;
	ids = id_bytes[flags & 3];
	size_bytes = flags >> 6 ? (size_t)1 << (flags >> 6) : !window_bytes;
	if (in_left(u) < window_bytes + ids + size_bytes)
		return cut_short(u);
	if (flags & 0x08)
		return corrupt(u, "the zstd frame uses options that are not known");
	p = u->in;
	f->size = read_size(p + window_bytes + ids, size_bytes);
	window = window_bytes ? window_size(*p) : f->size;
	for (size_t i = 0; i < ids; i++)
		if (p[window_bytes + i])
			return corrupt(u, "the zstd frame needs a dictionary");
	u->in += window_bytes + ids + size_bytes;
	f->content_sum = flags & 0x04;
	f->start = u->out;
	z->block_max = window < ZSTD_BLOCK_MAX ? (size_t)window : ZSTD_BLOCK_MAX;
	return f->size != UINT64_MAX && f->size > out_left(u) ? no_space(u) : 0;
}

static void frame_start(struct unpack *u, struct zstd *z)
{
	z->window = u->out;
	z->huffman.bits = 0;
	z->lengths.valid = z->offsets.valid = z->matches.valid = false;
	z->rep[0] = 1;
	z->rep[1] = 4;
	z->rep[2] = 8;
}

static int plain_block(struct unpack *u, bool run, size_t size)
{
	if (in_left(u) < (run ? 1 : size))
		return cut_short(u);
	if (size > out_left(u))
		return no_space(u);
	if (run)
		memset(u->out, *u->in, size);
	else
		memcpy(u->out, u->in, size);
	u->in += run ? 1 : size;
	u->out += size;
	return 0;
}

static int packed_block(struct unpack *u, struct zstd *z, size_t size)
{
	const uint8_t *in = u->in, *end = in + size;
	int rc = zstd_literals(u, z, &in, end);

	u->in = end;
	return rc ? rc : zstd_sequences(u, z, in, end);
}

static int block(struct unpack *u, struct zstd *z, bool *last)
{
	uint32_t head;
	size_t size;

	if (in_left(u) < 3)
		return cut_short(u);
	head = (uint32_t)(u->in[0] | u->in[1] << 8 | u->in[2] << 16);
	u->in += 3;
	*last = head & 1;
	size = head >> 3;
	if (size > z->block_max)
		return corrupt(u, "the zstd data is damaged: a block is too large");
	if ((head >> 1 & 3) < BLOCK_PACKED)
		return plain_block(u, (head >> 1 & 3) == BLOCK_RUN, size);
	if ((head >> 1 & 3) > BLOCK_PACKED)
		return corrupt(u, "the zstd data is damaged: a block of unknown kind");
	if (size > in_left(u))
		return cut_short(u);
	return packed_block(u, z, size);
}

static int frame_end(struct unpack *u, const struct frame *f)
{
	size_t len = (size_t)(u->out - f->start);

	if (f->size != UINT64_MAX && f->size != len)
		return corrupt(u, "the zstd frame's size is not what its header says");
	if (!f->content_sum)
		return 0;
	if (in_left(u) < 4)
		return cut_short(u);
	if (!sums_match((uint32_t)xxh64(f->start, len), le32(u->in)))
		return corrupt(u, "the zstd data is damaged: its checksum does not match");
	u->in += 4;
	return 0;
}

static int frame(struct unpack *u, struct zstd *z)
{
	bool last = false;
	struct frame f;
	int rc = frame_header(u, z, &f);

	if (!rc)
		frame_start(u, z);
	while (!rc && !last)
		rc = block(u, z, &last);
	return rc ? rc : frame_end(u, &f);
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

int unpack_zstd(struct unpack *u, void *scratch)
{
	bool any = false;
	int rc = 0;

	while (!rc && in_left(u) >= 4) {
		uint32_t magic = le32(u->in);

		if (magic != FRAME_MAGIC && (magic & ~0xfu) != SKIPPABLE_MAGIC)
			break;
		u->in += 4;
		rc = magic == FRAME_MAGIC ? frame(u, scratch) : skip(u);
		any = true;
	}
	return rc || any ? rc : corrupt(u, "this is no zstd data");
}
