/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/worker/*.c pv-drivers/ring/pv_ring.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back -DKEPT_PER_SLOT=1
// libs: -luring
/*
 * The block service with grants that stay mapped, by a frontend that is honest, or changes, revokes
 * and repeats them, or has more of them than may stay. A queue keeps 32 here.
 */
#include "back_front.h"

#define KEPT 32

static const uint32_t kinds[] = { BLOCK_PERSISTENT, BLOCK_PERSISTENT | BLOCK_MEMORY };

static void use(uint8_t operation, uint32_t page)
{
	struct blkif_request r = data_request(operation, page, 8, page, 0, 7);

	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
}

static void pages_are_mapped_once_and_nothing_is_copied(void **state)
{
	for (uint32_t kind = 0; kind < 2; kind++) {
		begin(kinds[kind]);
		for (uint8_t round = 1; round < 5; round++) {
			fill(10, round);
			use(BLKIF_OP_WRITE, 10);
			fill(11, 0xee);
			use(BLKIF_OP_READ, 11);
			assert_memory_equal(machine->page[11], machine->page[10], 4096);
			look_at_disk();
			assert_int_equal(machine->disk[9 * 512], round);
			use(BLKIF_OP_READ, 10); /* what was only read from is written to */
		}
		assert_int_equal(maps_tried, 3);
		assert_int_equal(segments_copied, 0);
		stop_service();
		assert_int_equal(nr_maps, 0);
	}
}

static void who_was_not_asked_keeps_nothing(void **state)
{
	begin(0);
	use(BLKIF_OP_WRITE, 10);
	assert_int_equal(maps_tried, 1);
	assert_int_equal(segments_copied, 1);
	stop_service();
}

static void put_list(uint32_t list, uint32_t nr, uint32_t first)
{
	struct blkif_request_segment *segments = (void *)machine->page[list];

	for (uint32_t i = 0; i < nr; i++)
		segments[i] = (struct blkif_request_segment){ first + i, 0, 7 };
}

static void a_list_of_segments_is_read_once(void **state)
{
	struct blkif_request_indirect in = { .operation = BLKIF_OP_INDIRECT,
					     .indirect_op = BLKIF_OP_WRITE,
					     .nr_segments = 20,
					     .indirect_grefs = { 12 } };
	struct blkif_response response;
	struct blkif_request r = { 0 };

	begin(BLOCK_PERSISTENT);
	put_list(12, 20, 40);
	for (uint32_t i = 0; i < 20; i++)
		fill(40 + i, (uint8_t)(i + 1));
	memcpy(&r, &in, sizeof(in));
	put(&r);
	SERVICE->event(&test_link, 100);
	memset(machine->page[12], 0xff, 4096);
	assert_int_equal(nr_sqes, 1);
	settle(NULL);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
	assert_int_equal(response.status, BLKIF_RSP_OKAY);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(machine->disk[i * 4096], i + 1);
	assert_int_equal(segments_copied, 0);
	/* And what it says now is refused. */
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	stop_service();
	assert_int_equal(nr_maps, 0);
}

static void data_that_changes_hurts_its_owner_alone(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 8, 10, 0, 7);
	struct blkif_response response;

	begin(BLOCK_PERSISTENT);
	fill(10, 1);
	put(&r);
	SERVICE->event(&test_link, 100);
	fill(10, 2);
	settle(NULL);
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
	assert_int_equal(response.status, BLKIF_RSP_OKAY);
	assert_in_range(machine->disk[8 * 512], 1, 2);
	stop_service();
}

static void what_cannot_be_mapped_is_copied(void **state)
{
	struct blkif_request r;

	for (uint32_t kind = 0; kind < 2; kind++) {
		begin(kinds[kind]);
		machine->access[30] = READ_ONLY;
		machine->access[31] = NO_GRANT;
		fill(30, 0x77);
		use(BLKIF_OP_WRITE, 30);
		look_at_disk();
		assert_int_equal(machine->disk[8 * 512], 0x77);
		use(BLKIF_OP_WRITE, 10);
		r = data_request(BLKIF_OP_READ, 1, 8, 30, 0, 7);
		assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
		assert_int_equal(machine->page[30][0], 0x77);
		for (uint8_t operation = BLKIF_OP_READ; operation <= BLKIF_OP_WRITE; operation++) {
			r = data_request(operation, 1, 8, 31, 0, 7);
			assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
		}
		/* One of two pages: neither is used as mapped. */
		r = data_request(BLKIF_OP_WRITE, 1, 8, 10, 0, 7);
		r.nr_segments = 2;
		r.seg[1] = (struct blkif_request_segment){ 30, 0, 7 };
		fill(10, 0x78);
		assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
		look_at_disk();
		assert_int_equal(machine->disk[8 * 512], 0x78);
		assert_int_equal(machine->disk[16 * 512], 0x77);
		/* Granted as it should be, it is mapped after all. */
		machine->access[31] = READ_WRITE;
		use(BLKIF_OP_READ, 31);
		assert_int_equal(mapped[31], 1);
		/* And what was reached in vain is not held. */
		for (uint32_t page = 40; page < 40 + KEPT; page++)
			use(BLKIF_OP_READ, page);
		assert_int_equal(mapped[10] + mapped[31], 0);
		stop_service();
		assert_int_equal(nr_maps, 0);
	}
}

static void without_room_all_is_copied(void **state)
{
	uint32_t tried;

	begin(BLOCK_PERSISTENT);
	use(BLKIF_OP_READ, 20);
	maps_fail = true;
	for (uint32_t i = 0; i < 500; i++) {
		uint32_t page = 10 + i % 9;

		fill(page, (uint8_t)i);
		use(BLKIF_OP_WRITE, page);
		assert_int_equal(machine->disk[8 * 512], (uint8_t)i);
		fill(page, 0xee);
		use(BLKIF_OP_READ, page);
		assert_int_equal(machine->page[page][4095], (uint8_t)i);
	}
	/* It does not try for ever; what it has, it uses. */
	tried = maps_tried;
	assert_true(tried < 100);
	maps_fail = false;
	use(BLKIF_OP_READ, 10);
	segments_copied = 0;
	use(BLKIF_OP_READ, 20);
	assert_int_equal(segments_copied, 0);
	assert_int_equal(maps_tried, tried);
	stop_service();
	assert_int_equal(nr_maps, 0);
}

static void one_page_may_be_named_often(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 0, 20, 0, 7);

	begin(BLOCK_PERSISTENT);
	r.nr_segments = 11;
	for (uint32_t i = 0; i < 11; i++)
		r.seg[i] = (struct blkif_request_segment){ 20, 0, 7 };
	fill(20, 0x20);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	assert_int_equal(machine->disk[87 * 512], 0x20);
	r.operation = BLKIF_OP_READ;
	machine->disk[80 * 512] = 0x21; /* the last one's */
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	assert_int_equal(machine->page[20][0], 0x21);
	assert_int_equal(mapped[20], 1);
	/* It is idle again: others can have its place. */
	for (uint32_t page = 21; page < 21 + KEPT; page++)
		use(BLKIF_OP_READ, page);
	assert_int_equal(mapped[20], 0);
	stop_service();
	assert_int_equal(nr_maps, 0);
}

static void the_one_unused_for_longest_goes(void **state)
{
	begin(BLOCK_PERSISTENT);
	for (uint32_t page = 20; page < GUEST_PAGES; page++) {
		fill(page, (uint8_t)page);
		use(BLKIF_OP_WRITE, page);
		assert_int_equal(machine->disk[8 * 512], page);
		use(BLKIF_OP_READ, 20);
		assert_true(nr_maps <= KEPT + 1);
	}
	assert_int_equal(nr_maps, KEPT + 1);
	assert_int_equal(mapped[20], 1);
	for (uint32_t page = 21; page < GUEST_PAGES; page++)
		assert_int_equal(mapped[page], page > GUEST_PAGES - KEPT);
	assert_int_equal(segments_copied, 0);
	stop_service();
	assert_int_equal(nr_maps, 0);
}

static void a_page_in_use_stays(void **state)
{
	struct blkif_response response;
	uint64_t seed = 5;

	begin(BLOCK_PERSISTENT);
	use(BLKIF_OP_READ, 10);
	for (uint32_t i = 0; i < 32; i++) { /* twice as many pages as may stay */
		struct blkif_request r = data_request(BLKIF_OP_WRITE, i, i * 8, 20 + 2 * i, 0, 3);

		r.nr_segments = 2;
		r.seg[1] = (struct blkif_request_segment){ 21 + 2 * i, 4, 7 };
		fill(20 + 2 * i, (uint8_t)(1 + 2 * i));
		fill(21 + 2 * i, (uint8_t)(2 + 2 * i));
		put(&r);
	}
	SERVICE->event(&test_link,
		       100); /* bytes that must be copied are, once it has looked at all */
	want_again = false;
	SERVICE->event(&test_link, -1);
	assert_int_equal(nr_sqes, 32);
	assert_int_equal(nr_maps, KEPT + 1);
	assert_int_equal(mapped[10], 0);
	assert_int_equal(segments_copied, 32);
	settle(&seed);
	for (uint32_t i = 0; i < 32; i++) {
		assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
		assert_int_equal(response.status, BLKIF_RSP_OKAY);
		assert_int_equal(machine->disk[i * 4096], 1 + 2 * i);
		assert_int_equal(machine->disk[i * 4096 + 4095], 2 + 2 * i);
	}
	stop_service();
	assert_int_equal(nr_maps, 0);
}

static void a_revoked_page_is_the_old_one_until_the_end(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 8, 10, 0, 7);

	begin(BLOCK_PERSISTENT);
	use(BLKIF_OP_READ, 10);
	machine->access[10] = NO_GRANT;
	use(BLKIF_OP_READ, 10);
	stop_service();
	assert_int_equal(nr_maps, 0);
	open_front(1, 112);
	machine->access[1] = READ_WRITE;
	assert_int_equal(start_service(&(struct setup){ .flags = BLOCK_PERSISTENT,
							.nr_queues = 1,
							.nr_pages = 1,
							.first_ref = 1,
							.sector_size = 512,
							.sectors = DISK_SECTORS,
							.fd = 1000 },
				       false),
			 0);
	assert_int_equal(ask(&r), BLKIF_RSP_ERROR);
	stop_service();
}

static void queues_keep_their_own(void **state)
{
	struct setup setup = plain;

	new_machine();
	setup.flags = BLOCK_PERSISTENT;
	setup.nr_queues = 2;
	for (uint32_t q = 0; q < 2; q++)
		assert_int_equal(pv_front_init(&front, machine->page[1 + q], 4096, 112, 0), 0);
	assert_int_equal(start_service(&setup, false), 0);
	for (uint32_t q = 0; q < 2; q++) {
		struct blkif_request r = data_request(BLKIF_OP_WRITE, 1, 8, 10, 0, 7);

		assert_int_equal(pv_front_init(&front, machine->page[1 + q], 4096, 112, 0), 0);
		put(&r);
		SERVICE->event(&test_link, 100 + (int)q);
	}
	assert_int_equal(nr_sqes, 2);
	assert_int_equal(mapped[10], 2);
	settle(NULL);
	stop_service();
	assert_int_equal(nr_maps, 0);
}

static void a_flush_with_data_lets_go_before_it_flushes(void **state)
{
	struct blkif_request r = data_request(BLKIF_OP_FLUSH_DISKCACHE, 1, 8, 10, 0, 7);

	begin(BLOCK_PERSISTENT);
	fill(10, 0x44);
	assert_int_equal(ask(&r), BLKIF_RSP_OKAY);
	assert_int_equal(machine->disk[8 * 512], 0x44);
	for (uint32_t page = 20; page < 20 + KEPT; page++)
		use(BLKIF_OP_READ, page);
	assert_int_equal(mapped[10], 0);
	stop_service();
	assert_int_equal(nr_maps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_mapped_once_and_nothing_is_copied),
		cmocka_unit_test(who_was_not_asked_keeps_nothing),
		cmocka_unit_test(a_list_of_segments_is_read_once),
		cmocka_unit_test(data_that_changes_hurts_its_owner_alone),
		cmocka_unit_test(what_cannot_be_mapped_is_copied),
		cmocka_unit_test(without_room_all_is_copied),
		cmocka_unit_test(one_page_may_be_named_often),
		cmocka_unit_test(the_one_unused_for_longest_goes),
		cmocka_unit_test(a_page_in_use_stays),
		cmocka_unit_test(a_revoked_page_is_the_old_one_until_the_end),
		cmocka_unit_test(queues_keep_their_own),
		cmocka_unit_test(a_flush_with_data_lets_go_before_it_flushes),
	};

	return cmocka_run_group_tests(tests, NULL, forget_machine);
}
