// sources: hypervisor/lib/decompress/*.c
/* SPDX-License-Identifier: MIT */
/*
 * The decompressors against the system's compressors: several kinds of data, several settings of
 * each tool, then the same streams cut short, damaged, and with too little room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <hv/decompress.h>
#include <hv/errno.h>

struct blob {
	const char *name;
	uint8_t *data;
	size_t len;
};

#define NR_BLOBS 7
static struct blob blobs[NR_BLOBS];
static char dir[] = "/tmp/serai-unit-XXXXXX";
static void *scratch;

static struct blob read_file(const char *path)
{
	struct blob b = { path, NULL, 0 };
	FILE *f = fopen(path, "rb");
	size_t cap = 0, got;

	assert_non_null(f);
	do {
		if (b.len == cap)
			b.data = realloc(b.data, cap = cap * 2 + 65536);
		got = fread(b.data + b.len, 1, cap - b.len, f);
		b.len += got;
	} while (got);
	fclose(f);
	return b;
}

static const char *path_of(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(path_of(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void make_blob(struct blob *b, const char *name, size_t len, int kind)
{
	b->name = name;
	b->len = len;
	b->data = malloc(len + 1);
	for (size_t i = 0; i < len; i++) {
		if (kind == 0)
			b->data[i] = 0;
		else if (kind == 1)
			b->data[i] = (uint8_t)rand();
		else if (i < 40 || rand() % 50 == 0)
			b->data[i] = (uint8_t)("abcdefgh \n"[rand() % 10]);
		else
			b->data[i] = b->data[i - 1 - (size_t)rand() % (i < 9000 ? i : 9000) % 40];
	}
}

static int setup(void **state)
{
	FILE *self;

	if (!mkdtemp(dir))
		return -1;
	scratch = malloc(decompress_scratch_size());
	memset(scratch, 0xa5, decompress_scratch_size());
	srand(1);
	make_blob(&blobs[0], "empty", 0, 0);
	make_blob(&blobs[1], "one byte", 1, 2);
	make_blob(&blobs[2], "zeros", 300000, 0);
	make_blob(&blobs[3], "random", 200000, 1);
	make_blob(&blobs[4], "repetitive", 700000, 2);
	make_blob(&blobs[5], "short", 100, 2);
	/* Code, for the branch filter: this program. */
	self = fopen("/proc/self/exe", "rb");
	if (!self)
		return -1;
	fclose(self);
	blobs[6] = read_file("/proc/self/exe");
	blobs[6].name = "program";
	return 0;
}

static int teardown(void **state)
{
	char command[120];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	for (int i = 0; i < NR_BLOBS; i++)
		free(blobs[i].data);
	free(scratch);
	return system(command);
}

/* Packs by a shell command that reads standard input; false if the tool or the option is missing.
 */
static bool pack(const char *command, const struct blob *b, struct blob *packed)
{
	char line[400];

	write_file("in", b->data, b->len);
	snprintf(line, sizeof(line), "cd '%s' && { %s; } <in >out 2>err", dir, command);
	if (system(line))
		return false;
	*packed = read_file(path_of("out"));
	return true;
}

/* Buffers of exact size, so that a step beyond is seen. */
static int unpack(const uint8_t *in, size_t in_len, size_t cap, uint8_t **out, size_t *out_len,
		  const char **why)
{
	uint8_t *copy = malloc(in_len ? in_len : 1);
	int rc;

	memcpy(copy, in, in_len);
	*out = malloc(cap ? cap : 1);
	*why = NULL;
	rc = decompress(copy, in_len, *out, cap, out_len, scratch, decompress_scratch_size(), why);
	free(copy);
	return rc;
}

static void expect_blob(const char *command, const struct blob *b, const struct blob *packed,
			size_t cap)
{
	const char *why;
	uint8_t *out;
	size_t len = 0;
	int rc = unpack(packed->data, packed->len, cap, &out, &len, &why);

	if (rc || len != b->len || memcmp(out, b->data, len))
		fail_msg("%s of '%s', %zu of %zu bytes, error %d: %s", command, b->name, len,
			 b->len, rc, why ? why : "none");
	free(out);
}

/* A stream that is not what the packer wrote: any result but a wrong one. */
static void expect_no_harm(const struct blob *b, const uint8_t *in, size_t in_len, bool checked)
{
	const char *why;
	uint8_t *out;
	size_t len = 0;
	int rc = unpack(in, in_len, b->len + 100, &out, &len, &why);

	if (rc)
		assert_non_null(why);
	else if (checked)
		assert_true(len == b->len && !memcmp(out, b->data, len));
	free(out);
}

static void abuse(const struct blob *b, const struct blob *packed, bool checked)
{
	size_t step = packed->len / 60 + 1;
	const char *why;
	uint8_t *out;
	size_t len;

	for (size_t cut = 0; cut < packed->len; cut += step)
		expect_no_harm(b, packed->data, cut, false);
	for (size_t at = 0; at < packed->len; at += step) {
		packed->data[at] ^= (uint8_t)(1 << at % 8);
		expect_no_harm(b, packed->data, packed->len, checked);
		packed->data[at] ^= (uint8_t)(1 << at % 8);
	}
	if (b->len) {
		assert_int_equal(unpack(packed->data, packed->len, b->len - 1, &out, &len, &why),
				 -ENOSPC);
		assert_non_null(why);
		free(out);
	}
}

static void try_tool(const char *const *commands, bool checked, bool appended_size)
{
	int done = 0;

	for (int i = 0; commands[i]; i++) {
		for (int j = 0; j < NR_BLOBS; j++) {
			struct blob packed;

			if (!pack(commands[i], &blobs[j], &packed))
				continue;
			done++;
			expect_blob(commands[i], &blobs[j], &packed, blobs[j].len);
			expect_blob(commands[i], &blobs[j], &packed, blobs[j].len + 1000);
			if (appended_size) {
				/* As in a kernel image. */
				packed.data = realloc(packed.data, packed.len + 4);
				memcpy(packed.data + packed.len,
				       &(uint32_t){ (uint32_t)blobs[j].len }, 4);
				packed.len += 4;
				expect_blob(commands[i], &blobs[j], &packed, blobs[j].len);
				packed.len -= 4;
			}
			if (blobs[j].len < 300000)
				abuse(&blobs[j], &packed, checked);
			free(packed.data);
		}
	}
	if (!done) {
		print_message("the tool is not installed\n");
		skip();
	}
}

static void unpacks_gzip(void **state)
{
	static const char *const commands[] = {
		"gzip -1c",
		"gzip -c",
		"gzip -9c",
		"gzip -c --name in",
		"{ head -c 50 | gzip -c; tail -c +51 in | gzip -c; }",
		NULL
	};

	try_tool(commands, false, true);
}

static void unpacks_xz(void **state)
{
	static const char *const commands[] = {
		"xz -0c",
		"xz -6c --check=crc32",
		"xz -9ec --check=crc64",
		"xz -c --check=crc32 --x86 --lzma2=dict=32MiB",
		"xz -c --x86=start=4096 --lzma2=preset=1",
		"xz -c --lzma2=lc=0,lp=4,pb=4",
		"xz -c --lzma2=lc=4,lp=0,pb=0,nice=273",
		"xz -c --block-size=40000 --x86 --lzma2",
		NULL,
	};

	try_tool(commands, true, true);
}

/* Those that are not verified. */
static void unpacks_xz_with_other_checks(void **state)
{
	static const char *const commands[] = { "xz -c --check=sha256", "xz -c --check=none",
						NULL };

	try_tool(commands, false, true);
}

static void unpacks_lzma(void **state)
{
	static const char *const commands[] = { "lzma -1c", "lzma -9c",
						"xz -c --format=lzma --lzma1=lc=1,lp=2,pb=0",
						NULL };

	try_tool(commands, false, true);
}

static void unpacks_lz4(void **state)
{
	static const char *const commands[] = { "lz4 -1c", "lz4 -9c -B4 -BD",
						"lz4 -c -BX --content-size in",
						"lz4 -12c --no-frame-crc", NULL };

	try_tool(commands, false, true);
}

static void unpacks_lz4_legacy(void **state)
{
	static const char *const commands[] = { "lz4 -lc", "lz4 -l -9c", NULL };

	try_tool(commands, false, true);
}

static void unpacks_zstd(void **state)
{
	static const char *const commands[] = { "zstd -1c",
						"zstd -c in",
						"zstd -19c --no-check",
						"zstd -c --fast=9",
						"zstd --ultra -22c",
						"zstd -c --long=27 in",
						NULL };

	try_tool(commands, false, true);
}

static void names_what_it_refuses(void **state)
{
	static const struct {
		const char *bytes, *word;
		size_t len;
	} cases[] = {
		{ "BZh91AY", "bzip2", 7 },
		{ "\x89LZO\0\r\n", "lzo", 7 },
		{ "\x7f"
		  "ELF",
		  "known", 4 },
		{ "", "known", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why;
		uint8_t *out;
		size_t len;

		assert_int_equal(
		    unpack((const uint8_t *)cases[i].bytes, cases[i].len, 100, &out, &len, &why),
		    -EINVAL);
		assert_non_null(strstr(why, cases[i].word));
		free(out);
	}
}

static void wants_enough_scratch(void **state)
{
	const char *why = NULL;
	uint8_t out[4];
	size_t len;

	assert_int_equal(
	    decompress("\x1f\x8b", 2, out, 4, &len, scratch, decompress_scratch_size() - 1, &why),
	    -ENOMEM);
	assert_non_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unpacks_gzip),
		cmocka_unit_test(unpacks_xz),
		cmocka_unit_test(unpacks_xz_with_other_checks),
		cmocka_unit_test(unpacks_lzma),
		cmocka_unit_test(unpacks_lz4),
		cmocka_unit_test(unpacks_lz4_legacy),
		cmocka_unit_test(unpacks_zstd),
		cmocka_unit_test(names_what_it_refuses),
		cmocka_unit_test(wants_enough_scratch),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
