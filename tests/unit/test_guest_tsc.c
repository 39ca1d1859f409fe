// sources: hypervisor/arch/x86/time/guest_tsc.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/* Guests' time stamp counters: which are scaled or emulated, at what rate, and that a guest that moves finds its own again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/domain.h>
#include <asm/hvm/hvm.h>
#include <asm/msr.h>
#include <asm/time.h>
#include <public/domctl.h>

enum { BY_DEFAULT, ALWAYS, NEVER };
#define SECOND 1000000000ll

static s_time_t now;
static struct domain domain;
static struct vcpu vcpu, *slots[1] = { &vcpu };
static struct hvm_vcpu hvm;
static struct hvm_domain hvm_domain;
static bool cpus_scale;
static unsigned int updates;
uint64_t cpu_khz;
bool tsc_reliable;
__thread struct cpu_info fake_cpu;

s_time_t NOW(void)
{
	return now;
}

static void update_tsc(struct vcpu *v)
{
	updates++;
}
static const struct tsc_ratio_format *tsc_ratio_format(void)
{
	static const struct tsc_ratio_format f = { 8, 32 };

	return cpus_scale ? &f : NULL;
}
static const struct hvm_vendor vendor = { .update_tsc = update_tsc, .tsc_ratio_format = tsc_ratio_format };
const struct hvm_vendor *hvm_vendor = &vendor;

static int set(uint32_t mode, uint32_t khz, uint64_t elapsed)
{
	struct xen_domctl_tsc_info info = { .tsc_mode = mode, .gtsc_khz = khz, .elapsed_nsec = elapsed, .incarnation = 3 };

	return guest_tsc_set(&domain, &info);
}

static struct xen_domctl_tsc_info get(void)
{
	struct xen_domctl_tsc_info info;

	guest_tsc_get(&domain, &info);
	return info;
}

static int fresh(void **state)
{
	now = 100 * SECOND;
	cpu_khz = 2000000;
	updates = 0;
	cpus_scale = false;
	tsc_reliable = true;
	hvm_domain = (struct hvm_domain){ 0 };
	hvm = (struct hvm_vcpu){ 0 };
	vcpu = (struct vcpu){ .domain = &domain, .arch.time_version = 7 };
	domain = (struct domain){ .max_vcpus = 1, .vcpu = slots };
	return 0;
}

static void near(uint64_t a, uint64_t b, uint64_t most)
{
	if ((a > b ? a - b : b - a) > most)
		fail_msg("%llu and %llu", (unsigned long long)a, (unsigned long long)b);
}

static void who_is_emulated(void **state)
{
	static const struct { uint32_t mode, khz; bool emulated; uint32_t rate; } cases[] = {
		{ BY_DEFAULT, 0, false, 2000000 },	 { BY_DEFAULT, 2000000, false, 2000000 },
		{ BY_DEFAULT, 2000500, false, 2000500 }, { BY_DEFAULT, 1999500, false, 1999500 },
		{ BY_DEFAULT, 2000501, true, 2000501 },	 { BY_DEFAULT, 1999499, true, 1999499 },
		{ BY_DEFAULT, 1, true, 1 },		 { BY_DEFAULT, ~0u, true, ~0u },
		{ ALWAYS, 0, true, 2000000 },		 { ALWAYS, 3100000, true, 3100000 },
		{ NEVER, 0, false, 2000000 },		 { NEVER, 3100000, false, 3100000 },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(set(cases[i].mode, cases[i].khz, 0), 0);
		assert_int_equal(domain.arch.vtsc, cases[i].emulated);
		assert_int_equal(get().gtsc_khz, cases[i].rate);
		assert_int_equal(get().tsc_mode, cases[i].mode);
		assert_int_equal(get().incarnation, 3);
		assert_int_equal(guest_tsc_khz(&vcpu), cases[i].emulated ? cases[i].rate : 2000000);
	}
	assert_int_equal(set(3, 0, 0), -EOPNOTSUPP);
	assert_int_equal(set(~0u, 0, 0), -EOPNOTSUPP);
	assert_int_equal(get().tsc_mode, NEVER); /* as it was */
}

/* The counter, and the time that the guest makes of it by the record it has. */
static void it_counts_at_the_guests_rate(void **state)
{
	static const uint32_t rates[] = { 1000, 999999, 1000000, 1234567, 2000000, 4999999 };

	for (unsigned int i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t first, passed;

		now = 100 * SECOND;
		assert_int_equal(set(ALWAYS, rates[i], 5 * SECOND), 0);
		first = guest_tsc(&vcpu);
		near(first, rates[i] * 5000ull, 16);
		assert_true(guest_tsc_at(&domain, now) == first);
		now += 1000 * SECOND;
		passed = guest_tsc(&vcpu) - first;
		near(passed, rates[i] * 1000000ull, rates[i] / 1000);
		near(time_scale_apply(passed, domain.arch.vtsc_to_ns), 1000 * SECOND, 2000);
	}
}

/* A clock record from before the guest began: what has passed since is the same. */
static void before_it_began(void **state)
{
	assert_int_equal(set(ALWAYS, 2600000, 0), 0);
	near(guest_tsc_at(&domain, now + SECOND) - guest_tsc_at(&domain, now - 60 * SECOND), 61 * 2600000000, 64);
	near(-guest_tsc_at(&domain, 0), 100 * 2600000000, 64);
}

static void its_readers_are_told(void **state)
{
	assert_int_equal(set(ALWAYS, 0, 0), 0);
	assert_int_equal(vcpu.arch.time_version, 0);
	assert_int_equal(updates, 0); /* paravirtualized */
	vcpu.arch.hvm = &hvm;
	assert_int_equal(set(BY_DEFAULT, 0, 0), 0);
	assert_int_equal(updates, 1);
}

/* Saved where it counted freely, restored on a slower machine that has just begun: never back, and at its own rate. */
static void a_guest_that_moves(void **state)
{
	struct xen_domctl_tsc_info saved;
	uint64_t before, after;

	vcpu.arch.hvm = &hvm;
	hvm.tsc_offset = 1000000000000;
	assert_int_equal(set(BY_DEFAULT, 0, 0), 0);
	before = guest_tsc(&vcpu);
	saved = get();
	after = guest_tsc(&vcpu);
	assert_in_range(before, 1000000000000, after);
	cpu_khz = 1000000;
	now = SECOND;
	assert_int_equal(guest_tsc_set(&domain, &saved), 0);
	assert_true(domain.arch.vtsc);
	assert_true(guest_tsc(&vcpu) >= before - before / 1000000000 && guest_tsc(&vcpu) <= after + 16);
	before = guest_tsc(&vcpu);
	now += SECOND;
	near(guest_tsc(&vcpu) - before, 2000000000, 16);
	saved = get(); /* and further, to a third */
	now = 7 * SECOND;
	cpu_khz = 2000000;
	assert_int_equal(guest_tsc_set(&domain, &saved), 0);
	assert_false(domain.arch.vtsc); /* whose rate is its own again: the counter's value is in its CPU's record */
}

static void hardware_virtualized(void)
{
	domain.arch.hvm = &hvm_domain;
	vcpu.arch.hvm = &hvm;
	cpus_scale = true;
}

static void who_is_scaled(void **state)
{
	static const struct { uint32_t mode, khz; bool able, reliable, hvm, scaled, emulated; } cases[] = {
		{ BY_DEFAULT, 3000000, true, true, true, true, false },
		{ BY_DEFAULT, 1000000, true, true, true, true, false },
		{ BY_DEFAULT, 2000501, true, true, true, true, false },
		{ BY_DEFAULT, 2000500, true, true, true, false, false }, /* no other rate */
		{ BY_DEFAULT, 0, true, true, true, false, false },
		{ BY_DEFAULT, 3000000, false, true, true, false, true },
		{ BY_DEFAULT, 3000000, true, false, true, false, true }, /* the CPUs' counters differ */
		{ BY_DEFAULT, 3000000, true, true, false, false, true },
		{ BY_DEFAULT, 512000000, true, true, true, false, true }, /* the ratio has no room */
		{ BY_DEFAULT, 100, true, true, true, false, true },	  /* or is not exact */
		{ ALWAYS, 3000000, true, true, true, false, true },
		{ NEVER, 3000000, true, true, true, false, false },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fresh(NULL);
		if (cases[i].hvm)
			hardware_virtualized();
		cpus_scale = cases[i].able;
		tsc_reliable = cases[i].reliable;
		assert_int_equal(set(cases[i].mode, cases[i].khz, 0), 0);
		assert_int_equal(!!hvm_domain.tsc_ratio.value, cases[i].scaled);
		assert_int_equal(domain.arch.vtsc, cases[i].emulated);
		assert_int_equal(updates, cases[i].hvm);
		assert_int_equal(guest_tsc_khz(&vcpu), cases[i].scaled || cases[i].emulated ? cases[i].khz : 2000000);
		assert_int_equal(set(BY_DEFAULT, 0, 0), 0);
		assert_true(!hvm_domain.tsc_ratio.value && !domain.arch.vtsc);
	}
}

static void a_scaled_counter(void **state)
{
	hardware_virtualized();
	assert_int_equal(set(BY_DEFAULT, 3000000, 0), 0);
	assert_true(hvm_domain.tsc_ratio.value == 0x180000000 && hvm_domain.tsc_ratio.fraction_bits == 32);
	assert_true(guest_tsc_scaled(&domain, 1000) == 1500);
	hvm.tsc_offset = 1ull << 60;
	assert_in_range(guest_tsc(&vcpu), (1ull << 60) + rdtsc() / 2 * 3 - 3000000000, (1ull << 60) + rdtsc() / 2 * 3 + 3000000000);
	vcpu.arch.hvm = NULL;
	domain.arch.hvm = NULL;
	assert_true(guest_tsc_scaled(&domain, 1000) == 1000);
}

/* From each way of counting to each other: it goes on from where it was, and every vCPU from where that was. */
static void it_goes_on(void **state)
{
	static const struct { uint32_t mode, khz; } ways[] = { { BY_DEFAULT, 0 }, { BY_DEFAULT, 3000000 }, { BY_DEFAULT, 700000 },
							       { ALWAYS, 3000000 } };
	struct hvm_vcpu second = { .tsc_offset = 5000000000000 };
	struct vcpu other = { .domain = &domain, .arch.hvm = &second }, *both[2] = { &vcpu, &other };

	hardware_virtualized();
	domain.vcpu = both;
	domain.max_vcpus = 2;
	for (unsigned int from = 0; from < 4; from++)
		for (unsigned int to = 0; to < 3; to++) {
			uint64_t before, apart, ticks;

			assert_int_equal(set(ways[from].mode, ways[from].khz, 77 * SECOND), 0);
			before = guest_tsc(&vcpu);
			apart = second.tsc_offset - hvm.tsc_offset;
			assert_int_equal(set(ways[to].mode, ways[to].khz, 1234 * SECOND), 0);
			ticks = guest_tsc(&vcpu) - before;
			assert_true(ticks < 1ull << 36); /* not back, nor by more than the test may take */
			assert_true(second.tsc_offset - hvm.tsc_offset == (from == 3 ? 0 : apart));
		}
	assert_int_equal(set(3, 0, 0), -EOPNOTSUPP);
	assert_true(hvm_domain.tsc_ratio.value); /* as it was */
}

/* Saved where it was scaled, restored where it need not be, or cannot. */
static void a_scaled_guest_moves(void **state)
{
	struct xen_domctl_tsc_info saved;
	uint64_t before;

	hardware_virtualized();
	assert_int_equal(set(BY_DEFAULT, 3000000, 0), 0);
	hvm.tsc_offset += 1000000000000;
	before = guest_tsc(&vcpu);
	saved = get();
	assert_int_equal(saved.gtsc_khz, 3000000);
	assert_in_range(saved.elapsed_nsec, before / 3 - before / 1000000000, before / 3 + 60 * SECOND);
	cpus_scale = false;
	assert_int_equal(guest_tsc_set(&domain, &saved), 0);
	assert_true(domain.arch.vtsc && guest_tsc_khz(&vcpu) == 3000000);
	assert_true(guest_tsc(&vcpu) >= before - before / 1000000000);
	cpu_khz = 3000000;
	assert_int_equal(guest_tsc_set(&domain, &saved), 0);
	assert_true(!domain.arch.vtsc && !hvm_domain.tsc_ratio.value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_is_emulated, fresh),
		cmocka_unit_test_setup(it_counts_at_the_guests_rate, fresh),
		cmocka_unit_test_setup(before_it_began, fresh),
		cmocka_unit_test_setup(its_readers_are_told, fresh),
		cmocka_unit_test_setup(a_guest_that_moves, fresh),
		cmocka_unit_test_setup(who_is_scaled, fresh),
		cmocka_unit_test_setup(a_scaled_counter, fresh),
		cmocka_unit_test_setup(it_goes_on, fresh),
		cmocka_unit_test_setup(a_scaled_guest_moves, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
