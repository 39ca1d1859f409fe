/* SPDX-License-Identifier: MIT */
/* Recognises a compressed image by its first bytes and has the right decoder unpack it. */
#include <hv/decompress.h>
#include "internal.h"

static const struct {
	enum decompress_format format;
	uint8_t len;
	uint8_t bytes[8];
} magics[] = {
	{ DECOMPRESS_GZIP, 2, { 0x1f, 0x8b } },
	{ DECOMPRESS_XZ, 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
	{ DECOMPRESS_LZ4, 4, { 0x02, 0x21, 0x4c, 0x18 } },
	{ DECOMPRESS_LZ4, 4, { 0x04, 0x22, 0x4d, 0x18 } },
	{ DECOMPRESS_ZSTD, 4, { 0x28, 0xb5, 0x2f, 0xfd } },
	{ DECOMPRESS_BZIP2, 3, { 'B', 'Z', 'h' } },
	{ DECOMPRESS_LZO, 5, { 0x89, 'L', 'Z', 'O', 0 } },
};

static const struct {
	int (*unpack)(struct unpack *u, void *scratch);
	const char *refusal; /* where there is no unpack */
} formats[] = {
	[DECOMPRESS_NONE] = { NULL, "the data is not in a known compressed format" },
	[DECOMPRESS_GZIP] = { unpack_gzip, NULL },
	[DECOMPRESS_XZ] = { unpack_xz, NULL },
	[DECOMPRESS_LZMA] = { unpack_lzma, NULL },
	[DECOMPRESS_LZ4] = { unpack_lz4, NULL },
	[DECOMPRESS_ZSTD] = { unpack_zstd, NULL },
	[DECOMPRESS_BZIP2] = { NULL,
			       "bzip2 is not supported: use gzip, xz, lzma, lz4 or zstd" },
	[DECOMPRESS_LZO] = { NULL, "lzo is not supported: use gzip, xz, lzma, lz4 or zstd" },
};

/* No magic: properties byte, a dictionary of 2^n or 2^n + 2^(n-1), a size that is told or not. */
static bool looks_like_lzma(const uint8_t *p, size_t len)
{
	uint32_t dictionary;

	if (len < 18 || p[0] >= 9 * 5 * 5 || p[13] != 0)
		return false;
	dictionary = le32(p + 1);
	dictionary &= dictionary - 1;
	dictionary &= dictionary - 1;
	return le32(p + 1) >= 1u << 12 && !dictionary &&
	       (le64(p + 5) == UINT64_MAX || le64(p + 5) < 1ull << 38);
}

enum decompress_format decompress_detect(const void *in, size_t in_len)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (in_len >= magics[i].len && !memcmp(in, magics[i].bytes, magics[i].len))
			return magics[i].format;
	return looks_like_lzma(in, in_len) ? DECOMPRESS_LZMA : DECOMPRESS_NONE;
}

size_t decompress_scratch_size(void)
{
	size_t sizes[] = { gzip_scratch_size(), xz_scratch_size(), lzma_scratch_size(),
			   zstd_scratch_size() };
	size_t largest = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i] > largest)
			largest = sizes[i];
	return largest;
}

int decompress(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
	       void *scratch, size_t scratch_len, const char **why)
{
	enum decompress_format format = decompress_detect(in, in_len);
	struct unpack u = { .in = in, .out = out, .out_start = out };
	int rc;

	u.in_end = u.in + in_len;
	u.out_end = u.out + out_cap;
	if (!formats[format].unpack) {
		*why = formats[format].refusal;
		return -EINVAL;
	}
	if (scratch_len < decompress_scratch_size()) {
		*why = "too little scratch memory to unpack the image";
		return -ENOMEM;
	}
	rc = formats[format].unpack(&u, scratch);
	if (rc)
		*why = u.why;
	else
		*out_len = (size_t)(u.out - u.out_start);
	return rc;
}
