/* SPDX-License-Identifier: MIT */
/*
 * The .xz container: one stream of blocks, each LZMA2 with or without the x86 branch filter, a
 * check behind each block, an index and a footer.
 *
 * A block is unpacked whole before its filter is undone in place, so matches see the unfiltered
 * data as they must.
 */
#include "bcj_x86.h"
#include "lzma.h"

#define STREAM_HEADER_SIZE 12
#define FILTER_X86	   0x04
#define FILTER_LZMA2	   0x21

enum xz_check { CHECK_NONE = 0, CHECK_CRC32 = 1, CHECK_CRC64 = 4 };

struct xz {
	struct lzma lzma;
	struct crc32_tables crc32;
	struct crc64_tables crc64;
	unsigned int check;
	uint64_t nr_blocks;
	/* Of the block at hand. */
	bool x86;
	uint32_t x86_start;
	uint64_t packed_size, unpacked_size; /* UINT64_MAX: not told */
};

size_t xz_scratch_size(void)
{
	return sizeof(struct xz);
}

static int cut_short(struct unpack *u)
{
	return corrupt(u, "the xz data is cut short");
}

static unsigned int check_size(unsigned int check)
{
	/* Three kinds share each size; most are not assigned. */
	return check ? 4u << (check - 1) / 3 : 0;
}

/* A number in groups of seven bits, lowest first. False: it is cut off, too long, or has a zero
 * end. */
static bool read_vli(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 63 && *p < end; shift += 7) {
		uint8_t byte = *(*p)++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*value = v;
			return byte || !shift;
		}
	}
	return false;
}

static int stream_header(struct unpack *u, struct xz *x)
{
	static const uint8_t magic[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

	if (in_left(u) < STREAM_HEADER_SIZE)
		return cut_short(u);
	if (memcmp(u->in, magic, sizeof(magic)))
		return corrupt(u, "this is no xz data");
	if (!sums_match(crc32(&x->crc32, u->in + 6, 2), le32(u->in + 8)))
		return corrupt(u, "the xz stream header is damaged");
	if (u->in[6] || u->in[7] > 15)
		return corrupt(u, "the xz stream uses options that are not known");
	x->check = u->in[7];
	if (x->check == CHECK_CRC64)
		crc64_init(&x->crc64);
	u->in += STREAM_HEADER_SIZE;
	return 0;
}

static int filter(struct unpack *u, struct xz *x, const uint8_t **p, const uint8_t *end, bool last)
{
	uint64_t id, size;

	if (!read_vli(p, end, &id) || !read_vli(p, end, &size) || size > (uint64_t)(end - *p))
		return corrupt(u, "an xz block header is damaged");
	if (last) {
		if (id != FILTER_LZMA2 || size != 1 || **p > 40)
			return corrupt(u, "an xz block is not packed by LZMA2");
	} else {
		if (id != FILTER_X86 || (size != 0 && size != 4))
			return corrupt(u, "an xz block uses a filter other than x86");
		x->x86 = true;
		x->x86_start = size ? le32(*p) : 0;
	}
	*p += size;
	return 0;
}

static int block_header(struct unpack *u, struct xz *x)
{
	size_t size = (*u->in + 1u) * 4;
	const uint8_t *p, *end;
	unsigned int flags, nr;
	int rc = 0;

	if (in_left(u) < size)
		return cut_short(u);
	p = u->in + 2;
	end = u->in + size - 4;
	flags = u->in[1];
	nr = (flags & 3) + 1;
	if (!sums_match(crc32(&x->crc32, u->in, size - 4), le32(end)))
		return corrupt(u, "an xz block header is damaged");
	if ((flags & 0x3c) || nr > 2)
		return corrupt(u, "an xz block uses options that are not known");
	x->packed_size = x->unpacked_size = UINT64_MAX;
	if (((flags & 0x40) && !read_vli(&p, end, &x->packed_size)) ||
	    ((flags & 0x80) && !read_vli(&p, end, &x->unpacked_size)))
		return corrupt(u, "an xz block header is damaged");
	x->x86 = false;
	for (unsigned int i = 1; i <= nr && !rc; i++)
		rc = filter(u, x, &p, end, i == nr);
	u->in += size;
	return rc;
}

/* Chunks say what they reset; the bits that must come first are still owed at a block's start. */
struct lzma2 {
	bool need_dictionary, need_properties, need_state;
};

static int raw_chunk(struct unpack *u)
{
	size_t size;

	if (in_left(u) < 2)
		return cut_short(u);
	size = (u->in[0] << 8 | u->in[1]) + 1u;
	u->in += 2;
	if (in_left(u) < size)
		return cut_short(u);
	if (out_left(u) < size)
		return no_space(u);
	memcpy(u->out, u->in, size);
	u->in += size;
	u->out += size;
	return 0;
}

static int chunk_resets(struct unpack *u, struct lzma *l, struct lzma2 *need, unsigned int reset)
{
	if (reset >= 2) {
		if (!in_left(u))
			return cut_short(u);
		if (!lzma_set_properties(l, *u->in++))
			return corrupt(u, "an LZMA2 chunk has impossible properties");
		need->need_properties = false;
	}
	if (reset >= 1) {
		lzma_reset_state(l);
		need->need_state = false;
	}
	if (need->need_properties || need->need_state)
		return corrupt(u, "an LZMA2 chunk lacks its properties");
	return 0;
}

static int lzma_chunk(struct unpack *u, struct lzma *l, struct lzma2 *need, unsigned int control)
{
	size_t unpacked, packed;
	const uint8_t *in_end;
	uint8_t *limit;
	int rc;

	if (in_left(u) < 4)
		return cut_short(u);
	unpacked = ((control & 0x1f) << 16 | u->in[0] << 8 | u->in[1]) + 1u;
	packed = (u->in[2] << 8 | u->in[3]) + 1u;
	u->in += 4;
	rc = chunk_resets(u, l, need, control >> 5 & 3);
	if (rc)
		return rc;
	if (in_left(u) < packed)
		return cut_short(u);
	if (out_left(u) < unpacked)
		return no_space(u);
	if (packed < 5 || !lzma_start(l, u->in))
		return corrupt(u, "an LZMA2 chunk is damaged");
	in_end = u->in + packed;
	limit = u->out + unpacked;
	u->in += 5;
	if (lzma_run(l, u, in_end, limit) != LZMA_STARVED || u->out != limit ||
	    !lzma_finished(l, u, in_end) || u->in != in_end)
		return corrupt(u, "the LZMA2 data is damaged");
	return 0;
}

static int lzma2(struct unpack *u, struct lzma *l)
{
	struct lzma2 need = { true, true, true };

	for (;;) {
		unsigned int control;
		int rc;

		if (!in_left(u))
			return cut_short(u);
		control = *u->in++;
		if (control == 0)
			return 0;
		if (control == 1 || control >= 0xe0) {
			l->window = u->out;
			need = (struct lzma2){ false, true, true };
		}
		if (need.need_dictionary || (control > 2 && control < 0x80))
			return corrupt(u, "an LZMA2 chunk is damaged");
		rc = control < 0x80 ? raw_chunk(u) : lzma_chunk(u, l, &need, control);
		if (rc)
			return rc;
	}
}

static int verify(struct unpack *u, struct xz *x, const uint8_t *data, size_t len)
{
	size_t size = check_size(x->check);
	bool ok = true;

	if (in_left(u) < size)
		return cut_short(u);
	if (x->check == CHECK_CRC32)
		ok = sums_match(crc32(&x->crc32, data, len), le32(u->in));
	else if (x->check == CHECK_CRC64)
		ok = sums_match(crc64(&x->crc64, data, len), le64(u->in));
	u->in += size;
	return ok ? 0 : corrupt(u, "the xz data is damaged: its checksum does not match");
}

static int block(struct unpack *u, struct xz *x)
{
	const uint8_t *packed;
	uint8_t *data = u->out;
	size_t size;
	int rc = block_header(u, x);

	if (rc)
		return rc;
	packed = u->in;
	rc = lzma2(u, &x->lzma);
	if (rc)
		return rc;
	size = (size_t)(u->in - packed);
	if ((x->packed_size != UINT64_MAX && x->packed_size != size) ||
	    (x->unpacked_size != UINT64_MAX && x->unpacked_size != (size_t)(u->out - data)))
		return corrupt(u, "an xz block's size is not what its header says");
	for (; size % 4; size++)
		if (!in_left(u) || *u->in++)
			return cut_short(u);
	if (x->x86)
		bcj_x86_decode(data, (size_t)(u->out - data), x->x86_start);
	x->nr_blocks++;
	return verify(u, x, data, (size_t)(u->out - data));
}

/* The index repeats the blocks' sizes, which have been checked: here its own integrity counts. */
static int stream_index(struct unpack *u, struct xz *x)
{
	const uint8_t *start = u->in, *p = start + 1;
	uint64_t nr, size;
	bool ok = read_vli(&p, u->in_end, &nr) && nr == x->nr_blocks;

	for (uint64_t i = 0; ok && i < nr; i++)
		ok = read_vli(&p, u->in_end, &size) && read_vli(&p, u->in_end, &size);
	while (ok && (p - start) % 4)
		ok = p < u->in_end && *p++ == 0;
	if (!ok || u->in_end - p < 4 ||
	    !sums_match(crc32(&x->crc32, start, (size_t)(p - start)), le32(p)))
		return corrupt(u, "the xz index is damaged or cut short");
	u->in = p + 4;
	return 0;
}

static int stream_footer(struct unpack *u, struct xz *x)
{
	const uint8_t *f = u->in;

	if (in_left(u) < STREAM_HEADER_SIZE)
		return cut_short(u);
	if (!sums_match(crc32(&x->crc32, f + 4, 6), le32(f)) || f[8] || f[9] != x->check ||
	    f[10] != 'Y' || f[11] != 'Z')
		return corrupt(u, "the xz stream footer is damaged");
	u->in += STREAM_HEADER_SIZE;
	return 0;
}

int unpack_xz(struct unpack *u, void *scratch)
{
	struct xz *x = scratch;
	int rc;

	crc32_init(&x->crc32);
	x->nr_blocks = 0;
	rc = stream_header(u, x);
	while (!rc) {
		if (!in_left(u))
			return cut_short(u);
		if (*u->in == 0)
			break;
		rc = block(u, x);
	}
	if (!rc)
		rc = stream_index(u, x);
	return rc ? rc : stream_footer(u, x);
}
