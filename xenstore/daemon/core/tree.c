/* SPDX-License-Identifier: MIT */
/*
 * The tree of nodes: see tree.h.
 *
 * own() is the only place where a node is copied. Functions that change a treap get a slot (a
 * pointer the caller owns) and own each node they pass.
 */
#include "alloc.h"
#include "path.h"
#include "tree.h"

struct value *value_new(const void *data, uint32_t len)
{
	struct value *value;

	if (!len)
		return NULL;
	value = xmalloc(sizeof(*value) + len);
	value->refs = 1;
	value->len = len;
	memcpy(value->data, data, len);
	return value;
}

struct value *value_ref(struct value *value)
{
	if (value)
		value->refs++;
	return value;
}

void value_unref(struct value *value)
{
	if (value && !--value->refs)
		free(value);
}

/* Treap priorities: unpredictable enough that a client cannot choose names that unbalance. */
static uint32_t next_priority(void)
{
	static uint64_t state;

	if (!state)
		state =
		    0x9e3779b97f4a7c15u ^ (uint64_t)(uintptr_t)&state ^ (uint64_t)random() << 32;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

static struct node *node_new(const char *name, size_t len, struct perms *perms, struct value *value,
			     uint64_t version)
{
	struct node *node = xmalloc(sizeof(*node) + len);

	*node = (struct node){ .refs = 1,
			       .priority = next_priority(),
			       .value = value,
			       .perms = perms,
			       .version = version,
			       .kids_version = version,
			       .names_size = (uint32_t)len + 1,
			       .name_len = (uint16_t)len };
	memcpy(node->name, name, len);
	return node;
}

struct node *tree_new(struct perms *perms, uint64_t version)
{
	return node_new("", 0, perms, NULL, version);
}

struct node *node_ref(struct node *node)
{
	if (node)
		node->refs++;
	return node;
}

void node_unref(struct node *node)
{
	if (!node || --node->refs)
		return;
	node_unref(node->left);
	node_unref(node->right);
	node_unref(node->kids);
	value_unref(node->value);
	perms_unref(node->perms);
	free(node);
}

static struct node *own(struct node **slot)
{
	struct node *shared = *slot, *copy;

	if (shared->refs == 1)
		return shared;
	copy = xmalloc(sizeof(*copy) + shared->name_len);
	memcpy(copy, shared, sizeof(*copy) + shared->name_len);
	copy->refs = 1;
	node_ref(copy->left);
	node_ref(copy->right);
	node_ref(copy->kids);
	value_ref(copy->value);
	perms_ref(copy->perms);
	shared->refs--;
	*slot = copy;
	return copy;
}

static int compare(const struct node *node, const char *name, size_t len)
{
	int order = memcmp(name, node->name, len < node->name_len ? len : node->name_len);

	return order ? order : (len > node->name_len) - (len < node->name_len);
}

static uint32_t names_size(const struct node *node)
{
	return node ? node->names_size : 0;
}

static void sum(struct node *node)
{
	node->names_size = names_size(node->left) + names_size(node->right) + node->name_len + 1;
}

static const struct node *treap_find(const struct node *at, const char *name, size_t len)
{
	while (at) {
		int order = compare(at, name, len);

		if (!order)
			return at;
		at = order < 0 ? at->left : at->right;
	}
	return NULL;
}

/* Parts a treap (its reference is taken over) by a name that is not in it. */
static void treap_split(struct node *at, const struct node *by, struct node **low,
			struct node **high)
{
	if (!at) {
		*low = *high = NULL;
		return;
	}
	own(&at);
	if (compare(at, by->name, by->name_len) > 0) {
		*low = at;
		treap_split(at->right, by, &at->right, high);
	} else {
		*high = at;
		treap_split(at->left, by, low, &at->left);
	}
	sum(at);
}

static void treap_insert(struct node **slot, struct node *fresh)
{
	struct node *at = *slot;

	if (!at || fresh->priority > at->priority) {
		treap_split(at, fresh, &fresh->left, &fresh->right);
		sum(fresh);
		*slot = fresh;
		return;
	}
	at = own(slot);
	treap_insert(compare(at, fresh->name, fresh->name_len) < 0 ? &at->left : &at->right, fresh);
	sum(at);
}

static struct node *treap_merge(struct node *low, struct node *high)
{
	if (!low || !high)
		return low ? low : high;
	if (low->priority > high->priority) {
		own(&low);
		low->right = treap_merge(low->right, high);
		sum(low);
		return low;
	}
	own(&high);
	high->left = treap_merge(low, high->left);
	sum(high);
	return high;
}

/* The name must be in the treap. */
static struct node *treap_take(struct node **slot, const char *name, size_t len)
{
	struct node *at = own(slot), *taken;
	int order = compare(at, name, len);

	if (!order) {
		*slot = treap_merge(at->left, at->right);
		at->left = at->right = NULL;
		sum(at);
		return at;
	}
	taken = treap_take(order < 0 ? &at->left : &at->right, name, len);
	sum(at);
	return taken;
}

/* The name must be in the treap. */
static struct node *treap_own(struct node **slot, const char *name, size_t len)
{
	for (;;) {
		struct node *at = own(slot);
		int order = compare(at, name, len);

		if (!order)
			return at;
		slot = order < 0 ? &at->left : &at->right;
	}
}

const struct node *node_find_kid(const struct node *node, const char *name, size_t len)
{
	return treap_find(node->kids, name, len);
}

const struct node *tree_find(const struct node *root, const char *path)
{
	const char *name;
	size_t len;

	while (root && (name = path_next(&path, &len)))
		root = treap_find(root->kids, name, len);
	return root;
}

/* Owns the nodes on the way to the last whose name starts before `end`; all must be there. */
static struct node *tree_own_len(struct node **root, const char *path, const char *end)
{
	struct node *at = own(root);
	const char *name;
	size_t len;

	while ((name = path_next(&path, &len)) && name < end)
		at = treap_own(&at->kids, name, len);
	return at;
}

struct node *tree_own_found(struct node **root, const char *path)
{
	return tree_own_len(root, path, path + strlen(path));
}

struct node *tree_own(struct node **root, const char *path)
{
	return tree_find(*root, path) ? tree_own_found(root, path) : NULL;
}

/* The node's parent, NULL if it or its parent's path is missing; *name is the node's last
 * component. */
static const struct node *find_parent(const struct node *root, const char *path, const char **name,
				      size_t *len)
{
	const struct node *at = root;
	const char *next;
	size_t next_len;

	*name = path_next(&path, len);
	if (!*name)
		return NULL;
	while ((next = path_next(&path, &next_len))) {
		at = treap_find(at->kids, *name, *len);
		if (!at)
			return NULL;
		*name = next;
		*len = next_len;
	}
	return at;
}

struct node *tree_add(struct node **root, const char *path, struct perms *perms,
		      struct value *value, uint64_t version)
{
	const char *name;
	size_t len;
	const struct node *found = find_parent(*root, path, &name, &len);
	struct node *parent, *fresh;

	if (!found || treap_find(found->kids, name, len)) {
		perms_unref(perms);
		value_unref(value);
		return NULL;
	}
	parent = tree_own_len(root, path, name);
	fresh = node_new(name, len, perms, value, version);
	treap_insert(&parent->kids, fresh);
	parent->kids_version = version;
	return fresh;
}

struct node *tree_remove(struct node **root, const char *path, uint64_t version)
{
	const char *name;
	size_t len;
	const struct node *found = find_parent(*root, path, &name, &len);
	struct node *parent;

	if (!found || !treap_find(found->kids, name, len))
		return NULL;
	parent = tree_own_len(root, path, name);
	parent->kids_version = version;
	return treap_take(&parent->kids, name, len);
}

void node_set_value(struct node *node, struct value *value, uint64_t version)
{
	value_unref(node->value);
	node->value = value;
	node->version = version;
}

void node_set_perms(struct node *node, struct perms *perms, uint64_t version)
{
	perms_unref(node->perms);
	node->perms = perms;
	node->version = version;
}

struct listing {
	char *out;
	size_t room, used;
	bool full;
};

/* Lists the names of the treap that start at or behind byte `from` of it; from may be negative. */
static void list(const struct node *at, int64_t from, struct listing *to)
{
	int64_t own_offset;

	if (!at || to->full || from >= (int64_t)at->names_size)
		return;
	own_offset = names_size(at->left);
	list(at->left, from, to);
	if (own_offset >= from && !to->full) {
		if (to->used + at->name_len + 1u > to->room) {
			to->full = true;
			return;
		}
		memcpy(to->out + to->used, at->name, at->name_len);
		to->out[to->used + at->name_len] = '\0';
		to->used += at->name_len + 1u;
	}
	list(at->right, from - own_offset - at->name_len - 1, to);
}

/* Does a name start at this byte of the treap's listing, or does the listing end there? */
static bool name_starts_at(const struct node *at, uint32_t offset)
{
	while (at) {
		uint32_t before = names_size(at->left);

		if (offset == before)
			return true;
		if (offset < before) {
			at = at->left;
			continue;
		}
		offset -= before;
		if (offset < at->name_len + 1u)
			return false;
		offset -= at->name_len + 1u;
		at = at->right;
	}
	return !offset;
}

long node_list(const struct node *node, uint32_t offset, char *out, size_t max)
{
	struct listing to = { .out = out, .room = max };

	if (!name_starts_at(node->kids, offset))
		return -1;
	list(node->kids, offset, &to);
	return (long)to.used;
}

struct walk {
	tree_visitor *visit;
	void *data;
	char path[PATH_BYTES];
};

static void walk_node(struct walk *walk, const struct node *node, size_t len);

static void walk_treap(struct walk *walk, const struct node *at, size_t len)
{
	if (!at)
		return;
	walk_treap(walk, at->left, len);
	if (len + 1 + at->name_len < sizeof(walk->path)) {
		walk->path[len] = '/';
		memcpy(walk->path + len + 1, at->name, at->name_len);
		walk_node(walk, at, len + 1 + at->name_len);
	}
	walk_treap(walk, at->right, len);
}

static void walk_node(struct walk *walk, const struct node *node, size_t len)
{
	walk->path[len] = '\0';
	if (walk->visit(walk->data, len ? walk->path : "/", node))
		walk_treap(walk, node->kids, len);
}

void tree_walk(const struct node *node, const char *path, tree_visitor *visit, void *data)
{
	struct walk *walk = xmalloc(sizeof(*walk));
	size_t len = strlen(path);

	walk->visit = visit;
	walk->data = data;
	memcpy(walk->path, path, len);
	walk_node(walk, node, path[1] ? len : 0);
	free(walk);
}

static bool check_treap(const struct node *at, const struct node *low, const struct node *high)
{
	if (!at)
		return true;
	if (!at->refs || (low && compare(low, at->name, at->name_len) <= 0) ||
	    (high && compare(high, at->name, at->name_len) >= 0))
		return false;
	if ((at->left && at->left->priority > at->priority) ||
	    (at->right && at->right->priority > at->priority))
		return false;
	if (at->names_size != names_size(at->left) + names_size(at->right) + at->name_len + 1u)
		return false;
	return check_treap(at->left, low, at) && check_treap(at->right, at, high) &&
	       check_treap(at->kids, NULL, NULL);
}

bool tree_check(const struct node *root)
{
	return root && !root->left && !root->right && check_treap(root->kids, NULL, NULL);
}
