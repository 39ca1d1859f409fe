/* SPDX-License-Identifier: MIT */
/*
 * The keyboard and pointer frontend (public/io/kbdif.h). Events are kept in the ring until they are
 * asked for; a backend that finds it full drops its own.
 */
#ifndef FRONT_KBD_H
#define FRONT_KBD_H

#include <xen/io/kbdif.h>

#include "device.h"
#include "event_ring.h"

struct kbd_front {
	struct front_device device; /* first */
	bool running;
	void *page;
	grant_ref_t ref;
	evtchn_port_t port; /* 0: none */
	struct event_ring in;
	struct wait_queue events;
};

/* id: as in device/vkbd/ID. The caller steps kbd->device. */
int kbd_init(struct kbd_front *kbd, uint32_t id);

/*
 * The next key, motion or position (with absolute coordinates, if the backend can); other types
 * are passed over. Positions and key codes are what the backend says: check them.
 * 0; -XEN_ETIMEDOUT; -XEN_ENODEV: the device is dead.
 */
int kbd_read(struct kbd_front *kbd, union xenkbd_in_event *event, uint64_t deadline);

#endif
