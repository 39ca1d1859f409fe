// SPDX-License-Identifier: MIT
// sources: dom0-tools/config/*.c build/tools/gen/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools -Ibuild/tools/gen
// libs: -lyajl -luuid
/* The manual page xl.cfg(5) names every key of the table, and the table no key twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/keys.h"

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++) {
		char before = at == text ? ' ' : at[-1], after = at[length];

		/* \fB ends in a letter. */
		if ((!strchr("abcdefghijklmnopqrstuvwxyz_0123456789", before) || at == text) &&
		    !strchr("abcdefghijklmnopqrstuvwxyz_0123456789", after))
			return true;
	}
	return false;
}

static void every_key_is_in_the_manual(void **state)
{
	static char text[65536];
	FILE *file = fopen("docs/man/xl.cfg.5", "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (unsigned int i = 0; i < nr_config_keys; i++)
		if (!has_word(text, config_keys[i].name))
			fail_msg("docs/man/xl.cfg.5 does not name %s", config_keys[i].name);
}

static void no_key_is_twice_in_the_table(void **state)
{
	for (unsigned int i = 0; i < nr_config_keys; i++)
		for (unsigned int j = 0; j < i; j++)
			if (!strcmp(config_keys[i].name, config_keys[j].name))
				fail_msg("%s is twice in the table", config_keys[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_in_the_manual),
		cmocka_unit_test(no_key_is_twice_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
