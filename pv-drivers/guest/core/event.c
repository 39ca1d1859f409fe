/* SPDX-License-Identifier: MIT */
/*
 * Events without interruption: every port stays masked, so that no upcall is made, and whoever has
 * nothing to do sleeps in SCHEDOP_poll, which looks at the pending bits. What is pending is cleared
 * before its handler runs: an event that comes meanwhile is another one.
 */
#include "kernel.h"

#include <xen/sched.h>

#define NR_EVENTS 32

static struct {
	void (*handler)(void *context);
	void *context;
} events[NR_EVENTS];
static evtchn_port_t ports[NR_EVENTS]; /* as SCHEDOP_poll takes them; the same index as events */
static unsigned int nr_events;
static bool dispatching;

void event_init(void)
{
	struct shared_info *shared = machine.shared_info;

	shared->vcpu_info[0].evtchn_upcall_mask = 1;
	for (size_t i = 0; i < sizeof(shared->evtchn_mask) / sizeof(shared->evtchn_mask[0]); i++)
		shared->evtchn_mask[i] = ~(xen_ulong_t)0;
}

int event_add(evtchn_port_t port, void (*handler)(void *context), void *context)
{
	if (nr_events == NR_EVENTS)
		return -XEN_ENOSPC;
	ports[nr_events] = port;
	events[nr_events].handler = handler;
	events[nr_events].context = context;
	nr_events++;
	return 0;
}

int event_open(domid_t peer, void (*handler)(void *context), void *context, evtchn_port_t *port)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = peer };
	int rc = (int)CALL2(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &alloc);

	if (rc)
		return rc;
	rc = event_add(alloc.port, handler, context);
	if (rc) {
		struct evtchn_close closing = { .port = alloc.port };

		CALL2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &closing);
		return rc;
	}
	*port = alloc.port;
	return 0;
}

static bool take_pending(evtchn_port_t port)
{
	xen_ulong_t *word = &machine.shared_info->evtchn_pending[port / 64];
	xen_ulong_t bit = (xen_ulong_t)1 << port % 64;

	if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
		return false;
	/* Ordering: full. What the peer wrote before its event is read after this. */
	return __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit;
}

void event_close(evtchn_port_t port)
{
	struct evtchn_close closing = { .port = port };

	for (unsigned int i = 0; i < nr_events; i++) {
		if (ports[i] != port)
			continue;
		nr_events--;
		ports[i] = ports[nr_events];
		events[i] = events[nr_events];
		break;
	}
	CALL2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &closing);
	(void)take_pending(port);
}

void event_send(evtchn_port_t port)
{
	struct evtchn_send send = { .port = port };

	/* Fails if nobody is at the other end yet, or any more: then nobody misses it. */
	CALL2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
}

void event_dispatch(void)
{
	dispatching = true;
	for (unsigned int i = 0; i < nr_events; i++)
		if (take_pending(ports[i]))
			events[i].handler(events[i].context);
	dispatching = false;
}

bool event_dispatching(void)
{
	return dispatching;
}

void event_wait(uint64_t deadline)
{
	struct sched_poll poll = { .nr_ports = nr_events,
				   .timeout = deadline == TIME_NEVER ? 0 : deadline };

	set_xen_guest_handle(poll.ports, ports);
	CALL2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}
