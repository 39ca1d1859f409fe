/* SPDX-License-Identifier: MIT */
/*
 * One decompressor on any bytes, checksums ignored so that mutations get past them. The first two
 * bytes choose the room for output, so that its end is met too.
 */
#ifndef UNPACK_FUZZ_H
#define UNPACK_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <hv/decompress.h>
#include "../../hypervisor/lib/decompress/internal.h"

static int fuzz_unpack(int (*unpack)(struct unpack *, void *), const uint8_t *data, size_t size)
{
	struct unpack u = { 0 };
	void *scratch = malloc(decompress_scratch_size());
	size_t cap;
	int rc;

	if (size < 2) {
		free(scratch);
		return 0;
	}
	cap = (size_t)(data[0] | data[1] << 8) * 4;
	/* Scratch memory comes with whatever was there before. */
	memset(scratch, 0xa5, decompress_scratch_size());
	u.in = data + 2;
	u.in_end = data + size;
	u.out = u.out_start = malloc(cap ? cap : 1);
	u.out_end = u.out + cap;
	rc = unpack(&u, scratch);
	if ((rc && !u.why) || u.out > u.out_end || u.in > u.in_end)
		abort();
	free(u.out_start);
	free(scratch);
	return 0;
}

#define FUZZ_UNPACK(function)                                                                      \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);                              \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                               \
	{                                                                                          \
		return fuzz_unpack(function, data, size);                                          \
	}

#endif
