/* SPDX-License-Identifier: MIT */
/*
 * How the two halves of a device find and leave each other (public/io/xenbus.h): each half owns the
 * node "state" of its own directory and watches the other's.
 *
 * The machine is one table of legal edges. An edge says: from this state of ours, if the peer's
 * node shows one of these and we want that, do this work, then write that state. The peer's state
 * is an input, never trusted to follow any order; watches coalesce, so honest peers seem to jump,
 * too. Whatever it writes, we move along edges of the table or stay. What an edge promises:
 *
 *	- CONNECT is done only after the peer published its part, and never twice without a RELEASE;
 *	- RELEASE comes before every entry into Closed from a state that could have had anything;
 *	- a half that wants to close needs no help of the peer's but for a backend's last step
 *	  into Closed, and there a deadline of the caller's (pv_xenbus_force) stands in.
 *
 * A user does, after each change of the peer's node or of what it wants:
 *
 *	while ((edge = pv_xenbus_next(&bus, pv_xenbus_parse(text, len)))) {
 *		if (carry_out(edge->work) != 0)
 *			pv_xenbus_failed(&bus, edge);
 *		else
 *			pv_xenbus_done(&bus, edge), write edge->to to our node;
 *	}
 *
 * The loop ends: with the peer's state unchanged no state is entered twice (tested for all of
 * them).
 * LIMITS: a peer may write states as fast as it likes; nr_edges is there to limit its rate by.
 */
#ifndef PV_XENBUS_H
#define PV_XENBUS_H

#include "pv_shared.h"

#include <xen/io/xenbus.h>

/* Bits, so that an edge may be several kinds'. */
enum pv_half {
	PV_BACK = 1,
	PV_FRONT = 2, /* block, console, 9pfs, ...: Initialised, then Connected after the backend */
	PV_FRONT_FIRST = 4 /* net: Connected as soon as its part is published, before the backend */
};

enum pv_want {
	PV_WANT_OPEN = 1,
	PV_WANT_CLOSED = 2,
	PV_WANT_RECONFIGURED = 4 /* a backend's: change the device while it is connected */
};

/* What must be done before the edge's new state is written. */
enum pv_work {
	PV_WORK_NONE,
	PV_WORK_ANNOUNCE, /* backend: publish features and limits */
	PV_WORK_OFFER,	  /* frontend: make rings and event channels, grant and publish them */
	PV_WORK_CONNECT, /* backend: map and bind what is offered; frontend: read the device's facts
			  */
	PV_WORK_QUIESCE, /* take no new requests, end or fail those in flight */
	PV_WORK_RELEASE, /* backend: unmap, unbind; frontend: close channels, retire grants */
	PV_WORK_CHANGE	 /* reconfiguration: take up or give up what changes */
};

struct pv_edge {
	uint8_t halves; /* enum pv_half */
	uint8_t from;	/* enum xenbus_state, ours */
	uint16_t peer;	/* bit 1 << state for each of the peer's */
	uint8_t wants;	/* enum pv_want */
	uint8_t to;
	uint8_t work; /* enum pv_work */
};

extern const struct pv_edge pv_xenbus_edges[];
extern const unsigned int pv_xenbus_nr_edges;

struct pv_xenbus {
	enum pv_half half;
	enum xenbus_state own; /* as our node shows */
	enum pv_want want;
	bool failed;	   /* some work could not be done; until pv_xenbus_open() */
	uint32_t nr_edges; /* moves so far */
};

/*
 * own is Initialising for a new device; Connected for a backend that takes over the rings of one
 * that died. want is PV_WANT_OPEN.
 */
void pv_xenbus_init(struct pv_xenbus *bus, enum pv_half half, enum xenbus_state own);

/* A node's text: a state, or Unknown for anything that is none (as a peer that lies writes). */
enum xenbus_state pv_xenbus_parse(const char *text, size_t len);

/* The edge to go, seeing the peer in this state; NULL: stay. */
const struct pv_edge *pv_xenbus_next(const struct pv_xenbus *bus, enum xenbus_state peer);

/* The edge's work is done: we are in its new state. */
void pv_xenbus_done(struct pv_xenbus *bus, const struct pv_edge *edge);

/*
 * The edge's work failed, and left nothing behind (QUIESCE and RELEASE cannot fail). From now on
 * the device wants to be closed.
 */
void pv_xenbus_failed(struct pv_xenbus *bus, const struct pv_edge *edge);

/* Unplug, or open (again): a closed frontend starts over only by this. */
void pv_xenbus_close(struct pv_xenbus *bus);
void pv_xenbus_open(struct pv_xenbus *bus);

/* Backend: the device shall change while connected. Forgotten if it closes. */
void pv_xenbus_reconfigure(struct pv_xenbus *bus);

/*
 * The caller's deadline has passed, or the user said --force: the edge that leads on without the
 * peer, to be carried out like any other; NULL once Closed.
 */
const struct pv_edge *pv_xenbus_force(struct pv_xenbus *bus);

#endif
