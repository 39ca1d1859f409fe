/* SPDX-License-Identifier: MIT */
// sources: xenstore/daemon/core/*.c tests/unit/xs_fixture.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/daemon/core
/*
 * Every message of the protocol, with good and with bad input, from domain 0, from a guest, in a transaction, and
 * through the read-only socket. Each row is one request and what must come back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "xs_fixture.h"

static struct conn *dom0, *guest, *reader;

enum { DOM0, GUEST, READER };

struct row {
	int who;
	uint32_t type;
	const char *body;
	size_t len;
	const char *want; /* "!NAME": that error; else the payload, */
	size_t want_len;  /* of this length */
};

/* Payloads with and without the NUL the literal ends in. */
#define Z(literal)   literal, sizeof(literal)
#define RAW(literal) literal, sizeof(literal) - 1
#define ERR(name)    "!" name, 0
#define OK	     Z("OK")

/* One after another, each on what the ones before left. */
static const struct row rows[] = {
	/* WRITE: path, NUL, any bytes. */
	{ DOM0, XS_WRITE, RAW("/t/a\0one"), OK },
	{ DOM0, XS_READ, Z("/t/a"), RAW("one") },
	{ DOM0, XS_WRITE, RAW("/t/bin\0\0\1\2\0"), OK },
	{ DOM0, XS_READ, Z("/t/bin"), RAW("\0\1\2\0") },
	{ DOM0, XS_WRITE, Z("/t/empty"), OK },
	{ DOM0, XS_READ, Z("/t/empty"), RAW("") },
	{ DOM0, XS_WRITE, RAW("/t/a"), ERR("EINVAL") },
	{ DOM0, XS_WRITE, RAW(""), ERR("EINVAL") },
	{ DOM0, XS_WRITE, RAW("\0x"), ERR("EINVAL") },
	{ DOM0, XS_WRITE, RAW("/t/\0x"), ERR("EINVAL") },
	{ DOM0, XS_WRITE, RAW("/t//a\0x"), ERR("EINVAL") },
	{ DOM0, XS_WRITE, RAW("/t/a b\0x"), ERR("EINVAL") },
	{ DOM0, XS_WRITE, RAW("@releaseDomain\0x"), ERR("EINVAL") },
	{ GUEST, XS_WRITE, RAW("/t/a\0two"), ERR("EACCES") },
	{ GUEST, XS_WRITE, RAW("/t/new\0two"), ERR("EACCES") },
	{ READER, XS_WRITE, RAW("/t/a\0two"), ERR("EROFS") },
	/* READ */
	{ DOM0, XS_READ, Z("/nowhere"), ERR("ENOENT") },
	{ DOM0, XS_READ, RAW("/t/a"), ERR("EINVAL") },
	{ DOM0, XS_READ, Z("/t/a\0/t/b"), ERR("EINVAL") },
	{ DOM0, XS_READ, RAW(""), ERR("EINVAL") },
	{ DOM0, XS_READ, Z(""), ERR("EINVAL") },
	{ READER, XS_READ, Z("/t/a"), RAW("one") },
	{ GUEST, XS_READ, Z("/t/a"), ERR("EACCES") },
	/* What a guest may not see, it may not probe either. */
	{ GUEST, XS_READ, Z("/t/nowhere"), ERR("EACCES") },
	{ GUEST, XS_READ, Z("data/nowhere"), ERR("ENOENT") },
	/* Relative paths. */
	{ DOM0, XS_WRITE, RAW("name\0Domain-0"), OK },
	{ DOM0, XS_READ, Z("/local/domain/0/name"), RAW("Domain-0") },
	{ GUEST, XS_WRITE, RAW("data/x\0mine"), OK },
	{ GUEST, XS_READ, Z("data/x"), RAW("mine") },
	{ DOM0, XS_READ, Z("/local/domain/3/data/x"), RAW("mine") },
	/* DIRECTORY */
	{ DOM0, XS_DIRECTORY, Z("/t"), Z("a\0bin\0empty") },
	{ DOM0, XS_DIRECTORY, Z("/t/a"), RAW("") },
	{ DOM0, XS_DIRECTORY, Z("/nowhere"), ERR("ENOENT") },
	{ DOM0, XS_DIRECTORY, RAW("/t"), ERR("EINVAL") },
	{ GUEST, XS_DIRECTORY, Z("/t"), ERR("EACCES") },
	/* DIRECTORY_PART: the generation is looked at below. */
	{ DOM0, XS_DIRECTORY_PART, Z("/t"), ERR("EINVAL") },
	{ DOM0, XS_DIRECTORY_PART, Z("/t\0x"), ERR("EINVAL") },
	{ DOM0, XS_DIRECTORY_PART, Z("/t\0-1"), ERR("EINVAL") },
	{ DOM0, XS_DIRECTORY_PART, Z("/t\0" "1"), ERR("EINVAL") },
	{ DOM0, XS_DIRECTORY_PART, Z("/t\0" "99999"), ERR("EINVAL") },
	{ DOM0, XS_DIRECTORY_PART, Z("/t\0" "0\0" "0"), ERR("EINVAL") },
	{ DOM0, XS_DIRECTORY_PART, Z("/nowhere\0" "0"), ERR("ENOENT") },
	{ GUEST, XS_DIRECTORY_PART, Z("/t\0" "0"), ERR("EACCES") },
	/* GET_PERMS, SET_PERMS */
	{ DOM0, XS_GET_PERMS, Z("/t/a"), Z("n0") },
	{ DOM0, XS_SET_PERMS, Z("/t/a\0n0\0r3"), OK },
	{ DOM0, XS_GET_PERMS, Z("/t/a"), Z("n0\0r3") },
	{ GUEST, XS_READ, Z("/t/a"), RAW("one") },
	{ GUEST, XS_GET_PERMS, Z("/t/a"), Z("n0\0r3") },
	{ GUEST, XS_WRITE, RAW("/t/a\0two"), ERR("EACCES") },
	{ GUEST, XS_SET_PERMS, Z("/t/a\0b3"), ERR("EACCES") },
	{ GUEST, XS_SET_PERMS, Z("data/x\0n3\0r4"), OK },
	{ GUEST, XS_GET_PERMS, Z("data/x"), Z("n3\0r4") },
	{ GUEST, XS_SET_PERMS, Z("data/x\0n4"), ERR("EPERM") },
	{ GUEST, XS_SET_PERMS, Z("data/x\0n3\0r1\0r2\0r4\0r5\0r6"), ERR("ENOSPC") },
	{ DOM0, XS_SET_PERMS, Z("/t/a"), ERR("EINVAL") },
	{ DOM0, XS_SET_PERMS, Z("/t/a\0x0"), ERR("EINVAL") },
	{ DOM0, XS_SET_PERMS, Z("/t/a\0r"), ERR("EINVAL") },
	{ DOM0, XS_SET_PERMS, Z("/t/a\0r-1"), ERR("EINVAL") },
	{ DOM0, XS_SET_PERMS, Z("/t/a\0r65536"), ERR("EINVAL") },
	{ DOM0, XS_SET_PERMS, Z("/t/a\0r0\0"), ERR("EINVAL") },
	{ DOM0, XS_SET_PERMS, RAW("/t/a\0r0"), ERR("EINVAL") },
	{ DOM0, XS_SET_PERMS, Z("/nowhere\0r0"), ERR("ENOENT") },
	{ READER, XS_SET_PERMS, Z("/t/a\0r0"), ERR("EROFS") },
	{ DOM0, XS_GET_PERMS, Z("@releaseDomain"), Z("n0") },
	{ DOM0, XS_GET_PERMS, Z("@nothing"), ERR("ENOENT") },
	{ GUEST, XS_GET_PERMS, Z("@releaseDomain"), ERR("EACCES") },
	{ DOM0, XS_SET_PERMS, Z("@nothing\0r0"), ERR("ENOENT") },
	/* MKDIR */
	{ DOM0, XS_MKDIR, Z("/t/dir/deep"), OK },
	{ DOM0, XS_MKDIR, Z("/t/a"), OK },
	{ DOM0, XS_READ, Z("/t/a"), RAW("one") },
	{ DOM0, XS_MKDIR, RAW("/t/dir"), ERR("EINVAL") },
	{ GUEST, XS_MKDIR, Z("/t/mine"), ERR("EACCES") },
	{ READER, XS_MKDIR, Z("/t/mine"), ERR("EROFS") },
	/* RM */
	{ DOM0, XS_RM, Z("/t/dir"), OK },
	{ DOM0, XS_READ, Z("/t/dir/deep"), ERR("ENOENT") },
	{ DOM0, XS_RM, Z("/t/dir"), OK },
	{ DOM0, XS_RM, Z("/nowhere/dir"), ERR("ENOENT") },
	{ DOM0, XS_RM, Z("/"), ERR("EINVAL") },
	{ GUEST, XS_RM, Z("/t/a"), ERR("EACCES") },
	{ GUEST, XS_RM, Z("data/x"), OK },
	{ READER, XS_RM, Z("/t/a"), ERR("EROFS") },
	/* WATCH, UNWATCH: more in test_xs_watch.c. */
	{ DOM0, XS_WATCH, Z("/t"), ERR("EINVAL") },
	{ DOM0, XS_WATCH, RAW("/t\0tok"), ERR("EINVAL") },
	{ DOM0, XS_WATCH, Z("/t\0tok\0more"), ERR("EINVAL") },
	{ DOM0, XS_WATCH, Z("/t/\0tok"), ERR("EINVAL") },
	{ DOM0, XS_WATCH, Z("@re lease\0tok"), ERR("EINVAL") },
	{ DOM0, XS_WATCH, Z("/t\0tok"), OK },
	{ DOM0, XS_WATCH, Z("/t\0tok"), ERR("EEXIST") },
	{ DOM0, XS_UNWATCH, Z("/t\0other"), ERR("ENOENT") },
	{ DOM0, XS_UNWATCH, Z("/t"), ERR("EINVAL") },
	{ GUEST, XS_UNWATCH, Z("/t\0tok"), ERR("ENOENT") },
	{ DOM0, XS_UNWATCH, Z("/t\0tok"), OK },
	{ DOM0, XS_WATCH, Z("/t\0"), OK },
	{ DOM0, XS_RESET_WATCHES, Z(""), OK },
	{ DOM0, XS_UNWATCH, Z("/t\0"), ERR("ENOENT") },
	/* TRANSACTION_END outside one. */
	{ DOM0, XS_TRANSACTION_END, Z("T"), ERR("ENOENT") },
	{ DOM0, XS_TRANSACTION_END, Z("X"), ERR("EINVAL") },
	{ DOM0, XS_TRANSACTION_END, RAW("T"), ERR("EINVAL") },
	/* Domains. */
	{ GUEST, XS_GET_DOMAIN_PATH, Z("7"), Z("/local/domain/7") },
	{ GUEST, XS_GET_DOMAIN_PATH, Z("x"), ERR("EINVAL") },
	{ GUEST, XS_GET_DOMAIN_PATH, Z("70000"), ERR("EINVAL") },
	{ GUEST, XS_GET_DOMAIN_PATH, RAW("7"), ERR("EINVAL") },
	{ DOM0, XS_IS_DOMAIN_INTRODUCED, Z("3"), Z("T") },
	{ DOM0, XS_IS_DOMAIN_INTRODUCED, Z("4"), Z("F") },
	{ DOM0, XS_IS_DOMAIN_INTRODUCED, Z(""), ERR("EINVAL") },
	{ DOM0, XS_INTRODUCE, Z("4\0" "77\0" "5"), OK },
	{ DOM0, XS_IS_DOMAIN_INTRODUCED, Z("4"), Z("T") },
	{ DOM0, XS_INTRODUCE, Z("4\0" "77\0" "6"), OK },
	{ DOM0, XS_INTRODUCE, Z("5\0" "77"), ERR("EINVAL") },
	{ DOM0, XS_INTRODUCE, Z("5\0" "77\0" "0"), ERR("EINVAL") },
	{ DOM0, XS_INTRODUCE, Z("5\0" "77\0" "666"), ERR("EINVAL") },
	{ DOM0, XS_INTRODUCE, Z("5\0x\0" "5"), ERR("EINVAL") },
	{ DOM0, XS_INTRODUCE, Z("99\0" "77\0" "5"), ERR("EINVAL") },
	{ GUEST, XS_INTRODUCE, Z("5\0" "77\0" "5"), ERR("EACCES") },
	{ READER, XS_INTRODUCE, Z("5\0" "77\0" "5"), ERR("EROFS") },
	{ DOM0, XS_SET_TARGET, Z("4\0" "3"), OK },
	{ DOM0, XS_SET_TARGET, Z("4\0" "5"), ERR("ENOENT") },
	{ DOM0, XS_SET_TARGET, Z("4"), ERR("EINVAL") },
	{ GUEST, XS_SET_TARGET, Z("3\0" "4"), ERR("EACCES") },
	{ DOM0, XS_RESUME, Z("4"), OK },
	{ DOM0, XS_RESUME, Z("5"), ERR("ENOENT") },
	{ GUEST, XS_RESUME, Z("4"), ERR("EACCES") },
	{ DOM0, XS_RELEASE, Z("4"), OK },
	{ DOM0, XS_RELEASE, Z("4"), ERR("ENOENT") },
	{ DOM0, XS_RELEASE, Z("x"), ERR("EINVAL") },
	{ GUEST, XS_RELEASE, Z("3"), ERR("EACCES") },
	/* CONTROL */
	{ DOM0, XS_CONTROL, Z("check"), OK },
	{ DOM0, XS_CONTROL, Z("check\0x"), ERR("EINVAL") },
	{ DOM0, XS_CONTROL, Z("log\0on"), OK },
	{ DOM0, XS_CONTROL, Z("log\0off"), OK },
	{ DOM0, XS_CONTROL, Z("log"), ERR("EINVAL") },
	{ DOM0, XS_CONTROL, Z("print\0hello"), OK },
	{ DOM0, XS_CONTROL, Z("quota\0set\0nodes\0" "900"), OK },
	{ DOM0, XS_CONTROL, Z("quota\0set\0nothing\0" "900"), ERR("EINVAL") },
	{ DOM0, XS_CONTROL, Z("quota\0set\0nodes\0x"), ERR("EINVAL") },
	{ DOM0, XS_CONTROL, Z("quota\0" "99"), ERR("ENOENT") },
	{ DOM0, XS_CONTROL, Z("quota-soft\0set\0memory\0" "900"), OK },
	{ DOM0, XS_CONTROL, Z("live-update"), ERR("EINVAL") },
	{ DOM0, XS_CONTROL, Z("live-update\0-f\0/nowhere"), Z("The file cannot be executed.") },
	{ DOM0, XS_CONTROL, Z("live-update\0-s"), Z("Give the new binary first: live-update -f FILE") },
	{ DOM0, XS_CONTROL, Z("live-update\0-a"), OK },
	{ DOM0, XS_CONTROL, Z("nothing"), ERR("EINVAL") },
	{ DOM0, XS_CONTROL, RAW(""), ERR("EINVAL") },
	{ GUEST, XS_CONTROL, Z("check"), ERR("EACCES") },
	/* What is no request. */
	{ DOM0, XS_WATCH_EVENT, Z("/t\0tok"), ERR("ENOSYS") },
	{ DOM0, XS_ERROR, Z("EINVAL"), ERR("ENOSYS") },
	{ DOM0, 20, Z("3"), ERR("ENOSYS") },
	{ DOM0, XS_TYPE_COUNT, Z(""), ERR("ENOSYS") },
	{ GUEST, 0xffffffff, Z(""), ERR("ENOSYS") },
};

static int setup(void **state)
{
	fixture_setup(state);
	dom0 = new_socket();
	reader = new_socket();
	reader->read_only = true;
	guest = new_domain(3);
	expect_ok(ASK(dom0, XS_MKDIR, 0, "/local/domain/3/data"));
	expect_ok(ASK(dom0, XS_SET_PERMS, 0, "/local/domain/3\0n0\0r3"));
	expect_ok(ASK(dom0, XS_SET_PERMS, 0, "/local/domain/3/data\0n3"));
	return 0;
}

static void check_row(size_t i)
{
	struct conn *const conns[] = { dom0, guest, reader };
	const struct row *row = &rows[i];
	const struct message *reply = ask(conns[row->who], row->type, 0, row->body, row->len);
	bool error = row->want[0] == '!';

	events(conns[row->who]);
	if (error != (reply->type == XS_ERROR) || (error && strcmp(reply->body, row->want + 1)))
		fail_msg("row %zu (type %u, %s): got %s", i, row->type, row->body, reply->body);
	if (error)
		return;
	assert_int_equal(reply->type, row->type);
	if (reply->len != row->want_len || memcmp(reply->body, row->want, row->want_len))
		fail_msg("row %zu (type %u, %s): got %s", i, row->type, row->body, reply->body);
}

static void every_message_good_and_bad(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(i);
	assert_true(store_check(&fx.store));
}

static void the_same_in_a_transaction_that_is_unknown(void **state)
{
	for (uint32_t type = 0; type < XS_TYPE_COUNT; type++)
		if (type != XS_WATCH_EVENT && type != XS_ERROR && type != 20)
			expect_error(ASK(dom0, type, 99, "/t"), "ENOENT");
	expect_error(ASK(dom0, XS_TRANSACTION_START, begin_txn(dom0), ""), "EBUSY");
}

static void listings_come_in_parts(void **state)
{
	char all[65536], body[64], generation[32] = "";
	const struct message *reply;
	size_t used = 0;

	for (int i = 0; i < 1000; i++) {
		size_t len = (size_t)sprintf(body, "/many/node%d", i) + 1;

		expect_ok(ask(dom0, XS_MKDIR, 0, body, len));
	}
	expect_error(ASK(dom0, XS_DIRECTORY, 0, "/many"), "E2BIG");
	for (;;) {
		size_t len = (size_t)sprintf(body, "/many%c%zu", 0, used) + 1, head;

		reply = ask(dom0, XS_DIRECTORY_PART, 0, body, len);
		assert_int_equal(reply->type, XS_DIRECTORY_PART);
		head = strlen(reply->body) + 1;
		if (!used)
			strcpy(generation, reply->body);
		assert_string_equal(generation, reply->body);
		memcpy(all + used, reply->body + head, reply->len - head);
		used += reply->len - head;
		/* The last part ends in an empty name. */
		if (used < 2 || !all[used - 2])
			break;
	}
	assert_int_equal(used - 1, node_names_size(tree_find(fx.store.root, "/many")));
	expect_ok(ASK(dom0, XS_MKDIR, 0, "/many/more"));
	assert_string_not_equal(ASK(dom0, XS_DIRECTORY_PART, 0, "/many\0" "0")->body, generation);
}

static void long_and_longest_paths(void **state)
{
	char body[4096];
	size_t len;

	for (len = 2040; len < 3080; len++) {
		memset(body, 'x', len);
		body[0] = '/';
		body[len] = '\0';
		if (len < 3072)
			expect_error(ask(dom0, XS_READ, 0, body, len + 1), "ENOENT");
		else
			expect_error(ask(dom0, XS_READ, 0, body, len + 1), "EINVAL");
		expect_error(ask(guest, XS_READ, 0, body, len + 1), len <= 2048 ? "EACCES" : "EINVAL");
		body[0] = 'x';
		expect_error(ask(dom0, XS_READ, 0, body, len + 1), len <= 2048 ? "ENOENT" : "EINVAL");
	}
}

static void values_have_their_limits(void **state)
{
	char body[4200] = "data/x";

	/* A guest's node may have 2048 bytes, with its permissions. */
	expect_ok(ask(guest, XS_WRITE, 0, body, 7 + 2040));
	expect_error(ask(guest, XS_WRITE, 0, body, 7 + 2041), "ENOSPC");
	assert_non_null(strstr(fx.log, "quota node-size"));
	strcpy(body, "/big");
	expect_ok(ask(dom0, XS_WRITE, 0, body, 4096));
	assert_int_equal(ASK(dom0, XS_READ, 0, "/big")->len, 4091);
}

static void too_long_a_message_ends_the_connection(void **state)
{
	const struct xsd_sockmsg head = { XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1 };

	buf_append(&dom0->in, &head, sizeof(head));
	conn_process(dom0, 1);
	assert_true(dom0->dead);
	buf_append(&guest->in, &head, sizeof(head));
	conn_process(guest, 1);
	assert_true(guest->ignored);
	assert_int_equal(fx.page[3].error, XENSTORE_ERROR_PROTO);
}

static void nodes_have_a_quota(void **state)
{
	char body[64];
	int i;

	for (i = 0; i < 2000; i++) {
		size_t len = (size_t)sprintf(body, "data/n%d", i) + 1;
		const struct message *reply = ask(guest, XS_MKDIR, 0, body, len);

		if (reply->type == XS_ERROR)
			break;
	}
	/* The children's names fill the directory before the thousand nodes are there. */
	assert_true(i < 999);
	assert_non_null(strstr(fx.log, "node-size"));
	for (int dir = 0; dir < 20; dir++) {
		for (i = 0; i < 100; i++) {
			size_t len = (size_t)sprintf(body, "data/n%d/%d", dir, i) + 1;

			if (ask(guest, XS_MKDIR, 0, body, len)->type == XS_ERROR)
				goto full;
		}
	}
full:
	assert_int_equal(guest->domain->nodes, 1000);
	assert_non_null(strstr(fx.log, "quota nodes"));
	expect_ok(ASK(guest, XS_RM, 0, "data/n0"));
	expect_ok(ASK(guest, XS_MKDIR, 0, "data/n0"));
	assert_true(store_check(&fx.store));
}

static void a_target_may_be_acted_for(void **state)
{
	struct conn *helper = new_domain(4);

	expect_ok(ASK(guest, XS_WRITE, 0, "data/x\0" "1"));
	expect_error(ASK(helper, XS_READ, 0, "/local/domain/3/data/x"), "EACCES");
	expect_ok(ASK(dom0, XS_SET_TARGET, 0, "4\0" "3"));
	expect_text(ASK(helper, XS_READ, 0, "/local/domain/3/data/x"), "1");
	expect_ok(ASK(helper, XS_WRITE, 0, "/local/domain/3/data/y\0" "2"));
	expect_text(ASK(dom0, XS_GET_PERMS, 0, "/local/domain/3/data/y"), "n4");
}

static void a_dead_domain_leaves_nothing(void **state)
{
	expect_ok(ASK(guest, XS_WRITE, 0, "data/x\0" "1"));
	expect_ok(ASK(guest, XS_WATCH, 0, "data\0t"));
	begin_txn(guest);
	expect_ok(ASK(dom0, XS_WRITE, 0, "/elsewhere/its\0" "1"));
	expect_ok(ASK(dom0, XS_SET_PERMS, 0, "/elsewhere/its\0n3"));
	expect_ok(ASK(dom0, XS_WRITE, 0, "/elsewhere/its/below\0" "1"));
	fx.state[3] = DOMAIN_GONE;
	domains_check(&fx.store);
	conns_reap(&fx.store);
	assert_null(domain_find(&fx.store, 3));
	expect_error(ASK(dom0, XS_READ, 0, "/local/domain/3/data"), "ENOENT");
	expect_error(ASK(dom0, XS_READ, 0, "/elsewhere/its"), "ENOENT");
	expect_text(ASK(dom0, XS_READ, 0, "/local/domain/3"), "");
	assert_int_equal(fx.store.watches.count, 0);
	assert_int_equal(fx.store.nr_txns, 0);
	assert_int_equal(fx.mapped + fx.bound, 0);
	assert_true(store_check(&fx.store));
}

static void a_number_used_again_inherits_no_rights(void **state)
{
	expect_ok(ASK(dom0, XS_WRITE, 0, "/shared\0" "1"));
	expect_ok(ASK(dom0, XS_SET_PERMS, 0, "/shared\0n0\0r3"));
	expect_text(ASK(guest, XS_READ, 0, "/shared"), "1");
	expect_ok(ASK(dom0, XS_RELEASE, 0, "3"));
	conns_reap(&fx.store);
	guest = new_domain(3);
	expect_error(ASK(guest, XS_READ, 0, "/shared"), "EACCES");
	expect_ok(ASK(dom0, XS_SET_PERMS, 0, "/shared\0n0\0r3"));
	expect_text(ASK(guest, XS_READ, 0, "/shared"), "1");
}

/* Random bytes as payload of every type: nothing but replies and errors. */
static void noise_does_no_harm(void **state)
{
	static const char alphabet[] = "/ab0139@Trn\0\0\0";
	char body[64];

	srandom(3);
	for (int i = 0; i < 100000; i++) {
		struct conn *conn = random() & 1 ? dom0 : guest;
		size_t len = (size_t)random() % 24;
		uint32_t type = (uint32_t)random() % (XS_TYPE_COUNT + 1), tx = random() % 4 ? 0 : (uint32_t)random() % 4;

		for (size_t k = 0; k < len; k++)
			body[k] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
		if (type == XS_RELEASE || (type == XS_TRANSACTION_START && conn->nr_txns > 3))
			continue;
		ask(conn, type, tx, body, len);
		events(conn);
	}
	assert_true(store_check(&fx.store));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(every_message_good_and_bad),
		CASE(the_same_in_a_transaction_that_is_unknown),
		CASE(listings_come_in_parts),
		CASE(long_and_longest_paths),
		CASE(values_have_their_limits),
		CASE(too_long_a_message_ends_the_connection),
		CASE(nodes_have_a_quota),
		CASE(a_target_may_be_acted_for),
		CASE(a_dead_domain_leaves_nothing),
		CASE(a_number_used_again_inherits_no_rights),
		CASE(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
