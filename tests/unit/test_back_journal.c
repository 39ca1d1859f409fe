/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/frame/daemon/journal.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -DBACK_DIR="." -Ibuild/tools/include -Ixenstore/include -Ipv-drivers/back -Ipv-drivers/ring
/*
 * A device's journal: all of it has room before a device connects, or there is none (a limit on the size of
 * files plays the full tmpfs); what is damaged is not believed; counters go over to the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../pv-drivers/back/frame/daemon/backd.h"

#define BYTES 8192u
#define NAME  "7-vbd-51712"

static char folder[] = "/tmp/serai-back-XXXXXX";
static const struct back_class class = { .kind = "vbd" };
static struct back_device device = { .class = &class, .domid = 7, .devid = 51712 };

static void allow(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int setup(void **state)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0); /* BACK_DIR is where we are */
	signal(SIGXFSZ, SIG_IGN);
	return 0;
}

static int teardown(void **state)
{
	allow(RLIM_INFINITY);
	unlink(NAME);
	assert_int_equal(chdir("/"), 0);
	rmdir(folder);
	return 0;
}

static void without_room_there_is_none(void **state)
{
	struct stat status;
	int fd;

	allow(BYTES); /* less than with its head */
	assert_true(journal_open(&device, BYTES, true) < 0);
	assert_int_equal(stat(NAME, &status), -1);
	assert_false(journal_is_live(&device));
	allow(RLIM_INFINITY);
	fd = journal_open(&device, BYTES, true);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, BYTES + BACK_JOURNAL_HEAD);
	close(fd);
}

static void damage_is_not_believed(void **state)
{
	struct back_journal head;
	int fd = journal_open(&device, BYTES, true);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &head, sizeof(head), 0), (ssize_t)sizeof(head));
	head.live = 1;
	head.counters.flushes = 12;
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), (ssize_t)sizeof(head));
	close(fd);
	assert_true(journal_is_live(&device));
	fd = journal_open(&device, BYTES, false);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, BYTES), 0);
	assert_int_equal(journal_open(&device, BYTES, false), -EBADMSG); /* cut */
	head.magic++;
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), (ssize_t)sizeof(head));
	close(fd);
	assert_false(journal_is_live(&device));
	assert_int_equal(journal_open(&device, BYTES, false), -EBADMSG);
	assert_int_equal(truncate(NAME, 10), 0);
	assert_int_equal(journal_open(&device, BYTES, false), -EBADMSG);
}

static void counters_go_over(void **state)
{
	struct back_journal head;
	int fd = journal_open(&device, BYTES, true);

	assert_int_equal(pread(fd, &head, sizeof(head), 0), (ssize_t)sizeof(head));
	head.counters.flushes = 12;
	head.live = 1;
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), (ssize_t)sizeof(head));
	close(fd);
	fd = journal_open(&device, 2 * BYTES, true);
	assert_int_equal(pread(fd, &head, sizeof(head), 0), (ssize_t)sizeof(head));
	assert_int_equal(head.counters.flushes, 12);
	assert_int_equal(head.live, 0);
	close(fd);
	journal_remove(&device);
	assert_int_equal(journal_open(&device, BYTES, false), -ENOENT);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(without_room_there_is_none),
		CASE(damage_is_not_believed),
		CASE(counters_go_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
