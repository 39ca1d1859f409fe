/* SPDX-License-Identifier: MIT */
/*
 * A domain's ring as a transport: see ring.h.
 *
 * Order that makes a restart exact: what was consumed and what is owed is in the journal before an
 * index moves. Consumed bytes live in the connection's input, journalled; output is journalled when
 * it is queued, and the page's rsp_prod itself tells how much of it the peer has been given. A
 * reset is journalled first, and the page emptied when the output is flushed.
 */
#include <errno.h>

#include "domain.h"
#include "log.h"
#include "platform.h"
#include "ring.h"
#include "state.h"
#include "store.h"

/* A round's requests of one domain: its ring can hold no more than 64. */
#define RING_BUDGET 64

static uint32_t load_index(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* Sequentially consistent: the peer's index is looked at again after ours was published. */
static void publish_index(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_SEQ_CST);
}

long ring_read(const struct xenstore_domain_interface *page, uint32_t cons, char *out, size_t room)
{
	uint32_t avail = load_index(&page->req_prod) - cons;
	uint32_t at = MASK_XENSTORE_IDX(cons), first = XENSTORE_RING_SIZE - at;

	if (avail > XENSTORE_RING_SIZE)
		return -EIO;
	if (avail > room)
		avail = (uint32_t)room;
	if (first > avail)
		first = avail;
	memcpy(out, page->req + at, first);
	memcpy(out + first, page->req, avail - first);
	return avail;
}

long ring_write(struct xenstore_domain_interface *page, uint32_t prod, const char *bytes,
		size_t len)
{
	uint32_t used = prod - load_index(&page->rsp_cons), free_bytes;
	uint32_t at = MASK_XENSTORE_IDX(prod), first = XENSTORE_RING_SIZE - at;

	if (used > XENSTORE_RING_SIZE)
		return -EIO;
	free_bytes = XENSTORE_RING_SIZE - used;
	if (free_bytes > len)
		free_bytes = (uint32_t)len;
	if (first > free_bytes)
		first = free_bytes;
	memcpy(page->rsp + at, bytes, first);
	memcpy(page->rsp, bytes + first, free_bytes - first);
	return free_bytes;
}

static void kick(struct conn *conn)
{
	struct platform *platform = conn->store->platform;

	if (conn->domain->bound)
		platform->notify(platform, conn->domid, conn->domain->local_port);
}

void ring_break(struct conn *conn, uint32_t error)
{
	static const char *const why[] = { "communication failed", "communication failed",
					   "wild ring index", "message too long" };

	log_warning("domain %u: %s; its connection is ignored until it is introduced again",
		    conn->domid, why[error & 3]);
	conn_reset(conn);
	conn->ignored = true;
	state_input(conn);
	conn->domain->page->error = error;
	kick(conn);
}

static void clear_page(struct conn *conn)
{
	struct xenstore_domain_interface *page = conn->domain->page;

	publish_index(&page->rsp_prod, 0);
	publish_index(&page->rsp_cons, 0);
	publish_index(&page->req_prod, 0);
	publish_index(&page->req_cons, 0);
	page->error = XENSTORE_ERROR_NONE;
	page->server_features =
	    XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
	__atomic_store_n(&page->connection, XENSTORE_CONNECTED, __ATOMIC_SEQ_CST);
	conn->clear = false;
}

void ring_reset(struct conn *conn)
{
	conn_reset(conn);
	conn->in_index = conn->out_index = 0;
	conn->ignored = false;
	conn->clear = true;
	state_reset(conn);
	store_mark_dirty(conn);
}

void ring_adopt(struct conn *conn)
{
	struct xenstore_domain_interface *page = conn->domain->page;

	conn->in_index = load_index(&page->req_cons);
	conn->out_index = load_index(&page->rsp_prod);
	page->server_features =
	    XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
	state_input(conn);
	state_out_index(conn);
}

void ring_resume(struct conn *conn)
{
	struct xenstore_domain_interface *page = conn->domain->page;
	uint32_t prod = load_index(&page->rsp_prod), cons = load_index(&page->req_cons);
	uint32_t delivered = prod - conn->out_index;

	if (conn->ignored)
		return;
	if (conn->clear) {
		/* Killed around a reset: it has still to be done unless the page shows that it was.
		 */
		if (prod || cons)
			clear_page(conn);
		conn->clear = false;
	} else if (delivered > conn->out.len) {
		ring_break(conn, XENSTORE_ERROR_RINGIDX);
		return;
	} else {
		buf_consume(&conn->out, delivered);
		conn->out_position += delivered;
		conn->out_index = prod;
	}
	publish_index(&page->req_cons, conn->in_index);
	store_mark_dirty(conn);
}

static void ring_flush(struct conn *conn)
{
	struct xenstore_domain_interface *page = conn->domain->page;
	long n;

	if (conn->ignored || !page)
		return;
	if (conn->clear)
		clear_page(conn);
	/* Again after publishing: a peer that made room before it saw the ring full does not tell. */
	do {
		n = conn->out.len ?
			ring_write(page, conn->out_index, buf_head(&conn->out), conn->out.len) :
			0;
		if (n < 0) {
			ring_break(conn, XENSTORE_ERROR_RINGIDX);
			return;
		}
		conn->out_index += (uint32_t)n;
		publish_index(&page->rsp_prod, conn->out_index);
		conn_sent(conn, (size_t)n);
	} while (n);
	kick(conn);
}

static void ring_close(struct conn *conn)
{
	struct domain *domain = conn->domain;
	struct platform *platform = conn->store->platform;

	if (domain->bound)
		platform->unbind(platform, domain->domid, domain->local_port);
	if (domain->page)
		platform->unmap(platform, domain->domid, domain->page);
	domain->bound = false;
	domain->page = NULL;
	domain->conn = NULL;
}

/* Takes new bytes into the input; their number, or -EIO. */
static long take_bytes(struct conn *conn)
{
	size_t room = MESSAGE_MAX + XENSTORE_RING_SIZE - conn->in.len;
	long n = ring_read(conn->domain->page, conn->in_index, buf_reserve(&conn->in, room), room);

	if (n > 0) {
		buf_filled(&conn->in, (size_t)n);
		conn->in_index += (uint32_t)n;
	}
	return n;
}

void ring_service(struct conn *conn)
{
	struct xenstore_domain_interface *page = conn->domain->page;
	long n;

	if (!page || conn->dead || conn->clear)
		return;
	if (load_index(&page->connection) == XENSTORE_RECONNECT) {
		ring_reset(conn);
		return;
	}
	if (conn->ignored)
		return;
	if (conn->out.len)
		store_mark_dirty(conn);
	if (conn_choked(conn)) {
		conn->stalled = true;
		return;
	}
	n = take_bytes(conn);
	if (n < 0) {
		ring_break(conn, XENSTORE_ERROR_RINGIDX);
		return;
	}
	conn_process(conn, RING_BUDGET);
	if (!n || conn->dead || conn->ignored)
		return;
	if (conn->in.len)
		state_input(conn);
	publish_index(&page->req_cons, conn->in_index);
	store_mark_dirty(conn);
	/* Linux tells of a request only if it sees the ring empty: one that came before that does not. */
	if (load_index(&page->req_prod) != conn->in_index)
		conn_again(conn);
}

const struct transport ring_transport = { .serve = ring_service,
					  .flush = ring_flush,
					  .close = ring_close };
