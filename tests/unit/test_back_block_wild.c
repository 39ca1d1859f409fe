/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/worker/*.c pv-drivers/ring/pv_ring.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back -DKEPT_PER_SLOT=2
// libs: -luring
/*
 * The block service and a million requests made by a frontend that lies. The seed is fixed.
 */
#include "back_front.h"

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
	static const uint32_t kinds[] = { 0,
					  BLOCK_MEMORY | BLOCK_DISCARD,
					  BLOCK_PERSISTENT | BLOCK_DISCARD,
					  BLOCK_DISCARD,
					  BLOCK_READONLY,
					  BLOCK_PERSISTENT | BLOCK_MEMORY };
	uint64_t seed = 0x5e4a1;
	uint32_t requests = 0, answers = 0, connections = 0, right = 0;

	while (requests < 1000000) {
		struct setup setup = plain;

		new_machine();
		setup.flags = kinds[connections++ % 6];
		back_by_memory(&setup);
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
			/* And a grant that comes, goes, or is for reading, whoever has it mapped. */
			machine->access[60 + pv_random(&seed) % 8] = pv_random(&seed) % 3;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_wild_requests),
	};

	return cmocka_run_group_tests(tests, NULL, forget_machine);
}
