/* SPDX-License-Identifier: MIT */
/*
 * Reads the domain's own nodes of xenstore through the ring it shares with the daemon, waiting for
 * each answer. Nothing is left in the ring: the kernel that uses it later goes on from its
 * counters.
 */
#include "loader.h"

#include <string.h>

#include <xen/hvm/params.h>
#include <xen/io/xs_wire.h>

#define WAIT_SECONDS 60

static struct {
	volatile struct xenstore_domain_interface *ring;
	uint32_t port, request;
} store;

void store_open(void)
{
	uint64_t pfn = hvm_param(HVM_PARAM_STORE_PFN);

	store.port = (uint32_t)hvm_param(HVM_PARAM_STORE_EVTCHN);
	if (!pfn || pfn >> 20 || !store.port)
		die("the toolstack gave no page or event channel for xenstore: a newer one is "
		    "needed");
	store.ring = (volatile void *)(uintptr_t)((uint32_t)pfn * PAGE_BYTES);
}

/* Waits until a counter of the daemon's is another than that. */
static void wait_for(volatile uint32_t *counter, uint32_t old)
{
	uint32_t since = ticks_now();

	event_send(store.port);
	while (*counter == old) {
		if (seconds_passed(since, WAIT_SECONDS))
			die("xenstore gives no answer: is xenstored running in Domain-0?");
		yield();
	}
	__asm__ volatile("" : : : "memory");
}

static void send(const void *from, uint32_t bytes)
{
	volatile struct xenstore_domain_interface *ring = store.ring;
	const char *at = from;

	for (; bytes; bytes--) {
		uint32_t produced = ring->req_prod, consumed = ring->req_cons;

		if (produced - consumed >= XENSTORE_RING_SIZE)
			wait_for(&ring->req_cons, consumed);
		ring->req[MASK_XENSTORE_IDX(produced)] = *at++;
		__asm__ volatile("" : : : "memory");
		ring->req_prod = produced + 1;
	}
}

/* The first `room` of so many bytes. */
static void receive(void *to, uint32_t bytes, uint32_t room)
{
	volatile struct xenstore_domain_interface *ring = store.ring;
	char *at = to;

	for (uint32_t i = 0; i < bytes; i++) {
		uint32_t consumed = ring->rsp_cons;

		if (ring->rsp_prod == consumed)
			wait_for(&ring->rsp_prod, consumed);
		if (i < room)
			at[i] = ring->rsp[MASK_XENSTORE_IDX(consumed)];
		__asm__ volatile("" : : : "memory");
		ring->rsp_cons = consumed + 1;
	}
}

bool store_read(const char *path, char *text, size_t room)
{
	uint32_t bytes = (uint32_t)strlen(path) + 1;
	struct xsd_sockmsg head = { XS_READ, ++store.request, 0, bytes };

	send(&head, sizeof(head));
	send(path, bytes);
	event_send(store.port);
	receive(&head, sizeof(head), sizeof(head));
	if (head.req_id != store.request || head.len > XENSTORE_PAYLOAD_MAX)
		die("xenstore's answer for %s makes no sense", path);
	memset(text, 0, room);
	receive(text, head.len, (uint32_t)room - 1);
	event_send(store.port);
	if (head.type == XS_READ)
		return true;
	text[0] = '\0';
	return false;
}
