/* SPDX-License-Identifier: MIT */
/*
 * A worker's surroundings for the network class: a guest's pages by grant reference, of which some
 * are not granted, and a tap that is one end of a socket pair.
 */
#ifndef NET_FIXTURE_H
#define NET_FIXTURE_H

#include "pv_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net/worker/packet.h"
#include "net/worker/queue.h"

#define NR_PAGES  64
#define BAD_REF	  1000u
#define ALL	  (NET_SG | NET_CSUM_V4 | NET_CSUM_V6 | NET_GSO_V4 | NET_GSO_V6)
#define MAX_TRAIL 64

static uint8_t guest[NR_PAGES][PV_PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t arena[NET_ARENA_BYTES] __attribute__((aligned(4096)));
static struct net_batch batch = { .arena = arena };
static struct back_counters counters;
static struct back_link lnk = { .domid = 7, .counters = &counters };
static struct bucket bucket;
static struct net_queue queue;
static struct net_journal journal;
static void *tx_page, *rx_page;
static struct pv_ring tx, rx; /* the guest's half */
static int wire = -1;	      /* the tap's other end */
static unsigned int notified;
static bool polled;

int back_copy(struct back_link *link, xengnttab_grant_copy_segment_t *segments, uint32_t nr)
{
	int rc = 0;

	assert_true(nr <= NET_BATCH_COPIES);
	for (uint32_t i = 0; i < nr; i++) {
		xengnttab_grant_copy_segment_t *s = &segments[i];
		bool out = s->flags == GNTCOPY_source_gref;
		uint32_t ref = out ? s->source.foreign.ref : s->dest.foreign.ref;
		uint32_t offset = out ? s->source.foreign.offset : s->dest.foreign.offset;

		assert_int_equal(out ? s->source.foreign.domid : s->dest.foreign.domid, 7);
		assert_true(s->len && offset + s->len <= PV_PAGE_SIZE);
		if (ref >= NR_PAGES) {
			s->status = GNTST_bad_gntref;
			rc = -EFAULT;
			continue;
		}
		if (out)
			memcpy(s->dest.virt, guest[ref] + offset, s->len);
		else
			memcpy(guest[ref] + offset, s->source.virt, s->len);
		s->status = GNTST_okay;
	}
	return rc;
}

void back_notify(struct back_link *link, int port)
{
	notified++;
}

void back_write_each(struct back_link *link, int fd, struct back_write *writes, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		ssize_t put = writev(fd, writes[i].part, 2);

		writes[i].result = put < 0 ? -errno : (int)put;
	}
}

int back_poll_fd(struct back_link *link, int fd, uint32_t events)
{
	polled = events;
	return 0;
}

static void begin(uint32_t offloads)
{
	int pair[2];

	if (!tx_page) {
		tx_page = aligned_alloc(4096, 4096);
		rx_page = aligned_alloc(4096, 4096);
		queue.waiting = malloc(NET_PACKET_BYTES);
		queue.tap = -1;
	}
	if (queue.tap >= 0)
		close(queue.tap);
	if (wire >= 0)
		close(wire);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	wire = pair[0];
	bucket_init(&bucket, 0, 0, 0);
	queue = (struct net_queue){ .link = &lnk,
				    .tap = pair[1],
				    .tx_port = 3,
				    .rx_port = 4,
				    .tx_page = tx_page,
				    .rx_page = rx_page,
				    .offloads = offloads,
				    .bucket = &bucket,
				    .tap_polled = true,
				    .waiting = queue.waiting };
	queue.tx_answers = (struct answers){ .ring = &queue.tx, .kept = &journal.tx };
	queue.rx_answers = (struct answers){ .ring = &queue.rx, .kept = &journal.rx };
	journal = (struct net_journal){ 0 };
	counters = (struct back_counters){ 0 };
	notified = 0;
	polled = true;
	assert_int_equal(pv_front_init(&tx, tx_page, 4096, sizeof(struct netif_tx_request), 0), 0);
	assert_int_equal(pv_front_init(&rx, rx_page, 4096, sizeof(struct netif_rx_request), 0), 0);
	assert_int_equal(pv_back_init(&queue.tx, tx_page, 4096, sizeof(struct netif_tx_request), 0),
			 0);
	assert_int_equal(pv_back_init(&queue.rx, rx_page, 4096, sizeof(struct netif_rx_request), 0),
			 0);
}

static void put_word(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* A TCP or UDP packet with length bytes in all; its checksum field is nonsense. */
static void make_packet(uint8_t *at, uint32_t length, bool v6, bool tcp)
{
	uint32_t head = v6 ? 40 : 20;

	for (uint32_t i = 0; i < length; i++)
		at[i] = (uint8_t)(i * 7 + i / 251);
	put_word(at + 12, v6 ? 0x86dd : 0x0800);
	memset(at + 14, 0, head);
	at[14] = v6 ? 0x60 : 0x45;
	put_word(at + (v6 ? 18 : 16), length - 14 - (v6 ? 40 : 0));
	at[v6 ? 20 : 23] = tcp ? 6 : 17;
	for (uint32_t i = 0; i < (v6 ? 32u : 8u); i++)
		at[14 + head - (v6 ? 32 : 8) + i] = (uint8_t)(0xc0 + i);
	if (tcp)
		at[14 + head + 12] = 0x50;
	else
		put_word(at + 14 + head + 4, length - 14 - head);
}

/* The checksum as the receiver checks it: 0 if it is right. */
static uint16_t verify(const uint8_t *at, uint32_t length, bool v6, bool tcp)
{
	uint32_t head = v6 ? 40 : 20, from = v6 ? 14 + 8 : 14 + 12, total = tcp ? 6 : 17;

	total += length - 14 - head;
	for (uint32_t i = from; i < length; i += 2)
		total += (uint32_t)at[i] << 8 | (i + 1 < length ? at[i + 1] : 0);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

#endif
