/* SPDX-License-Identifier: MIT */
/*
 * A queue of an interface: packets from the guest to the tap (tx.c), from the tap to the guest
 * (rx.c).
 *
 * Both directions work in batches of packets: requests are copied out of the ring and checked, one
 * grant copy moves all bytes, then each packet goes on its own way. Responses are published at
 * packets' ends only, and in the ring's order; so a worker that takes over begins at the first
 * request without a response, which always begins a packet (answers.h has those half written).
 *
 * What a frontend can do wrong has two grades. A packet that is wrong in itself (a bad reference,
 * sizes that contradict each other) is answered with an error and lost. A ring that can no longer
 * be followed (an impossible index, a packet without its end, a kind of extra nobody knows) ends
 * the device: functions return -EIO, and *fault says why.
 */
#ifndef NET_QUEUE_H
#define NET_QUEUE_H

#include "answers.h"
#include "back_worker.h"
#include "bucket.h"
#include "net/net_class.h"
#include "pv_ring.h"

#include <linux/virtio_net.h>
#include <xen/io/netif.h>

#define NET_BATCH_PACKETS 64
#define NET_BATCH_COPIES  256
#define NET_MAX_PARTS	  20 /* pages of a packet from the guest; some frontends go above 18 */
#define NET_PACKET_BYTES  65536u
#define NET_PACKET_PAGES  16u
#define NET_ARENA_BYTES	  (512u << 10)
#define NET_RX_SLOTS	  NET_MAX_SLOTS

/* What one batch needs; of the process, as it serves one queue at a time. */
struct net_batch {
	uint8_t *arena; /* NET_ARENA_BYTES, page-aligned */
	xengnttab_grant_copy_segment_t copies[NET_BATCH_COPIES];
	uint32_t nr_copies;
};

struct net_queue {
	struct back_link *link;
	int tap;
	int tx_port, rx_port; /* local; the same if the frontend has one */
	struct pv_ring tx, rx;
	struct answers tx_answers, rx_answers;
	void *tx_page, *rx_page;
	uint32_t offloads;
	struct bucket *bucket; /* the interface's */
	bool tap_polled;

	/* Requests of rx, taken and not yet answered, in order; a circle. */
	struct netif_rx_request pages[NET_RX_SLOTS];
	uint32_t first_page, nr_pages;
	/* A packet that was read when there were too few of them. */
	uint8_t *waiting; /* NET_PACKET_BYTES */
	uint32_t waiting_bytes;
	struct virtio_net_hdr waiting_head;
	bool waiting_blank;
};

/* More to do now, nothing to do until an event, nothing before bucket_wait_ms(). */
enum net_turn { NET_MORE, NET_IDLE, NET_CLOSED };

/* One batch each: enum net_turn, or -EIO. */
int net_tx(struct net_queue *queue, struct net_batch *batch, uint64_t now_us, const char **fault);
int net_rx(struct net_queue *queue, struct net_batch *batch, const char **fault);

/* Carries the batch's copies out; each has its status afterwards. */
void net_copy(struct net_queue *queue, struct net_batch *batch);

#endif
