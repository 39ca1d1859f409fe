/* SPDX-License-Identifier: MIT */
// sources: dom0-tools/domd/restart.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -DSTATE_DIRECTORY="." -Ibuild/tools/include -Ixenstore/include -Idom0-tools -Idom0-tools/lib/include
/*
 * Notes of restarts: whole or absent, also when the disk is full (a limit on the size of files plays it) or
 * somebody has scribbled on them.
 */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "domd/domd.h"

#define LONG 20000 /* more than stdio's buffer: the write fails at the end, or before */
static char text[LONG + 1];
static char folder[] = "/tmp/serai-notes-XXXXXX";
static unsigned int seen;

char *config_to_json(const struct domain_config *config)
{
	return strdup(text);
}

struct domain_config *config_from_json(const char *json, size_t bytes)
{
	return bytes == LONG && json[0] == '{' ? calloc(1, sizeof(struct domain_config)) : NULL;
}

void config_free(struct domain_config *config)
{
	free(config);
}

static void allow(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static unsigned int files(bool remove)
{
	glob_t found;
	unsigned int nr = 0;

	if (!glob(STATE_DIRECTORY "/*", 0, NULL, &found)) {
		nr = (unsigned int)found.gl_pathc;
		for (size_t i = 0; remove && i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	return nr;
}

static int setup(void **state)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0); /* STATE_DIRECTORY is where we are */
	signal(SIGXFSZ, SIG_IGN);
	memset(text, ' ', LONG);
	text[0] = '{';
	seen = 0;
	return 0;
}

static int teardown(void **state)
{
	allow(RLIM_INFINITY);
	(void)files(true);
	assert_int_equal(chdir("/"), 0);
	rmdir(folder);
	return 0;
}

static void see(struct domain_config *config, void *data)
{
	seen++;
}

static void without_room_there_is_no_half_note(void **state)
{
	struct domain_config config = { .uuid = { 1, 2, 3 } };

	allow(5000);
	assert_true(restart_note(&config) < 0);
	assert_int_equal(files(false), 0);
	allow(0);
	assert_true(restart_note(&config) < 0);
	assert_int_equal(files(false), 0);
}

static void an_earlier_note_stays(void **state)
{
	struct domain_config config = { .uuid = { 1, 2, 3 } };

	assert_int_equal(restart_note(&config), 0);
	allow(5000);
	assert_true(restart_note(&config) < 0);
	restart_notes(see, NULL);
	assert_int_equal(seen, 1);
	restart_forget(config.uuid);
	assert_int_equal(files(false), 0);
}

static void damage_is_thrown_away(void **state)
{
	static const char *const names[] = { "/serai-restart.00~", "/serai-restart.11", "/serai-restart.22" };
	char path[100];

	for (unsigned int i = 0; i < 3; i++) {
		FILE *file;

		snprintf(path, sizeof(path), STATE_DIRECTORY "%s", names[i]);
		file = fopen(path, "w");
		assert_non_null(file);
		fprintf(file, "%s", i == 1 ? "" : "{ \"half");
		fclose(file);
	}
	restart_notes(see, NULL);
	assert_int_equal(seen, 0);
	assert_int_equal(files(false), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(without_room_there_is_no_half_note),
		CASE(an_earlier_note_stays),
		CASE(damage_is_thrown_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
