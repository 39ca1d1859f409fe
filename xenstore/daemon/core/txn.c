/* SPDX-License-Identifier: MIT */
/* Transactions: see txn.h. */
#include <errno.h>

#include "alloc.h"
#include "log.h"
#include "state.h"
#include "store.h"
#include "txn.h"

struct txn *txn_begin(struct store *store, struct conn *conn, uint32_t id)
{
	struct txn *txn = xzalloc(sizeof(*txn));

	txn->conn = conn;
	txn->id = id;
	txn->base = node_ref(store->root);
	txn->work = node_ref(store->root);
	txn->started = log_seconds();
	STAILQ_INIT(&txn->accesses);
	LIST_INSERT_HEAD(&conn->txns, txn, of_conn);
	conn->nr_txns++;
	store->nr_txns++;
	if (conn->domain)
		conn->domain->transactions++;
	return txn;
}

struct txn *txn_find(struct conn *conn, uint32_t id)
{
	struct txn *txn;

	LIST_FOREACH (txn, &conn->txns, of_conn)
		if (txn->id == id)
			return txn;
	return NULL;
}

static void txn_end(struct store *store, struct txn *txn)
{
	struct access *access;

	state_txn(txn->conn, txn->id, false);
	LIST_REMOVE(txn, of_conn);
	txn->conn->nr_txns--;
	store->nr_txns--;
	if (txn->conn->domain) {
		txn->conn->domain->transactions--;
		txn->conn->domain->memory -= (int64_t)txn->bytes;
	}
	while ((access = STAILQ_FIRST(&txn->accesses))) {
		STAILQ_REMOVE_HEAD(&txn->accesses, order);
		free(access);
	}
	node_unref(txn->base);
	node_unref(txn->work);
	free(txn->bucket);
	free(txn->charge);
	free(txn);
}

void txn_abort(struct store *store, struct txn *txn)
{
	txn_end(store, txn);
}

static struct access *find_access(const struct txn *txn, const char *path, uint64_t hash)
{
	struct access *access = txn->nr_buckets ? txn->bucket[hash & (txn->nr_buckets - 1)] : NULL;

	while (access && (access->hash != hash || strcmp(access->path, path)))
		access = access->bucket;
	return access;
}

static void hash_access(struct txn *txn, struct access *access)
{
	struct access **bucket = &txn->bucket[access->hash & (txn->nr_buckets - 1)];

	access->bucket = *bucket;
	*bucket = access;
}

static void add_access(struct txn *txn, struct access *access)
{
	struct access *other;

	if (txn->nr_accesses >= txn->nr_buckets) {
		free(txn->bucket);
		txn->nr_buckets = txn->nr_buckets ? txn->nr_buckets * 4 : 16;
		txn->bucket = xzalloc(txn->nr_buckets * sizeof(*txn->bucket));
		STAILQ_FOREACH (other, &txn->accesses, order)
			hash_access(txn, other);
	}
	hash_access(txn, access);
	STAILQ_INSERT_TAIL(&txn->accesses, access, order);
	txn->nr_accesses++;
}

static int keep_bytes(struct txn *txn, size_t bytes)
{
	struct domain *domain = txn->conn->domain;

	if (!domain)
		return 0;
	if (quota_check(txn->conn, QUOTA_MEMORY,
			(uint64_t)(domain->memory > 0 ? domain->memory : 0) + bytes))
		return -ENOSPC;
	domain->memory += (int64_t)bytes;
	txn->bytes += bytes;
	return 0;
}

static int new_access(struct txn *txn, const char *path, uint64_t hash, size_t bytes,
		      struct access **access)
{
	size_t size = sizeof(**access) + strlen(path) + 1;
	int err = quota_check(txn->conn, QUOTA_TRANSACTION_NODES, txn->nr_accesses + 1);

	if (!err)
		err = keep_bytes(txn, size + bytes);
	if (err)
		return err;
	*access = xzalloc(size);
	(*access)->hash = hash;
	(*access)->depth = path_depth(path);
	strcpy((*access)->path, path);
	add_access(txn, *access);
	return 0;
}

int txn_note(struct txn *txn, const char *path, uint32_t flags, size_t bytes)
{
	uint64_t hash = path_hash(path, strlen(path));
	struct access *access = find_access(txn, path, hash);
	int err = access ? (bytes ? keep_bytes(txn, bytes) : 0)
			 : new_access(txn, path, hash, bytes, &access);

	if (err)
		return err;
	/* What the transaction made itself depends on nobody. */
	if (access->flags & (ACCESS_VALUE | ACCESS_CREATED | ACCESS_REMOVED))
		flags &= ~(uint32_t)ACCESS_READ;
	if (access->flags & (ACCESS_CREATED | ACCESS_REMOVED))
		flags &= ~(uint32_t)ACCESS_LIST;
	access->flags |= flags;
	return 0;
}

static struct txn_charge *charge_of(struct txn *txn, uint32_t domid)
{
	for (uint32_t i = 0; i < txn->nr_charges; i++)
		if (txn->charge[i].domid == domid)
			return &txn->charge[i];
	txn->charge = xrealloc(txn->charge, (txn->nr_charges + 1) * sizeof(*txn->charge));
	txn->charge[txn->nr_charges] = (struct txn_charge){ .domid = domid };
	return &txn->charge[txn->nr_charges++];
}

void txn_charge_domain(struct txn *txn, uint32_t domid, int64_t nodes, int64_t memory)
{
	struct txn_charge *charge = charge_of(txn, domid);

	charge->nodes += nodes;
	charge->memory += memory;
}

int64_t txn_charged_nodes(const struct txn *txn, uint32_t domid)
{
	for (uint32_t i = 0; i < txn->nr_charges; i++)
		if (txn->charge[i].domid == domid)
			return txn->charge[i].nodes;
	return 0;
}

/* Two transactions that both needed a directory have not contradicted each other if they made it
 * alike. */
static bool same_directory(const struct txn *txn, const struct access *access,
			   const struct node *now)
{
	const struct node *ours = tree_find(txn->work, access->path);

	return (access->flags & ACCESS_IMPLICIT) && ours && perms_equal(ours->perms, now->perms) &&
	       !(access->flags &
		 (ACCESS_VALUE | ACCESS_PERMS | ACCESS_REMOVED | ACCESS_READ | ACCESS_LIST));
}

static bool access_conflicts(const struct store *store, const struct txn *txn,
			     const struct access *access)
{
	const struct node *base = tree_find(txn->base, access->path);
	const struct node *now = tree_find(store->root, access->path);

	if (base == now)
		return false;
	if (!base)
		return !same_directory(txn, access, now);
	if (!now)
		return access->flags != ACCESS_REMOVED;
	if ((access->flags & ACCESS_READ) && base->version != now->version)
		return true;
	if ((access->flags & ACCESS_LIST) && base->kids_version != now->kids_version)
		return true;
	return (access->flags & (ACCESS_CHANGES | ACCESS_PARENT)) &&
	       !perms_equal(base->perms, now->perms);
}

static bool txn_conflicts(const struct store *store, const struct txn *txn)
{
	const struct access *access;

	STAILQ_FOREACH (access, &txn->accesses, order)
		if (access_conflicts(store, txn, access))
			return true;
	return false;
}

static int by_depth(const void *a, const void *b)
{
	const struct access *const *left = a, *const *right = b;

	return ((*left)->depth > (*right)->depth) - ((*left)->depth < (*right)->depth);
}

/* The accesses that changed something, parents before children; NULL if there are none. */
static struct access **changes_of(struct txn *txn, size_t *nr)
{
	struct access **changes = xmalloc((txn->nr_accesses + 1) * sizeof(*changes)), *access;

	*nr = 0;
	STAILQ_FOREACH (access, &txn->accesses, order)
		if (access->flags & ACCESS_CHANGES)
			changes[(*nr)++] = access;
	if (!*nr) {
		free(changes);
		return NULL;
	}
	qsort(changes, *nr, sizeof(*changes), by_depth);
	return changes;
}

/* Makes an existing node like ours, as far as the transaction changed it. */
static void update_node(struct store *store, struct txn *txn, struct node *node,
			const struct node *ours, uint32_t flags)
{
	store_account(store, txn, node->perms->entry[0].domid, -1, -node_bytes(node));
	if ((flags & ACCESS_VALUE) || ((flags & ACCESS_CREATED) && !(flags & ACCESS_IMPLICIT)))
		node_set_value(node, value_ref(ours->value), store_next_generation(store));
	if (flags & ACCESS_PERMS)
		node_set_perms(node, perms_ref(ours->perms), store_next_generation(store));
	store_account(store, txn, node->perms->entry[0].domid, 1, node_bytes(node));
}

/* Makes one change of `mine` again in txn->work. */
static int redo(struct store *store, struct txn *txn, const struct node *mine,
		const struct access *access)
{
	const struct node *ours = tree_find(mine, access->path);
	struct node *node;

	if (access->flags & ACCESS_REMOVED) {
		node = tree_remove(&txn->work, access->path, store_next_generation(store));
		if (node)
			store_account_subtree(store, txn, node, -1);
		node_unref(node);
	}
	if (!ours)
		return 0;
	node = tree_own(&txn->work, access->path);
	if (node) {
		update_node(store, txn, node, ours, access->flags);
		return 0;
	}
	if (!(access->flags & ACCESS_CREATED))
		return -EAGAIN;
	node = tree_add(&txn->work, access->path, perms_ref(ours->perms), value_ref(ours->value),
			store_next_generation(store));
	if (!node)
		return -EAGAIN;
	store_account(store, txn, node->perms->entry[0].domid, 1, node_bytes(node));
	return 0;
}

/* Puts the transaction's changes on top of the store's present tree. */
static int rebase(struct store *store, struct txn *txn, struct access **changes, size_t nr)
{
	struct node *mine = txn->work;
	int err = 0;

	txn->work = node_ref(store->root);
	txn->nr_charges = 0;
	for (size_t i = 0; i < nr && !err; i++)
		err = redo(store, txn, mine, changes[i]);
	node_unref(mine);
	return err;
}

static int check_charges(const struct store *store, const struct txn *txn)
{
	const struct domain *domain = txn->conn->domain;

	if (!domain || txn_charged_nodes(txn, txn->conn->domid) <= 0)
		return 0;
	return quota_check(txn->conn, QUOTA_NODES,
			   (uint64_t)(domain->nodes + txn_charged_nodes(txn, txn->conn->domid)));
}

static void journal_changes(struct store *store, const struct txn *txn, struct access **changes,
			    size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const struct node *node = tree_find(txn->work, changes[i]->path);

		if (changes[i]->flags & ACCESS_REMOVED)
			state_removed(store, changes[i]->path);
		if (node)
			state_node(store, changes[i]->path, node);
	}
}

static void fire_access(struct store *store, const struct node *old, const struct access *access)
{
	const struct node *before = tree_find(old, access->path),
			  *now = tree_find(store->root, access->path);

	if (!before && !now)
		return;
	watch_fire(&store->watches,
		   &(struct change){ .path = access->path,
				     .now = now ? now->perms : NULL,
				     .before = before ? before->perms : NULL,
				     .root = now ? store->root : old,
				     .gone = access->flags & ACCESS_REMOVED ? before : NULL });
}

static bool fires(const struct access *access)
{
	uint32_t changes = access->flags & ACCESS_CHANGES;

	return changes && !(changes == ACCESS_CREATED && (access->flags & ACCESS_IMPLICIT));
}

static void publish(struct store *store, struct txn *txn, struct access **changes, size_t nr)
{
	struct node *old = store->root;
	const struct access *access;

	journal_changes(store, txn, changes, nr);
	store->root = txn->work;
	txn->work = NULL;
	for (uint32_t i = 0; i < txn->nr_charges; i++)
		store_account(store, NULL, txn->charge[i].domid, txn->charge[i].nodes,
			      txn->charge[i].memory);
	STAILQ_FOREACH (access, &txn->accesses, order)
		if (fires(access))
			fire_access(store, old, access);
	node_unref(old);
}

int txn_commit(struct store *store, struct txn *txn)
{
	size_t nr;
	struct access **changes = changes_of(txn, &nr);
	int err = txn->doomed ? -EAGAIN : 0;

	if (!err && changes) {
		if (store->root != txn->base)
			err = txn_conflicts(store, txn) ? -EAGAIN : rebase(store, txn, changes, nr);
		if (!err)
			err = check_charges(store, txn);
		if (!err)
			publish(store, txn, changes, nr);
	}
	free(changes);
	txn_end(store, txn);
	return err;
}
