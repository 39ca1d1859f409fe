/* SPDX-License-Identifier: MIT */
/*
 * A keyboard's shared page: events go to the guest. If it does not take them they are dropped, as
 * a real keyboard's are; but what was pressed is remembered, so nothing stays pressed for ever.
 */
#ifndef KBD_PAGE_H
#define KBD_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/kbdif.h>

#include "../../vfb/vfb_connect.h"

#define KBD_CODES    0x300u /* Linux's key and button numbers are below */
#define KBD_RAW_SIDE 0x7fff

struct kbd {
	struct xenkbd_page *page;
	uint32_t prod;
	bool absolute, raw, keyboard, pointer;
	int32_t width, height; /* of absolute coordinates; 0: the screen's own */
	int32_t x, y;	       /* where the pointer was last */
	bool placed;	       /* x and y are known */
	uint8_t pressed[KBD_CODES / 8];
	uint64_t sent, dropped;
};

/* Goes on where the page says. what: as in the connect message. */
void kbd_init(struct kbd *k, struct xenkbd_page *page, const struct vkbd_connect *what);

/*
 * One event of a viewer's, which may hold any values.
 * 1: put, the guest wants an event. 0: there is nothing to tell, or no room.
 * -EIO: the guest's index is impossible: give the device up.
 */
int kbd_input(struct kbd *k, const struct vfb_input *input);

/* Releases what is pressed: the viewer is gone. As above. */
int kbd_release_all(struct kbd *k);

#endif
