/* SPDX-License-Identifier: MIT */
/*
 * System instructions without a register operand: interrupt flag, halt, caches, TLB, cpuid.
 *
 * The privilege check was made from the table before any of these runs.
 */
#include "internal.h"

int emul_do_interrupt_flag(struct emul_work *work)
{
	bool enable = work->insn->op == OP_STI;

	if (!work->ops->set_if)
		return EMUL_UNHANDLEABLE;
	work->sti_shadow = enable;
	return work->ops->set_if(work->ctx, enable, &work->next.rflags);
}

int emul_do_hlt(struct emul_work *work)
{
	return work->ops->hlt ? work->ops->hlt(work->ctx) : EMUL_UNHANDLEABLE;
}

int emul_do_flush_cache(struct emul_work *work)
{
	if (!work->ops->flush_cache)
		return EMUL_UNHANDLEABLE;
	return work->ops->flush_cache(work->ctx, work->insn->op == OP_WBINVD);
}

/* No access is made, so neither limit nor canonical form is checked. */
int emul_do_invlpg(struct emul_work *work)
{
	uint64_t base;
	int rc;

	if (!work->ops->invlpg)
		return EMUL_UNHANDLEABLE;
	rc = emul_segment_base(work, work->insn->seg, &base);
	if (rc != EMUL_OKAY)
		return rc;
	base += emul_effective_address(work, 0);
	return work->ops->invlpg(work->ctx, work->insn->mode == 64 ? base : (uint32_t)base);
}

int emul_do_swapgs(struct emul_work *work)
{
	if (work->insn->mode != 64)
		return emul_raise(work->ctx, VECTOR_UD);
	return work->ops->swapgs ? work->ops->swapgs(work->ctx) : EMUL_UNHANDLEABLE;
}

int emul_do_cpuid(struct emul_work *work)
{
	uint64_t *gpr = work->next.gpr;
	uint32_t out[4] = { 0 };
	int rc;

	if (!work->ops->cpuid)
		return EMUL_UNHANDLEABLE;
	rc = work->ops->cpuid(work->ctx, (uint32_t)gpr[EMUL_RAX], (uint32_t)gpr[EMUL_RCX], out);
	if (rc != EMUL_OKAY)
		return rc;
	gpr[EMUL_RAX] = out[0];
	gpr[EMUL_RBX] = out[1];
	gpr[EMUL_RCX] = out[2];
	gpr[EMUL_RDX] = out[3];
	return EMUL_OKAY;
}
