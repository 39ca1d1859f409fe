/* SPDX-License-Identifier: MIT */
/* The channel as a device of the worker: its page and port, and the peer at the other end. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../channel_connect.h"
#include "back_worker.h"
#include "channel.h"

#define SLOW_MS 1000 /* a terminal that hangs up is looked at again */

struct line {
	struct channel channel;
	int port;
	int listener; /* -1: the peer is a terminal, there all the time */
	int peer;     /* -1: none */
};

static void release(struct back_link *link)
{
	struct line *l = link->state;

	if (l->listener >= 0) {
		back_poll_fd(link, l->listener, 0);
		close(l->listener);
	}
	if (l->peer >= 0) {
		back_poll_fd(link, l->peer, 0);
		close(l->peer);
	}
	if (l->port >= 0)
		back_unbind(link, l->port);
	if (l->channel.page)
		back_unmap(link, l->channel.page, 1);
}

static void hang_up(struct back_link *link)
{
	struct line *l = link->state;

	back_poll_fd(link, l->peer, 0);
	if (l->listener < 0) {
		back_tick(link, SLOW_MS);
		return;
	}
	close(l->peer);
	l->peer = -1;
	back_poll_fd(link, l->listener, EPOLLIN);
}

static void run(struct back_link *link)
{
	struct line *l = link->state;
	int rc = channel_run(&l->channel, l->peer);
	uint32_t events = 0;

	link->counters->to_guest.bytes = l->channel.to_guest;
	link->counters->from_guest.bytes = l->channel.from_guest;
	if (rc < 0) {
		back_fail(link, "the guest wrote impossible indexes into its page");
		return;
	}
	if (rc & CHANNEL_NOTIFY) {
		back_notify(link, l->port);
		back_again(link); /* there may be more */
	}
	if (rc & CHANNEL_HUNG_UP) {
		hang_up(link);
		return;
	}
	if (rc & CHANNEL_WANTS_READ)
		events |= EPOLLIN;
	if (rc & CHANNEL_WANTS_WRITE)
		events |= EPOLLOUT;
	if (l->peer >= 0)
		back_poll_fd(link, l->peer, events);
}

static int serve(struct back_link *link, const struct channel_connect *c)
{
	struct line *l = link->state;
	struct xencons_interface *page = back_map_page(link, c->ref);

	if (!page)
		return -EFAULT;
	l->channel.page = page;
	if (channel_init(&l->channel, page)) {
		l->channel.page = page;
		back_why(link, "the page's indexes are impossible");
		return -EIO;
	}
	l->port = back_join(link, c->port);
	return l->port < 0 ? l->port : 0;
}

static int connect_channel(struct back_link *link, const struct back_message *message,
			   const int *fds)
{
	const struct channel_connect *c = (const struct channel_connect *)message->body;
	struct line *l = link->state;
	int rc;

	if (message->bytes != sizeof(*c) || message->nr_fds != 1)
		return back_refuse(link, message, fds);
	l->port = l->listener = l->peer = -1;
	if (c->listens)
		l->listener = fds[0];
	else
		l->peer = fds[0];
	rc = serve(link, c);
	if (!rc && l->listener >= 0)
		rc = back_poll_fd(link, l->listener, EPOLLIN);
	if (rc)
		release(link);
	else
		back_again(link);
	return rc;
}

static void handle_event(struct back_link *link, int port)
{
	run(link);
}

static void handle_ready(struct back_link *link, int fd, uint32_t events)
{
	struct line *l = link->state;

	if (fd == l->listener) {
		l->peer = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (l->peer < 0)
			return;
		back_poll_fd(link, l->listener, 0);
	}
	run(link);
}

static bool disconnect(struct back_link *link)
{
	release(link);
	return true;
}

static const struct back_service channel_service = {
	.kind = "console",
	.state_bytes = sizeof(struct line),
	.connect = connect_channel,
	.event = handle_event,
	.ready = handle_ready,
	.tick = run,
	.disconnect = disconnect,
};
BACK_SERVICE(channel_service);
