/* SPDX-License-Identifier: MIT */
/*
 * The compressions kernels come in, each a function of build.h's unpack_function type.
 *
 * All take the whole input and may be followed by other bytes (a bzImage's size field). They give the
 * size of the output, -ENOSPC if there is no room for it, -ENOMEM, or -EINVAL for damaged input.
 */
#ifndef SERAI_UNPACK_H
#define SERAI_UNPACK_H

#include "build/build.h"

unpack_function unpack_gzip, unpack_bzip2, unpack_xz, unpack_lzma, unpack_lzo, unpack_lz4, unpack_zstd;

#endif
