// sources: hypervisor/arch/x86/cpu/fpu.c
// cflags: -DUNIT_TEST -include tests/fuzz/hyper_arch.h
/* SPDX-License-Identifier: MIT */
/* FPU state from outside: what would make the CPU fault when it is loaded is refused, or made harmless. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/domain.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>

#define SIZE	832u /* x87, SSE and AVX */
#define SMALL	576u
#define BV	512u /* the header */
#define ALLOWED (XSTATE_FP | XSTATE_SSE | XSTATE_AVX)

struct cpu_info hyper_cpu;
bool hyper_irqs_off;
struct cpu_features host_cpu;
extern uint32_t xstate_size;
extern uint64_t xstate_mask;
static uint64_t policy;
static struct domain d;
static struct vcpu v;
static uint8_t area[SIZE] __attribute__((aligned(64)));

uint64_t cpu_policy_xcr0(const struct cpu_policy *p)
{
	return policy;
}

void *xzalloc_bytes(size_t size)
{
	return calloc(1, size);
}

void xfree(void *p)
{
	free(p);
}

static int setup(void **state)
{
	v = (struct vcpu){ .domain = &d };
	xstate_size = SIZE;
	xstate_mask = policy = ALLOWED;
	memset(area, 0, sizeof(area));
	return fpu_vcpu_create(&v);
}

static int teardown(void **state)
{
	fpu_vcpu_destroy(&v);
	return 0;
}

static uint64_t *header(unsigned int word)
{
	return (uint64_t *)(area + BV) + word;
}

static void refused(uint64_t xcr0, uint64_t accum, uint32_t size)
{
	assert_int_equal(fpu_set_xstate(&v, xcr0, accum, area, size), -EINVAL);
	assert_int_equal(v.arch.xcr0, XSTATE_FP); /* as before */
	assert_int_equal(v.arch.xcr0_accum, XSTATE_FP);
}

static void images_that_would_fault_are_refused(void **state)
{
	refused(ALLOWED, ALLOWED, 0);
	refused(ALLOWED, ALLOWED, SMALL - 1);
	refused(ALLOWED, ALLOWED, SIZE + 1);
	for (unsigned int i = 1; i < 8; i++) { /* the compacted form; reserved */
		*header(i) = 1ull << (i == 1 ? 63 : i);
		refused(ALLOWED, ALLOWED, SIZE);
		*header(i) = 0;
	}
	*header(0) = XSTATE_AVX; /* in use, and never switched on */
	refused(XSTATE_FP | XSTATE_SSE, XSTATE_FP | XSTATE_SSE, SIZE);
	*header(0) = 1ull << 62;
	refused(ALLOWED, ALLOWED, SIZE);
	*header(0) = ALLOWED;
	assert_int_equal(fpu_set_xstate(&v, ALLOWED, ALLOWED, area, SIZE), 0);
	assert_int_equal(v.arch.xcr0, ALLOWED);
	assert_int_equal(v.arch.xcr0_accum, ALLOWED);
}

static void components_are_switched_on_as_the_cpu_allows(void **state)
{
	static const uint64_t bad[] = { 0, XSTATE_SSE, XSTATE_AVX | XSTATE_FP, ALLOWED | 1ull << 3, ALLOWED | 1ull << 9,
					ALLOWED | XSTATE_AVX512, 1ull << 63 | XSTATE_FP, ~0ull };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(fpu_set_guest_xcr0(&v, bad[i]), -EINVAL);
		refused(bad[i], ALLOWED, SIZE);
		refused(ALLOWED, bad[i], SIZE);
	}
	policy = XSTATE_FP | XSTATE_SSE; /* the guest is not shown AVX */
	refused(ALLOWED, ALLOWED, SIZE);
	assert_int_equal(fpu_set_guest_xcr0(&v, policy), 0);
}

static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* The CPU itself is asked: it would fault. */
static void whatever_is_taken_can_be_loaded(void **state)
{
	uint64_t seed = 0x2545f4914f6cdd1dull;
	uint32_t mxcsr = 0x1f80;

	for (unsigned int i = 0; i < 2000; i++) {
		for (unsigned int k = 0; k < BV / 8; k++)
			((uint64_t *)area)[k] = next(&seed);
		if (i & 1)
			fpu_set_legacy(&v, area);
		else
			assert_int_equal(fpu_set_xstate(&v, ALLOWED, ALLOWED, area, SIZE), 0);
		__asm__ volatile("fxrstor64 (%0); fninit; ldmxcsr %1" ::"r"(v.arch.xsave), "m"(mxcsr) : "memory");
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(images_that_would_fault_are_refused),
		CASE(components_are_switched_on_as_the_cpu_allows),
		CASE(whatever_is_taken_can_be_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
