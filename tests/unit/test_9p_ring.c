/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/9pfs/worker/p9_server.c pv-drivers/back/9pfs/worker/p9_[adfinoprw]*.c pv-drivers/ring/pv_stream.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/back/9pfs/worker
/*
 * 9P over a ring: many requests at once, a guest that lies about indexes and sizes, a guest that
 * does not take its responses, and a worker that dies between any two steps.
 */
#include "p9_fixture.h"

#include "p9_ring.h"

#define ORDER 3u
#define BYTES (PV_PAGE_SIZE << (ORDER - 1))

static struct xen_9pfs_data_intf *intf;
static uint8_t *data;
static struct pv_stream guest_out, guest_in;
static struct p9_ring ring;
static struct p9_journal journal;

static void attach_guest(void)
{
	assert_int_equal(pv_stream_init_writer(&guest_out, data + BYTES, BYTES, &intf->out_prod,
					       &intf->out_cons),
			 0);
	assert_int_equal(
	    pv_stream_init_reader(&guest_in, data, BYTES, &intf->in_prod, &intf->in_cons), 0);
}

static int setup(void **state)
{
	p9_make_dir();
	memset(&journal, 0, sizeof(journal));
	intf = calloc(1, PV_PAGE_SIZE);
	data = malloc(2 * BYTES);
	intf->out_prod = intf->out_cons = 0xfffff000; /* across the end of the numbers soon */
	intf->in_prod = intf->in_cons = 0xffffffff;
	p9_begin(P9_SECURITY_NONE, false, "9P2000.L", &journal.server);
	assert_int_equal(p9_ring_init(&ring, intf, data, ORDER, BYTES, &journal.rings[0], false),
			 0);
	attach_guest();
	return 0;
}

static int teardown(void **state)
{
	p9_ring_free(&ring);
	p9_server_free(&p9);
	free(intf);
	free(data);
	p9_remove_dir();
	return 0;
}

static void say(uint8_t type, uint16_t tag, const char *format, ...)
{
	va_list args;
	uint32_t size;

	va_start(args, format);
	size = p9_vbuild(p9_request, sizeof(p9_request), type, tag, format, args);
	va_end(args);
	assert_int_equal(pv_stream_write_all(&guest_out, p9_request, size), 0);
}

/* The next response; -EAGAIN: none. */
static int hear(uint8_t type, uint16_t tag)
{
	uint8_t head[4];
	struct p9_in in = { head, head + 4, false };
	uint32_t size;

	if (pv_stream_read_all(&guest_in, head, 4))
		return -EAGAIN;
	size = p9_get32(&in);
	memcpy(p9_response, head, 4);
	assert_int_equal(pv_stream_read_all(&guest_in, p9_response + 4, size - 4), 0);
	return p9_open_reply(p9_response, size, type, tag);
}

static void many_at_once(void **state)
{
	for (uint16_t round = 0; round < 100; round++) {
		for (uint16_t i = 0; i < 50; i++)
			say(P9_TGETATTR, i, "wd", 1, (uint64_t)0x7ff);
		assert_int_equal(p9_ring_run(&ring, &p9, 20), 20);
		assert_int_equal(p9_ring_run(&ring, &p9, 100), 30);
		for (uint16_t i = 0; i < 50; i++)
			assert_int_equal(hear(P9_TGETATTR, i), 0);
		assert_int_equal(hear(0, 0), -EAGAIN);
	}
}

static void a_request_in_pieces(void **state)
{
	uint32_t size =
	    p9_build(p9_request, sizeof(p9_request), P9_TGETATTR, 3, "wd", 1, (uint64_t)0x7ff);

	for (uint32_t i = 0; i < size; i++) {
		assert_int_equal(p9_ring_run(&ring, &p9, 1), 0);
		assert_int_equal(pv_stream_write_all(&guest_out, p9_request + i, 1), 0);
	}
	assert_int_equal(p9_ring_run(&ring, &p9, 1), 1);
	assert_int_equal(hear(P9_TGETATTR, 3), 0);
}

static void a_guest_that_does_not_listen(void **state)
{
	int answered = 0, more;

	for (int i = 0; i < 200; i++)
		say(P9_TGETATTR, (uint16_t)i, "wd", 1, (uint64_t)0x7ff);
	while ((more = p9_ring_run(&ring, &p9, 10)) > 0)
		answered += more;
	assert_int_equal(more, 0);
	assert_int_equal(answered, BYTES / 160);
	for (int i = 0; i < 200; i++) {
		int rc = hear(P9_TGETATTR, (uint16_t)i);

		if (rc == -EAGAIN) {
			assert_true(p9_ring_run(&ring, &p9, 200) > 0);
			rc = hear(P9_TGETATTR, (uint16_t)i);
		}
		assert_int_equal(rc, 0);
	}
}

static void expect_fault(void)
{
	assert_int_equal(p9_ring_run(&ring, &p9, 10), -EIO);
	teardown(NULL);
	setup(NULL);
}

static void lies(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 6, BYTES + 1, 0x7fffffff, 0xffffffff };

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		assert_int_equal(pv_stream_write_all(&guest_out, &sizes[i], 4), 0);
		expect_fault();
	}
	intf->out_prod += BYTES + 1;
	expect_fault();
	intf->out_prod -= 1;
	expect_fault();
	intf->in_cons += 1;
	say(P9_TGETATTR, 1, "wd", 1, (uint64_t)0);
	expect_fault();
	say(P9_TGETATTR, 1, "wd", 1, (uint64_t)0);
	intf->out_cons = 12345; /* ours: never read again */
	assert_int_equal(p9_ring_run(&ring, &p9, 10), 1);
}

/* Another worker takes over what is in shared memory and the journal. */
static void take_over(void)
{
	int root = open(p9_dir, O_RDONLY | O_DIRECTORY);

	p9_ring_free(&ring);
	p9_server_free(&p9);
	assert_int_equal(
	    p9_server_init(&p9, root, P9_SECURITY_NONE, false, P9_MSIZE_MAX, &journal.server), 0);
	p9_server_resume(&p9);
	assert_int_equal(p9_ring_init(&ring, intf, data, ORDER, BYTES, &journal.rings[0], true), 0);
}

/*
 * The steps of one request: begun, carried out, answered, published. The worker dies before each;
 * the guest gets one answer, and a folder is made at most once.
 */
static void death_between_steps(void **state)
{
	struct xen_9pfs_data_intf before;
	struct p9_ring_journal begun;

	/* Before it had begun. */
	say(P9_TMKDIR, 1, "wsww", 1, "a", 0755, getgid());
	take_over();
	assert_int_equal(p9_ring_run(&ring, &p9, 10), 1);
	assert_int_equal(hear(P9_TMKDIR, 1), 0);

	/* Begun, perhaps carried out, not answered: shared memory as before, the journal as after.
	 */
	before = *intf;
	say(P9_TMKDIR, 2, "wsww", 1, "b", 0755, getgid());
	assert_int_equal(p9_ring_run(&ring, &p9, 10), 1);
	begun = journal.rings[0];
	begun.begun = 1;
	journal.rings[0] = begun;
	intf->in_prod = before.in_prod;
	intf->out_cons = before.out_cons;
	take_over();
	assert_int_equal(p9_ring_run(&ring, &p9, 10), 1);
	attach_guest();
	assert_int_equal(hear(P9_TMKDIR, 2), -EIO);
	assert_int_equal(hear(0, 0), -EAGAIN);

	/* Answered, not published. */
	before = *intf;
	say(P9_TMKDIR, 3, "wsww", 1, "c", 0755, getgid());
	assert_int_equal(p9_ring_run(&ring, &p9, 10), 1);
	journal.rings[0].begun = 1;
	intf->out_cons = before.out_cons;
	take_over();
	assert_int_equal(p9_ring_run(&ring, &p9, 10), 1);
	assert_int_equal(hear(P9_TMKDIR, 3), 0);
	assert_int_equal(hear(0, 0), -EAGAIN);

	/* All done. */
	take_over();
	say(P9_TGETATTR, 4, "wd", 1, (uint64_t)0);
	assert_int_equal(p9_ring_run(&ring, &p9, 10), 1);
	assert_int_equal(hear(P9_TGETATTR, 4), 0);
}

/* Anything in the ring: each run ends, with answers or the device given up. */
static void random_bytes(void **state)
{
	uint64_t seed = 0x91f5;

	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < 20; i++) {
			uint8_t bytes[64];
			uint32_t size = P9_HEADER + pv_random(&seed) % 50;

			for (unsigned int k = 0; k < sizeof(bytes); k++)
				bytes[k] = (uint8_t)(pv_random(&seed) % 5 ? pv_random(&seed) % 4
									  : pv_random(&seed));
			if (pv_random(&seed) % 32) {
				memcpy(bytes, &size, 4);
				bytes[4] = (uint8_t)(pv_random(&seed) % 64 * 2);
			}
			if (pv_stream_write_all(&guest_out, bytes, size))
				break;
		}
		if (p9_ring_run(&ring, &p9, 1000) < 0 || !(round % 16)) {
			teardown(NULL);
			setup(NULL);
		}
		intf->in_cons = intf->in_prod;
		guest_in.mine = intf->in_cons;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_request_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(a_guest_that_does_not_listen, setup, teardown),
		cmocka_unit_test_setup_teardown(lies, setup, teardown),
		cmocka_unit_test_setup_teardown(death_between_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(random_bytes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
