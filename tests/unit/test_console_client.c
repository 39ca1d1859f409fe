// sources: dom0-tools/console/client/relay.c dom0-tools/console/client/terminal.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include -Idom0-tools/console/client
// libs: -lutil
/* SPDX-License-Identifier: MIT */
/*
 * xenconsole's copying and escape, and its terminal on every way out.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

struct bench {
	int user[2], guest[2], out[2];
	struct relay relay;
};

static void setup(struct bench *b)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b->user), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b->guest), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b->out), 0);
	b->relay = (struct relay){ .in = b->user[1], .out = b->out[1], .guest = b->guest[1], .escape = 0x1d };
}

static void teardown(struct bench *b)
{
	for (int i = 0; i < 2; i++) {
		close(b->user[i]);
		close(b->guest[i]);
		close(b->out[i]);
	}
}

static void type(struct bench *b, const char *text)
{
	assert_int_equal(write(b->user[0], text, strlen(text)), (ssize_t)strlen(text));
}

static void expect(int fd, const char *wanted)
{
	char got[200] = "";

	if (*wanted)
		assert_true(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	else
		assert_int_equal(recv(fd, got, 1, MSG_DONTWAIT), -1);
	assert_string_equal(got, wanted);
}

static void the_escape_detaches_after_what_was_typed(void **state)
{
	struct bench b;

	setup(&b);
	type(&b, "ls\n\x1dmore");
	assert_int_equal(relay_run(&b.relay), RELAY_DETACHED);
	expect(b.guest[0], "ls\n");
	teardown(&b);

	setup(&b);
	type(&b, "\x1d");
	assert_int_equal(relay_run(&b.relay), RELAY_DETACHED);
	expect(b.guest[0], "");
	teardown(&b);
}

static void the_escape_may_be_another_or_none(void **state)
{
	struct bench b;

	setup(&b);
	b.relay.escape = '~';
	type(&b, "a\x1d" "b~c");
	assert_int_equal(relay_run(&b.relay), RELAY_DETACHED);
	expect(b.guest[0], "a\x1d" "b");
	teardown(&b);

	setup(&b);
	b.relay.escape = -1;
	type(&b, "a\x1d" "b~c");
	shutdown(b.user[0], SHUT_WR);
	assert_int_equal(relay_run(&b.relay), RELAY_DETACHED);
	expect(b.guest[0], "a\x1d" "b~c");
	teardown(&b);
}

static void what_the_guest_wrote_last_is_shown(void **state)
{
	struct bench b;

	setup(&b);
	assert_int_equal(write(b.guest[0], "last words", 10), 10);
	shutdown(b.guest[0], SHUT_RDWR);
	assert_int_equal(relay_run(&b.relay), RELAY_CLOSED);
	expect(b.out[0], "last words");
	teardown(&b);
}

static void a_closed_output_ends_with_an_error(void **state)
{
	struct bench b;

	signal(SIGPIPE, SIG_IGN);
	setup(&b);
	shutdown(b.out[0], SHUT_RDWR);
	assert_int_equal(write(b.guest[0], "x", 1), 1);
	assert_int_equal(relay_run(&b.relay), RELAY_FAILED);
	assert_int_equal(errno, EPIPE);
	teardown(&b);
}

static void *guest_reads_slowly(void *bench)
{
	struct bench *b = bench;
	char byte[64];
	size_t total = 0;

	usleep(50000);
	while (total < 400000) {
		ssize_t n = read(b->guest[0], byte, sizeof(byte));

		if (n > 0)
			total += n;
		else
			usleep(100);
	}
	return (void *)total;
}

static void *user_types_much(void *bench)
{
	struct bench *b = bench;
	char block[1000];

	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 400; i++)
		(void)!write(b->user[0], block, sizeof(block));
	(void)!write(b->user[0], "\x1d", 1);
	return NULL;
}

static void a_slow_guest_loses_no_input(void **state)
{
	pthread_t guest, user;
	struct bench b;
	void *total;

	setup(&b);
	pthread_create(&guest, NULL, guest_reads_slowly, &b);
	pthread_create(&user, NULL, user_types_much, &b);
	assert_int_equal(relay_run(&b.relay), RELAY_DETACHED);
	pthread_join(user, NULL);
	pthread_join(guest, &total);
	assert_int_equal((size_t)total, 400000);
	teardown(&b);
}

/* A child that makes the terminal raw and ends in some way. */
static void end_by(int slave, int how)
{
	if (!terminal_make_raw(slave))
		_exit(9);
	if (how == 0)
		exit(0);
	raise(how);
	_exit(8);
}

static void the_terminal_is_restored_on_every_way_out(void **state)
{
	static const int ways[] = { 0, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGABRT };
	struct termios before, during, after;
	int master, slave, status;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	tcgetattr(slave, &before);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		pid_t child = fork();

		if (!child)
			end_by(slave, ways[i]);
		waitpid(child, &status, 0);
		if (ways[i])
			assert_int_equal(WTERMSIG(status), ways[i]);
		tcgetattr(slave, &after);
		assert_int_equal(after.c_lflag, before.c_lflag);
		assert_int_equal(after.c_iflag, before.c_iflag);
		assert_int_equal(after.c_oflag, before.c_oflag);
	}
	assert_true(terminal_make_raw(slave));
	tcgetattr(slave, &during);
	assert_int_equal(during.c_lflag & (ICANON | ECHO | ISIG), 0);
	terminal_restore();
	assert_false(terminal_make_raw(STDERR_FILENO) && !isatty(STDERR_FILENO));
	close(master);
	close(slave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_escape_detaches_after_what_was_typed),
		cmocka_unit_test(the_escape_may_be_another_or_none),
		cmocka_unit_test(what_the_guest_wrote_last_is_shown),
		cmocka_unit_test(a_closed_output_ends_with_an_error),
		cmocka_unit_test(a_slow_guest_loses_no_input),
		cmocka_unit_test(the_terminal_is_restored_on_every_way_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
