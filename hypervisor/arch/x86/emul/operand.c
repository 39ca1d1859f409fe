/* SPDX-License-Identifier: MIT */
/*
 * Registers, effective addresses and operands.
 *
 * All register access goes to the work's private register image, so a handler sees its own
 * earlier changes and nobody else does.
 */
#include "internal.h"

/* Without REX, byte registers 4 … 7 are ah, ch, dh, bh. */
static bool is_high_byte(const struct emul_work *work, unsigned int reg, unsigned int size)
{
	return size == 1 && !work->insn->rex && reg >= 4 && reg < 8;
}

uint64_t emul_get_reg(const struct emul_work *work, unsigned int reg, unsigned int size)
{
	if (is_high_byte(work, reg, size))
		return (work->next.gpr[reg - 4] >> 8) & 0xff;
	return work->next.gpr[reg] & emul_size_mask(size);
}

/* A 4-byte write clears the upper half, shorter ones keep what surrounds them. */
void emul_set_reg(struct emul_work *work, unsigned int reg, unsigned int size, uint64_t val)
{
	uint64_t *slot = &work->next.gpr[reg];
	uint64_t mask = emul_size_mask(size);

	if (is_high_byte(work, reg, size)) {
		slot = &work->next.gpr[reg - 4];
		*slot = (*slot & ~0xff00ULL) | (val & 0xff) << 8;
	} else if (size >= 4) {
		*slot = val & mask;
	} else {
		*slot = (*slot & ~mask) | (val & mask);
	}
}

uint64_t emul_effective_address(const struct emul_work *work, int64_t extra)
{
	const struct emul_insn *insn = work->insn;
	uint64_t ea = (uint64_t)insn->disp + (uint64_t)extra;

	if (insn->base == EMUL_REG_RIP)
		ea += work->next.rip;
	else if (insn->base != EMUL_REG_NONE)
		ea += work->next.gpr[insn->base];
	if (insn->index != EMUL_REG_NONE)
		ea += work->next.gpr[insn->index] * insn->scale;
	return ea & emul_size_mask(insn->addr_bytes);
}

struct emul_operand emul_reg_operand(unsigned int reg, unsigned int size)
{
	return (struct emul_operand){
		.kind = OPERAND_REG,
		.size = (uint8_t)size,
		.reg = (uint8_t)reg,
	};
}

static struct emul_operand imm_operand(const struct emul_work *work)
{
	return (struct emul_operand){
		.kind = OPERAND_IMM,
		.size = work->insn->op_bytes,
		.val = work->insn->imm & emul_size_mask(work->insn->op_bytes),
	};
}

int emul_mem_operand(struct emul_work *work, int64_t extra, unsigned int size, bool write,
		     struct emul_operand *operand)
{
	uint8_t seg = work->insn->seg;

	*operand = (struct emul_operand){ .kind = OPERAND_MEM, .size = (uint8_t)size, .seg = seg };
	return emul_linear(work, seg, emul_effective_address(work, extra), size, write,
			   &operand->val);
}

int emul_rm_operand(struct emul_work *work, unsigned int size, bool write,
		    struct emul_operand *operand)
{
	if (work->insn->has_mem)
		return emul_mem_operand(work, 0, size, write, operand);
	*operand = emul_reg_operand(work->insn->rm, size);
	return EMUL_OKAY;
}

static unsigned int opcode_reg(const struct emul_insn *insn)
{
	return (insn->opcode & 7) | (insn->rex & 1 ? 8 : 0);
}

int emul_operands(struct emul_work *work, struct emul_operand *dst, struct emul_operand *src)
{
	const struct emul_insn *insn = work->insn;
	unsigned int size = insn->op_bytes;
	bool store = insn->attr & A_STORE;

	*dst = emul_reg_operand(EMUL_RAX, size);
	*src = (struct emul_operand){ .kind = OPERAND_IMM, .size = (uint8_t)size };
	switch (insn->form) {
	case FORM_RM:
		return emul_rm_operand(work, size, store, dst);
	case FORM_RM_R:
		*src = emul_reg_operand(insn->reg, size);
		return emul_rm_operand(work, size, store, dst);
	case FORM_R_RM:
		*dst = emul_reg_operand(insn->reg, size);
		return emul_rm_operand(work, size, false, src);
	case FORM_RM_IMM:
		*src = imm_operand(work);
		return emul_rm_operand(work, size, store, dst);
	case FORM_ACC_IMM:
		*src = imm_operand(work);
		return EMUL_OKAY;
	case FORM_ACC_MOFFS:
		return emul_mem_operand(work, 0, size, false, src);
	case FORM_MOFFS_ACC:
		*src = *dst;
		return emul_mem_operand(work, 0, size, true, dst);
	case FORM_OPREG_IMM:
		*dst = emul_reg_operand(opcode_reg(insn), size);
		*src = imm_operand(work);
		return EMUL_OKAY;
	case FORM_ACC_OPREG:
		*src = emul_reg_operand(opcode_reg(insn), size);
		return EMUL_OKAY;
	default:
		return EMUL_UNHANDLEABLE;
	}
}

int emul_load(struct emul_work *work, const struct emul_operand *operand, uint64_t *val)
{
	*val = 0;
	switch (operand->kind) {
	case OPERAND_REG:
		*val = emul_get_reg(work, operand->reg, operand->size);
		return EMUL_OKAY;
	case OPERAND_IMM:
		*val = operand->val;
		return EMUL_OKAY;
	default:
		if (!work->ops->read)
			return EMUL_UNHANDLEABLE;
		return work->ops->read(work->ctx, operand->seg, operand->val, val, operand->size);
	}
}

int emul_store(struct emul_work *work, const struct emul_operand *operand, uint64_t val)
{
	if (operand->kind == OPERAND_REG) {
		emul_set_reg(work, operand->reg, operand->size, val);
		return EMUL_OKAY;
	}
	if (operand->kind != OPERAND_MEM || !work->ops->write)
		return EMUL_UNHANDLEABLE;
	return work->ops->write(work->ctx, operand->seg, operand->val, &val, operand->size);
}

int emul_compare_exchange(struct emul_work *work, const struct emul_operand *mem, uint64_t *old,
			  uint64_t new)
{
	if (!work->ops->cmpxchg)
		return EMUL_UNHANDLEABLE;
	return work->ops->cmpxchg(work->ctx, mem->seg, mem->val, old, &new, mem->size);
}
