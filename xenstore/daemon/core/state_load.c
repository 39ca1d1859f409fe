/* SPDX-License-Identifier: MIT */
/*
 * Getting the store back from its journal: see state.h.
 *
 * Replay changes the store's parts directly: no permissions, quotas, watches or journal. A record
 * that does not fit the state it meets (a node without a parent) means the journal is not ours:
 * load fails.
 */
#include <errno.h>

#include "alloc.h"
#include "log.h"
#include "ring.h"
#include "state.h"
#include "state_records.h"

static struct perms *get_perms(struct journal_reader *in)
{
	uint64_t generation = journal_get_u64(in);
	uint32_t nr = journal_get_u32(in);
	struct perm entries[2048];

	if (!nr || nr > sizeof(entries) / sizeof(entries[0])) {
		in->bad = true;
		return NULL;
	}
	for (uint32_t i = 0; i < nr; i++) {
		entries[i].domid = journal_get_u32(in);
		entries[i].bits = journal_get_u8(in) & 3;
	}
	return in->bad ? NULL : perms_new(entries, nr, generation);
}

static void account_node(struct store *store, const struct node *node, int sign)
{
	store_account(store, NULL, node->perms->entry[0].domid, sign, sign * node_bytes(node));
}

static bool load_node(struct store *store, struct journal_reader *in)
{
	const char *path = journal_get_text(in);
	struct perms *perms = get_perms(in);
	size_t len;
	const char *data = journal_get_blob(in, &len);
	struct value *value;
	struct node *node;

	if (in->bad) {
		perms_unref(perms);
		return false;
	}
	value = value_new(data, (uint32_t)len);
	node = tree_own(&store->root, path);
	if (node) {
		account_node(store, node, -1);
		node_set_perms(node, perms, store_next_generation(store));
		node_set_value(node, value, store_next_generation(store));
	} else {
		node = tree_add(&store->root, path, perms, value, store_next_generation(store));
	}
	if (node)
		account_node(store, node, 1);
	return node;
}

static bool load_value(struct store *store, struct journal_reader *in)
{
	const char *path = journal_get_text(in);
	size_t len;
	const char *data = journal_get_blob(in, &len);
	struct node *node = in->bad ? NULL : tree_own(&store->root, path);

	if (!node)
		return false;
	account_node(store, node, -1);
	node_set_value(node, value_new(data, (uint32_t)len), store_next_generation(store));
	account_node(store, node, 1);
	return true;
}

/* A transaction may remove what another had removed before: absence is fine. */
static bool load_removed(struct store *store, struct journal_reader *in)
{
	const char *path = journal_get_text(in);
	struct node *gone =
	    in->bad ? NULL : tree_remove(&store->root, path, store_next_generation(store));

	if (gone)
		store_account_subtree(store, NULL, gone, -1);
	node_unref(gone);
	return true;
}

static bool load_event_perms(struct store *store, struct journal_reader *in)
{
	uint32_t event = journal_get_u32(in);
	struct perms *perms = get_perms(in);

	if (in->bad || event >= NR_EVENTS) {
		perms_unref(perms);
		return false;
	}
	perms_unref(store->event_perms[event]);
	store->event_perms[event] = perms;
	return true;
}

static bool load_domain(struct store *store, struct journal_reader *in)
{
	struct domain *domain = domain_get(store, journal_get_u32(in));
	uint64_t born = journal_get_u64(in);
	uint32_t flags = journal_get_u32(in);

	domain->born = born;
	domain->introduced = flags & DOMAIN_INTRODUCED;
	domain->shutdown = flags & DOMAIN_SHUTDOWN;
	domain->seen = flags & DOMAIN_SEEN;
	domain->target = (int64_t)journal_get_u64(in);
	domain->gfn = journal_get_u64(in);
	domain->remote_port = journal_get_u32(in);
	if (domain->introduced && !domain->conn)
		domain->conn = conn_new(store, &ring_transport, domain->domid, domain);
	return true;
}

static bool load_domain_gone(struct store *store, struct journal_reader *in)
{
	struct domain *domain = domain_find(store, journal_get_u32(in));

	if (!domain)
		return false;
	if (domain->conn) {
		conn_close(domain->conn);
		conns_reap(store);
	}
	LIST_REMOVE(domain, bucket);
	store->domains.count--;
	free(domain);
	return true;
}

static bool load_quotas(struct store *store, struct journal_reader *in)
{
	if (journal_get_u32(in) != QUOTA_COUNT)
		return false;
	for (int i = 0; i < QUOTA_COUNT; i++)
		store->quotas.limit[i] = journal_get_u32(in);
	store->quotas.soft_memory = journal_get_u32(in);
	return true;
}

static struct conn *find_conn(struct store *store, uint32_t key)
{
	struct domain *domain;
	struct conn *conn;

	if (key < SOCKET_KEY) {
		domain = domain_find(store, key);
		return domain ? domain->conn : NULL;
	}
	LIST_FOREACH (conn, &store->conns, all)
		if (!conn->domain && state_key(conn) == key)
			return conn;
	return NULL;
}

static void count_watch(struct conn *conn, const struct watch *watch, int sign)
{
	conn->nr_watches += (uint32_t)sign;
	if (!conn->domain)
		return;
	conn->domain->watches += (uint32_t)sign;
	conn->domain->memory += sign * (int64_t)watch_bytes(watch);
}

static bool load_watch(struct store *store, struct journal_reader *in)
{
	struct conn *conn = find_conn(store, journal_get_u32(in));
	uint16_t skip = (uint16_t)journal_get_u32(in);
	const char *path = journal_get_text(in), *token = journal_get_text(in);
	struct watch *watch;

	if (in->bad || !conn || skip > strlen(path) ||
	    watch_add(&store->watches, conn, path, token, skip, &watch))
		return false;
	count_watch(conn, watch, 1);
	return true;
}

static bool load_unwatch(struct store *store, struct journal_reader *in)
{
	struct conn *conn = find_conn(store, journal_get_u32(in));
	const char *path, *token;
	struct watch *watch;

	journal_get_u32(in);
	path = journal_get_text(in);
	token = journal_get_text(in);
	watch = in->bad || !conn ? NULL : watch_find(&store->watches, conn, path, token);
	if (!watch)
		return false;
	count_watch(conn, watch, -1);
	watch_remove(&store->watches, watch);
	return true;
}

static bool load_txn(struct store *store, struct journal_reader *in)
{
	struct conn *conn = find_conn(store, journal_get_u32(in));
	uint32_t id = journal_get_u32(in);

	if (!conn || txn_find(conn, id))
		return false;
	txn_begin(store, conn, id)->doomed = true;
	conn->next_txn = id;
	return true;
}

static bool load_txn_end(struct store *store, struct journal_reader *in)
{
	struct conn *conn = find_conn(store, journal_get_u32(in));
	struct txn *txn = conn ? txn_find(conn, journal_get_u32(in)) : NULL;

	if (txn)
		txn_abort(store, txn);
	return txn;
}

static bool load_input(struct store *store, struct journal_reader *in)
{
	struct conn *conn = find_conn(store, journal_get_u32(in));
	uint32_t index = journal_get_u32(in);
	bool ignored = journal_get_u8(in);
	size_t len;
	const void *bytes = journal_get_blob(in, &len);

	if (in->bad || !conn)
		return false;
	conn->in_index = index;
	conn->ignored = ignored;
	conn->clear = false;
	buf_clear(&conn->in);
	buf_append(&conn->in, bytes, len);
	return true;
}

static bool load_output(struct store *store, struct journal_reader *in)
{
	struct conn *conn = find_conn(store, journal_get_u32(in));
	size_t len;
	const void *bytes = journal_get_blob(in, &len);

	if (in->bad || !conn)
		return false;
	buf_append(&conn->out, bytes, len);
	return true;
}

static bool load_reset(struct store *store, struct journal_reader *in)
{
	struct conn *conn = find_conn(store, journal_get_u32(in));

	if (!conn)
		return false;
	conn_reset(conn);
	conn->in_index = conn->out_index = 0;
	conn->ignored = false;
	conn->clear = true;
	return true;
}

/* The first record of a snapshot: what a fresh store has of its own is not part of it. */
static bool load_generation(struct store *store, struct journal_reader *in)
{
	uint64_t generation = journal_get_u64(in);
	struct node *fresh = tree_remove(&store->root, "/tool", store->generation);

	if (fresh)
		store_account_subtree(store, NULL, fresh, -1);
	node_unref(fresh);

	if (generation > store->generation)
		store->generation = generation;
	return true;
}

static bool load_out_index(struct store *store, struct journal_reader *in)
{
	struct conn *conn = find_conn(store, journal_get_u32(in));

	if (!conn)
		return false;
	conn->out_index = journal_get_u32(in);
	return true;
}

static const struct transport *socket_transport;

static bool load_socket(struct store *store, struct journal_reader *in)
{
	uint32_t fd = journal_get_u32(in);
	bool read_only = journal_get_u8(in);
	struct conn *conn;

	if (!socket_transport)
		return false;
	conn = conn_new(store, socket_transport, 0, NULL);
	conn->fd = (int)fd;
	conn->read_only = read_only;
	return true;
}

typedef bool record_loader(struct store *store, struct journal_reader *in);

static record_loader *const loaders[RECORD_COUNT] = {
	[RECORD_NODE] = load_node,
	[RECORD_VALUE] = load_value,
	[RECORD_REMOVED] = load_removed,
	[RECORD_EVENT_PERMS] = load_event_perms,
	[RECORD_DOMAIN] = load_domain,
	[RECORD_DOMAIN_GONE] = load_domain_gone,
	[RECORD_QUOTAS] = load_quotas,
	[RECORD_WATCH] = load_watch,
	[RECORD_UNWATCH] = load_unwatch,
	[RECORD_TXN] = load_txn,
	[RECORD_TXN_END] = load_txn_end,
	[RECORD_INPUT] = load_input,
	[RECORD_OUTPUT] = load_output,
	[RECORD_RESET] = load_reset,
	[RECORD_GENERATION] = load_generation,
	[RECORD_SOCKET] = load_socket,
	[RECORD_OUT_INDEX] = load_out_index,
};

static bool load_frame(void *data, struct journal_reader *frame)
{
	struct store *store = data;

	while (frame->at < frame->end && !frame->bad) {
		uint8_t type = journal_get_u8(frame);

		if (type >= RECORD_COUNT || !loaders[type] || !loaders[type](store, frame)) {
			log_error("the journal's record of type %u cannot be applied", type);
			return false;
		}
	}
	return true;
}

long state_load(struct store *store, const char *map, size_t size, const struct transport *sockets)
{
	socket_transport = sockets;
	return journal_replay(map, size, load_frame, store);
}
