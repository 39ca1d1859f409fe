/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/ring/pv_xenbus.c pv-drivers/ring/pv_negotiate.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring
/*
 * The XenbusState machine, all of it: one half against a peer that shows any states in any order,
 * and both halves in all their interleavings, each dying or stalling at each step. Then what is
 * agreed in numbers.
 */
#include "pv_fixture.h"

#include "pv_negotiate.h"
#include "pv_xenbus.h"

#define NR_STATES 9
#define S(state)  XenbusState##state

static const enum pv_half halves[] = { PV_BACK, PV_FRONT, PV_FRONT_FIRST };
static const enum pv_want wants[] = { PV_WANT_OPEN, PV_WANT_CLOSED, PV_WANT_RECONFIGURED };

/* A half, and what it has of the world by the work it did. */
struct side {
	struct pv_xenbus bus;
	bool offered; /* frontend: grants and channels exist */
	bool mapped;  /* backend: they are mapped */
	bool live;    /* requests may be in flight */
};

static void work(struct side *s, const struct pv_edge *edge)
{
	bool back = s->bus.half == PV_BACK;

	switch ((enum pv_work)edge->work) {
	case PV_WORK_ANNOUNCE:
		assert_true(back && !s->mapped);
		break;
	case PV_WORK_OFFER:
		assert_true(!back && !s->offered);
		s->offered = true;
		break;
	case PV_WORK_CONNECT:
		assert_true(back ? !s->mapped : s->offered);
		s->mapped = back;
		break;
	case PV_WORK_QUIESCE:
		s->live = false;
		break;
	case PV_WORK_RELEASE:
		assert_false(s->live);
		s->offered = s->mapped = false;
		break;
	case PV_WORK_CHANGE:
		assert_true(back ? s->mapped : s->offered);
		break;
	case PV_WORK_NONE:
		break;
	}
}

static void check(const struct side *s)
{
	if (s->bus.own == S(Connected))
		assert_true(s->bus.half == PV_BACK ? s->mapped : s->offered);
	if (s->bus.own == S(Closed) || s->bus.own == S(Initialising) || s->bus.own == S(InitWait))
		assert_false(s->mapped || s->offered || s->live);
}

static void go(struct side *s, const struct pv_edge *edge)
{
	work(s, edge);
	pv_xenbus_done(&s->bus, edge);
	if (s->bus.own == S(Connected))
		s->live = true;
	s->bus.nr_edges = 0; /* not part of the state that is walked */
	check(s);
}

static bool step(struct side *s, enum xenbus_state peer)
{
	const struct pv_edge *edge = pv_xenbus_next(&s->bus, peer);

	if (edge)
		go(s, edge);
	return edge;
}

/* A number for each state of a side, to know where a walk has been. */
#define SIDE_STATES (NR_STATES * 8 * 2 * 8)

static uint32_t number(const struct side *s)
{
	uint32_t has = (s->offered ? 1 : 0) | (s->mapped ? 2 : 0) | (s->live ? 4 : 0);

	return ((uint32_t)s->bus.own * 8 + s->bus.want) * 16 + (s->bus.failed ? 8 : 0) + has;
}

static struct side start(enum pv_half half)
{
	struct side s = { 0 };

	pv_xenbus_init(&s.bus, half, S(Initialising));
	return s;
}

static void the_table_is_sound(void **state)
{
	for (unsigned int i = 0; i < pv_xenbus_nr_edges; i++) {
		const struct pv_edge *e = &pv_xenbus_edges[i];

		assert_true(e->halves && !(e->halves & ~7u) && e->wants && !(e->wants & ~7u));
		assert_true(e->from < NR_STATES && e->to < NR_STATES && e->from != e->to);
		assert_true(e->from != S(Unknown) && e->to != S(Unknown));
		assert_true(e->peer && !(e->peer & ~0x1ffu));
		assert_true(e->to != S(Closed) || e->work == PV_WORK_RELEASE);
		assert_true(e->to != S(Closing) || e->work == PV_WORK_QUIESCE);
	}
}

static void a_peer_that_stays_is_left_in_peace(void **state)
{
	for (int h = 0; h < 3; h++)
		for (int w = 0; w < 3; w++)
			for (int own = 1; own < NR_STATES; own++)
				for (int peer = 0; peer < NR_STATES; peer++) {
					const struct pv_edge *edge;
					struct pv_xenbus bus;
					unsigned int been = 1u << own;

					pv_xenbus_init(&bus, halves[h], (enum xenbus_state)own);
					bus.want = wants[w];
					while ((
					    edge = pv_xenbus_next(&bus, (enum xenbus_state)peer))) {
						assert_false(been & 1u << edge->to);
						been |= 1u << edge->to;
						pv_xenbus_done(&bus, edge);
					}
				}
}

/* Whatever a peer shows and we wish, and whatever work fails: nothing leaks, nothing is done twice.
 */
static uint8_t been[SIDE_STATES];

static void walk_alone(struct side s)
{
	if (been[number(&s)]++)
		return;
	check(&s);
	for (int peer = -1; peer <= NR_STATES; peer++) {
		const struct pv_edge *edge = pv_xenbus_next(&s.bus, (enum xenbus_state)peer);
		struct side after = s;

		if (!edge)
			continue;
		go(&after, edge);
		walk_alone(after);
		if (edge->work == PV_WORK_QUIESCE || edge->work == PV_WORK_RELEASE)
			continue;
		after = s;
		pv_xenbus_failed(&after.bus, edge);
		walk_alone(after);
	}
	for (int wish = 0; wish < 4; wish++) {
		struct side after = s;
		const struct pv_edge *edge = NULL;

		if (wish == 0)
			pv_xenbus_close(&after.bus);
		else if (wish == 1)
			pv_xenbus_open(&after.bus);
		else if (wish == 2 && s.bus.half == PV_BACK)
			pv_xenbus_reconfigure(&after.bus);
		else if (wish == 3 && (edge = pv_xenbus_force(&after.bus)))
			go(&after, edge);
		walk_alone(after);
	}
}

static void a_peer_that_lies_gains_nothing(void **state)
{
	for (int h = 0; h < 3; h++) {
		struct side resumed = start(halves[h]);

		memset(been, 0, sizeof(been));
		walk_alone(start(halves[h]));
		if (halves[h] != PV_BACK)
			continue;
		memset(been, 0, sizeof(been));
		pv_xenbus_init(&resumed.bus, PV_BACK,
			       S(Connected)); /* took over a dead one's rings */
		resumed.mapped = resumed.live = true;
		walk_alone(resumed);
	}
}

/* To the end without the peer's help, whatever it shows. */
static void must_close(struct side s, enum xenbus_state peer)
{
	const struct pv_edge *edge;
	int steps = 0;

	pv_xenbus_close(&s.bus);
	while (step(&s, peer))
		assert_true(++steps < 10);
	while ((edge = pv_xenbus_force(&s.bus))) {
		assert_true(++steps < 10);
		go(&s, edge);
	}
	assert_int_equal(s.bus.own, S(Closed));
	assert_false(s.mapped || s.offered || s.live);
}

/*
 * Both halves, in each order of their steps. A half reads the other's node, works, and only then
 * writes its own: between, the other may go on, and what was read is old.
 */
struct pair {
	struct side side[2];		/* backend, frontend */
	const struct pv_edge *begun[2]; /* chosen, not yet written */
};

static struct pair *pairs; /* those found, in the order they are looked at */
static uint32_t nr_pairs, max_pairs;
static uint64_t *known; /* a hash table of their numbers, open addressing */
#define NR_KNOWN (1u << 20)

static uint64_t pair_number(const struct pair *p)
{
	uint64_t n = 1;

	for (int i = 0; i < 2; i++) {
		n = n * SIDE_STATES + number(&p->side[i]);
		n = n * 64 + (p->begun[i] ? (uint64_t)(p->begun[i] - pv_xenbus_edges) + 1 : 0);
	}
	return n;
}

static void found(const struct pair *p)
{
	uint64_t n = pair_number(p);
	uint32_t at = (uint32_t)(n * 0x9e3779b97f4a7c15ull >> 44);

	while (known[at] && known[at] != n)
		at = (at + 1) % NR_KNOWN;
	if (known[at])
		return;
	known[at] = n;
	assert_true(nr_pairs < NR_KNOWN / 2);
	if (nr_pairs == max_pairs) {
		max_pairs = max_pairs ? max_pairs * 2 : 1024;
		pairs = realloc(pairs, max_pairs * sizeof(*pairs));
	}
	pairs[nr_pairs++] = *p;
}

static enum xenbus_state shown(const struct pair *p, int i)
{
	return p->side[i].bus.own;
}

static bool begin_step(struct pair *p, int i)
{
	if (!p->begun[i])
		p->begun[i] = pv_xenbus_next(&p->side[i].bus, shown(p, !i));
	return p->begun[i];
}

static void end_step(struct pair *p, int i)
{
	go(&p->side[i], p->begun[i]);
	p->begun[i] = NULL;
}

static struct pair settle(struct pair p)
{
	int steps = 0;
	bool moved;

	do {
		moved = false;
		for (int i = 0; i < 2; i++)
			if (begin_step(&p, i)) {
				end_step(&p, i);
				moved = true;
			}
		assert_true(++steps < 40);
	} while (moved);
	return p;
}

static void expect_both(const struct pair *p, enum xenbus_state state)
{
	assert_int_equal(shown(p, 0), state);
	assert_int_equal(shown(p, 1), state);
}

/* Where both rest there is an end: connected, closed, or waiting for a half that wants to be
 * closed. */
static void must_settle(struct pair p)
{
	struct pair end = settle(p);
	struct pv_xenbus *back = &end.side[0].bus, *front = &end.side[1].bus;

	if (back->want != PV_WANT_CLOSED && front->want != PV_WANT_CLOSED) {
		expect_both(&end, S(Connected));
	} else {
		assert_true(back->own == S(Closed) ||
			    (back->own == S(InitWait) && back->want == PV_WANT_OPEN));
		assert_true(front->own == S(Closed) ||
			    (front->own == S(Initialising) && front->want == PV_WANT_OPEN));
	}
	pv_xenbus_close(back);
	pv_xenbus_close(front);
	end = settle(end);
	expect_both(&end, S(Closed));
	pv_xenbus_open(back);
	pv_xenbus_open(front);
	end = settle(end);
	expect_both(&end, S(Connected));
}

static void wish(struct side *s, int what)
{
	if (what == 0)
		pv_xenbus_close(&s->bus);
	else if (what == 1)
		pv_xenbus_open(&s->bus);
	else if (s->bus.half == PV_BACK)
		pv_xenbus_reconfigure(&s->bus);
}

static void look_at(const struct pair *p)
{
	must_settle(*p);
	for (int i = 0; i < 2; i++) {
		struct pair after = *p;

		/* The other is dead (Unknown), stalls where it is, or shows a lie for good. */
		if (after.begun[i])
			end_step(&after, i);
		for (int peer = 0; peer < NR_STATES; peer++)
			must_close(after.side[i], (enum xenbus_state)peer);
		found(&after);
		after = *p;
		if (begin_step(&after, i))
			found(&after);
		for (int what = 0; what < 3; what++) {
			after = *p;
			wish(&after.side[i], what);
			found(&after);
		}
	}
}

static void both_halves_always_find_an_end(void **state)
{
	for (int h = 1; h < 3; h++) {
		struct pair first = { .side = { start(PV_BACK), start(halves[h]) } };

		known = calloc(NR_KNOWN, sizeof(*known));
		nr_pairs = 0;
		found(&first);
		for (uint32_t i = 0; i < nr_pairs; i++) {
			struct pair p = pairs[i]; /* the array moves as it grows */

			look_at(&p);
		}
		assert_true(nr_pairs > 200);
		free(known);
	}
	free(pairs);
}

/* The order in which Linux's halves are known to go. */
static void the_usual_way(void **state)
{
	static const enum xenbus_state linux_front[] = { S(Initialising), S(Initialised),
							 S(Connected),	  S(Closing),
							 S(Closed),	  S(Initialising) };
	static const enum xenbus_state our_back[] = { S(InitWait), S(Connected), S(Connected),
						      S(Closing),  S(Closed),	 S(InitWait) };
	static const enum xenbus_state linux_back[] = { S(InitWait), S(InitWait), S(Connected),
							S(Closing), S(Closed) };
	static const enum xenbus_state our_front[] = { S(Initialised), S(Initialised), S(Connected),
						       S(Closed), S(Closed) };
	struct side back = start(PV_BACK), front = start(PV_FRONT);

	for (int i = 0; i < 6; i++) {
		while (step(&back, linux_front[i]))
			;
		assert_int_equal(back.bus.own, our_back[i]);
	}
	for (int i = 0; i < 5; i++) {
		while (step(&front, linux_back[i]))
			;
		assert_int_equal(front.bus.own, our_front[i]);
	}
}

/* netfront, when it is unloaded early, waits for the backend to say Closed. */
static void a_frontend_that_leaves_early(void **state)
{
	struct side back = start(PV_BACK);

	assert_true(step(&back, S(Initialising)));
	assert_int_equal(back.bus.own, S(InitWait));
	assert_true(step(&back, S(Closing)));
	assert_int_equal(back.bus.own, S(Closed));
	assert_false(step(&back, S(Closed)));
	assert_true(step(&back, S(Initialising)));
	assert_int_equal(back.bus.own, S(InitWait));
}

static void a_change_while_connected(void **state)
{
	static const enum xenbus_state way[] = { S(Reconfiguring), S(Reconfiguring),
						 S(Reconfigured), S(Connected), S(Connected) };
	struct pair p = settle((struct pair){ .side = { start(PV_BACK), start(PV_FRONT) } });

	pv_xenbus_reconfigure(&p.side[0].bus);
	for (int i = 0; i < 5; i++) {
		assert_true(step(&p.side[i & 1], shown(&p, !(i & 1))));
		assert_int_equal(shown(&p, i & 1), way[i]);
	}
	assert_false(step(&p.side[1], shown(&p, 0)));
}

static void own_faults(void **state)
{
	struct side s = start(PV_BACK);
	const struct pv_edge *edge = pv_xenbus_next(&s.bus, S(Unknown));

	pv_xenbus_done(&s.bus, edge);
	expect_assert_failure(pv_xenbus_done(&s.bus, edge));
	expect_assert_failure(pv_xenbus_failed(&s.bus, edge));
	pv_xenbus_init(&s.bus, PV_FRONT, S(Initialising));
	expect_assert_failure(pv_xenbus_done(&s.bus, edge));
	expect_assert_failure(pv_xenbus_reconfigure(&s.bus));
}

static void states_as_text(void **state)
{
	static const char *bad[] = { "", "9", "-1", "44", "4 ", " 4", "0x4", "four", "/" };
	char one[2] = "0";

	for (; one[0] <= '8'; one[0]++) {
		assert_int_equal(pv_xenbus_parse(one, 1), one[0] - '0');
		assert_int_equal(pv_xenbus_parse(one, 2), one[0] - '0');
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pv_xenbus_parse(bad[i], strlen(bad[i])), S(Unknown));
}

static void numbers(void **state)
{
	static const char *bad[] = { "",   "-1",  "+1",	   " 1",
				     "1 ", "0x1", "65537", "99999999999999999999999",
				     "1\n" };
	uint32_t n = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pv_parse_number(bad[i], strlen(bad[i]), 65536, &n), -XEN_EINVAL);
	assert_int_equal(pv_parse_number("1\0002", 3, 65536, &n), -XEN_EINVAL);
	assert_int_equal(n, 77);
	assert_int_equal(pv_parse_number("65536", 5, 65536, &n), 0);
	assert_int_equal(n, 65536);
	assert_int_equal(pv_parse_number("4294967295", 11, UINT32_MAX, &n), 0);
	assert_int_equal(n, UINT32_MAX);
}

static void queues_are_agreed(void **state)
{
	uint32_t n;

	assert_int_equal(pv_choose(NULL, 0, 1, 4), 1);
	assert_int_equal(pv_choose("2", 1, 1, 4), 2);
	assert_int_equal(pv_choose("8", 1, 1, 4), 4);
	assert_int_equal(pv_choose("0", 1, 1, 4), 1);
	assert_int_equal(pv_choose("many", 4, 1, 4), 1);
	assert_int_equal(pv_accept(NULL, 0, 1, 4, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(pv_accept("4", 1, 1, 4, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(pv_accept("5", 1, 1, 4, &n), -XEN_EINVAL);
	assert_int_equal(pv_accept("0", 1, 1, 4, &n), -XEN_EINVAL);
	assert_int_equal(pv_accept("4294967297", 10, 1, 4, &n), -XEN_EINVAL);
}

static void keys(void **state)
{
	char key[PV_KEY_MAX], name[80];

	assert_int_equal(pv_queue_key(key, 0, 1, "event-channel-tx"), 0);
	assert_string_equal(key, "event-channel-tx");
	assert_int_equal(pv_queue_key(key, 3, 4, "event-channel-tx"), 0);
	assert_string_equal(key, "queue-3/event-channel-tx");
	assert_int_equal(pv_page_key(key, 0, 1, "ring-ref", 0, 1), 0);
	assert_string_equal(key, "ring-ref");
	assert_int_equal(pv_page_key(key, 10, 11, "ring-ref", 15, 16), 0);
	assert_string_equal(key, "queue-10/ring-ref15");
	memset(name, 'x', sizeof(name));
	name[79] = '\0';
	assert_int_equal(pv_queue_key(key, 0, 1, name), -XEN_ERANGE);
	name[63] = '\0';
	assert_int_equal(pv_queue_key(key, 0, 1, name), 0);
	assert_string_equal(key, name);
	assert_int_equal(pv_page_key(key, 0, 1, name, 1, 2), -XEN_ERANGE);
	expect_assert_failure((void)pv_queue_key(key, 4, 4, "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(a_peer_that_stays_is_left_in_peace),
		cmocka_unit_test(a_peer_that_lies_gains_nothing),
		cmocka_unit_test(both_halves_always_find_an_end),
		cmocka_unit_test(the_usual_way),
		cmocka_unit_test(a_frontend_that_leaves_early),
		cmocka_unit_test(a_change_while_connected),
		cmocka_unit_test(own_faults),
		cmocka_unit_test(states_as_text),
		cmocka_unit_test(numbers),
		cmocka_unit_test(queues_are_agreed),
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
