/* SPDX-License-Identifier: MIT */
/*
 * The framebuffer frontend (public/io/fbif.h): 32 bits a pixel, red in bits 23 to 16.
 *
 * The ABI names its memory by frame, not by grant: nobody can tell when a backend lets go. So these
 * pages are the device's for ever, and the next backend gets the same.
 */
#ifndef FRONT_FB_H
#define FRONT_FB_H

#include <xen/io/fbif.h>

#include "device.h"
#include "event_ring.h"

#define FB_MOST_PIXELS (512u * 1024)

struct fb_front {
	struct front_device device; /* first */
	bool running;
	uint32_t width, height;
	uint32_t *pixels; /* width * height; draw, then fb_update() */
	uint32_t nr_pages;
	struct xenfb_page *page;
	uint64_t *directory; /* frames of pixels; a page of it for each 512 */
	uint32_t nr_directories;
	evtchn_port_t port; /* 0: none */
	struct event_ring out, in;
	bool wants_updates;
	struct {
		uint32_t x1, y1, x2, y2; /* changed and not yet told; empty if x1 = x2 */
	} changed;
};

/*
 * id: as in device/vfb/ID. The caller steps fb->device.
 * -XEN_EINVAL: no such size. -XEN_ENOMEM.
 */
int fb_init(struct fb_front *fb, uint32_t id, uint32_t width, uint32_t height);

/*
 * This rectangle, cut to the screen, has been drawn. Told at once or as soon as the backend
 * listens.
 */
void fb_update(struct fb_front *fb, int32_t x, int32_t y, uint32_t width, uint32_t height);

#endif
