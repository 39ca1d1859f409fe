// sources: hypervisor/arch/x86/emul/*.c
/* SPDX-License-Identifier: MIT */
/*
 * The emulator's contract around memory: restartable strings, faults that change nothing, lock,
 * segments, fetching and hooks.  Arithmetic is compared with the CPU in test_emul_native.c.
 */
#include "emul_machine.h"

/* ---- Strings --------------------------------------------------------------------------------- */

static void test_rep_is_bounded(void **state)
{
	(void)state;
	ctx.max_reps = 10;
	GPR(RDI) = MEM_BASE;
	GPR(RCX) = 25;
	GPR(RAX) = 0x5a;
	for (unsigned int left = 15; left <= 15; left -= 10) {
		assert_int_equal(RUN("\xf3\xaa"), EMUL_OKAY);
		assert_int_equal(ctx.regs.rip, RIP);
		assert_int_equal(GPR(RCX), left);
	}
	RUN_OKAY("\xf3\xaa");
	assert_int_equal(m.mem[24], 0x5a);
	assert_int_equal(m.mem[25], 0);
}

static void test_rep_stops_at_fault(void **state)
{
	(void)state;
	GPR(RSI) = MEM_BASE;
	GPR(RDI) = MEM_BASE + MEM_SIZE - 16;
	GPR(RCX) = 5;
	assert_int_equal(RUN("\xf3\x48\xa5"), EMUL_OKAY); /* two fit */
	assert_int_equal(ctx.regs.rip, RIP);
	assert_int_equal(GPR(RCX), 3);
	assert_fault(RUN("\xf3\x48\xa5"), 14);
	assert_int_equal(ctx.exception.cr2, MEM_BASE + MEM_SIZE);
	assert_int_equal(GPR(RCX), 3);
}

/* A device behind memory that takes strings: up to `room` elements at once, of those it wants. */
static struct {
	bool wanted;
	uint64_t src, dst, val, room;
	unsigned int calls, size;
} device;

static int whole_string(uint64_t src, uint64_t dst, uint64_t val, unsigned int size, uint64_t *reps)
{
	device.calls++;
	if (!device.wanted)
		return EMUL_UNHANDLEABLE;
	device.src = src;
	device.dst = dst;
	device.val = val;
	device.size = size;
	if (*reps > device.room)
		*reps = device.room;
	return EMUL_OKAY;
}

static int op_copy(struct emul_ctx *c, uint64_t src, uint64_t dst, unsigned int size, uint64_t *reps)
{
	(void)c;
	return whole_string(src, dst, 0, size, reps);
}

static int op_fill(struct emul_ctx *c, uint64_t dst, uint64_t val, unsigned int size, uint64_t *reps)
{
	(void)c;
	return whole_string(0, dst, val, size, reps);
}

static void test_strings_in_one_piece(void **state)
{
	struct emul_ops ops = full_ops;

	(void)state;
	ops.string_copy = op_copy;
	ops.string_fill = op_fill;
	ctx.ops = &ops;
	memset(&device, 0, sizeof(device));
	device.wanted = true;
	device.room = 1024;
	GPR(RSI) = 0xa0000;
	GPR(RDI) = MEM_BASE;
	GPR(RCX) = 1500;
	assert_int_equal(RUN("\xf3\xa5"), EMUL_OKAY); /* as far as it takes: the rest in another round */
	assert_int_equal(ctx.regs.rip, RIP);
	assert_int_equal(GPR(RCX), 476);
	assert_int_equal(GPR(RSI), 0xa1000);
	assert_int_equal(GPR(RDI), MEM_BASE + 4096);
	assert_true(device.src == 0xa0000 && device.dst == MEM_BASE && device.size == 4);
	RUN_OKAY("\xf3\xa5");
	assert_int_equal(GPR(RSI), 0xa0000 + 6000);

	ctx.regs.rflags |= 0x400; /* downwards */
	GPR(RDI) = 0xb8ffe;
	GPR(RCX) = 80;
	GPR(RAX) = 0x12340720;
	RUN_OKAY("\xf3\x66\xab");
	assert_int_equal(GPR(RDI), 0xb8ffe - 160);
	assert_true(device.dst == 0xb8ffe && device.val == 0x0720 && device.size == 2);
	assert_int_equal(device.calls, 3);

	/* One element, single steps, and what the device does not want go one by one. */
	ctx.regs.rflags = 0x2;
	GPR(RDI) = MEM_BASE;
	RUN_OKAY("\xab");
	GPR(RCX) = 1;
	RUN_OKAY("\xf3\xab");
	assert_int_equal(device.calls, 3);
	device.wanted = false;
	GPR(RCX) = 5;
	RUN_OKAY("\xf3\xab");
	assert_int_equal(device.calls, 4);
	assert_int_equal(GPR(RDI), MEM_BASE + 28);
	assert_memory_equal(m.mem + 24, "\x20\x07\x34\x12\x00", 5);
}

static void test_single_step(void **state)
{
	(void)state;
	ctx.regs.rflags |= 0x100;
	GPR(RDI) = MEM_BASE;
	GPR(RCX) = 5;
	assert_int_equal(RUN("\xf3\xaa"), EMUL_OKAY);
	assert_int_equal(GPR(RCX), 4);
	assert_true(ctx.singlestep);
	ctx.regs.rflags = 0x10002;
	RUN_OKAY("\x0f\x31");
	assert_false(ctx.singlestep);
	assert_int_equal(ctx.regs.rflags, 2); /* RF is gone */
}

/* ---- Memory, faults, atomicity --------------------------------------------------------------- */

static void test_failure_changes_nothing(void **state)
{
	struct emul_regs before;

	(void)state;
	m.read_only = true;
	GPR(RDI) = MEM_BASE;
	GPR(RAX) = 77;
	before = ctx.regs;
	assert_fault(RUN("\x48\x01\x07"), 14);	       /* add %rax,(%rdi) */
	assert_fault(RUN("\x48\x87\x07"), 14);	       /* xchg */
	assert_fault(RUN("\xf0\x48\x0f\xc1\x07"), 14); /* lock xadd */
	assert_fault(RUN("\x48\x0f\xb1\x07"), 14);     /* cmpxchg */
	assert_fault(RUN("\x0f\xc7\x0f"), 14);	       /* cmpxchg8b */
	assert_fault(RUN("\x48\xc7\x07\x01\x00\x00\x00"), 14);
	assert_int_equal(RUN("\x48\xd1\x27"), EMUL_UNHANDLEABLE); /* shl */
	assert_int_equal(RUN("\xc5\xf8\x77"), EMUL_UNHANDLEABLE); /* vzeroupper */
	assert_int_equal(RUN("\x0f\x04"), EMUL_UNHANDLEABLE);	  /* undefined */
	assert_memory_equal(&ctx.regs, &before, sizeof(before));
}

static void test_lock(void **state)
{
	(void)state;
	GPR(RDI) = MEM_BASE;
	GPR(RAX) = 0x100;
	m.lost_races = 3;
	RUN_OKAY("\xf0\x48\x01\x07"); /* lock add */
	assert_int_equal(m.mem[0], 3);
	assert_int_equal(m.mem[1], 1);
	m.lost_races = 1000;
	assert_int_equal(RUN("\xf0\x48\x01\x07"), EMUL_RETRY);
	assert_int_equal(ctx.regs.rip, RIP);
	m.lost_races = 0;
	assert_fault(RUN("\xf0\x48\x01\xc7"), 6); /* register destination */
	assert_fault(RUN("\xf0\x48\x89\x07"), 6); /* lock mov */
	assert_fault(RUN("\xf0\x48\x39\x07"), 6); /* lock cmp */
}

static void test_cmpxchg16b(void **state)
{
	(void)state;
	GPR(RDI) = MEM_BASE + 16;
	GPR(RBX) = 0x1111;
	GPR(RCX) = 0x2222;
	RUN_OKAY("\xf0\x48\x0f\xc7\x0f");
	assert_true(ctx.regs.rflags & 0x40);
	assert_int_equal(m.mem[24], 0x22);
	RUN_OKAY("\x48\x0f\xc7\x0f");
	assert_false(ctx.regs.rflags & 0x40);
	assert_int_equal(GPR(RAX), 0x1111);
	assert_int_equal(GPR(RDX), 0x2222);
	GPR(RDI) = MEM_BASE + 8;
	assert_fault(RUN("\x48\x0f\xc7\x0f"), 13);
}

static void test_canonical(void **state)
{
	(void)state;
	GPR(RDI) = 0x800000000000;
	assert_fault(RUN("\x48\x89\x07"), 13);
	GPR(RDI) = 0x7ffffffffffc; /* the last bytes are beyond */
	assert_fault(RUN("\x48\x89\x07"), 13);
	GPR(RBP) = 0x800000000000;
	assert_fault(RUN("\x48\x89\x45\x00"), 12);
	GPR(RDI) = ~0UL - 3;
	assert_fault(RUN("\x48\x89\x07"), 13);
}

static void test_segments(void **state)
{
	(void)state;
	RUN_OKAY("\x65\x48\x89\x04\x25\x08\x00\x00\x00"); /* mov %rax,%gs:8 */
	assert_int_equal(m.seg, EMUL_SEG_GS);

	ctx.mode = 32;
	GPR(RAX) = 0x12345678;
	GPR(RBX) = 0xffc;
	RUN_OKAY("\x89\x03"); /* mov %eax,(%ebx): up to the limit */
	assert_memory_equal(m.mem + 0xffc, "\x78\x56\x34\x12", 4);
	GPR(RBX) = 0xffd;
	assert_fault(RUN("\x89\x03"), 13);
	assert_fault(RUN("\x36\x89\x03"), 12);
	m.segment.writable = false;
	GPR(RBX) = 0;
	assert_fault(RUN("\x89\x03"), 13);
	RUN_OKAY("\x8b\x03");
	m.segment.usable = false;
	assert_fault(RUN("\x8b\x03"), 13);

	ctx.mode = 16;
	m.segment = (struct emul_segment){ .base = MEM_BASE,
					   .limit = 0xff,
					   .usable = true,
					   .readable = true,
					   .expand_down = true };
	GPR(RBX) = 0xfff0;
	GPR(RSI) = 0x0110;
	RUN_OKAY("\x8a\x00"); /* mov (%bx,%si),%al wraps to 0x100 */
	GPR(RSI) = 0x010f;
	assert_fault(RUN("\x8a\x00"), 13);
}

/* ---- Fetching and hooks ---------------------------------------------------------------------- */

static unsigned int fetches;

static int fetch_split(struct emul_ctx *c, uint64_t linear, void *buf, unsigned int len)
{
	fetches++;
	if (linear >= 0x2000)
		return emul_raise_page_fault(c, 0x14, linear);
	assert_true(linear + len <= 0x2000);
	memcpy(buf, m.code + (linear - 0x1ffe), len);
	return EMUL_OKAY;
}

static void test_fetch_across_pages(void **state)
{
	struct emul_ops split = full_ops;

	(void)state;
	split.fetch = fetch_split;
	ctx.ops = &split;
	fetches = 0;
	memcpy(m.code, "\x0f\x31", 2);
	ctx.regs.rip = 0x1ffe;
	assert_int_equal(x86_emulate(&ctx), EMUL_OKAY); /* ends with the page */
	assert_int_equal(fetches, 1);
	memcpy(m.code, "\x48\x01", 2);
	ctx.regs.rip = 0x1ffe;
	assert_int_equal(x86_emulate(&ctx), EMUL_EXCEPTION);
	assert_int_equal(ctx.exception.cr2, 0x2000);
}

static void test_too_long(void **state)
{
	(void)state;
	assert_fault(RUN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90"), 13);
}

static int only_system(struct emul_ctx *c, const struct emul_insn *insn)
{
	(void)c;
	return x86_insn_class(insn) == EMUL_CLASS_SYSTEM ? EMUL_OKAY : EMUL_UNHANDLEABLE;
}

static void test_validate(void **state)
{
	struct emul_ops strict = full_ops;

	(void)state;
	strict.validate = only_system;
	ctx.ops = &strict;
	GPR(RDI) = MEM_BASE;
	RUN_OKAY("\x0f\x31");
	assert_int_equal(RUN("\x48\x89\x07"), EMUL_UNHANDLEABLE);
	assert_int_equal(RUN("\xec"), EMUL_UNHANDLEABLE);
}

static void test_no_operations(void **state)
{
	const struct emul_ops fetch_only = { .fetch = op_fetch };
	char bytes[4] = { 0 };

	(void)state;
	ctx.ops = &fetch_only;
	GPR(RCX) = 1;
	/* Register forms may succeed; what needs the machine must not, and nothing may crash. */
	for (unsigned int i = 0; i < 0x10000; i++) {
		int rc;

		bytes[0] = 0x0f;
		bytes[1] = (char)i;
		bytes[2] = (char)(i >> 8);
		rc = run(bytes, 3);
		assert_int_not_equal(rc, EMUL_RETRY);
		if (rc == EMUL_OKAY)
			assert_int_equal(x86_insn_class(&ctx.insn), EMUL_CLASS_DATA);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rep_is_bounded),
		TEST(test_rep_stops_at_fault),
		TEST(test_strings_in_one_piece),
		TEST(test_single_step),
		TEST(test_failure_changes_nothing),
		TEST(test_lock),
		TEST(test_cmpxchg16b),
		TEST(test_canonical),
		TEST(test_segments),
		TEST(test_fetch_across_pages),
		TEST(test_too_long),
		TEST(test_validate),
		TEST(test_no_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
