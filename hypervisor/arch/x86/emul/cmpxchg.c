/* SPDX-License-Identifier: MIT */
/*
 * cmpxchg, cmpxchg8b and cmpxchg16b.
 *
 * On memory they are one call of the cmpxchg operation, locked or not: being more atomic than
 * asked for harms nobody, and it demands write permission also when the comparison fails, as the
 * instruction does.
 */
#include "internal.h"

static int cmpxchg_reg(struct emul_work *work, const struct emul_operand *dst, uint64_t acc,
		       uint64_t new)
{
	uint64_t old = emul_get_reg(work, dst->reg, dst->size);

	emul_compute(OP_CMP, dst->size, acc, old, &work->next.rflags);
	if (old == acc)
		emul_set_reg(work, dst->reg, dst->size, new);
	else
		emul_set_reg(work, EMUL_RAX, dst->size, old);
	return EMUL_OKAY;
}

int emul_do_cmpxchg(struct emul_work *work)
{
	struct emul_operand dst, src;
	uint64_t acc, new, old;
	int rc = emul_operands(work, &dst, &src);

	if (rc != EMUL_OKAY)
		return rc;
	acc = emul_get_reg(work, EMUL_RAX, dst.size);
	new = emul_get_reg(work, src.reg, src.size);
	if (dst.kind == OPERAND_REG)
		return cmpxchg_reg(work, &dst, acc, new);

	old = acc;
	rc = emul_compare_exchange(work, &dst, &old, new);
	if (rc != EMUL_OKAY)
		return rc;
	emul_compute(OP_CMP, dst.size, acc, old, &work->next.rflags);
	if (old != acc)
		emul_set_reg(work, EMUL_RAX, dst.size, old);
	return EMUL_OKAY;
}

static void set_zf(struct emul_work *work, bool equal)
{
	work->next.rflags &= ~(uint64_t)FLAG_ZF;
	if (equal)
		work->next.rflags |= FLAG_ZF;
}

static int cmpxchg8b(struct emul_work *work, const struct emul_operand *dst)
{
	uint64_t *gpr = work->next.gpr;
	uint64_t expected = (uint32_t)gpr[EMUL_RAX] | gpr[EMUL_RDX] << 32;
	uint64_t new = (uint32_t)gpr[EMUL_RBX] | gpr[EMUL_RCX] << 32;
	uint64_t old = expected;
	int rc = emul_compare_exchange(work, dst, &old, new);

	if (rc != EMUL_OKAY)
		return rc;
	set_zf(work, old == expected);
	if (old != expected) {
		gpr[EMUL_RAX] = (uint32_t)old;
		gpr[EMUL_RDX] = old >> 32;
	}
	return EMUL_OKAY;
}

static int cmpxchg16b(struct emul_work *work, const struct emul_operand *dst)
{
	uint64_t *gpr = work->next.gpr;
	const uint64_t new[2] = { gpr[EMUL_RBX], gpr[EMUL_RCX] };
	uint64_t old[2] = { gpr[EMUL_RAX], gpr[EMUL_RDX] };
	int rc;

	if (dst->val & 15)
		return emul_raise_error(work->ctx, VECTOR_GP, 0);
	if (!work->ops->cmpxchg)
		return EMUL_UNHANDLEABLE;
	rc = work->ops->cmpxchg(work->ctx, dst->seg, dst->val, old, new, 16);
	if (rc != EMUL_OKAY)
		return rc;
	set_zf(work, old[0] == gpr[EMUL_RAX] && old[1] == gpr[EMUL_RDX]);
	gpr[EMUL_RAX] = old[0];
	gpr[EMUL_RDX] = old[1];
	return EMUL_OKAY;
}

int emul_do_cmpxchg8b(struct emul_work *work)
{
	bool wide = work->insn->rex & REX_W;
	struct emul_operand dst;
	int rc = emul_mem_operand(work, 0, wide ? 16 : 8, true, &dst);

	if (rc != EMUL_OKAY)
		return rc;
	return wide ? cmpxchg16b(work, &dst) : cmpxchg8b(work, &dst);
}
