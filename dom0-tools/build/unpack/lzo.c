/* SPDX-License-Identifier: MIT */
/*
 * LZO in lzop's file format: a header of optional parts, then blocks of {unpacked size, packed
 * size, check sums, data}, all numbers big-endian, ended by a size of 0.
 */
#include "build/unpack/unpack.h"

#include <errno.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MAX (1 << 20) /* lzop makes 256 KiB, kernels too */

enum {
	ADLER32_OUT = 1 << 0,
	ADLER32_IN = 1 << 1,
	CRC32_OUT = 1 << 8,
	CRC32_IN = 1 << 9,
	FILTER = 1 << 11
};

/* A reader that turns every step past the end into a lasting failure. */
struct reader {
	const uint8_t *at, *end;
	bool failed;
};

static uint32_t number(struct reader *reader, unsigned int bytes)
{
	uint32_t value = 0;

	if (reader->failed || reader->end - reader->at < bytes) {
		reader->failed = true;
		return 0;
	}
	while (bytes--)
		value = value << 8 | *reader->at++;
	return value;
}

static void skip(struct reader *reader, uint32_t bytes)
{
	if (reader->failed || reader->end - reader->at < bytes)
		reader->failed = true;
	else
		reader->at += bytes;
}

/* Leaves the reader at the first block; gives the flags. */
static uint32_t header(struct reader *reader)
{
	uint32_t version, flags;

	skip(reader, 9); /* magic */
	version = number(reader, 2);
	skip(reader, 2);
	if (version >= 0x940)
		skip(reader, 2);
	skip(reader, 1); /* method */
	if (version >= 0x940)
		skip(reader, 1);
	flags = number(reader, 4);
	if (flags & FILTER)
		skip(reader, 4);
	skip(reader, 8); /* mode, time */
	if (version >= 0x940)
		skip(reader, 4);
	skip(reader, number(reader, 1)); /* name */
	skip(reader, 4);		 /* check sum */
	return flags;
}

static unsigned int checksum_bytes(uint32_t flags, bool packed)
{
	unsigned int bytes = (flags & ADLER32_OUT ? 4 : 0) + (flags & CRC32_OUT ? 4 : 0);

	return bytes + (packed && flags & ADLER32_IN ? 4 : 0) +
	       (packed && flags & CRC32_IN ? 4 : 0);
}

static int block(struct reader *reader, uint32_t flags, uint32_t out_bytes, uint8_t *out)
{
	uint32_t in_bytes = number(reader, 4);
	lzo_uint got = out_bytes;

	skip(reader, checksum_bytes(flags, in_bytes < out_bytes));
	if (reader->failed || in_bytes > reader->end - reader->at || in_bytes > out_bytes)
		return -EINVAL;
	if (in_bytes == out_bytes)
		memcpy(out, reader->at, in_bytes);
	else if (lzo1x_decompress_safe(reader->at, in_bytes, out, &got, NULL) != LZO_E_OK ||
		 got != out_bytes)
		return -EINVAL;
	reader->at += in_bytes;
	return 0;
}

static int unpack_blocks(struct reader *reader, uint32_t flags, uint8_t *piece,
			 struct unpack_sink *sink)
{
	uint32_t bytes;

	while ((bytes = number(reader, 4)) != 0) {
		int error = bytes > BLOCK_MAX ? -EINVAL : block(reader, flags, bytes, piece);

		if (!error)
			error = unpack_put(sink, piece, bytes);
		if (error)
			return error;
	}
	return reader->failed || !sink->total ? -EINVAL : 0;
}

int unpack_lzo(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink)
{
	struct reader reader = { in, in + in_bytes, false };
	uint32_t flags = header(&reader);
	uint8_t *piece = malloc(BLOCK_MAX);
	int error = piece ? unpack_blocks(&reader, flags, piece, sink) : -ENOMEM;

	free(piece);
	return error;
}
