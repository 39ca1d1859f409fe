// sources: hypervisor/common/timer.c hypervisor/common/softirq.c hypervisor/common/spinlock.c tests/unit/fake_cpus.c tests/unit/fake_log.c
// cflags: -Ihypervisor/arch/x86/time -DCONFIG_DEBUG -include tests/unit/fake_arch.h -fno-sanitize=object-size
/* SPDX-License-Identifier: MIT */
/*
 * System time where the TSC is watched: what becomes of it when the TSC jumps, its rate changes, the platform timer jumps, or the
 * CPU is away for long. time.c is included for the sake of its private functions; the clocks are two variables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/softirq.h>
#include <hv/timer.h>
#include "fake_cpus.h"

#define HZ 2000000000ull

static uint64_t tsc_now, ticks_per_us = HZ / 1000000;
static s_time_t platform_now;

static uint64_t rdtsc_ordered(void)
{
	return tsc_now;
}

static void cpuid_count(uint32_t leaf, uint32_t sub, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a = *b = *c = *d = 0;
}

s_time_t now_by_tsc(void);
#define NOW now_by_tsc
#include "../../hypervisor/arch/x86/time/time.c"
#undef NOW

struct platform_timer *platform_timer_choose(void)
{
	static struct platform_timer t = { .name = "test" };

	return &t;
}
uint64_t platform_timer_measure_tsc(const struct platform_timer *t)
{
	return HZ;
}
uint64_t pit_measure_tsc_hz(void)
{
	return 0;
}
s_time_t platform_stime(void)
{
	return platform_now;
}
s_time_t platform_stime_pair(uint64_t *tsc)
{
	*tsc = tsc_now;
	return platform_now;
}
void platform_stime_start(struct platform_timer *t)
{
}
void apic_timer_init(void)
{
}
void apic_timer_init_cpu(void)
{
}
void wallclock_init(void);
void wallclock_init(void)
{
}
void update_vcpu_system_time(struct vcpu *v)
{
}

/* Both clocks go on; the calibration comes when it is due by system time, here at each tenth of a second. */
static void pass(uint64_t ms)
{
	for (; ms; ms--) {
		tsc_now += 1000 * ticks_per_us;
		platform_now += MILLISECS(1);
		if (platform_now % MILLISECS(100) == 0 && this_cpu(calibrate_timer).expires <= now_by_tsc())
			calibrate(NULL);
	}
}

static s_time_t difference(void)
{
	s_time_t n = now_by_tsc() - platform_now;

	return n < 0 ? -n : n;
}

struct domain *idle_domain;
static struct vcpu idle;

static int start(void **state)
{
	static struct domain nobody = { .domain_id = DOMID_IDLE };

	fake_cpus_init(1);
	timers_init();
	idle.domain = idle_domain = &nobody;
	fake_cpu.current_vcpu = &idle;
	tsc_now = 1000000;
	platform_now = 0;
	ticks_per_us = HZ / 1000000;
	time_init();
	tsc_reliable = false;
	time_start_calibration();
	return 0;
}

static void it_follows_the_platform(void **state)
{
	pass(10000);
	assert_true(difference() < 10000);
	ticks_per_us = HZ / 1000000 * 3 / 4; /* a slower state of the CPU */
	pass(20000);
	assert_true(difference() < MILLISECS(1));
}

/* Never back while it is watched, and right again soon. */
static void a_leap_of_the_tsc_is_made_good(void **state)
{
	static const int64_t leaps[] = { 1000000, (int64_t)HZ, 100 * (int64_t)HZ, 1ll << 50 };

	for (unsigned int i = 0; i < ARRAY_SIZE(leaps); i++) {
		s_time_t before, ahead;

		start(state);
		pass(5000);
		tsc_now += (uint64_t)leaps[i];
		ahead = difference();
		before = now_by_tsc();
		for (unsigned int s = 0; s < 20; s++) {
			pass(1000);
			assert_true(now_by_tsc() > before);
			/* It waits by being slower, a tenth at most, but for the first moments. */
			assert_true(now_by_tsc() - before < SECONDS(1) + MILLISECS(150));
			before = now_by_tsc();
		}
		assert_true(difference() < max(ahead - MILLISECS(1000), (s_time_t)10000));
	}
}

static void a_step_back_of_the_tsc_costs_two_seconds_at_most(void **state)
{
	static const uint64_t steps[] = { 1000, HZ / 2, HZ * 4 };

	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
		s_time_t record;

		start(state);
		pass(5000);
		record = this_cpu(cpu_time).stime;
		tsc_now -= steps[i];
		assert_true(now_by_tsc() >= record);
		this_cpu(calibrate_timer).expires = 0; /* APIC timers count by themselves */
		pass(3000);
		assert_true(difference() < MILLISECS(1));
	}
}

static void a_cpu_that_was_away_finds_the_time(void **state)
{
	static const uint64_t away[] = { 2, 59, 61, 3600, 86400 }; /* seconds, in which both clocks go on */

	for (unsigned int i = 0; i < ARRAY_SIZE(away); i++) {
		start(state);
		pass(5000);
		tsc_now += away[i] * HZ;
		platform_now += SECONDS(away[i]);
		assert_true(difference() < MILLISECS(1) * (s_time_t)away[i]);
		pass(3000);
		assert_true(difference() < MILLISECS(1));
	}
}

static void a_leap_of_the_platform_timer_is_followed(void **state)
{
	s_time_t before;

	pass(5000);
	platform_now += SECONDS(43); /* a counter of 32 bits read wrongly */
	before = now_by_tsc();
	pass(3000);
	assert_true(now_by_tsc() >= before + SECONDS(43));
	assert_true(difference() < MILLISECS(1));
}

static void a_platform_timer_that_stands_only_slows_it(void **state)
{
	s_time_t before;

	pass(5000);
	before = now_by_tsc();
	platform_now -= SECONDS(3);
	pass(2500);
	assert_true(now_by_tsc() > before + SECONDS(2));
	pass(40000);
	assert_true(difference() < MILLISECS(1));
}

#define CASE(f) cmocka_unit_test_setup(f, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_follows_the_platform),
		CASE(a_leap_of_the_tsc_is_made_good),
		CASE(a_step_back_of_the_tsc_costs_two_seconds_at_most),
		CASE(a_cpu_that_was_away_finds_the_time),
		CASE(a_leap_of_the_platform_timer_is_followed),
		CASE(a_platform_timer_that_stands_only_slows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
