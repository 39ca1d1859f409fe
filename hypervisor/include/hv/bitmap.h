/* SPDX-License-Identifier: MIT */
/*
 * Bitmaps: bit n is bit n % 64 of word n / 64. Plain operations are for bitmaps under a lock, the
 * *_atomic ones for bits that race.
 *
 * Ordering: the atomic read-modify-writes are full barriers; bitmap_test() is a relaxed load.
 */
#ifndef HV_BITMAP_H
#define HV_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITMAP_WORD_BITS      64u
#define BITMAP_WORDS(nr)      (((nr) + BITMAP_WORD_BITS - 1) / BITMAP_WORD_BITS)
#define BITMAP_BYTES(nr)      (BITMAP_WORDS(nr) * sizeof(uint64_t))
#define DECLARE_BITMAP(m, nr) uint64_t m[BITMAP_WORDS(nr)]

static inline uint64_t bitmap_mask(size_t n)
{
	return 1ull << (n % BITMAP_WORD_BITS);
}

static inline bool bitmap_test(const uint64_t *map, size_t n)
{
	return __atomic_load_n(&map[n / BITMAP_WORD_BITS], __ATOMIC_RELAXED) & bitmap_mask(n);
}

static inline void bitmap_set(uint64_t *map, size_t n)
{
	map[n / BITMAP_WORD_BITS] |= bitmap_mask(n);
}

static inline void bitmap_clear(uint64_t *map, size_t n)
{
	map[n / BITMAP_WORD_BITS] &= ~bitmap_mask(n);
}

static inline bool bitmap_test_and_set(uint64_t *map, size_t n)
{
	bool was = bitmap_test(map, n);

	bitmap_set(map, n);
	return was;
}

static inline bool bitmap_test_and_clear(uint64_t *map, size_t n)
{
	bool was = bitmap_test(map, n);

	bitmap_clear(map, n);
	return was;
}

static inline void bitmap_set_atomic(uint64_t *map, size_t n)
{
	__atomic_fetch_or(&map[n / BITMAP_WORD_BITS], bitmap_mask(n), __ATOMIC_SEQ_CST);
}

static inline void bitmap_clear_atomic(uint64_t *map, size_t n)
{
	__atomic_fetch_and(&map[n / BITMAP_WORD_BITS], ~bitmap_mask(n), __ATOMIC_SEQ_CST);
}

static inline bool bitmap_test_and_set_atomic(uint64_t *map, size_t n)
{
	return __atomic_fetch_or(&map[n / BITMAP_WORD_BITS], bitmap_mask(n), __ATOMIC_SEQ_CST) &
	       bitmap_mask(n);
}

static inline bool bitmap_test_and_clear_atomic(uint64_t *map, size_t n)
{
	return __atomic_fetch_and(&map[n / BITMAP_WORD_BITS], ~bitmap_mask(n), __ATOMIC_SEQ_CST) &
	       bitmap_mask(n);
}

/* The first bit >= from (of nr bits) that is set, or clear when `flip` is all ones; nr if none. */
static inline size_t bitmap_scan(const uint64_t *map, size_t nr, size_t from, uint64_t flip)
{
	if (from >= nr)
		return nr;
	for (size_t w = from / BITMAP_WORD_BITS; w < BITMAP_WORDS(nr); w++) {
		uint64_t v = __atomic_load_n(&map[w], __ATOMIC_RELAXED) ^ flip;

		if (w == from / BITMAP_WORD_BITS)
			v &= ~0ull << (from % BITMAP_WORD_BITS);
		if (v) {
			size_t n = w * BITMAP_WORD_BITS + (size_t)__builtin_ctzll(v);

			return n < nr ? n : nr;
		}
	}
	return nr;
}

/* Each returns nr when there is no such bit. */
static inline size_t bitmap_find_next(const uint64_t *map, size_t nr, size_t from)
{
	return bitmap_scan(map, nr, from, 0);
}

static inline size_t bitmap_find_first(const uint64_t *map, size_t nr)
{
	return bitmap_scan(map, nr, 0, 0);
}

static inline size_t bitmap_find_next_zero(const uint64_t *map, size_t nr, size_t from)
{
	return bitmap_scan(map, nr, from, ~0ull);
}

static inline size_t bitmap_find_first_zero(const uint64_t *map, size_t nr)
{
	return bitmap_scan(map, nr, 0, ~0ull);
}

#define bitmap_for_each_set(n, map, nr)                                                            \
	for ((n) = bitmap_find_first((map), (nr)); (n) < (nr);                                     \
	     (n) = bitmap_find_next((map), (nr), (size_t)(n) + 1))

/* Whole bitmaps. Bits of the last word beyond nr are cleared by zero and fill, ignored by the rest.
 */
static inline uint64_t bitmap_tail_mask(size_t nr)
{
	return nr % BITMAP_WORD_BITS ? bitmap_mask(nr) - 1 : ~0ull;
}

static inline void bitmap_zero(uint64_t *map, size_t nr)
{
	for (size_t w = 0; w < BITMAP_WORDS(nr); w++)
		map[w] = 0;
}

static inline void bitmap_fill(uint64_t *map, size_t nr)
{
	for (size_t w = 0; w < BITMAP_WORDS(nr); w++)
		map[w] = ~0ull;
	if (nr)
		map[BITMAP_WORDS(nr) - 1] = bitmap_tail_mask(nr);
}

static inline bool bitmap_empty(const uint64_t *map, size_t nr)
{
	return bitmap_find_first(map, nr) == nr;
}

static inline bool bitmap_full(const uint64_t *map, size_t nr)
{
	return bitmap_find_first_zero(map, nr) == nr;
}

static inline size_t bitmap_weight(const uint64_t *map, size_t nr)
{
	size_t sum = 0, n;

	bitmap_for_each_set(n, map, nr) sum++;
	return sum;
}

#endif
