/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/worker/*.c pv-drivers/ring/pv_ring.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
// libs: -luring
/*
 * The block service: right requests, wrong ones one by one, a million made by a frontend that lies,
 * and its death after each instruction that changed what outlives it.
 */
#include "back_fixture.h"

#include <endian.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct pv_ring front;

static void open_front(uint32_t nr_pages, size_t slot)
{
	assert_int_equal(pv_front_init(&front, machine->page[1], (size_t)nr_pages * 4096, slot, 0),
			 0);
}

static struct blkif_request data_request(uint8_t operation, uint64_t id, uint64_t sector,
					 uint32_t page, uint8_t first, uint8_t last)
{
	struct blkif_request r = {
		.operation = operation, .nr_segments = 1, .id = id, .sector_number = sector
	};

	r.seg[0] = (struct blkif_request_segment){ page, first, last };
	return r;
}

static void put(const struct blkif_request *request)
{
	assert_int_equal(pv_ring_put(&front, request, sizeof(*request)), 0);
	(void)pv_ring_push(&front);
}

/* The answer to a request alone on the ring. */
static int ask(const struct blkif_request *request)
{
	struct blkif_response response;

	put(request);
	SERVICE->event(&test_link, 100);
	settle(NULL);
	if (pv_ring_take(&front, &response, sizeof(response)) != 1)
		return 99;
	assert_int_equal(response.id, request->id);
	/* An indirect request's own operation is its second byte. */
	assert_int_equal(response.operation, request->operation == BLKIF_OP_INDIRECT
						 ? request->nr_segments
						 : request->operation);
	return response.status;
}

static void begin(uint32_t flags)
{
	struct setup setup = plain;

	new_machine();
	setup.flags = flags;
	open_front(1, 112);
	assert_int_equal(start_service(&setup, false), 0);
	settle(NULL);
}

static void fill(uint32_t page, uint8_t value)
{
	memset(machine->page[page], value, 4096);
}

static void writes_and_reads(uint32_t flags)
{
	struct blkif_request r;

	begin(flags);
	fill(10, 0xaa);
	r = data_request(BLKIF_OP_WRITE, 5, 8, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	assert_int_equal(machine->disk[8 * 512], 0xaa);
	assert_int_equal(machine->disk[16 * 512], 0);
	r = data_request(BLKIF_OP_READ, 6, 9, 11, 2, 3);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	assert_int_equal(machine->page[11][2 * 512], 0xaa);
	assert_int_equal(machine->page[11][4 * 512], 0);
	assert_int_equal(machine->page[11][2 * 512 - 1], 0);
	stop_service();
	assert_int_equal(nr_maps, 0);
}

static void data_arrives(void **state)
{
	writes_and_reads(0);
	writes_and_reads(BLOCK_PERSISTENT);
}

static void pieces_of_many_pages_are_one_transfer(void **state)
{
	struct blkif_request r;

	for (uint32_t flags = 0; flags <= BLOCK_PERSISTENT; flags += BLOCK_PERSISTENT) {
		begin(flags);
		r = data_request(BLKIF_OP_WRITE, 1, 0, 0, 0, 0);
		r.nr_segments = 11;
		for (uint32_t i = 0; i < 11; i++) {
			fill(20 + i, (uint8_t)(i + 1));
			r.seg[i] = (struct blkif_request_segment){ 20 + i, i % 3, 3 + i % 3 };
		}
		assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
		for (uint32_t i = 0; i < 44; i++)
			assert_int_equal(machine->disk[i * 512], i / 4 + 1);
		stop_service();
	}
}

static struct blkif_request indirect_request(uint8_t operation, uint16_t nr, uint32_t list)
{
	struct blkif_request_indirect i = { .operation = BLKIF_OP_INDIRECT,
					    .indirect_op = operation,
					    .nr_segments = nr,
					    .id = 77 };
	struct blkif_request r = { 0 };

	i.indirect_grefs[0] = list;
	memcpy(&r, &i, sizeof(i));
	return r;
}

static void indirect_requests_have_more_segments(void **state)
{
	struct blkif_request_segment *list;
	struct blkif_request r;

	begin(0);
	list = (void *)machine->page[12];
	for (uint32_t i = 0; i < 32; i++) {
		fill(40 + i, (uint8_t)(i + 1));
		list[i] = (struct blkif_request_segment){ 40 + i, 0, 7 };
	}
	r = indirect_request(BLKIF_OP_WRITE, 32, 12);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	for (uint32_t i = 0; i < DISK_SECTORS; i++)
		assert_int_equal(machine->disk[i * 512], i / 8 + 1);
	r = indirect_request(BLKIF_OP_WRITE, 33, 12);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = indirect_request(BLKIF_OP_FLUSH_DISKCACHE, 1, 12);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = indirect_request(BLKIF_OP_INDIRECT, 1, 12);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = indirect_request(BLKIF_OP_READ, 0, 12);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = indirect_request(BLKIF_OP_READ, 1, 5000);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	stop_service();
}

static void what_is_wrong_is_refused(void **state)
{
	struct blkif_request r;

	begin(0);
	memset(machine->disk, 0x11, sizeof(machine->disk));
	machine->access[30] = NO_GRANT;
	machine->access[31] = READ_ONLY;
	r = data_request(BLKIF_OP_READ, 1, 0, 10, 4, 3); /* the wrong way round */
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, 0, 10, 0, 8); /* beyond the page */
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, DISK_SECTORS - 1, 10, 0, 1); /* beyond the disk */
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, ~0ull, 10, 0, 7); /* beyond all numbers */
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, ~0ull / 512 + 1, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, 0, 30, 0, 7); /* not granted */
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, 0, 31, 0, 7); /* granted for reading only */
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_WRITE, 1, 0, 31, 0, 7); /* which is enough for this */
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	r = data_request(BLKIF_OP_READ, 1, 0, ~0u, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, 0, 10, 0, 7);
	r.nr_segments = 0;
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r.nr_segments = 12;
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_WRITE_BARRIER, 1, 0, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_EOPNOTSUPP);
	r = data_request(200, 1, 0, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_EOPNOTSUPP);
	assert_int_equal(machine->page[30][0], 0);
	assert_int_equal(machine->page[31][0], 0);
	stop_service();
}

static struct blkif_request discard_request(uint64_t sector, uint64_t sectors, uint8_t flag)
{
	struct blkif_request_discard d = { .operation = BLKIF_OP_DISCARD,
					   .flag = flag,
					   .id = 9,
					   .sector_number = sector,
					   .nr_sectors = sectors };
	struct blkif_request r = { 0 };

	memcpy(&r, &d, sizeof(d));
	return r;
}

static void discard_and_flush(void **state)
{
	struct blkif_request r;

	begin(BLOCK_DISCARD);
	memset(machine->disk, 0x11, sizeof(machine->disk));
	r = discard_request(8, 16, 0);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	assert_int_equal(machine->disk[8 * 512 - 1], 0x11);
	assert_int_equal(machine->disk[8 * 512], 0);
	assert_int_equal(machine->disk[24 * 512], 0x11);
	r = discard_request(8, ~0ull, 0);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = discard_request(8, 0, 0);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = discard_request(8, 8, BLKIF_DISCARD_SECURE);
	assert_int_equal(ask(&r), BLKIF_RSP_EOPNOTSUPP);
	r = (struct blkif_request){ .operation = BLKIF_OP_FLUSH_DISKCACHE, .id = 4 };
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	fill(10, 0x33);
	r = data_request(BLKIF_OP_FLUSH_DISKCACHE, 5, 0, 10, 0, 0); /* with data */
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	assert_int_equal(machine->disk[0], 0x33);
	assert_int_equal(((struct block_journal *)test_link.journal)->safe_writes,
			 ((struct block_journal *)test_link.journal)->writes);
	stop_service();
}

static void a_read_only_disk_is_not_written(void **state)
{
	struct blkif_request r;

	begin(BLOCK_READONLY | BLOCK_DISCARD);
	fill(10, 0xaa);
	r = data_request(BLKIF_OP_WRITE, 5, 8, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_FLUSH_DISKCACHE, 5, 8, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = indirect_request(BLKIF_OP_WRITE, 1, 12);
	((struct blkif_request_segment *)(void *)machine->page[12])[0].last_sect = 7;
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = discard_request(0, 8, 0);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 5, 8, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	assert_int_equal(machine->disk[8 * 512], 0);
	stop_service();
}

static void large_sectors_are_not_cut(void **state)
{
	struct setup setup = plain;
	struct blkif_request r;

	new_machine();
	setup.sector_size = 4096;
	open_front(1, 112);
	assert_int_equal(start_service(&setup, false), 0);
	r = data_request(BLKIF_OP_READ, 1, 4, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, 8, 10, 0, 3);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r = data_request(BLKIF_OP_READ, 1, 8, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	stop_service();
}

static void slots_of_32_bits(void **state)
{
	struct setup setup = plain;
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 0x1122334455667788ull, 3, 10, 0, 0);
	struct blkif_response response = { 0 };
	uint8_t slot[108];

	new_machine();
	setup.flags = BLOCK_32BIT;
	open_front(1, 108);
	assert_int_equal(start_service(&setup, false), 0);
	fill(10, 0x42);
	memcpy(slot, &r, 4);
	memcpy(slot + 4, (uint8_t *)&r + 8, 104);
	assert_int_equal(pv_ring_put(&front, slot, sizeof(slot)), 0);
	(void)pv_ring_push(&front);
	SERVICE->event(&test_link, 100);
	settle(NULL);
	assert_int_equal(pv_ring_take(&front, &response, 12), 1);
	assert_int_equal(response.id, r.id);
	assert_int_equal(response.status, BLKIF_RSP_OKAY);
	assert_int_equal(machine->disk[3 * 512], 0x42);
	stop_service();
}

static void short_transfers_go_on(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_READ, 1, 0, 10, 0, 7);
	struct blkif_response response;
	int part = 1024, error = -EIO, nothing = 0;

	begin(0);
	memset(machine->disk, 0x77, sizeof(machine->disk));
	put(&r);
	SERVICE->event(&test_link, 100);
	assert_int_equal(nr_sqes, 1);
	finish_io(0, &part);
	assert_int_equal(nr_sqes, 1);
	assert_int_equal(sqes[0].off, 1024);
	settle(NULL);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
	assert_int_equal(response.status, BLKIF_RSP_OKAY);
	for (int i = 0; i < 2; i++) {
		put(&r);
		SERVICE->event(&test_link, 100);
		finish_io(0, i ? &error : &nothing);
		settle(NULL);
		assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
		assert_int_equal(response.status, BLKIF_RSP_ERROR);
	}
	stop_service();
}

static void disconnecting_waits_for_what_is_under_way(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_READ, 1, 0, 10, 0, 7);
	struct blkif_response response;

	begin(0);
	put(&r);
	SERVICE->event(&test_link, 100);
	assert_false(SERVICE->disconnect(&test_link));
	assert_false(drained);
	settle(NULL);
	assert_true(drained);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
	assert_int_equal(nr_maps, 0);
	free(test_link.state);
	test_link.state = NULL;
}

static void impossible_connections(void **state)
{
	struct setup setup = plain;

	new_machine();
	open_front(1, 112);
	setup.first_ref = 5000;
	assert_int_not_equal(start_service(&setup, false), 0);
	setup = plain;
	setup.nr_queues = 5;
	assert_int_not_equal(start_service(&setup, false), 0);
	setup = plain;
	setup.nr_pages = 32;
	assert_int_not_equal(start_service(&setup, false), 0);
	setup = plain;
	setup.sector_size = 1000;
	assert_int_not_equal(start_service(&setup, false), 0);
	assert_int_equal(nr_maps, 0);
	/* A ring that says the impossible costs this device only. */
	setup = plain;
	assert_int_equal(start_service(&setup, false), 0);
	front.page->req_prod = 1000;
	SERVICE->event(&test_link, 100);
	assert_true(failed);
	settle(NULL);
	assert_true(SERVICE->disconnect(&test_link));
}

static void media_change(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_READ, 1, 100, 10, 0, 7);
	struct back_message message = { .type = BACK_CHANGE, .bytes = sizeof(struct block_change) };
	struct block_change change = { .sectors = 64 };
	int fd = 1001;

	begin(BLOCK_READONLY);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	memcpy(message.body, &change, sizeof(change));
	message.nr_fds = 1;
	SERVICE->change(&test_link, &message, &fd);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	r.sector_number = 8;
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	message.nr_fds = 0;
	SERVICE->change(&test_link, &message, NULL);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	stop_service();
}

static void more_requests_than_buffers(void **state)
{
	struct setup setup = plain;
	struct blkif_response response;
	uint32_t answers = 0;

	new_machine();
	setup.nr_pages = 16;
	setup.nr_queues = 2;
	open_front(16, 112);
	assert_int_equal(start_service(&setup, false), 0);
	for (uint32_t i = 0; i < 512; i++) {
		struct blkif_request r = data_request(BLKIF_OP_READ, i, i % 200, 60, 0, 7);

		put(&r);
	}
	SERVICE->event(&test_link, 100);
	assert_true(nr_sqes < 512);
	settle(NULL);
	while (pv_ring_take(&front, &response, sizeof(response)) == 1)
		answers += !response.status;
	assert_int_equal(answers, 512);
	stop_service();
}

/* --- a frontend that lies -------------------------------------------------------------------- */

static struct blkif_request wild_request(uint64_t *seed)
{
	struct blkif_request r;

	for (size_t i = 0; i < sizeof(r) / 4; i++)
		((uint32_t *)(void *)&r)[i] = pv_random(seed);
	if (pv_random(seed) % 16)
		r.operation %= 7;
	if (pv_random(seed) % 4)
		r.nr_segments %= 13;
	if (pv_random(seed) % 4)
		r.sector_number %= DISK_SECTORS + 8;
	for (int i = 0; i < 11; i++) {
		if (pv_random(seed) % 16)
			r.seg[i].gref = pv_random(seed) % (GUEST_PAGES + 2);
		if (pv_random(seed) % 16)
			r.seg[i].last_sect %= 9;
		if (pv_random(seed) % 8)
			r.seg[i].first_sect %= r.seg[i].last_sect + 1;
	}
	if (r.operation == BLKIF_OP_INDIRECT) {
		struct blkif_request_indirect *in = (void *)&r;

		in->indirect_op %= 3;
		in->nr_segments %= 40;
		in->sector_number %= DISK_SECTORS;
		in->indirect_grefs[0] = 70 + pv_random(seed) % 8;
	}
	return r;
}

#define CANARY 0x5a

static void check_canaries(void)
{
	for (uint32_t i = 0; i < 4096; i++) {
		assert_int_equal(machine->page[80][i], CANARY); /* not granted */
		assert_int_equal(machine->page[81][i], CANARY); /* for reading */
	}
}

static void a_million_wild_requests(void **state)
{
	static const uint32_t kinds[] = { 0, BLOCK_PERSISTENT, BLOCK_DISCARD, BLOCK_READONLY };
	uint64_t seed = 0x5e4a1;
	uint32_t requests = 0, answers = 0, connections = 0, right = 0;

	while (requests < 1000000) {
		struct setup setup = plain;

		new_machine();
		setup.flags = kinds[connections++ % 4];
		open_front(1, 112);
		machine->access[80] = NO_GRANT;
		machine->access[81] = READ_ONLY;
		fill(80, CANARY);
		fill(81, CANARY);
		assert_int_equal(start_service(&setup, false), 0);
		/* The ring's own page is not for data here, so that answers can be counted. */
		for (int round = 0; round < 2000 && requests < 1000000; round++) {
			uint32_t burst = 1 + pv_random(&seed) % 32, asked = 0;
			struct blkif_response response;

			while (asked < burst && pv_ring_room(&front)) {
				struct blkif_request r = wild_request(&seed);

				for (int i = 0; i < 11; i++)
					if (r.seg[i].gref == 1)
						r.seg[i].gref = 2;
				assert_int_equal(pv_ring_put(&front, &r, sizeof(r)), 0);
				asked++;
			}
			for (uint32_t i = 0; i < 8; i++) {
				struct blkif_request_segment *list = (void *)machine->page[70 + i];
				uint32_t at = pv_random(&seed) % 40;

				list[at].gref = 2 + pv_random(&seed) % 68;
				list[at].first_sect = pv_random(&seed) % 9;
				list[at].last_sect = pv_random(&seed) % 9;
			}
			requests += asked;
			(void)pv_ring_push(&front);
			SERVICE->event(&test_link, 100);
			settle(&seed);
			for (uint32_t i = 0; i < asked; i++) {
				assert_int_equal(pv_ring_take(&front, &response, sizeof(response)),
						 1);
				answers++;
				right += !response.status;
			}
		}
		assert_false(failed);
		check_canaries();
		/* And at last an index that cannot be. */
		front.page->req_prod += 33 + pv_random(&seed) % 100000;
		SERVICE->event(&test_link, 100);
		assert_true(failed);
		stop_service();
		assert_int_equal(nr_maps, 0);
	}
	assert_int_equal(requests, answers);
	print_message("%u of %u requests were right\n", right, requests);
	assert_true(right > requests / 50);
}

/* --- death ----------------------------------------------------------------------------------- */

#define NR_REQUESTS 8

static struct blkif_request death_request(uint32_t i)
{
	struct blkif_request r =
	    data_request(i % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE, 100 + i, i * 8, 10 + i, 0, 7);

	if (i == 4)
		r = (struct blkif_request){ .operation = BLKIF_OP_FLUSH_DISKCACHE, .id = 104 };
	if (i == 6)
		r.sector_number = ~0ull; /* answered at once, with an error */
	return r;
}

static void prepare_death(uint32_t flags)
{
	struct setup setup = plain;

	new_machine();
	setup.flags = flags;
	assert_int_equal(pv_front_init(&front, machine->page[1], 4096, 112, 0xfffffffcu), 0);
	for (uint32_t i = 0; i < NR_REQUESTS; i++) {
		fill(10 + i, i % 2 ? 0 : (uint8_t)(0x80 + i));
		memset(machine->disk + i * 4096, 0x40 + (int)i, 4096);
	}
	assert_int_equal(start_service(&setup, false), 0);
	settle(NULL);
}

/* What the service does that is to die: two bursts, out of order. */
static void live(void)
{
	uint64_t seed = 99;

	for (uint32_t i = 0; i < NR_REQUESTS; i++) {
		struct blkif_request r = death_request(i);

		put(&r);
		if (i == 2) {
			SERVICE->event(&test_link, 100);
			finish_io(1, NULL);
		}
	}
	SERVICE->event(&test_link, 100);
	settle(&seed);
}

static void check_after_death(void)
{
	struct blkif_response response;
	uint32_t seen = 0;

	for (uint32_t i = 0; i < NR_REQUESTS; i++) {
		assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
		assert_in_range(response.id, 100, 100 + NR_REQUESTS - 1);
		assert_false(seen & 1u << (response.id - 100)); /* never twice */
		seen |= 1u << (response.id - 100);
		assert_int_equal(response.status,
				 response.id == 106 ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY);
	}
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 0);
	for (uint32_t i = 0; i < NR_REQUESTS; i++) {
		bool written = !(i % 2) && i != 4 && i != 6;

		assert_int_equal(machine->disk[i * 4096 + 4095], written ? 0x80 + i : 0x40 + i);
		if (i % 2)
			assert_int_equal(machine->page[10 + i][4095], 0x40 + i);
	}
}

/*
 * machine is as the dead service left it, perhaps in the midst of a memcpy to its ring. The
 * frontend's own half is as if it had asked for everything and taken nothing.
 */
static void take_over(const struct setup *setup)
{
	struct pv_ring_page *page = (void *)machine->page[1];

	front.cons = front.seen = 0xfffffffcu;
	front.prod = front.pushed = 0xfffffffcu;
	front.fault = PV_FAULT_NONE;
	/* Slots whose requests were taken may hold responses: only the others are written. */
	if ((int32_t)(page->req_prod - (0xfffffffcu + NR_REQUESTS)) < 0) {
		uint32_t shown = page->req_prod - 0xfffffffcu;

		front.prod = front.pushed = page->req_prod;
		for (uint32_t i = shown; i < NR_REQUESTS; i++) {
			struct blkif_request r = death_request(i);

			assert_int_equal(pv_ring_put(&front, &r, sizeof(r)), 0);
		}
		(void)pv_ring_push(&front);
	}
	front.prod = front.pushed = 0xfffffffcu + NR_REQUESTS;
	assert_int_equal(start_service(setup, true), 0);
	settle(NULL);
	check_after_death();
	stop_service();
}

/* A child is stepped through; whenever what outlives it changes, that is gone on with. */
static uint32_t die_everywhere(uint32_t flags)
{
	static struct machine before, saved;
	struct setup setup = plain;
	struct machine *shared;
	uint32_t deaths = 0, steps = 0;
	struct pv_ring start;
	int status;
	pid_t pid;
	const size_t watched = block_journal_bytes(1, 32);

	setup.flags = flags;
	prepare_death(flags);
	shared = machine;
	start = front;
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		live();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	memcpy(&before, shared, sizeof(before));
	machine = &saved;
	while (!ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status)) {
		steps++;
		if (!memcmp(before.journal, shared->journal, watched) &&
		    !memcmp(before.page[1], shared->page[1], 4096))
			continue;
		memcpy(before.journal, shared->journal, watched);
		memcpy(before.page[1], shared->page[1], 4096);
		memcpy(&saved, shared, sizeof(saved));
		front = start;
		front.page = (void *)saved.page[1];
		front.slots = saved.page[1] + 64;
		front.our_prod = &front.page->req_prod;
		front.peer_prod = &front.page->rsp_prod;
		front.our_event = &front.page->rsp_event;
		front.peer_event = &front.page->req_event;
		kill_service();
		take_over(&setup);
		deaths++;
	}
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	print_message("%u deaths in %u instructions\n", deaths, steps);
	machine = shared;
	return deaths;
}

static void death_at_any_moment_loses_and_repeats_nothing(void **state)
{
	assert_true(die_everywhere(0) > 90);
}

static void a_journal_that_contradicts_itself_is_not_believed(void **state)
{
	struct block_queue_journal *journal;

	prepare_death(0);
	live();
	kill_service();
	journal = block_queue_journal((void *)machine->journal, 0, 32);
	journal->consumed += 100;
	assert_int_not_equal(start_service(&plain, true), 0);
	assert_int_equal(nr_maps, 0);
}

/* --- NBD ------------------------------------------------------------------------------------- */

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
		r = data_request(i % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE, i, i / 2 * 8,
				 i % 2 ? 20 + i : 10, 0, 7);
		put(&r);
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
	assert_int_equal(machine->page[21][0], 0x21);
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

static int forget_machine(void **state)
{
	free(test_link.state);
	test_link.state = NULL;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_arrives),
		cmocka_unit_test(pieces_of_many_pages_are_one_transfer),
		cmocka_unit_test(indirect_requests_have_more_segments),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(discard_and_flush),
		cmocka_unit_test(a_read_only_disk_is_not_written),
		cmocka_unit_test(large_sectors_are_not_cut),
		cmocka_unit_test(slots_of_32_bits),
		cmocka_unit_test(short_transfers_go_on),
		cmocka_unit_test(disconnecting_waits_for_what_is_under_way),
		cmocka_unit_test(impossible_connections),
		cmocka_unit_test(media_change),
		cmocka_unit_test(more_requests_than_buffers),
		cmocka_unit_test(an_nbd_server_is_a_disk),
		cmocka_unit_test(a_lost_server_keeps_requests_for_the_next),
		cmocka_unit_test(a_server_that_talks_nonsense_is_lost),
		cmocka_unit_test(death_at_any_moment_loses_and_repeats_nothing),
		cmocka_unit_test(a_journal_that_contradicts_itself_is_not_believed),
		cmocka_unit_test(a_million_wild_requests),
	};

	return cmocka_run_group_tests(tests, NULL, forget_machine);
}
