/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/ring/pv_ring.c pv-drivers/ring/pv_ids.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring
// libs: -lpthread
/*
 * Request rings and ids: small rings walked through all their states with every kind of index a
 * peer may show, peers that lie, rewrite, stall and die at each step, and two honest halves in two
 * threads.
 */
#include "pv_fixture.h"

#include <xen/io/blkif.h>
#include <xen/io/netif.h>

#include "pv_ids.h"
#include "pv_ring.h"

/* A message says its number several times, so that a wrong slot, or a torn one, shows. */
struct message {
	uint32_t number[3];
};

static void *memory;
static size_t bytes;
static struct pv_ring front, back;

static struct message make(uint32_t number)
{
	return (struct message){ { number, ~number, number * 2654435761u } };
}

static bool is(const struct message *m, uint32_t number)
{
	struct message right = make(number);

	return !memcmp(m, &right, sizeof(right));
}

/* Exactly the bytes of the ring, so that the sanitizer sees each step beside it. */
static void begin(uint32_t nr_slots, uint32_t start)
{
	bytes = sizeof(struct pv_ring_page) + nr_slots * sizeof(struct message);
	memory = realloc(memory, bytes);
	assert_int_equal(pv_front_init(&front, memory, bytes, sizeof(struct message), start), 0);
	assert_int_equal(pv_back_init(&back, memory, bytes, sizeof(struct message), start), 0);
	assert_int_equal(front.nr_slots, nr_slots);
}

static int put(struct pv_ring *ring, uint32_t number)
{
	struct message m = make(number);

	return pv_ring_put(ring, &m, sizeof(m));
}

static int take(struct pv_ring *ring, uint32_t expected)
{
	struct message m;
	int rc = pv_ring_take(ring, &m, sizeof(m));

	if (rc == 1)
		assert_true(is(&m, expected));
	return rc;
}

static int teardown(void **state)
{
	free(memory);
	memory = NULL;
	return 0;
}

static void layout(void **state)
{
	struct blkif_sring *s = NULL;

	assert_int_equal(offsetof(struct blkif_sring, ring), sizeof(struct pv_ring_page));
	assert_int_equal(offsetof(struct blkif_sring, rsp_prod),
			 offsetof(struct pv_ring_page, rsp_prod));
	assert_int_equal(offsetof(struct blkif_sring, req_event),
			 offsetof(struct pv_ring_page, req_event));
	assert_int_equal(offsetof(struct blkif_sring, rsp_event),
			 offsetof(struct pv_ring_page, rsp_event));
	for (size_t order = 0; order <= 4; order++) {
		size_t size = PV_PAGE_SIZE << order;

		assert_int_equal(pv_ring_slots(size, sizeof(union blkif_sring_entry)),
				 __RING_SIZE(s, size));
		assert_int_equal(pv_ring_slots(size, sizeof(union netif_tx_sring_entry)),
				 __CONST_RING_SIZE(netif_tx, size));
	}
	assert_int_equal(pv_ring_slots(PV_PAGE_SIZE, sizeof(union blkif_sring_entry)), 32);
}

static void bad_geometry(void **state)
{
	static uint32_t area[64];

	assert_int_equal(pv_ring_slots(PV_PAGE_SIZE, 0), 0);
	assert_int_equal(pv_ring_slots(63, 1), 0);
	assert_int_equal(pv_ring_slots(64, 1), 0);
	assert_int_equal(pv_ring_slots(64 + 7, 8), 0);
	assert_int_equal(pv_ring_slots(64 + 8, 8), 1);
	assert_int_equal(pv_ring_slots(64 + 31, 8), 2);
	assert_int_equal(pv_ring_slots(SIZE_MAX, 1), 0);
	assert_int_equal(pv_ring_slots(PV_PAGE_SIZE, SIZE_MAX), 0);
	assert_int_equal(pv_front_init(&front, (char *)area + 1, 128, 8, 0), -XEN_EINVAL);
	assert_int_equal(pv_back_init(&back, area, 60, 8, 0), -XEN_EINVAL);
}

/*
 * Brings both halves to a state: the frontend has shown shown requests since the start, the backend
 * has taken taken and answered answered of them, and the frontend has seen those answers up to
 * used.
 */
static void bring(uint32_t start, uint32_t shown, uint32_t taken, uint32_t answered, uint32_t used)
{
	for (uint32_t i = 0; i < shown; i++) {
		assert_int_equal(put(&front, start + i), 0);
	}
	(void)pv_ring_push(&front);
	for (uint32_t i = 0; i < taken; i++)
		assert_int_equal(take(&back, start + i), 1);
	for (uint32_t i = 0; i < answered; i++)
		assert_int_equal(put(&back, ~(start + i)), 0);
	(void)pv_ring_push(&back);
	for (uint32_t i = 0; i < used; i++)
		assert_int_equal(take(&front, ~(start + i)), 1);
}

/* Shows a half one index; says if it believes it and has the right number of messages. */
static void show_back(uint32_t index, uint32_t start, uint32_t shown, uint32_t taken,
		      uint32_t answered)
{
	uint32_t n = back.nr_slots, step = index - (start + taken), count = 0;
	uint32_t low = back.seen - (start + taken), high = answered + n - taken;
	struct message m;
	int rc;

	back.page->req_prod = index;
	while ((rc = pv_ring_take(&back, &m, sizeof(m))) == 1)
		assert_true(++count <= n);
	/* What it saw before it may still take; then the lie is found out. */
	if (step < low || step > high) {
		assert_int_equal(rc, -XEN_EIO);
		assert_int_equal(count, low);
		assert_true(back.fault != PV_FAULT_NONE);
		back.page->req_prod = start + shown;
		assert_int_equal(pv_ring_take(&back, &m, sizeof(m)), -XEN_EIO);
		assert_int_equal(pv_ring_sleep(&back, 1), -XEN_EIO);
		assert_int_equal(put(&back, 0), -XEN_EIO);
		assert_false(pv_ring_push(&back));
	} else {
		assert_int_equal(rc, 0);
		assert_int_equal(count, step);
	}
}

static void show_front(uint32_t index, uint32_t start, uint32_t shown, uint32_t used)
{
	uint32_t step = index - (start + used), count = 0;
	uint32_t low = front.seen - (start + used), high = shown - used;
	struct message m;
	int rc;

	front.page->rsp_prod = index;
	while ((rc = pv_ring_take(&front, &m, sizeof(m))) == 1)
		assert_true(++count <= front.nr_slots);
	if (step < low || step > high) {
		assert_int_equal(rc, -XEN_EIO);
		assert_int_equal(count, low);
		assert_int_equal(put(&front, 0), -XEN_EIO);
	} else {
		assert_int_equal(rc, 0);
		assert_int_equal(count, step);
	}
}

static const uint32_t starts[] = { 0, 5, UINT32_MAX, UINT32_MAX - 2, UINT32_MAX - 6, 0x7ffffffe };
#define NR_STARTS (sizeof(starts) / sizeof(starts[0]))

/* Indexes around all that matter, and far away. */
static uint32_t wild(uint32_t start, uint32_t n, uint32_t i)
{
	static const uint32_t far[] = { 0x40000000, 0x7fffffff, 0x80000000,
					0x80000001, 0xc0000000, 0xdeadbeef };
	uint32_t near = 6 * n + 5;

	return i < near ? start - 2 * n - 2 + i : start + far[i - near];
}

static void walk_from(uint32_t n, uint32_t start)
{
	for (uint32_t shown = 0; shown <= n; shown++)
		for (uint32_t taken = 0; taken <= shown; taken++)
			for (uint32_t answered = 0; answered <= taken; answered++)
				for (uint32_t used = 0; used <= answered; used++)
					for (uint32_t i = 0; i < 6 * n + 5 + 6; i++) {
						begin(n, start);
						bring(start, shown, taken, answered, used);
						show_back(wild(start, n, i), start, shown, taken,
							  answered);
						begin(n, start);
						bring(start, shown, taken, answered, used);
						show_front(wild(start, n, i), start, shown, used);
					}
}

static void walk_index_space(void **state)
{
	for (uint32_t n = 1; n <= 8; n *= 2)
		for (size_t s = 0; s < NR_STARTS; s++)
			walk_from(n, starts[s]);
}

/* Each 32-bit index would take minutes; a million, spread over all, in one state. */
static void wild_indexes_everywhere(void **state)
{
	uint64_t seed = 1;

	begin(4, 0xfffffffe);
	bring(0xfffffffe, 3, 2, 1, 0);
	for (int i = 0; i < 1000000; i++) {
		struct pv_ring saved = back;
		uint32_t index = pv_random(&seed);
		int rc;

		back.page->req_prod = index;
		rc = pv_ring_sleep(&back, 1);
		if (index - saved.pushed > 4 || index - saved.cons < saved.seen - saved.cons)
			assert_int_equal(rc, -XEN_EIO);
		else
			assert_true(rc >= 0);
		/* One it saw before the lie is there still; with a fault it is not given out. */
		assert_int_equal(take(&back, 0xfffffffe + 2), rc < 0 ? rc : 1);
		back = saved;
	}
}

static void full_and_empty(void **state)
{
	begin(4, UINT32_MAX - 1);
	assert_int_equal(take(&back, 0), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(put(&front, i), 0);
	assert_int_equal(pv_ring_room(&front), 0);
	assert_int_equal(put(&front, 4), -XEN_ENOSPC);
	assert_int_equal(take(&back, 0), 0); /* not pushed yet */
	assert_true(pv_ring_push(&front));
	assert_false(pv_ring_push(&front));
	assert_int_equal(pv_ring_in_flight(&front), 4);
	assert_int_equal(take(&back, 0), 1);
	assert_int_equal(put(&back, 100), 0);
	expect_assert_failure(put(&back, 101)); /* nothing to answer: our own fault */
}

/* What a peer has shown it cannot take back, though as many as it now claims would still fit. */
static void takes_back_what_it_showed(void **state)
{
	for (uint32_t back_by = 1; back_by <= 3; back_by++) {
		begin(4, UINT32_MAX - 1);
		bring(UINT32_MAX - 1, 4, 1, 0, 0); /* all four are seen, three not yet taken */
		back.page->req_prod -= back_by;
		assert_int_equal(pv_ring_sleep(&back, 1), -XEN_EIO);
		assert_int_equal(back.fault, PV_FAULT_INDEX_BACK);
		begin(4, UINT32_MAX - 1);
		bring(UINT32_MAX - 1, 4, 4, 4, 1);
		front.page->rsp_prod -= back_by;
		assert_int_equal(pv_ring_sleep(&front, 1), -XEN_EIO);
		assert_int_equal(front.fault, PV_FAULT_INDEX_BACK);
	}
}

/* A backend answers a request that was written but never shown to it. */
static void answers_the_unasked(void **state)
{
	begin(4, UINT32_MAX);
	bring(UINT32_MAX, 1, 1, 1, 0);
	assert_int_equal(put(&front, 1), 0);
	front.page->rsp_prod += 1;
	assert_int_equal(take(&front, 0), -XEN_EIO);
	assert_int_equal(front.fault, PV_FAULT_INDEX_AHEAD);
}

/* The event index counts: one event for the message that was asked for, none before, none after. */
static void hysteresis(void **state)
{
	begin(8, UINT32_MAX - 3);
	bring(UINT32_MAX - 3, 8, 8, 0, 0);
	assert_int_equal(pv_ring_sleep(&front, 3), 0);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(put(&back, i), 0);
		assert_int_equal(pv_ring_push(&back), i == 2);
		assert_int_equal(pv_ring_sleep(&front, 3), i >= 2);
		if (i < 2)
			continue;
		front.page->rsp_event = front.cons + 3; /* as it was, for the later pushes */
	}
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(take(&front, i), 1);
	assert_int_equal(pv_ring_sleep(&front, 100), 0); /* nothing in flight: for the next one */
	assert_int_equal(front.page->rsp_event, front.cons + 1);
	assert_int_equal(pv_ring_sleep(&back, 100), 0);
	assert_int_equal(back.page->req_event, back.cons + 8);
}

/* Whatever event index a peer shows, only a notification is at stake. */
static void wild_event_index(void **state)
{
	uint64_t seed = 7;

	begin(4, 0);
	for (uint32_t i = 0; i < 100000; i++) {
		back.page->req_event = pv_random(&seed);
		front.page->rsp_event = pv_random(&seed);
		assert_int_equal(put(&front, i), 0);
		(void)pv_ring_push(&front);
		assert_int_equal(take(&back, i), 1);
		assert_int_equal(put(&back, ~i), 0);
		(void)pv_ring_push(&back);
		assert_int_equal(take(&front, ~i), 1);
	}
}

/* The copy is private: whatever happens to the slot later, and to all of the page. */
static void rewritten_after_taking(void **state)
{
	struct message m;

	begin(2, 0);
	bring(0, 2, 0, 0, 0);
	assert_int_equal(pv_ring_take(&back, &m, sizeof(m)), 1);
	memset(memory, 0xff, bytes);
	assert_true(is(&m, 0));
	back.page->req_prod = 2;
	assert_int_equal(pv_ring_take(&back, &m, sizeof(m)), 1);
	assert_int_equal(m.number[0], UINT32_MAX); /* what is there when it is copied */
}

static volatile bool stop;

static void *rewrite(void *unused)
{
	uint64_t seed = 3;

	while (!stop)
		for (size_t i = sizeof(struct pv_ring_page); i < bytes; i += 4)
			__atomic_store_n((uint32_t *)((char *)memory + i), pv_random(&seed),
					 __ATOMIC_RELAXED);
	return NULL;
}

static void rewritten_while_taking(void **state)
{
	pthread_t peer;

	begin(4, 0);
	stop = false;
	assert_int_equal(pthread_create(&peer, NULL, rewrite, NULL), 0);
	for (int i = 0; i < 200000; i++) {
		struct message m, once;

		assert_int_equal(put(&front, 0), 0);
		(void)pv_ring_push(&front);
		assert_int_equal(pv_ring_take(&back, &m, sizeof(m)), 1);
		once = m;
		assert_memory_equal(&once, &m, sizeof(m));
		assert_int_equal(put(&back, 0), 0);
		(void)pv_ring_push(&back);
		assert_int_equal(pv_ring_take(&front, &m, sizeof(m)), 1);
	}
	stop = true;
	pthread_join(peer, NULL);
}

/* A peer that dies after any of its steps: the other has no more than a ring of work, then rests.
 */
static void dies_at_each_step(void **state)
{
	for (uint32_t dead = 0; dead < 40; dead++) {
		uint32_t step = 0, asked = 0, got = 0, answered = 0;

		begin(4, UINT32_MAX - 4);
		for (int turn = 0; turn < 30; turn++) {
			struct message m;

			if (step < dead && ++step && pv_ring_room(&front))
				assert_int_equal(put(&front, asked++), 0);
			if (step < dead && ++step)
				(void)pv_ring_push(&front);
			while (pv_ring_take(&back, &m, sizeof(m)) == 1)
				assert_true(is(&m, got++));
			while (pv_ring_room(&back))
				assert_int_equal(put(&back, answered++), 0);
			(void)pv_ring_push(&back);
			if (step < dead && ++step)
				while (pv_ring_take(&front, &m, sizeof(m)) == 1)
					;
		}
		assert_int_equal(pv_ring_sleep(&back, 1), 0);
		assert_int_equal(answered, got);
		assert_true(got <= asked);
	}
}

/* A backend that stalls: the frontend fills the ring, is told so, and sleeps; nothing spins. */
static void stalls(void **state)
{
	begin(4, 0);
	bring(0, 4, 2, 0, 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(put(&front, 9), -XEN_ENOSPC);
		assert_int_equal(take(&front, 0), 0);
		assert_int_equal(pv_ring_sleep(&front, 1), 0);
		assert_false(pv_ring_push(&front));
	}
}

/* A backend is killed and another one goes on where it had published its last response. */
static void backend_resumes(void **state)
{
	begin(4, UINT32_MAX);
	bring(UINT32_MAX, 4, 3, 2, 1);
	assert_int_equal(put(&back, 77), 0); /* written, never published */
	assert_int_equal(pv_back_init(&back, memory, bytes, sizeof(struct message),
				      pv_back_resume_index(memory)),
			 0);
	assert_int_equal(pv_ring_room(&back), 0);
	for (uint32_t i = 0; i < 2; i++) {
		struct message m;

		assert_int_equal(pv_ring_take(&back, &m, sizeof(m)), 1);
	}
	assert_int_equal(take(&back, 0), 0);
	back.page->req_prod = back.pushed + 5;
	assert_int_equal(take(&back, 0), -XEN_EIO);
}

static void ids(void **state)
{
	uint32_t next[4], id;
	struct pv_ids t;
	bool had[4] = { false };

	pv_ids_init(&t, next, 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pv_ids_get(&t, &id), 0);
		assert_true(id < 4 && !had[id]);
		had[id] = true;
	}
	assert_int_equal(pv_ids_get(&t, &id), -XEN_ENOSPC);
	assert_int_equal(pv_ids_put(&t, 2), 0);
	assert_int_equal(pv_ids_get(&t, &id), 0);
	assert_int_equal(id, 2);
	assert_int_equal(pv_ids_put(&t, 2), 0);
	assert_int_equal(pv_ids_put(&t, 2), -XEN_EIO); /* answered twice */
	assert_int_equal(t.fault, PV_FAULT_ID);
	assert_int_equal(pv_ids_put(&t, 1), -XEN_EIO); /* and believed no more */
}

static void wild_ids(void **state)
{
	static const uint64_t lies[] = { 0,	     3,		 4,	    5, UINT32_MAX - 1,
					 UINT32_MAX, 1ull << 32, UINT64_MAX };

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		uint32_t next[4], id;
		struct pv_ids t;

		pv_ids_init(&t, next, 4);
		assert_int_equal(pv_ids_get(&t, &id), 0);
		assert_int_equal(id, 0);
		assert_int_equal(pv_ids_put(&t, lies[i]), lies[i] ? -XEN_EIO : 0);
	}
	pv_ids_init(&(struct pv_ids){ 0 }, NULL, 0);
}

/* Two threads, sleeping and waking by event indexes only: no message and no wake-up is lost. */
#define MESSAGES 300000

static sem_t front_bell, back_bell;
static volatile bool lost;

static void *honest_backend(void *unused)
{
	uint32_t number = 0;

	while (number < MESSAGES) {
		struct message m;
		int rc = pv_ring_take(&back, &m, sizeof(m));

		if (rc == 1) {
			lost |= !is(&m, number) || put(&back, ~number);
			number++;
			if (number % 3 == 0 && pv_ring_push(&back))
				pv_ring_bell(&front_bell);
			continue;
		}
		if (pv_ring_push(&back))
			pv_ring_bell(&front_bell);
		rc = pv_ring_sleep(&back, 1);
		if (rc < 0 || (!rc && !pv_wait_bell(&back_bell))) {
			lost = true;
			break;
		}
	}
	if (pv_ring_push(&back))
		pv_ring_bell(&front_bell);
	return NULL;
}

static void run_frontend(uint32_t batch)
{
	uint32_t asked = 0, answered = 0;

	while (answered < MESSAGES) {
		int rc;

		while (asked < MESSAGES && pv_ring_room(&front))
			assert_int_equal(put(&front, asked++), 0);
		if (pv_ring_push(&front))
			pv_ring_bell(&back_bell);
		while ((rc = take(&front, ~answered)) == 1)
			answered++;
		assert_int_equal(rc, 0);
		if (answered == MESSAGES || (asked < MESSAGES && pv_ring_room(&front)))
			continue;
		rc = pv_ring_sleep(&front, batch);
		assert_true(rc >= 0);
		if (!rc)
			assert_true(pv_wait_bell(&front_bell));
	}
}

static void two_threads(void **state)
{
	for (uint32_t n = 1; n <= 64; n *= 8) {
		pthread_t peer;

		begin(n, UINT32_MAX - 100);
		lost = false;
		sem_init(&front_bell, 0, 0);
		sem_init(&back_bell, 0, 0);
		assert_int_equal(pthread_create(&peer, NULL, honest_backend, NULL), 0);
		run_frontend(n / 2);
		pthread_join(peer, NULL);
		assert_false(lost);
	}
}

/* The same page, with a peer that scribbles over the indexes meanwhile: never out of bounds, and it
 * ends. */
static void *scribble(void *unused)
{
	uint64_t seed = 11;

	while (!stop) {
		uint32_t *word = (uint32_t *)memory + pv_random(&seed) % 4;

		__atomic_fetch_add(word, pv_random(&seed) % 3, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void scribbled_indexes(void **state)
{
	for (int round = 0; round < 300; round++) {
		pthread_t peer;
		int rc;

		begin(4, 0);
		stop = false;
		assert_int_equal(pthread_create(&peer, NULL, scribble, NULL), 0);
		do {
			struct message m;

			rc = pv_ring_take(&back, &m, sizeof(m));
			if (rc == 1)
				assert_int_equal(put(&back, 1), 0);
			(void)pv_ring_push(&back);
		} while (rc >= 0);
		stop = true;
		pthread_join(peer, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout),
		cmocka_unit_test(bad_geometry),
		cmocka_unit_test(walk_index_space),
		cmocka_unit_test(wild_indexes_everywhere),
		cmocka_unit_test(full_and_empty),
		cmocka_unit_test(takes_back_what_it_showed),
		cmocka_unit_test(answers_the_unasked),
		cmocka_unit_test(hysteresis),
		cmocka_unit_test(wild_event_index),
		cmocka_unit_test(rewritten_after_taking),
		cmocka_unit_test(rewritten_while_taking),
		cmocka_unit_test(dies_at_each_step),
		cmocka_unit_test(stalls),
		cmocka_unit_test(backend_resumes),
		cmocka_unit_test(ids),
		cmocka_unit_test(wild_ids),
		cmocka_unit_test(two_threads),
		cmocka_unit_test(scribbled_indexes),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
