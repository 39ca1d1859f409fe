/* SPDX-License-Identifier: MIT */
/*
 * The connections of serai-exporter: few, short, and none able to hold up another.
 *
 * One thread serves all, never waiting for one. A connection has a time for its request, one for
 * taking the answer, and one to go; one that is late is closed. When all places are taken, the one
 * with the least time left makes room for a new one: who opens many and says nothing only competes
 * with himself.
 */
#ifndef SERAI_EXPORTER_SERVER_H
#define SERAI_EXPORTER_SERVER_H

#include <stddef.h>

struct server_limits {
	unsigned int connections;
	unsigned int read_ms, write_ms, leave_ms;
};

/* The metrics, malloc'ed; -errno: there are none now. */
typedef int server_body(void *context, char **body, size_t *length);

/*
 * A listening socket at an address in numbers, IPv4 or IPv6. -EINVAL: it is none. Else -errno.
 */
int server_listen(const char *address, unsigned int port);

/* Serves until stop becomes readable: 0, or -errno if it cannot go on. The descriptors stay open. */
int server_run(int listener, int stop, const struct server_limits *limits, server_body *body,
	       void *context);

#endif
