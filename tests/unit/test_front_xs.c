/* SPDX-License-Identifier: MIT */
// sources: tests/unit/front_fixture.c pv-drivers/front/xs.c pv-drivers/ring/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -DREAL_XS -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/front -Itests/unit -Dprintf=guest_printf
/*
 * The xenstore client against a daemon of the test's: whole and piecemeal answers, events in
 * between, errors by name, answers to others, none at all or too late, nonsense.
 */
#include "pv_fixture.h"
#include "front_fixture.h"

#include "pv_stream.h"

static struct xenstore_domain_interface page;
static struct pv_stream requests, replies;

static struct {
	uint8_t in[8192], out[16384];
	uint32_t in_len, out_len, out_sent;
	uint32_t piece; /* bytes told a turn; 0: all */
	uint32_t delay; /* turns before an answer */
	bool silent, event_first, wrong_id_first;
	struct xsd_sockmsg last; /* the request */
	char last_body[4096];
	uint32_t answer_type;
	const char *answer;
	uint32_t answer_len;
	unsigned int nr;
} server;

static void queue(uint32_t type, uint32_t req_id, const void *body, uint32_t len)
{
	struct xsd_sockmsg head = { type, req_id, 0, len };

	assert_true(server.out_len + sizeof(head) + len <= sizeof(server.out));
	memcpy(server.out + server.out_len, &head, sizeof(head));
	memcpy(server.out + server.out_len + sizeof(head), body, len);
	server.out_len += (uint32_t)sizeof(head) + len;
}

static void handle(void)
{
	server.nr++;
	if (server.silent)
		return;
	if (server.event_first)
		queue(XS_WATCH_EVENT, 0,
		      "some/path\0"
		      "1",
		      12);
	if (server.wrong_id_first)
		queue(XS_READ, server.last.req_id - 1, "other", 5);
	queue(server.answer_type ? server.answer_type : server.last.type, server.last.req_id,
	      server.answer, server.answer_len);
}

/* One turn: hears some, says some. */
static void turn(void)
{
	int64_t got =
	    pv_stream_read(&requests, server.in + server.in_len, sizeof(server.in) - server.in_len);
	uint32_t left;

	assert_true(got >= 0);
	server.in_len += (uint32_t)got;
	while (server.in_len >= sizeof(server.last)) {
		uint32_t whole;

		memcpy(&server.last, server.in, sizeof(server.last));
		whole = (uint32_t)sizeof(server.last) + server.last.len;
		if (server.in_len < whole)
			break;
		memcpy(server.last_body, server.in + sizeof(server.last), server.last.len);
		server.in_len -= whole;
		memmove(server.in, server.in + whole, server.in_len);
		handle();
	}
	if (server.delay && server.out_len) {
		server.delay--;
		return;
	}
	left = server.out_len - server.out_sent;
	if (server.piece && left > server.piece)
		left = server.piece;
	got = pv_stream_write(&replies, server.out + server.out_sent, left);
	if (got > 0)
		server.out_sent += (uint32_t)got;
	if (server.out_sent == server.out_len)
		server.out_sent = server.out_len = 0;
	xs_event(NULL);
}

static void begin(void)
{
	fake_reset();
	memset(&page, 0, sizeof(page));
	memset(&server, 0, sizeof(server));
	server.answer = "OK";
	server.answer_len = 3;
	assert_int_equal(pv_stream_init_reader(&requests, page.req, sizeof(page.req),
					       &page.req_prod, &page.req_cons),
			 0);
	assert_int_equal(pv_stream_init_writer(&replies, page.rsp, sizeof(page.rsp), &page.rsp_prod,
					       &page.rsp_cons),
			 0);
	assert_int_equal(xs_init(&page, 1), 0);
	fake.idle = turn;
}

static void answer(const char *text)
{
	server.answer = text;
	server.answer_len = (uint32_t)strlen(text);
}

static void calls(void **state)
{
	char value[32];
	uint32_t tx;

	for (uint32_t piece = 0; piece < 20; piece++) {
		begin();
		server.piece = piece;
		server.event_first = piece & 1;
		server.wrong_id_first = piece & 2;
		answer("the value");
		assert_int_equal(xs_read(5, "a/b", value, sizeof(value)), 9);
		assert_string_equal(value, "the value");
		assert_int_equal(server.last.type, XS_READ);
		assert_int_equal(server.last.tx_id, 5);
		assert_int_equal(server.last.len, 4);
		assert_string_equal(server.last_body, "a/b");
		assert_int_equal(xs_read(0, "a/b", value, 9), -XEN_E2BIG);
		assert_int_equal(xs_write(0, "a", "bc"), 0);
		assert_int_equal(server.last.len, 4);
		assert_memory_equal(server.last_body, "a\0bc", 4);
		answer("77");
		assert_int_equal(xs_begin(&tx), 0);
		assert_int_equal(tx, 77);
		answer("");
		assert_int_equal(xs_begin(&tx), -XEN_EIO);
		assert_int_equal(xs_end(77, true), 0);
		assert_string_equal(server.last_body, "T");
	}
}

static void errors(void **state)
{
	static const struct {
		const char *name;
		int error;
	} cases[] = { { "ENOENT", -XEN_ENOENT },
		      { "EAGAIN", -XEN_EAGAIN },
		      { "EACCES", -XEN_EACCES },
		      { "EWHATEVER", -XEN_EIO },
		      { "", -XEN_EIO } };
	char value[32];

	begin();
	server.answer_type = XS_ERROR;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answer(cases[i].name);
		assert_int_equal(xs_read(0, "a", value, sizeof(value)), cases[i].error);
	}
}

/* A request longer than the ring, an answer of the longest kind. */
static void long_ones(void **state)
{
	static char text[4200], value[4200];

	begin();
	memset(text, 'x', 4000);
	assert_int_equal(xs_write(0, "a", text), 0);
	assert_int_equal(server.last.len, 4002);
	memset(text, 'y', 4096);
	answer(text);
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), 4096);
	assert_string_equal(value, text);
	text[4096] = 0;
	assert_int_equal(xs_write(0, "a", text), -XEN_E2BIG);
	answer("still there");
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), 11);
}

static void silence(void **state)
{
	char value[32];
	uint64_t start;

	begin();
	start = fake.now;
	server.silent = true;
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), -XEN_ETIMEDOUT);
	assert_true(fake.now - start <= XS_TIMEOUT + 10 * TIME_MS);
	server.silent = false;
	answer("now");
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), 3);
}

/* The answer comes after the caller left: it is nobody's, above all not the next caller's. */
static void too_late(void **state)
{
	char value[32];

	begin();
	answer("late");
	server.delay = 5010;
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), -XEN_ETIMEDOUT);
	answer("right");
	assert_int_equal(xs_read(0, "b", value, sizeof(value)), 5);
	assert_string_equal(value, "right");
}

/* A daemon that stopped reading in the middle: the rest goes first when it reads again. */
static void half_read(void **state)
{
	static char text[3000];
	char value[32];

	begin();
	fake.idle = NULL;
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(xs_write(0, "a", text), -XEN_ETIMEDOUT);
	assert_int_equal(xs_read(0, "b", value, sizeof(value)), -XEN_ETIMEDOUT);
	fake.idle = turn;
	answer("fine");
	assert_int_equal(xs_read(0, "b", value, sizeof(value)), 4);
	assert_string_equal(value, "fine");
	assert_int_equal(server.nr, 2);
}

static void watches(void **state)
{
	struct xs_watch watch = { .path = "some/path" }, other = { .path = "else" };

	begin();
	assert_int_equal(xs_watch_add(&watch), 0);
	assert_int_equal(xs_watch_add(&other), 0);
	assert_int_equal(watch.token, 1);
	server.event_first = true;
	assert_int_equal(xs_write(0, "a", "b"), 0);
	assert_true(watch.fired);
	assert_false(other.fired);
	xs_watch_remove(&watch);
	watch.fired = false;
	assert_int_equal(xs_write(0, "a", "b"), 0);
	assert_false(watch.fired);
	server.answer_type = XS_ERROR;
	answer("EACCES");
	assert_int_equal(xs_watch_add(&watch), -XEN_EACCES);
	server.answer_type = 0;
	assert_int_equal(xs_write(0, "a", "b"), 0);
	xs_watch_remove(&other);
}

static void broken(void **state)
{
	struct xsd_sockmsg head = { XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1 };
	char value[32];

	begin();
	assert_int_equal(pv_stream_write_all(&replies, &head, sizeof(head)), 0);
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), -XEN_EIO);
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), -XEN_EIO);
	begin();
	page.rsp_prod = 5000;
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), -XEN_EIO);
	begin();
	page.req_cons = 77;
	assert_int_equal(xs_read(0, "a", value, sizeof(value)), -XEN_EIO);
}

static uint64_t seed = 20240819;

static void babble(void)
{
	uint8_t bytes[64];
	struct xsd_sockmsg head = { pv_random(&seed) % 24, pv_random(&seed) % 40, 0,
				    pv_random(&seed) % 40 };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(pv_random(&seed) % 8 ? '0' + pv_random(&seed) % 10 : 0);
	if (pv_random(&seed) % 4096 == 0)
		head.len = pv_random(&seed);
	if (pv_stream_ready(&replies) >= (int64_t)(sizeof(head) + sizeof(bytes))) {
		(void)!pv_stream_write_all(&replies, &head, sizeof(head));
		(void)!pv_stream_write(&replies, bytes, head.len < 64 ? head.len : 64);
	}
	if (pv_random(&seed) % 5000 == 0)
		page.rsp_prod += pv_random(&seed) % 2000;
	page.req_cons = pv_random(&seed) % 3000 ? page.req_prod : pv_random(&seed);
	xs_event(NULL);
}

static void fuzz(void **state)
{
	struct xs_watch watch = { .path = "p" };
	char value[64];

	for (unsigned int round = 0; round < 200; round++) {
		begin();
		fake.idle = babble;
		for (unsigned int i = 0; i < 20; i++) {
			uint32_t tx;

			assert_true(xs_read(0, "a", value, sizeof(value)) < 64);
			assert_true(xs_write(0, "a", "b") <= 0);
			assert_true(xs_begin(&tx) <= 0);
			if (!xs_watch_add(&watch))
				xs_watch_remove(&watch);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls),   cmocka_unit_test(errors),   cmocka_unit_test(long_ones),
		cmocka_unit_test(silence), cmocka_unit_test(too_late), cmocka_unit_test(half_read),
		cmocka_unit_test(watches), cmocka_unit_test(broken),   cmocka_unit_test(fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
