/* SPDX-License-Identifier: MIT */
/*
 * One direction of events between a screen's or keyboard's halves: entries of 40 bytes, in a number
 * that is no power of two, in part of a shared page. The peer is hostile, as in ring/pv_stream.h:
 * its index is loaded once and checked, an event is copied once, our own index is never read back.
 *
 * LIMITS: the ABI takes free-running 32-bit indexes modulo that number, so the slots jump after
 * 2^32 events; both halves jump alike.
 */
#ifndef FRONT_EVENT_RING_H
#define FRONT_EVENT_RING_H

#include "pv_shared.h"

#define EVENT_SIZE 40u

struct event_ring {
	uint8_t *events; /* shared */
	uint32_t nr;
	uint32_t *our_index, *peer_index; /* shared */
	uint32_t mine;
};

/* -XEN_ENOSPC: the peer has not taken so many. -XEN_EIO: its index is impossible. */
PV_MUST_CHECK int event_ring_put(struct event_ring *ring, const void *event, size_t size);
/* 1: event is the next one, EVENT_SIZE bytes. 0: there is none. -XEN_EIO: as above. */
PV_MUST_CHECK int event_ring_take(struct event_ring *ring, void *event);

#endif
