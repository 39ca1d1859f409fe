// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/*
 * The ratio of SVM guests' time stamp counters: in a CPU's MSR whenever a vCPU enters there, and written no more often
 * than it changes. tsc.c is included for the sake of its private data; two CPUs are played in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <hv/domain.h>

#define HV_PERCPU_H
#define DEFINE_PER_CPU(type, name) type name[2]
#define this_cpu(name)		   name[here]

static unsigned int here, writes;
static uint64_t msr[2];
static uint32_t features[2];
static bool refuses;

#define wrmsr hw_wrmsr
#include <asm/msr.h>
#undef wrmsr

static void wrmsr(uint32_t nr, uint64_t v)
{
	assert_int_equal(nr, 0xc0000104);
	assert_int_equal(v >> 40, 0); /* reserved: would fault */
	msr[here] = v;
	writes++;
}

int wrmsr_safe(uint32_t nr, uint64_t v)
{
	if (refuses)
		return -EFAULT;
	wrmsr(nr, v);
	return 0;
}

static void cpuid_count(uint32_t leaf, uint32_t sub, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	assert_int_equal(leaf, 0x8000000a);
	*a = *b = *c = 0;
	*d = features[here];
}

#include "../../hypervisor/arch/x86/hvm/svm/tsc.c"

#define ONE   (1ull << 32)
#define RATES (1u << 4)

static struct hvm_domain plain_hvm, scaled_hvm;
static struct domain plain_domain = { .arch.hvm = &plain_hvm }, scaled_domain = { .arch.hvm = &scaled_hvm };
static struct vmcb vmcbs[2];
static struct svm_vcpu svms[2] = { { .vmcb = &vmcbs[0] }, { .vmcb = &vmcbs[1] } };
static struct hvm_vcpu hvms[2] = { { .svm = &svms[0], .tsc_offset = 11 }, { .svm = &svms[1], .tsc_offset = 22 } };
static struct vcpu plain = { .domain = &plain_domain, .arch.hvm = &hvms[0] };
static struct vcpu scaled = { .domain = &scaled_domain, .arch.hvm = &hvms[1] };

static void boot(uint32_t first, uint32_t second)
{
	features[0] = first;
	features[1] = second;
	msr[0] = msr[1] = 0x123; /* of whoever was before us */
	for (here = 0; here < 2; here++)
		svm_tsc_cpu_up(here);
	here = 0;
	writes = 0;
}

static int fresh(void **state)
{
	refuses = false;
	scaled_domain.arch.vtsc = false;
	scaled_hvm.tsc_ratio = (struct tsc_ratio){ .value = ONE * 3 / 2, .fraction_bits = 32 };
	for (unsigned int i = 0; i < 2; i++)
		vmcbs[i] = (struct vmcb){ .intercept1 = SVM1_HLT, .intercept2 = SVM2_VMMCALL };
	svm_update_tsc(&plain);
	svm_update_tsc(&scaled);
	return 0;
}

static void whoever_enters_has_its_own(void **state)
{
	boot(RATES, RATES);
	assert_true(svm_tsc_ratio_format()->integer_bits == 8 && svm_tsc_ratio_format()->fraction_bits == 32);
	assert_true(msr[0] == ONE && msr[1] == ONE);
	for (unsigned int i = 0; i < 100; i++) {
		struct vcpu *v = i * 7 % 3 ? &plain : &scaled;
		uint64_t want = v == &plain ? ONE : ONE * 3 / 2;
		unsigned int expected = writes;

		here = i * 5 % 4 / 2;
		expected += msr[here] != want;
		svm_tsc_restore(v);
		assert_true(msr[here] == want);
		assert_int_equal(writes, expected);
	}
	assert_true(writes > 10);
}

/* The guest's domain is given another rate while it does not run. */
static void a_new_ratio(void **state)
{
	boot(RATES, RATES);
	svm_tsc_restore(&scaled);
	scaled_hvm.tsc_ratio.value = ONE / 4;
	svm_update_tsc(&scaled);
	assert_true(msr[0] == ONE * 3 / 2);
	svm_tsc_restore(&scaled);
	assert_true(msr[0] == ONE / 4);
	scaled_hvm.tsc_ratio.value = 0;
	svm_update_tsc(&scaled);
	svm_tsc_restore(&scaled);
	assert_true(msr[0] == ONE);
}

static void not_all_can(void **state)
{
	static const uint32_t able[][2] = { { 0, 0 }, { RATES, 0 }, { 0, RATES }, { ~RATES, ~0u } };

	for (unsigned int i = 0; i < 4; i++) {
		boot(able[i][0], able[i][1]);
		assert_null(svm_tsc_ratio_format());
		svm_tsc_restore(&scaled);
		assert_int_equal(writes, 0);
		assert_true(msr[0] == 0x123 || msr[0] == ONE);
	}
	refuses = true; /* CPUID says so, but there is no such MSR */
	boot(RATES, RATES);
	assert_null(svm_tsc_ratio_format());
}

static void who_is_intercepted(void **state)
{
	boot(RATES, RATES);
	assert_int_equal(vmcbs[1].intercept1, SVM1_HLT);
	assert_int_equal(vmcbs[1].intercept2, SVM2_VMMCALL);
	assert_int_equal(vmcbs[0].tsc_offset, 11);
	scaled_domain.arch.vtsc = true;
	scaled_hvm.tsc_ratio.value = 0;
	hvms[1].tsc_offset = 33;
	svm_update_tsc(&scaled);
	assert_int_equal(vmcbs[1].intercept1, SVM1_HLT | SVM1_RDTSC);
	assert_int_equal(vmcbs[1].intercept2, SVM2_VMMCALL | SVM2_RDTSCP);
	assert_int_equal(vmcbs[1].tsc_offset, 33);
	scaled_domain.arch.vtsc = false;
	svm_update_tsc(&scaled);
	assert_int_equal(vmcbs[1].intercept1, SVM1_HLT);
	assert_int_equal(vmcbs[1].intercept2, SVM2_VMMCALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whoever_enters_has_its_own, fresh),
		cmocka_unit_test_setup(a_new_ratio, fresh),
		cmocka_unit_test_setup(not_all_can, fresh),
		cmocka_unit_test_setup(who_is_intercepted, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
