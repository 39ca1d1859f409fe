/* SPDX-License-Identifier: MIT */
/* Ratios of time stamp counters: what a CPU can represent, what it makes of a count, and the time guests make of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <asm/tsc_ratio.h>

static const struct tsc_ratio_format formats[] = { { 8, 32 }, { 16, 48 } }; /* AMD's, Intel's */

static void known_values(void **state)
{
	static const struct { uint32_t guest, host; uint64_t by_32, by_48; } rows[] = {
		{ 2000000, 2000000, 0x100000000, 0x1000000000000 },
		{ 3000000, 2000000, 0x180000000, 0x1800000000000 },
		{ 1000000, 3000000, 0x055555555, 0x0555555555555 },
		{ 510000, 2000, 0xff00000000, 0xff000000000000 },
		{ 512000, 2000, 0, 0x100000000000000 },     /* 256: too large for 8 bits */
		{ 4294967295, 65537, 0, 0xffff000000000000 }, /* 65535 */
		{ 4294967295, 65535, 0, 0 },		      /* 65537 */
		{ 1000, 4096000, 0x100000, 0x1000000000 },
		{ 1000, 4097000, 0, 0xfff000fff },	      /* too few steps */
		{ 1, 3000000, 0, 0x597a7e0 },
		{ 1, 4294967295, 0, 0 },
		{ 0, 2000000, 0, 0 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int f = 0; f < 2; f++) {
			struct tsc_ratio r = tsc_ratio_make(&formats[f], rows[i].guest, rows[i].host);
			uint64_t want = f ? rows[i].by_48 : rows[i].by_32;

			if (r.value != want)
				fail_msg("row %u: %#llx", i, (unsigned long long)r.value);
			assert_int_equal(r.fraction_bits, want ? formats[f].fraction_bits : 0);
		}
}

static uint64_t any(void)
{
	return (uint64_t)rand() << 62 ^ (uint64_t)rand() << 31 ^ (uint64_t)rand();
}

/* Whatever is represented is right to a millionth, and whatever is in reason is represented. */
static void close_enough(void **state)
{
	for (unsigned int i = 0; i < 200000; i++) {
		const struct tsc_ratio_format *f = &formats[i & 1];
		uint32_t guest = (uint32_t)any() >> any() % 32;
		uint64_t host = 1000 + ((uint32_t)any() >> any() % 24);
		struct tsc_ratio r = tsc_ratio_make(f, guest, host);
		long double real = (long double)guest / host, made = (long double)r.value / (1ull << f->fraction_bits);

		if (r.value)
			assert_true(made <= real && real - made <= real / 1000000);
		else
			assert_true(real > 255 || real < 1 / 4000.0L);
	}
}

/* The whole product, by halves of the count. */
static void counts(void **state)
{
	for (unsigned int i = 0; i < 200000; i++) {
		struct tsc_ratio r = { .value = any() | 1, .fraction_bits = i & 1 ? 48 : 32 };
		uint64_t tsc = any() >> any() % 64;
		unsigned __int128 low = (unsigned __int128)(uint32_t)tsc * r.value, high = (unsigned __int128)(tsc >> 32) * r.value;
		uint64_t want = (uint64_t)((high + (low >> 32)) >> (r.fraction_bits - 32));

		assert_true(tsc_ratio_apply(r, tsc) == want);
	}
	assert_true(tsc_ratio_apply((struct tsc_ratio){ 0 }, 12345) == 12345);
	assert_true(tsc_ratio_apply((struct tsc_ratio){ 1ull << 32, 32 }, ~0ull) == ~0ull);
}

/* Years of a guest's ticks are as much time as the machine's ticks they come from, to a millisecond in a month. */
static void time_of_a_guest(void **state)
{
	static const uint32_t hosts[] = { 1000000, 1999999, 2000000, 2600000, 3333333, 4999999 };
	static const uint32_t guests[] = { 1000, 700000, 1000000, 1234567, 2000000, 2599999, 5000000, 40000000 };

	for (unsigned int h = 0; h < sizeof(hosts) / sizeof(hosts[0]); h++)
		for (unsigned int g = 0; g < 2 * sizeof(guests) / sizeof(guests[0]); g++) {
			struct time_scale host = time_scale_make(hosts[h] * 1000ull, 1000000000), guest;
			struct tsc_ratio r = tsc_ratio_make(&formats[g & 1], guests[g / 2], hosts[h]);
			uint64_t ticks = hosts[h] * 1000ull * 3600 * 24 * 30, by_host, by_guest;

			if (!r.value)
				continue;
			guest = tsc_ratio_time_scale(r, host);
			by_host = time_scale_apply(ticks, host);
			by_guest = time_scale_apply(tsc_ratio_apply(r, ticks), guest);
			assert_true(guest.mul & 0x80000000u);
			assert_in_range(by_guest + 1000000, by_host, by_host + 2000000);
		}
}

static void no_ratio_no_change(void **state)
{
	struct time_scale s = { .mul = 0x87654321, .shift = -3 }, same = tsc_ratio_time_scale((struct tsc_ratio){ 0 }, s);
	struct time_scale one = tsc_ratio_time_scale((struct tsc_ratio){ 1ull << 48, 48 }, s);
	struct time_scale half = tsc_ratio_time_scale((struct tsc_ratio){ 1ull << 31, 32 }, s);

	assert_true(same.mul == s.mul && same.shift == s.shift);
	assert_true(one.mul == s.mul && one.shift == s.shift);
	assert_true(half.mul == s.mul && half.shift == s.shift + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),	   cmocka_unit_test(close_enough),	 cmocka_unit_test(counts),
		cmocka_unit_test(time_of_a_guest), cmocka_unit_test(no_ratio_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
