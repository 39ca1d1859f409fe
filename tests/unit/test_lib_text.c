// sources: hypervisor/lib/vsnprintf.c hypervisor/lib/parse.c hypervisor/lib/strlcpy.c
/* SPDX-License-Identifier: MIT */
/* printf against the host's, number parsing and strlcpy by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <hv/errno.h>
#include <hv/parse.h>
#include <hv/printf.h>
#include <hv/string.h>

#pragma GCC diagnostic ignored "-Wformat" /* combinations nobody should write must still agree */

#define SAME(...)                                                                                  \
	do {                                                                                       \
		char theirs_[300], ours_[300];                                                     \
		int wanted_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);                     \
		assert_int_equal(hv_snprintf(ours_, sizeof(ours_), __VA_ARGS__), wanted_);         \
		assert_string_equal(ours_, theirs_);                                               \
	} while (0)

static void prints_as_the_c_library(void **state)
{
	SAME("plain %% text");
	SAME("%5d|%-5d|%05d|%+d|% d|%.3d|%8.3d", 1, 2, -3, 4, 5, 6, -7);
	SAME("%#x %#X %x %o %#o %#lx", 255, 255, 0, 8, 8, 1ul << 63);
	SAME("%s|%10s|%-10s|%.2s|%*s|%-*s|%.*s", "a", "b", "c", "def", 5, "x", -5, "w", 1, "yz");
	SAME("%c|%5c|%-5c|", 'a', 'b', 'c');
	SAME("%hhd %hd %hhu %hu %ld %lld %zu %td", 300, 70000, 300, 70000, -1l, -2ll, (size_t)3,
	     (ptrdiff_t)-3);
	SAME("%p %.0d|%5.0x|%-08d|%+08d|%d", (void *)0x1234, 0, 0, 3, 4, INT32_MIN);
	SAME("%lld %llu %llx", (long long)INT64_MIN, UINT64_MAX + 0ull, UINT64_MAX + 0ull);
	SAME("%#010x|%#6o|%#.3o|%08lx|%016lx", 0x1f, 8, 8, 0xbeeful, ~0ul);
}

static void never_writes_past_the_end(void **state)
{
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	assert_int_equal(hv_snprintf(buf, 4, "%s", "abcdef"), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(buf[4], 'x');
	assert_int_equal(hv_snprintf(buf, 0, "%d", 12345), 5);
	assert_int_equal(buf[0], 'a');
	assert_int_equal(hv_snprintf(NULL, 0, "%100d", 1), 100);
	assert_int_equal(hv_snprintf(buf, 1, "%s", "abc"), 3);
	assert_string_equal(buf, "");
}

static void odd_formats_are_harmless(void **state)
{
	char buf[40];

	hv_snprintf(buf, sizeof(buf), "%s", (char *)NULL);
	assert_string_equal(buf, "(null)");
	hv_snprintf(buf, sizeof(buf), "%y %");
	assert_string_equal(buf, "%y %");
	assert_in_range(hv_snprintf(buf, sizeof(buf), "%999999999999d", 1), 1, 5000);
}

static const struct {
	const char *text;
	int rc;
	uint64_t value;
	size_t used;
} sizes[] = {
	{ "512M", 0, 512ull << 20, 4 },
	{ "1G", 0, 1ull << 30, 2 },
	{ "0x10", 0, 16, 4 },
	{ "0x10k,max:2G", 0, 16 << 10, 5 },
	{ "3t", 0, 3ull << 40, 2 },
	{ "7B", 0, 7, 2 },
	{ "077", 0, 63, 3 },
	{ "0", 0, 0, 1 },
	{ "12Q", 0, 12, 2 },
	{ "", -EINVAL, 0, 0 },
	{ "M", -EINVAL, 0, 0 },
	{ "-1", -EINVAL, 0, 0 },
	{ " 1", -EINVAL, 0, 0 },
	{ "16777216T", -ERANGE, 0, 0 },
	{ "18446744073709551615", 0, UINT64_MAX, 20 },
	{ "18446744073709551616", -ERANGE, 0, 0 },
};

static void parses_sizes(void **state)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *end;
		uint64_t v = 0;

		assert_int_equal(parse_size(sizes[i].text, &end, &v), sizes[i].rc);
		assert_int_equal(v, sizes[i].value);
		assert_ptr_equal(end, sizes[i].text + sizes[i].used);
	}
}

static void wants_all_of_the_text_without_end(void **state)
{
	uint64_t v = 1;

	assert_int_equal(parse_size("12Q", NULL, &v), -EINVAL);
	assert_int_equal(v, 1);
	assert_int_equal(parse_u64("ff", NULL, 16, &v), 0);
	assert_int_equal(v, 255);
	assert_int_equal(parse_u64("0xff", NULL, 16, &v), 0);
	assert_int_equal(parse_u64("0x", NULL, 0, &v), -EINVAL);
	assert_int_equal(parse_size_unit("4", NULL, 10, &v), 0);
	assert_int_equal(v, 4096);
	assert_int_equal(parse_size_unit("4b", NULL, 10, &v), 0);
	assert_int_equal(v, 4);
}

static void strlcpy_truncates(void **state)
{
	char buf[4] = "zzz";

	assert_int_equal(strlcpy(buf, "abcdef", sizeof(buf)), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(strlcpy(buf, "x", sizeof(buf)), 1);
	assert_string_equal(buf, "x");
	assert_int_equal(strlcpy(buf, "yy", 0), 2);
	assert_string_equal(buf, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_as_the_c_library),
		cmocka_unit_test(never_writes_past_the_end),
		cmocka_unit_test(odd_formats_are_harmless),
		cmocka_unit_test(parses_sizes),
		cmocka_unit_test(wants_all_of_the_text_without_end),
		cmocka_unit_test(strlcpy_truncates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
