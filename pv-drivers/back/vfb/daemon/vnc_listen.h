/* SPDX-License-Identifier: MIT */
/* Where a screen's viewers come: a socket that listens at a display's port. */
#ifndef VNC_LISTEN_H
#define VNC_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#define VNC_BASE_PORT	 5900u
#define VNC_MAX_DISPLAY	 (65535u - VNC_BASE_PORT)
#define VNC_TRY_DISPLAYS 100u

/*
 * Listens at address (numbers of IPv4 or IPv6), at the port of display, or if unused is true at the
 * first free one from it on. The socket, or -errno: -EINVAL: no address. -EADDRINUSE: no port.
 */
int vnc_listen(const char *address, uint32_t display, bool unused, uint32_t *port);

#endif
