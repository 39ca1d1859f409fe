/* SPDX-License-Identifier: MIT */
/*
 * LZ4 as kernels use it: the old frame format, blocks that unpack to 8 MiB each (the last to less),
 * every one preceded by its packed size.
 */
#include "build/unpack/unpack.h"

#include <errno.h>
#include <lz4.h>
#include <stdlib.h>

#define BLOCK_BYTES (8 << 20)

static uint32_t le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int unpack_blocks(const uint8_t *in, const uint8_t *end, uint8_t *piece,
			 struct unpack_sink *sink)
{
	while (end - in >= 4) {
		uint32_t packed = le32(in);
		int got, error;

		/* What follows the last block is the unpacked size. */
		if (end - in == 4 && packed == sink->total)
			break;
		in += 4;
		if (!packed || packed > LZ4_COMPRESSBOUND(BLOCK_BYTES) || packed > end - in)
			return -EINVAL;
		got =
		    LZ4_decompress_safe((const char *)in, (char *)piece, (int)packed, BLOCK_BYTES);
		error = got < 0 ? -EINVAL : unpack_put(sink, piece, got);
		if (error)
			return error;
		in += packed;
	}
	return sink->total ? 0 : -EINVAL;
}

int unpack_lz4(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink)
{
	uint8_t *piece = malloc(BLOCK_BYTES);
	int error = piece ? unpack_blocks(in + 4, in + in_bytes, piece, sink) : -ENOMEM;

	free(piece);
	return error;
}
