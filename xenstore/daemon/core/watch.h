/* SPDX-License-Identifier: MIT */
/*
 * Watches, found by walking the changed path.
 *
 * A trie mirrors the watched paths: a change at /a/b fires what hangs at /, /a and /a/b. What hangs
 * below fires only when nodes there are removed with it. Names of events ("@releaseDomain") hang in
 * a trie of one level beside it. Trie nodes live in one hash table by parent and name, so a step
 * costs the same whatever the number of watches; empty ones are removed at once.
 */
#ifndef XSD_WATCH_H
#define XSD_WATCH_H

#include <sys/queue.h>

#include "perms.h"
#include "tree.h"

struct conn;
struct watch_node;

struct watch {
	TAILQ_ENTRY(watch) at_node;
	TAILQ_ENTRY(watch) of_conn;
	struct conn *conn;
	struct watch_node *node;
	uint16_t skip; /* of an event's path: the client gave a relative one */
	uint64_t
	    last_position; /* of the last event in the connection's output, for dropping repeats */
	uint64_t last_hash;
	char *token;
	char path[]; /* absolute, or an event's name */
};

TAILQ_HEAD(watch_list, watch);

struct watch_node {
	struct watch_node *parent, *bucket;
	LIST_ENTRY(watch_node) sibling;
	LIST_HEAD(, watch_node) kids;
	struct watch_list watches;
	uint64_t hash;
	uint16_t name_len;
	char name[];
};

struct watches {
	struct watch_node *root, *events;
	struct watch_node **bucket;
	uint32_t nr_buckets, nr_nodes;
	uint32_t count;
};

void watches_init(struct watches *watches);
void watches_free(struct watches *watches);

/* -EEXIST if the connection has it already. skip: see struct watch. */
int watch_add(struct watches *watches, struct conn *conn, const char *path, const char *token,
	      uint16_t skip, struct watch **added);
struct watch *watch_find(struct watches *watches, const struct conn *conn, const char *path,
			 const char *token);
void watch_remove(struct watches *watches, struct watch *watch);
/* What a watch costs its domain. */
size_t watch_bytes(const struct watch *watch);

/* What happened to a path, and what is needed to decide who may know. All but the path may be NULL.
 */
struct change {
	const char *path;
	const struct perms *now, *before; /* of the node */
	const struct node *root;  /* a tree its parent is in; looked up only if it matters */
	const struct node *above; /* the parent, if it is at hand */
	const struct node *gone;  /* removed with all below it */
};

/* Sends events for a change to all watches concerned whose clients may know of it. */
void watch_fire(struct watches *watches, const struct change *change);
/* The same for "@introduceDomain" and the like. */
void watch_fire_event(struct watches *watches, const char *name, const struct perms *perms);

#endif
