// sources: hypervisor/arch/x86/platform/serial_parse.c hypervisor/lib/*.c
// cflags: -Ihypervisor/arch/x86/time
/* SPDX-License-Identifier: MIT */
/* Rate conversion, the calendar, and the com1= option: arithmetic that needs no machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <asm/serial.h>
#include <asm/time_scale.h>
#include "calendar.h"

static const uint64_t rates[] = { 1000000,    3579545,	  14318180,   100000000,  999999999, 1000000000,
				  1000000001, 2596100000, 4294967295, 4294967296, 5500000000 };

static void a_thousand_seconds_stay_a_thousand_seconds(void **state)
{
	for (unsigned int i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct time_scale s = time_scale_make(rates[i], 1000000000);
		int64_t error = (int64_t)time_scale_apply(rates[i] * 1000, s) - 1000000000000ll;

		assert_true(error <= 0 && error > -2000); /* 2 ns in a second */
		assert_true(s.mul & 0x80000000u);
	}
}

static void one_to_one_is_exact(void **state)
{
	struct time_scale s = time_scale_make(1000000000, 1000000000);

	assert_int_equal(s.mul, 0x80000000u);
	assert_int_equal(s.shift, 1);
	assert_int_equal(time_scale_apply(123456789012345ull, s), 123456789012345ull);
}

static void there_and_back_meet(void **state)
{
	for (unsigned int i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t ns = 5000000000ull;
		uint64_t ticks = time_scale_apply(ns, time_scale_make(1000000000, rates[i]));
		uint64_t back = time_scale_apply(ticks, time_scale_make(rates[i], 1000000000));

		assert_true(back <= ns && ns - back <= 20 + 1000000000 / rates[i]);
	}
}

static void guests_compute_the_same(void **state)
{
	struct time_scale s = time_scale_make(2596100000, 1000000000);
	uint64_t delta = 987654321987ull;
	uint64_t d = s.shift < 0 ? delta >> -s.shift : delta << s.shift;
	uint64_t guest = ((d >> 32) * s.mul) + (((d & 0xffffffff) * s.mul) >> 32);

	assert_int_equal(time_scale_apply(delta, s), guest);
}

static void dates_agree_with_libc(void **state)
{
	for (int64_t when = 0; when < 4102444800ll; when += 86400 * 3 + 3661) {
		time_t t = (time_t)when;
		struct tm tm;
		uint8_t f[7];

		gmtime_r(&t, &tm);
		f[0] = (uint8_t)tm.tm_sec;
		f[1] = (uint8_t)tm.tm_min;
		f[2] = (uint8_t)tm.tm_hour;
		f[3] = (uint8_t)tm.tm_mday;
		f[4] = (uint8_t)(tm.tm_mon + 1);
		f[5] = (uint8_t)(tm.tm_year % 100);
		f[6] = (uint8_t)((tm.tm_year + 1900) / 100);
		assert_int_equal(rtc_fields_to_seconds(f, RTC_24H | RTC_BINARY), when);
	}
}

static void clocks_may_count_in_bcd_and_twelve_hours(void **state)
{
	static const uint8_t pm[7] = { 0x59, 0x30, 0x83, 0x21, 0x11, 0x26, 0x20 };
	static const uint8_t midnight[7] = { 0, 0, 0x12, 0x21, 0x11, 0x26, 0x20 };

	assert_int_equal(rtc_fields_to_seconds(pm, 0), 1795275059);
	assert_int_equal(rtc_fields_to_seconds(midnight, 0), 1795219200);
}

static void an_unset_clock_reads_as_zero(void **state)
{
	uint8_t f[7];

	memset(f, 0xff, sizeof(f));
	assert_int_equal(rtc_fields_to_seconds(f, RTC_24H), 0);
	memset(f, 0, sizeof(f));
	assert_int_equal(rtc_fields_to_seconds(f, RTC_24H), 0);
}

static struct serial_config defaults(void)
{
	return (struct serial_config){ .base_baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'n',
				       .io = 0x3f8, .irq = 4 };
}

static void com1_takes_every_field(void **state)
{
	struct serial_config c = defaults();

	assert_true(serial_parse("9600/1843200,7e2,0x2f8,3", &c));
	assert_int_equal(c.baud, 9600);
	assert_int_equal(c.base_baud, 1843200);
	assert_int_equal(c.data_bits, 7);
	assert_int_equal(c.parity, 'e');
	assert_int_equal(c.stop_bits, 2);
	assert_int_equal(c.io, 0x2f8);
	assert_int_equal(c.irq, 3);
}

static void com1_fields_may_be_left_out(void **state)
{
	struct serial_config c = defaults();

	assert_true(serial_parse("115200,8n1", &c));
	assert_int_equal(c.io, 0x3f8);
	assert_true(serial_parse("", &c));
	assert_true(serial_parse("auto", &c));
	assert_int_equal(c.baud, 0);
	assert_true(serial_parse("115200,,,5", &c));
	assert_int_equal(c.irq, 5);
	assert_int_equal(c.io, 0x3f8);
}

static void com1_nonsense_changes_nothing(void **state)
{
	static const char *const bad[] = { "x", "115200,9n1", "115200,8x1", "115200,8n3", "115200,8n1,0x10000",
					   "115200,8n1,0x3f8,16", "115200,8n1,0x3f8,4,5", "115200 8n1",
					   "99999999999", "115200/1", "115200,8" };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct serial_config c = defaults(), before = c;

		assert_false(serial_parse(bad[i], &c));
		assert_memory_equal(&c, &before, sizeof(c));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_seconds_stay_a_thousand_seconds),
		cmocka_unit_test(one_to_one_is_exact),
		cmocka_unit_test(there_and_back_meet),
		cmocka_unit_test(guests_compute_the_same),
		cmocka_unit_test(dates_agree_with_libc),
		cmocka_unit_test(clocks_may_count_in_bcd_and_twelve_hours),
		cmocka_unit_test(an_unset_clock_reads_as_zero),
		cmocka_unit_test(com1_takes_every_field),
		cmocka_unit_test(com1_fields_may_be_left_out),
		cmocka_unit_test(com1_nonsense_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
