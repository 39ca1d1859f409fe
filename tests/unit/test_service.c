// sources: dom0-tools/daemon/service.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools
/* SPDX-License-Identifier: MIT */
/*
 * What daemons have in common: one at a time, a killed one's lock, and a parent that knows how it went.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/service.h"

static char dir[] = "/tmp/test-service-XXXXXX", path[100];

/* A process that takes the lock, writes its number, says so, and lives until it is killed. */
static pid_t holder(void)
{
	int ends[2], fd;
	pid_t child, other;
	char word;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		fd = service_lock(path, 0600, &other);
		if (fd < 0 || service_write_pid(fd) || write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &word, 1), 1);
	close(ends[0]);
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void the_second_is_told_of_the_first(void **state)
{
	pid_t first = holder(), other = 0;

	assert_int_equal(service_lock(path, 0600, &other), -EWOULDBLOCK);
	assert_int_equal(other, first);
	end(first);
}

static void a_killed_ones_lock_is_free(void **state)
{
	pid_t other = 0;
	int fd;

	end(holder());
	fd = service_lock(path, 0600, &other);
	assert_true(fd >= 0);
	close(fd);
}

/* The first is killed only while the second waits already. */
static void a_dying_ones_lock_is_waited_for(void **state)
{
	pid_t first = holder(), killer = fork(), other = 0;
	int fd;

	if (!killer) {
		usleep(100000);
		kill(first, SIGKILL);
		_exit(0);
	}
	fd = service_lock(path, 0600, &other);
	assert_true(fd >= 0);
	close(fd);
	waitpid(killer, NULL, 0);
	waitpid(first, NULL, 0);
}

static void the_directory_is_made(void **state)
{
	char deep[140];
	pid_t other = 0;
	int fd;

	snprintf(deep, sizeof(deep), "%s/run/lock", dir);
	fd = service_lock(deep, 0600, &other);
	assert_true(fd >= 0);
	close(fd);
	unlink(deep);
	*strrchr(deep, '/') = '\0';
	assert_int_equal(rmdir(deep), 0);
	snprintf(deep, sizeof(deep), "%s/not/there/lock", dir);
	assert_int_equal(service_lock(deep, 0600, &other), -ENOENT);
}

/* How service_detach()'s parent ends, if the child does this. */
static int detached(void (*serve)(int notify))
{
	pid_t starter = fork();
	int status;

	if (!starter) {
		serve(service_detach());
		_exit(7);
	}
	assert_int_equal(waitpid(starter, &status, 0), starter);
	return status;
}

static void becomes_ready(int notify)
{
	service_ready(notify);
}

static void gives_up(int notify)
{
	_exit(3);
}

static void dies(int notify)
{
	raise(SIGKILL);
}

static void the_parent_tells_how_it_went(void **state)
{
	int status = detached(becomes_ready);

	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
	status = detached(gives_up);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
	status = detached(dies);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
}

static int make_dir(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/lock", dir);
	return 0;
}

static int remove_dir(void **state)
{
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_is_told_of_the_first),
		cmocka_unit_test(a_killed_ones_lock_is_free),
		cmocka_unit_test(a_dying_ones_lock_is_waited_for),
		cmocka_unit_test(the_directory_is_made),
		cmocka_unit_test(the_parent_tells_how_it_went),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
