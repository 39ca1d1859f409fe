/* SPDX-License-Identifier: MIT */
/*
 * Framebuffer: the guest's pixels, listed in a shared page that also has two event rings.
 *
 * Xenstore. Backend: feature-resize, request-update. Frontend: page-ref (the page's frame number),
 * event-channel, protocol, feature-update. Each out event needs the other side's node.
 */
#ifndef __XEN_PUBLIC_IO_FBIF_H__
#define __XEN_PUBLIC_IO_FBIF_H__

#include <stdint.h>

/* Out: from frontend to backend. */
#define XENFB_TYPE_UPDATE	2	/* if request-update: this rectangle has changed */
#define XENFB_TYPE_RESIZE	3	/* if feature-resize: from now on, this layout */

struct xenfb_update {
	uint8_t type;
	int32_t x;
	int32_t y;
	int32_t width;
	int32_t height;
};

struct xenfb_resize {
	uint8_t type;
	int32_t width;		/* pixels */
	int32_t height;
	int32_t stride;		/* bytes from row to row */
	int32_t depth;		/* bits of a pixel */
	int32_t offset;		/* bytes from pd's first to the picture */
};

#define XENFB_OUT_EVENT_SIZE	40
union xenfb_out_event {
	uint8_t type;
	struct xenfb_update update;
	struct xenfb_resize resize;
	char pad[XENFB_OUT_EVENT_SIZE];
};

/* In: from backend to frontend, which skips types it does not know. */
#define XENFB_TYPE_REFRESH_PERIOD	1
#define XENFB_NO_REFRESH		0

struct xenfb_refresh_period {
	uint8_t type;
	uint32_t period;	/* how often to update, in ms; XENFB_NO_REFRESH: nobody looks */
};

#define XENFB_IN_EVENT_SIZE	40
union xenfb_in_event {
	uint8_t type;
	struct xenfb_refresh_period refresh_period;
	char pad[XENFB_IN_EVENT_SIZE];
};

/* The page: xenfb_page, and in its second and its last two KiB the rings. */
#define XENFB_IN_RING_SIZE	1024
#define XENFB_IN_RING_OFFS	1024
#define XENFB_IN_RING_LEN	(XENFB_IN_RING_SIZE / XENFB_IN_EVENT_SIZE)
#define XENFB_IN_RING(page)	((union xenfb_in_event *)((char *)(page) + XENFB_IN_RING_OFFS))
#define XENFB_IN_RING_REF(page, idx)	(XENFB_IN_RING(page)[(idx) % XENFB_IN_RING_LEN])

#define XENFB_OUT_RING_SIZE	2048
#define XENFB_OUT_RING_OFFS	(XENFB_IN_RING_OFFS + XENFB_IN_RING_SIZE)
#define XENFB_OUT_RING_LEN	(XENFB_OUT_RING_SIZE / XENFB_OUT_EVENT_SIZE)
#define XENFB_OUT_RING(page)	((union xenfb_out_event *)((char *)(page) + XENFB_OUT_RING_OFFS))
#define XENFB_OUT_RING_REF(page, idx)	(XENFB_OUT_RING(page)[(idx) % XENFB_OUT_RING_LEN])

struct xenfb_page {
	uint32_t in_cons, in_prod;
	uint32_t out_cons, out_prod;
	int32_t width;
	int32_t height;
	uint32_t line_length;	/* bytes from row to row */
	uint32_t mem_length;	/* bytes of the framebuffer */
	uint8_t depth;
	/* Frames, each full of the frame numbers of framebuffer pages. It runs into the rings. */
	unsigned long pd[256];
};

/* The resolution a guest's keyboard driver assumes. */
#ifdef __KERNEL__
#define XENFB_WIDTH	800
#define XENFB_HEIGHT	600
#define XENFB_DEPTH	32
#endif

#endif
