/* SPDX-License-Identifier: MIT */
/*
 * The user's terminal: raw while we run, as it was on every way out.
 *
 * A way out is exit() or a signal that ends the process; only SIGKILL leaves no chance. A process
 * that was stopped finds a terminal its shell has used meanwhile and makes it raw again.
 */
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "client.h"

static int terminal = -1;
static struct termios original, raw;

void terminal_restore(void)
{
	if (terminal >= 0)
		tcsetattr(terminal, TCSAFLUSH, &original);
}

static void handle_end(int signal_nr)
{
	terminal_restore();
	/* The handler is gone already (SA_RESETHAND): die as the signal wants it. */
	raise(signal_nr);
}

static void handle_continue(int signal_nr)
{
	tcsetattr(terminal, TCSANOW, &raw);
}

bool terminal_make_raw(int fd)
{
	static const int ends[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGALRM,
				    SIGABRT, SIGSEGV, SIGBUS,  SIGILL,	SIGFPE };
	struct sigaction action = { .sa_handler = handle_end, .sa_flags = SA_RESETHAND };

	if (tcgetattr(fd, &original) < 0)
		return false;
	terminal = fd;
	raw = original;
	cfmakeraw(&raw);
	atexit(terminal_restore);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &action, NULL);
	action = (struct sigaction){ .sa_handler = handle_continue };
	sigaction(SIGCONT, &action, NULL);
	return tcsetattr(fd, TCSANOW, &raw) == 0;
}
