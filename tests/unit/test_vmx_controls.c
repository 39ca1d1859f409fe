// sources: hypervisor/arch/x86/hvm/vmx/controls.c
// cflags: -Ihypervisor/arch/x86/hvm/vmx
/* SPDX-License-Identifier: MIT */
/* Which VMX controls are used on CPUs that have all, some, or too few of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "controls.h"

/* What may be on, and what must: bits 63:32 and 31:0. */
#define CAP(may, must) ((uint64_t)((may) | (must)) << 32 | (must))

/* As of a server of 2017: everything, with the reserved bits that real CPUs force on. */
static const struct vmx_caps skylake = {
	.basic = 0x00da040000000004,
	.pin = CAP(0x7f, 0x16),
	.cpu = CAP(0xfff9fffe, 0x04006172),
	.cpu2 = CAP(0x00553cfe, 0),
	.exit = CAP(0x01ffffff, 0x00036dfb),
	.entry = CAP(0x0003ffff, 0x000011fb),
	.ept_vpid = 0x00000f0106334141,
};

static void everything(void **state)
{
	struct vmx_controls c;

	assert_null(vmx_choose_controls(&skylake, &c));
	assert_true(c.vpid && c.invept_one);
	assert_int_equal(c.pin, 0x16 | PIN_EXTERNAL_INTERRUPT | PIN_NMI | PIN_VIRTUAL_NMIS);
	assert_int_equal(
	    c.cpu & (CPU_CR3_LOAD | CPU_CR3_STORE | CPU_INVLPG | CPU_IRQ_WINDOW | CPU_NMI_WINDOW | CPU_RDTSC), 0);
	assert_int_equal(c.cpu & 0x04006172, 0x04006172);
	assert_int_equal(c.cpu2, CPU2_EPT | CPU2_RDTSCP | CPU2_VPID | CPU2_WBINVD | CPU2_UNRESTRICTED | CPU2_INVPCID);
	assert_int_equal(c.exit & EXIT_ACK_IRQ, 0);
	assert_int_equal(c.entry & ENTRY_GUEST_64, 0);
	assert_int_equal(c.entry & ENTRY_LOAD_EFER, ENTRY_LOAD_EFER);
}

static void nothing_forbidden_is_on(void **state)
{
	struct vmx_controls c;

	assert_null(vmx_choose_controls(&skylake, &c));
	assert_int_equal(c.pin & ~(skylake.pin >> 32), 0);
	assert_int_equal(c.cpu & ~(skylake.cpu >> 32), 0);
	assert_int_equal(c.cpu2 & ~(skylake.cpu2 >> 32), 0);
	assert_int_equal(c.exit & ~(skylake.exit >> 32), 0);
	assert_int_equal(c.entry & ~(skylake.entry >> 32), 0);
}

/* One bit less of one word, and what is said of it. */
static void what_is_missing(void **state)
{
	static const struct {
		size_t word;
		uint64_t bit;
		const char *said;
	} rows[] = {
		{ offsetof(struct vmx_caps, cpu2), (uint64_t)CPU2_EPT << 32, "EPT" },
		{ offsetof(struct vmx_caps, cpu2), (uint64_t)CPU2_UNRESTRICTED << 32, "unrestricted guest" },
		{ offsetof(struct vmx_caps, cpu), (uint64_t)CPU_SECOND_WORD << 32, "secondary controls" },
		{ offsetof(struct vmx_caps, cpu), (uint64_t)CPU_NMI_WINDOW << 32, "NMI-window exiting" },
		{ offsetof(struct vmx_caps, pin), (uint64_t)PIN_VIRTUAL_NMIS << 32, "virtual NMIs" },
		{ offsetof(struct vmx_caps, exit), (uint64_t)EXIT_LOAD_EFER << 32, "loading of the host's EFER" },
		{ offsetof(struct vmx_caps, entry), (uint64_t)ENTRY_GUEST_64 << 32, "64-bit guests" },
		{ offsetof(struct vmx_caps, ept_vpid), VMX_EPT_WALK_4, "EPT of four levels" },
		{ offsetof(struct vmx_caps, ept_vpid), VMX_EPT_1G, "EPT pages of 2 MiB and 1 GiB" },
		{ offsetof(struct vmx_caps, ept_vpid), VMX_EPT_INVEPT, "INVEPT" },
		{ offsetof(struct vmx_caps, basic), 6ull << 50, "a VMCS in write-back memory" },
	};
	struct vmx_controls out;

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vmx_caps c = skylake;

		*(uint64_t *)((char *)&c + rows[i].word) &= ~rows[i].bit;
		assert_string_equal(vmx_choose_controls(&c, &out), rows[i].said);
	}
}

static void forced_exits(void **state)
{
	struct vmx_caps c = skylake;
	struct vmx_controls out;

	c.cpu |= CPU_CR3_LOAD | CPU_CR3_STORE; /* a CPU without the exact MSRs */
	assert_string_equal(vmx_choose_controls(&c, &out), "CR3 loads without exit");
}

static void without_tags(void **state)
{
	struct vmx_caps c = skylake;
	struct vmx_controls out;

	c.ept_vpid &= ~VMX_EPT_INVVPID_ALL;
	assert_null(vmx_choose_controls(&c, &out));
	assert_false(out.vpid);
	assert_int_equal(out.cpu2 & CPU2_VPID, 0);
	c.ept_vpid &= ~VMX_EPT_INVEPT_ONE;
	assert_null(vmx_choose_controls(&c, &out));
	assert_false(out.invept_one);
}

/* Newer CPUs scale the TSC; one that does not is as good but for that. */
static void with_scaling(void **state)
{
	struct vmx_caps c = skylake;
	struct vmx_controls out;

	assert_null(vmx_choose_controls(&c, &out));
	assert_int_equal(out.cpu2 & CPU2_TSC_SCALING, 0);
	c.cpu2 |= 1ull << (32 + 25);
	assert_null(vmx_choose_controls(&c, &out));
	assert_int_equal(out.cpu2 & CPU2_TSC_SCALING, 1u << 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),	   cmocka_unit_test(nothing_forbidden_is_on),
		cmocka_unit_test(what_is_missing), cmocka_unit_test(forced_exits),
		cmocka_unit_test(without_tags),	   cmocka_unit_test(with_scaling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
