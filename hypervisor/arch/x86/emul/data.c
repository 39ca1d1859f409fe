/* SPDX-License-Identifier: MIT */
/*
 * Moves, arithmetic, bit and exchange instructions.
 *
 * Every read-modify-write instruction is one pattern: load, compute, store.  With a lock prefix
 * (and always for xchg with memory) the store is a compare-and-exchange that starts over when
 * somebody else was faster, a bounded number of times.
 */
#include "internal.h"

/* Lost races before the instruction is put off: the guest runs it again. */
#define LOCK_ATTEMPTS 16

/* Atomic form of modify(); dst is memory. */
static int modify_locked(struct emul_work *work, const struct emul_operand *dst, uint64_t src,
			 uint64_t *old)
{
	uint64_t flags_before = work->next.rflags;
	int rc = emul_load(work, dst, old);

	for (unsigned int i = 0; rc == EMUL_OKAY && i < LOCK_ATTEMPTS; i++) {
		uint64_t expected = *old;
		uint64_t new;

		work->next.rflags = flags_before;
		new = emul_compute(work->insn->op, dst->size, expected, src, &work->next.rflags);
		rc = emul_compare_exchange(work, dst, old, new);
		if (rc == EMUL_OKAY && *old == expected)
			return EMUL_OKAY;
	}
	return rc == EMUL_OKAY ? EMUL_RETRY : rc;
}

/* dst = op(dst, src); *old is what dst held. */
static int modify(struct emul_work *work, const struct emul_operand *dst, uint64_t src,
		  uint64_t *old)
{
	bool atomic = work->insn->lock || work->insn->op == OP_XCHG;
	uint64_t new;
	int rc;

	if (atomic && dst->kind == OPERAND_MEM)
		return modify_locked(work, dst, src, old);
	rc = emul_load(work, dst, old);
	if (rc != EMUL_OKAY)
		return rc;
	new = emul_compute(work->insn->op, dst->size, *old, src, &work->next.rflags);
	return emul_store(work, dst, new);
}

int emul_do_alu(struct emul_work *work)
{
	struct emul_operand dst, src;
	uint64_t val, old;
	int rc = emul_operands(work, &dst, &src);

	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &val);
	if (rc == EMUL_OKAY)
		rc = modify(work, &dst, val, &old);
	return rc;
}

/* cmp and test: flags only. */
int emul_do_compare(struct emul_work *work)
{
	struct emul_operand dst, src;
	uint64_t a, b;
	int rc = emul_operands(work, &dst, &src);

	if (rc == EMUL_OKAY)
		rc = emul_load(work, &dst, &a);
	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &b);
	if (rc == EMUL_OKAY)
		emul_compute(work->insn->op, dst.size, a, b, &work->next.rflags);
	return rc;
}

/* A register bit number reaches beyond the operand: it selects the word in a bit string. */
static int bit_destination(struct emul_work *work, uint64_t nr, struct emul_operand *dst)
{
	const struct emul_insn *insn = work->insn;
	unsigned int size = insn->op_bytes, spare = 64 - 8 * size;
	int64_t offset = 0;

	if (!insn->has_mem) {
		*dst = emul_reg_operand(insn->rm, size);
		return EMUL_OKAY;
	}
	if (insn->form == FORM_RM_R)
		offset = ((int64_t)(nr << spare) >> spare >> 3) & -(int64_t)size;
	return emul_mem_operand(work, offset, size, insn->attr & A_STORE, dst);
}

int emul_do_bit(struct emul_work *work)
{
	const struct emul_insn *insn = work->insn;
	struct emul_operand dst;
	uint64_t old, nr = insn->imm;
	int rc;

	if (insn->form == FORM_RM_R)
		nr = emul_get_reg(work, insn->reg, insn->op_bytes);
	rc = bit_destination(work, nr, &dst);
	if (rc != EMUL_OKAY)
		return rc;
	if (insn->op != OP_BT)
		return modify(work, &dst, nr, &old);
	rc = emul_load(work, &dst, &old);
	if (rc == EMUL_OKAY)
		emul_compute(OP_BT, dst.size, old, nr, &work->next.rflags);
	return rc;
}

/* xchg and xadd: the source register takes what the destination held. */
int emul_do_exchange(struct emul_work *work)
{
	struct emul_operand dst, src;
	uint64_t val, old, dst_val;
	int rc = emul_operands(work, &dst, &src);

	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &val);
	if (rc == EMUL_OKAY)
		rc = modify(work, &dst, val, &old);
	if (rc != EMUL_OKAY)
		return rc;
	/* The destination is written last: it counts when both are the same register. */
	if (dst.kind == OPERAND_REG) {
		dst_val = emul_get_reg(work, dst.reg, dst.size);
		emul_set_reg(work, src.reg, src.size, old);
		emul_set_reg(work, dst.reg, dst.size, dst_val);
	} else {
		emul_set_reg(work, src.reg, src.size, old);
	}
	return EMUL_OKAY;
}

int emul_do_mov(struct emul_work *work)
{
	struct emul_operand dst, src;
	uint64_t val;
	int rc;

	/* Such a movnti does not exist. */
	if (work->insn->op == OP_MOVNTI && (!work->insn->has_mem || work->insn->op_bytes == 2))
		return EMUL_UNHANDLEABLE;
	rc = emul_operands(work, &dst, &src);
	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &val);
	if (rc == EMUL_OKAY)
		rc = emul_store(work, &dst, val);
	return rc;
}

static unsigned int extend_source_size(enum emul_op op)
{
	switch (op) {
	case OP_MOVZX8:
	case OP_MOVSX8:
		return 1;
	case OP_MOVZX16:
	case OP_MOVSX16:
		return 2;
	default:
		return 4;
	}
}

/* movzx, movsx, movsxd. */
int emul_do_mov_extend(struct emul_work *work)
{
	const struct emul_insn *insn = work->insn;
	unsigned int size = extend_source_size(insn->op), spare = 64 - 8 * size;
	struct emul_operand src;
	uint64_t val;
	int rc;

	/* 63 is arpl outside 64-bit mode, and vendors differ on its 16-bit form. */
	if (insn->op == OP_MOVSXD && (insn->mode != 64 || insn->op_bytes == 2))
		return EMUL_UNHANDLEABLE;
	rc = emul_rm_operand(work, size, false, &src);
	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &val);
	if (rc != EMUL_OKAY)
		return rc;
	if (insn->op != OP_MOVZX8 && insn->op != OP_MOVZX16)
		val = (uint64_t)((int64_t)(val << spare) >> spare);
	emul_set_reg(work, insn->reg, insn->op_bytes, val);
	return EMUL_OKAY;
}
