/* SPDX-License-Identifier: MIT */
/* Request rings: see pv_ring.h for the invariants, check_invariants() for the same as code. */
#include "pv_ring.h"

#include <xen/errno.h>

_Static_assert(sizeof(struct pv_ring_page) == 64, "the slots begin at byte 64");
_Static_assert(offsetof(struct pv_ring_page, rsp_prod) == 8, "public/io/ring.h");

/* More bytes than any protocol's ring; keeps sums of indexes far from overflow. */
#define MAX_RING_BYTES (1u << 20)

static void check_invariants(const struct pv_ring *ring)
{
	PV_ASSERT(ring->seen - ring->cons <= ring->pushed + ring->peer_lead - ring->cons);
	PV_ASSERT(ring->pushed + ring->peer_lead - ring->cons <= ring->nr_slots);
	PV_ASSERT(ring->prod - ring->pushed <= ring->cons + ring->our_lead - ring->pushed);
	PV_ASSERT(ring->cons + ring->our_lead - ring->pushed <= ring->nr_slots);
}

static void *slot(const struct pv_ring *ring, uint32_t index)
{
	return ring->slots + (size_t)(index & (ring->nr_slots - 1)) * ring->entry_size;
}

uint32_t pv_ring_slots(size_t bytes, size_t entry_size)
{
	size_t fit, slots = 1;

	if (!entry_size || bytes > MAX_RING_BYTES || bytes < sizeof(struct pv_ring_page))
		return 0;
	fit = (bytes - sizeof(struct pv_ring_page)) / entry_size;
	if (!fit)
		return 0;
	while (slots <= fit / 2)
		slots *= 2;
	return (uint32_t)slots;
}

static int attach(struct pv_ring *ring, void *memory, size_t bytes, size_t entry_size,
		  uint32_t start)
{
	uint32_t nr_slots = pv_ring_slots(bytes, entry_size);

	if (!nr_slots || (uintptr_t)memory % _Alignof(struct pv_ring_page))
		return -XEN_EINVAL;
	*ring = (struct pv_ring){
		.page = memory,
		.slots = (uint8_t *)memory + sizeof(struct pv_ring_page),
		.nr_slots = nr_slots,
		.entry_size = (uint32_t)entry_size,
		.prod = start,
		.pushed = start,
		.cons = start,
		.seen = start,
	};
	return 0;
}

int pv_front_init(struct pv_ring *ring, void *memory, size_t bytes, size_t entry_size,
		  uint32_t start)
{
	int rc = attach(ring, memory, bytes, entry_size, start);

	if (rc)
		return rc;
	memset(memory, 0, bytes); /* the peer shall not see what was here before */
	ring->our_lead = ring->nr_slots;
	ring->our_prod = &ring->page->req_prod;
	ring->peer_prod = &ring->page->rsp_prod;
	ring->our_event = &ring->page->rsp_event;
	ring->peer_event = &ring->page->req_event;
	ring->page->req_prod = ring->page->rsp_prod = start;
	ring->page->req_event = ring->page->rsp_event = start + 1;
	return 0;
}

int pv_back_init(struct pv_ring *ring, void *memory, size_t bytes, size_t entry_size,
		 uint32_t start)
{
	int rc = attach(ring, memory, bytes, entry_size, start);

	if (rc)
		return rc;
	ring->peer_lead = ring->nr_slots;
	ring->our_prod = &ring->page->rsp_prod;
	ring->peer_prod = &ring->page->req_prod;
	ring->our_event = &ring->page->req_event;
	ring->peer_event = &ring->page->rsp_event;
	return 0;
}

uint32_t pv_back_resume_index(const void *memory)
{
	const struct pv_ring_page *page = memory;

	return pv_load(&page->rsp_prod);
}

uint32_t pv_ring_room(const struct pv_ring *ring)
{
	return ring->cons + ring->our_lead - ring->prod;
}

uint32_t pv_ring_in_flight(const struct pv_ring *ring)
{
	return ring->pushed - ring->cons;
}

int pv_ring_put(struct pv_ring *ring, const void *message, size_t size)
{
	PV_ASSERT(size <= ring->entry_size);
	if (ring->fault)
		return -XEN_EIO;
	if (!pv_ring_room(ring)) {
		PV_ASSERT(ring->our_lead); /* a backend answers only what it took */
		return -XEN_ENOSPC;
	}
	pv_copy(slot(ring, ring->prod), message, size);
	ring->prod++;
	check_invariants(ring);
	return 0;
}

bool pv_ring_push(struct pv_ring *ring)
{
	uint32_t before = ring->pushed, wanted;

	if (ring->fault || ring->prod == before)
		return false;
	ring->pushed = ring->prod;
	pv_store(ring->our_prod, ring->prod);
	pv_fence(); /* pairs with pv_ring_sleep()'s: it sees our index, or we its wish */
	wanted = pv_load(ring->peer_event);
	check_invariants(ring);
	return ring->prod - wanted < ring->prod - before;
}

/* How far the peer has come. The one place where its index is read; nothing wild gets past it. */
static int look(struct pv_ring *ring)
{
	uint32_t shown = pv_load(ring->peer_prod);

	if (ring->fault)
		return -XEN_EIO;
	if (shown - ring->cons > ring->pushed + ring->peer_lead - ring->cons)
		ring->fault =
		    (int32_t)(shown - ring->cons) < 0 ? PV_FAULT_INDEX_BACK : PV_FAULT_INDEX_AHEAD;
	else if (shown - ring->cons < ring->seen - ring->cons)
		ring->fault = PV_FAULT_INDEX_BACK;
	if (ring->fault)
		return -XEN_EIO;
	ring->seen = shown;
	check_invariants(ring);
	return 0;
}

int pv_ring_take(struct pv_ring *ring, void *message, size_t size)
{
	PV_ASSERT(size <= ring->entry_size);
	if (ring->fault)
		return -XEN_EIO;
	if (ring->cons == ring->seen) {
		int rc = look(ring);

		if (rc)
			return rc;
		if (ring->cons == ring->seen)
			return 0;
	}
	pv_copy(message, slot(ring, ring->cons), size);
	ring->cons++;
	check_invariants(ring);
	return 1;
}

int pv_ring_sleep(struct pv_ring *ring, uint32_t nr)
{
	uint32_t most = ring->pushed + ring->peer_lead - ring->cons;
	int rc;

	if (nr > most)
		nr = most;
	if (!nr)
		nr = 1;
	pv_store(ring->our_event, ring->cons + nr);
	pv_fence(); /* pairs with pv_ring_push()'s */
	rc = look(ring);
	if (rc)
		return rc;
	return ring->seen - ring->cons >= nr;
}
