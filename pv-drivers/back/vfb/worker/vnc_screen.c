/* SPDX-License-Identifier: MIT */
/* A screen's viewers: see vnc_screen.h. */
#include "vnc_screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void ring(int eventfd)
{
	eventfd_write(eventfd, 1);
}

int vnc_screen_init(struct vnc_screen *s, const struct fb_geometry *g)
{
	int rc;

	s->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->ended < 0)
		return -errno;
	rc = pthread_mutex_init(&s->lock, NULL);
	if (rc) {
		close(s->ended);
		return -rc;
	}
	s->geometry = *g;
	s->generation = 1;
	LIST_INIT(&s->viewers);
	s->nr_viewers = 0;
	return 0;
}

void vnc_screen_dirty(struct vnc_screen *s, const struct fb_rect *rect)
{
	struct vnc_viewer *v;

	pthread_mutex_lock(&s->lock);
	LIST_FOREACH (v, &s->viewers, next) {
		fb_rect_join(&v->dirty, rect);
		ring(v->wake);
	}
	pthread_mutex_unlock(&s->lock);
}

void vnc_screen_resize(struct vnc_screen *s, const struct fb_geometry *g)
{
	struct vnc_viewer *v;

	pthread_mutex_lock(&s->lock);
	s->geometry = *g;
	s->generation++;
	LIST_FOREACH (v, &s->viewers, next) {
		ring(v->wake);
	}
	pthread_mutex_unlock(&s->lock);
}

static void close_viewer(struct vnc_viewer *v)
{
	if (v->fd >= 0)
		close(v->fd);
	if (v->shutdown >= 0)
		close(v->shutdown);
	if (v->wake >= 0)
		close(v->wake);
	free(v);
}

int vnc_screen_accept(struct vnc_screen *s, int fd)
{
	struct vnc_viewer *v = calloc(1, sizeof(*v));
	int rc = 0;

	if (!v) {
		close(fd);
		return -ENOMEM;
	}
	v->screen = s;
	v->fd = fd;
	v->shutdown = v->wake = -1;
	if (s->nr_viewers == VNC_MAX_VIEWERS)
		rc = -EBUSY;
	if (!rc)
		v->shutdown = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (!rc)
		v->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!rc && (v->shutdown < 0 || v->wake < 0))
		rc = -errno;
	if (!rc) {
		pthread_mutex_lock(&s->lock);
		LIST_INSERT_HEAD(&s->viewers, v, next);
		s->nr_viewers++;
		rc = -pthread_create(&v->thread, NULL, vnc_viewer_run, v);
		if (rc) {
			LIST_REMOVE(v, next);
			s->nr_viewers--;
		}
		pthread_mutex_unlock(&s->lock);
	}
	if (rc) {
		s->refused++;
		close_viewer(v);
	}
	return rc;
}

static void forget(struct vnc_screen *s, struct vnc_viewer *v)
{
	pthread_join(v->thread, NULL);
	pthread_mutex_lock(&s->lock);
	LIST_REMOVE(v, next);
	s->nr_viewers--;
	pthread_mutex_unlock(&s->lock);
	close_viewer(v);
}

void vnc_screen_reap(struct vnc_screen *s)
{
	struct vnc_viewer *v, *next;
	eventfd_t count;

	eventfd_read(s->ended, &count);
	for (v = LIST_FIRST(&s->viewers); v; v = next) {
		next = LIST_NEXT(v, next);
		/* Ordering: acquire. The thread is done with what it shares. */
		if (__atomic_load_n(&v->ended, __ATOMIC_ACQUIRE))
			forget(s, v);
	}
}

void vnc_screen_free(struct vnc_screen *s)
{
	struct vnc_viewer *v;

	LIST_FOREACH (v, &s->viewers, next) {
		__atomic_store_n(&v->stop, true, __ATOMIC_RELEASE);
		shutdown(v->shutdown, SHUT_RDWR);
		ring(v->wake);
	}
	while (!LIST_EMPTY(&s->viewers))
		forget(s, LIST_FIRST(&s->viewers));
	pthread_mutex_destroy(&s->lock);
	close(s->ended);
	if (s->input >= 0)
		close(s->input);
	s->ended = s->input = -1;
}
