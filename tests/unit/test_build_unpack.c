// sources: dom0-tools/build/unpack/unpack.c dom0-tools/build/unpack/libraries.c dom0-tools/build/unpack/lz4.c dom0-tools/build/unpack/lz4_block.c dom0-tools/build/bulk.c dom0-tools/build/unpack/lzo.c dom0-tools/build/complaint.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include
// libs: -llzma -lzstd -llz4 -lbz2 -llzo2 -lz
/* SPDX-License-Identifier: MIT */
/*
 * Every compression kernels come in: packed here with the compression's own library, unpacked by the
 * builder, then cut off, spoilt and given too little room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <zlib.h>
#include <zstd.h>
#include "build/build.h"

/* More than one piece, one LZ4 block (8 MiB) and a bit. */
#define PLAIN_BYTES (9u << 20)
#define PACKED_ROOM (PLAIN_BYTES + PLAIN_BYTES / 8 + 65536)

static uint8_t *plain, *packed, *got;
static size_t packed_bytes;

struct memory_sink {
	struct unpack_sink sink;
	uint8_t *to;
};

static int put(struct unpack_sink *sink, const uint8_t *bytes, size_t count)
{
	memcpy(((struct memory_sink *)sink)->to + sink->total, bytes, count);
	return 0;
}

static void put32(uint32_t value)
{
	for (int i = 0; i < 4; i++)
		packed[packed_bytes++] = value >> 8 * i;
}

static void put_big(uint32_t value, int bytes)
{
	while (bytes--)
		packed[packed_bytes++] = bytes < 4 ? value >> 8 * bytes : 0;
}

static void pack_gzip(void)
{
	z_stream stream = { .next_in = plain, .avail_in = PLAIN_BYTES, .next_out = packed, .avail_out = PACKED_ROOM };

	assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	packed_bytes = stream.total_out;
	deflateEnd(&stream);
}

static void pack_bzip2(void)
{
	unsigned int bytes = PACKED_ROOM;

	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)packed, &bytes, (char *)plain, PLAIN_BYTES, 1, 0, 0), BZ_OK);
	packed_bytes = bytes;
}

static void pack_xz(void)
{
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, plain, PLAIN_BYTES, packed, &packed_bytes,
						 PACKED_ROOM), LZMA_OK);
}

static void pack_lzma(void)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	lzma_lzma_preset(&options, 0);
	assert_int_equal(lzma_alone_encoder(&stream, &options), LZMA_OK);
	stream.next_in = plain;
	stream.avail_in = PLAIN_BYTES;
	stream.next_out = packed;
	stream.avail_out = PACKED_ROOM;
	assert_int_equal(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
	packed_bytes = stream.total_out;
	lzma_end(&stream);
}

static void pack_zstd(void)
{
	packed_bytes = ZSTD_compress(packed, PACKED_ROOM, plain, PLAIN_BYTES, 1);
	assert_false(ZSTD_isError(packed_bytes));
}

static void pack_lz4(void)
{
	put32(0x184c2102);
	for (size_t at = 0; at < PLAIN_BYTES; at += 8 << 20) {
		int part = PLAIN_BYTES - at < 8 << 20 ? PLAIN_BYTES - at : 8 << 20;
		int bytes = LZ4_compress_default((char *)plain + at, (char *)packed + packed_bytes + 4, part,
						 PACKED_ROOM - packed_bytes - 4);

		assert_true(bytes > 0);
		put32(bytes);
		packed_bytes += bytes;
	}
}

static void pack_lzo(void)
{
	static const uint8_t magic[9] = { 0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n' };
	void *work = malloc(LZO1X_1_MEM_COMPRESS);

	memcpy(packed, magic, sizeof(magic));
	packed_bytes = sizeof(magic);
	put_big(0x1030, 2); /* versions: of the program, the library, the one needed */
	put_big(0x2080, 2);
	put_big(0x0940, 2);
	put_big(0x0105, 2); /* method, level */
	put_big(1, 4);	    /* flags: Adler-32 of the contents */
	put_big(0, 12);
	put_big(0, 5); /* no name; check sum */
	for (size_t at = 0; at < PLAIN_BYTES; at += 256 << 10) {
		lzo_uint bytes;
		uint8_t *head = packed + packed_bytes;

		lzo1x_1_compress(plain + at, 256 << 10, head + 12, &bytes, work);
		put_big(256 << 10, 4);
		put_big(bytes < 256 << 10 ? bytes : 256 << 10, 4);
		put_big(0, 4);
		if (bytes >= 256 << 10)
			memcpy(head + 12, plain + at, bytes = 256 << 10);
		packed_bytes += bytes;
	}
	put_big(0, 4);
	free(work);
}

static const struct {
	const char *name;
	void (*pack)(void);
} kinds[] = { { "gzip", pack_gzip }, { "bzip2", pack_bzip2 }, { "xz", pack_xz }, { "lzma", pack_lzma },
	      { "lzo", pack_lzo }, { "lz4", pack_lz4 }, { "zstd", pack_zstd } };
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int unpack(size_t bytes, uint64_t room)
{
	struct memory_sink to = { { put, 0, room }, got };
	uint8_t *copy = malloc(bytes ? bytes : 1); /* exactly so long: reading on is seen */
	const struct unpacker *unpacker;
	int error;

	memcpy(copy, packed, bytes);
	unpacker = unpacker_for(copy, bytes);
	error = unpacker ? unpacker->unpack(copy, bytes, &to.sink) : -ENOEXEC;
	free(copy);
	if (!error && to.sink.total != PLAIN_BYTES)
		return -ERANGE;
	return error;
}

static void pack(unsigned int kind)
{
	packed_bytes = 0;
	kinds[kind].pack();
}

static void what_was_packed_comes_out(void **state)
{
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		pack(i);
		assert_string_equal(unpacker_for(packed, packed_bytes)->name, kinds[i].name);
		memset(got, 0, PLAIN_BYTES);
		assert_int_equal(unpack(packed_bytes, PLAIN_BYTES), 0);
		assert_memory_equal(got, plain, PLAIN_BYTES);
		/* A bzImage's payload ends in the size. */
		put32(PLAIN_BYTES);
		assert_int_equal(unpack(packed_bytes, PLAIN_BYTES), 0);
	}
}

static void too_little_room_is_told(void **state)
{
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		pack(i);
		assert_int_equal(unpack(packed_bytes, PLAIN_BYTES - 1), -ENOSPC);
		assert_int_equal(unpack(packed_bytes, 100), -ENOSPC);
	}
}

static void cut_off_files_are_refused(void **state)
{
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		pack(i);
		for (size_t bytes = packed_bytes; (bytes /= 2) > 0;)
			assert_int_not_equal(unpack(bytes, PLAIN_BYTES), 0);
	}
}

static void spoilt_files_harm_nothing(void **state)
{
	uint8_t *whole = malloc(PACKED_ROOM);

	srand(1);
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		pack(i);
		memcpy(whole, packed, packed_bytes);
		for (unsigned int round = 0; round < 12; round++) {
			memcpy(packed, whole, packed_bytes);
			for (unsigned int hit = 0; hit < 4; hit++)
				packed[16 + rand() % (packed_bytes - 16)] ^= 1 << rand() % 8;
			unpack(packed_bytes, PLAIN_BYTES); /* any answer, no harm */
		}
	}
	free(whole);
}

/* A bzImage around what is packed. */
static size_t wrap(uint8_t *file, uint16_t version, uint32_t offset, uint32_t length)
{
	memset(file, 0, 1024);
	file[0x1f1] = 1;
	memcpy(file + 0x202, "HdrS", 4);
	memcpy(file + 0x206, &version, 2);
	memcpy(file + 0x248, &offset, 4);
	memcpy(file + 0x24c, &length, 4);
	memcpy(file + 1024, packed, packed_bytes);
	return 1024 + packed_bytes;
}

static int find(const uint8_t *file, size_t bytes, struct packed_kernel *found, const char *why)
{
	struct complaint complaint = { "" };
	int error = packed_kernel_find(found, file, bytes, &complaint);

	if (error)
		assert_non_null(strstr(complaint.text, why));
	return error;
}

static void a_bzimage_names_its_payload(void **state)
{
	uint8_t *file = malloc(PACKED_ROOM + 1024);
	struct packed_kernel found;
	size_t bytes;

	pack_lz4();
	put32(PLAIN_BYTES);
	bytes = wrap(file, 0x20f, 0, packed_bytes);
	assert_int_equal(find(file, bytes, &found, ""), 0);
	assert_ptr_equal(found.data, file + 1024);
	assert_int_equal(found.unpacked_bytes, PLAIN_BYTES);
	assert_string_equal(found.container, "bzImage");
	assert_int_equal(find(file, wrap(file, 0x207, 0, packed_bytes), &found, "2.07"), -EOPNOTSUPP);
	assert_int_equal(find(file, wrap(file, 0x20f, 1, packed_bytes), &found, "cut off"), -ENOEXEC);
	assert_int_equal(find(file, wrap(file, 0x20f, 0xfffffff0, 64), &found, "cut off"), -ENOEXEC);
	assert_int_equal(find(file, wrap(file, 0x20f, 0, 0), &found, "cut off"), -ENOEXEC);
	memset(packed + packed_bytes - 4, 0xff, 4);
	assert_int_equal(find(file, wrap(file, 0x20f, 0, packed_bytes), &found, "limit"), -EFBIG);
	free(file);
}

static void what_is_no_kernel_is_told_by_each_loader(void **state)
{
	static const uint8_t text[2048] = "#!/bin/sh\n";
	struct packed_kernel found;

	assert_int_equal(find(text, sizeof(text), &found, "HdrS"), -ENOEXEC);
	assert_int_equal(find(text, 3, &found, "compressed ELF"), -ENOEXEC);
}

static int make_plain(void **state)
{
	plain = malloc(PLAIN_BYTES);
	packed = malloc(PACKED_ROOM);
	got = malloc(PLAIN_BYTES);
	srand(7);
	for (size_t i = 0; i < PLAIN_BYTES; i++)
		plain[i] = i % (1 << 20) < 200000 ? 0 : i % 3 ? "kernel"[i % 6] : rand();
	/* A part of matches of every length and distance, with few or many bytes between. */
	for (size_t i = 3 << 20; i < 5 << 20;) {
		size_t count = rand() % (rand() % 8 ? 40 : 400), distance = 1 + rand() % (rand() % 2 ? 40 : 65535);

		for (; count--; i++)
			plain[i] = plain[i - distance];
		for (count = rand() % (rand() % 8 ? 4 : 400); count--; i++)
			plain[i] = rand();
	}
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_out), cmocka_unit_test(too_little_room_is_told),
		cmocka_unit_test(cut_off_files_are_refused), cmocka_unit_test(spoilt_files_harm_nothing),
		cmocka_unit_test(a_bzimage_names_its_payload), cmocka_unit_test(what_is_no_kernel_is_told_by_each_loader),
	};

	return cmocka_run_group_tests(tests, make_plain, NULL);
}
