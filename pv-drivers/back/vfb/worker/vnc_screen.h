/* SPDX-License-Identifier: MIT */
/*
 * A screen and its viewers.
 *
 * Each viewer has a thread, a copy of the pixels and a libvncserver of its own (vnc_viewer.c). So a
 * viewer that floods, stalls in the midst of a message or never takes its pictures costs itself,
 * and encoders never read memory the guest may change. The screen's own thread only says what has
 * become dirty, and wakes.
 */
#ifndef VNC_SCREEN_H
#define VNC_SCREEN_H

#include <pthread.h>
#include <sys/queue.h>

#include "../vfb_connect.h"
#include "fb_page.h"

#define VNC_MAX_VIEWERS 8u

struct keymap;
struct vnc_viewer;

struct vnc_screen {
	/* Unchanged while there are viewers. */
	const uint8_t *memory; /* the guest's framebuffer */
	uint32_t bytes;
	bool updates; /* the guest tells what changes; else viewers look for themselves */
	int input;    /* where struct vfb_input goes; -1: nowhere */
	char password[VFB_PASSWORD_MAX + 1]; /* empty: none is asked for */
	char name[VFB_NAME_MAX];
	const struct keymap *keymap;
	int ended; /* an eventfd: a viewer has ended, see vnc_screen_reap() */

	pthread_mutex_t lock;
	/* Guarded by lock. */
	struct fb_geometry geometry;
	uint32_t generation; /* of the geometry */

	/* The owner's thread alone changes the list; lock is held while it does. */
	LIST_HEAD(, vnc_viewer) viewers;
	uint32_t nr_viewers;
	uint64_t refused;
};

/* The rest of s is set by the caller. 0 or -errno. */
int vnc_screen_init(struct vnc_screen *s, const struct fb_geometry *g);
/* Ends all viewers, in at most the time of one's unfinished write; closes input, ended. */
void vnc_screen_free(struct vnc_screen *s);

void vnc_screen_dirty(struct vnc_screen *s, const struct fb_rect *rect);
void vnc_screen_resize(struct vnc_screen *s, const struct fb_geometry *g);

/*
 * A new viewer at this socket, which is taken over in any case.
 * -EBUSY: there are too many. Others: no memory or threads.
 */
int vnc_screen_accept(struct vnc_screen *s, int fd);
/* Forgets viewers that have ended. */
void vnc_screen_reap(struct vnc_screen *s);

/* --- For vnc_viewer.c ------------------------------------------------------------------------ */

struct vnc_viewer {
	LIST_ENTRY(vnc_viewer) next;
	struct vnc_screen *screen;
	pthread_t thread;
	int fd;		      /* the socket, libvncserver's once the thread runs */
	int shutdown;	      /* a second descriptor of it, the owner's */
	int wake;	      /* an eventfd */
	bool stop;	      /* atomic */
	bool ended;	      /* atomic: the thread returns */
	struct fb_rect dirty; /* guarded by the screen's lock */
};

void *vnc_viewer_run(void *viewer);

#endif
