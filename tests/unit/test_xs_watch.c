/* SPDX-License-Identifier: MIT */
// sources: xenstore/daemon/core/*.c tests/unit/xs_fixture.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/daemon/core
/* Watches: what fires, what does not, who may know, and that memory stays bounded. */
#include <stdio.h>

#include "xs_fixture.h"

static struct conn *a, *b;

static int setup(void **state)
{
	fixture_setup(state);
	a = new_socket();
	b = new_socket();
	return 0;
}

static void a_watch_fires_at_once_and_below(void **state)
{
	expect_ok(ASK(b, XS_WATCH, 0, "/d\0tok"));
	assert_string_equal(events(b), "/d tok;");
	expect_ok(ASK(a, XS_WRITE, 0, "/d\0" "1"));
	expect_ok(ASK(a, XS_WRITE, 0, "/d/e/f\0" "1"));
	expect_ok(ASK(a, XS_WRITE, 0, "/dd\0" "1"));
	expect_ok(ASK(a, XS_SET_PERMS, 0, "/d/e\0r0"));
	expect_ok(ASK(a, XS_MKDIR, 0, "/d/e"));
	expect_ok(ASK(a, XS_RM, 0, "/d/nothing"));
	assert_string_equal(events(b), "/d tok;/d/e/f tok;/d/e tok;");
	expect_ok(ASK(b, XS_UNWATCH, 0, "/d\0tok"));
	expect_ok(ASK(a, XS_WRITE, 0, "/d\0" "2"));
	assert_string_equal(events(b), "");
	assert_int_equal(fx.store.watches.nr_nodes, 0);
}

static void removal_fires_above_and_for_each_watched_below(void **state)
{
	expect_ok(ASK(a, XS_WRITE, 0, "/d/e/f\0" "1"));
	expect_ok(ASK(b, XS_WATCH, 0, "/\0root"));
	expect_ok(ASK(b, XS_WATCH, 0, "/d/e/f\0leaf"));
	expect_ok(ASK(b, XS_WATCH, 0, "/d/e/none\0none"));
	events(b);
	expect_ok(ASK(a, XS_RM, 0, "/d"));
	assert_string_equal(events(b), "/d root;/d/e/f leaf;");
}

static void relative_watches_stay_relative(void **state)
{
	struct conn *guest = new_domain(3);

	expect_ok(ASK(a, XS_MKDIR, 0, "/local/domain/3"));
	expect_ok(ASK(a, XS_SET_PERMS, 0, "/local/domain/3\0r3"));
	expect_ok(ASK(guest, XS_WATCH, 0, "device\0rel"));
	expect_ok(ASK(guest, XS_WATCH, 0, "/local/domain/3/device\0abs"));
	assert_string_equal(events(guest), "device rel;/local/domain/3/device abs;");
	expect_ok(ASK(a, XS_WRITE, 0, "/local/domain/3/device/vbd\0" "1"));
	assert_string_equal(events(guest), "device/vbd rel;/local/domain/3/device/vbd abs;");
	expect_error(ASK(guest, XS_WATCH, 0, "device\0rel"), "EEXIST");
	expect_ok(ASK(guest, XS_UNWATCH, 0, "device\0rel"));
	expect_error(ASK(guest, XS_UNWATCH, 0, "device\0rel"), "ENOENT");
}

static void only_those_who_may_read_are_told(void **state)
{
	struct conn *guest = new_domain(3);

	expect_ok(ASK(a, XS_WRITE, 0, "/secret/x\0" "1"));
	expect_ok(ASK(guest, XS_WATCH, 0, "/secret\0t"));
	events(guest);
	expect_ok(ASK(a, XS_WRITE, 0, "/secret/x\0" "2"));
	assert_string_equal(events(guest), "");
	expect_ok(ASK(a, XS_SET_PERMS, 0, "/secret/x\0n0\0r3"));
	assert_string_equal(events(guest), "/secret/x t;");
	expect_ok(ASK(a, XS_WRITE, 0, "/secret/x\0" "3"));
	assert_string_equal(events(guest), "/secret/x t;");
	/* Losing the right is the last it hears. */
	expect_ok(ASK(a, XS_SET_PERMS, 0, "/secret/x\0n0"));
	assert_string_equal(events(guest), "/secret/x t;");
	expect_ok(ASK(a, XS_WRITE, 0, "/secret/x\0" "4"));
	assert_string_equal(events(guest), "");
}

static void domain_events_reach_those_allowed(void **state)
{
	struct conn *guest = new_domain(3);

	expect_ok(ASK(b, XS_WATCH, 0, "@introduceDomain\0in"));
	expect_ok(ASK(b, XS_WATCH, 0, "@releaseDomain\0out"));
	expect_ok(ASK(guest, XS_WATCH, 0, "@releaseDomain\0mine"));
	events(b);
	events(guest);
	expect_ok(ASK(a, XS_INTRODUCE, 0, "4\0" "1\0" "5"));
	expect_ok(ASK(a, XS_RELEASE, 0, "4"));
	assert_string_equal(events(b), "@introduceDomain in;@releaseDomain out;");
	assert_string_equal(events(guest), "");
	expect_error(ASK(guest, XS_SET_PERMS, 0, "@releaseDomain\0r3"), "EACCES");
	expect_ok(ASK(a, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r3"));
	new_domain(5);
	fx.state[5] = DOMAIN_SHUT_DOWN;
	domains_check(&fx.store);
	assert_string_equal(events(guest), "@releaseDomain mine;");
	domains_check(&fx.store);
	assert_string_equal(events(guest), "");
	fx.state[5] = DOMAIN_GONE;
	domains_check(&fx.store);
	assert_string_equal(events(guest), "@releaseDomain mine;");
	assert_null(domain_find(&fx.store, 5));
	assert_int_equal(ASK(guest, XS_GET_PERMS, 0, "@releaseDomain")->len, 6);
}

static void repeats_that_wait_are_dropped(void **state)
{
	expect_ok(ASK(b, XS_WATCH, 0, "/d\0t"));
	events(b);
	for (int i = 0; i < 100; i++)
		expect_ok(ASK(a, XS_WRITE, 0, "/d\0" "1"));
	assert_string_equal(events(b), "/d t;");
	expect_ok(ASK(a, XS_WRITE, 0, "/d\0" "1"));
	assert_string_equal(events(b), "/d t;");
}

static void a_client_that_never_reads_is_owed_little(void **state)
{
	char body[256];

	for (int i = 0; i < 100; i++) {
		size_t len = (size_t)sprintf(body, "/d%ctok%d", 0, i) + 1;

		expect_ok(ask(b, XS_WATCH, 0, body, len));
	}
	events(b);
	for (int i = 0; i < 2000; i++) {
		size_t len = (size_t)sprintf(body, "/d/a-rather-long-name-to-fill-memory-with-%d%c", i, 0);

		expect_ok(ask(a, XS_WRITE, 0, body, len));
	}
	assert_true(b->out.len < 1100 * 1024);
	assert_true(conn_choked(b));
}

static void a_long_token_leaves_room_for_the_watch_itself(void **state)
{
	char body[4096] = "/d";
	const char *got;

	memset(body + 3, 't', sizeof(body) - 4);
	expect_ok(ask(b, XS_WATCH, 0, body, sizeof(body)));
	events(b);
	expect_ok(ASK(a, XS_WRITE, 0, "/d/longer\0" "1"));
	got = events(b);
	assert_memory_equal(got, "/d ttt", 6);
}

static void many_watches_cost_nothing_elsewhere(void **state)
{
	char body[64];

	for (int i = 0; i < 5000; i++) {
		size_t len = (size_t)sprintf(body, "/w/%d/x%ct", i, 0) + 1;

		expect_ok(ask(b, XS_WATCH, 0, body, len));
	}
	events(b);
	assert_int_equal(fx.store.watches.count, 5000);
	expect_ok(ASK(a, XS_WRITE, 0, "/w/77/x\0" "1"));
	assert_string_equal(events(b), "/w/77/x t;");
	conn_close(b);
	conns_reap(&fx.store);
	assert_int_equal(fx.store.watches.count, 0);
	assert_int_equal(fx.store.watches.nr_nodes, 0);
}

static void a_domain_has_its_quota_of_watches(void **state)
{
	struct conn *guest = new_domain(3);
	char body[64];

	for (int i = 0; i < 128; i++) {
		size_t len = (size_t)sprintf(body, "/w/%d%ct", i, 0) + 1;

		expect_ok(ask(guest, XS_WATCH, 0, body, len));
	}
	fx.nr_logs = 0;
	for (int i = 0; i < 50; i++)
		expect_error(ASK(guest, XS_WATCH, 0, "/w\0t"), "E2BIG");
	/* Told once per burst. */
	assert_int_equal(fx.nr_logs, 1);
	assert_non_null(strstr(fx.log, "domain 3 refused: quota watches"));
	fx.seconds += 60;
	expect_error(ASK(guest, XS_WATCH, 0, "/w\0t"), "E2BIG");
	assert_int_equal(fx.nr_logs, 2);
	assert_non_null(strstr(fx.log, "49 more"));
	expect_ok(ASK(guest, XS_RESET_WATCHES, 0, ""));
	expect_ok(ASK(guest, XS_WATCH, 0, "/w\0t"));
	assert_int_equal(guest->domain->watches, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_watch_fires_at_once_and_below),
		CASE(removal_fires_above_and_for_each_watched_below),
		CASE(relative_watches_stay_relative),
		CASE(only_those_who_may_read_are_told),
		CASE(domain_events_reach_those_allowed),
		CASE(repeats_that_wait_are_dropped),
		CASE(a_client_that_never_reads_is_owed_little),
		CASE(a_long_token_leaves_room_for_the_watch_itself),
		CASE(many_watches_cost_nothing_elsewhere),
		CASE(a_domain_has_its_quota_of_watches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
