// SPDX-License-Identifier: MIT
// sources: dom0-tools/config/*.c build/tools/gen/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools -Ibuild/tools/gen
// libs: -lyajl -luuid
/* xl.cfg: what is read from good texts, and the place and words of faults in bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/cpuset.h"
#include "config/syntax.h"

struct faults {
	unsigned int fatal, warnings;
	char first[400];
};

static void note(void *data, const char *source, const struct config_fault *fault)
{
	struct faults *faults = data;

	if (!faults->fatal && !faults->warnings)
		snprintf(faults->first, sizeof(faults->first), "%s:%u:%u: %s", source, fault->line,
			 fault->column, fault->message);
	faults->fatal += fault->fatal;
	faults->warnings += !fault->fatal;
}

static struct domain_config *parse(const char *text, const char *const *overrides,
				   struct faults *faults)
{
	*faults = (struct faults){ 0 };
	return config_parse("f", text, strlen(text), overrides, note, faults);
}

/* A good text, put behind a name and a kernel. */
static struct domain_config *good(const char *text)
{
	struct faults faults;
	struct domain_config *config;
	char all[2000];

	snprintf(all, sizeof(all), "name='n'; kernel=\"/k\"\n%s", text);
	config = parse(all, NULL, &faults);
	if (!config)
		fail_msg("%s", faults.first);
	assert_int_equal(faults.warnings, 0);
	return config;
}

static void defaults_are_xls(void **state)
{
	static const uint8_t none[16];
	struct domain_config *c = good("");

	assert_int_equal(c->type, DOMAIN_PV);
	assert_string_equal(c->name, "n");
	assert_string_equal(c->kernel, "/k");
	assert_null(c->cmdline);
	assert_int_equal(c->memory_kb, 32 << 10);
	assert_int_equal(c->max_memory_kb, 32 << 10);
	assert_int_equal(c->vcpus, 1);
	assert_int_equal(c->max_vcpus, 1);
	assert_int_equal(c->weight, -1);
	assert_int_equal(c->cap, -1);
	assert_int_equal(c->on_poweroff, END_DESTROY);
	assert_int_equal(c->on_reboot, END_RESTART);
	assert_int_equal(c->on_crash, END_DESTROY);
	assert_int_equal(c->on_soft_reset, END_SOFT_RESET);
	assert_int_equal(c->max_event_channels, 1023);
	assert_int_equal(c->max_grant_frames, UINT32_MAX);
	assert_memory_not_equal(c->uuid, none, 16);
	config_free(c);
}

static void every_way_of_writing_values(void **state)
{
	struct domain_config *c =
	    good("memory = 0x80 # hex\n maxmem='0400';vcpus=\"2\"\nmaxvcpus=4\n"
		 "ramdisk = '/a b\\x41\\101\\n\\'\"'\n"
		 "ioports = [ 'one',\n  \"two\", # comment\n\n 'three', ]\n"
		 "ioports += [ 'four' ]\n extra = 'a'\n extra += ' b'\nroot='/dev/x'\n"
		 "vif=[]\ncpu_weight=512\ncap=0\nlocaltime=1\nrtc_timeoffset=-60\n"
		 "uuid='01234567-89ab-cdef-0123-456789abcdef'\non_crash='coredump-restart'\n");

	assert_int_equal(c->memory_kb, 128 << 10);
	assert_int_equal(c->max_memory_kb, 256 << 10);
	assert_int_equal(c->vcpus, 2);
	assert_int_equal(c->max_vcpus, 4);
	assert_string_equal(c->ramdisk, "/a bAA\n'\"");
	assert_int_equal(c->ioports.count, 4);
	assert_string_equal(c->ioports.item[0], "one");
	assert_string_equal(c->ioports.item[3], "four");
	assert_int_equal(c->vifs.count, 0);
	assert_string_equal(c->cmdline, "root=/dev/x a b");
	assert_int_equal(c->weight, 512);
	assert_int_equal(c->cap, 0);
	assert_true(c->localtime);
	assert_int_equal(c->rtc_timeoffset, -60);
	assert_int_equal(c->uuid[0], 1);
	assert_int_equal(c->uuid[15], 0xef);
	assert_int_equal(c->on_crash, END_COREDUMP_RESTART);
	config_free(c);
}

static void the_last_of_equal_keys_wins(void **state)
{
	static const char *const overrides[] = { "memory=99", "vcpus=3; maxvcpus=5", "extra='x'",
						 NULL };
	struct faults faults;
	struct domain_config *c =
	    parse("name='n'\nkernel='k'\nmemory=1\nmemory=2\n", overrides, &faults);

	assert_non_null(c);
	assert_int_equal(c->memory_kb, 99 << 10);
	assert_int_equal(c->vcpus, 3);
	assert_int_equal(c->max_vcpus, 5);
	assert_string_equal(c->cmdline, "x");
	config_free(c);
}

static void affinity_in_all_forms(void **state)
{
	struct domain_config *c = good("vcpus=4\ncpus='0-3,^1'\ncpus_soft=['all', 2, \"node:0\"]");

	assert_int_equal(c->affinity.nr_hard, 1);
	assert_string_equal(c->affinity.hard[0], "0-3,^1");
	assert_int_equal(c->affinity.nr_soft, 3);
	assert_string_equal(c->affinity.soft[1], "2");
	config_free(c);
	c = good("vcpus=2\ncpus=['1']");
	assert_int_equal(c->affinity.nr_hard, 2);
	assert_null(c->affinity.hard[1]);
	config_free(c);
}

static void keys_without_effect_are_kept(void **state)
{
	struct domain_config *c = good("nestedhvm=1\nvnuma=[['a', 2],[\"b\"]]\nvnc=0");

	assert_int_equal(c->nr_unused, 3);
	assert_string_equal(c->unused[0].key, "nestedhvm");
	assert_string_equal(c->unused[0].value, "1");
	assert_string_equal(c->unused[1].value, "[[\"a\", 2], [\"b\"]]");
	config_free(c);
}

static void types_by_both_keys(void **state)
{
	static const struct {
		const char *text;
		enum domain_type type;
	} row[] = { { "type='pvh'", DOMAIN_PVH },     { "type='hvm'", DOMAIN_HVM },
		    { "builder='hvm'", DOMAIN_HVM },  { "builder='generic'", DOMAIN_PV },
		    { "builder='linux'", DOMAIN_PV }, { "builder='hvm';type='pv'", DOMAIN_PV } };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct domain_config *c = good(row[i].text);

		assert_int_equal(c->type, row[i].type);
		config_free(c);
	}
}

/* Each text is behind a first line of good settings; the first fault must start with the words. */
static void bad_texts_are_told_where_and_why(void **state)
{
	static const struct {
		const char *text, *words;
	} row[] = {
		{ "memory=", "f:2:8: found the end of the line where there should be a string, a "
			     "number or [" },
		{ "memory 3", "f:2:8: found a number where there should be += or =" },
		{ "x = yes", "f:2:5: found a word without quotes" },
		{ "= 3", "f:2:1: found = where there should be" },
		{ "disk=['a' 'b']", "f:2:11: found a string where there should be , or ]" },
		{ "disk=['a',,]", "f:2:11: found ," },
		{ "disk=['a'", "f:2:10: found the end of the text where there should be , or ]" },
		{ "extra='abc", "f:2:7: a string that does not end on its line" },
		{ "extra='a\\q'", "f:2:9: an unknown escape" },
		{ "memory=12MB", "f:2:8: a number with something else stuck" },
		{ "memory=$3", "f:2:8: '$' means nothing here" },
		{ "memory=\x01", "f:2:8: a character of code 0x01" },
		{ "memory='abc'", "f:2:8: memory must be a number" },
		{ "memory=0", "f:2:8: memory is in MiB and must be from 1" },
		{ "memory=99999999999999999999", "f:2:8: memory must be a number" },
		{ "maxmem=1;memory=2", "f:2:8: maxmem is less than memory" },
		{ "vcpus=[1]", "f:2:7: vcpus must be one number, not a list" },
		{ "vcpus=0", "f:2:7: vcpus must be from 1 to 8192" },
		{ "vcpus=4;maxvcpus=2", "f:2:18: maxvcpus is less than vcpus" },
		{ "on_crash='explode'",
		  "f:2:10: on_crash must be destroy, restart, rename-restart," },
		{ "type='foo'", "f:2:6: type must be pv, pvh or hvm" },
		{ "builder='foo'", "f:2:9: builder must be" },
		{ "uuid='zz'", "f:2:6: uuid must look like" },
		{ "tsc_mode='zz'", "f:2:10: tsc_mode must be default," },
		{ "cpus='0-'", "f:2:6: cpus cannot be read: a range needs" },
		{ "cpus=['0', 'x']", "f:2:12: cpus cannot be read: there must be" },
		{ "localtime=2", "f:2:11: localtime must be 0 or 1" },
		{ "disk=['/x,raw,xvda',\n '/y,foo,xvdb']", "f:3:6: disk: \"foo\" is no format" },
		{ "vif=['mac=00:16:3e:00:00:01, brige=x']", "f:2:30: vif: \"brige\" is nothing" },
		{ "disk='phy:x'", "f:2:6: disk must be a list" },
		{ "disk=[['a']]", "f:2:6: disk must be a list of strings without" },
		{ "kernel=['a']", "f:2:8: kernel must be one string" },
		{ "name=''", "f:2:6: name must not be empty" },
		{ "name='a/b'", "f:2:6: name must not hold" },
		{ "extra='a'\nextra+=['b']", "f:3:8: extra is a single value so far" },
		{ "max_grant_version=3", "f:2:19: max_grant_version must be from 0 to 2" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct faults faults;
		char all[200];

		snprintf(all, sizeof(all), "name='n'; kernel='k'\n%s", row[i].text);
		assert_null(parse(all, NULL, &faults));
		assert_true(faults.fatal > 0);
		if (strncmp(faults.first, row[i].words, strlen(row[i].words)))
			fail_msg("%s\n  gives %s\n  not   %s", row[i].text, faults.first,
				 row[i].words);
	}
}

static void what_is_missing_is_told(void **state)
{
	struct faults faults;

	assert_null(parse("", NULL, &faults));
	assert_string_equal(faults.first, "f:0:0: the domain has no name: add name=\"…\"");
	assert_null(parse("name='x'", NULL, &faults));
	assert_non_null(strstr(faults.first, "needs kernel="));
	assert_null(config_parse_file("/nonexistent", NULL, note, &faults));
	assert_int_equal(faults.fatal, 2);
}

static void every_bad_line_is_told_at_once(void **state)
{
	struct faults faults;

	assert_null(parse("name='n'\na=\nkernel='k'\nb==2\nc=[1,\nd=3]\n\ne=x\n", NULL, &faults));
	assert_int_equal(faults.fatal, 4);
}

static void unknown_keys_are_warnings_with_the_nearest_name(void **state)
{
	static const char *const row[][2] = {
		{ "vcpu=2", "f:2:1: unknown key vcpu is ignored; did you mean vcpus?" },
		{ "  memroy=2", "f:2:3: unknown key memroy is ignored; did you mean memory?" },
		{ "on_reboots='x'",
		  "f:2:1: unknown key on_reboots is ignored; did you mean on_reboot?" },
		{ "qwertyuiop=2", "f:2:1: unknown key qwertyuiop is ignored" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct faults faults;
		struct domain_config *c;
		char all[200];

		snprintf(all, sizeof(all), "name='n'; kernel='k'\n%s", row[i][0]);
		c = parse(all, NULL, &faults);
		assert_non_null(c);
		assert_int_equal(faults.warnings, 1);
		assert_string_equal(faults.first, row[i][1]);
		config_free(c);
	}
}

static void nesting_is_bounded(void **state)
{
	char text[4000] = "name='n';kernel='k';vnuma=";
	struct faults faults;

	for (int i = 0; i < 1000; i++)
		strcat(text, "[");
	assert_null(parse(text, NULL, &faults));
	for (int i = 0; i < 1000; i++)
		strcat(text, "]");
	assert_null(parse(text, NULL, &faults));
	assert_non_null(strstr(faults.first, "nested deeper"));
}

static void json_goes_both_ways(void **state)
{
	struct domain_config *c =
	    good("type='pvh'\nmemory=64;maxmem=100\nvcpus=2\nmaxvcpus=3\ncpus=['0','1']\n"
		 "disk=['/a \"quoted\",,xvda','phy:b,xvdb,r']\nvif=['mac=00:16:3e:00:00:01']\npool='p'\ncpu_weight=3\ncap=4\n"
		 "on_poweroff='preserve'\non_crash='rename-restart'\nboot='dc'\ntsc_mode=2\n"
		 "bootloader='b'\nbootloader_args=['x','y']\nextra='e'\nmax_event_channels=7\n");
	char *text = config_to_json(c), *again;
	struct domain_config *back = config_from_json(text, strlen(text));

	assert_non_null(back);
	assert_non_null(strstr(text, "\"on_crash\": \"restart_rename\""));
	again = config_to_json(back);
	assert_string_equal(text, again);
	assert_int_equal(back->type, DOMAIN_PVH);
	assert_int_equal(back->vcpus, 2);
	assert_int_equal(back->max_vcpus, 3);
	assert_int_equal(back->on_crash, END_RENAME_RESTART);
	assert_string_equal(back->tsc_mode, "native");
	assert_string_equal(back->disks.item[0], "/a \"quoted\",,xvda");
	assert_int_equal(back->max_event_channels, 7);
	assert_string_equal(back->unused[0].key, "boot");
	assert_false(config_json_is_foreign(text, strlen(text)));
	free(text);
	free(again);
	config_free(back);
	config_free(c);
}

static void what_only_others_understand(void **state)
{
	static const struct {
		const char *text;
		bool foreign;
	} row[] = {
		{ "{\"c_info\":{\"type\":\"pvh\",\"name\":\"n\"},\"disks\":[]}", false },
		{ "{\"c_info\":{\"type\":\"pvh\",\"name\":\"n\"},\"nics\":[{}]}", true },
		{ "{\"c_info\":{\"type\":\"pv\"},\"disks\":[{\"vdev\":\"xvda\"}]}", true },
		{ "{\"c_info\":{\"type\":\"pv\"},\"disks\":[{}],\"serai\":{}}", false },
		{ "{\"c_info\":{\"type\":\"hvm\"}}", true },
		{ "{\"c_info\":{\"type\":\"hvm\"},\"serai\":{}}", false },
		{ "no JSON", false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (config_json_is_foreign(row[i].text, strlen(row[i].text)) != row[i].foreign)
			fail_msg("%s", row[i].text);
}

static void bad_json_gives_none(void **state)
{
	static const char *const row[] = {
		"",
		"{",
		"[]",
		"3",
		"{}",
		"{\"c_info\":3}",
		"{\"c_info\":{\"type\":\"foo\",\"name\":\"n\"}}",
		"{\"c_info\":{\"name\":\"n\"},\"b_info\":{\"max_vcpus\":-1}}",
		"{\"c_info\":{\"name\":\"n\"},\"b_info\":{\"max_memkb\":1e30}}",
		"{\"c_info\":{\"name\":\"n\"},\"on_crash\":\"boo\"}",
		"{\"c_info\":{\"name\":\"n\"},\"serai\":{\"disk\":[null]}}",
		"{\"c_info\":{\"name\":\"n\"},\"serai\":{\"unused\":{\"a\":1}}}",
	};
	char deep[2000];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (config_from_json(row[i], strlen(row[i])))
			fail_msg("taken: %s", row[i]);
	memset(deep, '[', sizeof(deep));
	assert_null(config_from_json(deep, sizeof(deep)));
}

static void sets_of_cpus(void **state)
{
	static const uint32_t node[] = { 0, 0, 1, 1, ~0u };
	static const struct cpu_nodes nodes = { 5, node };
	static const struct {
		const char *text;
		uint64_t bits; /* ~0: a fault */
	} row[] = { { "0", 1 },
		    { "0-3", 15 },
		    { "0-3,^1", 13 },
		    { "^1,0-1", 3 },
		    { "all,^0-61", 3ull << 62 },
		    { "node:1", 12 },
		    { "nodes:0-1", 15 },
		    { "nodes:0,^0", 2 },
		    { " 1 , 3", 10 },
		    { "", ~0ull },
		    { "1-", ~0ull },
		    { "3-1", ~0ull },
		    { "a", ~0ull },
		    { "1,", ~0ull },
		    { "1 2", ~0ull },
		    { "node0", ~0ull },
		    { "99999", ~0ull },
		    { "none", 0 },
		    { "all,none,2", 4 } };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct cpuset set;
		const char *wrong = cpuset_parse(row[i].text, &nodes, &set);

		if ((row[i].bits == ~0ull) != !!wrong || (!wrong && set.bits[0] != row[i].bits))
			fail_msg("%s gives %s, %llx", row[i].text, wrong ? wrong : "a set",
				 (unsigned long long)set.bits[0]);
	}
}

static void distances_of_words(void **state)
{
	assert_int_equal(edit_distance("memory", "memory"), 0);
	assert_int_equal(edit_distance("memroy", "memory"), 1);
	assert_int_equal(edit_distance("", "abc"), 3);
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_xls),
		cmocka_unit_test(every_way_of_writing_values),
		cmocka_unit_test(the_last_of_equal_keys_wins),
		cmocka_unit_test(affinity_in_all_forms),
		cmocka_unit_test(keys_without_effect_are_kept),
		cmocka_unit_test(types_by_both_keys),
		cmocka_unit_test(bad_texts_are_told_where_and_why),
		cmocka_unit_test(what_is_missing_is_told),
		cmocka_unit_test(every_bad_line_is_told_at_once),
		cmocka_unit_test(unknown_keys_are_warnings_with_the_nearest_name),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(json_goes_both_ways),
		cmocka_unit_test(what_only_others_understand),
		cmocka_unit_test(bad_json_gives_none),
		cmocka_unit_test(sets_of_cpus),
		cmocka_unit_test(distances_of_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
