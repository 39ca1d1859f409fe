/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/ring/pv_stream.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring
// libs: -lpthread
/*
 * Byte streams: every fill level and position of small ones against every kind of index,
 * all-or-nothing messages, the layouts of console, xenstore and 9pfs, and two threads.
 */
#include "pv_fixture.h"

#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

#include "pv_stream.h"

static uint32_t prod, cons;
static uint8_t *buffer;
static struct pv_stream writer, reader;

static void begin(uint32_t size, uint32_t start, uint32_t filled)
{
	buffer = realloc(buffer, size);
	memset(buffer, 0, size);
	prod = start + filled;
	cons = start;
	assert_int_equal(pv_stream_init_writer(&writer, buffer, size, &prod, &cons), 0);
	assert_int_equal(pv_stream_init_reader(&reader, buffer, size, &prod, &cons), 0);
}

static int teardown(void **state)
{
	free(buffer);
	buffer = NULL;
	return 0;
}

static void bad_geometry(void **state)
{
	uint32_t words[2] = { 0, 0 };
	uint8_t bytes[16];
	uint32_t *odd = (uint32_t *)((uintptr_t)words + 1);

	assert_int_equal(pv_stream_init_writer(&writer, bytes, 0, &words[0], &words[1]),
			 -XEN_EINVAL);
	assert_int_equal(pv_stream_init_writer(&writer, bytes, 12, &words[0], &words[1]),
			 -XEN_EINVAL);
	assert_int_equal(pv_stream_init_reader(&reader, bytes, 1u << 31, &words[0], &words[1]),
			 -XEN_EINVAL);
	assert_int_equal(pv_stream_init_reader(&reader, bytes, 16, odd, &words[1]), -XEN_EINVAL);
	words[0] = 17;
	assert_int_equal(pv_stream_init_reader(&reader, bytes, 16, &words[0], &words[1]), -XEN_EIO);
	assert_int_equal(pv_stream_ready(&reader), -XEN_EIO);
	words[0] = UINT32_MAX;
	assert_int_equal(pv_stream_init_writer(&writer, bytes, 16, &words[0], &words[1]), -XEN_EIO);
}

/* A peer's new index, distance away from its last one; honest: forward, by at most what it can. */
static void show(struct pv_stream *s, uint32_t *index, uint32_t distance, uint32_t most,
		 uint32_t before)
{
	uint8_t out[64];

	*index += distance;
	if (distance <= most) {
		assert_int_equal(pv_stream_ready(s), before + distance);
		return;
	}
	assert_int_equal(pv_stream_ready(s), -XEN_EIO);
	*index -= distance;
	assert_int_equal(pv_stream_ready(s), -XEN_EIO); /* it stays so */
	assert_int_equal(s->writer ? pv_stream_write(s, out, 1) : pv_stream_read(s, out, 1),
			 -XEN_EIO);
	assert_int_equal(s->writer ? pv_stream_write_all(s, out, 1) : pv_stream_read_all(s, out, 1),
			 -XEN_EIO);
}

static void walk_index_space(void **state)
{
	static const uint32_t starts[] = { 0, 3, UINT32_MAX, UINT32_MAX - 3, 0x7ffffffc };
	static const uint32_t far[] = { 0x40000000, 0x7fffffff, 0x80000000, 0x80000001,
					0xdeadbeef };

	for (uint32_t size = 1; size <= 16; size *= 2)
		for (size_t s = 0; s < 5; s++)
			for (uint32_t filled = 0; filled <= size; filled++)
				for (uint32_t i = 0; i < 4 * size + 4 + 5; i++) {
					uint32_t d = i < 4 * size + 4 ? i - 2 * size - 2
								      : far[i - 4 * size - 4];

					begin(size, starts[s], filled);
					show(&reader, &prod, d, size - filled, filled);
					begin(size, starts[s], filled);
					show(&writer, &cons, d, filled, size - filled);
				}
}

/* Every position, fill level and length: the bytes come out as they went in, none outside is
 * touched. */
static void every_position(void **state)
{
	for (uint32_t at = 0; at < 16; at++)
		for (uint32_t filled = 0; filled <= 8; filled++)
			for (uint32_t len = 0; len <= 10; len++) {
				uint8_t in[10], out[18];
				uint32_t fits = len < 8 - filled ? len : 8 - filled;

				begin(8, UINT32_MAX - 8 + at, 0);
				for (uint8_t i = 0; i < 10; i++)
					in[i] = (uint8_t)(i + 100);
				assert_int_equal(pv_stream_write(&writer, in, filled), filled);
				assert_int_equal(pv_stream_write(&writer, in, len), fits);
				assert_int_equal(pv_stream_read(&reader, out, sizeof(out)),
						 filled + fits);
				assert_memory_equal(out, in, filled);
				assert_memory_equal(out + filled, in, fits);
				assert_int_equal(pv_stream_read(&reader, out, 1), 0);
			}
}

static void all_or_nothing(void **state)
{
	uint8_t bytes[9] = "abcdefgh", out[9];

	begin(8, 6, 0);
	assert_int_equal(pv_stream_write_all(&writer, bytes, 9), -XEN_EMSGSIZE);
	assert_int_equal(pv_stream_write_all(&writer, bytes, 5), 0);
	assert_int_equal(pv_stream_write_all(&writer, bytes, 4), -XEN_EAGAIN);
	assert_int_equal(prod, 11);
	assert_int_equal(pv_stream_read_all(&reader, out, 6), -XEN_EAGAIN);
	assert_int_equal(pv_stream_read_all(&reader, out, 9), -XEN_EMSGSIZE);
	assert_int_equal(cons, 6);
	assert_int_equal(pv_stream_read_all(&reader, out, 5), 0);
	assert_memory_equal(out, bytes, 5);
	assert_int_equal(pv_stream_read_all(&reader, out, 0), 0);
}

/* Only our private index counts: a peer that writes ours confuses nobody but itself. */
static void own_index_rewritten(void **state)
{
	uint8_t out[8];

	begin(8, 0, 0);
	assert_int_equal(pv_stream_write(&writer, "abcd", 4), 4);
	assert_int_equal(pv_stream_read(&reader, out, 2), 2);
	cons = 0x12345678;
	assert_int_equal(pv_stream_read(&reader, out, 8), 2);
	assert_memory_equal(out, "cd", 2);
	assert_int_equal(cons, 4);
}

static void wrong_end(void **state)
{
	uint8_t byte = 0;

	begin(8, 0, 0);
	expect_assert_failure((void)pv_stream_write(&reader, &byte, 1));
	expect_assert_failure((void)pv_stream_read(&writer, &byte, 1));
	expect_assert_failure((void)pv_stream_write_all(&reader, &byte, 1));
	expect_assert_failure((void)pv_stream_read_all(&writer, &byte, 1));
}

/* A writer that dies between the bytes and the index, or half-way through a message. */
static void dies_at_each_step(void **state)
{
	const char *message = "a message";

	for (uint32_t dead = 0; dead < 9; dead++) {
		uint8_t out[16];

		begin(16, 12, 0);
		memcpy(buffer, message, 4);
		assert_int_equal(pv_stream_read(&reader, out, 16), 0);
		assert_int_equal(pv_stream_write(&writer, message, dead), dead);
		assert_int_equal(pv_stream_read_all(&reader, out, 9), -XEN_EAGAIN);
		assert_int_equal(pv_stream_ready(&reader), dead);
		/* Another one goes on where it stopped. */
		assert_int_equal(pv_stream_init_writer(&writer, buffer, 16, &prod, &cons), 0);
		assert_int_equal(pv_stream_write(&writer, message + dead, 9 - dead), 9 - dead);
		assert_int_equal(pv_stream_read_all(&reader, out, 9), 0);
		assert_memory_equal(out, message, 9);
	}
}

static void known_layouts(void **state)
{
	struct xencons_interface *con = calloc(1, sizeof(*con));
	struct xenstore_domain_interface *xs = calloc(1, sizeof(*xs));
	uint8_t out[4];

	assert_int_equal(pv_stream_init_writer(&writer, con->out, sizeof(con->out), &con->out_prod,
					       &con->out_cons),
			 0);
	assert_int_equal(pv_stream_write(&writer, "hi\n", 3), 3);
	assert_memory_equal(con->out, "hi\n", 3);
	assert_int_equal(con->out_prod, 3);
	assert_int_equal(
	    pv_stream_init_reader(&reader, xs->rsp, sizeof(xs->rsp), &xs->rsp_prod, &xs->rsp_cons),
	    0);
	memcpy(xs->rsp, "ok", 2);
	xs->rsp_prod = 2;
	assert_int_equal(pv_stream_read_all(&reader, out, 2), 0);
	assert_int_equal(xs->rsp_cons, 2);
	free(con);
	free(xs);
}

#define TOTAL 2000000u

static volatile bool lost;

static void *write_thread(void *unused)
{
	uint64_t seed = 5;
	uint32_t sent = 0;

	while (sent < TOTAL) {
		uint8_t bytes[100];
		uint32_t len = pv_random(&seed) % sizeof(bytes);
		int64_t n;

		for (uint32_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)((sent + i) * 31 >> 3);
		n = pv_stream_write(&writer, bytes, len < TOTAL - sent ? len : TOTAL - sent);
		if (n < 0) {
			lost = true;
			return NULL;
		}
		if (!n)
			sched_yield();
		sent += (uint32_t)n;
	}
	return NULL;
}

static void two_threads(void **state)
{
	pthread_t peer;
	uint64_t seed = 9;
	uint32_t got = 0;

	begin(64, UINT32_MAX - 1000, 0);
	lost = false;
	assert_int_equal(pthread_create(&peer, NULL, write_thread, NULL), 0);
	while (got < TOTAL && !lost) {
		uint8_t bytes[80];
		int64_t n = pv_stream_read(&reader, bytes, pv_random(&seed) % sizeof(bytes));

		assert_true(n >= 0);
		for (int64_t i = 0; i < n; i++, got++)
			assert_int_equal(bytes[i], (uint8_t)(got * 31 >> 3));
		if (!n)
			sched_yield();
	}
	pthread_join(peer, NULL);
	assert_false(lost);
}

static volatile bool stop;

static void *scribble(void *unused)
{
	uint64_t seed = 13;

	while (!stop)
		__atomic_fetch_add(&prod, pv_random(&seed) % 7, __ATOMIC_RELAXED);
	return NULL;
}

static void scribbled_index(void **state)
{
	for (int round = 0; round < 300; round++) {
		pthread_t peer;
		int64_t n;

		begin(16, 0, 0);
		stop = false;
		assert_int_equal(pthread_create(&peer, NULL, scribble, NULL), 0);
		do {
			uint8_t bytes[16];

			n = pv_stream_read(&reader, bytes, sizeof(bytes));
			assert_true(n <= 16);
		} while (n >= 0);
		stop = true;
		pthread_join(peer, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_geometry),	       cmocka_unit_test(walk_index_space),
		cmocka_unit_test(every_position),      cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(own_index_rewritten), cmocka_unit_test(wrong_end),
		cmocka_unit_test(dies_at_each_step),   cmocka_unit_test(known_layouts),
		cmocka_unit_test(two_threads),	       cmocka_unit_test(scribbled_index),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
