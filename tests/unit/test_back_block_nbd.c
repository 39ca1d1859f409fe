/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/worker/*.c pv-drivers/ring/pv_ring.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
// cflags: -DBLOCK_LOG_BYTES=524288 -DJOURNAL_ROOM=1048576
// libs: -luring
/*
 * The block service and an NBD server's disk: requests and replies, a server that is lost, one that
 * talks nonsense, and one that dies with what it has answered in its memory.
 */
#include "back_front.h"

#include <endian.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire_request {
	uint32_t magic;
	uint16_t flags, type;
	uint64_t handle, offset;
	uint32_t length;
} __attribute__((packed));

/* Answers one request that waits on the server's end; false: none does. */
static bool serve_nbd(int fd, uint32_t error)
{
	struct wire_request request;
	struct {
		uint32_t magic, error;
		uint64_t handle;
	} reply = { htobe32(0x67446698), htobe32(error), 0 };

	if (recv(fd, &request, sizeof(request), MSG_DONTWAIT) != sizeof(request))
		return false;
	assert_int_equal(be32toh(request.magic), 0x25609513);
	reply.handle = request.handle;
	if (be16toh(request.type) == 1)
		assert_int_equal(recv(fd, machine->disk + be64toh(request.offset),
				      be32toh(request.length), MSG_WAITALL),
				 be32toh(request.length));
	send(fd, &reply, sizeof(reply), 0);
	if (be16toh(request.type) == 0 && !error)
		send(fd, machine->disk + be64toh(request.offset), be32toh(request.length), 0);
	return true;
}

static void pump(int fd)
{
	for (int i = 0; i < 200; i++) {
		serve_nbd(fd, 0);
		if (polled_fd >= 0)
			SERVICE->ready(&test_link, polled_fd, polled_events);
		settle(NULL);
	}
}

static uint32_t more_flags; /* of all disks */

static int start_nbd(int ends[2], bool resume)
{
	struct setup setup = plain;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	setup.flags = BLOCK_NBD | BLOCK_DISCARD | more_flags;
	setup.fd = ends[0];
	return start_service(&setup, resume);
}

static void an_nbd_server_is_a_disk(void **state)
{
	struct blkif_request r;
	struct blkif_response response;
	int ends[2];

	new_machine();
	open_front(1, 112);
	assert_int_equal(start_nbd(ends, false), 0);
	fill(10, 0x21);
	for (uint32_t i = 0; i < 8; i++) {
		r = data_request(i < 4 ? BLKIF_OP_WRITE : BLKIF_OP_READ, i, i % 4 * 8,
				 i < 4 ? 10 : 20 + i, 0, 7);
		put(&r);
		if (i != 3)
			continue;
		SERVICE->event(&test_link, 100); /* what is asked at once has no order */
		pump(ends[1]);
	}
	r = (struct blkif_request){ .operation = BLKIF_OP_FLUSH_DISKCACHE, .id = 8 };
	put(&r);
	SERVICE->event(&test_link, 100);
	pump(ends[1]);
	for (uint32_t i = 0; i < 9; i++) {
		assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
		assert_int_equal(response.status, BLKIF_RSP_OKAY);
	}
	assert_int_equal(machine->disk[0], 0x21);
	assert_int_equal(machine->page[24][0], 0x21);
	stop_service();
	close(ends[1]);
}

static void a_lost_server_keeps_requests_for_the_next(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 0, 10, 0, 7);
	struct blkif_response response;
	int ends[2];

	new_machine();
	open_front(1, 112);
	assert_int_equal(start_nbd(ends, false), 0);
	fill(10, 0x66);
	for (r.id = 0; r.id < 5; r.id++)
		put(&r);
	SERVICE->event(&test_link, 100);
	serve_nbd(ends[1], 5); /* the first gets an error */
	SERVICE->ready(&test_link, ends[0], EPOLLIN);
	close(ends[1]);
	SERVICE->ready(&test_link, ends[0], EPOLLIN);
	assert_true(told);
	settle(NULL);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
	assert_int_equal(response.status, BLKIF_RSP_ERROR);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 0);
	assert_true(SERVICE->disconnect(&test_link));
	assert_int_equal(start_nbd(ends, true), 0);
	pump(ends[1]);
	for (uint32_t i = 1; i < 5; i++) {
		assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
		assert_int_equal(response.status, BLKIF_RSP_OKAY);
	}
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 0);
	stop_service();
	close(ends[1]);
}

static void a_server_that_talks_nonsense_is_lost(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 0, 10, 0, 7);
	uint8_t nonsense[16] = { 1, 2, 3 };
	int ends[2];

	for (int kind = 0; kind < 2; kind++) {
		new_machine();
		open_front(1, 112);
		assert_int_equal(start_nbd(ends, false), 0);
		put(&r);
		SERVICE->event(&test_link, 100);
		if (kind) /* the right magic, a handle of nobody's */
			memcpy(nonsense, "\x67\x44\x66\x98\0\0\0\0\0\0\0\7\0\0\0\0", 16);
		send(ends[1], nonsense, sizeof(nonsense), 0);
		SERVICE->ready(&test_link, ends[0], EPOLLIN);
		assert_true(told);
		settle(NULL);
		assert_true(SERVICE->disconnect(&test_link));
		close(ends[1]);
	}
}

/* --- a server with a cache that dies --------------------------------------------------------- */

/*
 * What it has answered is in machine->disk; what it would lose by dying now is what differs from
 * stable, of which a cache may by chance have written anything.
 */
static uint8_t stable[sizeof(((struct machine *)0)->disk)];
static uint32_t flushes, fail_flushes;

/* One request; false: none waits. */
static bool serve_cached(int fd)
{
	struct wire_request request;
	bool is_flush;

	if (recv(fd, &request, sizeof(request), MSG_DONTWAIT | MSG_PEEK) != sizeof(request))
		return false;
	is_flush = be16toh(request.type) == 3;
	flushes += is_flush;
	if (is_flush && !fail_flushes)
		memcpy(stable, machine->disk, sizeof(stable));
	return serve_nbd(fd, is_flush ? fail_flushes : 0);
}

static void hear(void)
{
	if (polled_fd >= 0)
		SERVICE->ready(&test_link, polled_fd, polled_events);
	settle(NULL);
}

/* Pages it had not written are as they were, or, some of them, not. */
static void die_with_cache(int fd, uint64_t *seed)
{
	for (uint32_t page = 0; page < sizeof(stable) / 4096; page++)
		if (pv_random(seed) % 4)
			memcpy(machine->disk + page * 4096, stable + page * 4096, 4096);
	memcpy(stable, machine->disk, sizeof(stable));
	close(fd);
	hear();
}

#define CACHED_PAGES (DISK_SECTORS / 8)

/* What the frontend knows: the value it wrote to each page last, and what is on its way. */
struct knowledge {
	uint8_t value[CACHED_PAGES];
	bool asked[CACHED_PAGES];
	uint8_t asked_value[CACHED_PAGES];
	uint32_t under_way;
	uint64_t answered;
};

static void ask_something(struct knowledge *k, uint64_t *seed)
{
	uint32_t page = (uint32_t)(pv_random(seed) % CACHED_PAGES);
	struct blkif_request r = data_request(BLKIF_OP_WRITE, page, page * 8, 10 + page, 0, 7);

	if (k->asked[page] || k->under_way == 30)
		return;
	if (pv_random(seed) % 40 == 0) {
		r = (struct blkif_request){ .operation = BLKIF_OP_FLUSH_DISKCACHE, .id = 1000 };
	} else {
		k->asked[page] = true;
		k->asked_value[page] = (uint8_t)pv_random(seed);
		fill(10 + page, k->asked_value[page]);
	}
	put(&r);
	k->under_way++;
}

static void take_answers(struct knowledge *k)
{
	struct blkif_response response;

	while (pv_ring_take(&front, &response, sizeof(response)) == 1) {
		k->under_way--;
		k->answered++;
		assert_int_equal(response.status, BLKIF_RSP_OKAY);
		if (response.id == 1000)
			continue;
		assert_true(k->asked[response.id]);
		k->asked[response.id] = false;
		k->value[response.id] = k->asked_value[response.id];
	}
}

static void check_known(const struct knowledge *k)
{
	for (uint32_t page = 0; page < CACHED_PAGES; page++)
		for (uint32_t at = 0; at < 4096 && !k->asked[page]; at += 4095)
			assert_int_equal(machine->disk[page * 4096 + at], k->value[page]);
}

/* The worker dies (and with it the server, in an orderly way) or the server alone does not. */
static void replace_server(int ends[2], uint64_t *seed)
{
	if (pv_random(seed) % 3 == 0) {
		kill_service();
		close(ends[0]);
		close(ends[1]);
		polled_fd = -1;
		memcpy(stable, machine->disk, sizeof(stable));
	} else {
		die_with_cache(ends[1], seed);
		assert_true(SERVICE->disconnect(&test_link));
	}
	assert_int_equal(start_nbd(ends, true), 0);
}

static void serve_all(int fd, struct knowledge *k)
{
	for (int i = 0; i < 2000; i++) {
		bool any = serve_cached(fd);

		hear();
		take_answers(k);
		if (!any && !k->under_way)
			return;
	}
}

static void what_a_dead_server_had_answered_is_written_again(void **state)
{
	uint64_t seed = 20261121;
	struct knowledge k = { 0 };
	int ends[2];

	new_machine();
	memset(stable, 0, sizeof(stable));
	flushes = 0;
	open_front(1, 112);
	assert_int_equal(start_nbd(ends, false), 0);
	for (uint32_t step = 0; step < 40000; step++) {
		switch (pv_random(&seed) % 4) {
		case 0:
		case 1:
			ask_something(&k, &seed);
			SERVICE->event(&test_link, 100);
			settle(NULL);
			break;
		default:
			serve_cached(ends[1]);
			hear();
			take_answers(&k);
		}
		/* Rarely enough that the log is filled now and then, often also amid a replay. */
		if (pv_random(&seed) % 700 == 0 || (step % 5000 < 40 && step % 8 == 0)) {
			replace_server(ends, &seed);
			if (pv_random(&seed) % 2) {
				serve_all(ends[1], &k);
				check_known(&k);
			}
		}
	}
	serve_all(ends[1], &k);
	check_known(&k);
	assert_int_equal(k.under_way, 0);
	assert_true(k.answered > 5000 && flushes > 10);
	stop_service();
	close(ends[1]);
}

static int ask_nbd(int fd, const struct blkif_request *request)
{
	struct blkif_response response;

	put(request);
	SERVICE->event(&test_link, 100);
	settle(NULL);
	while (serve_cached(fd))
		hear();
	return pv_ring_take(&front, &response, sizeof(response)) == 1 ? response.status : 99;
}

static void a_log_that_cannot_be_emptied_is_told(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 0, 10, 0, 7);
	struct blkif_response response;
	uint32_t errors = 0, answers = 0;
	int ends[2];

	new_machine();
	open_front(1, 112);
	assert_int_equal(start_nbd(ends, false), 0);
	fail_flushes = 28;
	for (uint32_t i = 0; i < 200; i++) {
		put(&r);
		SERVICE->event(&test_link, 100);
		settle(NULL);
		while (serve_cached(ends[1]))
			hear();
		while (pv_ring_take(&front, &response, sizeof(response)) == 1) {
			answers++;
			errors += response.status != BLKIF_RSP_OKAY;
		}
	}
	fail_flushes = 0;
	assert_int_equal(answers, 200);
	assert_in_range(errors, 50, 100);
	assert_int_equal(ask_nbd(ends[1], &r), BLKIF_RSP_OKAY);
	stop_service();
	close(ends[1]);
}

static void what_cannot_be_written_again_ends_the_disk(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 0, 10, 0, 7);
	struct blkif_response response;
	int ends[2];

	new_machine();
	open_front(1, 112);
	assert_int_equal(start_nbd(ends, false), 0);
	assert_int_equal(ask_nbd(ends[1], &r), BLKIF_RSP_OKAY);
	close(ends[1]);
	hear();
	assert_true(SERVICE->disconnect(&test_link));
	assert_int_equal(start_nbd(ends, true), 0);
	put(&r);
	SERVICE->event(&test_link, 100);
	settle(NULL);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 0);
	assert_true(serve_nbd(ends[1], 28));
	hear();
	assert_true(told);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
	assert_int_equal(response.status, BLKIF_RSP_ERROR);
	r.operation = BLKIF_OP_READ;
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	stop_service();
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_nbd_server_is_a_disk),
		cmocka_unit_test(a_lost_server_keeps_requests_for_the_next),
		cmocka_unit_test(a_server_that_talks_nonsense_is_lost),
		cmocka_unit_test(what_a_dead_server_had_answered_is_written_again),
		cmocka_unit_test(a_log_that_cannot_be_emptied_is_told),
		cmocka_unit_test(what_cannot_be_written_again_ends_the_disk),
	};
	int failed = cmocka_run_group_tests(tests, NULL, forget_machine);

	more_flags = BLOCK_PERSISTENT; /* and all again */
	return failed + cmocka_run_group_tests(tests, NULL, forget_machine);
}
