/* SPDX-License-Identifier: MIT */
/*
 * Keyboard, pointer and touch screen: a shared page with a ring of events for the frontend.
 *
 * Xenstore: the FIELD names below. Backend: feature-*, width and height (ranges of absolute
 * coordinates), multi-touch-*, unique-id. Frontend: page-gref (once page-ref, a frame number),
 * event-channel, request-* for the features it wants.
 */
#ifndef __XEN_PUBLIC_IO_KBDIF_H__
#define __XEN_PUBLIC_IO_KBDIF_H__

#include <stdint.h>

#define XENKBD_DRIVER_NAME		"vkbd"

/* By the backend; a feature is 1 or absent. */
#define XENKBD_FIELD_FEAT_DSBL_KEYBRD	"feature-disable-keyboard"	/* there is none */
#define XENKBD_FIELD_FEAT_DSBL_POINTER	"feature-disable-pointer"
#define XENKBD_FIELD_FEAT_ABS_POINTER	"feature-abs-pointer"
#define XENKBD_FIELD_FEAT_RAW_POINTER	"feature-raw-pointer"		/* absolute, 0 to 0x7fff */
#define XENKBD_FIELD_FEAT_MTOUCH	"feature-multi-touch"
#define XENKBD_FIELD_WIDTH		"width"
#define XENKBD_FIELD_HEIGHT		"height"
#define XENKBD_FIELD_MT_WIDTH		"multi-touch-width"
#define XENKBD_FIELD_MT_HEIGHT		"multi-touch-height"
#define XENKBD_FIELD_MT_NUM_CONTACTS	"multi-touch-num-contacts"
#define XENKBD_FIELD_UNIQUE_ID		"unique-id"

/* By the frontend. */
#define XENKBD_FIELD_REQ_ABS_POINTER	"request-abs-pointer"		/* POS, not MOTION */
#define XENKBD_FIELD_REQ_RAW_POINTER	"request-raw-pointer"		/* with the former */
#define XENKBD_FIELD_REQ_MTOUCH		"request-multi-touch"
#define XENKBD_FIELD_RING_GREF		"page-gref"
#define XENKBD_FIELD_RING_REF		"page-ref"
#define XENKBD_FIELD_EVT_CHANNEL	"event-channel"

/* Events for the frontend, which skips unknown types. Unused bytes are 0. */
#define XENKBD_TYPE_MOTION	1
#define XENKBD_TYPE_RESERVED	2
#define XENKBD_TYPE_KEY		3
#define XENKBD_TYPE_POS		4
#define XENKBD_TYPE_MTOUCH	5

struct xenkbd_motion {
	uint8_t type;
	int32_t rel_x;
	int32_t rel_y;
	int32_t rel_z;		/* the wheel, also below */
};

/* Keys and buttons, by Linux's KEY_ and BTN_ numbers. */
struct xenkbd_key {
	uint8_t type;
	uint8_t pressed;	/* 0: released */
	uint32_t keycode;
};

struct xenkbd_position {
	uint8_t type;
	int32_t abs_x;		/* framebuffer pixels, unless raw */
	int32_t abs_y;
	int32_t rel_z;
};

/* A finger touches (DOWN, pos), moves and leaves; contact_id is its own for that time. */
#define XENKBD_MT_EV_DOWN	0
#define XENKBD_MT_EV_UP		1
#define XENKBD_MT_EV_MOTION	2	/* pos */
#define XENKBD_MT_EV_SYN	3	/* what came before belongs together */
#define XENKBD_MT_EV_SHAPE	4	/* shape */
#define XENKBD_MT_EV_ORIENT	5	/* orientation */

struct xenkbd_mtouch {
	uint8_t type;
	uint8_t event_type;		/* XENKBD_MT_EV_* */
	uint8_t contact_id;		/* below multi-touch-num-contacts */
	uint8_t reserved[5];
	union {
		struct {
			int32_t abs_x;
			int32_t abs_y;
		} pos;
		struct {
			uint32_t major;		/* diameters of the touching ellipse */
			uint32_t minor;
		} shape;
		int16_t orientation;	/* of major, clockwise from upright, -180 to 180 degrees */
	} u;
};

#define XENKBD_IN_EVENT_SIZE	40
union xenkbd_in_event {
	uint8_t type;
	struct xenkbd_motion motion;
	struct xenkbd_key key;
	struct xenkbd_position pos;
	struct xenkbd_mtouch mtouch;
	char pad[XENKBD_IN_EVENT_SIZE];
};

/* Nothing is sent to the backend so far. */
#define XENKBD_OUT_EVENT_SIZE	40
union xenkbd_out_event {
	uint8_t type;
	char pad[XENKBD_OUT_EVENT_SIZE];
};

/* The page: xenkbd_page, two KiB of ring in, one out. */
#define XENKBD_IN_RING_SIZE	2048
#define XENKBD_IN_RING_OFFS	1024
#define XENKBD_IN_RING_LEN	(XENKBD_IN_RING_SIZE / XENKBD_IN_EVENT_SIZE)
#define XENKBD_IN_RING(page)	((union xenkbd_in_event *)((char *)(page) + XENKBD_IN_RING_OFFS))
#define XENKBD_IN_RING_REF(page, idx)	(XENKBD_IN_RING(page)[(idx) % XENKBD_IN_RING_LEN])

#define XENKBD_OUT_RING_SIZE	1024
#define XENKBD_OUT_RING_OFFS	(XENKBD_IN_RING_OFFS + XENKBD_IN_RING_SIZE)
#define XENKBD_OUT_RING_LEN	(XENKBD_OUT_RING_SIZE / XENKBD_OUT_EVENT_SIZE)
#define XENKBD_OUT_RING(page)	((union xenkbd_out_event *)((char *)(page) + XENKBD_OUT_RING_OFFS))
#define XENKBD_OUT_RING_REF(page, idx)	(XENKBD_OUT_RING(page)[(idx) % XENKBD_OUT_RING_LEN])

struct xenkbd_page {
	uint32_t in_cons, in_prod;
	uint32_t out_cons, out_prod;
};

#endif
