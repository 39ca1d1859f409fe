/* SPDX-License-Identifier: MIT */
/*
 * Recording the store's changes: see state.h. What is written here is read in state_load.c.
 */
#include "state.h"
#include "state_records.h"

static bool begin(struct journal *journal, uint8_t type)
{
	if (!journal)
		return false;
	journal_begin(journal);
	journal_u8(journal, type);
	return true;
}

static void put_perms(struct journal *journal, const struct perms *perms)
{
	journal_u64(journal, perms->generation);
	journal_u32(journal, perms->nr);
	for (uint32_t i = 0; i < perms->nr; i++) {
		journal_u32(journal, perms->entry[i].domid);
		journal_u8(journal, (uint8_t)perms->entry[i].bits);
	}
}

static void put_node(struct journal *journal, const char *path, const struct node *node)
{
	if (!begin(journal, RECORD_NODE))
		return;
	journal_text(journal, path);
	put_perms(journal, node->perms);
	journal_blob(journal, node->value ? node->value->data : "", node_value_len(node));
	journal_commit(journal);
}

void state_node(struct store *store, const char *path, const struct node *node)
{
	put_node(store->journal, path, node);
}

void state_value(struct store *store, const char *path, const struct value *value)
{
	if (!begin(store->journal, RECORD_VALUE))
		return;
	journal_text(store->journal, path);
	journal_blob(store->journal, value ? value->data : "", value ? value->len : 0);
	journal_commit(store->journal);
}

void state_removed(struct store *store, const char *path)
{
	if (!begin(store->journal, RECORD_REMOVED))
		return;
	journal_text(store->journal, path);
	journal_commit(store->journal);
}

static void put_event_perms(struct store *store, struct journal *journal, int event)
{
	if (!begin(journal, RECORD_EVENT_PERMS))
		return;
	journal_u32(journal, (uint32_t)event);
	put_perms(journal, store->event_perms[event]);
	journal_commit(journal);
}

void state_event_perms(struct store *store, int event)
{
	put_event_perms(store, store->journal, event);
}

static void put_domain(struct journal *journal, const struct domain *domain)
{
	if (!begin(journal, RECORD_DOMAIN))
		return;
	journal_u32(journal, domain->domid);
	journal_u64(journal, domain->born);
	journal_u32(journal, (domain->introduced ? DOMAIN_INTRODUCED : 0) |
				 (domain->shutdown ? DOMAIN_SHUTDOWN : 0) |
				 (domain->seen ? DOMAIN_SEEN : 0));
	journal_u64(journal, (uint64_t)domain->target);
	journal_u64(journal, domain->gfn);
	journal_u32(journal, domain->remote_port);
	journal_commit(journal);
}

void state_domain(struct store *store, const struct domain *domain)
{
	put_domain(store->journal, domain);
}

void state_domain_gone(struct store *store, uint32_t domid)
{
	if (!begin(store->journal, RECORD_DOMAIN_GONE))
		return;
	journal_u32(store->journal, domid);
	journal_commit(store->journal);
}

static void put_quotas(struct store *store, struct journal *journal)
{
	if (!begin(journal, RECORD_QUOTAS))
		return;
	journal_u32(journal, QUOTA_COUNT);
	for (int i = 0; i < QUOTA_COUNT; i++)
		journal_u32(journal, store->quotas.limit[i]);
	journal_u32(journal, store->quotas.soft_memory);
	journal_commit(journal);
}

void state_quotas(struct store *store)
{
	put_quotas(store, store->journal);
}

static void put_watch(struct journal *journal, const struct watch *watch, uint8_t type)
{
	if (!begin(journal, type))
		return;
	journal_u32(journal, state_key(watch->conn));
	journal_u32(journal, watch->skip);
	journal_text(journal, watch->path);
	journal_text(journal, watch->token);
	journal_commit(journal);
}

void state_watch(const struct watch *watch)
{
	if (watch->conn->domain)
		put_watch(watch->conn->store->journal, watch, RECORD_WATCH);
}

void state_unwatch(const struct watch *watch)
{
	if (watch->conn->domain)
		put_watch(watch->conn->store->journal, watch, RECORD_UNWATCH);
}

static void put_txn(struct journal *journal, const struct conn *conn, uint32_t id, uint8_t type)
{
	if (!begin(journal, type))
		return;
	journal_u32(journal, state_key(conn));
	journal_u32(journal, id);
	journal_commit(journal);
}

void state_txn(const struct conn *conn, uint32_t id, bool begins)
{
	if (conn->domain)
		put_txn(conn->store->journal, conn, id, begins ? RECORD_TXN : RECORD_TXN_END);
}

static void put_input(struct journal *journal, const struct conn *conn)
{
	if (!begin(journal, RECORD_INPUT))
		return;
	journal_u32(journal, state_key(conn));
	journal_u32(journal, conn->in_index);
	journal_u8(journal, conn->ignored);
	journal_blob(journal, conn->in.len ? buf_head(&conn->in) : "", conn->in.len);
	journal_commit(journal);
}

void state_input(const struct conn *conn)
{
	if (conn->domain)
		put_input(conn->store->journal, conn);
}

static void put_output(struct journal *journal, const struct conn *conn, const void *head,
		       size_t head_len, const void *body, size_t len)
{
	if (!begin(journal, RECORD_OUTPUT))
		return;
	journal_u32(journal, state_key(conn));
	journal_u32(journal, (uint32_t)(head_len + len));
	journal_put(journal, head, head_len);
	journal_put(journal, body, len);
	journal_commit(journal);
}

void state_output(const struct conn *conn, const void *head, size_t head_len, const void *body,
		  size_t len)
{
	if (conn->domain)
		put_output(conn->store->journal, conn, head, head_len, body, len);
}

void state_reset(const struct conn *conn)
{
	if (!conn->domain || !begin(conn->store->journal, RECORD_RESET))
		return;
	journal_u32(conn->store->journal, state_key(conn));
	journal_commit(conn->store->journal);
}

/* Where a ring's output queue starts; only in snapshots and when a ring is adopted. */
static void put_out_index(struct journal *journal, const struct conn *conn)
{
	if (!begin(journal, RECORD_OUT_INDEX))
		return;
	journal_u32(journal, state_key(conn));
	journal_u32(journal, conn->out_index);
	journal_commit(journal);
}

void state_out_index(const struct conn *conn)
{
	put_out_index(conn->store->journal, conn);
}

static void put_conn(struct journal *journal, const struct conn *conn)
{
	const struct watch *watch;
	const struct txn *txn;

	if (!conn->domain && begin(journal, RECORD_SOCKET)) {
		journal_u32(journal, (uint32_t)conn->fd);
		journal_u8(journal, conn->read_only);
		journal_commit(journal);
	}
	TAILQ_FOREACH (watch, &conn->watches, of_conn)
		put_watch(journal, watch, RECORD_WATCH);
	LIST_FOREACH (txn, &conn->txns, of_conn)
		put_txn(journal, conn, txn->id, RECORD_TXN);
	put_input(journal, conn);
	put_out_index(journal, conn);
	if (conn->out.len)
		put_output(journal, conn, buf_head(&conn->out), conn->out.len, NULL, 0);
}

static bool snapshot_node(void *data, const char *path, const struct node *node)
{
	put_node(data, path, node);
	return true;
}

static void snapshot_domain(void *data, struct domain *domain)
{
	put_domain(data, domain);
}

void state_snapshot(struct store *store, struct journal *journal, bool sockets)
{
	const struct conn *conn;

	journal_start(journal);
	journal_begin(journal);
	if (begin(journal, RECORD_GENERATION)) {
		journal_u64(journal, store->generation);
		journal_commit(journal);
	}
	put_quotas(store, journal);
	for (int i = 0; i < NR_EVENTS; i++)
		put_event_perms(store, journal, i);
	domains_each(store, snapshot_domain, journal);
	tree_walk(store->root, "/", snapshot_node, journal);
	LIST_FOREACH (conn, &store->conns, all)
		if (!conn->dead && (conn->domain || sockets))
			put_conn(journal, conn);
	journal_commit(journal);
	journal->snapshot = journal->used;
}
