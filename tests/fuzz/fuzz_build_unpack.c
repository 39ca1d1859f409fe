// sources: dom0-tools/build/unpack/unpack.c dom0-tools/build/unpack/libraries.c dom0-tools/build/unpack/lz4.c dom0-tools/build/unpack/lz4_block.c dom0-tools/build/bulk.c dom0-tools/build/unpack/lzo.c dom0-tools/build/complaint.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include
// libs: -llzma -lzstd -llz4 -lbz2 -llzo2 -lz
/* SPDX-License-Identifier: MIT */
/* Fuzz target: finding and unpacking what a kernel file holds, with 4 MiB of room. */
#include <stdlib.h>
#include "build/build.h"

#define ROOM (4u << 20)

static int put(struct unpack_sink *sink, const uint8_t *bytes, size_t count)
{
	volatile uint8_t sum = 0;

	if (sink->total + count > ROOM)
		abort();
	for (size_t i = 0; i < count; i += 64)
		sum += bytes[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpack_sink sink = { .put = put, .room = ROOM };
	struct complaint why = { "" };
	struct packed_kernel packed;
	const struct unpacker *unpacker;

	if (packed_kernel_find(&packed, data, size, &why)) {
		if (!why.text[0])
			abort();
		return 0;
	}
	if (packed.data < data || packed.bytes > size || packed.data + packed.bytes > data + size)
		abort();
	unpacker = unpacker_for(packed.data, packed.bytes);
	if (unpacker && !unpacker->unpack(packed.data, packed.bytes, &sink) && sink.total > ROOM)
		abort();
	return 0;
}
