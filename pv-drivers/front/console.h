/* SPDX-License-Identifier: MIT */
/*
 * The console's frontend. Output waits for a daemon that is behind, but only so long: one that
 * stopped reading loses output, counted and told once it reads again, instead of stopping the
 * guest.
 */
#ifndef FRONT_CONSOLE_H
#define FRONT_CONSOLE_H

#include <xen/io/console.h>

#include "env.h"

#define CONSOLE_PATIENCE (500 * TIME_MS)

/* -XEN_EIO: the ring's indexes are impossible: no console. */
int console_init(struct xencons_interface *page, evtchn_port_t port);
void console_event(void *unused);

/* A newline becomes carriage return and newline. */
void console_write(const char *text, size_t len);

/*
 * A line without its end; longer ones are cut. Its length.
 * -XEN_ETIMEDOUT; -XEN_EIO: there is no console.
 */
int console_read_line(char *line, size_t size, uint64_t deadline);

/* Waits until what was written has been read, for CONSOLE_PATIENCE at most. */
void console_drain(void);

#endif
