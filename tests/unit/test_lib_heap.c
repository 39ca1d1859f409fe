// sources: hypervisor/lib/heap.c
/* SPDX-License-Identifier: MIT */
/* The timer heap: order, back-pointers and growth under random use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <hv/errno.h>
#include <hv/heap.h>

#define NODES 500

static void check_invariants(const struct heap *h)
{
	for (uint32_t i = 0; i < h->nr; i++) {
		assert_int_equal(h->slot[i]->pos, i + 1);
		assert_true(i == 0 || h->slot[(i - 1) / 2]->key <= h->slot[i]->key);
	}
}

static void sorts_what_is_put_in(void **state)
{
	struct heap_node n[NODES] = { 0 }, *slots[NODES];
	struct heap h;
	uint64_t last = 0;

	heap_init(&h, slots, NODES);
	for (int i = 0; i < NODES; i++)
		assert_int_equal(heap_insert(&h, &n[i], (uint64_t)rand() % 100), 0);
	for (int i = 0; i < NODES; i++) {
		struct heap_node *top = heap_peek(&h);

		assert_true(top->key >= last);
		last = top->key;
		heap_remove(&h, top);
		assert_false(heap_contains(top));
		check_invariants(&h);
	}
	assert_null(heap_peek(&h));
}

static void survives_random_use(void **state)
{
	struct heap_node n[NODES] = { 0 }, *slots[NODES];
	struct heap h;

	heap_init(&h, slots, NODES);
	for (int round = 0; round < 100000; round++) {
		struct heap_node *one = &n[rand() % NODES];
		uint64_t key = (uint64_t)rand() % 1000;

		if (!heap_contains(one))
			heap_insert(&h, one, key);
		else if (rand() & 1)
			heap_update(&h, one, key);
		else
			heap_remove(&h, one);
		if (round % 97 == 0)
			check_invariants(&h);
	}
}

static void full_heap_refuses_then_grows(void **state)
{
	struct heap_node n[3] = { 0 }, *small[1], *large[3];
	struct heap h;

	heap_init(&h, NULL, 0);
	assert_int_equal(heap_insert(&h, &n[0], 5), -ENOSPC);
	assert_null(heap_grow(&h, small, 1));
	assert_int_equal(heap_insert(&h, &n[0], 5), 0);
	assert_int_equal(heap_insert(&h, &n[1], 4), -ENOSPC);
	assert_false(heap_contains(&n[1]));
	assert_ptr_equal(heap_grow(&h, large, 3), small);
	assert_int_equal(heap_insert(&h, &n[1], 4), 0);
	assert_int_equal(heap_insert(&h, &n[2], 6), 0);
	assert_ptr_equal(heap_peek(&h), &n[1]);
	check_invariants(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_what_is_put_in),
		cmocka_unit_test(survives_random_use),
		cmocka_unit_test(full_heap_refuses_then_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
