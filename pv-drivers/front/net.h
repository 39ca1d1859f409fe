/* SPDX-License-Identifier: MIT */
/*
 * The network frontend (public/io/netif.h): one queue, one page to a packet, all checksums done.
 *
 * Each ring has its own pages, granted once for the life of the connection. A sent packet is copied
 * in, a received one copied out before anybody looks at it, so what the backend changes later
 * reaches nobody. Each ring has its own event channel where the backend offers that. Nothing that
 * needs more than one slot is offered; a backend that sends such all the same has broken the
 * protocol.
 *
 * Packets in flight when a backend goes are lost, as packets are.
 */
#ifndef FRONT_NET_H
#define FRONT_NET_H

#include <xen/io/netif.h>

#include "device.h"
#include "pv_ids.h"
#include "pv_ring.h"

#define NET_RX	      32
#define NET_TX	      32
#define NET_FRAME_MAX 1514u /* what we send; a backend may send a page */
#define NET_FRAME_MIN 14u

struct net_buffer {
	void *page;
	grant_ref_t ref;
};

struct net_ring {
	void *page;
	grant_ref_t ref;
	evtchn_port_t port; /* 0: none. The other ring's, too, where the backend takes but one */
	struct pv_ring ring;
	struct pv_ids ids;
};

struct net_counters {
	uint64_t rx_packets, rx_bytes, rx_errors;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
};

struct net_front {
	struct front_device device; /* first */
	bool running;
	uint8_t mac[6];
	struct net_ring rx, tx;
	uint32_t rx_id_memory[NET_RX], tx_id_memory[NET_TX];
	struct net_buffer rx_buffers[NET_RX], tx_buffers[NET_TX];
	struct wait_queue events; /* woken when net_poll() may have something to do */
	struct net_counters counters;
	uint8_t frame[PV_PAGE_SIZE];
};

/* id: as in device/vif/ID. The caller steps net->device. -XEN_EINVAL: no MAC address there. */
int net_init(struct net_front *net, uint32_t id);

/*
 * -XEN_ENOSPC: the ring is full; net->events is woken when it may not be. -XEN_EMSGSIZE.
 * -XEN_ENODEV: not connected.
 */
int net_send(struct net_front *net, const void *frame, size_t len);

/*
 * Takes what has come, calling receive for each frame (valid until it returns; it may send). True:
 * there is more, for the next turn. False: wait on net->events.
 */
bool net_poll(struct net_front *net, void (*receive)(void *context, const void *frame, size_t len),
	      void *context);

#endif
