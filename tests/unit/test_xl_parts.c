// SPDX-License-Identifier: MIT
// sources: dom0-tools/xl/units.c dom0-tools/xl/cpus.c dom0-tools/xl/output.c dom0-tools/config/cpuset.c dom0-tools/config/json.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include -Idom0-tools -Idom0-tools/lib/include
// libs: -lyajl
/* xl's parts that need no hypervisor: amounts, sets of CPUs as text and back, rows as text and
 * JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xl/output.h"
#include "xl/xl.h"

static unsigned int told;

int fail(struct xl *xl, const char *format, ...)
{
	told++;
	return EXIT_FAILED;
}

/* After xl's own fail(): cmocka's is a macro. */
#include <cmocka.h>

xc_interface *hypervisor(struct xl *xl)
{
	return xl->session.xc = (xc_interface *)xl;
}

int xc_get_max_cpus(xc_interface *xc)
{
	return 70;
}

int xc_cputopoinfo(xc_interface *xc, unsigned int *count, xc_cputopo_t *topology)
{
	for (unsigned int i = 0; topology && i < 70; i++)
		topology[i] = (xc_cputopo_t){ i, 0, i / 35 };
	*count = 70;
	return 0;
}

static void amounts_of_memory(void **state)
{
	static const struct {
		const char *text;
		int64_t kib; /* -1: refused */
	} row[] = {
		{ "512", 512 << 10 },
		{ "0", 0 },
		{ "1g", 1 << 20 },
		{ "2GB", 2 << 20 },
		{ "64k", 64 },
		{ "2048b", 2 },
		{ "1t", 1 << 30 },
		{ "0x10", 16 << 10 },
		{ "-1", -1 },
		{ "", -1 },
		{ "abc", -1 },
		{ "1q", -1 },
		{ "99999999999999999999", -1 },
		{ "9999999999t", -1 },
		{ "1 g", -1 },
	};
	struct xl xl = { 0 };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t kib = 77;
		unsigned int before = told;
		bool good = memory_read(&xl, row[i].text, &kib);

		if (good != (row[i].kib >= 0) || (good && kib != (uint64_t)row[i].kib) ||
		    good == (told != before))
			fail_msg("%s gives %d, %llu", row[i].text, good, (unsigned long long)kib);
	}
}

static void numbers_in_ranges(void **state)
{
	struct xl xl = { 0 };
	long long number;

	assert_true(number_read(&xl, "x", "7", 0, 7, &number) && number == 7);
	assert_false(number_read(&xl, "x", "8", 0, 7, &number));
	assert_false(number_read(&xl, "x", "7x", 0, 7, &number));
	assert_false(number_read(&xl, "x", "", 0, 7, &number));
}

static void maps_of_cpus_there_and_back(void **state)
{
	static const char *const row[][2] = {
		{ "0", "0" },		{ "0-3", "0-3" },      { "0-3,^1", "0,2-3" },
		{ "all", "all" },	{ "none", "none" },    { "69", "69" },
		{ "0-69,^69", "0-68" }, { "node:1", "35-69" }, { "64-200", "64-69" },
		{ "99", "none" },	{ "63,64", "63-64" },
	};
	struct xl xl = { 0 };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct cpu_map map;
		char text[100];

		assert_true(cpus_read(&xl, row[i][0], &map));
		print_map(text, sizeof(text), map.bits, map.nr, 70);
		assert_string_equal(text, row[i][1]);
		free(map.bits);
	}
}

static void a_full_buffer_is_not_overrun(void **state)
{
	uint8_t every_second[9];
	char text[8];

	memset(every_second, 0x55, sizeof(every_second));
	print_map(text, sizeof(text), every_second, 70, 70);
	assert_string_equal(text, "0,2,4,6");
}

/* What a function prints, by way of a file. */
static char *printed(void (*print)(void))
{
	static char text[2000];
	FILE *file = tmpfile();
	int saved = dup(1);

	fflush(stdout);
	dup2(fileno(file), 1);
	print();
	fflush(stdout);
	dup2(saved, 1);
	close(saved);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static bool as_json;

static void print_table(void)
{
	struct output out;

	output_begin(&out, as_json, false, "Name  ID");
	row_begin(&out);
	cell_text(&out, "name", "", -5, "a\"b");
	cell_number(&out, "id", " ", 2, 7);
	cell_text(&out, "none", " ", 3, NULL);
	cell_fixed(&out, "time", " ", 5, 1.25);
	row_end(&out);
	output_end(&out);
}

static void rows_as_text_and_json(void **state)
{
	as_json = false;
	assert_string_equal(printed(print_table), "Name  ID\na\"b    7   -   1.2\n");
	as_json = true;
	assert_string_equal(
	    printed(print_table),
	    "[\n    {\n        \"name\": \"a\\\"b\",\n        \"id\": 7,\n        \"none\": null,\n"
	    "        \"time\": 1.25\n    }\n]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts_of_memory),
		cmocka_unit_test(numbers_in_ranges),
		cmocka_unit_test(maps_of_cpus_there_and_back),
		cmocka_unit_test(a_full_buffer_is_not_overrun),
		cmocka_unit_test(rows_as_text_and_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
