/* SPDX-License-Identifier: MIT */
/*
 * The screen as a device of the worker: the guest's memory mapped, its events followed, viewers let
 * in.
 *
 * A screen has a worker process of its own, with threads (one a viewer), since viewers are
 * strangers on a network: what one of them could break into has neither disks nor networks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../keymap.h"
#include "../vfb_connect.h"
#include "back_worker.h"
#include "foreign.h"
#include "vnc_screen.h"

#define MAX_DIRECTORIES (FB_MAX_BYTES / FB_PAGE / (FB_PAGE / 8))
#define TURN		(2 * XENFB_OUT_RING_LEN) /* events before others have theirs */

struct screen {
	struct vnc_screen vnc;
	struct fb_events events;
	uint32_t nr_pages; /* of the framebuffer */
	void *memory;
	int port, listener;
	bool shown; /* vnc is initialised */
};

static void release(struct back_link *link)
{
	struct screen *s = link->state;

	if (s->listener >= 0) {
		back_poll_fd(link, s->listener, 0);
		close(s->listener);
	}
	if (s->shown) {
		back_poll_fd(link, s->vnc.ended, 0);
		vnc_screen_free(&s->vnc);
	} else if (s->vnc.input >= 0) {
		close(s->vnc.input);
	}
	if (s->port >= 0)
		back_unbind(link, s->port);
	if (s->memory)
		foreign_unmap(s->memory, s->nr_pages);
	if (s->events.page)
		foreign_unmap(s->events.page, 1);
}

/* The framebuffer's frames, from the frames that list them. */
static int list_frames(struct back_link *link, int privcmd, unsigned int words, uint32_t bytes,
		       uint64_t *frames, uint32_t nr)
{
	struct screen *s = link->state;
	uint64_t directories[MAX_DIRECTORIES * 2];
	uint32_t each = FB_PAGE / words, nr_directories, done = 0;

	nr_directories =
	    fb_page_directories(s->events.page, words, bytes, directories, MAX_DIRECTORIES * 2);
	for (uint32_t i = 0; i < nr_directories && done < nr; i++) {
		uint32_t part = nr - done < each ? nr - done : each;
		void *list = foreign_map(privcmd, link->domid, &directories[i], 1, PROT_READ);

		if (!list)
			return -errno;
		fb_directory_read(list, words, frames + done, part);
		foreign_unmap(list, 1);
		done += part;
	}
	return done == nr ? 0 : -EINVAL;
}

static int map_memory(struct back_link *link, int privcmd, unsigned int words, uint32_t bytes)
{
	struct screen *s = link->state;
	uint64_t *frames;
	int rc;

	s->nr_pages = (bytes + FB_PAGE - 1) / FB_PAGE;
	frames = calloc(s->nr_pages, sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	rc = list_frames(link, privcmd, words, bytes, frames, s->nr_pages);
	if (!rc) {
		s->memory = foreign_map(privcmd, link->domid, frames, s->nr_pages, PROT_READ);
		rc = s->memory ? 0 : -errno;
	}
	free(frames);
	if (rc)
		back_why(link, "cannot map the framebuffer the guest lists: %s", strerror(-rc));
	return rc;
}

static int map_guest(struct back_link *link, int privcmd, const struct vfb_connect *c,
		     struct fb_geometry *g)
{
	struct screen *s = link->state;
	uint32_t bytes;

	s->events.page = foreign_map(privcmd, link->domid, &c->frame, 1, PROT_READ | PROT_WRITE);
	if (!s->events.page) {
		back_why(link, "cannot map the shared page, frame %llu: %s",
			 (unsigned long long)c->frame, strerror(errno));
		return -EFAULT;
	}
	s->events.cons = s->events.page->out_cons;
	if (fb_page_read(s->events.page, c->words, g, &bytes)) {
		back_why(link, "the guest describes an impossible screen");
		return -EINVAL;
	}
	s->vnc.bytes = bytes;
	return map_memory(link, privcmd, c->words, bytes);
}

static int show(struct back_link *link, const struct vfb_connect *c, const struct fb_geometry *g)
{
	struct screen *s = link->state;
	int rc;

	s->vnc.memory = s->memory;
	s->vnc.updates = c->updates;
	if (c->has_password)
		memcpy(s->vnc.password, c->password, VFB_PASSWORD_MAX);
	memcpy(s->vnc.name, c->name, sizeof(s->vnc.name) - 1);
	s->vnc.keymap = keymap_find(c->keymap);
	rc = s->vnc.keymap ? vnc_screen_init(&s->vnc, g) : -EINVAL;
	if (rc)
		return rc;
	s->shown = true;
	rc = back_poll_fd(link, s->vnc.ended, EPOLLIN);
	return rc ? rc : back_poll_fd(link, s->listener, EPOLLIN);
}

static int serve(struct back_link *link, int privcmd, const struct vfb_connect *c)
{
	struct screen *s = link->state;
	struct fb_geometry g;
	int rc = map_guest(link, privcmd, c, &g);

	if (rc)
		return rc;
	s->port = back_join(link, c->port);
	if (s->port < 0)
		return s->port;
	rc = show(link, c, &g);
	if (rc)
		back_why(link, "cannot let viewers in: %s", strerror(-rc));
	return rc;
}

static int connect_screen(struct back_link *link, const struct back_message *message,
			  const int *fds)
{
	const struct vfb_connect *c = (const struct vfb_connect *)message->body;
	struct screen *s = link->state;
	int rc;

	if (message->bytes != sizeof(*c) || message->nr_fds != VFB_FDS ||
	    (c->words != 4 && c->words != 8))
		return back_refuse(link, message, fds);
	s->port = -1;
	s->listener = fds[1];
	s->vnc.input = fds[2];
	rc = serve(link, fds[0], c);
	close(fds[0]); /* what is mapped stays mapped */
	if (rc)
		release(link);
	else
		back_again(link);
	return rc;
}

static void handle_update(struct back_link *link, const union xenfb_out_event *event)
{
	struct screen *s = link->state;
	struct fb_geometry g;
	struct fb_rect rect;

	if (event->type == XENFB_TYPE_UPDATE) {
		link->counters->from_guest.operations++;
		if (fb_update_rect(&event->update, &s->vnc.geometry, &rect))
			vnc_screen_dirty(&s->vnc, &rect);
	} else if (event->type == XENFB_TYPE_RESIZE) {
		if (fb_resize_geometry(&event->resize, s->vnc.bytes, &g))
			vnc_screen_resize(&s->vnc, &g);
		else
			link->counters->from_guest.errors++;
	}
}

/*
 * A guest that finds the ring full keeps what it would have said until it gets an event; so it gets
 * one if the ring may have been full.
 */
static void handle_event(struct back_link *link, int port)
{
	struct screen *s = link->state;
	union xenfb_out_event event;
	int done = 0, rc = 0;

	while (done < (int)TURN && (rc = fb_events_take(&s->events, &event)) > 0) {
		handle_update(link, &event);
		done++;
	}
	if (rc < 0) {
		back_fail(link, "the guest wrote an impossible index");
		return;
	}
	fb_events_done(&s->events);
	if (done >= (int)XENFB_OUT_RING_LEN)
		back_notify(link, s->port);
	if (done == (int)TURN)
		back_again(link);
}

static void handle_ready(struct back_link *link, int fd, uint32_t events)
{
	struct screen *s = link->state;
	int viewer;

	if (fd == s->vnc.ended) {
		vnc_screen_reap(&s->vnc);
		return;
	}
	viewer = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	if (viewer < 0)
		return;
	vnc_screen_reap(&s->vnc);
	if (vnc_screen_accept(&s->vnc, viewer))
		link->counters->to_guest.drops++;
	else
		link->counters->to_guest.operations++;
}

static bool disconnect(struct back_link *link)
{
	release(link);
	return true;
}

static const int syscalls[] = { SYS_clone,
				SYS_clone3,
				SYS_set_robust_list,
				SYS_rseq,
				SYS_eventfd2,
				SYS_uname,
				SYS_getrusage,
				SYS_dup,
				SYS_prlimit64,
				SYS_sched_getaffinity,
				SYS_set_tid_address,
				SYS_sysinfo,
				-1 };

static const struct back_service screen_service = {
	.kind = "vfb",
	.state_bytes = sizeof(struct screen),
	.syscalls = syscalls,
	.connect = connect_screen,
	.event = handle_event,
	.ready = handle_ready,
	.disconnect = disconnect,
};
BACK_SERVICE(screen_service);
