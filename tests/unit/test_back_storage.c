/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/daemon/storage.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
/*
 * The life of an image's server, over processes, a clock and a frame of the test's own: servers
 * that serai-backds which were killed have left, gone at any moment of being found, never make a
 * disk wait for what does not come.
 */
#include "pv_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "block/daemon/disk.h"

#define LEFT 77

static struct back_timer *armed;
static int armed_ms;
static pid_t left;    /* who holds the file; 0: nobody; -1: somebody who has not said who */
static bool vanishes; /* between being found and being watched */
static unsigned int nr_started, nr_asked, nr_finished;
static int finished_with;

bool server_runs(const struct storage *s, pid_t *pid)
{
	*pid = left > 0 ? left : 0;
	return left;
}

bool server_holds(const char *path, pid_t *pid)
{
	return server_runs(NULL, pid);
}

void server_file(const struct storage *s, const char *suffix, char name[BACK_PATH_MAX])
{
	snprintf(name, BACK_PATH_MAX, "/nonexistent/%s", suffix);
}

int back_watch_process(struct back_process *process, pid_t pid)
{
	if (vanishes) {
		left = 0;
		return -ESRCH;
	}
	process->pid = pid;
	return 0;
}

int server_start(const struct storage *s, struct back_process *process)
{
	nr_started++;
	process->pid = 100 + (pid_t)nr_started;
	return 0;
}

void back_forget_process(struct back_process *process)
{
	process->pid = 0;
}

void back_signal_process(struct back_process *process, int number)
{
	assert_true(process->pid > 0);
	nr_asked += number == SIGTERM;
}

void back_set_timer(struct back_timer *timer, int ms)
{
	armed = ms >= 0 ? timer : NULL;
	armed_ms = ms;
}

uint64_t back_now_ms(void)
{
	return 1000000;
}

int back_add_fd(int fd, struct back_source *source, uint32_t events)
{
	return 0;
}

void back_remove_fd(int fd)
{
}

void back_finish(struct back_device *device, int rc)
{
	nr_finished++;
	finished_with = rc;
}

void back_reconnect(struct back_device *device)
{
}

int back_error(struct back_device *device, int rc, const char *format, ...)
{
	return rc;
}

void back_log(int priority, const char *format, ...)
{
}

void handshake_start(struct handshake *h)
{
}

int handshake_go_on(struct handshake *h, int fd)
{
	return 0;
}

/* --- ----------------------------------------------------------------------------------------- */

static const struct image image = { .driver = "qcow2", .path = "/x" };
static struct storage storage;

static void tick(void)
{
	struct back_timer *timer = armed;

	assert_non_null(timer);
	armed = NULL;
	timer->expired(timer);
}

static void ends(int status)
{
	storage.process.pid = 0;
	left = 0;
	storage.process.exited(&storage.process, status);
}

static int begin(void **state)
{
	memset(&storage, 0, sizeof(storage));
	armed = NULL;
	left = 0;
	vanishes = false;
	nr_started = nr_asked = nr_finished = 0;
	return 0;
}

static void nobody_is_left(void **state)
{
	storage_init(&storage, NULL, &image);
	assert_null(armed);
	assert_int_equal(storage_start(&storage), BACK_LATER);
	assert_int_equal(nr_started, 1);
	assert_int_equal(storage.phase, STORAGE_STARTING);
}

static void who_is_left_ends_first(void **state)
{
	left = LEFT;
	storage_init(&storage, NULL, &image);
	assert_int_equal(nr_asked, 1);
	assert_int_equal(storage_start(&storage), BACK_LATER);
	tick();
	assert_int_equal(nr_asked, 2); /* a word may be lost */
	assert_int_equal(nr_started, 0);
	ends(-1);
	assert_int_equal(nr_started, 1);
}

static void who_is_left_vanishes_while_it_is_found(void **state)
{
	left = LEFT;
	vanishes = true;
	storage_init(&storage, NULL, &image);
	assert_int_equal(storage_start(&storage), BACK_LATER);
	for (int i = 0; i < 3 && !nr_started; i++)
		tick();
	assert_int_equal(nr_started, 1);
	assert_int_equal(nr_asked, 0);
}

static void who_is_left_has_not_said_who_it_is(void **state)
{
	left = -1;
	storage_init(&storage, NULL, &image);
	assert_int_equal(storage_start(&storage), BACK_LATER);
	tick();
	assert_int_equal(nr_started, 0);
	left = LEFT;
	tick();
	assert_int_equal(nr_asked, 1);
	ends(-1);
	assert_int_equal(nr_started, 1);
}

static void a_start_meets_one_that_nobody_knew(void **state)
{
	storage_init(&storage, NULL, &image);
	assert_int_equal(storage_start(&storage), BACK_LATER);
	left = LEFT;
	storage.process.pid = 0;
	storage.process.exited(&storage.process, SERVER_HELD << 8);
	assert_int_equal(nr_finished, 0);
	assert_int_equal(nr_asked, 1);
	ends(-1);
	assert_int_equal(nr_started, 2);
	assert_int_equal(storage.phase, STORAGE_STARTING);
}

static void a_start_that_fails_is_an_error_one_killed_is_tried_again(void **state)
{
	storage_init(&storage, NULL, &image);
	assert_int_equal(storage_start(&storage), BACK_LATER);
	ends(SIGKILL);
	assert_int_equal(nr_started, 2);
	assert_int_equal(nr_finished, 0);
	ends(1 << 8);
	assert_int_equal(nr_finished, 1);
	assert_int_equal(finished_with, -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody_is_left, begin),
		cmocka_unit_test_setup(who_is_left_ends_first, begin),
		cmocka_unit_test_setup(who_is_left_vanishes_while_it_is_found, begin),
		cmocka_unit_test_setup(who_is_left_has_not_said_who_it_is, begin),
		cmocka_unit_test_setup(a_start_meets_one_that_nobody_knew, begin),
		cmocka_unit_test_setup(a_start_that_fails_is_an_error_one_killed_is_tried_again,
				       begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
