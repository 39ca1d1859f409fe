/* SPDX-License-Identifier: MIT */
/*
 * A ring of requests and responses in memory shared with a hostile peer (public/io/ring.h).
 *
 * A frontend puts requests and takes responses; a backend takes requests and puts responses. That
 * is one mechanism: each half produces into and consumes from the same slots by free-running
 * indexes, and the halves differ only in who may run ahead. A frontend may be up to all slots
 * ahead of what it has consumed and the backend's index never ahead of the frontend's; for a
 * backend it is the other way round. With n slots, and <= meaning "not after" on the circle of
 * 32-bit numbers:
 *
 *	cons   <= seen <= pushed + peer_lead	what we took, what the peer has shown
 *	pushed <= prod <= cons + our_lead	what we have shown, what we have written
 *	frontend: our_lead = n, peer_lead = 0	backend: our_lead = 0, peer_lead = n
 *
 * Everything is kept in private memory; of the shared page only the peer's producer index (checked
 * against the above, and never allowed back), its event index (which can cost or save a
 * notification, nothing else) and messages (copied once) are read.
 *
 * One ring is one thread's at a time: nothing here locks. A ring of several pages needs them
 * contiguous in our address space.
 */
#ifndef PV_RING_H
#define PV_RING_H

#include "pv_shared.h"

/* The shared page's head, as in public/io/ring.h; the slots follow. */
struct pv_ring_page {
	uint32_t req_prod, req_event;
	uint32_t rsp_prod, rsp_event;
	uint8_t private_area[48];
};

struct pv_ring {
	struct pv_ring_page *page;
	uint8_t *slots;
	uint32_t nr_slots; /* a power of two */
	uint32_t entry_size;
	uint32_t our_lead, peer_lead;
	uint32_t prod, pushed;		  /* ours: written, published */
	uint32_t cons, seen;		  /* the peer's: taken, shown and found possible */
	uint32_t *our_prod, *peer_prod;	  /* shared */
	uint32_t *our_event, *peer_event; /* shared: ours says when we want to be told */
	enum pv_fault fault;
};

/* Slots in so many bytes of shared memory; 0 if there is not room for one or a size is absurd. */
uint32_t pv_ring_slots(size_t bytes, size_t entry_size);

/*
 * The frontend's half. Empties the memory (bytes, 4-aligned, not yet granted) and starts at index
 * start, normally 0. entry_size is that of the larger of request and response, padding included.
 * -XEN_EINVAL: no slot fits, or memory is not aligned.
 */
PV_MUST_CHECK int pv_front_init(struct pv_ring *ring, void *memory, size_t bytes, size_t entry_size,
				uint32_t start);

/*
 * The backend's half, at index start: 0 for a new ring, pv_back_resume_index() for one that another
 * backend process left.
 * -XEN_EINVAL: as above.
 */
PV_MUST_CHECK int pv_back_init(struct pv_ring *ring, void *memory, size_t bytes, size_t entry_size,
			       uint32_t start);

/*
 * Where a ring whose backend died goes on: at the first request without a published response.
 * LIMITS: a backend that answers out of order must itself remember which of the later requests it
 * has answered, or a request is lost and another one done twice.
 */
uint32_t pv_back_resume_index(const void *memory);

/* Messages that may be put now: a frontend's free slots, a backend's unanswered requests. */
uint32_t pv_ring_room(const struct pv_ring *ring);

/* Frontend: requests shown to the backend and not yet answered. */
uint32_t pv_ring_in_flight(const struct pv_ring *ring);

/*
 * Copies a message to the next slot; the peer does not see it before pv_ring_push(). size is at
 * most entry_size; the rest of the slot keeps what it had.
 * -XEN_ENOSPC: all slots are taken (frontend; a backend asserts that it has something to answer).
 * -XEN_EIO: the ring has a fault.
 */
PV_MUST_CHECK int pv_ring_put(struct pv_ring *ring, const void *message, size_t size);

/* Publishes what was put. True: the peer sleeps, send it an event. */
PV_MUST_CHECK bool pv_ring_push(struct pv_ring *ring);

/*
 * Copies the next message out, once. 1: there was one. 0: none is left.
 * -XEN_EIO: the peer's index is impossible, now or earlier.
 * A peer can go on producing as fast as it is served: who serves several rings takes at most
 * nr_slots messages a turn.
 */
PV_MUST_CHECK int pv_ring_take(struct pv_ring *ring, void *message, size_t size);

/*
 * Before sleeping: asks for an event once nr messages wait (0 counts as 1; a frontend cannot wait
 * for more than it has in flight, a backend for more than the slots; nr is lowered to that).
 * 1: so many are there already, do not sleep. 0: sleep, an honest peer will wake us.
 * -XEN_EIO: as above.
 */
PV_MUST_CHECK int pv_ring_sleep(struct pv_ring *ring, uint32_t nr);

#endif
