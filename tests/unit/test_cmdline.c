// sources: hypervisor/common/cmdline/*.c hypervisor/lib/parse.c
/* SPDX-License-Identifier: MIT */
/* The command line parser: what each kind takes, quotes, and what it complains about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <hv/cmdline.h>
#include <hv/errno.h>

static bool smap = true;
static uint8_t cpus;
static uint64_t mem, mask;
static char console[8];
static char custom[40];

static int set_custom(const char *value)
{
	snprintf(custom, sizeof(custom), "<%s>", value);
	return strcmp(value, "bad") ? 0 : -EDOM;
}

static const struct hv_option table[] = {
	{ "smap", OPTION_BOOL, &smap },
	{ "maxcpus", OPTION_UINT, &cpus, sizeof(cpus) },
	{ "mask", OPTION_UINT, &mask, sizeof(mask) },
	{ "mem", OPTION_SIZE, &mem },
	{ "console", OPTION_STRING, console, sizeof(console) },
	{ "custom", OPTION_CUSTOM, .set = set_custom },
};

static char complaints[400];

static void complain(void *ctx, const char *word, int error)
{
	size_t used = strlen(complaints);

	assert_ptr_equal(ctx, complaints);
	snprintf(complaints + used, sizeof(complaints) - used, "%.20s:%d ", word, -error);
}

static unsigned int parse(const char *line)
{
	complaints[0] = custom[0] = '\0';
	return cmdline_parse(line, table, sizeof(table) / sizeof(table[0]), complain, complaints);
}

static void takes_every_kind(void **state)
{
	assert_int_equal(parse("  smap=off maxcpus=0x10\tmem=512M console=com1 custom=a=b "
			       "mask=18446744073709551615 "),
			 0);
	assert_false(smap);
	assert_int_equal(cpus, 16);
	assert_true(mem == 512ull << 20);
	assert_string_equal(console, "com1");
	assert_string_equal(custom, "<a=b>");
	assert_true(mask == UINT64_MAX);
	assert_int_equal(parse("smap mem=4 custom"), 0);
	assert_true(smap);
	assert_int_equal(mem, 4096);
	assert_string_equal(custom, "<>");
	assert_int_equal(parse("no-smap no-custom smap=yes no-smap"), 0);
	assert_false(smap);
	assert_string_equal(custom, "<no>");
	assert_int_equal(parse(""), 0);
}

static void keeps_quoted_blanks(void **state)
{
	assert_int_equal(parse("custom=\"a 'b'\" console='c d'"), 0);
	assert_string_equal(custom, "<a 'b'>");
	assert_string_equal(console, "c d");
	assert_int_equal(parse("custom='open to the end"), 0);
	assert_string_equal(custom, "<open to the end>");
}

static void complains_and_goes_on(void **state)
{
	char line[2 * CMDLINE_WORD_MAX + 40], expected[100];

	assert_int_equal(parse("what mem=x maxcpus=256 console=12345678 no-mem smap=maybe "
			       "custom=bad =1 no- mem=1M"),
			 9);
	snprintf(expected, sizeof(expected),
		 "what:%d mem=x:%d maxcpus=256:%d console=12345678:%d no-mem:%d smap=maybe:%d "
		 "custom=bad:%d =1:%d "
		 "no-:%d ",
		 ENOENT, EINVAL, ERANGE, E2BIG, EINVAL, EINVAL, EDOM, ENOENT, ENOENT);
	assert_string_equal(complaints, expected);
	assert_true(mem == 1 << 20);
	memset(line, 'x', sizeof(line));
	snprintf(line + sizeof(line) - 10, 10, " mem=2M");
	assert_int_equal(parse(line), 1);
	assert_true(mem == 2 << 20);
}

static const char *nearest(const char *word)
{
	return cmdline_nearest(word, table, sizeof(table) / sizeof(table[0]));
}

static void a_slip_finds_its_option(void **state)
{
	assert_string_equal(nearest("maxcpu=4"), "maxcpus");
	assert_string_equal(nearest("max-cpus"), "maxcpus");
	assert_string_equal(nearest("no-smapp"), "smap");
	assert_null(nearest("smpa")); /* two of four letters: could be anything */
	assert_string_equal(nearest("consloe=com1"), "console");
	assert_string_equal(nearest("mask=1"), "mask");
	assert_null(nearest("watchdog")); /* another word, no slip */
	assert_null(nearest("=1"));
	assert_null(nearest("a-word-that-is-longer-than-any-option-is"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_kind),
		cmocka_unit_test(keeps_quoted_blanks),
		cmocka_unit_test(complains_and_goes_on),
		cmocka_unit_test(a_slip_finds_its_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
