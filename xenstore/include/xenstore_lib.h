/* SPDX-License-Identifier: MIT */
/*
 * What xenstore's clients and its daemon both know: permissions, where the socket is.
 */
#ifndef XENSTORE_LIB_H
#define XENSTORE_LIB_H

#include <stddef.h>
#include <stdbool.h>
#include <limits.h>
#include <errno.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

/*
 * One entry of a node's list. The first names the owner, who may do everything, and what the
 * domains not listed may do; each other entry what one domain may do.
 */
struct xs_permissions {
	unsigned int id;    /* a domain */
	unsigned int perms; /* XS_PERM_READ and XS_PERM_WRITE, or none of them */
};
#define XS_PERM_NONE	  0x00
#define XS_PERM_READ	  0x01
#define XS_PERM_WRITE	  0x02
#define XS_PERM_ENOENT_OK 0x04 /* this and the next: for a daemon's own use */
#define XS_PERM_OWNER	  0x08
#define XS_PERM_IGNORE	  0x10

/* Bytes that hold any value of x's type in decimal, with its NUL. */
#define MAX_STRLEN(x) ((sizeof(x) * CHAR_BIT + CHAR_BIT - 1) / 10 * 3 + 2)

/* The daemon's directory: $XENSTORED_RUNDIR, else /var/run/xenstored. Static strings. */
const char *xs_daemon_rundir(void);
/* The daemon's socket: $XENSTORED_PATH, else "socket" in its directory. */
const char *xs_daemon_socket(void);
/* There is no longer a second socket for readers: the same one. */
const char *xs_daemon_socket_ro(void);

/* Write all len bytes to a blocking descriptor. False with errno set if that fails. */
bool xs_write_all(int fd, const void *data, unsigned int len);

/*
 * Read num permissions off num strings, each ended by a NUL, one behind the other: a letter (n, r,
 * w, b) and a domain's number. False, with errno EINVAL, if one has another form.
 */
bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num, const char *strings);

#endif
