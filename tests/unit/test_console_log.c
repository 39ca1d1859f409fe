// sources: dom0-tools/console/daemon/logfile.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools/console/daemon
/* SPDX-License-Identifier: MIT */
/*
 * Console logs: their text, times, rotation, and what happens when they cannot be written.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logfile.h"
#include "say.h"

static char dir[] = "/tmp/test-console-log-XXXXXX";
static int complaints;

void say(int priority, const char *format, ...)
{
	complaints++;
}

static void in_dir(char *to, const char *name)
{
	snprintf(to, 100, "%s/%s", dir, name);
}

static void expect_file(const char *name, const char *pattern)
{
	char path[100], text[20000] = "";
	regex_t regex;
	int fd, matches;

	in_dir(path, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	matches = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	if (!matches)
		fail_msg("%s holds '%s'", name, text);
	unlink(path);
}

static void put(struct logfile *l, const char *first, const char *second)
{
	char a[100], b[100];
	struct iovec p[2] = { { a, strlen(first) }, { b, strlen(second) } };

	strcpy(a, first);
	strcpy(b, second);
	log_write(l, p, *second ? 2 : 1);
}

static void plain_logs_hold_the_bytes(void **state)
{
	struct logfile l;

	log_open(&l, dir, "guest-a/b", false, false);
	put(&l, "one\r\n\033[1mt", "wo\n");
	put(&l, "three", "");
	log_close(&l);
	expect_file("guest-a_b.log", "^one\r\n\033\\[1mtwo\nthree$");
}

#define TIME "\\[[0-9-]{10} [0-9:]{8}\\] "

static void times_stand_before_lines_not_before_writes(void **state)
{
	struct logfile l;

	log_open(&l, dir, "t", true, true);
	put(&l, "a", "b\nc");
	put(&l, "d\n\033", "");
	log_close(&l);
	expect_file("t.log", "^" TIME "Logfile Opened\n" TIME "ab\n" TIME "cd\n" TIME "\\.$");
}

static void long_output_with_times_is_whole(void **state)
{
	char block[5000], path[100];
	struct iovec p[2] = { { block, 5000 }, { block, 5000 } };
	struct logfile l;

	memset(block, 'x', sizeof(block));
	block[4999] = '\n';
	log_open(&l, dir, "long", true, false);
	log_write(&l, p, 2);
	log_close(&l);
	in_dir(path, "long.log");
	expect_file("long.log", "^" TIME "Logfile Opened\n" TIME "x+\n" TIME "x+\n$");
}

static void rotation_goes_on_in_a_new_file(void **state)
{
	struct logfile l;
	char from[100], to[100];

	log_open(&l, dir, "r", false, false);
	put(&l, "old", "");
	in_dir(from, "r.log");
	in_dir(to, "r.log.1");
	rename(from, to);
	put(&l, "er", "");
	log_reopen(&l, dir, "r");
	put(&l, "new", "");
	log_reopen(&l, dir, "renamed");
	put(&l, "name", "");
	log_close(&l);
	expect_file("r.log.1", "^older$");
	expect_file("r.log", "^new$");
	expect_file("renamed.log", "^name$");
}

static void a_failure_is_told_once_and_mended_by_reopening(void **state)
{
	struct logfile l;

	complaints = 0;
	log_open(&l, "/nonexistent", "x", false, false);
	put(&l, "lost", "");
	assert_int_equal(complaints, 1);
	log_reopen(&l, dir, "x");
	put(&l, "found", "");
	assert_int_equal(complaints, 1);
	log_close(&l);
	expect_file("x.log", "^found$");
	l = (struct logfile){ .fd = open("/dev/full", O_WRONLY), .path = strdup("/dev/full") };
	put(&l, "a", "");
	put(&l, "b", "");
	assert_int_equal(complaints, 2);
	log_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_logs_hold_the_bytes),
		cmocka_unit_test(times_stand_before_lines_not_before_writes),
		cmocka_unit_test(long_output_with_times_is_whole),
		cmocka_unit_test(rotation_goes_on_in_a_new_file),
		cmocka_unit_test(a_failure_is_told_once_and_mended_by_reopening),
	};
	int code;

	if (!mkdtemp(dir))
		return 1;
	code = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return code;
}
