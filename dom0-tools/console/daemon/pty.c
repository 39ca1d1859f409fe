/* SPDX-License-Identifier: MIT */
/*
 * Terminals; see pty.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "pty.h"

/* The slave keeps the settings for all who open it later, and knows its end as closed, after this.
 */
static int make_raw(const char *slave)
{
	int fd = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;
	int error = 0;

	if (fd < 0)
		return -errno;
	if (tcgetattr(fd, &settings) < 0)
		error = -errno;
	cfmakeraw(&settings);
	if (!error && tcsetattr(fd, TCSANOW, &settings) < 0)
		error = -errno;
	close(fd);
	return error;
}

int pty_open(struct pty *p, int inotify)
{
	int error;

	p->watch = -1;
	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (p->master < 0)
		return -errno;
	if (grantpt(p->master) < 0 || unlockpt(p->master) < 0 ||
	    ptsname_r(p->master, p->slave, sizeof(p->slave)) != 0)
		error = -errno;
	else
		error = make_raw(p->slave);
	if (!error) {
		p->watch = inotify_add_watch(inotify, p->slave, IN_OPEN | IN_CLOSE);
		error = p->watch < 0 ? -errno : 0;
	}
	if (error)
		pty_close(p, inotify);
	return error;
}

void pty_close(struct pty *p, int inotify)
{
	if (p->watch >= 0)
		inotify_rm_watch(inotify, p->watch);
	if (p->master >= 0)
		close(p->master);
	p->master = p->watch = -1;
}

bool pty_attached(const struct pty *p)
{
	struct pollfd poller = { .fd = p->master };

	return p->master >= 0 && poll(&poller, 1, 0) >= 0 && !(poller.revents & POLLHUP);
}

bool pty_unread(const struct pty *p)
{
	int fd = open(p->slave, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int nr = 0;

	if (fd < 0)
		return false;
	if (ioctl(fd, FIONREAD, &nr) < 0)
		nr = 0;
	close(fd);
	return nr > 0;
}
