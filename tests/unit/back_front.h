/* SPDX-License-Identifier: MIT */
/* A well-behaved frontend of back_fixture.h's disk, and what its requests are made of. */
#ifndef BACK_FRONT_H
#define BACK_FRONT_H

#include "back_fixture.h"

static struct pv_ring front;

static inline void open_front(uint32_t nr_pages, size_t slot)
{
	assert_int_equal(pv_front_init(&front, machine->page[1], (size_t)nr_pages * 4096, slot, 0),
			 0);
}

static inline struct blkif_request data_request(uint8_t operation, uint64_t id, uint64_t sector,
					 uint32_t page, uint8_t first, uint8_t last)
{
	struct blkif_request r = {
		.operation = operation, .nr_segments = 1, .id = id, .sector_number = sector
	};

	r.seg[0] = (struct blkif_request_segment){ page, first, last };
	return r;
}

static inline void put(const struct blkif_request *request)
{
	assert_int_equal(pv_ring_put(&front, request, sizeof(*request)), 0);
	(void)pv_ring_push(&front);
}

/* The answer to a request alone on the ring. */
static inline int ask(const struct blkif_request *request)
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

static inline void begin(uint32_t flags)
{
	struct setup setup = plain;

	new_machine();
	setup.flags = flags;
	back_by_memory(&setup);
	open_front(1, 112);
	assert_int_equal(start_service(&setup, false), 0);
	settle(NULL);
}

static inline void fill(uint32_t page, uint8_t value)
{
	memset(machine->page[page], value, 4096);
}

static inline int forget_machine(void **state)
{
	free(test_link.state);
	test_link.state = NULL;
	return 0;
}

#endif
