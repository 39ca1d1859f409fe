/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/worker/*.c pv-drivers/ring/pv_ring.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
// libs: -luring
/*
 * The block service: right requests, wrong ones one by one, and how it begins and ends.
 */
#include "back_front.h"

static void writes_and_reads(uint32_t flags)
{
	struct blkif_request r;

	begin(flags);
	fill(10, 0xaa);
	r = data_request(BLKIF_OP_WRITE, 5, 8, 10, 0, 7);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	look_at_disk();
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
	writes_and_reads(BLOCK_MEMORY);
	writes_and_reads(BLOCK_PERSISTENT);
	writes_and_reads(BLOCK_PERSISTENT | BLOCK_MEMORY);
}

static void pieces_of_many_pages_are_one_transfer(void **state)
{
	struct blkif_request r;

	for (uint32_t flags = 0; flags <= BLOCK_MEMORY; flags += BLOCK_MEMORY) {
		begin(flags);
		r = data_request(BLKIF_OP_WRITE, 1, 0, 0, 0, 0);
		r.nr_segments = 11;
		for (uint32_t i = 0; i < 11; i++) {
			fill(20 + i, (uint8_t)(i + 1));
			r.seg[i] = (struct blkif_request_segment){ 20 + i, i % 3, 3 + i % 3 };
		}
		assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
		look_at_disk();
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
	for (int i = 0; i < 50 && !drained; i++)
		tick();
	assert_true(drained);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
	assert_int_equal(nr_maps, 0);
	free(test_link.state);
	test_link.state = NULL;
}

/* What comes after the frontend has closed: its guest waits for all of it. */
static void a_busy_disk_is_served_until_it_is_quiet(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 0, 10, 0, 7);
	struct blkif_response response;
	uint32_t rung;

	begin(0);
	put(&r);
	SERVICE->event(&test_link, 100);
	assert_false(SERVICE->disconnect(&test_link));
	settle(NULL);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
	for (int late = 0; late < 5; late++) {
		rung = notified;
		for (int i = 0; i < 5; i++)
			tick();
		assert_false(drained);
		assert_true(notified > rung);
		put(&r); /* and no event */
		tick();
		assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
		assert_int_equal(response.status, BLKIF_RSP_OKAY);
	}
	for (int i = 0; i < 50 && !drained; i++)
		tick();
	assert_true(drained);
	assert_int_equal(nr_maps, 0);
}

static void but_not_for_ever(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 0, 10, 0, 7);
	struct blkif_response response;
	int ticks = 0;

	begin(0);
	SERVICE->event(&test_link, 100);
	assert_false(SERVICE->disconnect(&test_link));
	for (; !drained; ticks++) {
		put(&r);
		tick();
		(void)pv_ring_take(&front, &response, sizeof(response));
		assert_true(ticks < 1000);
	}
	assert_true(ticks > 10);
	begin(0);
	SERVICE->event(&test_link, 100);
	clock_ms += 10000; /* idle since: nothing can be left */
	assert_true(SERVICE->disconnect(&test_link));
	assert_int_equal(nr_maps, 0);
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

static void too_many_for_the_buffers(uint32_t flags)
{
	struct setup setup = plain;
	struct blkif_response response;
	uint32_t answers = 0;

	new_machine();
	setup.flags = flags;
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
	assert_int_equal(nr_maps, 0);
}

static void more_requests_than_buffers(void **state)
{
	too_many_for_the_buffers(0);
	too_many_for_the_buffers(BLOCK_PERSISTENT);
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
		cmocka_unit_test(a_busy_disk_is_served_until_it_is_quiet),
		cmocka_unit_test(but_not_for_ever),
		cmocka_unit_test(impossible_connections),
		cmocka_unit_test(media_change),
		cmocka_unit_test(more_requests_than_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, forget_machine);
}
