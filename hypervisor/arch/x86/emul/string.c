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

#define STRING_MOST 4096 /* elements at once: the operation cuts it to what it can */

static uint64_t string_reg(const struct emul_work *work, enum emul_reg reg)
{
	return work->next.gpr[reg] & emul_size_mask(work->insn->addr_bytes);
}

static bool is_port_string(const struct emul_insn *insn)
{
	return insn->op == OP_INS || insn->op == OP_OUTS;
}

/* ins and outs move at most 4 bytes. */
static unsigned int element_size(const struct emul_insn *insn)
{
	return is_port_string(insn) && insn->op_bytes == 8 ? 4 : insn->op_bytes;
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

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t iteration_bound(const struct emul_ctx *ctx)
{
	if (ctx->regs.rflags & FLAG_TF)
		return 1;
	return ctx->max_reps ? ctx->max_reps : EMUL_DEFAULT_REPS;
}

/* All elements are at consecutive addresses within the segment: the last is where it would be. */
static bool string_is_straight(struct emul_work *work, enum emul_reg reg, bool write, const struct emul_operand *first,
			       uint64_t count)
{
	uint64_t bytes = (count - 1) * first->size, back = work->next.rflags & FLAG_DF ? -bytes : bytes, linear;
	uint64_t last = (string_reg(work, reg) + back) & emul_size_mask(work->insn->addr_bytes);

	return emul_linear(work, first->seg, last, first->size, write, &linear) == EMUL_OKAY &&
	       linear == first->val + back;
}

/* Several elements at once, of ins and outs, movs, stos. EMUL_UNHANDLEABLE: one by one. */
static int string_io(struct emul_work *work, uint64_t *count)
{
	bool out = work->insn->op == OP_OUTS;
	enum emul_reg reg = out ? EMUL_RSI : EMUL_RDI;
	struct emul_operand mem;

	if (!work->ops->string_io)
		return EMUL_UNHANDLEABLE;
	if ((out ? emul_string_source(work, &mem) : emul_string_destination(work, &mem)) != EMUL_OKAY ||
	    !string_is_straight(work, reg, !out, &mem, *count))
		return EMUL_UNHANDLEABLE;
	return work->ops->string_io(work->ctx, out, (uint16_t)work->next.gpr[EMUL_RDX], mem.seg, mem.val, mem.size, count);
}

static int string_copy(struct emul_work *work, uint64_t *count)
{
	struct emul_operand src, dst;

	if (!work->ops->string_copy)
		return EMUL_UNHANDLEABLE;
	if (emul_string_source(work, &src) != EMUL_OKAY || emul_string_destination(work, &dst) != EMUL_OKAY ||
	    !string_is_straight(work, EMUL_RSI, false, &src, *count) ||
	    !string_is_straight(work, EMUL_RDI, true, &dst, *count))
		return EMUL_UNHANDLEABLE;
	return work->ops->string_copy(work->ctx, src.val, dst.val, dst.size, count);
}

static int string_fill(struct emul_work *work, uint64_t *count)
{
	struct emul_operand dst;

	if (!work->ops->string_fill)
		return EMUL_UNHANDLEABLE;
	if (emul_string_destination(work, &dst) != EMUL_OKAY || !string_is_straight(work, EMUL_RDI, true, &dst, *count))
		return EMUL_UNHANDLEABLE;
	return work->ops->string_fill(work->ctx, dst.val, emul_get_reg(work, EMUL_RAX, dst.size), dst.size, count);
}

static int string_at_once(struct emul_work *work, uint64_t *count)
{
	switch (work->insn->op) {
	case OP_INS:
	case OP_OUTS:
		return string_io(work, count);
	case OP_MOVS:
		return string_copy(work, count);
	case OP_STOS:
		return string_fill(work, count);
	default:
		return EMUL_UNHANDLEABLE;
	}
}

static void advance_by(struct emul_work *work, enum emul_reg reg, uint64_t bytes)
{
	emul_set_reg(work, reg, work->insn->addr_bytes,
		     string_reg(work, reg) + (work->next.rflags & FLAG_DF ? -bytes : bytes));
}

static int repeat_at_once(struct emul_work *work, uint64_t left, uint64_t bound)
{
	uint64_t count = min_u64(left, bound > 1 && !work->ctx->max_reps ? STRING_MOST : bound);
	int rc = count < 2 ? EMUL_UNHANDLEABLE : string_at_once(work, &count);

	if (rc != EMUL_OKAY)
		return rc;
	if (work->insn->op == OP_OUTS || work->insn->op == OP_MOVS)
		advance_by(work, EMUL_RSI, count * element_size(work->insn));
	if (work->insn->op != OP_OUTS)
		advance_by(work, EMUL_RDI, count * element_size(work->insn));
	emul_set_reg(work, EMUL_RCX, work->insn->addr_bytes, left - count);
	if (left > count)
		work->next.rip = work->ctx->regs.rip;
	return EMUL_OKAY;
}

static int repeat(struct emul_work *work, emul_handler step)
{
	unsigned int count_size = work->insn->addr_bytes;
	uint64_t left = string_reg(work, EMUL_RCX), bound = iteration_bound(work->ctx), done;
	int rc = repeat_at_once(work, left, bound);

	if (rc != EMUL_UNHANDLEABLE)
		return rc;
	/* After this element several may be possible again. */
	if (is_port_string(work->insn) && work->ops->string_io)
		bound = 1;
	rc = EMUL_OKAY;
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
