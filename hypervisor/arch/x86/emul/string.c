/* SPDX-License-Identifier: MIT */
/*
 * String instructions and rep.
 *
 * One step moves one element and advances the registers; the loop around it stops at the bound the
 * caller set, after one element when TF is set, or at the first step that fails.  If anything was
 * done by then, the instruction is reported as done so far, with rip still on it: the guest runs
 * into it again and meets the failure with nothing done.
 */
#include "internal.h"

static uint64_t string_reg(const struct emul_work *work, enum emul_reg reg)
{
	return work->next.gpr[reg] & emul_size_mask(work->insn->addr_bytes);
}

/* ins and outs move at most 4 bytes. */
static unsigned int element_size(const struct emul_insn *insn)
{
	bool io = insn->op == OP_INS || insn->op == OP_OUTS;

	return io && insn->op_bytes == 8 ? 4 : insn->op_bytes;
}

static int string_operand(struct emul_work *work, enum emul_seg seg, enum emul_reg reg, bool write,
			  struct emul_operand *mem)
{
	unsigned int size = element_size(work->insn);

	*mem = (struct emul_operand){ .kind = OPERAND_MEM, .size = (uint8_t)size, .seg = seg };
	return emul_linear(work, seg, string_reg(work, reg), size, write, &mem->val);
}

int emul_string_source(struct emul_work *work, struct emul_operand *mem)
{
	return string_operand(work, work->insn->seg, EMUL_RSI, false, mem);
}

/* No override changes the destination's segment. */
int emul_string_destination(struct emul_work *work, struct emul_operand *mem)
{
	return string_operand(work, EMUL_SEG_ES, EMUL_RDI, true, mem);
}

void emul_string_advance(struct emul_work *work, enum emul_reg reg)
{
	uint64_t size = element_size(work->insn);
	uint64_t delta = work->next.rflags & FLAG_DF ? -size : size;

	emul_set_reg(work, reg, work->insn->addr_bytes, string_reg(work, reg) + delta);
}

static int step_movs(struct emul_work *work)
{
	struct emul_operand dst, src;
	uint64_t val;
	int rc = emul_string_source(work, &src);

	if (rc == EMUL_OKAY)
		rc = emul_string_destination(work, &dst);
	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &val);
	if (rc == EMUL_OKAY)
		rc = emul_store(work, &dst, val);
	if (rc != EMUL_OKAY)
		return rc;
	emul_string_advance(work, EMUL_RSI);
	emul_string_advance(work, EMUL_RDI);
	return EMUL_OKAY;
}

static int step_stos(struct emul_work *work)
{
	struct emul_operand dst;
	int rc = emul_string_destination(work, &dst);

	if (rc == EMUL_OKAY)
		rc = emul_store(work, &dst, emul_get_reg(work, EMUL_RAX, dst.size));
	if (rc == EMUL_OKAY)
		emul_string_advance(work, EMUL_RDI);
	return rc;
}

static int step_lods(struct emul_work *work)
{
	struct emul_operand src;
	uint64_t val;
	int rc = emul_string_source(work, &src);

	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &val);
	if (rc != EMUL_OKAY)
		return rc;
	emul_set_reg(work, EMUL_RAX, src.size, val);
	emul_string_advance(work, EMUL_RSI);
	return EMUL_OKAY;
}

static emul_handler string_step(enum emul_op op)
{
	switch (op) {
	case OP_MOVS:
		return step_movs;
	case OP_STOS:
		return step_stos;
	case OP_LODS:
		return step_lods;
	case OP_INS:
		return emul_step_ins;
	default:
		return emul_step_outs;
	}
}

static uint64_t iteration_bound(const struct emul_ctx *ctx)
{
	if (ctx->regs.rflags & FLAG_TF)
		return 1;
	return ctx->max_reps ? ctx->max_reps : EMUL_DEFAULT_REPS;
}

static int repeat(struct emul_work *work, emul_handler step)
{
	unsigned int count_size = work->insn->addr_bytes;
	uint64_t left = string_reg(work, EMUL_RCX), bound = iteration_bound(work->ctx), done;
	int rc = EMUL_OKAY;

	for (done = 0; left && done < bound; done++, left--) {
		rc = step(work);
		if (rc != EMUL_OKAY)
			break;
		emul_set_reg(work, EMUL_RCX, count_size, left - 1);
	}
	if (rc != EMUL_OKAY && done == 0)
		return rc;
	if (left)
		work->next.rip = work->ctx->regs.rip;
	return EMUL_OKAY;
}

int emul_do_string(struct emul_work *work)
{
	emul_handler step = string_step(work->insn->op);

	return work->insn->rep ? repeat(work, step) : step(work);
}
