/* SPDX-License-Identifier: MIT */
/*
 * The compressions whose libraries read the kernel's form of them as it is: gzip, bzip2, xz, lzma,
 * zstd.
 *
 * All work the same way: step until the end, hand out the piece whenever it is full. A step that
 * neither takes nor gives anything is the end of a cut-off file.
 */
#include "build/unpack/unpack.h"

#include <bzlib.h>
#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

/* A decoder in the middle of its work. step() gives 1 at the end, 0 to go on, or -errno. */
struct decoder {
	int (*step)(struct decoder *decoder);
	union {
		z_stream gzip;
		bz_stream bzip2;
		lzma_stream lzma;
		ZSTD_DCtx *zstd;
	};
	const uint8_t *in;
	size_t in_left;
	uint8_t *out; /* where the next byte goes */
	size_t out_left;
};

static int run(struct decoder *decoder, const uint8_t *in, size_t in_bytes,
	       struct unpack_sink *sink)
{
	uint8_t *piece = malloc(UNPACK_PIECE);
	int done = piece ? 0 : -ENOMEM;

	decoder->in = in;
	decoder->in_left = in_bytes;
	while (!done) {
		size_t before = decoder->in_left, got;
		int error;

		decoder->out = piece;
		decoder->out_left = UNPACK_PIECE;
		do {
			before = decoder->in_left;
			got = decoder->out_left;
			done = decoder->step(decoder);
		} while (!done && decoder->out_left &&
			 (before != decoder->in_left || got != decoder->out_left));
		if (!done && decoder->out_left)
			done = -EINVAL;
		error = unpack_put(sink, piece, UNPACK_PIECE - decoder->out_left);
		if (error && done >= 0)
			done = error;
	}
	free(piece);
	return done < 0 ? done : 0;
}

static int step_gzip(struct decoder *decoder)
{
	z_stream *stream = &decoder->gzip;
	int result;

	stream->next_in = (Bytef *)(uintptr_t)decoder->in;
	stream->avail_in = decoder->in_left;
	stream->next_out = decoder->out;
	stream->avail_out = decoder->out_left;
	result = inflate(stream, Z_NO_FLUSH);
	decoder->in = stream->next_in;
	decoder->in_left = stream->avail_in;
	decoder->out = stream->next_out;
	decoder->out_left = stream->avail_out;
	if (result == Z_STREAM_END)
		return 1;
	return result == Z_OK ? 0 : result == Z_MEM_ERROR ? -ENOMEM : -EINVAL;
}

int unpack_gzip(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink)
{
	struct decoder decoder = { .step = step_gzip };
	int error;

	if (in_bytes > UINT_MAX)
		return -EFBIG;
	if (inflateInit2(&decoder.gzip, 15 + 16) != Z_OK)
		return -ENOMEM;
	error = run(&decoder, in, in_bytes, sink);
	inflateEnd(&decoder.gzip);
	return error;
}

static int step_bzip2(struct decoder *decoder)
{
	bz_stream *stream = &decoder->bzip2;
	int result;

	stream->next_in = (char *)(uintptr_t)decoder->in;
	stream->avail_in = decoder->in_left;
	stream->next_out = (char *)decoder->out;
	stream->avail_out = decoder->out_left;
	result = BZ2_bzDecompress(stream);
	decoder->in = (uint8_t *)stream->next_in;
	decoder->in_left = stream->avail_in;
	decoder->out = (uint8_t *)stream->next_out;
	decoder->out_left = stream->avail_out;
	if (result == BZ_STREAM_END)
		return 1;
	return result == BZ_OK ? 0 : result == BZ_MEM_ERROR ? -ENOMEM : -EINVAL;
}

int unpack_bzip2(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink)
{
	struct decoder decoder = { .step = step_bzip2 };
	int error;

	if (in_bytes > UINT_MAX)
		return -EFBIG;
	if (BZ2_bzDecompressInit(&decoder.bzip2, 0, 0) != BZ_OK)
		return -ENOMEM;
	error = run(&decoder, in, in_bytes, sink);
	BZ2_bzDecompressEnd(&decoder.bzip2);
	return error;
}

/*
 * Memory one stream may ask for: a dictionary of the largest size kernels are made with, and more.
 */
#define LZMA_MEMORY ((uint64_t)512 << 20)

static int step_lzma(struct decoder *decoder)
{
	lzma_stream *stream = &decoder->lzma;
	lzma_ret result;

	stream->next_in = decoder->in;
	stream->avail_in = decoder->in_left;
	stream->next_out = decoder->out;
	stream->avail_out = decoder->out_left;
	result = lzma_code(stream, LZMA_RUN);
	decoder->in = stream->next_in;
	decoder->in_left = stream->avail_in;
	decoder->out = stream->next_out;
	decoder->out_left = stream->avail_out;
	if (result == LZMA_STREAM_END)
		return 1;
	return result == LZMA_OK					   ? 0
	       : result == LZMA_MEM_ERROR || result == LZMA_MEMLIMIT_ERROR ? -ENOMEM
									   : -EINVAL;
}

static int run_lzma(struct decoder *decoder, lzma_ret ready, const uint8_t *in, size_t in_bytes,
		    struct unpack_sink *sink)
{
	int error;

	decoder->step = step_lzma;
	if (ready != LZMA_OK)
		return -ENOMEM;
	error = run(decoder, in, in_bytes, sink);
	lzma_end(&decoder->lzma);
	return error;
}

int unpack_xz(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink)
{
	struct decoder decoder = { .lzma = LZMA_STREAM_INIT };

	return run_lzma(&decoder, lzma_stream_decoder(&decoder.lzma, LZMA_MEMORY, 0), in, in_bytes,
			sink);
}

int unpack_lzma(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink)
{
	struct decoder decoder = { .lzma = LZMA_STREAM_INIT };

	return run_lzma(&decoder, lzma_alone_decoder(&decoder.lzma, LZMA_MEMORY), in, in_bytes,
			sink);
}

static int step_zstd(struct decoder *decoder)
{
	ZSTD_inBuffer input = { decoder->in, decoder->in_left, 0 };
	ZSTD_outBuffer output = { decoder->out, decoder->out_left, 0 };
	size_t left = ZSTD_decompressStream(decoder->zstd, &output, &input);

	decoder->in += input.pos;
	decoder->in_left -= input.pos;
	decoder->out += output.pos;
	decoder->out_left -= output.pos;
	return ZSTD_isError(left) ? -EINVAL : !left;
}

int unpack_zstd(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink)
{
	struct decoder decoder = { .step = step_zstd, .zstd = ZSTD_createDCtx() };
	int error;

	if (!decoder.zstd)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(decoder.zstd, ZSTD_d_windowLogMax, 28);
	error = run(&decoder, in, in_bytes, sink);
	ZSTD_freeDCtx(decoder.zstd);
	return error;
}
