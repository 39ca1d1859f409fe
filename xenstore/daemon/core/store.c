/* SPDX-License-Identifier: MIT */
/*
 * Operations on nodes: see store.h.
 *
 * Each first checks and notes everything that can be refused, then changes the tree. Outside a
 * transaction a change is journalled and fires its watches at once.
 */
#include <errno.h>

#include <xen/io/xs_wire.h>

#include "alloc.h"
#include "log.h"
#include "state.h"
#include "store.h"

const char *const event_names[NR_EVENTS] = {
	[EVENT_INTRODUCE] = "@introduceDomain",
	[EVENT_RELEASE] = "@releaseDomain",
};

void store_init(struct store *store)
{
	static const char *const initial[] = { "/tool", "/tool/xenstored" };
	static const struct perm nobody = { 0, 0 };
	struct perms *perms = perms_new(&nobody, 1, 0);

	*store = (struct store){ .priv_domid = -1, .generation = 1 };
	store->root = tree_new(perms, 1);
	for (size_t i = 0; i < sizeof(initial) / sizeof(initial[0]); i++)
		tree_add(&store->root, initial[i], perms_ref(perms), NULL, 1);
	for (int i = 0; i < NR_EVENTS; i++)
		store->event_perms[i] = perms_ref(perms);
	watches_init(&store->watches);
	domains_init(&store->domains);
	quotas_init(&store->quotas);
	LIST_INIT(&store->conns);
	TAILQ_INIT(&store->dirty);
	store_account_subtree(store, NULL, store->root, 1);
}

void store_free(struct store *store)
{
	while (!LIST_EMPTY(&store->conns)) {
		conn_close(LIST_FIRST(&store->conns));
		conns_reap(store);
	}
	domains_free(store);
	watches_free(&store->watches);
	node_unref(store->root);
	for (int i = 0; i < NR_EVENTS; i++)
		perms_unref(store->event_perms[i]);
	free(store->update_binary);
	free(store->update_options);
}

void store_mark_dirty(struct conn *conn)
{
	if (conn->dirty || conn->dead)
		return;
	conn->dirty = true;
	TAILQ_INSERT_TAIL(&conn->store->dirty, conn, dirty_link);
}

void store_flush(struct store *store)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&store->dirty))) {
		TAILQ_REMOVE(&store->dirty, conn, dirty_link);
		conn->dirty = false;
		if (!conn->dead)
			conn->transport->flush(conn);
	}
}

int64_t node_bytes(const struct node *node)
{
	return (int64_t)(sizeof(*node) + node->name_len + node_value_len(node) +
			 node->perms->nr * sizeof(struct perm));
}

void store_account(struct store *store, struct txn *txn, uint32_t domid, int64_t nodes,
		   int64_t memory)
{
	struct domain *domain;

	if (txn) {
		txn_charge_domain(txn, domid, nodes, memory);
		return;
	}
	domain = domain_get(store, domid);
	domain->nodes += nodes;
	domain->memory += memory;
	if (domid && (int64_t)domid != store->priv_domid)
		quota_watch_memory(&store->quotas, domid, domain->memory, &domain->over_soft);
}

struct account_walk {
	struct store *store;
	struct txn *txn;
	int sign;
};

static bool account_visit(void *data, const char *path, const struct node *node)
{
	struct account_walk *walk = data;

	store_account(walk->store, walk->txn, node->perms->entry[0].domid, walk->sign,
		      walk->sign * node_bytes(node));
	return true;
}

void store_account_subtree(struct store *store, struct txn *txn, const struct node *node, int sign)
{
	struct account_walk walk = { store, txn, sign };

	tree_walk(node, "/", account_visit, &walk);
}

int quota_check(const struct conn *conn, enum quota_id id, uint64_t asked)
{
	uint32_t limit = conn->store->quotas.limit[id];

	if (asked <= limit || conn_privileged(conn))
		return 0;
	if (conn->domain)
		quota_refused(&conn->domain->refusals[id], id, conn->domid, asked, limit);
	return -ENOSPC;
}

static int64_t memory_of(const struct conn *conn)
{
	return conn->domain && conn->domain->memory > 0 ? conn->domain->memory : 0;
}

static int check_size(const struct conn *conn, uint32_t value, uint32_t names, uint32_t nr_perms)
{
	uint64_t size = (uint64_t)value + names + nr_perms * sizeof(struct perm);

	if (quota_check(conn, QUOTA_NODE_SIZE, size))
		return -ENOSPC;
	return quota_check(conn, QUOTA_MEMORY, (uint64_t)memory_of(conn) + value);
}

static struct node **root_of(struct conn *conn, struct txn *txn)
{
	return txn ? &txn->work : &conn->store->root;
}

/* The nearest ancestor of a missing node, and the length of its path. */
static const struct node *nearest(const struct node *root, const char *path, size_t *path_len)
{
	const char *cursor = path, *name;
	size_t len;

	*path_len = 1;
	while ((name = path_next(&cursor, &len))) {
		const struct node *kid = node_find_kid(root, name, len);

		if (!kid)
			break;
		root = kid;
		*path_len = (size_t)(cursor - path);
	}
	return root;
}

int store_get(struct conn *conn, struct txn *txn, const char *path, uint32_t need, uint32_t flags,
	      const struct node **node)
{
	const struct node *root = *root_of(conn, txn);
	struct subject who = conn_subject(conn);
	size_t len;

	if (txn && flags) {
		int err = txn_note(txn, path, flags, 0);

		if (err)
			return err;
	}
	*node = tree_find(root, path);
	if (*node)
		return (perms_for((*node)->perms, &who) & need) == need ? 0 : -EACCES;
	return (perms_for(nearest(root, path, &len)->perms, &who) & need) == need ? -ENOENT
										  : -EACCES;
}

static void fire(struct conn *conn, const char *path, const struct perms *now,
		 const struct perms *before, const struct node *gone)
{
	struct store *store = conn->store;

	watch_fire(
	    &store->watches,
	    &(struct change){
		.path = path, .now = now, .before = before, .root = store->root, .gone = gone });
}

static unsigned int nr_missing(const char *path, size_t present)
{
	unsigned int nr = 0;
	const char *cursor = path + present, *name;
	size_t len;

	if (present == 1)
		cursor = path;
	while ((name = path_next(&cursor, &len)))
		nr++;
	return nr;
}

static int may_create(struct conn *conn, struct txn *txn, const char *path, size_t present,
		      const struct node *above, uint32_t value_len)
{
	unsigned int nr = nr_missing(path, present);
	const char *cursor = path + (present == 1 ? 0 : present);
	int64_t nodes = conn->domain ? conn->domain->nodes : 0;
	size_t len;
	int err;

	if (txn)
		nodes += txn_charged_nodes(txn, conn->domid);
	err = quota_check(conn, QUOTA_NODES, (uint64_t)(nodes + nr));
	if (err)
		return err;
	path_next(&cursor, &len);
	err = check_size(conn, node_value_len(above), (uint32_t)(node_names_size(above) + len + 1),
			 above->perms->nr);
	return err ? err : check_size(conn, value_len, 0, above->perms->nr);
}

/* Notes what creating a path touches: the nearest ancestor, and each missing node. */
static int note_creation(struct txn *txn, char *path, size_t present, size_t value_len)
{
	size_t end = present;
	char kept;
	int err;

	kept = path[end];
	path[end] = '\0';
	err = txn_note(txn, present == 1 ? "/" : path, ACCESS_PARENT, 0);
	path[end] = kept;
	if (present == 1)
		end = 0;
	while (!err && path[end]) {
		end = (size_t)(strchrnul(path + end + 1, '/') - path);
		kept = path[end];
		path[end] = '\0';
		err = txn_note(txn, path, ACCESS_CREATED | (kept ? ACCESS_IMPLICIT : 0),
			       kept ? 0 : value_len);
		path[end] = kept;
	}
	return err;
}

static void add_node(struct conn *conn, struct txn *txn, const char *path, struct perms *perms,
		     struct value *value)
{
	struct store *store = conn->store;
	struct node *node = tree_add(root_of(conn, txn), path, perms_ref(perms), value,
				     store_next_generation(store));

	store_account(store, txn, perms->entry[0].domid, 1, node_bytes(node));
	if (!txn)
		state_node(store, path, node);
}

/* The permissions of what the client creates below a node. */
static struct perms *inherited(const struct conn *conn, const struct node *above)
{
	if (conn_privileged(conn) || above->perms->entry[0].domid == conn->domid)
		return perms_ref(above->perms);
	return perms_with_owner(above->perms, conn->domid);
}

static int create(struct conn *conn, struct txn *txn, const char *wanted, const void *data,
		  uint32_t len)
{
	size_t present, end;
	const struct node *above = nearest(*root_of(conn, txn), wanted, &present);
	char path[PATH_BYTES];
	struct perms *perms;
	int err = may_create(conn, txn, wanted, present, above, len);

	if (err)
		return err;
	strcpy(path, wanted);
	err = txn ? note_creation(txn, path, present, len) : 0;
	if (err)
		return err;
	perms = inherited(conn, above);
	end = present == 1 ? 0 : present;
	while (path[end]) {
		char kept;

		end = (size_t)(strchrnul(path + end + 1, '/') - path);
		kept = path[end];
		path[end] = '\0';
		add_node(conn, txn, path, perms, kept ? NULL : value_new(data, len));
		path[end] = kept;
	}
	if (!txn)
		fire(conn, path, perms, NULL, NULL);
	perms_unref(perms);
	return 0;
}

int store_write(struct conn *conn, struct txn *txn, const char *path, const void *data,
		uint32_t len)
{
	const struct node *found;
	struct value *value;
	struct node *node;
	int err = store_get(conn, txn, path, PERM_WRITE, 0, &found);

	if (err == -ENOENT)
		return create(conn, txn, path, data, len);
	if (!err)
		err = check_size(conn, len, node_names_size(found), found->perms->nr);
	if (!err && txn)
		err = txn_note(txn, path, ACCESS_VALUE, len);
	if (err)
		return err;
	value = value_new(data, len);
	node = tree_own_found(root_of(conn, txn), path);
	store_account(conn->store, txn, node->perms->entry[0].domid, 0,
		      (int64_t)len - node_value_len(node));
	node_set_value(node, value, store_next_generation(conn->store));
	if (!txn) {
		state_value(conn->store, path, value);
		fire(conn, path, node->perms, NULL, NULL);
	}
	return 0;
}

int store_mkdir(struct conn *conn, struct txn *txn, const char *path)
{
	const struct node *found;
	int err = store_get(conn, txn, path, PERM_WRITE, ACCESS_READ, &found);

	return err == -ENOENT ? create(conn, txn, path, NULL, 0) : err;
}

static struct node *take_out(struct store *store, struct txn *txn, struct node **root,
			     const char *path)
{
	struct node *gone = tree_remove(root, path, store_next_generation(store));

	if (gone)
		store_account_subtree(store, txn, gone, -1);
	return gone;
}

/* Removing what is not there is fine if its parent is. */
static int remove_missing(struct conn *conn, struct txn *txn, const char *path)
{
	char parent[PATH_BYTES];

	path_parent(path, parent);
	if (!tree_find(*root_of(conn, txn), parent))
		return -ENOENT;
	return txn ? txn_note(txn, path, ACCESS_READ, 0) : 0;
}

int store_remove(struct conn *conn, struct txn *txn, const char *path)
{
	const struct node *found;
	struct node *gone;
	int err;

	if (!path[1])
		return -EINVAL;
	err = store_get(conn, txn, path, PERM_WRITE, 0, &found);
	if (err)
		return err == -ENOENT ? remove_missing(conn, txn, path) : err;
	err = txn ? txn_note(txn, path, ACCESS_REMOVED, 0) : 0;
	if (err)
		return err;
	gone = take_out(conn->store, txn, root_of(conn, txn), path);
	if (!txn) {
		state_removed(conn->store, path);
		fire(conn, path, NULL, gone->perms, gone);
	}
	node_unref(gone);
	return 0;
}

static int may_set_perms(struct conn *conn, const struct node *node, const struct perms *perms)
{
	int err;

	if (!conn_privileged(conn) && perms->entry[0].domid != node->perms->entry[0].domid)
		return -EPERM;
	err = quota_check(conn, QUOTA_PERMISSIONS, perms->nr);
	return err ? err : check_size(conn, node_value_len(node), node_names_size(node), perms->nr);
}

static void replace_perms(struct store *store, struct txn *txn, struct node *node,
			  struct perms *perms)
{
	store_account(store, txn, node->perms->entry[0].domid, -1, -node_bytes(node));
	node_set_perms(node, perms, store_next_generation(store));
	store_account(store, txn, perms->entry[0].domid, 1, node_bytes(node));
}

int store_set_perms(struct conn *conn, struct txn *txn, const char *path, struct perms *perms)
{
	struct perms *before;
	const struct node *found;
	struct node *node;
	int err = store_get(conn, txn, path, PERM_WRITE | PERM_OWNER, 0, &found);

	if (!err)
		err = may_set_perms(conn, found, perms);
	if (!err && txn)
		err = txn_note(txn, path, ACCESS_PERMS, perms->nr * sizeof(struct perm));
	if (err) {
		perms_unref(perms);
		return err;
	}
	before = perms_ref(found->perms);
	node = tree_own_found(root_of(conn, txn), path);
	replace_perms(conn->store, txn, node, perms);
	if (!txn) {
		state_node(conn->store, path, node);
		fire(conn, path, perms, before, NULL);
	}
	perms_unref(before);
	return 0;
}

void store_fire_event(struct store *store, int event)
{
	watch_fire_event(&store->watches, event_names[event], store->event_perms[event]);
}

struct owned {
	uint32_t domid;
	char **path;
	size_t nr, room;
};

static bool collect_owned(void *data, const char *path, const struct node *node)
{
	struct owned *owned = data;

	if (node->perms->entry[0].domid != owned->domid)
		return true;
	if (owned->nr == owned->room) {
		owned->room = owned->room * 2 + 16;
		owned->path = xrealloc(owned->path, owned->room * sizeof(*owned->path));
	}
	owned->path[owned->nr++] = xstrdup(path);
	return false;
}

/* A node that has lost its owner goes, or becomes domain 0's. */
static void remove_orphan(struct store *store, const char *path)
{
	struct node *node;

	if (store->keep_orphans || !path[1]) {
		node = tree_own(&store->root, path);
		replace_perms(store, NULL, node, perms_with_owner(node->perms, 0));
		state_node(store, path, node);
		return;
	}
	node = take_out(store, NULL, &store->root, path);
	state_removed(store, path);
	watch_fire(&store->watches,
		   &(struct change){
		       .path = path, .before = node->perms, .root = store->root, .gone = node });
	node_unref(node);
}

static void remove_owned_below(struct store *store, uint32_t domid, const char *top)
{
	const struct node *node = tree_find(store->root, top);
	struct owned owned = { .domid = domid };

	if (node)
		tree_walk(node, top, collect_owned, &owned);
	for (size_t i = 0; i < owned.nr; i++) {
		remove_orphan(store, owned.path[i]);
		free(owned.path[i]);
	}
	free(owned.path);
}

/* Nearly all a domain owns lies in its home; the whole tree is searched only for the rest. */
void store_remove_owned(struct store *store, struct domain *domain)
{
	char home[32];

	snprintf(home, sizeof(home), "/local/domain/%u", domain->domid);
	if (domain->nodes > 0)
		remove_owned_below(store, domain->domid, home);
	while (domain->nodes > 0) {
		int64_t before = domain->nodes;

		remove_owned_below(store, domain->domid, "/");
		if (domain->nodes == before) {
			log_error("domain %u: %lld nodes counted that are not in the tree",
				  domain->domid, (long long)before);
			break;
		}
	}
}

static void sum_domain(void *data, struct domain *domain)
{
	int64_t *sums = data;

	sums[0] += domain->nodes;
}

static bool count_visit(void *data, const char *path, const struct node *node)
{
	int64_t *sums = data;

	sums[1]++;
	return true;
}

bool store_check(struct store *store)
{
	int64_t sums[2] = { 0, 0 };
	bool sound = tree_check(store->root);

	if (!sound)
		log_error("check: the tree's order is broken");
	domains_each(store, sum_domain, sums);
	tree_walk(store->root, "/", count_visit, sums);
	if (sums[0] != sums[1]) {
		log_error("check: domains own %lld nodes, the tree has %lld", (long long)sums[0],
			  (long long)sums[1]);
		sound = false;
	}
	return sound;
}
