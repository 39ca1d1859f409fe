// sources: hypervisor/arch/x86/irq/vector.c
// cflags: -Ihypervisor/arch/x86/irq
/* SPDX-License-Identifier: MIT */
/* The vector allocator, and what an MSI writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hv/errno.h>
#include "msi_msg.h"
#include "vector.h"

static void every_device_vector_is_given_once(void **state)
{
	struct vector_table t = { 0 };
	bool seen[256] = { false };
	int v, n = 0;

	while ((v = vector_alloc(&t, 1, (unsigned int)n)) >= 0) {
		assert_true(v >= 0x20 && v <= 0xef && v != 0x80);
		assert_false(seen[v]);
		seen[v] = true;
		assert_int_equal(vector_lookup(&t, (unsigned int)v), n);
		n++;
	}
	assert_int_equal(v, -ENOSPC);
	assert_int_equal(n, 0xf0 - 0x20 - 1);
}

static void a_freed_vector_comes_back(void **state)
{
	struct vector_table t = { 0 };

	while (vector_alloc(&t, 1, 5) >= 0)
		;
	vector_free(&t, 0x77);
	assert_int_equal(vector_lookup(&t, 0x77), -1);
	assert_int_equal(vector_alloc(&t, 1, 9), 0x77);
	assert_int_equal(vector_lookup(&t, 0x77), 9);
}

static void neighbours_are_in_different_priority_classes(void **state)
{
	struct vector_table t = { 0 };
	int a = vector_alloc(&t, 1, 1), b = vector_alloc(&t, 1, 2);

	assert_int_not_equal(a >> 4, b >> 4);
}

static void blocks_are_aligned_and_in_order(void **state)
{
	for (unsigned int nr = 1; nr <= 32; nr *= 2) {
		struct vector_table t = { 0 };
		unsigned int irq = 100;
		int v;

		(void)vector_alloc(&t, 1, 1);
		while ((v = vector_alloc(&t, nr, irq)) >= 0) {
			assert_int_equal((unsigned int)v % nr, 0);
			for (unsigned int i = 0; i < nr; i++)
				assert_int_equal(vector_lookup(&t, (unsigned int)v + i), irq + i);
			irq += nr;
		}
		assert_true(irq > 100);
	}
}

static void nonsense_sizes_are_refused(void **state)
{
	struct vector_table t = { 0 };

	assert_int_equal(vector_alloc(&t, 0, 1), -EINVAL);
	assert_int_equal(vector_alloc(&t, 3, 1), -EINVAL);
	assert_int_equal(vector_alloc(&t, 64, 1), -EINVAL);
}

static void fixed_vectors_cannot_be_freed(void **state)
{
	struct vector_table t = { 0 };

	t.irq[0xf0] = 1;
	vector_free(&t, 0xf0);
	assert_int_equal(t.irq[0xf0], 1);
}

static void a_message_names_cpu_and_vector(void **state)
{
	assert_int_equal(msi_address_low(0), 0xfee00000u);
	assert_int_equal(msi_address_low(0x25), 0xfee25000u);
	assert_int_equal(msi_data(0x41), 0x41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_device_vector_is_given_once),
		cmocka_unit_test(a_freed_vector_comes_back),
		cmocka_unit_test(neighbours_are_in_different_priority_classes),
		cmocka_unit_test(blocks_are_aligned_and_in_order),
		cmocka_unit_test(nonsense_sizes_are_refused),
		cmocka_unit_test(fixed_vectors_cannot_be_freed),
		cmocka_unit_test(a_message_names_cpu_and_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
