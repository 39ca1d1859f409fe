/* SPDX-License-Identifier: MIT */
/*
 * The control page of a vchan, a byte stream between two domains. The server offers the page by
 * grant; the rings lie in it, or in further granted pages that it lists.
 */
#include <stdint.h>
#include <sys/types.h>

struct ring_shared {
	uint32_t cons;		/* the reader's */
	uint32_t prod;		/* the writer's */
};

/* Why an end wants an event. */
#define VCHAN_NOTIFY_WRITE	0x1	/* bytes were put in */
#define VCHAN_NOTIFY_READ	0x2	/* bytes were taken out */

struct vchan_interface {
	struct ring_shared left;	/* client to server */
	struct ring_shared right;	/* server to client */
	/* Log2 of each ring's bytes. 10: at offset 1024 of this page; 11: at 2048; 12 and up: in
	 * 2^(order - 12) pages of the grant list. Fixed once the page is shared. */
	uint16_t left_order, right_order;
	/* 0 gone, 1 connected, 2 not there yet */
	uint8_t cli_live, srv_live;
	/* VCHAN_NOTIFY_*: cli_notify is what the client shall tell the server of, srv_notify the
	 * reverse; the one to be told sets a bit, the one to tell takes it back. */
	uint8_t cli_notify, srv_notify;
	/* Pages of the left ring, then of the right one; ends before the rings in this page. */
	uint32_t grants[0];
};
