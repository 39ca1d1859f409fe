// sources: hypervisor/common/rangeset.c hypervisor/common/event/*.c tests/unit/fake_hv.c tests/unit/fake_log.c
// cflags: -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/* Range sets: against a plain bitmap, at the ends of the number line, and without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <hv/rangeset.h>
#include "fake_hv.h"

#define UNIVERSE 200
static bool model[UNIVERSE];

static bool model_all(uint64_t first, uint64_t last, bool value)
{
	for (uint64_t i = first; i <= last; i++)
		if (model[i] != value)
			return false;
	return true;
}

static void agrees_with_a_bitmap(void **state)
{
	struct rangeset *r = rangeset_new("test");

	srand(1);
	for (int round = 0; round < 20000; round++) {
		uint64_t a = rand() % UNIVERSE, b = a + rand() % 12;
		unsigned int runs = 0;
		bool add = rand() & 1;

		if (b >= UNIVERSE)
			b = UNIVERSE - 1;
		assert_int_equal(add ? rangeset_add(r, a, b) : rangeset_remove(r, a, b), 0);
		for (uint64_t i = a; i <= b; i++)
			model[i] = add;
		a = rand() % UNIVERSE;
		b = a + rand() % (UNIVERSE - a);
		assert_int_equal(rangeset_contains(r, a, b), model_all(a, b, true));
		assert_int_equal(rangeset_overlaps(r, a, b), !model_all(a, b, false));
		for (unsigned int i = 0; i < UNIVERSE; i++) {
			assert_int_equal(rangeset_contains(r, i, i), model[i]);
			runs += model[i] && (!i || !model[i - 1]);
		}
		assert_int_equal(rangeset_count(r), runs); /* each as long as it can be, with a gap after it */
	}
	rangeset_free(r);
	assert_int_equal(fake_live_allocations(), 0);
}

static void works_at_both_ends_of_the_number_line(void **state)
{
	struct rangeset *r = rangeset_new("test");

	assert_int_equal(rangeset_add(r, 0, UINT64_MAX), 0);
	assert_true(rangeset_contains(r, 0, UINT64_MAX));
	assert_int_equal(rangeset_remove(r, 5, UINT64_MAX - 1), 0);
	assert_true(rangeset_contains(r, UINT64_MAX, UINT64_MAX));
	assert_true(rangeset_contains(r, 0, 4));
	assert_false(rangeset_overlaps(r, 5, UINT64_MAX - 1));
	assert_int_equal(rangeset_add(r, UINT64_MAX, UINT64_MAX), 0);
	assert_int_equal(rangeset_remove(r, 0, UINT64_MAX), 0);
	assert_false(rangeset_overlaps(r, 0, UINT64_MAX));
	rangeset_free(r);
}

static void refuses_reversed_ranges_and_survives_lack_of_memory(void **state)
{
	struct rangeset *r = rangeset_new("test");

	assert_int_equal(rangeset_add(r, 2, 1), -EINVAL);
	assert_int_equal(rangeset_remove(r, 2, 1), -EINVAL);
	assert_int_equal(rangeset_add(r, 1, 9), 0);
	fake_fail_allocation_at = 0;
	assert_int_equal(rangeset_remove(r, 4, 5), -ENOMEM);
	assert_true(rangeset_contains(r, 1, 9));
	fake_fail_allocation_at = 0;
	assert_int_equal(rangeset_add(r, 20, 21), -ENOMEM);
	fake_fail_allocation_at = -1;
	rangeset_free(r);
	rangeset_free(NULL);
	assert_false(rangeset_contains(NULL, 0, 0));
	assert_int_equal(fake_live_allocations(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_bitmap),
		cmocka_unit_test(works_at_both_ends_of_the_number_line),
		cmocka_unit_test(refuses_reversed_ranges_and_survives_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
