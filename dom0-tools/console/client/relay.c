/* SPDX-License-Identifier: MIT */
/*
 * Copying between the user and the guest.
 *
 * What the user typed is held until the guest's terminal takes it, and no more is read meanwhile;
 * what the guest writes is shown at once, waiting for the user's terminal if that is slow.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

#define SHOWN 16384
#define TYPED 1024

struct typed {
	char text[TYPED];
	size_t used;
	bool last; /* after this, detach */
};

static bool show(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			poll(&p, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			return false;
		}
		if (n > 0) {
			text += n;
			len -= n;
		}
	}
	return true;
}

/* -1: go on; else how it ended. */
static int from_guest(struct relay *r)
{
	char text[SHOWN];
	ssize_t n = read(r->guest, text, sizeof(text));

	if (n > 0)
		return show(r->out, text, n) ? -1 : RELAY_FAILED;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -1;
	return RELAY_CLOSED;
}

static int from_user(struct relay *r, struct typed *t)
{
	ssize_t n = read(r->in, t->text, sizeof(t->text));
	char *escape;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? -1 : RELAY_FAILED;
	t->used = n;
	t->last = n == 0;
	escape = r->escape < 0 ? NULL : memchr(t->text, r->escape, n);
	if (escape) {
		t->used = escape - t->text;
		t->last = true;
	}
	return -1;
}

static int to_guest(struct relay *r, struct typed *t)
{
	ssize_t n = write(r->guest, t->text, t->used);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -1 : RELAY_CLOSED;
	t->used -= n;
	memmove(t->text, t->text + n, t->used);
	return -1;
}

static int relay_once(struct relay *r, struct typed *t)
{
	struct pollfd p[2] = {
		{ .fd = r->guest, .events = t->used ? POLLIN | POLLOUT : POLLIN },
		{ .fd = t->used ? -1 : r->in, .events = POLLIN },
	};
	int end = -1;

	if (poll(p, 2, -1) < 0)
		return errno == EINTR ? -1 : RELAY_FAILED;
	if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
		end = from_guest(r);
	if (end < 0 && (p[0].revents & POLLOUT))
		end = to_guest(r, t);
	if (end < 0 && p[1].revents)
		end = from_user(r, t);
	return end;
}

enum relay_end relay_run(struct relay *r)
{
	struct typed typed = { .used = 0 };
	int end = -1;

	while (end < 0) {
		if (typed.last && !typed.used)
			return RELAY_DETACHED;
		end = relay_once(r, &typed);
	}
	return end;
}
