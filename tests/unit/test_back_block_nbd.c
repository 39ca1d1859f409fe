/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/worker/*.c pv-drivers/ring/pv_ring.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
// libs: -luring
/*
 * The block service and an NBD server's disk: requests and replies, a server that is lost, and one
 * that talks nonsense.
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

static int start_nbd(int ends[2], bool resume)
{
	struct setup setup = plain;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	setup.flags = BLOCK_NBD | BLOCK_DISCARD;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_nbd_server_is_a_disk),
		cmocka_unit_test(a_lost_server_keeps_requests_for_the_next),
		cmocka_unit_test(a_server_that_talks_nonsense_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, forget_machine);
}
