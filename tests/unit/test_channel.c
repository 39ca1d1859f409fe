/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/console/worker/channel.c pv-drivers/ring/pv_stream.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/back/console/worker
/* A channel's bytes: peers that do not read, hang up, come back; workers that die; guests that lie. */
#include "pv_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"

static struct xencons_interface page;
static struct channel channel;
static struct pv_stream guest_out, guest_in;
static int ends[2];

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	memset(&page, 0, sizeof(page));
	page.out_prod = page.out_cons = 0xfffffc00;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(channel_init(&channel, &page), 0);
	assert_int_equal(pv_stream_init_writer(&guest_out, page.out, sizeof(page.out),
					       &page.out_prod, &page.out_cons),
			 0);
	assert_int_equal(pv_stream_init_reader(&guest_in, page.in, sizeof(page.in), &page.in_prod,
					       &page.in_cons),
			 0);
	return 0;
}

static int teardown(void **state)
{
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void say(const char *text)
{
	assert_int_equal(pv_stream_write_all(&guest_out, text, (uint32_t)strlen(text)), 0);
}

static void both_ways(void **state)
{
	char text[64];

	say("from the guest");
	assert_int_equal(channel_run(&channel, ends[0]), CHANNEL_NOTIFY | CHANNEL_WANTS_READ);
	assert_int_equal(read(ends[1], text, sizeof(text)), 14);
	assert_int_equal(page.out_cons, page.out_prod);
	assert_int_equal(write(ends[1], "to the guest", 12), 12);
	assert_int_equal(channel_run(&channel, ends[0]), CHANNEL_NOTIFY | CHANNEL_WANTS_READ);
	assert_int_equal(pv_stream_read(&guest_in, text, sizeof(text)), 12);
	assert_memory_equal(text, "to the guest", 12);
	assert_int_equal(channel_run(&channel, ends[0]), CHANNEL_WANTS_READ);
}

/* Without a peer bytes stay in the ring, with the next one they come. */
static void peers_come_and_go(void **state)
{
	char text[64];

	say("first");
	assert_int_equal(channel_run(&channel, -1), 0);
	assert_int_equal(page.out_prod - page.out_cons, 5);
	close(ends[1]);
	assert_int_equal(channel_run(&channel, ends[0]) & CHANNEL_HUNG_UP, CHANNEL_HUNG_UP);
	assert_int_equal(page.out_prod - page.out_cons, 5);
	close(ends[0]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	/* Another worker: what was not written is in the ring still. */
	assert_int_equal(channel_init(&channel, &page), 0);
	say(" second");
	assert_true(channel_run(&channel, ends[0]) & CHANNEL_NOTIFY);
	assert_int_equal(read(ends[1], text, sizeof(text)), 12);
	assert_memory_equal(text, "first second", 12);
}

static void slow_peers_hold_the_guest(void **state)
{
	static uint8_t chunk[2000], got[4096];
	uint64_t sent = 0, received = 0;
	ssize_t n;
	int rc = 0;

	while (!(rc & CHANNEL_WANTS_WRITE)) {
		for (unsigned int i = 0; i < sizeof(chunk); i++)
			chunk[i] = (uint8_t)((sent + i) % 251);
		sent += (uint64_t)pv_stream_write(&guest_out, chunk, sizeof(chunk));
		rc = channel_run(&channel, ends[0]);
		assert_true(rc >= 0);
	}
	while (received < sent) {
		n = read(ends[1], got, sizeof(got));
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(got[i], (received + (uint64_t)i) % 251);
		received += n > 0 ? (uint64_t)n : 0;
		assert_true(channel_run(&channel, ends[0]) >= 0);
	}
	assert_int_equal(page.out_prod, page.out_cons);
	/* And a slow guest holds the peer. */
	memset(chunk, 'x', sizeof(chunk));
	assert_int_equal(write(ends[1], chunk, 1500), 1500);
	assert_int_equal(channel_run(&channel, ends[0]), CHANNEL_NOTIFY);
	assert_int_equal(channel_run(&channel, ends[0]), 0);
	assert_int_equal(page.in_prod - page.in_cons, 1024);
	assert_int_equal(pv_stream_read(&guest_in, got, sizeof(got)), 1024);
	assert_int_equal(channel_run(&channel, ends[0]), CHANNEL_NOTIFY | CHANNEL_WANTS_READ);
}

static void lies(void **state)
{
	page.out_prod += 2049;
	assert_int_equal(channel_run(&channel, ends[0]), -EIO);
	teardown(state);
	setup(state);
	page.in_cons += 1;
	assert_int_equal(channel_run(&channel, ends[0]), -EIO);
	teardown(state);
	setup(state);
	page.in_cons = 5000;
	assert_int_equal(channel_init(&channel, &page), -EIO);
}

/* A guest that writes anything anywhere: the channel works or is given up, and no more. */
static void a_wild_guest(void **state)
{
	uint32_t *const indexes[] = { &page.out_prod, &page.out_cons, &page.in_prod, &page.in_cons };
	static uint8_t bytes[4096];
	uint64_t seed = 0xc4a, given_up = 0;

	for (int i = 0; i < 100000; i++) {
		uint32_t *index = indexes[pv_random(&seed) % 4];

		page.out[pv_random(&seed) % sizeof(page.out)] = (char)i;
		page.out_prod += pv_random(&seed) % 700;
		page.in_cons = pv_random(&seed) % 8 ? page.in_prod : page.in_cons;
		if (!(pv_random(&seed) % 64))
			*index = pv_random(&seed) % 2 ? *index + pv_random(&seed) % 3000
						      : pv_random(&seed);
		if (!(pv_random(&seed) % 4))
			(void)!write(ends[1], bytes, pv_random(&seed) % 3000);
		if (channel_run(&channel, ends[0]) >= 0 && pv_random(&seed) % 16) {
			while (read(ends[1], bytes, sizeof(bytes)) > 0)
				;
			continue;
		}
		given_up++;
		teardown(state);
		setup(state);
	}
	assert_true(given_up > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(peers_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(slow_peers_hold_the_guest, setup, teardown),
		cmocka_unit_test_setup_teardown(lies, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wild_guest, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
