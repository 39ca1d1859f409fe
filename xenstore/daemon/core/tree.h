/* SPDX-License-Identifier: MIT */
/*
 * The tree of nodes: persistent, so that a snapshot of it is one reference.
 *
 * A node is shared by all trees that reference it, and is changed only by who holds the one
 * reference to it, after owning every node on the way from the root: tree_own(), tree_add() and
 * tree_remove() copy what is shared and change in place what is not. So a store without open
 * transactions never copies, and one with transactions copies only the changed path.
 *
 * The children of a node are a treap ordered by name: left and right link siblings, kids is the
 * root of the node's own children. The sum of name lengths kept in each treap node lets a listing
 * start anywhere.
 *
 * version changes with a node's value or permissions, kids_version when a child comes or goes; both
 * come from a counter that never repeats, so equal versions mean equal contents.
 */
#ifndef XSD_TREE_H
#define XSD_TREE_H

#include "perms.h"

struct value {
	uint32_t refs;
	uint32_t len;
	char data[];
};

struct node {
	uint32_t refs;
	uint32_t priority; /* random: heap order of the treap */
	struct node *left, *right;
	struct node *kids;
	struct value *value; /* NULL: empty */
	struct perms *perms;
	uint64_t version;
	uint64_t kids_version;
	uint32_t names_size; /* of this treap's names, each with its NUL */
	uint16_t name_len;
	char name[]; /* no NUL */
};

struct value *value_new(const void *data, uint32_t len);
struct value *value_ref(struct value *value);
void value_unref(struct value *value);

static inline uint32_t node_value_len(const struct node *node)
{
	return node->value ? node->value->len : 0;
}

/* The bytes a listing of all children takes. */
static inline uint32_t node_names_size(const struct node *node)
{
	return node->kids ? node->kids->names_size : 0;
}

/* A root without children; takes over the reference to perms. */
struct node *tree_new(struct perms *perms, uint64_t version);
struct node *node_ref(struct node *node);
void node_unref(struct node *node);

const struct node *tree_find(const struct node *root, const char *path);
const struct node *node_find_kid(const struct node *node, const char *name, size_t len);

/* The node, free to be changed; NULL if there is none. */
struct node *tree_own(struct node **root, const char *path);
/* The same for one that is known to be there. */
struct node *tree_own_found(struct node **root, const char *path);
/*
 * Adds a node whose parent is there and which is not; takes over both references. Returns it, or
 * NULL (dropping the references) if the parent is missing or the node exists.
 */
struct node *tree_add(struct node **root, const char *path, struct perms *perms,
		      struct value *value, uint64_t version);
/* Takes a node (not the root) with all below it out of the tree; returns the reference, NULL if
 * none. */
struct node *tree_remove(struct node **root, const char *path, uint64_t version);

/* Replace a part of an owned node; take over the reference. */
void node_set_value(struct node *node, struct value *value, uint64_t version);
void node_set_perms(struct node *node, struct perms *perms, uint64_t version);

/*
 * Copies whole names (each with its NUL) of the children, starting with the one at byte `offset` of
 * the whole listing, as many as fit in max bytes. Returns the bytes copied; -1 if no name starts
 * there.
 */
long node_list(const struct node *node, uint32_t offset, char *out, size_t max);

/*
 * Calls visit for the node and everything below it, parents first, with the path of each. A visit
 * that returns false is not followed below. The tree must not change meanwhile.
 */
typedef bool tree_visitor(void *data, const char *path, const struct node *node);
void tree_walk(const struct node *node, const char *path, tree_visitor *visit, void *data);

/* Checks order, heap property and sums of everything below; for tests and CONTROL check. */
bool tree_check(const struct node *root);

#endif
