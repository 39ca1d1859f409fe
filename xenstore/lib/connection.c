/* SPDX-License-Identifier: MIT */
/*
 * The bytes: connecting, sending a message, reading and sorting what comes.
 *
 * A stream that loses its framing (a length no message can have, an end in the middle) cannot be
 * trusted again and is broken for good; the next request makes a new one. link_break leaves the
 * descriptor open, since another thread may be inside recv() on it, and link_drop closes it when
 * none is.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

/* How long one blocking recv() lasts before deadlines are looked at again. */
#define TICK_MS 500

deadline_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

deadline_t deadline_in(int ms)
{
	return ms <= 0 ? NEVER : now_ms() + ms;
}

static int left_until(deadline_t deadline)
{
	int64_t left;

	if (deadline == NEVER)
		return -1;
	left = deadline - now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static int connect_socket(const char *path, int timeout_ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int tick = timeout_ms > 0 && timeout_ms < TICK_MS ? timeout_ms / 4 + 1 : TICK_MS;
	struct timeval patience = { .tv_usec = tick * 1000 };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Not blocking: the queue of a hung daemon may be full, which is as good as refused. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		error = errno == EAGAIN ? ECONNREFUSED : errno;
		close(fd);
		return -error;
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

int link_connect(struct xs_handle *h)
{
	struct stat st;
	int fd;

	if (h->given_up)
		return -EPERM;
	if (stat(h->path, &st) < 0)
		return -errno;
	h->is_socket = S_ISSOCK(st.st_mode);
	if (h->is_socket)
		fd = connect_socket(h->path, h->timeout_ms);
	else
		fd = open(h->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return h->is_socket ? fd : -errno;
	h->fd = fd;
	h->broken = false;
	h->in_used = 0;
	poll_follow(h);
	return 0;
}

void link_break(struct xs_handle *h)
{
	if (h->fd < 0 || h->broken)
		return;
	h->broken = true;
	if (h->is_socket)
		shutdown(h->fd, SHUT_RDWR);
	transactions_doom(h);
	poll_follow(h);
	pthread_cond_broadcast(&h->changed);
}

void link_drop(struct xs_handle *h)
{
	if (h->fd < 0)
		return;
	transactions_doom(h);
	close(h->fd);
	h->fd = -1;
	h->in_used = 0;
}

static ssize_t send_some(struct xs_handle *h, const char *bytes, size_t len)
{
	/* The device takes whole messages only; there is never more than one for it. */
	return h->is_socket ? send(h->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT)
			    : write(h->fd, bytes, len);
}

/*
 * The connection's buffer is full. If the daemon does not read because we did not read our events,
 * only taking those in lets it go on, so wait for both directions.
 */
static int wait_to_send(struct xs_handle *h, deadline_t deadline)
{
	struct pollfd p = { .fd = h->fd, .events = POLLOUT | POLLIN };
	int error = 0;

	if (poll(&p, 1, left_until(deadline)) == 0)
		return -ETIMEDOUT;
	if (p.revents & (POLLIN | POLLHUP | POLLERR)) {
		pthread_mutex_lock(&h->lock);
		error = link_wait(h, 0);
		pthread_mutex_unlock(&h->lock);
	}
	return error == -ETIMEDOUT ? 0 : error;
}

int link_send(struct xs_handle *h, const char *bytes, size_t len, deadline_t deadline)
{
	int error = 0;

	while (len && !error) {
		ssize_t n = send_some(h, bytes, len);

		if (n >= 0) {
			bytes += n;
			len -= n;
		} else if (errno == EAGAIN) {
			error = wait_to_send(h, deadline);
		} else if (errno != EINTR) {
			error = h->is_socket ? -ECONNRESET : -errno;
		}
	}
	return error;
}

/* The answer to a request in flight; others come too late, and are dropped. */
static void take_answer(struct xs_handle *h, const struct xsd_sockmsg *header, const char *body)
{
	uint32_t at = header->req_id - (h->req_id - h->nr_awaited + 1);
	struct answer *answer;

	if (!h->awaited || at >= h->nr_awaited || h->awaited[at].body)
		return;
	answer = h->awaited + at;
	answer->body = malloc(header->len + 1);
	if (!answer->body) {
		link_break(h);
		return;
	}
	memcpy(answer->body, body, header->len);
	answer->body[header->len] = '\0';
	answer->head = *header;
	h->nr_missing--;
}

static void take_messages(struct xs_handle *h)
{
	struct xsd_sockmsg header;
	size_t at = 0;

	while (h->in_used - at >= sizeof(header)) {
		const char *body = h->in + at + sizeof(header);

		memcpy(&header, h->in + at, sizeof(header));
		if (header.len > XENSTORE_PAYLOAD_MAX) {
			link_break(h);
			return;
		}
		if (h->in_used - at < sizeof(header) + header.len)
			break;
		if (header.type == XS_WATCH_EVENT)
			event_queue(h, body, header.len);
		else
			take_answer(h, &header, body);
		at += sizeof(header) + header.len;
	}
	memmove(h->in, h->in + at, h->in_used - at);
	h->in_used -= at;
}

/* A read that waits at most until the deadline, and wakes now and then even before. */
static ssize_t read_some(int fd, bool is_socket, void *to, size_t len, deadline_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool wait = deadline > 0;
	ssize_t n;

	if (is_socket && deadline != NEVER)
		return recv(fd, to, len, wait ? 0 : MSG_DONTWAIT);
	n = is_socket ? recv(fd, to, len, MSG_DONTWAIT) : read(fd, to, len);
	if (n >= 0 || errno != EAGAIN || !wait)
		return n;
	poll(&p, 1, left_until(deadline));
	return is_socket ? recv(fd, to, len, MSG_DONTWAIT) : read(fd, to, len);
}

static void read_once(struct xs_handle *h, deadline_t deadline)
{
	bool is_socket = h->is_socket;
	int fd = h->fd;
	size_t used = h->in_used;
	ssize_t n;

	h->reading = true;
	pthread_mutex_unlock(&h->lock);
	n = read_some(fd, is_socket, h->in + used, sizeof(h->in) - used, deadline);
	pthread_mutex_lock(&h->lock);
	h->reading = false;
	if (n > 0) {
		h->in_used += n;
		take_messages(h);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		link_break(h);
	}
	pthread_cond_broadcast(&h->changed);
}

static void wait_for_reader(struct xs_handle *h, deadline_t deadline)
{
	struct timespec t = { .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000 };

	if (deadline == NEVER)
		pthread_cond_wait(&h->changed, &h->lock);
	else
		pthread_cond_timedwait(&h->changed, &h->lock, &t);
}

int link_wait(struct xs_handle *h, deadline_t deadline)
{
	if (h->fd < 0 || h->broken)
		return -ECONNRESET;
	if (!h->reading)
		read_once(h, deadline);
	else if (deadline > 0)
		wait_for_reader(h, deadline);
	return deadline != NEVER && now_ms() >= deadline ? -ETIMEDOUT : 0;
}
