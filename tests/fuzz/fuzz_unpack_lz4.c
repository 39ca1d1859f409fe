// sources: hypervisor/lib/decompress/*.c
// cflags: -DDECOMPRESS_IGNORE_CHECKSUMS
/* SPDX-License-Identifier: MIT */
/* Fuzz target: the lz4 decompressor. */
#include "unpack_fuzz.h"

FUZZ_UNPACK(unpack_lz4)
