/* SPDX-License-Identifier: MIT */
/* Events of screens and keyboards. */
#include "event_ring.h"

#include <xen/errno.h>

int event_ring_put(struct event_ring *ring, const void *event, size_t size)
{
	uint32_t waiting = ring->mine - pv_load(ring->peer_index);

	if (waiting > ring->nr)
		return -XEN_EIO;
	if (waiting == ring->nr)
		return -XEN_ENOSPC;
	pv_copy(ring->events + ring->mine % ring->nr * EVENT_SIZE, event, size);
	pv_store(ring->our_index, ++ring->mine);
	return 0;
}

int event_ring_take(struct event_ring *ring, void *event)
{
	uint32_t waiting = pv_load(ring->peer_index) - ring->mine;

	if (waiting > ring->nr)
		return -XEN_EIO;
	if (!waiting)
		return 0;
	pv_copy(event, ring->events + ring->mine % ring->nr * EVENT_SIZE, EVENT_SIZE);
	pv_store(ring->our_index, ++ring->mine);
	return 1;
}
