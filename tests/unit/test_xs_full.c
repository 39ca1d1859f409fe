/* SPDX-License-Identifier: MIT */
// sources: xenstore/daemon/core/*.c xenstore/daemon/io/journal_file.c tests/unit/xs_fixture.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/daemon/core
/*
 * The journal's file when there is no room for it: the store goes on, what was written before can still be
 * loaded, and once there is room all is. A limit on the size of files plays the full disk.
 */
#include "xs_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../xenstore/daemon/io/io.h"

static char folder[] = "/tmp/serai-journal-XXXXXX";
static char path[64], new_path[64];

static void allow(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static rlim_t file_size(const char *name)
{
	struct stat status;

	return stat(name, &status) ? 0 : (rlim_t)status.st_size;
}

static int setup(void **state)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/journal", folder);
	snprintf(new_path, sizeof(new_path), "%s/journal.new", folder);
	signal(SIGXFSZ, SIG_IGN);
	fixture_setup(state);
	fx.store.journal = NULL; /* the fixture's is in memory */
	return 0;
}

static int teardown(void **state)
{
	static struct journal *kept[8]; /* a daemon has one for its whole life: there is no end of it */
	static unsigned int nr_kept;

	kept[nr_kept++] = fx.store.journal;
	allow(RLIM_INFINITY);
	unlink(path);
	unlink(new_path);
	rmdir(folder);
	return fixture_teardown(state);
}

static void write_big(struct conn *conn, unsigned int number)
{
	char body[2100];
	int name = snprintf(body, sizeof(body), "/n/%u", number) + 1;

	memset(body + name, 'x', 2000);
	expect_ok(ask(conn, XS_WRITE, 0, body, (size_t)name + 2000));
}

/* What a daemon that starts now would find. */
static char *loaded(void)
{
	int fd = open(path, O_RDONLY);
	size_t size = file_size(path);
	char *bytes = malloc(size), *text;

	assert_true(fd >= 0);
	assert_int_equal(read(fd, bytes, size), (ssize_t)size);
	close(fd);
	assert_true(fixture_reload(bytes, size, false) >= 0);
	free(bytes);
	text = dump_store(&fx.store);
	return text;
}

static void nothing_of_before_is_lost(void **state)
{
	struct conn *a = new_socket();
	struct journal *used;
	char *now;

	assert_int_equal(journal_file_start(path, &fx.store, false), 0);
	for (unsigned int i = 0; i < 20; i++)
		write_big(a, i);
	allow(file_size(path));
	for (unsigned int i = 20; !fx.store.journal->broken; i++) {
		assert_in_range(i, 20, 2000);
		write_big(a, i); /* each is answered all the same */
	}
	write_big(a, 9999);
	allow(4096);
	fx.seconds += 5;
	journal_file_tend(&fx.store);
	assert_true(fx.store.journal->broken);
	assert_int_equal(file_size(new_path), 0);
	assert_non_null(strstr(fx.log, "make room"));
	used = fx.store.journal;
	now = loaded();
	assert_non_null(strstr(now, "/n/19"));
	assert_null(strstr(now, "9999"));
	assert_true(store_check(&fx.store));
	free(now);
	fx.store.journal = used;
}

static void with_room_all_is_there_again(void **state)
{
	struct conn *a = new_socket();
	struct journal *used;
	char *before, *after;

	assert_int_equal(journal_file_start(path, &fx.store, false), 0);
	allow(file_size(path));
	for (unsigned int i = 0; !fx.store.journal->broken; i++)
		write_big(a, i);
	write_big(a, 9999);
	allow(RLIM_INFINITY);
	fx.seconds += 50; /* it is tried once a second */
	journal_file_tend(&fx.store);
	assert_false(fx.store.journal->broken);
	write_big(a, 10000);
	conn_close(a);
	conns_reap(&fx.store);
	before = dump_store(&fx.store);
	assert_non_null(strstr(before, "10000"));
	used = fx.store.journal;
	after = loaded();
	assert_string_equal(after, before);
	fx.store.journal = used;
	free(before);
	free(after);
}

static void a_daemon_without_room_says_so(void **state)
{
	allow(0);
	assert_true(journal_file_start(path, &fx.store, false) < 0);
	assert_non_null(strstr(fx.log, "make room"));
	assert_null(fx.store.journal);
	assert_int_equal(access(new_path, F_OK), -1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(nothing_of_before_is_lost),
		CASE(with_room_all_is_there_again),
		CASE(a_daemon_without_room_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
