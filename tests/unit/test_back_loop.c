/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/frame/daemon/loop.c pv-drivers/back/block/daemon/server.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
/*
 * serai-backd's loop with real descriptors and processes: news of a descriptor that is another's by
 * now, processes that are gone before they are watched; and who serves an image, by its file's
 * lock.
 */
#include "pv_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "block/daemon/disk.h"
#include "frame/daemon/backd.h"

struct backd backd;
static int store = -1;

int xs_fileno(struct xs_handle *h)
{
	return store;
}

void store_ready(void)
{
}

void look_at_dirty(void)
{
}

static int start(void **state)
{
	store = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(loop_start(), 0);
	return 0;
}

static struct back_source first, second;
static int fds[2], rang;

static void other_rang(struct back_source *source, uint32_t events)
{
	rang++;
}

/* Whoever is first ends the other, whose descriptor's number goes to somebody new. */
static void ends_the_other(struct back_source *source, uint32_t events)
{
	static struct back_source successor = { other_rang };
	int at = source == &first ? 0 : 1, gone = fds[!at];

	backd.stop = true;
	back_remove_fd(fds[at]);
	back_remove_fd(gone);
	close(gone);
	fds[!at] = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(fds[!at], gone);
	assert_int_equal(back_add_fd(gone, &successor, EPOLLIN), 0);
}

static void news_of_a_descriptor_are_not_its_successors(void **state)
{
	first.ready = second.ready = ends_the_other;
	rang = 0;
	for (int i = 0; i < 2; i++) {
		fds[i] = eventfd(1, EFD_CLOEXEC);
		assert_int_equal(back_add_fd(fds[i], i ? &second : &first, EPOLLIN), 0);
	}
	backd.stop = false;
	assert_int_equal(loop_run(), 0);
	assert_int_equal(rang, 0);
	for (int i = 0; i < 2; i++) {
		back_remove_fd(fds[i]);
		close(fds[i]);
	}
}

/* A child's number; it waits to be killed. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void who_is_gone_is_not_waited_for(void **state)
{
	struct back_process process = { .pidfd = -1 };
	pid_t pid = child();

	end(pid);
	assert_true(back_watch_process(&process, pid) < 0);
	assert_int_equal(process.pid, 0);
	back_forget_process(&process);
}

static void told_end(struct back_process *process, int status)
{
	rang = status;
	backd.stop = true;
}

static void a_childs_end_is_told(void **state)
{
	struct back_process process = { .exited = told_end };
	pid_t pid = child();

	assert_int_equal(back_watch_process(&process, pid), 0);
	back_signal_process(&process, SIGKILL);
	backd.stop = false;
	assert_int_equal(loop_run(), 0);
	assert_true(WIFSIGNALED(rang));
	assert_int_equal(process.pid, 0);
}

/* --- who serves an image --------------------------------------------------------------------- */

static char path[64];

static void write_file(const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void a_number_without_a_lock_is_nobody(void **state)
{
	char text[16];
	pid_t pid = child(), found = 1;

	snprintf(path, sizeof(path), "/tmp/back-loop-%d", (int)getpid());
	assert_false(server_holds(path, &found));
	snprintf(text, sizeof(text), "%d\n", (int)pid);
	write_file(text);
	assert_false(server_holds(path, &found));
	assert_int_equal(found, 0);
	end(pid);
	unlink(path);
}

static void a_lock_is_somebody_who_may_not_have_said_who(void **state)
{
	char text[16];
	pid_t pid = child(), found = 1;
	int lock;

	write_file("");
	lock = open(path, O_RDWR);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_true(server_holds(path, &found));
	assert_int_equal(found, 0);
	/* What an earlier one has left there is another program's by now. */
	snprintf(text, sizeof(text), "%d\n", (int)pid);
	assert_int_equal(pwrite(lock, text, strlen(text), 0), (ssize_t)strlen(text));
	assert_true(server_holds(path, &found));
	assert_int_equal(found, 0);
	close(lock);
	end(pid);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(news_of_a_descriptor_are_not_its_successors),
		cmocka_unit_test(who_is_gone_is_not_waited_for),
		cmocka_unit_test(a_childs_end_is_told),
		cmocka_unit_test(a_number_without_a_lock_is_nobody),
		cmocka_unit_test(a_lock_is_somebody_who_may_not_have_said_who),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
