/* SPDX-License-Identifier: MIT */
/*
 * The compressions kernels come in, each a function of build.h's unpack_function type.
 *
 * All take the whole input, which may be followed by other bytes (a bzImage's size field), and hand
 * out the contents piece by piece: memory does not grow with the kernel.
 */
#ifndef SERAI_UNPACK_H
#define SERAI_UNPACK_H

#include "build/build.h"

#define UNPACK_PIECE ((size_t)256 << 10)

unpack_function unpack_gzip, unpack_bzip2, unpack_xz, unpack_lzma, unpack_lzo, unpack_lz4,
    unpack_zstd;

/* Hands out `count` bytes, unless that is more than there is room for. */
int unpack_put(struct unpack_sink *sink, const uint8_t *bytes, size_t count);

/*
 * A block of LZ4, through a window of LZ4_WINDOW bytes. -EINVAL: it is damaged, or unpacks to more
 * than `most`; or what unpack_put says.
 */
#define LZ4_WINDOW ((size_t)320 << 10)
int lz4_unpack_block(const uint8_t *in, size_t bytes, size_t most, uint8_t *window,
		     struct unpack_sink *sink);

#endif
