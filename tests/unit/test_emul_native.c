// sources: hypervisor/arch/x86/emul/*.c
/* SPDX-License-Identifier: MIT */
/*
 * The emulator against the CPU.
 *
 * Random instructions of the supported set run twice from the same registers and memory: natively,
 * in a page of generated code, and through x86_emulate().  Registers, defined flags, memory and
 * faults must agree.  The decoder chooses the data addresses: after an instruction was drawn, its
 * base register is set so that the operand lies in the arena.  rsp stays the host's and is never
 * an operand.
 *
 * EMUL_SEED and EMUL_ROUNDS change the sequence and its length.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "emul_cpu.h"

#define ARENA_BYTES 8192
#define CODE_BYTES  4096
#define RSP	    EMUL_RSP
#define FLAGS_SET   0xcd5UL /* CF PF AF ZF SF DF OF */

static uint8_t *arena, *arena_start, *arena_after;

/* ---- Running emulated ------------------------------------------------------------------------ */

static bool in_arena(uint64_t linear, unsigned int size)
{
	return linear >= (uint64_t)arena && linear + size <= (uint64_t)arena + ARENA_BYTES;
}

static int op_fetch(struct emul_ctx *ctx, uint64_t linear, void *buf, unsigned int len)
{
	(void)ctx;
	memcpy(buf, (const void *)linear, len);
	return EMUL_OKAY;
}

static int op_read(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *buf,
		   unsigned int size)
{
	(void)seg;
	if (!in_arena(linear, size))
		return emul_raise_page_fault(ctx, 4, linear);
	memcpy(buf, (const void *)linear, size);
	return EMUL_OKAY;
}

static int op_write(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, const void *buf,
		    unsigned int size)
{
	(void)seg;
	if (!in_arena(linear, size))
		return emul_raise_page_fault(ctx, 6, linear);
	memcpy((void *)linear, buf, size);
	return EMUL_OKAY;
}

static int op_cmpxchg(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *old,
		      const void *new, unsigned int size)
{
	uint8_t now[16];

	(void)seg;
	if (!in_arena(linear, size))
		return emul_raise_page_fault(ctx, 6, linear);
	memcpy(now, (const void *)linear, size);
	if (memcmp(now, old, size) == 0)
		memcpy((void *)linear, new, size);
	memcpy(old, now, size);
	return EMUL_OKAY;
}

static const struct emul_ops ops = {
	.fetch = op_fetch,
	.read = op_read,
	.write = op_write,
	.cmpxchg = op_cmpxchg,
};

/* ---- Drawing instructions -------------------------------------------------------------------- */

static uint64_t random_state;

static uint64_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* One opcode of the supported set; `modrm_reg` -1 leaves ModRM.reg to chance. */
struct shape {
	uint8_t escape; /* 0x0f or 0 */
	uint8_t first, last;
	bool modrm;
	int8_t modrm_reg;
	uint64_t undefined; /* flags */
};

#define AF	     0x10
#define BT_UNDEFINED 0x894 /* OF SF AF PF */

static const struct shape shapes[] = {
	{ 0, 0x00, 0x03, true, -1, 0 },
	{ 0, 0x04, 0x05, false, -1, 0 },
	{ 0, 0x08, 0x0b, true, -1, AF },
	{ 0, 0x0c, 0x0d, false, -1, AF },
	{ 0, 0x10, 0x13, true, -1, 0 },
	{ 0, 0x14, 0x15, false, -1, 0 },
	{ 0, 0x18, 0x1b, true, -1, 0 },
	{ 0, 0x1c, 0x1d, false, -1, 0 },
	{ 0, 0x20, 0x23, true, -1, AF },
	{ 0, 0x24, 0x25, false, -1, AF },
	{ 0, 0x28, 0x2b, true, -1, 0 },
	{ 0, 0x2c, 0x2d, false, -1, 0 },
	{ 0, 0x30, 0x33, true, -1, AF },
	{ 0, 0x34, 0x35, false, -1, AF },
	{ 0, 0x38, 0x3b, true, -1, 0 },
	{ 0, 0x3c, 0x3d, false, -1, 0 },
	{ 0, 0x63, 0x63, true, -1, 0 },
	{ 0, 0x80, 0x81, true, -1, AF },
	{ 0, 0x83, 0x83, true, -1, AF },
	{ 0, 0x84, 0x85, true, -1, AF },
	{ 0, 0x86, 0x8b, true, -1, 0 },
	{ 0, 0x91, 0x97, false, -1, 0 },
	{ 0, 0xa0, 0xa3, false, -1, 0 },
	{ 0, 0xa4, 0xa5, false, -1, 0 },
	{ 0, 0xa8, 0xa9, false, -1, AF },
	{ 0, 0xaa, 0xad, false, -1, 0 },
	{ 0, 0xb0, 0xbf, false, -1, 0 },
	{ 0, 0xc6, 0xc7, true, 0, 0 },
	{ 0, 0xf6, 0xf7, true, 0, AF },
	{ 0, 0xf6, 0xf7, true, 1, AF },
	{ 0, 0xf6, 0xf7, true, 2, 0 },
	{ 0, 0xf6, 0xf7, true, 3, 0 },
	{ 0, 0xfe, 0xff, true, 0, 0 },
	{ 0, 0xfe, 0xff, true, 1, 0 },
	{ 0x0f, 0xa3, 0xa3, true, -1, BT_UNDEFINED },
	{ 0x0f, 0xab, 0xab, true, -1, BT_UNDEFINED },
	{ 0x0f, 0xb3, 0xb3, true, -1, BT_UNDEFINED },
	{ 0x0f, 0xbb, 0xbb, true, -1, BT_UNDEFINED },
	{ 0x0f, 0xba, 0xba, true, 4, BT_UNDEFINED },
	{ 0x0f, 0xba, 0xba, true, 5, BT_UNDEFINED },
	{ 0x0f, 0xba, 0xba, true, 6, BT_UNDEFINED },
	{ 0x0f, 0xba, 0xba, true, 7, BT_UNDEFINED },
	{ 0x0f, 0xb0, 0xb1, true, -1, 0 },
	{ 0x0f, 0xb6, 0xb7, true, -1, 0 },
	{ 0x0f, 0xbe, 0xbf, true, -1, 0 },
	{ 0x0f, 0xc0, 0xc1, true, -1, 0 },
	{ 0x0f, 0xc3, 0xc3, true, -1, 0 },
	{ 0x0f, 0xc7, 0xc7, true, 1, 0 },
};

static unsigned int draw_bytes(const struct shape *shape, uint8_t *bytes)
{
	unsigned int len = 0;

	if (rnd() % 4 == 0)
		bytes[len++] = 0x66;
	if (rnd() % 8 == 0)
		bytes[len++] = 0x67;
	if (rnd() % 6 == 0)
		bytes[len++] = 0xf0;
	if (rnd() % 4 == 0 && (shape->first & 0xf0) == 0xa0 && !shape->escape)
		bytes[len++] = 0xf2 + rnd() % 2;
	if (rnd() % 2)
		bytes[len++] = 0x40 + rnd() % 16;
	if (shape->escape)
		bytes[len++] = shape->escape;
	bytes[len++] = (uint8_t)(shape->first + rnd() % (shape->last - shape->first + 1));
	if (shape->modrm) {
		uint8_t modrm = (uint8_t)rnd();

		if (shape->modrm_reg >= 0)
			modrm = (modrm & 0xc7) | (uint8_t)(shape->modrm_reg << 3);
		bytes[len++] = modrm;
	}
	while (len < 2 * X86_INSN_MAX)
		bytes[len++] = (uint8_t)rnd();
	return len;
}

static bool uses_rsp(const struct emul_insn *insn)
{
	bool one_byte = insn->map == EMUL_MAP_ONE;
	bool opreg = one_byte && ((insn->opcode & 0xf8) == 0x90 || (insn->opcode & 0xf0) == 0xb0);
	unsigned int reg = (insn->opcode & 7) | (insn->rex & 1) << 3;

	return insn->base == RSP || (insn->has_modrm && insn->reg == RSP) ||
	       (insn->mod == 3 && insn->rm == RSP) || (opreg && reg == RSP);
}

static bool is_bit_string(const struct emul_insn *insn)
{
	return insn->map == EMUL_MAP_0F && insn->has_mem && (insn->opcode & 0xe7) == 0xa3;
}

/* Where the operand shall lie: anywhere in the middle, aligned half of the time. */
static uint64_t target(void)
{
	uint64_t linear = (uint64_t)arena + 1024 + rnd() % (ARENA_BYTES - 2048);

	return rnd() % 2 ? linear & ~15ULL : linear;
}

/* Choose registers, or the address in the code, so that memory operands are in the arena. */
static bool place_operand(const struct emul_insn *insn, uint8_t *bytes, struct emul_regs *regs)
{
	uint64_t want = target(), index = 0;

	if (x86_insn_class(insn) == EMUL_CLASS_STRING) {
		regs->gpr[EMUL_RDI] = target();
		regs->gpr[EMUL_RSI] = target();
		regs->gpr[EMUL_RCX] = rnd() % 20;
		return true;
	}
	if (!insn->has_mem)
		return true;
	if (is_bit_string(insn)) {
		if (insn->reg == insn->base || insn->reg == insn->index)
			return false;
		regs->gpr[insn->reg] = rnd() % 8000 - 4000;
	}
	if (insn->base == EMUL_REG_NONE && insn->index == EMUL_REG_NONE) {
		/* moffs is the last thing; a plain disp32 too unless an immediate follows */
		unsigned int len = insn->has_modrm ? 4 : insn->addr_bytes;

		memcpy(bytes + insn->length - insn->imm_bytes - len, &want, len);
		return true;
	}
	if (insn->base == EMUL_REG_RIP) {
		uint32_t disp = (uint32_t)(want - (uint64_t)code - insn->length);

		memcpy(bytes + insn->length - insn->imm_bytes - 4, &disp, 4);
		return true;
	}
	if (insn->base == EMUL_REG_NONE || insn->base == insn->index)
		return false;
	if (insn->index != EMUL_REG_NONE)
		index = regs->gpr[insn->index] * insn->scale;
	regs->gpr[insn->base] = want - index - (uint64_t)insn->disp;
	return true;
}

/* ---- Comparing ------------------------------------------------------------------------------- */

static void fill(struct emul_regs *regs)
{
	for (unsigned int i = 0; i < EMUL_NR_GPR; i++)
		regs->gpr[i] = rnd() >> (rnd() % 4 * 16);
	/* Make comparisons succeed now and then. */
	if (rnd() % 4 == 0)
		regs->gpr[EMUL_RAX] = regs->gpr[EMUL_RDX] = regs->gpr[rnd() % 4];
	regs->rflags = (rnd() & FLAGS_SET) | 0x202;
	for (unsigned int i = 0; i < ARENA_BYTES; i += 8) {
		uint64_t val = rnd() % 4 ? rnd() : regs->gpr[EMUL_RAX];

		memcpy(arena_start + i, &val, 8);
	}
}

static bool regs_agree(const struct emul_regs *a, const struct emul_regs *b, uint64_t undefined)
{
	for (unsigned int i = 0; i < EMUL_NR_GPR; i++)
		if (i != RSP && a->gpr[i] != b->gpr[i])
			return false;
	return ((a->rflags ^ b->rflags) & FLAGS_SET & ~undefined) == 0;
}

static void report(const uint8_t *bytes, unsigned int len, const struct emul_regs *before,
		   const struct emul_regs *cpu, const struct emul_regs *emul)
{
	print_message("instruction:");
	for (unsigned int i = 0; i < len; i++)
		print_message(" %02x", bytes[i]);
	print_message("\n%4s %18s %18s %18s\n", "", "before", "CPU", "emulator");
	for (unsigned int i = 0; i < EMUL_NR_GPR; i++)
		print_message("r%-3u %18lx %18lx %18lx\n", i, before->gpr[i], cpu->gpr[i],
			      emul->gpr[i]);
	print_message("flag %18lx %18lx %18lx\n", before->rflags, cpu->rflags, emul->rflags);
}

/* Does the CPU's signal match what the emulator said? */
static bool faults_agree(int sig, int rc, const struct emul_ctx *ctx)
{
	if (rc == EMUL_OKAY)
		return sig == 0;
	if (rc != EMUL_EXCEPTION)
		return sig == SIGILL; /* unhandleable: must be what no CPU accepts either */
	return sig == (ctx->exception.vector == 6 ? SIGILL : SIGSEGV);
}

/* A round that ends in a fault compares nothing but the fault. */
static bool one_round(unsigned long *faults)
{
	const struct shape *shape = &shapes[rnd() % (sizeof(shapes) / sizeof(shapes[0]))];
	uint8_t bytes[2 * X86_INSN_MAX];
	struct emul_regs before;
	struct emul_ctx ctx = { .ops = &ops, .mode = 64 };
	struct emul_insn insn;
	bool same_memory;
	int rc, sig;

	draw_bytes(shape, bytes);
	fill(&before);
	if (x86_decode(&insn, 64, bytes, sizeof(bytes)) != X86_DECODE_OK || uses_rsp(&insn) ||
	    (insn.op_bytes == 2 && shape->first == 0x63) || !place_operand(&insn, bytes, &before))
		return false;

	memcpy(arena, arena_start, ARENA_BYTES);
	native_regs = before;
	sig = run_native(bytes, insn.length);
	memcpy(arena_after, arena, ARENA_BYTES);

	memcpy(arena, arena_start, ARENA_BYTES);
	ctx.regs = before;
	ctx.regs.rip = (uint64_t)code;
	rc = x86_emulate(&ctx);
	if (!faults_agree(sig, rc, &ctx)) {
		report(bytes, insn.length, &before, &native_regs, &ctx.regs);
		fail_msg("signal %d, but emulator %d vector %u", sig, rc, ctx.exception.vector);
	}
	if (sig) {
		++*faults;
		return true;
	}
	same_memory = memcmp(arena, arena_after, ARENA_BYTES) == 0;
	if (!same_memory || !regs_agree(&native_regs, &ctx.regs, shape->undefined) ||
	    ctx.regs.rip != (uint64_t)code + insn.length) {
		report(bytes, insn.length, &before, &native_regs, &ctx.regs);
		fail_msg("results differ%s", same_memory ? "" : " (memory)");
	}
	return true;
}

static unsigned long setting(const char *name, unsigned long value)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : value;
}

static void test_random_instructions(void **state)
{
	unsigned long rounds = setting("EMUL_ROUNDS", 60000), ran = 0, faults = 0;

	(void)state;
	catch_faults();
	random_state = setting("EMUL_SEED", 0x5e7a1) * 0x9e3779b97f4a7c15ULL + 1;
	for (unsigned long i = 0; i < rounds; i++)
		ran += one_round(&faults);
	print_message("%lu instructions compared, %lu of them faulted\n", ran, faults);
	assert_true(ran > rounds / 2);
	assert_true(faults < ran / 4);
}

/* Code and arena share one low mapping, so that 32-bit and rip-relative addresses reach both. */
static int set_up(void **state)
{
	(void)state;
	code = mmap(NULL, CODE_BYTES + ARENA_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (code == MAP_FAILED)
		return -1;
	arena = code + CODE_BYTES;
	arena_start = malloc(ARENA_BYTES);
	arena_after = malloc(ARENA_BYTES);
	return arena_start && arena_after ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(arena_start);
	free(arena_after);
	return munmap(code, CODE_BYTES + ARENA_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_instructions) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
