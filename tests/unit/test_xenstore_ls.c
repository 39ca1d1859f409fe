// sources: xenstore/cmd/ls.c xenstore/cmd/text.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include -Ixenstore/cmd
/* SPDX-License-Identifier: MIT */
/*
 * How xenstore-ls lays out a tree, and how values are escaped. The expected lines are what Xen 4.17's prints.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define TEN	"0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct node {
	const char *path, *value;
} tree[] = {
	{ "/t", "" }, { "/t/a", "1" }, { "/t/dir", "" }, { "/t/dir/y", "q\x01\n\x7f" }, { "/t/long", HUNDRED },
	{ "/t/p60", TEN TEN TEN TEN TEN TEN }, { "/t/secret", NULL },
};

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	char **names = calloc(10, sizeof(char *) + 20), *text = (char *)(names + 10);
	size_t len = strlen(path);

	*num = 0;
	for (size_t i = 0; i < sizeof(tree) / sizeof(tree[0]); i++) {
		const char *rest = tree[i].path + len + 1;

		if (strncmp(tree[i].path, path, len) || tree[i].path[len] != '/' || strchr(rest, '/'))
			continue;
		names[*num] = text + 20 * *num;
		strcpy(names[(*num)++], rest);
	}
	return names;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	for (size_t i = 0; i < sizeof(tree) / sizeof(tree[0]); i++) {
		if (strcmp(tree[i].path, path) || !tree[i].value)
			continue;
		*len = strlen(tree[i].value);
		return strdup(tree[i].value);
	}
	errno = EACCES;
	return NULL;
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	struct xs_permissions *p = calloc(2, sizeof(*p));

	p[1] = (struct xs_permissions){ 3, XS_PERM_READ };
	*num = 2;
	return p;
}

int complain(const char *format, ...)
{
	return 1;
}

static void expect(struct job job, const char *wanted)
{
	static char *args[] = { "/t", NULL };
	size_t size;
	char *text;

	job.args = args;
	job.nr_args = 1;
	job.out = open_memstream(&text, &size);
	assert_int_equal(cmd_ls(&job), 0);
	fclose(job.out);
	assert_string_equal(text, wanted);
	free(text);
}

static void lines_are_cut_to_the_width(void **state)
{
	expect((struct job){ .width = 80 }, "a = \"1\"\n"
					    "dir = \"\"\n"
					    " y = \"q\\001\\n\\x7f\"\n"
					    "long = \"" TEN TEN TEN TEN TEN TEN "01234567\\...\"\n"
					    "p60 = \"" TEN TEN TEN TEN TEN TEN "\"\n"
					    "secret:\n");
}

static void full_paths_cut_values_only_on_a_terminal(void **state)
{
	expect((struct job){ .width = 80, .full_path = true }, "/t/a = \"1\"\n"
							       "/t/dir = \"\"\n"
							       "/t/dir/y = \"q\\001\\n\\x7f\"\n"
							       "/t/long = \"" HUNDRED "\"\n"
							       "/t/p60 = \"" TEN TEN TEN TEN TEN TEN "\"\n"
							       "/t/secret:\n");
	expect((struct job){ .width = 58, .full_path = true, .terminal = true, .show_perms = true },
	       "/t/a = \"1\"   (n0,r3)\n"
	       "/t/dir = \"\"   (n0,r3)\n"
	       "/t/dir/y = \"q\\001\\n\\x7f\"   (n0,r3)\n"
	       "/t/long = \"" TEN TEN TEN TEN TEN "\\...\"  (n0,r3)\n"
	       "/t/p60 = \"" TEN TEN TEN TEN TEN "\\...\"  (n0,r3)\n"
	       "/t/secret:\n");
}

static void permissions_stand_in_one_column(void **state)
{
	expect((struct job){ .width = 80, .show_perms = true },
	       "a = \"1\"  . . . . . . . . . . . . . . . . . . . . . . . . . .  (n0,r3)\n"
	       "dir = \"\" . . . . . . . . . . . . . . . . . . . . . . . . . .  (n0,r3)\n"
	       " y = \"q\\001\\n\\x7f\" . . . . . . . . . . . . . . . . . . . . .  (n0,r3)\n"
	       "long = \"" TEN TEN TEN TEN TEN TEN "01234567\\...\"  (n0,r3)\n"
	       "p60 = \"" TEN TEN TEN TEN TEN TEN "\"   (n0,r3)\n"
	       "secret:\n");
}

static void an_unknown_width_cuts_nothing(void **state)
{
	expect((struct job){ .width = -2, .terminal = true, .show_perms = true },
	       "a = \"1\"   (n0,r3)\n"
	       "dir = \"\"   (n0,r3)\n"
	       " y = \"q\\001\\n\\x7f\"   (n0,r3)\n"
	       "long = \"" HUNDRED "\"   (n0,r3)\n"
	       "p60 = \"" TEN TEN TEN TEN TEN TEN "\"   (n0,r3)\n"
	       "secret:\n");
}

static void escapes_are_reversible(void **state)
{
	char bytes[256], copy[1025], *text;

	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	text = escape(bytes, sizeof(bytes));
	strcpy(copy, text);
	assert_int_equal(unescape(copy), sizeof(bytes));
	assert_memory_equal(copy, bytes, sizeof(bytes));
	free(text);
	strcpy(copy, "a\\x4\\77\\q\\xg\\");
	assert_int_equal(unescape(copy), 6);
	assert_string_equal(copy, "a\x04?qxg");
}

static void permission_words_are_checked(void **state)
{
	char *good[] = { "n0", "b12" }, *bad[] = { "x1" };
	struct xs_permissions *p = parse_perms(good, 2);

	assert_int_equal(p[1].id, 12);
	assert_int_equal(p[1].perms, XS_PERM_READ | XS_PERM_WRITE);
	free(p);
	assert_null(parse_perms(bad, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cut_to_the_width),
		cmocka_unit_test(full_paths_cut_values_only_on_a_terminal),
		cmocka_unit_test(permissions_stand_in_one_column),
		cmocka_unit_test(an_unknown_width_cuts_nothing),
		cmocka_unit_test(escapes_are_reversible),
		cmocka_unit_test(permission_words_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
