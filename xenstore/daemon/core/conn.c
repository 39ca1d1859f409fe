/* SPDX-License-Identifier: MIT */
/* Connections: see conn.h. */
#include <errno.h>

#include <xen/io/xs_wire.h>

#include "domain.h"
#include "log.h"
#include "request.h"
#include "ring.h"
#include "state.h"
#include "store.h"

/* Output of a client with privileges: above the first events repeat no more, above the second it is
 * collapsed. */
#define OUT_CHOKED    (256u * 1024)
#define OUT_COLLAPSED (1024u * 1024)

struct conn *conn_new(struct store *store, const struct transport *transport, uint32_t domid,
		      struct domain *domain)
{
	struct conn *conn = xzalloc(sizeof(*conn));

	conn->store = store;
	conn->transport = transport;
	conn->domid = domid;
	conn->domain = domain;
	conn->fd = -1;
	TAILQ_INIT(&conn->watches);
	LIST_INIT(&conn->txns);
	LIST_INSERT_HEAD(&store->conns, conn, all);
	return conn;
}

void conn_drop_watches(struct conn *conn)
{
	struct watch *watch;

	while ((watch = TAILQ_FIRST(&conn->watches))) {
		if (conn->domain) {
			conn->domain->watches--;
			conn->domain->memory -= (int64_t)watch_bytes(watch);
		}
		state_unwatch(watch);
		watch_remove(&conn->store->watches, watch);
		conn->nr_watches--;
	}
}

void conn_drop_txns(struct conn *conn)
{
	while (!LIST_EMPTY(&conn->txns))
		txn_abort(conn->store, LIST_FIRST(&conn->txns));
}

void conn_reset(struct conn *conn)
{
	conn_drop_watches(conn);
	conn_drop_txns(conn);
	buf_clear(&conn->in);
	conn->out_position += conn->out.len;
	buf_clear(&conn->out);
	conn->more = conn->stalled = false;
}

void conn_close(struct conn *conn)
{
	if (conn->dead)
		return;
	conn_reset(conn);
	if (conn->dirty)
		TAILQ_REMOVE(&conn->store->dirty, conn, dirty_link);
	conn->dirty = false;
	conn->dead = true;
	conn->store->reap = true;
	if (conn->store->update_conn == conn)
		conn->store->update_conn = NULL;
	conn->transport->close(conn);
}

void conns_reap(struct store *store)
{
	struct conn *conn, *next;

	if (!store->reap)
		return;
	store->reap = false;
	for (conn = LIST_FIRST(&store->conns); conn; conn = next) {
		next = LIST_NEXT(conn, all);
		if (!conn->dead)
			continue;
		LIST_REMOVE(conn, all);
		buf_free(&conn->in);
		buf_free(&conn->out);
		free(conn);
	}
}

bool conn_privileged(const struct conn *conn)
{
	return !conn->domid || (int64_t)conn->domid == conn->store->priv_domid;
}

struct subject conn_subject(const struct conn *conn)
{
	return (struct subject){ conn_privileged(conn), conn->domid,
				 conn->domain ? conn->domain->born : 0,
				 conn->domain ? conn->domain->target : -1 };
}

const char *conn_name(const struct conn *conn, char name[16])
{
	snprintf(name, 16, "%c%u", conn->domain ? 'D' : 'S',
		 conn->domain ? conn->domid : (unsigned int)conn->fd);
	return name;
}

static size_t out_bound(const struct conn *conn)
{
	if (conn_privileged(conn))
		return OUT_CHOKED;
	return (size_t)conn->store->quotas.limit[QUOTA_OUTSTANDING] * MESSAGE_MAX;
}

bool conn_choked(const struct conn *conn)
{
	return conn->out.len > out_bound(conn);
}

/* The header of the next request if all of it is there; breaks the connection if it is too long. */
static bool next_request(struct conn *conn, struct xsd_sockmsg *head)
{
	if (conn->in.len < sizeof(*head))
		return false;
	memcpy(head, buf_head(&conn->in), sizeof(*head));
	if (head->len > XENSTORE_PAYLOAD_MAX) {
		if (conn->domain)
			ring_break(conn, XENSTORE_ERROR_PROTO);
		else
			conn_close(conn);
		return false;
	}
	return conn->in.len >= sizeof(*head) + head->len;
}

static void handle_next(struct conn *conn, const struct xsd_sockmsg *head)
{
	struct journal *journal = conn->store->journal;

	journal_begin(journal);
	conn->requests++;
	request_handle(conn, head, buf_head(&conn->in) + sizeof(*head));
	if (!conn->dead && !conn->ignored) {
		buf_consume(&conn->in, sizeof(*head) + head->len);
		state_input(conn);
	}
	journal_commit(journal);
}

void conn_process(struct conn *conn, unsigned int budget)
{
	struct xsd_sockmsg head;

	while (!conn->dead && !conn->ignored && next_request(conn, &head)) {
		if (conn_choked(conn)) {
			conn->stalled = true;
			return;
		}
		if (!budget--) {
			conn_again(conn);
			return;
		}
		handle_next(conn, &head);
	}
}

static void put_message(struct conn *conn, const struct xsd_sockmsg *head, const void *body)
{
	state_output(conn, head, sizeof(*head), body, head->len);
	buf_append(&conn->out, head, sizeof(*head));
	buf_append(&conn->out, body, head->len);
	store_mark_dirty(conn);
}

void conn_send(struct conn *conn, uint32_t type, uint32_t req_id, uint32_t tx_id, const void *body,
	       size_t len)
{
	const struct xsd_sockmsg head = { type, req_id, tx_id, (uint32_t)len };

	if (!conn->dead && !conn->ignored)
		put_message(conn, &head, body);
}

static bool still_queued(const struct conn *conn, const struct watch *watch, uint64_t hash)
{
	return watch->last_hash == hash && watch->last_position > conn->out_position;
}

/*
 * A client that fetches nothing: repeats of what waits already are dropped, and when very much
 * waits each watch is left with one event for its own path, which covers all below. So what a
 * client can be owed is bounded by its watches.
 */
void conn_send_event(struct watch *watch, const char *path)
{
	struct conn *conn = watch->conn;
	size_t path_len, token_len = strlen(watch->token) + 1;
	struct xsd_sockmsg head = { .type = XS_WATCH_EVENT };
	char body[XENSTORE_PAYLOAD_MAX];
	uint64_t hash;

	if (conn->dead || conn->ignored)
		return;
	path_len = strlen(path) + 1;
	/* Its own path always fits beside its token: both came in one request. */
	if (conn->out.len > OUT_COLLAPSED || path_len - watch->skip + token_len > sizeof(body))
		path_len = strlen(path = watch->path) + 1;
	path += watch->skip;
	path_len -= watch->skip;
	hash = path_hash(path, path_len);
	if (still_queued(conn, watch, hash))
		return;
	memcpy(body, path, path_len);
	memcpy(body + path_len, watch->token, token_len);
	head.len = (uint32_t)(path_len + token_len);
	watch->last_hash = hash;
	/* One beyond its first byte: it counts as queued until that byte is taken. */
	watch->last_position = conn->out_position + conn->out.len + 1;
	if (log_tracing) {
		char name[16];

		trace_message("OUT", conn_name(conn, name), "WATCH_EVENT", body, head.len);
	}
	put_message(conn, &head, body);
}

void conn_sent(struct conn *conn, size_t n)
{
	buf_consume(&conn->out, n);
	conn->out_position += n;
	if (conn->stalled && !conn_choked(conn)) {
		conn->stalled = false;
		conn_again(conn);
	}
}

void conn_again(struct conn *conn)
{
	conn->more = true;
	conn->store->any_more = true;
}
