/* SPDX-License-Identifier: MIT */
/*
 * One ring of a 9pfs device: requests come out of the guest, responses go in.
 *
 * The guest is told that a request was consumed only after its response is in the ring, so a
 * request is in shared memory until it is answered. The journal says what had begun:
 *
 *	begun = 0		nothing is under way
 *	begun = 1, out_cons	the request at this index may have been carried out;
 *	  in_prod		its response starts here, so if the ring's in_prod is further on,
 *				it was answered and only out_cons was not advanced
 *
 * A successor that finds a request begun and not answered does it again if that changes nothing
 * more (p9_serve_again).
 */
#ifndef P9_RING_H
#define P9_RING_H

#include <xen/io/9pfs.h>

#include "p9_server.h"
#include "pv_stream.h"

#define P9_MAX_RINGS 8u
#define P9_MAX_ORDER 9u

struct p9_ring_journal {
	uint32_t begun, out_cons, in_prod, unused;
};

/* A device's whole journal. */
struct p9_journal {
	struct p9_ring_journal rings[P9_MAX_RINGS];
	struct p9_server_journal server;
};

struct p9_ring {
	struct xen_9pfs_data_intf *intf; /* shared */
	struct pv_stream out, in;
	uint32_t cons;		     /* of out; the guest sees it when the response is written */
	uint32_t published;	     /* as the guest sees it */
	uint32_t expected;	     /* bytes of the request whose size was read; 0: none */
	uint32_t waiting;	     /* bytes of a response there is no room for yet */
	uint32_t largest;	     /* request */
	uint8_t *request, *response; /* largest bytes each */
	struct p9_ring_journal *journal;
	bool again, answered; /* the first request was begun, was answered */
};

/* Bytes of one direction of a ring of 2^order pages. */
static inline uint32_t p9_ring_bytes(uint32_t order)
{
	return (uint32_t)XEN_FLEX_RING_SIZE(order);
}

/*
 * data: 2^order pages, 1 <= order <= P9_MAX_ORDER. largest is at most p9_ring_bytes(order). resume:
 * the journal's words are from the process that served this ring before.
 * -ENOMEM. -EIO: the shared indexes make no sense.
 */
int p9_ring_init(struct p9_ring *r, struct xen_9pfs_data_intf *intf, void *data, uint32_t order,
		 uint32_t largest, struct p9_ring_journal *journal, bool resume);
void p9_ring_free(struct p9_ring *r);

/*
 * Serves up to budget requests. >= 0: so many were answered; the guest wants an event if it is not
 * 0, and if it is budget, more may wait.
 * -EIO: the guest's indexes or sizes are impossible: give the device up.
 */
int p9_ring_run(struct p9_ring *r, struct p9_server *s, int budget);

#endif
