/* SPDX-License-Identifier: MIT */
// sources: xenstore/daemon/core/*.c tests/unit/xs_fixture.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/daemon/core
/*
 * The journal: what it says is the state, at whatever byte it is cut; damage is noticed; a snapshot says the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include "xs_fixture.h"

#define STEPS_MAX 128

/* The journal's length after each step, and the state it then described. */
static struct {
	size_t used;
	char *state;
} steps[STEPS_MAX];
static unsigned int nr_steps;

static void note(void)
{
	assert_true(nr_steps < STEPS_MAX);
	steps[nr_steps].used = fx.journal.used;
	steps[nr_steps++].state = dump_store(&fx.store);
}

#define DO(conn, type, tx, literal)                        \
	do {                                               \
		feed(conn, type, tx, Z(literal));          \
		note();                                    \
	} while (0)
#define Z(literal) literal, sizeof(literal)

static int setup(void **state)
{
	nr_steps = 0;
	return fixture_setup(state);
}

static int teardown(void **state)
{
	for (unsigned int i = 0; i < nr_steps; i++)
		free(steps[i].state);
	return fixture_teardown(state);
}

/* A bit of everything that is kept. */
static void live(void)
{
	struct conn *a = new_socket(), *guest, *other;
	char big[4096] = "data/big";

	note();
	guest = new_domain(3);
	other = new_domain(4);
	note();
	DO(a, XS_WRITE, 0, "/local/domain/3/data/x\0" "1");
	DO(a, XS_SET_PERMS, 0, "/local/domain/3\0r3\0b4");
	DO(a, XS_SET_PERMS, 0, "/local/domain/3/data\0n3");
	DO(a, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r3");
	DO(guest, XS_WATCH, 0, "data\0tok");
	DO(guest, XS_WATCH, 0, "/local\0tok");
	DO(other, XS_WATCH, 0, "/local/domain/3\0t");
	DO(guest, XS_WRITE, 0, "data/y\0" "2");
	feed(guest, XS_WRITE, 0, big, 2000);
	note();
	DO(guest, XS_UNWATCH, 0, "/local\0tok");
	DO(guest, XS_TRANSACTION_START, 0, "");
	DO(guest, XS_WRITE, 1, "data/in/transaction\0" "3");
	DO(guest, XS_RM, 1, "data/y");
	DO(a, XS_WRITE, 0, "/elsewhere\0" "4");
	DO(guest, XS_TRANSACTION_END, 1, "T");
	DO(guest, XS_TRANSACTION_START, 0, "");
	DO(guest, XS_READ, 2, "data/x");
	buf_append(&guest->in, "part of a message", 17);
	state_input(guest);
	note();
	DO(a, XS_SET_TARGET, 0, "4\0" "3");
	DO(a, XS_CONTROL, 0, "quota\0set\0nodes\0" "77");
	DO(a, XS_RM, 0, "/local/domain/3/data");
	DO(a, XS_MKDIR, 0, "/local/domain/3/data");
	DO(a, XS_INTRODUCE, 0, "5\0" "9\0" "8");
	DO(a, XS_RELEASE, 0, "4");
	fx.state[5] = DOMAIN_GONE;
	domains_check(&fx.store);
	note();
	conns_reap(&fx.store);
}

static void reload_equals(const char *map, size_t size, const char *want)
{
	char *got;

	fixture_reload(map, size, false);
	got = dump_store(&fx.store);
	assert_string_equal(got, want);
	free(got);
}

static void cut_anywhere_it_is_the_state_of_then(void **state)
{
	unsigned int step = 0;
	size_t used;
	char *map;

	live();
	used = fx.journal.used;
	map = calloc(1, used + 64);
	assert_true(used > 2000);
	for (size_t cut = steps[0].used; cut <= used; cut++) {
		/* What was not written yet is zero, as in the file. */
		memset(map, 0, used + 64);
		memcpy(map, fx.journal.map, cut);
		while (step + 1 < nr_steps && steps[step + 1].used <= cut)
			step++;
		/* Steps may have several frames; between them any state is one that was. */
		if (steps[step].used == cut || fx.journal.map[cut] == 0)
			fixture_reload(map, cut + 16 <= used ? cut + 16 : cut, false);
		else
			fixture_reload(map, cut, false);
		if (steps[step].used == cut)
			reload_equals(map, cut, steps[step].state);
	}
	free(map);
}

static void requests_are_whole_or_not_there(void **state)
{
	struct conn *guest = new_domain(3);
	char *before, *after;
	size_t start, end;

	note();
	start = fx.journal.used;
	before = dump_store(&fx.store);
	feed(guest, XS_WATCH, 0, Z("/local\0t"));
	end = fx.journal.used;
	after = dump_store(&fx.store);
	for (size_t cut = start; cut <= end; cut++)
		reload_equals(fx.journal.map, cut, cut < end ? before : after);
	free(before);
	free(after);
}

static void a_snapshot_says_the_same(void **state)
{
	struct journal *journal = &fx.journal;
	size_t grown;
	char *want;

	live();
	want = dump_store(&fx.store);
	grown = journal->used;
	state_snapshot(&fx.store, journal, false);
	assert_true(journal->used < grown);
	assert_int_equal(journal->used, journal->snapshot);
	reload_equals(journal->map, journal->used, want);
	free(want);
}

static void damage_is_noticed(void **state)
{
	size_t used;
	char *map;

	live();
	used = fx.journal.used;
	map = malloc(used);
	srandom(7);
	for (int i = 0; i < 2000; i++) {
		size_t at = sizeof(struct journal_head) + (size_t)random() % (used - sizeof(struct journal_head));
		long good;

		memcpy(map, fx.journal.map, used);
		map[at] ^= (char)(1 << random() % 8);
		good = fixture_reload(map, used, false);
		/* Everything before the damaged frame, nothing from it on. */
		assert_in_range(good, sizeof(struct journal_head), at);
	}
	free(map);
}

static void what_is_no_journal_is_refused(void **state)
{
	struct journal_head head = { JOURNAL_MAGIC, JOURNAL_VERSION + 1, 0 };

	assert_int_equal(fixture_reload((const char *)&head, sizeof(head), false), -EPROTO);
	head.magic = 0;
	assert_int_equal(fixture_reload((const char *)&head, sizeof(head), false), 0);
	assert_int_equal(fixture_reload("", 0, false), 0);
}

static void nodes_of_the_start_may_be_gone(void **state)
{
	struct conn *a = new_socket();

	expect_ok(ASK(a, XS_RM, 0, "/tool"));
	state_snapshot(&fx.store, &fx.journal, false);
	fixture_reload(fx.journal.map, fx.journal.used, false);
	assert_null(tree_find(fx.store.root, "/tool"));
	assert_true(store_check(&fx.store));
}

static bool no_room(struct journal *journal, size_t needed)
{
	return false;
}

static void without_room_the_store_goes_on(void **state)
{
	struct conn *a = new_socket();
	char body[2000] = "/x";

	fx.journal.grow = no_room;
	for (int i = 0; i < 10; i++)
		expect_ok(ask(a, XS_WRITE, 0, body, sizeof(body)));
	assert_true(fx.journal.broken);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(cut_anywhere_it_is_the_state_of_then),
		CASE(requests_are_whole_or_not_there),
		CASE(a_snapshot_says_the_same),
		CASE(damage_is_noticed),
		CASE(what_is_no_journal_is_refused),
		CASE(nodes_of_the_start_may_be_gone),
		CASE(without_room_the_store_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
