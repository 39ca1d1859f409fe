/* SPDX-License-Identifier: MIT */
/*
 * x86_emulate(): fetch, decode, check, carry out, publish.
 *
 * Instruction bytes are fetched once, and never from a page the instruction does not reach: first
 * what the page of rip holds, then, only if the decoder asks for more, the rest.  Handlers change
 * a copy of the registers; this file alone writes the caller's.
 */
#include "internal.h"

#define PAGE_BYTES 4096

static const emul_handler handlers[NR_OPS] = {
	[OP_ADD... OP_XOR] = emul_do_alu,
	[OP_CMP... OP_TEST] = emul_do_compare,
	[OP_INC... OP_NEG] = emul_do_alu,
	[OP_XADD... OP_XCHG] = emul_do_exchange,
	[OP_BT... OP_BTC] = emul_do_bit,
	[OP_MOV... OP_MOVNTI] = emul_do_mov,
	[OP_MOVZX8... OP_MOVSXD] = emul_do_mov_extend,
	[OP_CMPXCHG] = emul_do_cmpxchg,
	[OP_CMPXCHG8B] = emul_do_cmpxchg8b,
	[OP_MOVS... OP_LODS] = emul_do_string,
	[OP_IN] = emul_do_in,
	[OP_OUT] = emul_do_out,
	[OP_INS... OP_OUTS] = emul_do_string,
	[OP_CLI... OP_STI] = emul_do_interrupt_flag,
	[OP_HLT] = emul_do_hlt,
	[OP_CLTS] = emul_do_clts,
	[OP_INVD... OP_WBINVD] = emul_do_flush_cache,
	[OP_READ_CR... OP_WRITE_CR] = emul_do_cr,
	[OP_READ_DR... OP_WRITE_DR] = emul_do_dr,
	[OP_SMSW] = emul_do_smsw,
	[OP_LMSW] = emul_do_lmsw,
	[OP_INVLPG] = emul_do_invlpg,
	[OP_SWAPGS] = emul_do_swapgs,
	[OP_RDMSR] = emul_do_rdmsr,
	[OP_WRMSR] = emul_do_wrmsr,
	[OP_RDTSC... OP_RDTSCP] = emul_do_rdtsc,
	[OP_RDPMC] = emul_do_rdpmc,
	[OP_RDPID] = emul_do_rdpid,
	[OP_CPUID] = emul_do_cpuid,
	[OP_XGETBV] = emul_do_xgetbv,
	[OP_XSETBV] = emul_do_xsetbv,
};

int emul_raise(struct emul_ctx *ctx, uint8_t vector)
{
	ctx->exception = (struct emul_exception){ .vector = vector };
	return EMUL_EXCEPTION;
}

int emul_raise_error(struct emul_ctx *ctx, uint8_t vector, uint32_t error_code)
{
	ctx->exception = (struct emul_exception){
		.vector = vector,
		.has_error = true,
		.error_code = error_code,
	};
	return EMUL_EXCEPTION;
}

int emul_raise_page_fault(struct emul_ctx *ctx, uint32_t error_code, uint64_t cr2)
{
	emul_raise_error(ctx, VECTOR_PF, error_code);
	ctx->exception.cr2 = cr2;
	return EMUL_EXCEPTION;
}

static uint64_t cut_rip(unsigned int mode, uint64_t rip)
{
	if (mode == 64)
		return rip;
	return rip & (mode == 32 ? 0xffffffff : 0xffff);
}

static int code_base(struct emul_ctx *ctx, uint64_t *base)
{
	struct emul_segment cs = { 0 };
	int rc = EMUL_OKAY;

	if (ctx->mode != 64)
		rc = ctx->ops->segment ? ctx->ops->segment(ctx, EMUL_SEG_CS, &cs)
				       : EMUL_UNHANDLEABLE;
	*base = cs.base;
	return rc;
}

static int decode_result(struct emul_ctx *ctx, int decoded)
{
	switch (decoded) {
	case X86_DECODE_OK:
		return EMUL_OKAY;
	case X86_DECODE_TOO_LONG:
		return emul_raise_error(ctx, VECTOR_GP, 0);
	default:
		return EMUL_UNHANDLEABLE;
	}
}

/* The rest of an instruction that goes on into the page at `linear`. */
static int fetch_rest(struct emul_ctx *ctx, uint64_t linear, uint8_t *bytes, unsigned int have)
{
	uint64_t next = linear + have;
	int rc;

	if (ctx->mode != 64)
		next = (uint32_t)next;
	rc = ctx->ops->fetch(ctx, next, bytes + have, X86_INSN_MAX - have);
	if (rc != EMUL_OKAY)
		return rc;
	return decode_result(ctx, x86_decode(&ctx->insn, ctx->mode, bytes, X86_INSN_MAX));
}

static int fetch_and_decode(struct emul_ctx *ctx)
{
	uint8_t bytes[X86_INSN_MAX] = { 0 };
	uint64_t base, linear;
	unsigned int len;
	int rc = code_base(ctx, &base);

	if (rc == EMUL_OKAY && !ctx->ops->fetch)
		rc = EMUL_UNHANDLEABLE;
	if (rc != EMUL_OKAY)
		return rc;
	linear = base + ctx->regs.rip;
	if (ctx->mode != 64)
		linear = (uint32_t)linear;
	len = PAGE_BYTES - (linear & (PAGE_BYTES - 1));
	if (len > X86_INSN_MAX)
		len = X86_INSN_MAX;

	rc = ctx->ops->fetch(ctx, linear, bytes, len);
	if (rc != EMUL_OKAY)
		return rc;
	rc = x86_decode(&ctx->insn, ctx->mode, bytes, len);
	if (rc != X86_DECODE_TRUNCATED || len == X86_INSN_MAX)
		return decode_result(ctx, rc);
	return fetch_rest(ctx, linear, bytes, len);
}

/* What the tables alone can refuse. */
static int check_allowed(struct emul_ctx *ctx)
{
	const struct emul_insn *insn = &ctx->insn;

	if (insn->lock && !(insn->has_mem && (insn->attr & A_LOCK)))
		return emul_raise(ctx, VECTOR_UD);
	if ((insn->attr & A_PRIV) && ctx->cpl != 0)
		return emul_raise_error(ctx, VECTOR_GP, 0);
	return EMUL_OKAY;
}

static void publish(struct emul_work *work)
{
	struct emul_ctx *ctx = work->ctx;

	ctx->singlestep = ctx->regs.rflags & FLAG_TF;
	ctx->sti_shadow = work->sti_shadow;
	if (work->next.rip != ctx->regs.rip)
		work->next.rflags &= ~(uint64_t)FLAG_RF;
	ctx->regs = work->next;
}

int x86_emulate(struct emul_ctx *ctx)
{
	struct emul_work work = {
		.ctx = ctx,
		.ops = ctx->ops,
		.insn = &ctx->insn,
		.next = ctx->regs,
	};
	int rc;

	ctx->singlestep = false;
	ctx->sti_shadow = false;
	rc = fetch_and_decode(ctx);
	if (rc == EMUL_OKAY && ctx->ops->validate)
		rc = ctx->ops->validate(ctx, &ctx->insn);
	if (rc == EMUL_OKAY && !handlers[ctx->insn.op])
		rc = EMUL_UNHANDLEABLE;
	if (rc == EMUL_OKAY)
		rc = check_allowed(ctx);
	if (rc != EMUL_OKAY)
		return rc;

	work.next.rip = cut_rip(ctx->mode, ctx->regs.rip + ctx->insn.length);
	rc = handlers[ctx->insn.op](&work);
	if (rc == EMUL_OKAY)
		publish(&work);
	return rc;
}
