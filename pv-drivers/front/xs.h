/* SPDX-License-Identifier: MIT */
/*
 * The xenstore client over a guest's ring (public/io/xs_wire.h).
 *
 * One request is on its way at a time; who comes meanwhile waits. The daemon is as good as trusted
 * (it belongs to who runs the guest), yet what it sends is bounded and checked, and a daemon that
 * says nothing costs a call its time-out, not the guest: the late answer is known by its number and
 * thrown away.
 *
 * Watches are one-shot flags: fired is set and queue woken at each event; the owner clears fired
 * before it reads the node.
 */
#ifndef FRONT_XS_H
#define FRONT_XS_H

#include <xen/io/xs_wire.h>

#include "env.h"

#define XS_PATH_MAX 128 /* longest path of this client, NUL included */
#define XS_TIMEOUT  (5 * TIME_S)
#define XS_NO_TX    0u

struct xs_watch {
	char path[XS_PATH_MAX];
	struct wait_queue *queue; /* woken at an event; may be NULL */
	bool fired;
	uint32_t token;
	struct xs_watch *next;
};

/* -XEN_EIO: the ring's indexes are impossible. */
int xs_init(struct xenstore_domain_interface *page, evtchn_port_t port);

/* To be called at each event of the ring's port. */
void xs_event(void *unused);

/*
 * All of these: -XEN_ETIMEDOUT: no answer in XS_TIMEOUT. -XEN_EIO: the connection broke, or it was
 * never made. -XEN_E2BIG: a path or value is too long. Else the daemon's own word, -XEN_ENOENT and
 * so on.
 */

/*
 * Length of the value, which ends with a NUL that does not count. Longer than size - 1: -XEN_E2BIG.
 */
int xs_read(uint32_t tx, const char *path, char *value, size_t size);
int xs_write(uint32_t tx, const char *path, const char *value);
int xs_remove(uint32_t tx, const char *path);

/* Names of the children, each with its NUL, one after another: how many bytes. */
int xs_list(const char *path, char *names, size_t size);

int xs_begin(uint32_t *tx);
/* -XEN_EAGAIN: someone else changed what this transaction saw: begin again. */
int xs_end(uint32_t tx, bool commit);

/* path must be set; queue may be. */
int xs_watch_add(struct xs_watch *watch);
void xs_watch_remove(struct xs_watch *watch);

/* DIRECTORY/NAME. -XEN_E2BIG: longer than XS_PATH_MAX. */
int xs_join(char path[XS_PATH_MAX], const char *directory, const char *name);

#endif
