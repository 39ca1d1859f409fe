// sources:
/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's memory and string functions against the host's; bitmaps and lists.
 *
 * string.c is included under other names: it must not stand in for the C library of this program.
 */
#define memcpy	hv_memcpy
#define memmove hv_memmove
#define memset	hv_memset
#define memcmp	hv_memcmp
#define strlen	hv_strlen
#define strnlen hv_strnlen
#define strcmp	hv_strcmp
#define strncmp hv_strncmp
#define strchr	hv_strchr
#include "../../hypervisor/lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strstr

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/bitmap.h>
#include <hv/list.h>

#define AREA 2000

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void blocks_as_the_c_library(void **state)
{
	static unsigned char a[AREA], b[AREA];

	for (int round = 0; round < 100000; round++) {
		size_t src = (size_t)rand() % 1000, n = (size_t)rand() % (round & 2 ? 900 : 40);
		size_t dst = round & 1 ? (size_t)rand() % 1000 : src + (size_t)rand() % 40;

		a[src] = b[src] = (unsigned char)rand();
		memmove(a + dst, a + src, n);
		assert_ptr_equal(hv_memmove(b + dst, b + src, n), b + dst);
		assert_int_equal(sign(hv_memcmp(a + src, b + dst, n)),
				 sign(memcmp(a + src, b + dst, n)));
		if (round % 5 == 0) {
			memset(a + src, round, n);
			hv_memset(b + src, round, n);
		}
		if (dst >= src + n || src >= dst + n) {
			memcpy(a + dst, a + src, n);
			hv_memcpy(b + dst, b + src, n);
		}
		assert_memory_equal(a, b, AREA);
	}
}

static void strings_as_the_c_library(void **state)
{
	static const char *const words[] = { "",     "a", "ab",	    "abc", "abd",
					     "\xff", "b", "xxabcx", "aab" };
	const size_t nr = sizeof(words) / sizeof(words[0]);

	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(hv_strlen(words[i]), strlen(words[i]));
		assert_int_equal(hv_strnlen(words[i], 2), strnlen(words[i], 2));
		assert_ptr_equal(hv_strchr(words[i], 'b'), strchr(words[i], 'b'));
		assert_ptr_equal(hv_strchr(words[i], 0), strchr(words[i], 0));
		for (size_t j = 0; j < nr; j++) {
			assert_int_equal(sign(hv_strcmp(words[i], words[j])),
					 sign(strcmp(words[i], words[j])));
			assert_int_equal(sign(hv_strncmp(words[i], words[j], 2)),
					 sign(strncmp(words[i], words[j], 2)));
		}
	}
}

static void bitmap_agrees_with_an_array(void **state)
{
	enum { NR = 200 };
	DECLARE_BITMAP(map, NR);
	bool truth[NR] = { false };

	bitmap_zero(map, NR);
	assert_true(bitmap_empty(map, NR));
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)rand() % NR, from = (size_t)rand() % NR, next = from,
		       zero = from;
		bool set = rand() & 1;

		if (round & 1)
			assert_int_equal(set ? bitmap_test_and_set(map, n)
					     : bitmap_test_and_clear(map, n),
					 truth[n]);
		else
			assert_int_equal(set ? bitmap_test_and_set_atomic(map, n)
					     : bitmap_test_and_clear_atomic(map, n),
					 truth[n]);
		truth[n] = set;
		while (next < NR && !truth[next])
			next++;
		while (zero < NR && truth[zero])
			zero++;
		assert_int_equal(bitmap_find_next(map, NR, from), next);
		assert_int_equal(bitmap_find_next_zero(map, NR, from), zero);
	}
	bitmap_fill(map, NR);
	assert_true(bitmap_full(map, NR));
	assert_int_equal(bitmap_weight(map, NR), NR);
	assert_int_equal(bitmap_find_next(map, NR, NR), NR);
}

struct item {
	int value;
	struct list_head link;
};

static void lists_keep_order(void **state)
{
	LIST_HEAD(l);
	LIST_HEAD(other);
	struct item items[6], *i, *tmp;
	int expected = 0;

	for (int n = 0; n < 6; n++) {
		items[n].value = n;
		list_add_tail(&items[n].link, n < 3 ? &l : &other);
	}
	list_splice_tail(&other, &l);
	assert_true(list_empty(&other));
	list_for_each_entry(i, &l, link) assert_int_equal(i->value, expected++);
	assert_int_equal(expected, 6);
	list_for_each_entry_safe(i, tmp, &l, link)
	{
		if (i->value & 1) {
			list_del(&i->link);
			list_del(&i->link);
		}
	}
	assert_int_equal(list_first(&l, struct item, link)->value, 0);
	assert_int_equal(list_last(&l, struct item, link)->value, 4);
	list_move_tail(&items[0].link, &l);
	list_add(&items[5].link, &l);
	assert_int_equal(list_first(&l, struct item, link)->value, 5);
	assert_int_equal(list_last(&l, struct item, link)->value, 0);
	assert_null(list_first(&other, struct item, link));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_as_the_c_library),
		cmocka_unit_test(strings_as_the_c_library),
		cmocka_unit_test(bitmap_agrees_with_an_array),
		cmocka_unit_test(lists_keep_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
