/* SPDX-License-Identifier: MIT */
/* Clients of domain 0's user space, over UNIX sockets. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io.h"
#include "../core/log.h"

/* What is read at once, and how many requests a client gets handled in a round. */
#define READ_SIZE 16384
#define BUDGET	  32

static void poll_for(struct conn *conn)
{
	uint32_t events = (conn->stalled ? 0 : EPOLLIN) | (conn->out.len ? EPOLLOUT : 0);

	if (events == conn->events)
		return;
	conn->events = events;
	loop_poll(conn->fd, events, conn, true);
}

static void socket_serve(struct conn *conn)
{
	ssize_t n;

	if (conn->dead || conn->stalled)
		return;
	if (conn->in.len < MESSAGE_MAX) {
		n = recv(conn->fd, buf_reserve(&conn->in, READ_SIZE), READ_SIZE, 0);
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			conn_close(conn);
			return;
		}
		if (n > 0)
			buf_filled(&conn->in, (size_t)n);
	}
	conn_process(conn, BUDGET);
	if (conn->stalled)
		poll_for(conn);
}

static void socket_flush(struct conn *conn)
{
	ssize_t n = 0;

	if (conn->out.len)
		n = send(conn->fd, buf_head(&conn->out), conn->out.len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		conn_close(conn);
		return;
	}
	if (n > 0)
		conn_sent(conn, (size_t)n);
	poll_for(conn);
}

static void socket_close(struct conn *conn)
{
	close(conn->fd);
}

const struct transport socket_transport = { socket_serve, socket_flush, socket_close };

int socket_attach(struct conn *conn)
{
	conn->events = EPOLLIN;
	return loop_poll(conn->fd, conn->events, conn, false);
}

/* A descriptor to spare for turning a client away. */
static int reserve = -1;

/* Out of descriptors: who waits is turned away, or the listener would wake us for ever. */
static void turn_away(int listener)
{
	int fd;

	close(reserve);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void socket_accept(struct store *store, int listener, bool read_only)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *conn;

	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			log_error("a client's connection cannot be accepted: %s", strerror(errno));
		if (errno == EMFILE || errno == ENFILE)
			turn_away(listener);
		return;
	}
	if (reserve < 0)
		reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	conn = conn_new(store, &socket_transport, 0, NULL);
	conn->fd = fd;
	conn->read_only = read_only;
	if (socket_attach(conn))
		conn_close(conn);
}

int socket_listen(const char *path, unsigned int mode)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		log_error("%s: too long a path for a socket", path);
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || chmod(path, mode) ||
	    listen(fd, 128)) {
		int err = -errno;

		log_error("%s: cannot listen: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	return fd;
}
