/* SPDX-License-Identifier: MIT */
/*
 * LZ4 as kernels use it: the old frame format, blocks that unpack to 8 MiB each (the last to less),
 * every one preceded by its packed size.
 */
#include "build/unpack/unpack.h"

#include <errno.h>
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)8 << 20)
#define PACKED_MOST (BLOCK_BYTES + BLOCK_BYTES / 255 + 16) /* of bytes that cannot be packed */

static uint32_t le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int unpack_blocks(const uint8_t *in, const uint8_t *end, uint8_t *window,
			 struct unpack_sink *sink)
{
	while (end - in >= 4) {
		uint32_t packed = le32(in);
		int error;

		/* What follows the last block is the unpacked size. */
		if (end - in == 4 && packed == sink->total)
			break;
		in += 4;
		if (!packed || packed > PACKED_MOST || packed > end - in)
			return -EINVAL;
		error = lz4_unpack_block(in, packed, BLOCK_BYTES, window, sink);
		if (error)
			return error;
		in += packed;
	}
	return sink->total ? 0 : -EINVAL;
}

int unpack_lz4(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink)
{
	uint8_t *window = malloc(LZ4_WINDOW);
	int error = window ? unpack_blocks(in + 4, in + in_bytes, window, sink) : -ENOMEM;

	free(window);
	return error;
}
