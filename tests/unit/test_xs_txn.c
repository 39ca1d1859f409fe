/* SPDX-License-Identifier: MIT */
// sources: xenstore/daemon/core/*.c tests/unit/xs_fixture.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/daemon/core
/* Transactions: isolation, merging of what does not conflict, refusal of what does. */
#include <stdio.h>
#include <stdlib.h>

#include "xs_fixture.h"

static struct conn *a, *b;

static int setup(void **state)
{
	fixture_setup(state);
	a = new_socket();
	b = new_socket();
	expect_ok(ASK(a, XS_WRITE, 0, "/d/x\0old"));
	expect_ok(ASK(a, XS_WRITE, 0, "/d/y\0old"));
	return 0;
}

static const struct message *end(struct conn *conn, uint32_t id)
{
	return ASK(conn, XS_TRANSACTION_END, id, "T");
}

static void is_isolated_until_its_end(void **state)
{
	uint32_t id = begin_txn(a);

	expect_ok(ASK_RAW(a, XS_WRITE, id, "/d/x\0new"));
	expect_ok(ASK(a, XS_MKDIR, id, "/d/dir"));
	expect_ok(ASK(a, XS_RM, id, "/d/y"));
	expect_text(ASK(a, XS_READ, id, "/d/x"), "new");
	expect_error(ASK(a, XS_READ, id, "/d/y"), "ENOENT");
	expect_text(ASK(b, XS_READ, 0, "/d/x"), "old");
	expect_text(ASK(b, XS_READ, 0, "/d/y"), "old");
	expect_error(ASK(b, XS_READ, 0, "/d/dir"), "ENOENT");
	expect_ok(end(a, id));
	expect_text(ASK(b, XS_READ, 0, "/d/x"), "new");
	expect_error(ASK(b, XS_READ, 0, "/d/y"), "ENOENT");
	expect_text(ASK(b, XS_READ, 0, "/d/dir"), "");
	expect_error(end(a, id), "ENOENT");
	assert_true(store_check(&fx.store));
}

static void an_abort_changes_nothing(void **state)
{
	uint32_t id = begin_txn(a);

	expect_ok(ASK(a, XS_WRITE, id, "/d/x\0new"));
	expect_ok(ASK(a, XS_TRANSACTION_END, id, "F"));
	expect_text(ASK(a, XS_READ, 0, "/d/x"), "old");
	assert_int_equal(fx.store.nr_txns, 0);
}

static void sees_one_moment(void **state)
{
	uint32_t id = begin_txn(a);

	expect_ok(ASK(b, XS_WRITE, 0, "/d/x\0new"));
	expect_ok(ASK(b, XS_RM, 0, "/d/y"));
	expect_text(ASK(a, XS_READ, id, "/d/x"), "old");
	expect_text(ASK(a, XS_READ, id, "/d/y"), "old");
	/* It only read, and what it read was true at one moment. */
	expect_ok(end(a, id));
}

/* What one transaction does, what happens meanwhile, and whether it may commit. */
struct meeting {
	const char *name;
	struct {
		uint32_t type;
		const char *body;
		size_t len;
	} mine[3], other;
	bool conflict;
};

#define DO(type, literal) { type, literal, sizeof(literal) }

static const struct meeting meetings[] = {
	{ "disjoint writes", { DO(XS_WRITE, "/d/x\0" "1") }, DO(XS_WRITE, "/d/y\0" "2"), false },
	{ "creations in one directory", { DO(XS_WRITE, "/d/new\0" "1") }, DO(XS_WRITE, "/d/other\0" "2"), false },
	{ "creations in one new directory", { DO(XS_WRITE, "/n/new\0" "1") }, DO(XS_WRITE, "/n/other\0" "2"), false },
	{ "blind writes of one node", { DO(XS_WRITE, "/d/x\0" "1") }, DO(XS_WRITE, "/d/x\0" "2"), false },
	{ "a write to what was read", { DO(XS_READ, "/d/x"), DO(XS_WRITE, "/d/y\0" "1") }, DO(XS_WRITE, "/d/x\0" "2"), true },
	{ "read and written", { DO(XS_READ, "/d/x"), DO(XS_WRITE, "/d/x\0" "1") }, DO(XS_WRITE, "/d/x\0" "2"), true },
	{ "its own write read", { DO(XS_WRITE, "/d/x\0" "1"), DO(XS_READ, "/d/x") }, DO(XS_WRITE, "/d/x\0" "2"), false },
	{ "absence read", { DO(XS_READ, "/d/z"), DO(XS_WRITE, "/d/x\0" "1") }, DO(XS_WRITE, "/d/z\0" "2"), true },
	{ "a listed directory", { DO(XS_DIRECTORY, "/d"), DO(XS_WRITE, "/d/x\0" "1") }, DO(XS_WRITE, "/d/z\0" "2"), true },
	{ "a value in a listed directory", { DO(XS_DIRECTORY, "/d"), DO(XS_WRITE, "/d/x\0" "1") }, DO(XS_WRITE, "/d/y\0" "2"), false },
	{ "the written node removed", { DO(XS_WRITE, "/d/x\0" "1") }, DO(XS_RM, "/d/x"), true },
	{ "its directory removed", { DO(XS_WRITE, "/d/new\0" "1") }, DO(XS_RM, "/d"), true },
	{ "removed twice", { DO(XS_RM, "/d/x") }, DO(XS_RM, "/d/x"), false },
	{ "removed what was written", { DO(XS_RM, "/d/x") }, DO(XS_WRITE, "/d/x\0" "2"), false },
	{ "created twice", { DO(XS_WRITE, "/d/z\0" "1") }, DO(XS_WRITE, "/d/z\0" "2"), true },
	{ "permissions of the written changed", { DO(XS_WRITE, "/d/x\0" "1") }, DO(XS_SET_PERMS, "/d/x\0r0"), true },
	{ "permissions and value", { DO(XS_SET_PERMS, "/d/x\0r0") }, DO(XS_WRITE, "/d/x\0" "2"), false },
	{ "permissions read", { DO(XS_GET_PERMS, "/d/x"), DO(XS_WRITE, "/d/y\0" "1") }, DO(XS_SET_PERMS, "/d/x\0r0"), true },
	{ "removed and made again", { DO(XS_RM, "/d"), DO(XS_WRITE, "/d/q\0" "1") }, DO(XS_WRITE, "/e\0" "2"), false },
	{ "a transaction that only reads", { DO(XS_READ, "/d/x") }, DO(XS_WRITE, "/d/x\0" "2"), false },
};

static void conflicts_are_real_ones(void **state)
{
	for (size_t i = 0; i < sizeof(meetings) / sizeof(meetings[0]); i++) {
		const struct meeting *m = &meetings[i];
		const struct message *reply;
		uint32_t id;

		fixture_teardown(state);
		setup(state);
		id = begin_txn(a);
		for (size_t k = 0; k < 3 && m->mine[k].body; k++)
			ask(a, m->mine[k].type, id, m->mine[k].body, m->mine[k].len);
		expect_ok(ask(b, m->other.type, 0, m->other.body, m->other.len));
		reply = end(a, id);
		if (m->conflict != (reply->type == XS_ERROR))
			fail_msg("%s: got %s", m->name, reply->body);
		if (m->conflict)
			expect_error(reply, "EAGAIN");
		assert_true(store_check(&fx.store));
	}
}

static void merging_keeps_both(void **state)
{
	uint32_t first = begin_txn(a), second = begin_txn(b);

	expect_ok(ASK_RAW(a, XS_WRITE, first, "/d/x\0A"));
	expect_ok(ASK_RAW(b, XS_WRITE, second, "/d/y\0B"));
	expect_ok(ASK_RAW(a, XS_WRITE, first, "/n/a\0A"));
	expect_ok(ASK_RAW(b, XS_WRITE, second, "/n/b\0B"));
	expect_ok(end(a, first));
	expect_ok(end(b, second));
	expect_text(ASK(a, XS_READ, 0, "/d/x"), "A");
	expect_text(ASK(a, XS_READ, 0, "/d/y"), "B");
	expect_text(ASK(a, XS_READ, 0, "/n/a"), "A");
	expect_text(ASK(a, XS_READ, 0, "/n/b"), "B");
	assert_true(store_check(&fx.store));
}

static void replaces_subtrees_when_merging(void **state)
{
	uint32_t id = begin_txn(a);

	expect_ok(ASK(a, XS_WRITE, id, "/d/x\0seen"));
	expect_ok(ASK(a, XS_RM, id, "/d"));
	expect_ok(ASK_RAW(a, XS_WRITE, id, "/d/z\0new"));
	expect_ok(ASK(b, XS_WRITE, 0, "/e\0" "1"));
	expect_ok(end(a, id));
	expect_error(ASK(a, XS_READ, 0, "/d/x"), "ENOENT");
	expect_text(ASK(a, XS_READ, 0, "/d/z"), "new");
	assert_true(store_check(&fx.store));
}

static void watches_fire_at_its_end_only(void **state)
{
	uint32_t id;

	expect_ok(ASK(b, XS_WATCH, 0, "/d\0t"));
	assert_string_equal(events(b), "/d t;");
	id = begin_txn(a);
	expect_ok(ASK(a, XS_WRITE, id, "/d/x\0" "1"));
	expect_ok(ASK(a, XS_WRITE, id, "/d/p/q\0" "1"));
	expect_ok(ASK(a, XS_WRITE, id, "/d/x\0" "2"));
	assert_string_equal(events(b), "");
	expect_ok(end(a, id));
	assert_string_equal(events(b), "/d/x t;/d/p/q t;");
	id = begin_txn(a);
	expect_ok(ASK(a, XS_WRITE, id, "/d/x\0" "3"));
	expect_ok(ASK(a, XS_TRANSACTION_END, id, "F"));
	assert_string_equal(events(b), "");
}

static void its_nodes_count_for_their_owner(void **state)
{
	struct conn *guest = new_domain(3);
	uint32_t id;

	expect_ok(ASK(a, XS_MKDIR, 0, "/local/domain/3/data"));
	expect_ok(ASK(a, XS_SET_PERMS, 0, "/local/domain/3/data\0n3"));
	expect_ok(ASK(a, XS_CONTROL, 0, "quota\0set\0nodes\0" "4"));
	id = begin_txn(guest);
	expect_ok(ASK(guest, XS_WRITE, id, "data/a\0" "1"));
	expect_ok(ASK(guest, XS_WRITE, id, "data/b/c\0" "1"));
	expect_error(ASK(guest, XS_WRITE, id, "data/d\0" "1"), "ENOSPC");
	assert_int_equal(guest->domain->nodes, 1);
	/* Meanwhile room goes elsewhere: refused at the end, with nothing done. */
	expect_ok(ASK(guest, XS_WRITE, 0, "data/e\0" "1"));
	expect_error(end(guest, id), "ENOSPC");
	assert_int_equal(guest->domain->nodes, 2);
	expect_ok(ASK(guest, XS_RM, 0, "data/e"));
	id = begin_txn(guest);
	expect_ok(ASK(guest, XS_WRITE, id, "data/b/c\0" "1"));
	expect_ok(end(guest, id));
	assert_int_equal(guest->domain->nodes, 3);
	assert_true(store_check(&fx.store));
}

static void its_size_is_bounded(void **state)
{
	struct conn *guest = new_domain(3);
	const struct message *reply;
	char body[64];
	uint32_t id;
	int i;

	expect_ok(ASK(a, XS_MKDIR, 0, "/local/domain/3"));
	expect_ok(ASK(a, XS_SET_PERMS, 0, "/local/domain/3\0n3"));
	id = begin_txn(guest);
	for (i = 0; i < 3000; i++) {
		int len = sprintf(body, "nothing%d", i);

		reply = ask(guest, XS_READ, id, body, (size_t)len + 1);
		if (!strcmp(reply->body, "ENOSPC"))
			break;
	}
	assert_int_equal(i, 1024);
	for (i = 0; i < 9; i++)
		begin_txn(guest);
	expect_error(ASK(guest, XS_TRANSACTION_START, 0, ""), "ENOSPC");
	expect_ok(ASK(guest, XS_RESET_WATCHES, 0, ""));
	assert_int_equal(guest->nr_txns, 0);
	begin_txn(guest);
}

/* Any interleaving of transactions that all committed equals doing them one after another. */
static void counters_are_not_lost(void **state)
{
	struct conn *conn[4];
	uint32_t id[4] = { 0 };
	unsigned int value[4], done = 0;
	char body[32];

	srandom(2);
	expect_ok(ASK_RAW(a, XS_WRITE, 0, "/n\0" "0"));
	for (int i = 0; i < 4; i++)
		conn[i] = new_socket();
	for (int round = 0; round < 4000; round++) {
		int who = (int)(random() % 4);

		if (!id[who]) {
			id[who] = begin_txn(conn[who]);
			value[who] = (unsigned int)atoi(ASK(conn[who], XS_READ, id[who], "/n")->body);
		} else {
			int len = sprintf(body, "/n%c%u", 0, value[who] + 1);

			expect_ok(ask(conn[who], XS_WRITE, id[who], body, (size_t)len));
			done += end(conn[who], id[who])->type != XS_ERROR;
			id[who] = 0;
		}
	}
	assert_int_equal(atoi(ASK(a, XS_READ, 0, "/n")->body), done);
	assert_true(done > 400);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(is_isolated_until_its_end),
		CASE(an_abort_changes_nothing),
		CASE(sees_one_moment),
		CASE(conflicts_are_real_ones),
		CASE(merging_keeps_both),
		CASE(replaces_subtrees_when_merging),
		CASE(watches_fire_at_its_end_only),
		CASE(its_nodes_count_for_their_owner),
		CASE(its_size_is_bounded),
		CASE(counters_are_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
