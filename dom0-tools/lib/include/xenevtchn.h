/* SPDX-License-Identifier: MIT */
/*
 * libxenevtchn: event channels for a process.
 *
 * A handle has ports of its own. An event on one of them makes xenevtchn_fd() readable, and the
 * port stays masked from then until xenevtchn_unmask(). Functions return -1 (open: NULL) with errno
 * on failure and log nothing. After fork() the child may only close the handle.
 */
#ifndef XENEVTCHN_H
#define XENEVTCHN_H

#include <stdint.h>

#include <xen/event_channel.h>

/* A port (31 bits), or -1. */
typedef int xenevtchn_port_or_error_t;
typedef struct xenevtchn_handle xenevtchn_handle;
struct xentoollog_logger;

/* The descriptor survives exec(), for a daemon that replaces itself. */
#define XENEVTCHN_NO_CLOEXEC (1 << 0)

/* Opens the driver. EINVAL: unknown flags. */
xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags);
/*
 * A handle around a descriptor inherited from an earlier xenevtchn_open(); on success the handle
 * owns it. open_flags: 0.
 */
xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd, unsigned open_flags);
/* Unbinds what is bound. NULL is allowed. */
int xenevtchn_close(xenevtchn_handle *xce);

/* The descriptor to poll. */
int xenevtchn_fd(xenevtchn_handle *xce);
/* Signals the other end of a port of this handle. ENOTCONN: not one of its ports. */
int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port);

/* A new port domid may bind to. */
xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid);
/* A new port joined to domid's remote_port, which must be waiting for this domain. */
xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
						     evtchn_port_t remote_port);
/* A new port for a virtual interrupt (VIRQ_*). EEXIST: somebody has it. */
xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq);
/* Closes a port of this handle. */
int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port);

/*
 * The next port with an event, which is now masked. Blocks if there is none; poll first.
 * EWOULDBLOCK if the descriptor was made non-blocking.
 */
xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce);
/* Lets events of the port through again. */
int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port);

/* From now on only channels to domid can be bound; existing ones stay. */
int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid);

#endif
