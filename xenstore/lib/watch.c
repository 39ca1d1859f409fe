/* SPDX-License-Identifier: MIT */
/*
 * Watches: those registered, kept to be registered again; events come and not read yet; and the
 * descriptor that tells of them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "internal.h"

/* While there is no daemon, an application that polls is woken this often to look for it. */
#define RETRY_MS 200

void event_queue(struct xs_handle *h, const char *payload, unsigned int len)
{
	struct event *e = malloc(sizeof(*e));
	char **strings = malloc(2 * sizeof(char *) + len + 2);
	uint64_t one = 1;
	char *path;

	if (!e || !strings) {
		/* Losing an event would be silent; losing the connection makes all watches fire. */
		free(e);
		free(strings);
		link_break(h);
		return;
	}
	path = (char *)(strings + 2);
	memcpy(path, payload, len);
	path[len] = path[len + 1] = '\0';
	strings[XS_WATCH_PATH] = path;
	strings[XS_WATCH_TOKEN] = path + strlen(path) + 1;
	e->strings = strings;
	if (STAILQ_EMPTY(&h->events) && h->event_fd >= 0 &&
	    write(h->event_fd, &one, sizeof(one)) < 0)
		link_break(h); /* cannot happen: the counter is 0 */
	STAILQ_INSERT_TAIL(&h->events, e, next);
}

static void event_unlink(struct xs_handle *h, struct event *e)
{
	uint64_t count;

	STAILQ_REMOVE(&h->events, e, event, next);
	free(e);
	if (STAILQ_EMPTY(&h->events) && h->event_fd >= 0)
		(void)!read(h->event_fd, &count, sizeof(count));
}

static char **event_take(struct xs_handle *h)
{
	struct event *e = STAILQ_FIRST(&h->events);
	char **strings;

	if (!e)
		return NULL;
	strings = e->strings;
	event_unlink(h, e);
	return strings;
}

bool watch_register(struct xs_handle *h, const char *path, const char *token)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w) {
		w->path = strdup(path);
		w->token = strdup(token);
	}
	if (!w || !w->path || !w->token) {
		if (w) {
			free(w->path);
			free(w->token);
		}
		free(w);
		return false;
	}
	LIST_INSERT_HEAD(&h->watches, w, next);
	return true;
}

static void watch_free(struct watch *w)
{
	LIST_REMOVE(w, next);
	free(w->path);
	free(w->token);
	free(w);
}

static void events_filter(struct xs_handle *h, const char *path, const char *token)
{
	struct event *e = STAILQ_FIRST(&h->events), *next;

	for (; e; e = next) {
		next = STAILQ_NEXT(e, next);
		if (strcmp(e->strings[XS_WATCH_TOKEN], token) ||
		    !xs_path_is_subpath(path, e->strings[XS_WATCH_PATH]))
			continue;
		free(e->strings);
		event_unlink(h, e);
	}
}

void watch_forget(struct xs_handle *h, const char *path, const char *token)
{
	struct watch *w;

	LIST_FOREACH(w, &h->watches, next)
	{
		if (!strcmp(w->path, path) && !strcmp(w->token, token)) {
			watch_free(w);
			break;
		}
	}
	if (h->flags & XS_UNWATCH_FILTER)
		events_filter(h, path, token);
}

void watches_free(struct xs_handle *h)
{
	char **strings;

	while (!LIST_EMPTY(&h->watches))
		watch_free(LIST_FIRST(&h->watches));
	while ((strings = event_take(h)))
		free(strings);
}

static int poll_add(int set, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

void poll_follow(struct xs_handle *h)
{
	bool usable = h->fd >= 0 && !h->broken;
	struct itimerspec retry = { .it_interval.tv_nsec = RETRY_MS * 1000000,
				    .it_value.tv_nsec = RETRY_MS * 1000000 };
	struct itimerspec never = { 0 };

	if (h->poll_fd < 0)
		return;
	/* A broken one would poll readable all the time; the timer calls instead. */
	if (usable)
		poll_add(h->poll_fd, h->fd);
	else if (h->fd >= 0)
		epoll_ctl(h->poll_fd, EPOLL_CTL_DEL, h->fd, NULL);
	timerfd_settime(h->timer_fd, 0, usable || h->given_up ? &never : &retry, NULL);
}

static int poll_open(struct xs_handle *h)
{
	uint64_t pending = !STAILQ_EMPTY(&h->events);

	h->event_fd = eventfd(pending, EFD_CLOEXEC | EFD_NONBLOCK);
	h->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	h->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (h->event_fd < 0 || h->timer_fd < 0 || h->poll_fd < 0 ||
	    poll_add(h->poll_fd, h->event_fd) < 0 || poll_add(h->poll_fd, h->timer_fd) < 0)
		return -1;
	poll_follow(h);
	return 0;
}

int xs_fileno(struct xs_handle *h)
{
	int error;

	pthread_mutex_lock(&h->lock);
	if (h->poll_fd < 0 && poll_open(h) < 0) {
		error = errno;
		close(h->event_fd);
		close(h->timer_fd);
		close(h->poll_fd);
		h->event_fd = h->timer_fd = h->poll_fd = -1;
		errno = error;
	}
	pthread_mutex_unlock(&h->lock);
	return h->poll_fd;
}

/* Look whether the daemon is back, without waiting for it; a request in another thread does as
 * well. */
static void try_reconnect(struct xs_handle *h)
{
	uint64_t count;

	if (h->timer_fd >= 0)
		(void)!read(h->timer_fd, &count, sizeof(count));
	pthread_mutex_unlock(&h->lock);
	if (!pthread_mutex_trylock(&h->request_lock)) {
		reconnect(h, 0);
		pthread_mutex_unlock(&h->request_lock);
	}
	pthread_mutex_lock(&h->lock);
}

char **xs_check_watch(struct xs_handle *h)
{
	char **strings;

	pthread_mutex_lock(&h->lock);
	if (STAILQ_EMPTY(&h->events) && link_wait(h, 0) == -ECONNRESET)
		try_reconnect(h);
	strings = event_take(h);
	pthread_mutex_unlock(&h->lock);
	if (!strings)
		errno = EAGAIN;
	return strings;
}

static void wait_reconnect(struct xs_handle *h)
{
	pthread_mutex_unlock(&h->lock);
	pthread_mutex_lock(&h->request_lock);
	reconnect(h, deadline_in(RETRY_MS));
	pthread_mutex_unlock(&h->request_lock);
	pthread_mutex_lock(&h->lock);
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
	char **strings;

	pthread_mutex_lock(&h->lock);
	while (!(strings = event_take(h)))
		if (link_wait(h, NEVER) == -ECONNRESET)
			wait_reconnect(h);
	pthread_mutex_unlock(&h->lock);
	*num = 2;
	return strings;
}
