/* SPDX-License-Identifier: MIT */
/* The compressions whose libraries read the kernel's form of them as it is: gzip, bzip2, xz, lzma, zstd. */
#include "build/unpack/unpack.h"

#include <bzlib.h>
#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

/* Libraries count in unsigned int; bigger is not a kernel. */
static bool too_big(size_t in_bytes, size_t room)
{
	return in_bytes > UINT_MAX || room > UINT_MAX;
}

int64_t unpack_gzip(const uint8_t *in, size_t in_bytes, uint8_t *out, size_t room)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)in, .avail_in = in_bytes, .next_out = out, .avail_out = room };
	int64_t result;

	if (too_big(in_bytes, room))
		return -EFBIG;
	if (inflateInit2(&stream, 15 + 16) != Z_OK)
		return -ENOMEM;
	result = inflate(&stream, Z_FINISH);
	if (result == Z_STREAM_END)
		result = stream.total_out;
	else
		result = result == Z_BUF_ERROR && !stream.avail_out ? -ENOSPC : result == Z_MEM_ERROR ? -ENOMEM : -EINVAL;
	inflateEnd(&stream);
	return result;
}

int64_t unpack_bzip2(const uint8_t *in, size_t in_bytes, uint8_t *out, size_t room)
{
	bz_stream stream = { .next_in = (char *)(uintptr_t)in, .avail_in = in_bytes, .next_out = (char *)out,
			     .avail_out = room };
	int64_t result;

	if (too_big(in_bytes, room))
		return -EFBIG;
	if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK)
		return -ENOMEM;
	result = BZ2_bzDecompress(&stream);
	if (result == BZ_STREAM_END)
		result = (int64_t)stream.total_out_hi32 << 32 | stream.total_out_lo32;
	else
		result = result == BZ_OK && !stream.avail_out ? -ENOSPC : result == BZ_MEM_ERROR ? -ENOMEM : -EINVAL;
	BZ2_bzDecompressEnd(&stream);
	return result;
}

/* Memory one stream may ask for: a dictionary of the largest size kernels are made with, and more. */
#define LZMA_MEMORY ((uint64_t)512 << 20)

static int64_t run_lzma(lzma_stream *stream, lzma_ret ready, const uint8_t *in, size_t in_bytes, uint8_t *out, size_t room)
{
	lzma_ret done;
	int64_t result;

	if (ready != LZMA_OK)
		return -ENOMEM;
	stream->next_in = in;
	stream->avail_in = in_bytes;
	stream->next_out = out;
	stream->avail_out = room;
	done = lzma_code(stream, LZMA_RUN);
	/* The size field may follow the stream of an lzma file that has no end mark of its own. */
	if (done == LZMA_STREAM_END || (done == LZMA_OK && !stream->avail_out))
		result = stream->total_out;
	else
		result = done == LZMA_MEM_ERROR || done == LZMA_MEMLIMIT_ERROR ? -ENOMEM : -EINVAL;
	if (done == LZMA_OK && !stream->avail_out && stream->avail_in > 8)
		result = -ENOSPC;
	lzma_end(stream);
	return result;
}

int64_t unpack_xz(const uint8_t *in, size_t in_bytes, uint8_t *out, size_t room)
{
	lzma_stream stream = LZMA_STREAM_INIT;

	return run_lzma(&stream, lzma_stream_decoder(&stream, LZMA_MEMORY, 0), in, in_bytes, out, room);
}

int64_t unpack_lzma(const uint8_t *in, size_t in_bytes, uint8_t *out, size_t room)
{
	lzma_stream stream = LZMA_STREAM_INIT;

	return run_lzma(&stream, lzma_alone_decoder(&stream, LZMA_MEMORY), in, in_bytes, out, room);
}

int64_t unpack_zstd(const uint8_t *in, size_t in_bytes, uint8_t *out, size_t room)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer input = { in, in_bytes, 0 };
	ZSTD_outBuffer output = { out, room, 0 };
	int64_t result = -EINVAL;
	size_t left;

	if (!context)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 28);
	do {
		left = ZSTD_decompressStream(context, &output, &input);
	} while (left && !ZSTD_isError(left) && input.pos < in_bytes && output.pos < room);
	if (!left)
		result = output.pos;
	else if (!ZSTD_isError(left) && output.pos == room)
		result = -ENOSPC;
	ZSTD_freeDCtx(context);
	return result;
}
