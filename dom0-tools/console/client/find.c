/* SPDX-License-Identifier: MIT */
/*
 * Finding the guest's terminal: xenstore names it, but perhaps not yet, or one that is no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define RETRY_MS 200
/* Majors of the slaves of pseudo terminals: who can write the node must not lead us elsewhere. */
#define PTY_FIRST 136
#define PTY_LAST  143

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool target_is_alive(struct target *t)
{
	return xs_is_domain_introduced(t->xs, t->domid);
}

static int open_terminal(const char *name, char *why, size_t size)
{
	int fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios settings;
	struct stat st;

	if (fd < 0) {
		snprintf(why, size, "its terminal %s: %s", name, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || major(st.st_rdev) < PTY_FIRST ||
	    major(st.st_rdev) > PTY_LAST || tcgetattr(fd, &settings) < 0) {
		snprintf(why, size, "its terminal %s is no pseudo terminal", name);
		close(fd);
		return -1;
	}
	cfmakeraw(&settings);
	tcsetattr(fd, TCSANOW, &settings);
	return fd;
}

static int try_open(struct target *t, char *why, size_t size)
{
	unsigned int len;
	char *name = xs_read(t->xs, XBT_NULL, t->path, &len);
	int fd = -1;

	if (name && len)
		fd = open_terminal(name, why, size);
	else
		snprintf(why, size, "%s is not there. Is xenconsoled running?", t->path);
	free(name);
	return fd;
}

/* Until something changed in xenstore, or it is worth another try anyhow. */
static void wait_change(struct target *t, int ms)
{
	struct pollfd p = { .fd = xs_fileno(t->xs), .events = POLLIN };
	char **event;

	poll(&p, 1, ms < RETRY_MS ? ms : RETRY_MS);
	while ((event = xs_check_watch(t->xs)))
		free(event);
}

int target_open(struct target *t, int ms, char *why, size_t size)
{
	long end = now_ms() + ms;
	int fd;

	while ((fd = try_open(t, why, size)) < 0) {
		long left = end - now_ms();

		if (!target_is_alive(t)) {
			snprintf(why, size, "the domain does not exist");
			break;
		}
		if (left <= 0)
			break;
		wait_change(t, (int)left);
	}
	return fd;
}
