/* SPDX-License-Identifier: MIT */
/*
 * What serai-backd tells the workers of a screen and of its keyboard, and what the one sends the
 * other.
 *
 * A screen's worker speaks to the network, so it is a process of its own. What a viewer types and
 * points at goes as struct vfb_input, one a packet, over a socket that serai-backd made, to the
 * worker with the guest's keyboard.
 */
#ifndef VFB_CONNECT_H
#define VFB_CONNECT_H

#include <stdint.h>

#define VFB_PASSWORD_MAX 8 /* of VNC's authentication; more is cut off by every viewer */
#define VFB_NAME_MAX	 64

/* fds: the guest's memory (privcmd, for this domain only), the listening socket, the socket to the
   keyboard. */
#define VFB_FDS 3

struct vfb_connect {
	uint64_t frame; /* of the shared page */
	uint32_t port;
	uint32_t updates; /* the frontend tells what changes */
	uint32_t words;	  /* bytes of the frontend's unsigned long: 4 or 8 */
	uint32_t has_password;
	char password[VFB_PASSWORD_MAX + 1];
	char name[VFB_NAME_MAX]; /* shown by the viewer */
	char keymap[16];	 /* a name keymap_find() knows */
};

/* fds: the socket from the screen. */
struct vkbd_connect {
	uint32_t ref, port;
	uint32_t absolute, raw;	    /* what the frontend asked for */
	uint32_t keyboard, pointer; /* it has them */
	int32_t width, height;	    /* of absolute coordinates; 0: the screen's own */
};

enum vfb_input_type {
	VFB_INPUT_KEY = 1,
	VFB_INPUT_POINTER,
	VFB_INPUT_WHEEL,
	VFB_INPUT_RELEASE /* all keys: serai-backd's, when the screen's worker is gone */
};

struct vfb_input {
	uint32_t type;		     /* enum vfb_input_type */
	uint32_t code, pressed;	     /* key, or button: Linux's number */
	int32_t x, y, width, height; /* pointer: where, on a screen of this size */
	int32_t wheel;		     /* steps down */
};

#endif
