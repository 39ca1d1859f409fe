// sources: hypervisor/arch/x86/cpu/policy_level.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/*
 * CPU policies: what a toolstack may make of one, and what goes with a feature that is hidden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>

#define XSAVE	(1u << 26)
#define AVX	(1u << 28)
#define AVX2	(1u << 5)
#define AVX512F (1u << 16)
#define AVX512B (1u << 30)
#define FMA	(1u << 12)

/* A CPU with everything up to AVX-512, in the XSAVE layout of such CPUs. */
static const struct cpu_policy full = { .nr = 10, .entry = {
	{ 0, CPUID_NO_SUBLEAF, { 0xd, 1, 2, 3 } },
	{ 1, CPUID_NO_SUBLEAF, { 0x806f8, 0, XSAVE | AVX | FMA | 1u << 29 | 0x180201, 0x07ffffff } },
	{ 7, 0, { 0, AVX2 | AVX512F | AVX512B | 0x80, 0x1e42, 0x1c } },
	{ 0xd, 0, { 0xe7, 2688, 2688, 0 } },
	{ 0xd, 1, { 7, 0, 0, 0 } },
	{ 0xd, 2, { 256, 576, 0, 0 } },
	{ 0xd, 5, { 64, 1088, 0, 0 } },
	{ 0xd, 6, { 512, 1152, 0, 0 } },
	{ 0xd, 7, { 1024, 1664, 0, 0 } },
	{ 0x80000000, CPUID_NO_SUBLEAF, { 0x80000008, 0, 0, 0 } },
} };

static uint32_t shows(const struct cpu_policy *p, uint32_t leaf, uint32_t subleaf, unsigned int reg)
{
	const struct cpuid_entry *e = cpu_policy_find(p, leaf, subleaf);

	assert_non_null(e);
	return e->r[reg];
}

/* The full policy with a leaf's register as given, levelled. */
static struct cpu_policy with(uint32_t leaf, unsigned int reg, uint32_t value)
{
	struct cpu_policy p = full;
	struct cpuid_entry want = *cpu_policy_find(&p, leaf, 0);

	want.r[reg] = value;
	assert_true(cpu_policy_change(&p, &full, &want));
	cpu_policy_level(&p, &full);
	return p;
}

static void nothing_hidden_changes_nothing(void **state)
{
	struct cpu_policy p = full;

	cpu_policy_level(&p, &full);
	assert_memory_equal(&p, &full, sizeof(p));
	assert_int_equal(cpu_policy_xcr0(&p), 0xe7);
}

static void without_avx512(void **state)
{
	struct cpu_policy p = with(7, 1, shows(&full, 7, 0, 1) & ~AVX512F);

	assert_int_equal(shows(&p, 7, 0, 1), AVX2 | 0x80);
	assert_int_equal(shows(&p, 7, 0, 2), 0x600); /* VAES, VPCLMULQDQ */
	assert_int_equal(cpu_policy_xcr0(&p), 7);
	assert_int_equal(shows(&p, 0xd, 0, 2), 832);
	assert_int_equal(shows(&p, 0xd, 5, 0), 0);
	assert_int_equal(shows(&p, 0xd, 2, 0), 256);
}

static void without_avx(void **state)
{
	struct cpu_policy p = with(1, 2, shows(&full, 1, 0, 2) & ~AVX);

	assert_int_equal(shows(&p, 1, 0, 2), XSAVE | 0x180201);
	assert_int_equal(shows(&p, 7, 0, 1), 0x80);
	assert_int_equal(shows(&p, 7, 0, 2), 0);
	assert_int_equal(cpu_policy_xcr0(&p), 3);
	assert_int_equal(shows(&p, 0xd, 0, 2), 576);
	assert_int_equal(shows(&p, 0xd, 1, 0), 7);
}

static void without_xsave(void **state)
{
	struct cpu_policy p = with(1, 2, shows(&full, 1, 0, 2) & ~XSAVE);

	assert_int_equal(cpu_policy_xcr0(&p), 0);
	for (unsigned int reg = 0; reg < 4; reg++)
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(shows(&p, 0xd, i, reg), 0);
	assert_int_equal(shows(&p, 1, 0, 2) & (AVX | FMA), 0);
}

/* What was hidden once may be shown again before the domain runs. */
static void hidden_and_shown_again(void **state)
{
	struct cpu_policy p = with(1, 2, 0);
	struct cpuid_entry leaf1 = *cpu_policy_find(&full, 1, 0), leaf7 = *cpu_policy_find(&full, 7, 0);
	struct cpuid_entry xstate = *cpu_policy_find(&full, 0xd, 1);

	assert_true(cpu_policy_change(&p, &full, &leaf1));
	assert_true(cpu_policy_change(&p, &full, &leaf7));
	assert_true(cpu_policy_change(&p, &full, &xstate));
	cpu_policy_level(&p, &full);
	assert_memory_equal(&p, &full, sizeof(p));
}

static void never_more_than_the_most(void **state)
{
	struct cpu_policy p = full;
	struct cpuid_entry want = { 7, 0, { 5, ~0u, ~0u, ~0u } }, other = { 0x15, CPUID_NO_SUBLEAF, { 1, 0, 0, 0 } };

	assert_true(cpu_policy_change(&p, &full, &want));
	for (unsigned int reg = 1; reg < 4; reg++)
		assert_int_equal(shows(&p, 7, 0, reg), shows(&full, 7, 0, reg));
	assert_false(cpu_policy_change(&p, &full, &other));
	other.r[0] = 0;
	assert_true(cpu_policy_change(&p, &full, &other));
	want = (struct cpuid_entry){ 0, CPUID_NO_SUBLEAF, { 0x20, 'x', 'y', 'z' } };
	assert_true(cpu_policy_change(&p, &full, &want));
	assert_int_equal(shows(&p, 0, 0, 0), 0xd);
	assert_int_equal(shows(&p, 0, 0, 1), 'x');
}

static void limits_hide_leaves(void **state)
{
	struct cpu_policy p = with(0, 0, 4);

	assert_true(cpu_policy_shows(&p, 1));
	assert_true(cpu_policy_shows(&p, 4));
	assert_false(cpu_policy_shows(&p, 7));
	assert_false(cpu_policy_shows(&p, 0xd));
	assert_true(cpu_policy_shows(&p, 0x80000008));
	assert_false(cpu_policy_shows(&p, 0x80000009));
	assert_false(cpu_policy_shows(&p, 0x20000000));
}

static void sizes_by_components(void **state)
{
	assert_int_equal(cpu_policy_xsave_bytes(&full, 1, false), 576);
	assert_int_equal(cpu_policy_xsave_bytes(&full, 7, false), 832);
	assert_int_equal(cpu_policy_xsave_bytes(&full, 0xe7, false), 2688);
	assert_int_equal(cpu_policy_xsave_bytes(&full, 0xe7, true), 576 + 256 + 64 + 512 + 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_hidden_changes_nothing), cmocka_unit_test(without_avx512),
		cmocka_unit_test(without_avx),			  cmocka_unit_test(without_xsave),
		cmocka_unit_test(hidden_and_shown_again),	  cmocka_unit_test(never_more_than_the_most),
		cmocka_unit_test(limits_hide_leaves),		  cmocka_unit_test(sizes_by_components),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
