/* SPDX-License-Identifier: MIT */
/*
 * A channel (a console other than the first, which xenconsoled has) as a device of serai-backd: a
 * terminal whose name it writes for the tools, or a socket with a path the user chose.
 *
 * The terminal's other end is held open here, so that bytes stay while no program has it open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "../channel_connect.h"
#include "back_daemon.h"

struct channel_end {
	bool open;
	bool listens;
	int fd;							/* master or listening socket */
	int slave;						/* terminal only */
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of the terminal or socket */
};

static bool is_channel(uint32_t domid, uint32_t devid)
{
	return devid > 0;
}

static int open_slave(struct channel_end *end)
{
	struct termios raw;
	int fd;

	if (grantpt(end->fd) || unlockpt(end->fd) ||
	    ptsname_r(end->fd, end->name, sizeof(end->name)))
		return -errno;
	fd = open(end->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!tcgetattr(fd, &raw)) {
		cfmakeraw(&raw);
		(void)tcsetattr(fd, TCSANOW, &raw);
	}
	return fd;
}

static int open_terminal(struct back_device *device)
{
	struct channel_end *end = device->state;
	int rc;

	end->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (end->fd < 0)
		return back_error(device, -errno, "cannot open a terminal: %s", strerror(errno));
	end->slave = open_slave(end);
	if (end->slave >= 0)
		return 0;
	rc = end->slave;
	close(end->fd);
	return back_error(device, rc, "cannot open the terminal's other end: %s", strerror(-rc));
}

/* A socket of this name that nobody answers at was left behind; anything else is not ours. */
static int clear_path(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, taken;

	if (lstat(address->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	taken = !connect(fd, (const struct sockaddr *)address, sizeof(*address)) || errno == EAGAIN;
	close(fd);
	if (taken)
		return -EADDRINUSE;
	return unlink(address->sun_path) ? -errno : 0;
}

static int listen_at(const struct sockaddr_un *address)
{
	int rc = clear_path(address), fd;

	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)address, sizeof(*address)) &&
	    !chmod(address->sun_path, 0600) && !listen(fd, 4))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int open_socket(struct back_device *device)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct channel_end *end = device->state;
	char *path = back_read(device, "path");
	int rc = 0;

	if (!path || *path != '/' || strlen(path) >= sizeof(address.sun_path)) {
		rc = back_error(device, -EINVAL,
				"path= of a channel with connection=socket must be a file name "
				"from / on, below %zu letters",
				sizeof(address.sun_path));
	} else {
		snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
		end->fd = listen_at(&address);
		if (end->fd < 0)
			rc = back_error(device, end->fd, "cannot listen at %s: %s", path,
					strerror(-end->fd));
		snprintf(end->name, sizeof(end->name), "%s", address.sun_path);
		end->slave = -1;
		end->listens = true;
	}
	free(path);
	return rc;
}

static int open_end(struct back_device *device)
{
	struct channel_end *end = device->state;
	char *kind = back_read(device, "connection");
	int rc;

	if (!kind || !strcmp(kind, "pty"))
		rc = open_terminal(device);
	else if (!strcmp(kind, "socket"))
		rc = open_socket(device);
	else
		rc = back_error(device, -EINVAL, "connection=%s is not known: use pty or socket",
				kind);
	end->open = !rc;
	free(kind);
	return rc;
}

static int prepare(struct back_device *device, struct back_connect *connect, bool resume)
{
	struct channel_connect *c = (struct channel_connect *)connect->body;
	struct channel_end *end = device->state;
	int rc = back_read_front_number(device, "ring-ref", UINT32_MAX, &c->ref), fd;

	if (rc)
		return back_error(device, rc, "the frontend's ring-ref is missing or no number");
	rc = back_read_front_number(device, "port", UINT32_MAX, &c->port);
	if (rc)
		return back_error(device, rc, "the frontend's port is missing or no number");
	if (!end->open)
		rc = open_end(device);
	if (rc)
		return rc;
	fd = fcntl(end->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return back_error(device, -errno, "cannot hand over the channel's end: %s",
				  strerror(errno));
	c->listens = end->listens;
	connect->fds[connect->nr_fds++] = fd;
	connect->bytes = sizeof(*c);
	return 0;
}

/* Where "xl console -t pv -n NUMBER" and xenconsole look. */
static int connected(struct back_device *device)
{
	const struct channel_end *end = device->state;
	char path[BACK_PATH_MAX + 8];

	if (end->listens)
		return 0;
	snprintf(path, sizeof(path), "%s/tty", device->front);
	if (!xs_write_if(back_store(), device->front, path, end->name,
			 (unsigned int)strlen(end->name)))
		return back_error(device, -errno, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

static void gone(struct back_device *device)
{
	struct channel_end *end = device->state;

	if (!end->open)
		return;
	close(end->fd);
	if (end->slave >= 0)
		close(end->slave);
	if (end->listens)
		unlink(end->name);
	end->open = false;
}

static const struct back_class channel_class = {
	.kind = "console",
	.state_bytes = sizeof(struct channel_end),
	.front = PV_FRONT,
	.ours = is_channel,
	.prepare = prepare,
	.connected = connected,
	.gone = gone,
};
BACK_CLASS(channel_class);
