/* SPDX-License-Identifier: MIT */
/*
 * A client's connection: bytes in, requests out of them, replies and events into the output.
 *
 * Transports (io/socket.c, the ring in core/ring_conn.c) put bytes into `in`, call conn_process(),
 * and take them from `out` when the store says so (store->dirty). What a ring's client is owed
 * survives a restart: all that enters its output, and how far its input was consumed, goes to the
 * journal together with what the request changed.
 */
#ifndef XSD_CONN_H
#define XSD_CONN_H

#include <sys/queue.h>

#include "buf.h"
#include "perms.h"
#include "watch.h"

struct domain;
struct store;
struct txn;
struct conn;

/* One more header and payload than fit in a message are never buffered at once. */
#define MESSAGE_MAX (16 + 4096)

struct transport {
	/* Takes bytes in and handles requests; called when there are some, and while conn->more. */
	void (*serve)(struct conn *conn);
	/* Sends what it can of the output. */
	void (*flush)(struct conn *conn);
	/* Called once, when the connection is to end: release what belongs to the transport. */
	void (*close)(struct conn *conn);
};

struct conn {
	LIST_ENTRY(conn) all;
	TAILQ_ENTRY(conn) dirty_link;
	struct store *store;
	const struct transport *transport;
	uint32_t domid;
	struct domain *domain; /* of a ring; NULL: a socket in domain 0 */
	bool read_only;
	bool dirty;   /* has output, is in store->dirty */
	bool dead;    /* to be freed by the loop */
	bool ignored; /* broke the protocol on its ring: nothing more is read or written */
	bool clear;   /* its ring is to be emptied, as the journal says */
	bool more;    /* to be served again without waiting for its transport */
	bool stalled; /* not served until it fetches its output */
	struct buf in, out;
	uint64_t out_position;	      /* bytes ever taken from the output */
	uint32_t in_index, out_index; /* a ring's indices: behind the input, at the output's head */
	struct watch_list watches;
	LIST_HEAD(, txn) txns;
	uint32_t nr_txns, nr_watches;
	uint32_t next_txn;
	uint64_t requests;
	int fd;		 /* a socket's */
	uint32_t events; /* what its socket is polled for */
};

struct conn *conn_new(struct store *store, const struct transport *transport, uint32_t domid,
		      struct domain *domain);
/* Ends watches and transactions, closes the transport; freed by conns_reap(). */
void conn_close(struct conn *conn);
/* Ends watches and transactions, forgets buffered bytes; the connection stays. */
void conn_reset(struct conn *conn);
void conn_drop_watches(struct conn *conn);
void conn_drop_txns(struct conn *conn);
void conns_reap(struct store *store);

bool conn_privileged(const struct conn *conn);
struct subject conn_subject(const struct conn *conn);
/* How messages name it: "D3", "S17". */
const char *conn_name(const struct conn *conn, char name[16]);

/* Handles up to `budget` requests of the input; sets conn->more. */
void conn_process(struct conn *conn, unsigned int budget);
/* May nothing more be read because the client does not fetch its answers? */
bool conn_choked(const struct conn *conn);

/* Appends a message to the output. */
void conn_send(struct conn *conn, uint32_t type, uint32_t req_id, uint32_t tx_id, const void *body,
	       size_t len);
/* Appends an event, unless an equal one still waits there. */
void conn_send_event(struct watch *watch, const char *path);
/* To be served again in the next round. */
void conn_again(struct conn *conn);
/* Takes n sent bytes off the output; a stalled client may go on when enough is gone. */
void conn_sent(struct conn *conn, size_t n);

#endif
