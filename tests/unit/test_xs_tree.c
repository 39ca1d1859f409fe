/* SPDX-License-Identifier: MIT */
// sources: xenstore/daemon/core/*.c tests/unit/xs_fixture.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/daemon/core
/*
 * The persistent tree against a model: random changes, with snapshots that must keep what they saw, and the
 * allocation of every node, value and permission accounted for (the sanitizer tells of leaks).
 */
#include <stdio.h>
#include <stdlib.h>

#include "xs_fixture.h"

#include "path.h"

#define NAMES	  40
#define SNAPSHOTS 6

static struct perms *nobody(void)
{
	static const struct perm entry = { 0, 0 };

	return perms_new(&entry, 1, 0);
}

static struct node *fresh(void)
{
	return tree_new(nobody(), 1);
}

static void add(struct node **root, const char *path, const char *value, uint64_t version)
{
	assert_non_null(tree_add(root, path, nobody(), value_new(value, (uint32_t)strlen(value)), version));
}

static bool has(const struct node *root, const char *path, const char *value)
{
	const struct node *node = tree_find(root, path);

	return node && node_value_len(node) == strlen(value) && !memcmp(node->value ? node->value->data : "", value, strlen(value));
}

static void finds_what_was_added(void **state)
{
	struct node *root = fresh();

	add(&root, "/a", "1", 2);
	add(&root, "/a/b", "2", 3);
	add(&root, "/a/c", "", 4);
	assert_true(has(root, "/a", "1"));
	assert_true(has(root, "/a/b", "2"));
	assert_true(has(root, "/a/c", ""));
	assert_null(tree_find(root, "/a/d"));
	assert_null(tree_find(root, "/b"));
	assert_ptr_equal(tree_find(root, "/"), root);
	assert_null(tree_add(&root, "/a/b", nobody(), NULL, 5));
	assert_null(tree_add(&root, "/x/y", nobody(), NULL, 5));
	assert_int_equal(tree_find(root, "/a")->kids_version, 4);
	node_unref(root);
}

static void removes_whole_subtrees(void **state)
{
	struct node *root = fresh(), *gone;

	add(&root, "/a", "", 2);
	add(&root, "/a/b", "", 3);
	add(&root, "/a/b/c", "deep", 4);
	gone = tree_remove(&root, "/a/b", 5);
	assert_non_null(gone);
	assert_null(tree_find(root, "/a/b"));
	assert_null(tree_find(root, "/a/b/c"));
	assert_non_null(node_find_kid(gone, "c", 1));
	assert_null(tree_remove(&root, "/a/b", 6));
	assert_null(tree_remove(&root, "/", 6));
	assert_int_equal(node_names_size(tree_find(root, "/a")), 0);
	node_unref(gone);
	node_unref(root);
}

static void snapshots_do_not_change(void **state)
{
	struct node *root = fresh(), *snapshot;

	add(&root, "/a", "old", 2);
	add(&root, "/a/b", "old", 3);
	snapshot = node_ref(root);
	node_set_value(tree_own(&root, "/a/b"), value_new("new", 3), 4);
	add(&root, "/a/c", "", 5);
	node_unref(tree_remove(&root, "/a/b", 6));
	assert_true(has(snapshot, "/a/b", "old"));
	assert_null(tree_find(snapshot, "/a/c"));
	assert_null(tree_find(root, "/a/b"));
	assert_ptr_not_equal(root, snapshot);
	node_unref(snapshot);
	/* Now nothing is shared: changes happen in place. */
	snapshot = root;
	node_set_value(tree_own(&root, "/a"), NULL, 7);
	assert_ptr_equal(snapshot, root);
	node_unref(root);
}

struct model {
	bool there[NAMES];
	unsigned int value[NAMES];
};

static void name_of(unsigned int i, char *path)
{
	sprintf(path, "/d/%c%u", 'a' + i * 7 % 26, i * i);
}

static void must_equal(const struct node *root, const struct model *model)
{
	char path[64], value[16];

	assert_true(tree_check(root));
	for (unsigned int i = 0; i < NAMES; i++) {
		name_of(i, path);
		sprintf(value, "%u", model->value[i]);
		assert_int_equal(tree_find(root, path) != NULL, model->there[i]);
		if (model->there[i])
			assert_true(has(root, path, value));
	}
}

static void change(struct node **root, struct model *model, uint64_t version)
{
	unsigned int i = (unsigned int)random() % NAMES;
	char path[64], value[16];

	name_of(i, path);
	model->value[i] = (unsigned int)version;
	sprintf(value, "%u", model->value[i]);
	if (!model->there[i])
		add(root, path, value, version);
	else if (random() & 1)
		node_set_value(tree_own(root, path), value_new(value, (uint32_t)strlen(value)), version);
	else
		node_unref(tree_remove(root, path, version));
	model->there[i] = tree_find(*root, path) != NULL;
}

static void random_changes_equal_a_model(void **state)
{
	struct node *root = fresh(), *snapshot[SNAPSHOTS] = { NULL };
	struct model model = { { false }, { 0 } }, kept[SNAPSHOTS];

	srandom(1);
	add(&root, "/d", "", 2);
	for (uint64_t round = 3; round < 6000; round++) {
		unsigned int slot = (unsigned int)random() % SNAPSHOTS;

		change(&root, &model, round);
		if (round % 17)
			continue;
		if (snapshot[slot])
			must_equal(snapshot[slot], &kept[slot]);
		node_unref(snapshot[slot]);
		snapshot[slot] = node_ref(root);
		kept[slot] = model;
		must_equal(root, &model);
	}
	for (int i = 0; i < SNAPSHOTS; i++)
		node_unref(snapshot[i]);
	node_unref(root);
}

static void lists_in_parts(void **state)
{
	struct node *root = fresh();
	char path[64], whole[8192], part[8192];
	long size, used;
	uint32_t offset;

	for (int i = 0; i < 500; i++) {
		sprintf(path, "/n%d", i);
		add(&root, path, "", (uint64_t)i + 2);
	}
	size = node_list(root, 0, whole, sizeof(whole));
	assert_int_equal(size, node_names_size(root));
	for (size_t room = 5; room < 300; room += 37) {
		for (offset = 0; (used = node_list(root, offset, part, room)) > 0; offset += (uint32_t)used) {
			assert_true((size_t)used <= room);
			assert_memory_equal(part, whole + offset, used);
		}
		assert_int_equal(used, 0);
		assert_int_equal(offset, size);
	}
	assert_int_equal(node_list(root, 1, part, sizeof(part)), -1);
	assert_int_equal(node_list(root, (uint32_t)size + 1, part, sizeof(part)), -1);
	node_unref(root);
}

static void very_deep_paths_work(void **state)
{
	struct node *root = fresh();
	char path[3072] = "";

	for (uint64_t i = 0; i < 1500; i++) {
		strcat(path, "/x");
		add(&root, path, "", i + 2);
	}
	assert_non_null(tree_find(root, path));
	assert_true(tree_check(root));
	node_unref(root);
}

static void paths_are_judged(void **state)
{
	static const char *const good[] = { "/", "/a", "/a/b", "/A-z_09@/x", "/@a" };
	static const char *const bad[] = { "", "a", "//", "/a/", "/a//b", "/a b", "/a.b", "/\xc3\xa4", "@a" };
	char parent[PATH_BYTES];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(path_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(path_valid(bad[i]));
	assert_true(path_valid_event("@releaseDomain"));
	assert_false(path_valid_event("/a"));
	assert_true(path_parent("/a/b", parent));
	assert_string_equal(parent, "/a");
	assert_true(path_parent("/a", parent));
	assert_string_equal(parent, "/");
	assert_false(path_parent("/", parent));
	assert_int_equal(path_depth("/"), 0);
	assert_int_equal(path_depth("/a/b"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(removes_whole_subtrees),
		cmocka_unit_test(snapshots_do_not_change),
		cmocka_unit_test(random_changes_equal_a_model),
		cmocka_unit_test(lists_in_parts),
		cmocka_unit_test(very_deep_paths_work),
		cmocka_unit_test(paths_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
