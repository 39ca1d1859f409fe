/* SPDX-License-Identifier: MIT */
/* Watches: see watch.h. */
#include <errno.h>

#include "alloc.h"
#include "conn.h"
#include "path.h"
#include "watch.h"

static struct watch_node *node_new(struct watch_node *parent, const char *name, size_t len,
				   uint64_t hash)
{
	struct watch_node *node = xzalloc(sizeof(*node) + len);

	node->parent = parent;
	node->hash = hash;
	node->name_len = (uint16_t)len;
	memcpy(node->name, name, len);
	LIST_INIT(&node->kids);
	TAILQ_INIT(&node->watches);
	return node;
}

void watches_init(struct watches *watches)
{
	*watches = (struct watches){ .nr_buckets = 64 };
	watches->root = node_new(NULL, "", 0, 1);
	watches->events = node_new(NULL, "", 0, 2);
	watches->bucket = xzalloc(watches->nr_buckets * sizeof(*watches->bucket));
}

void watches_free(struct watches *watches)
{
	free(watches->root);
	free(watches->events);
	free(watches->bucket);
}

static uint64_t step_hash(const struct watch_node *parent, const char *name, size_t len)
{
	return path_hash(name, len) ^ parent->hash * 0x9e3779b97f4a7c15u;
}

static struct watch_node **bucket_of(struct watches *watches, uint64_t hash)
{
	return &watches->bucket[hash & (watches->nr_buckets - 1)];
}

static struct watch_node *step(struct watches *watches, struct watch_node *parent, const char *name,
			       size_t len)
{
	uint64_t hash = step_hash(parent, name, len);
	struct watch_node *node = *bucket_of(watches, hash);

	while (node && !(node->hash == hash && node->parent == parent && node->name_len == len &&
			 !memcmp(node->name, name, len)))
		node = node->bucket;
	return node;
}

static void grow(struct watches *watches)
{
	struct watch_node **old = watches->bucket;
	uint32_t nr_old = watches->nr_buckets;

	watches->nr_buckets *= 2;
	watches->bucket = xzalloc(watches->nr_buckets * sizeof(*old));
	for (uint32_t i = 0; i < nr_old; i++) {
		for (struct watch_node *node = old[i], *next; node; node = next) {
			struct watch_node **bucket = bucket_of(watches, node->hash);

			next = node->bucket;
			node->bucket = *bucket;
			*bucket = node;
		}
	}
	free(old);
}

static struct watch_node *step_make(struct watches *watches, struct watch_node *parent,
				    const char *name, size_t len)
{
	struct watch_node *node = step(watches, parent, name, len), **bucket;

	if (node)
		return node;
	if (watches->nr_nodes >= watches->nr_buckets)
		grow(watches);
	node = node_new(parent, name, len, step_hash(parent, name, len));
	bucket = bucket_of(watches, node->hash);
	node->bucket = *bucket;
	*bucket = node;
	LIST_INSERT_HEAD(&parent->kids, node, sibling);
	watches->nr_nodes++;
	return node;
}

static void prune(struct watches *watches, struct watch_node *node)
{
	while (node->parent && TAILQ_EMPTY(&node->watches) && LIST_EMPTY(&node->kids)) {
		struct watch_node *parent = node->parent, **link = bucket_of(watches, node->hash);

		while (*link != node)
			link = &(*link)->bucket;
		*link = node->bucket;
		LIST_REMOVE(node, sibling);
		watches->nr_nodes--;
		free(node);
		node = parent;
	}
}

static struct watch_node *locate(struct watches *watches, const char *path, bool make)
{
	struct watch_node *node = path[0] == '@' ? watches->events : watches->root;
	const char *name;
	size_t len;

	while (node && (name = path_next(&path, &len)))
		node = (make ? step_make : step)(watches, node, name, len);
	return node;
}

static struct watch *find_at(const struct watch_node *node, const struct conn *conn,
			     const char *token)
{
	struct watch *watch;

	TAILQ_FOREACH (watch, &node->watches, at_node)
		if (watch->conn == conn && !strcmp(watch->token, token))
			return watch;
	return NULL;
}

struct watch *watch_find(struct watches *watches, const struct conn *conn, const char *path,
			 const char *token)
{
	struct watch_node *node = locate(watches, path, false);

	return node ? find_at(node, conn, token) : NULL;
}

int watch_add(struct watches *watches, struct conn *conn, const char *path, const char *token,
	      uint16_t skip, struct watch **added)
{
	size_t len = strlen(path), token_len = strlen(token);
	struct watch_node *node = locate(watches, path, true);
	struct watch *watch;

	if (find_at(node, conn, token))
		return -EEXIST;
	watch = xzalloc(sizeof(*watch) + len + 1 + token_len + 1);
	memcpy(watch->path, path, len + 1);
	watch->token = watch->path + len + 1;
	memcpy(watch->token, token, token_len + 1);
	watch->conn = conn;
	watch->node = node;
	watch->skip = skip;
	TAILQ_INSERT_TAIL(&node->watches, watch, at_node);
	TAILQ_INSERT_TAIL(&conn->watches, watch, of_conn);
	watches->count++;
	*added = watch;
	return 0;
}

void watch_remove(struct watches *watches, struct watch *watch)
{
	struct watch_node *node = watch->node;

	TAILQ_REMOVE(&node->watches, watch, at_node);
	TAILQ_REMOVE(&watch->conn->watches, watch, of_conn);
	watches->count--;
	free(watch);
	prune(watches, node);
}

size_t watch_bytes(const struct watch *watch)
{
	return sizeof(*watch) + strlen(watch->path) + strlen(watch->token) + 2;
}

static bool readable(const struct perms *perms, const struct subject *who)
{
	return perms && (perms_for(perms, who) & PERM_READ);
}

static const struct perms *parent_perms(const struct change *change)
{
	const struct node *above = change->above;
	char parent[PATH_BYTES];

	if (!above && change->root && path_parent(change->path, parent))
		above = tree_find(change->root, parent);
	return above ? above->perms : NULL;
}

static bool may_know(const struct conn *conn, const struct change *change)
{
	const struct subject who = conn_subject(conn);

	return readable(change->now, &who) || readable(change->before, &who) ||
	       readable(parent_perms(change), &who);
}

/* A client's watches at a node mostly lie side by side: it is judged once for them all. */
static void fire_node(const struct watch_node *node, const struct change *change)
{
	const struct conn *judged = NULL;
	struct watch *watch;
	bool allowed = false;

	TAILQ_FOREACH (watch, &node->watches, at_node) {
		if (watch->conn != judged)
			allowed = may_know(watch->conn, change);
		judged = watch->conn;
		if (allowed)
			conn_send_event(watch, change->path);
	}
}

/* Watches below a removed node fire for the removed nodes they name. */
static void fire_below(const struct watch_node *at, const struct node *gone)
{
	const struct watch_node *kid;

	LIST_FOREACH (kid, &at->kids, sibling) {
		const struct node *node = node_find_kid(gone, kid->name, kid->name_len);
		const struct watch *watch = TAILQ_FIRST(&kid->watches);

		if (!node)
			continue;
		if (watch)
			fire_node(kid, &(struct change){ .path = watch->path,
							 .now = node->perms,
							 .above = gone });
		fire_below(kid, node);
	}
}

void watch_fire(struct watches *watches, const struct change *change)
{
	struct watch_node *node = watches->root;
	const char *cursor = change->path, *name;
	size_t len;

	fire_node(node, change);
	while ((name = path_next(&cursor, &len))) {
		node = step(watches, node, name, len);
		if (!node)
			return;
		fire_node(node, change);
	}
	if (change->gone)
		fire_below(node, change->gone);
}

void watch_fire_event(struct watches *watches, const char *name, const struct perms *perms)
{
	struct watch_node *node = step(watches, watches->events, name, strlen(name));

	if (node)
		fire_node(node, &(struct change){ .path = name, .now = perms });
}
