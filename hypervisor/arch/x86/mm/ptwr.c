/* SPDX-License-Identifier: MIT */
/*
 * Emulating a guest kernel's direct writes to its L1 tables.
 *
 * L1 tables are mapped read-only, so a kernel that writes one with an ordinary instruction (an xchg in
 * a page-table helper, say) faults. The instruction is emulated with the entry change checked as in
 * mmu_update. Only L1 tables, only 8 bytes or parts of them: anything else is a fault for the guest.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <asm/current.h>
#include <asm/emul.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/pv.h>
#include "mm_private.h"

struct ptwr {
	struct vcpu *v;
	uint64_t page_va; /* of the fault */
	uint64_t mfn;	  /* of the table */
};

static int ptwr_fetch(struct emul_ctx *ctx, uint64_t linear, void *buf, unsigned int len)
{
	return raw_copy_from_guest(buf, linear, len) ? EMUL_UNHANDLEABLE : EMUL_OKAY;
}

static int ptwr_read(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *buf,
		     unsigned int size)
{
	return raw_copy_from_guest(buf, linear, size) ? EMUL_UNHANDLEABLE : EMUL_OKAY;
}

/* Locks the table and finds the slot that `linear` is in; NULL if it is not in our page. */
static pte_t *ptwr_slot(const struct ptwr *p, uint64_t linear, unsigned int size)
{
	struct page *pg = frame_page(p->mfn);
	enum page_type type;

	if ((linear & PAGE_MASK) != p->page_va || (linear & 7) + size > 8)
		return NULL;
	if (!get_page(pg, p->v->domain))
		return NULL;
	type = lock_table(pg);
	if (type == PGT_l1)
		return (pte_t *)frame_virt(p->mfn) + (linear & ~PAGE_MASK) / 8;
	if (type == PGT_none)
		put_page(pg);
	else
		finish_table(p->v, pg);
	return NULL;
}

static int ptwr_write(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, const void *buf,
		      unsigned int size)
{
	struct ptwr *p = ctx->data;
	struct domain *d = p->v->domain;
	pte_t *slot = ptwr_slot(p, linear, size), new;
	int rc;

	if (!slot)
		return EMUL_UNHANDLEABLE;
	new = pte_read(slot);
	__builtin_memcpy((char *)&new.e + (linear & 7), buf, size);
	rc = mod_l1e(slot, new, false, d, d);
	finish_table(p->v, frame_page(p->mfn));
	return rc ? EMUL_UNHANDLEABLE : EMUL_OKAY;
}

/* In place of `old` exactly; *old is what was there. -EAGAIN: something else was. */
static int exchange_if(pte_t *slot, pte_t *old, pte_t new, const struct domain *d)
{
	pte_t was = *old;

	if (pte_present(new)) {
		int rc;

		new = adjust_l1e(new);
		rc = get_l1e_refs(new, d, d);
		if (rc)
			return rc;
	}
	if (!__atomic_compare_exchange_n(&slot->e, &old->e, new.e, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		if (pte_present(new))
			put_l1e_refs(new);
		return -EAGAIN;
	}
	if (pte_present(was))
		put_l1e_refs(was);
	return 0;
}

static int ptwr_cmpxchg(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *old,
			const void *new, unsigned int size)
{
	struct ptwr *p = ctx->data;
	pte_t *slot, was, to, expect;
	int rc = -EAGAIN;

	if (size > 8)
		return EMUL_UNHANDLEABLE;
	slot = ptwr_slot(p, linear, size);
	if (!slot)
		return EMUL_UNHANDLEABLE;
	was = expect = to = pte_read(slot);
	__builtin_memcpy((char *)&expect.e + (linear & 7), old, size);
	__builtin_memcpy((char *)&to.e + (linear & 7), new, size);
	if (was.e == expect.e)
		rc = exchange_if(slot, &was, to, p->v->domain);
	finish_table(p->v, frame_page(p->mfn));
	__builtin_memcpy(old, (char *)&was.e + (linear & 7), size);
	return rc && rc != -EAGAIN ? EMUL_UNHANDLEABLE : EMUL_OKAY;
}

static const struct emul_ops ptwr_ops = {
	.fetch = ptwr_fetch,
	.read = ptwr_read,
	.write = ptwr_write,
	.cmpxchg = ptwr_cmpxchg,
};

/* Is cr2 a read-only mapping of one of the guest's valid L1 tables? */
static bool find_table(struct ptwr *p, uint64_t cr2)
{
	uint64_t t;
	pte_t e;

	if (guest_read_l1e(p->v, cr2, &e) || !pte_present(e) || (e.e & PTE_RW))
		return false;
	p->mfn = mfn_x(pte_mfn(e));
	p->page_va = cr2 & PAGE_MASK;
	if (!frame_valid(p->mfn))
		return false;
	t = type_read(frame_page(p->mfn));
	return (t & TYPE_VALID) && type_of(t) == PGT_l1;
}

int ptwr_emulate(uint64_t cr2, struct cpu_user_regs *regs)
{
	struct ptwr p = { .v = current };
	struct emul_ctx ctx = { .ops = &ptwr_ops, .data = &p, .mode = 64, .cpl = 0, .max_reps = 1 };

	if (!(p.v->domain->vm_assist & (1ul << VMASST_TYPE_writable_pagetables)) ||
	    !find_table(&p, cr2))
		return 0;
	emul_regs_from_frame(&ctx.regs, regs);
	switch (x86_emulate(&ctx)) {
	case EMUL_EXCEPTION:
		pv_inject_emul_exception(p.v, &ctx.exception);
		return 1;
	case EMUL_OKAY:
		emul_regs_to_frame(regs, &ctx.regs);
		if (ctx.singlestep)
			pv_inject_trap(p.v, 1, 0);
		return 1;
	case EMUL_RETRY:
		return 1;
	default:
		return 0;
	}
}
