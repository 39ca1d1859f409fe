// SPDX-License-Identifier: MIT
// sources: dom0-tools/config/*.c build/tools/gen/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools -Ibuild/tools/gen
// libs: -lyajl -luuid
/* cpuid= of xl.cfg: both forms, what is wrong with bad ones, and that it survives JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/config.h"
#include "config/cpuid.h"
#include "config/spec.h"

static char told[300];

static void note(void *data, const char *source, const struct config_fault *fault)
{
	if (fault->fatal)
		snprintf(told, sizeof(told), "%s", fault->message);
}

static struct domain_config *parse(const char *value)
{
	char text[600];

	told[0] = '\0';
	snprintf(text, sizeof(text), "name='n'\ntype='pvh'\nkernel='/k'\ncpuid=%s\n", value);
	return config_parse("f", text, strlen(text), NULL, note, NULL);
}

static struct cpuid_rules rules_of(const char *value)
{
	struct domain_config *config = parse(value);
	struct spec_fault fault;
	struct cpuid_rules rules;

	if (!config)
		fail_msg("%s: %s", value, told);
	assert_true(cpuid_rules_from(&config->cpuid, &rules, &fault));
	config_free(config);
	return rules;
}

static const struct cpuid_rule *rule(const struct cpuid_rules *rules, uint32_t leaf, uint32_t subleaf)
{
	for (unsigned int i = 0; i < rules->count; i++)
		if (rules->rule[i].leaf == leaf && rules->rule[i].subleaf == subleaf)
			return &rules->rule[i];
	fail_msg("no rule for leaf %x", leaf);
	return NULL;
}

static void named_features(void **state)
{
	struct cpuid_rules rules = rules_of("'host,avx=0,sse3=1,avx2=k,xsaveopt=s,nx=x'");
	const struct cpuid_rule *r = rule(&rules, 1, CPUID_ANY_SUBLEAF);

	assert_string_equal(r->reg[2], "xxx0xxxxxxxxxxxxxxxxxxxxxxxxxxx1");
	assert_string_equal(r->reg[0], "");
	assert_string_equal(rule(&rules, 7, 0)->reg[1], "xxxxxxxxxxxxxxxxxxxxxxxxxxkxxxxx");
	assert_string_equal(rule(&rules, 0xd, 1)->reg[0], "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxs");
	assert_string_equal(rule(&rules, 0x80000001, CPUID_ANY_SUBLEAF)->reg[3], "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_int_equal(rules.count, 4);
	cpuid_rules_free(&rules);
	rules = rules_of("'host'");
	assert_int_equal(rules.count, 0);
	cpuid_rules_free(&rules);
}

/* 0x17: 15 and 8 more; model 0x31: 1 and 3 above it. */
static void numbers(void **state)
{
	struct cpuid_rules rules = rules_of("'host,family=0x17,model=49,stepping=2,maxleaf=13'");
	const struct cpuid_rule *r = rule(&rules, 1, CPUID_ANY_SUBLEAF);

	assert_string_equal(r->reg[0], "xxxx" "00001000" "0011" "xxxx" "1111" "0001" "0010");
	assert_string_equal(rule(&rules, 0, CPUID_ANY_SUBLEAF)->reg[0], "00000000000000000000000000001101");
	cpuid_rules_free(&rules);
	rules = rules_of("'host,family=6'");
	assert_string_equal(rule(&rules, 1, CPUID_ANY_SUBLEAF)->reg[0], "xxxx" "00000000" "xxxxxxxx" "0110" "xxxxxxxx");
	cpuid_rules_free(&rules);
}

static void registers(void **state)
{
	struct cpuid_rules rules = rules_of("['1:ecx=0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1,edx=kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk',"
					    " '0xd,1:eax=ssssssssssssssssssssssssssssssss']");

	assert_string_equal(rule(&rules, 1, CPUID_ANY_SUBLEAF)->reg[2], "0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1");
	assert_string_equal(rule(&rules, 1, CPUID_ANY_SUBLEAF)->reg[3], "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk");
	assert_string_equal(rule(&rules, 0xd, 1)->reg[0], "ssssssssssssssssssssssssssssssss");
	cpuid_rules_free(&rules);
}

static void faults(void **state)
{
	static const struct {
		const char *value, *words;
	} bad[] = {
		{ "'host,avxx=0'", "did you mean avx?" },
		{ "'host,avx=2'", "must be 1, 0, x, k or s" },
		{ "'host,avx='", "must be 1, 0, x, k or s" },
		{ "'host,avx'", "must be NAME=VALUE" },
		{ "'host,family=400'", "a number that fits" },
		{ "'host,stepping=16'", "a number that fits" },
		{ "'host,model=-1'", "a number that fits" },
		{ "'avx=0'", "neither" },
		{ "''", "neither" },
		{ "'1'", "neither" },
		{ "'1,:eax=0'", "32 characters" },
		{ "'1:ecx=0'", "32 characters" },
		{ "'1:ecx=2xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'", "32 characters" },
		{ "'1:efx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'", "must begin with eax=" },
		{ "'host,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1'", "has no feature" },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct domain_config *config = parse(bad[i].value);

		if (config)
			fail_msg("%s was taken", bad[i].value);
		if (!strstr(told, bad[i].words))
			fail_msg("%s: %s", bad[i].value, told);
	}
}

static void survives_json(void **state)
{
	struct domain_config *config = parse("['host,avx=0', '1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0']"), *copy;
	char *json;

	assert_non_null(config);
	json = config_to_json(config);
	assert_non_null(json);
	copy = config_from_json(json, strlen(json));
	assert_non_null(copy);
	assert_int_equal(copy->cpuid.count, 2);
	assert_string_equal(copy->cpuid.item[0], "host,avx=0");
	config_free(copy);
	config_free(config);
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_features), cmocka_unit_test(numbers), cmocka_unit_test(registers),
		cmocka_unit_test(faults),	  cmocka_unit_test(survives_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
