// sources: hypervisor/arch/x86/emul/*.c
/* SPDX-License-Identifier: MIT */
/*
 * The emulator's system instructions and port I/O, case by case, and who may run them.
 */
#include "emul_machine.h"

/* ---- System instructions --------------------------------------------------------------------- */

static void test_control_registers(void **state)
{
	(void)state;
	m.cr[0] = 0x8005003b;
	m.cr[3] = 0x1234000;
	RUN_OKAY("\x0f\x20\xd8"); /* mov %cr3,%rax */
	assert_int_equal(GPR(RAX), 0x1234000);
	GPR(RBX) = 0x112233445566;
	RUN_OKAY("\x66\x0f\x22\xdb"); /* mov %rbx,%cr3: 66 changes nothing */
	assert_int_equal(m.cr[3], 0x112233445566);
	ctx.regs.gpr[9] = 5;
	RUN_OKAY("\x45\x0f\x22\xc1"); /* mov %r9,%cr8 */
	assert_int_equal(m.cr[8], 5);
	RUN_OKAY("\x0f\x20\x04"); /* mod is ignored: mov %cr0,%rsp, no SIB */
	assert_int_equal(GPR(RSP), 0x8005003b);
	assert_fault(RUN("\x0f\x22\xc8"), 6); /* cr1 */
	RUN_OKAY("\x0f\x06");		      /* clts */
	assert_int_equal(m.cr[0], 0x80050033);
	m.dr[7] = 0x400;
	RUN_OKAY("\x0f\x21\xfa"); /* mov %dr7,%rdx */
	assert_int_equal(GPR(RDX), 0x400);
	GPR(RAX) = 0x55;
	RUN_OKAY("\x0f\x23\xc0");
	assert_int_equal(m.dr[0], 0x55);
}

static void test_machine_status_word(void **state)
{
	(void)state;
	m.cr[0] = 0x80050031;
	GPR(RDI) = MEM_BASE;
	memset(m.mem, 0xff, 8);
	RUN_OKAY("\x48\x0f\x01\x27"); /* smsw (%rdi): 16 bits */
	assert_memory_equal(m.mem, "\x31\x00\xff\xff", 4);
	RUN_OKAY("\x48\x0f\x01\xe1"); /* smsw %rcx */
	assert_int_equal(GPR(RCX), 0x80050031);
	GPR(RAX) = 0xfffe;
	RUN_OKAY("\x0f\x01\xf0"); /* lmsw %ax keeps PE */
	assert_int_equal(m.cr[0], 0x8005003f);
}

static void test_msrs_and_counters(void **state)
{
	(void)state;
	GPR(RCX) = 0xffffffffc0000080;
	GPR(RAX) = 0xaaaaaaaa00000d01;
	GPR(RDX) = 0xbbbbbbbb00000007;
	RUN_OKAY("\x0f\x30");
	assert_int_equal(m.msr_nr, 0xc0000080);
	assert_int_equal(m.msr, 0x700000d01);
	RUN_OKAY("\x0f\x32");
	assert_int_equal(GPR(RAX), 0xd01);
	assert_int_equal(GPR(RDX), 7);
	GPR(RCX) = 0xbad;
	assert_fault(RUN("\x0f\x30"), 13);
	assert_true(ctx.exception.has_error);

	RUN_OKAY("\x0f\x31");
	assert_int_equal(GPR(RAX), 0x55667788);
	assert_int_equal(GPR(RDX), 0x11223344);
	m.msr = 0x1007;
	RUN_OKAY("\x0f\x01\xf9"); /* rdtscp */
	assert_int_equal(GPR(RCX), 0x1007);
	assert_int_equal(m.msr_nr, 0xc0000103);
	RUN_OKAY("\xf3\x0f\xc7\xfb"); /* rdpid %rbx */
	assert_int_equal(GPR(RBX), 0x1007);
	assert_int_equal(RUN("\x0f\xc7\xfb"), EMUL_UNHANDLEABLE); /* rdseed */
	RUN_OKAY("\x0f\x33");					  /* rdpmc */

	GPR(RAX) = 7;
	GPR(RDX) = 0;
	GPR(RCX) = 0;
	RUN_OKAY("\x0f\x01\xd1"); /* xsetbv */
	assert_int_equal(m.xcr, 7);
	GPR(RAX) = 0;
	RUN_OKAY("\x0f\x01\xd0"); /* xgetbv */
	assert_int_equal(GPR(RAX), 7);
	assert_int_equal(RUN("\x66\x0f\x01\xd0"), EMUL_UNHANDLEABLE);
}

static void test_cpuid(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		ctx.regs.gpr[i] = 0xffffffff00000010;
	RUN_OKAY("\x0f\xa2");
	assert_int_equal(GPR(RAX), 0x11);
	assert_int_equal(GPR(RBX), 0x12);
	assert_int_equal(GPR(RCX), 3);
	assert_int_equal(GPR(RDX), 4);
}

static void test_caches_and_tlb(void **state)
{
	(void)state;
	GPR(RAX) = 0x123000;
	RUN_OKAY("\x0f\x01\x78\x10"); /* invlpg 0x10(%rax) */
	assert_int_equal(m.invlpg, 0x123010);
	RUN_OKAY("\x65\x0f\x01\x38"); /* invlpg %gs:(%rax) */
	assert_int_equal(m.invlpg, MEM_BASE + 0x123000);
	RUN_OKAY("\x0f\x09");
	assert_int_equal(m.events, 1);
	RUN_OKAY("\x0f\x08");
	assert_int_equal(m.events, 101);
	assert_int_equal(RUN("\x0f\x01\xf8"), EMUL_UNHANDLEABLE); /* swapgs: no slot */
	assert_int_equal(RUN("\x0f\x01\xfc"), EMUL_UNHANDLEABLE); /* clzero, no invlpg */
	assert_int_equal(RUN("\x0f\x01\x10"), EMUL_UNHANDLEABLE); /* lgdt */
}

static void test_interrupt_flag_and_halt(void **state)
{
	(void)state;
	RUN_OKAY("\xfa");
	assert_int_equal(ctx.regs.rflags, 2);
	assert_false(ctx.sti_shadow);
	RUN_OKAY("\xfb");
	assert_int_equal(ctx.regs.rflags, 0x202);
	assert_true(ctx.sti_shadow);
	RUN_OKAY("\xf4");
	assert_int_equal(m.events, 1);
	assert_false(ctx.sti_shadow);
}

static void test_privilege(void **state)
{
	static const char *const privileged[] = {
		"\x0f\x20\xc0", "\x0f\x22\xc0", "\x0f\x21\xc0", "\x0f\x23\xc0", "\x0f\x06\x90",
		"\x0f\x01\xf0", "\x0f\x01\x38", "\x0f\x08\x90", "\x0f\x09\x90", "\x0f\x30\x90",
		"\x0f\x32\x90", "\xf4\x90\x90", "\x0f\x01\xd1", "\x0f\x01\xf8",
	};

	(void)state;
	ctx.cpl = 3;
	for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]); i++)
		assert_fault(run(privileged[i], 3), 13);
	assert_int_equal(m.events, 0);
	RUN_OKAY("\x0f\xa2");
	RUN_OKAY("\x0f\x31");
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static void test_in_out(void **state)
{
	(void)state;
	GPR(RAX) = 0x1111111122222222;
	GPR(RDX) = 0xffff0cfc;
	RUN_OKAY("\xec"); /* in (%dx),%al */
	assert_int_equal(m.port, 0xcfc);
	assert_int_equal(m.port_size, 1);
	assert_int_equal(GPR(RAX), 0x11111111222222d4);
	RUN_OKAY("\x66\xe5\xfe"); /* in $0xfe,%ax */
	assert_int_equal(m.port, 0xfe);
	assert_int_equal(GPR(RAX), 0x111111112222c3d5);
	RUN_OKAY("\x48\xed"); /* REX.W stays 32 bits and clears the rest */
	assert_int_equal(m.port_size, 4);
	assert_int_equal(GPR(RAX), 0xa1b2c3d6);
	RUN_OKAY("\xe6\x80");
	assert_int_equal(m.port, 0x80);
	assert_int_equal(m.port_val, 0xd6);
	GPR(RDX) = 0x666;
	assert_fault(RUN("\xed"), 13);
	assert_int_equal(GPR(RAX), 0xa1b2c3d6);
}

static void test_rep_ins_outs(void **state)
{
	(void)state;
	GPR(RDI) = MEM_BASE + 4;
	GPR(RCX) = 3;
	GPR(RDX) = 0x1f0;
	RUN_OKAY("\xf3\x66\x6d"); /* rep insw */
	assert_int_equal(GPR(RCX), 0);
	assert_int_equal(GPR(RDI), MEM_BASE + 10);
	assert_memory_equal(m.mem + 4, "\xd4\xc3\xd5\xc3\xd6\xc3", 6);

	ctx.regs.rflags |= 0x400; /* downwards */
	GPR(RSI) = MEM_BASE + 8;
	GPR(RCX) = 2;
	RUN_OKAY("\xf3\x66\x6f");
	assert_int_equal(m.events, 2);
	assert_int_equal(m.port_val, 0xc3d5);
	assert_int_equal(GPR(RSI), MEM_BASE + 4);
	RUN_OKAY("\xf3\x6f"); /* count is 0 */
	assert_int_equal(m.events, 2);
}

static void test_ins_asks_before_reading(void **state)
{
	(void)state;
	m.read_only = true;
	GPR(RDI) = MEM_BASE;
	assert_fault(RUN("\x6c"), 14);
	assert_int_equal(m.port_reads, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_control_registers), TEST(test_machine_status_word),
		TEST(test_msrs_and_counters), TEST(test_cpuid),
		TEST(test_caches_and_tlb),    TEST(test_interrupt_flag_and_halt),
		TEST(test_privilege),	      TEST(test_in_out),
		TEST(test_rep_ins_outs),      TEST(test_ins_asks_before_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
