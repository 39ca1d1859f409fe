/* SPDX-License-Identifier: MIT */
/*
 * LZ4 as kernels use it: the old frame format, blocks that unpack to 8 MiB each (the last to less),
 * every one preceded by its packed size.
 */
#include "build/unpack/unpack.h"

#include <errno.h>
#include <lz4.h>

#define BLOCK_BYTES (8 << 20)

static uint32_t le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int64_t unpack_lz4(const uint8_t *in, size_t in_bytes, uint8_t *out, size_t room)
{
	const uint8_t *end = in + in_bytes;
	int64_t total = 0;

	for (in += 4; end - in >= 4;) {
		uint32_t packed = le32(in);
		int block, most = room - total < BLOCK_BYTES ? (int)(room - total) : BLOCK_BYTES;

		/* What follows the last block is the unpacked size. */
		if (end - in == 4 && packed == total)
			break;
		in += 4;
		if (!packed || packed > LZ4_COMPRESSBOUND(BLOCK_BYTES) || packed > end - in)
			return -EINVAL;
		block = LZ4_decompress_safe((const char *)in, (char *)out + total, (int)packed, most);
		if (block < 0)
			return most < BLOCK_BYTES ? -ENOSPC : -EINVAL;
		total += block;
		in += packed;
	}
	return total ? total : -EINVAL;
}
