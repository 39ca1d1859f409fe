/* SPDX-License-Identifier: MIT */
/*
 * The one event loop. A round: everybody who has something is served a bounded amount, then outputs
 * are sent, then the house is kept. Nothing in it blocks but the wait itself.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "io.h"
#include "../core/log.h"

#define ROUND 64

static int epoll_fd = -1;

/* Distinguishable from any connection's address. */
static char listener_tags[2], platform_tag;

int loop_poll(int fd, uint32_t events, void *what, bool known)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	if (!epoll_ctl(epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
		return 0;
	log_error("descriptor %d cannot be polled: %s", fd, strerror(errno));
	return -errno;
}

int loop_init(struct loop *loop)
{
	struct platform *platform = loop->store->platform;
	int err = 0;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0) {
		log_error("epoll: %s", strerror(errno));
		return -errno;
	}
	for (int i = 0; i < 2 && !err; i++)
		if (loop->listener[i] >= 0)
			err = loop_poll(loop->listener[i], EPOLLIN, &listener_tags[i], false);
	if (!err && platform && platform->fd(platform) >= 0)
		err = loop_poll(platform->fd(platform), EPOLLIN, &platform_tag, false);
	return err;
}

static void serve_conn(struct conn *conn, uint32_t events)
{
	if (conn->dead)
		return;
	if (events & EPOLLOUT)
		store_mark_dirty(conn);
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		conn->transport->serve(conn);
}

static void dispatch(struct loop *loop, const struct epoll_event *event)
{
	struct platform *platform = loop->store->platform;

	if (event->data.ptr == &platform_tag)
		platform->dispatch(platform, loop->store);
	else if (event->data.ptr == &listener_tags[0])
		socket_accept(loop->store, loop->listener[0], false);
	else if (event->data.ptr == &listener_tags[1])
		socket_accept(loop->store, loop->listener[1], true);
	else
		serve_conn(event->data.ptr, event->events);
}

static void serve_again(struct store *store)
{
	struct conn *conn;

	store->any_more = false;
	LIST_FOREACH (conn, &store->conns, all) {
		if (!conn->more || conn->dead)
			continue;
		conn->more = false;
		conn->transport->serve(conn);
	}
}

static void update(struct loop *loop)
{
	struct store *store = loop->store;
	struct conn *conn = store->update_conn;
	int err = live_update(loop);

	store->update_wanted = false;
	store->update_conn = NULL;
	log_error("live update: %s: %s", store->update_binary, strerror(-err));
	if (conn)
		conn_send(conn, 0, store->update_req_id, 0, "Error activating new binary.",
			  sizeof("Error activating new binary."));
}

void loop_run(struct loop *loop)
{
	struct store *store = loop->store;
	struct epoll_event events[ROUND];

	while (!loop->stop) {
		bool pending = store->any_more || !TAILQ_EMPTY(&store->dirty);
		int n = epoll_wait(epoll_fd, events, ROUND, pending ? 0 : -1);
		bool again = store->any_more;

		for (int i = 0; i < n; i++)
			dispatch(loop, &events[i]);
		if (again)
			serve_again(store);
		store_flush(store);
		conns_reap(store);
		journal_file_tend(store);
		if (store->update_wanted)
			update(loop);
		if (loop->reopen) {
			loop->reopen = false;
			log_reopen_trace();
		}
	}
}
