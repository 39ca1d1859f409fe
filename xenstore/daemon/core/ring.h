/* SPDX-License-Identifier: MIT */
/*
 * The page shared with a domain, whose other side may be hostile.
 *
 * Our own indices are kept privately and only ever written to the page; the peer's are read once
 * per use and checked. Data is copied out before it is looked at. What the peer does to its page
 * can only spoil its own stream.
 */
#ifndef XSD_RING_H
#define XSD_RING_H

#include <stddef.h>
#include <stdint.h>

#include "conn.h"

#include <xen/io/xs_wire.h>

/* Copies up to `room` bytes of requests behind index cons; the number, or -EIO if the peer's index
 * is wild. */
long ring_read(const struct xenstore_domain_interface *page, uint32_t cons, char *out, size_t room);
/* Copies what fits of the output behind index prod; the number, or -EIO. The index is not
 * published. */
long ring_write(struct xenstore_domain_interface *page, uint32_t prod, const char *bytes,
		size_t len);

extern const struct transport ring_transport;

/* Serves a domain: takes its bytes, handles requests. Called when its event came and while
 * conn->more. */
void ring_service(struct conn *conn);
/* Both sides start from an empty ring, which it is once the output was flushed. */
void ring_reset(struct conn *conn);
/* A new connection takes the ring as it is. */
void ring_adopt(struct conn *conn);
/* After a restart: brings the page to where the journal says it is. */
void ring_resume(struct conn *conn);
/* Stops listening to a peer that broke the rules, and tells it why (XENSTORE_ERROR_*). */
void ring_break(struct conn *conn, uint32_t error);

#endif
