// sources: hypervisor/arch/x86/emul/*.c
/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the decoder and emulator on any bytes, registers and answers of the machine.
 *
 * Checked beyond "no crash": the decoder's length does not depend on bytes behind the instruction,
 * one byte less is told as truncated, and a failed emulation leaves registers and machine alone.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <asm/emul.h>

#define CODE_BYTES 32

static const uint8_t *answers;
static size_t nr_answers;
static unsigned int effects;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint8_t next_answer(void)
{
	if (nr_answers == 0)
		return 0;
	nr_answers--;
	return *answers++;
}

/* Mostly success. */
static int answer(struct emul_ctx *ctx)
{
	switch (next_answer()) {
	case 0xff:
		return EMUL_UNHANDLEABLE;
	case 0xfe:
		return EMUL_RETRY;
	case 0xfd:
		return emul_raise_page_fault(ctx, 2, 0);
	case 0xfc:
		return emul_raise_error(ctx, 13, 0);
	default:
		return EMUL_OKAY;
	}
}

static int effect(struct emul_ctx *ctx)
{
	int rc = answer(ctx);

	effects += rc == EMUL_OKAY;
	return rc;
}

static int fill(struct emul_ctx *ctx, void *buf, unsigned int size)
{
	memset(buf, next_answer(), size);
	return answer(ctx);
}

static int op_fetch(struct emul_ctx *ctx, uint64_t linear, void *buf, unsigned int len)
{
	const uint8_t *code = ctx->data;

	(void)linear;
	require(len >= 1 && len <= X86_INSN_MAX);
	memcpy(buf, code, len);
	return answer(ctx);
}

static int op_segment(struct emul_ctx *ctx, enum emul_seg seg, struct emul_segment *out)
{
	uint8_t bits = next_answer();

	require(seg <= EMUL_SEG_GS);
	out->base = (uint64_t)bits << 24;
	out->limit = bits & 1 ? 0xffffffff : 0xfff;
	out->usable = true;
	out->readable = out->writable = !(bits & 2);
	out->expand_down = bits & 4;
	out->big = bits & 8;
	return answer(ctx);
}

static int op_read(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *buf,
		   unsigned int size)
{
	(void)linear;
	require(seg <= EMUL_SEG_GS && size <= 8 && (size & (size - 1)) == 0);
	return fill(ctx, buf, size);
}

static int op_write(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, const void *buf,
		    unsigned int size)
{
	uint8_t copy[8];

	(void)linear;
	require(seg <= EMUL_SEG_GS && size <= 8 && (size & (size - 1)) == 0);
	memcpy(copy, buf, size);
	return effect(ctx);
}

static int op_cmpxchg(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *old,
		      const void *new, unsigned int size)
{
	uint8_t copy[16];

	require(seg <= EMUL_SEG_GS && size <= 16 && (size < 16 || linear % 16 == 0));
	memcpy(copy, new, size);
	if (next_answer() & 1) {
		memset(old, next_answer(), size);
		return answer(ctx);
	}
	return effect(ctx);
}

static int op_read_io(struct emul_ctx *ctx, uint16_t port, unsigned int size, uint32_t *val)
{
	(void)port;
	require(size == 1 || size == 2 || size == 4);
	return fill(ctx, val, sizeof(*val));
}

static int op_write_io(struct emul_ctx *ctx, uint16_t port, unsigned int size, uint32_t val)
{
	(void)port;
	(void)val;
	require(size == 1 || size == 2 || size == 4);
	return effect(ctx);
}

static int op_read_nr(struct emul_ctx *ctx, unsigned int nr, uint64_t *val)
{
	require(nr < 16);
	return fill(ctx, val, sizeof(*val));
}

static int op_write_nr(struct emul_ctx *ctx, unsigned int nr, uint64_t val)
{
	(void)val;
	require(nr < 16 && ctx->cpl == 0);
	return effect(ctx);
}

static int op_read_any(struct emul_ctx *ctx, uint32_t nr, uint64_t *val)
{
	(void)nr;
	return fill(ctx, val, sizeof(*val));
}

static int op_write_any(struct emul_ctx *ctx, uint32_t nr, uint64_t val)
{
	(void)nr;
	(void)val;
	require(ctx->cpl == 0);
	return effect(ctx);
}

static int op_cpuid(struct emul_ctx *ctx, uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	(void)leaf;
	(void)subleaf;
	return fill(ctx, regs, 16);
}

static int op_rdtsc(struct emul_ctx *ctx, uint64_t *val)
{
	return fill(ctx, val, sizeof(*val));
}

static int op_invlpg(struct emul_ctx *ctx, uint64_t linear)
{
	(void)linear;
	return effect(ctx);
}

static int op_flush_cache(struct emul_ctx *ctx, bool writeback)
{
	(void)writeback;
	return effect(ctx);
}

static int op_set_if(struct emul_ctx *ctx, bool enable, uint64_t *rflags)
{
	*rflags = enable ? *rflags | 0x200 : *rflags & ~0x200UL;
	return effect(ctx);
}

static const struct emul_ops ops = {
	.fetch = op_fetch,
	.segment = op_segment,
	.read = op_read,
	.write = op_write,
	.cmpxchg = op_cmpxchg,
	.read_io = op_read_io,
	.write_io = op_write_io,
	.read_cr = op_read_nr,
	.write_cr = op_write_nr,
	.read_dr = op_read_nr,
	.write_dr = op_write_nr,
	.read_msr = op_read_any,
	.write_msr = op_write_any,
	.cpuid = op_cpuid,
	.rdtsc = op_rdtsc,
	.rdpmc = op_read_any,
	.read_xcr = op_read_any,
	.write_xcr = op_write_any,
	.invlpg = op_invlpg,
	.flush_cache = op_flush_cache,
	.swapgs = effect,
	.hlt = effect,
	.set_if = op_set_if,
};

static void check_decoder(unsigned int mode, const uint8_t *code)
{
	struct emul_insn insn, again;
	int rc = x86_decode(&insn, mode, code, CODE_BYTES);

	require(rc != X86_DECODE_TRUNCATED);
	if (rc != X86_DECODE_OK)
		return;
	require(insn.length >= 1 && insn.length <= X86_INSN_MAX);
	require(x86_decode(&again, mode, code, insn.length) == X86_DECODE_OK);
	require(again.length == insn.length && again.op == insn.op);
	require(x86_decode(&again, mode, code, insn.length - 1U) == X86_DECODE_TRUNCATED);
}

static void check_emulator(struct emul_ctx *ctx)
{
	struct emul_regs before = ctx->regs;
	int rc;

	effects = 0;
	rc = x86_emulate(ctx);
	if (rc == EMUL_OKAY) {
		require(ctx->regs.rip == before.rip || ctx->insn.op != 0);
		return;
	}
	require(memcmp(&ctx->regs, &before, sizeof(before)) == 0);
	require(effects == 0);
	require(!ctx->singlestep && !ctx->sti_shadow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Layout: mode and level, code, register bytes, then answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t modes[4] = { 64, 32, 16, 64 };
	uint8_t code[CODE_BYTES];
	struct emul_ctx ctx = { .ops = &ops, .data = code };

	if (size < 1 + CODE_BYTES + EMUL_NR_GPR + 2)
		return 0;
	ctx.mode = modes[data[0] & 3];
	ctx.cpl = data[0] & 4 ? 3 : 0;
	ctx.max_reps = data[0] >> 3;
	memcpy(code, data + 1, CODE_BYTES);
	data += 1 + CODE_BYTES;
	for (unsigned int i = 0; i < EMUL_NR_GPR; i++)
		ctx.regs.gpr[i] = (uint64_t)(int64_t)(int8_t)data[i] << (data[i] & 0x30);
	ctx.regs.rip = 0x1000 + data[EMUL_NR_GPR];
	ctx.regs.rflags = (data[EMUL_NR_GPR + 1] << 4 & 0xfd5) | 2;
	answers = data + EMUL_NR_GPR + 2;
	nr_answers = size - (1 + CODE_BYTES + EMUL_NR_GPR + 2);

	check_decoder(ctx.mode, code);
	check_emulator(&ctx);
	return 0;
}
