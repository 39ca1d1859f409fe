/* SPDX-License-Identifier: MIT */
/*
 * The network class (kind "qnic"): what serai-backd tells the worker of an interface.
 *
 * An interface is a tap device in Dom0 with one descriptor for each queue, and for each queue a
 * ring of packets from the guest (tx) and one of pages for packets to it (rx), as in
 * public/io/netif.h. Packets go through the tap with the head of linux/virtio_net.h, which says
 * what public/io/netif.h says otherwise: a checksum left blank, a segment's size.
 *
 * What was not answered when a worker died is taken again from the ring: a packet twice or not at
 * all is what networks do. But answers overwrite the requests they are for, long before the guest
 * is shown them; so each batch of them is complete in the journal before the first is written.
 */
#ifndef NET_CLASS_H
#define NET_CLASS_H

#include "back.h"

#define NET_KIND       "qnic"
#define NET_MAX_QUEUES 8
#define NET_MAX_SLOTS  256 /* of a ring, which is one page */

/* The larger of struct netif_tx_response and netif_rx_response. */
#define NET_ANSWER_BYTES 8

/* Answers of a ring that are being written: nr of them from index first on; nr 0: none. */
struct net_answers {
	uint32_t nr, first;
	uint8_t answer[NET_MAX_SLOTS][NET_ANSWER_BYTES];
};

/* The class's part of the journal: one of these a queue. */
struct net_journal {
	struct net_answers tx, rx;
};

/* What the frontend takes; without it Dom0's kernel does the work before the tap. */
enum net_offload {
	NET_SG = 1,	 /* packets of several pages */
	NET_CSUM_V4 = 2, /* blank checksums */
	NET_CSUM_V6 = 4,
	NET_GSO_V4 = 8, /* TCP to be segmented */
	NET_GSO_V6 = 16
};

/* The body of BACK_CONNECT; its fds are the tap's, one a queue. */
struct net_connect {
	uint32_t nr_queues, offloads;
	uint64_t rate_bytes; /* from the guest; each rate_us microseconds; 0: as fast as it can */
	uint32_t rate_us, pad;
	struct {
		uint32_t tx_ref, rx_ref;
		uint32_t tx_port, rx_port; /* the same if the frontend has but one */
	} queue[NET_MAX_QUEUES];
};
_Static_assert(sizeof(struct net_connect) <= BACK_BODY_BYTES, "fits a message");
_Static_assert(NET_MAX_QUEUES <= BACK_MAX_FDS, "a descriptor each");

#define NET_RATE_BYTES_MAX (1ull << 38)
#define NET_RATE_US_MAX	   10000000u

#endif
