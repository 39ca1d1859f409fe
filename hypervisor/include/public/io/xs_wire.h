/* SPDX-License-Identifier: MIT */
/*
 * Xenstore on the wire. A message is an xsd_sockmsg and len bytes; a reply repeats type, req_id
 * and tx_id, or has type XS_ERROR and an error's name as a string. The same stream runs over the
 * daemon's socket and over a guest's shared page.
 */
#ifndef _XS_WIRE_H
#define _XS_WIRE_H

#include <stdint.h>

enum xsd_sockmsg_type {
	XS_CONTROL		= 0,
	XS_DIRECTORY		= 1,
	XS_READ			= 2,
	XS_GET_PERMS		= 3,
	XS_WATCH		= 4,
	XS_UNWATCH		= 5,
	XS_TRANSACTION_START	= 6,
	XS_TRANSACTION_END	= 7,
	XS_INTRODUCE		= 8,
	XS_RELEASE		= 9,
	XS_GET_DOMAIN_PATH	= 10,
	XS_WRITE		= 11,
	XS_MKDIR		= 12,
	XS_RM			= 13,
	XS_SET_PERMS		= 14,
	XS_WATCH_EVENT		= 15,		/* unasked for, from the daemon */
	XS_ERROR		= 16,
	XS_IS_DOMAIN_INTRODUCED	= 17,
	XS_RESUME		= 18,
	XS_SET_TARGET		= 19,
	XS_RESET_WATCHES	= 21,		/* 20 is no longer used */
	XS_DIRECTORY_PART	= 22,
	XS_TYPE_COUNT		= 23,
	XS_INVALID		= 0xffff	/* stays unused for ever */
};
#define XS_DEBUG XS_CONTROL			/* its former name */

#define XS_WRITE_NONE		"NONE"
#define XS_WRITE_CREATE		"CREATE"
#define XS_WRITE_CREATE_EXCL	"CREATE|EXCL"

/* Errors travel by name. The table is for those who have included <errno.h>. */
struct xsd_errors {
	int errnum;
	const char *errstring;
};
#ifdef EINVAL
#define XSD_ERROR(x)	{ x, #x }
#ifdef __GNUC__
__attribute__((unused))
#endif
static const struct xsd_errors xsd_errors[] = {
	XSD_ERROR(EINVAL), XSD_ERROR(EACCES), XSD_ERROR(EEXIST), XSD_ERROR(EISDIR),
	XSD_ERROR(ENOENT), XSD_ERROR(ENOMEM), XSD_ERROR(ENOSPC), XSD_ERROR(EIO),
	XSD_ERROR(ENOTEMPTY), XSD_ERROR(ENOSYS), XSD_ERROR(EROFS), XSD_ERROR(EBUSY),
	XSD_ERROR(EAGAIN), XSD_ERROR(EISCONN), XSD_ERROR(E2BIG), XSD_ERROR(EPERM),
};
#endif

struct xsd_sockmsg {
	uint32_t type;		/* enum xsd_sockmsg_type */
	uint32_t req_id;	/* chosen by the client */
	uint32_t tx_id;		/* 0 outside a transaction */
	uint32_t len;		/* of what follows, mostly strings with their NULs */
};

/* The strings of an XS_WATCH_EVENT, in order. */
enum xs_watch_type {
	XS_WATCH_PATH	= 0,
	XS_WATCH_TOKEN	= 1
};

/* A message above this length breaks the connection; a path above its one is only refused. */
#define XENSTORE_PAYLOAD_MAX	4096
#define XENSTORE_ABS_PATH_MAX	3072
#define XENSTORE_REL_PATH_MAX	2048

/* A guest's page: the guest produces req, the daemon rsp. */
#define XENSTORE_RING_SIZE	1024
typedef uint32_t XENSTORE_RING_IDX;
#define MASK_XENSTORE_IDX(idx)	((idx) & (XENSTORE_RING_SIZE - 1))

struct xenstore_domain_interface {
	char req[XENSTORE_RING_SIZE];
	char rsp[XENSTORE_RING_SIZE];
	XENSTORE_RING_IDX req_cons, req_prod;
	XENSTORE_RING_IDX rsp_cons, rsp_prod;
	uint32_t server_features;	/* XENSTORE_SERVER_FEATURE_*; by the toolstack or daemon */
	uint32_t connection;		/* the guest asks to reconnect, the daemon resets it */
	uint32_t error;			/* XENSTORE_ERROR_*, why the daemon stopped listening */
};

#define XENSTORE_SERVER_FEATURE_RECONNECTION	1	/* connection is heeded */
#define XENSTORE_SERVER_FEATURE_ERROR		2	/* error is set */

#define XENSTORE_CONNECTED	0
#define XENSTORE_RECONNECT	1

#define XENSTORE_ERROR_NONE	0
#define XENSTORE_ERROR_COMM	1
#define XENSTORE_ERROR_RINGIDX	2	/* prod - cons above the ring's size */
#define XENSTORE_ERROR_PROTO	3	/* len too large */

#endif
