/* SPDX-License-Identifier: MIT */
// sources: xenstore/daemon/core/*.c tests/unit/xs_fixture.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/daemon/core
/*
 * The shared ring: whole and broken messages, a peer that lies about everything, and a daemon that is killed
 * between any two of its steps.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "xs_fixture.h"

#include "ring.h"

#define GUEST 3

static struct conn *dom0;

/* The guest's side of its page. */
static struct xenstore_domain_interface *page;
static struct buf answers;

static int setup(void **state)
{
	fixture_setup(state);
	page = &fx.page[GUEST];
	dom0 = new_socket();
	new_domain(GUEST);
	store_flush(&fx.store);
	expect_ok(ASK(dom0, XS_MKDIR, 0, "/local/domain/3/data"));
	expect_ok(ASK(dom0, XS_SET_PERMS, 0, "/local/domain/3/data\0n3"));
	return 0;
}

static void introduce(void)
{
	expect_ok(ASK(dom0, XS_INTRODUCE, 0, "3\0" "1\0" "1"));
	store_flush(&fx.store);
}

static int teardown(void **state)
{
	buf_free(&answers);
	return fixture_teardown(state);
}

static struct conn *guest(void)
{
	return domain_find(&fx.store, GUEST)->conn;
}

/* Writes as much as fits; returns how much. */
static size_t put(const void *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && page->req_prod - page->req_cons < XENSTORE_RING_SIZE)
		page->req[MASK_XENSTORE_IDX(page->req_prod++)] = ((const char *)bytes)[n++];
	return n;
}

/* All that is there; no more than there can be, whatever the indices say. */
static void fetch(void)
{
	for (uint32_t n = 0; n < XENSTORE_RING_SIZE && page->rsp_cons != page->rsp_prod; n++)
		buf_append(&answers, &page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)], 1);
}

static void serve(void)
{
	ring_service(guest());
	store_flush(&fx.store);
	if (guest()->more) {
		guest()->more = false;
		ring_service(guest());
		store_flush(&fx.store);
	}
}

static void put_request(struct buf *to, uint32_t type, uint32_t req_id, const void *body, size_t len)
{
	const struct xsd_sockmsg head = { type, req_id, 0, (uint32_t)len };

	buf_append(to, &head, sizeof(head));
	buf_append(to, body, len);
}

static bool next_answer(struct message *message)
{
	if (answers.len < 16)
		return false;
	memcpy(message, buf_head(&answers), 16);
	if (answers.len < 16 + message->len)
		return false;
	memcpy(message->body, buf_head(&answers) + 16, message->len);
	message->body[message->len] = '\0';
	buf_consume(&answers, 16 + message->len);
	return true;
}

static void a_request_is_answered(void **state)
{
	struct buf out = { 0 };
	struct message got;

	put_request(&out, XS_GET_DOMAIN_PATH, 7, "3", 2);
	put(buf_head(&out), out.len);
	serve();
	fetch();
	assert_true(next_answer(&got));
	assert_int_equal(got.req_id, 7);
	assert_string_equal(got.body, "/local/domain/3");
	assert_int_equal(page->req_cons, page->req_prod);
	assert_true(fx.kicks[GUEST] > 0);
	assert_int_equal(page->server_features, XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
	buf_free(&out);
}

/* Everything from one byte at a time to messages larger than the ring, across its end and that of the indices. */
static void pieces_are_put_together(void **state)
{
	struct buf out = { 0 };
	struct message got;
	char body[4096] = "data/x";
	uint32_t id = 0, want = 0;

	srandom(4);
	guest()->in_index = guest()->out_index = 0xfffff000u;
	page->req_cons = page->req_prod = page->rsp_cons = page->rsp_prod = 0xfffff000u;
	for (int i = 0; i < 3000; i++) {
		if (!out.len) {
			size_t len = 7 + (size_t)random() % (i % 50 ? 100 : 2000);

			put_request(&out, XS_WRITE, ++id, body, len);
		}
		buf_consume(&out, put(buf_head(&out), 1 + (size_t)random() % out.len));
		if (random() & 1)
			serve();
		if (random() & 1)
			fetch();
		while (next_answer(&got)) {
			assert_int_equal(got.req_id, ++want);
			assert_string_equal(got.body, "OK");
		}
	}
	assert_true(want > 500);
	buf_free(&out);
}

static void an_index_that_lies_ends_it(void **state)
{
	static const uint32_t lies[] = { 1025, 2000, 0x80000000u, 0xffffffffu };

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		page->req_prod = page->req_cons + lies[i];
		serve();
		assert_true(guest()->ignored);
		assert_int_equal(page->error, XENSTORE_ERROR_RINGIDX);
		/* Introduced again, it is listened to again. */
		introduce();
		assert_false(guest()->ignored);
		assert_int_equal(page->error, XENSTORE_ERROR_NONE);
		a_request_is_answered(NULL);
		page->rsp_cons = page->rsp_prod - lies[i];
		put("\2\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0x", 18);
		serve();
		assert_int_equal(page->error, XENSTORE_ERROR_RINGIDX);
		introduce();
	}
}

static void our_own_indices_are_not_believed(void **state)
{
	struct buf out = { 0 };

	put_request(&out, XS_GET_DOMAIN_PATH, 7, "3", 2);
	put(buf_head(&out), out.len);
	page->req_cons += 100;
	page->rsp_prod += 5000;
	serve();
	/* What it writes over our indices is written back. */
	assert_int_equal(page->req_cons, 18);
	assert_int_equal(page->rsp_prod, 16 + sizeof("/local/domain/3"));
	assert_false(guest()->ignored);
	buf_free(&out);
}

static void too_long_a_message_ends_it(void **state)
{
	const struct xsd_sockmsg head = { XS_WRITE, 1, 0, 4097 };

	put(&head, sizeof(head));
	serve();
	assert_true(guest()->ignored);
	assert_int_equal(page->error, XENSTORE_ERROR_PROTO);
	put(&head, sizeof(head));
	serve();
	assert_int_equal(page->req_cons, 0);
}

static void half_a_message_waits(void **state)
{
	const struct xsd_sockmsg head = { XS_WRITE, 1, 0, 4096 };

	put(&head, sizeof(head));
	for (int i = 0; i < 10; i++)
		serve();
	assert_int_equal(guest()->in.len, sizeof(head));
	assert_int_equal(page->rsp_prod, 0);
}

static void it_may_ask_to_start_again(void **state)
{
	expect_ok(ASK(guest(), XS_WATCH, 0, "data\0t"));
	put("garbage", 7);
	serve();
	page->connection = XENSTORE_RECONNECT;
	serve();
	assert_int_equal(page->connection, XENSTORE_CONNECTED);
	assert_int_equal(guest()->nr_watches, 0);
	assert_int_equal(page->req_prod, 0);
	a_request_is_answered(NULL);
}

/* A guest that asks and never fetches answers is not listened to; memory is bounded, and nobody else waits. */
static void not_fetching_answers_stalls(void **state)
{
	struct buf out = { 0 };
	struct message got;
	uint32_t asked = 0, seen = 0;

	expect_ok(ASK(guest(), XS_WRITE, 0, "data/x\0" "0123456789012345678901234567890123456789"));
	for (int i = 0; i < 100000; i++) {
		if (!out.len)
			put_request(&out, XS_READ, ++asked, "data/x", 7);
		buf_consume(&out, put(buf_head(&out), out.len));
		serve();
	}
	assert_true(guest()->stalled);
	assert_true(guest()->out.len < 21 * MESSAGE_MAX);
	for (int i = 0; i < 10000 && seen < asked; i++) {
		fetch();
		buf_consume(&out, put(buf_head(&out), out.len));
		serve();
		while (next_answer(&got))
			assert_int_equal(got.req_id, ++seen);
	}
	assert_int_equal(seen, asked);
	buf_free(&out);
}

static void random_bytes_do_no_harm(void **state)
{
	srandom(5);
	for (int i = 0; i < 20000; i++) {
		unsigned char byte = (unsigned char)(random() % 5 ? 0 : random());

		switch (random() % 40) {
		case 0:
			((unsigned char *)page)[random() % 2080] = byte;
			break;
		case 1:
			introduce();
			break;
		default:
			put(&byte, 1);
		}
		serve();
		fetch();
		buf_clear(&answers);
	}
	assert_true(store_check(&fx.store));
}

/* Kill: the store is built anew from the journal. Indices the daemon had not yet published are put back. */
static void kill_it(const struct xenstore_domain_interface *before)
{
	if (random() & 1)
		page->req_cons = before->req_cons;
	if (random() & 1) {
		/* Killed after copying output, before publishing it; the guest has seen none of it. */
		page->rsp_prod = before->rsp_prod;
	}
	assert_true(fixture_reload(fx.journal.map, fx.journal.used, true) > 0);
	dom0 = new_socket();
}

/*
 * A counter as long as its text, incremented by a request each: a request done twice, or not at all, or
 * answered twice, shows. Watch events in between may come twice, but not be lost.
 */
static void nothing_is_lost_or_done_twice_when_killed(void **state)
{
	struct buf out = { 0 };
	struct message got;
	uint32_t asked = 0, seen = 0, events_seen = 0, kills = 0;
	char body[64];

	srandom(6);
	put_request(&out, XS_WATCH, 1000000, "data\0tok", 9);
	for (int i = 0; seen < 1500; i++) {
		struct xenstore_domain_interface before;

		assert_true(i < 1000000);
		if (!out.len) {
			/* Making a node a second time, or removing it, would be answered by an error. */
			size_t len = (size_t)sprintf(body, "data/%u", asked) + 1;

			put_request(&out, XS_MKDIR, ++asked, body, len);
			put_request(&out, XS_TRANSACTION_START, ++asked, "", 1);
			put_request(&out, XS_RM, ++asked, body, len);
		}
		buf_consume(&out, put(buf_head(&out), 1 + (size_t)random() % out.len));
		before = *page;
		if (random() % 3)
			ring_service(guest());
		if (random() % 3)
			store_flush(&fx.store);
		if (random() % 8 == 0) {
			kill_it(&before);
			kills++;
		}
		fetch();
		while (next_answer(&got)) {
			if (got.type == XS_WATCH_EVENT) {
				events_seen++;
				continue;
			}
			if (got.req_id == 1000000)
				continue;
			assert_int_equal(got.req_id, ++seen);
			/* More than ten are refused, which is an answer like another. */
			if (got.type == XS_ERROR)
				assert_string_equal(got.body, "ENOSPC");
			if (got.type == XS_TRANSACTION_START)
				assert_int_equal(atoi(got.body) > 0, 1);
		}
	}
	assert_true(kills > 100);
	assert_true(events_seen >= 900);
	assert_int_equal(guest()->nr_watches, 1);
	assert_int_equal(guest()->nr_txns, 10);
	buf_free(&out);
}

static void an_open_transaction_is_told_to_try_again(void **state)
{
	uint32_t id = begin_txn(guest());
	struct message owed;

	expect_ok(ASK(guest(), XS_WRITE, id, "data/x\0" "1"));
	fixture_reload(fx.journal.map, fx.journal.used, true);
	/* The ring was not flushed: all of it is owed still. */
	while (take(guest(), &owed))
		;
	expect_ok(ASK(guest(), XS_WRITE, id, "data/y\0" "1"));
	expect_error(ASK(guest(), XS_TRANSACTION_END, id, "T"), "EAGAIN");
	expect_error(ASK(guest(), XS_READ, 0, "data/y"), "ENOENT");
	id = begin_txn(guest());
	expect_ok(ASK(guest(), XS_WRITE, id, "data/y\0" "1"));
	expect_ok(ASK(guest(), XS_TRANSACTION_END, id, "T"));
}

/* A peer like Linux: head and body are written one after the other, and it tells only if it saw the ring empty. */
#define ASKED 20000
static int told, answered;

static void write_and_tell(const void *bytes, size_t len)
{
	uint32_t prod = page->req_prod;

	for (size_t i = 0; i < len; i++)
		page->req[MASK_XENSTORE_IDX(prod + i)] = ((const char *)bytes)[i];
	__atomic_store_n(&page->req_prod, prod + (uint32_t)len, __ATOMIC_SEQ_CST);
	if (prod == __atomic_load_n(&page->req_cons, __ATOMIC_SEQ_CST))
		__atomic_store_n(&told, 1, __ATOMIC_SEQ_CST);
}

static bool five_seconds_since(time_t start)
{
	return time(NULL) > start + 5;
}

static void *terse_peer(void *unused)
{
	const struct xsd_sockmsg head = { XS_GET_DOMAIN_PATH, 1, 0, 2 };
	const uint32_t reply = 16 + sizeof("/local/domain/3");

	for (int i = 0; i < ASKED; i++) {
		time_t start = time(NULL);

		write_and_tell(&head, sizeof(head));
		for (volatile int pause = i % 100; pause > 0; pause--)
			;
		write_and_tell("3", 2);
		while (__atomic_load_n(&page->rsp_prod, __ATOMIC_SEQ_CST) - page->rsp_cons < reply)
			if (five_seconds_since(start))
				return NULL;
		__atomic_store_n(&page->rsp_cons, page->rsp_cons + reply, __ATOMIC_SEQ_CST);
		__atomic_store_n(&answered, i + 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void a_peer_that_tells_only_of_an_empty_ring_is_not_left_waiting(void **state)
{
	time_t last = time(NULL);
	pthread_t peer;
	int seen = 0;

	assert_int_equal(pthread_create(&peer, NULL, terse_peer, NULL), 0);
	while (seen < ASKED && !five_seconds_since(last)) {
		int now = __atomic_load_n(&answered, __ATOMIC_SEQ_CST);

		if (__atomic_exchange_n(&told, 0, __ATOMIC_SEQ_CST) || guest()->more) {
			guest()->more = false;
			ring_service(guest());
			store_flush(&fx.store);
		}
		if (now != seen)
			last = time(NULL);
		seen = now;
	}
	pthread_join(peer, NULL);
	assert_int_equal(answered, ASKED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_request_is_answered),
		CASE(pieces_are_put_together),
		CASE(an_index_that_lies_ends_it),
		CASE(our_own_indices_are_not_believed),
		CASE(too_long_a_message_ends_it),
		CASE(half_a_message_waits),
		CASE(it_may_ask_to_start_again),
		CASE(not_fetching_answers_stalls),
		CASE(random_bytes_do_no_harm),
		CASE(nothing_is_lost_or_done_twice_when_killed),
		CASE(an_open_transaction_is_told_to_try_again),
		CASE(a_peer_that_tells_only_of_an_empty_ring_is_not_left_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
