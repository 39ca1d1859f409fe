/* SPDX-License-Identifier: MIT */
/*
 * Emulating a guest kernel's direct writes to its L1 tables.
 *
 * L1 tables are mapped read-only, so a kernel that writes one with an ordinary instruction (an xchg
 * in a page-table helper, say) faults. The instruction is emulated with the entry change checked as
 * in mmu_update. Only L1 tables, only 8 bytes or parts of them: anything else is a fault for the
 * guest.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <asm/cpu.h>
#include <asm/current.h>
#include <asm/emul.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/pv.h>
#include <asm/system.h>
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
	uint64_t entry = p->mfn << PAGE_SHIFT | (linear & ~PAGE_MASK & ~7ull);

	if ((linear & PAGE_MASK) != p->page_va || (linear & 7) + size > 8 || !get_l1_table(entry, p->v->domain))
		return NULL;
	return (pte_t *)(DIRECT_MAP + entry);
}

static int take_entry(pte_t *e, struct domain *d)
{
	if (!pte_present(*e))
		return absent_entry_ok(d, *e, 1) ? 0 : trace_err(-EINVAL);
	*e = adjust_l1e(*e);
	return take_l1e(*e, d, d, ref_owner_bits(d->domain_id));
}

static void drop_entry(pte_t e)
{
	if (pte_present(e))
		drop_l1e(e);
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
	finish_table(frame_page(p->mfn));
	return rc ? EMUL_UNHANDLEABLE : EMUL_OKAY;
}

/* In place of `old` exactly; *old is what was there. -EAGAIN: something else was. */
static int exchange_if(pte_t *slot, pte_t *old, pte_t new, struct domain *d)
{
	pte_t was = *old;
	int rc = take_entry(&new, d);

	if (rc)
		return rc;
	if (!__atomic_compare_exchange_n(&slot->e, &old->e, new.e, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		drop_entry(new);
		return -EAGAIN;
	}
	drop_entry(was);
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
	finish_table(frame_page(p->mfn));
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

/*
 * ---- the few instructions kernels really use ----
 *
 * The fault's address is the operand's, so no operand needs to be computed: opcode, register and
 * length are enough. Should the guest change the instruction under us, it gets one of its own other
 * wishes, checked as any.
 */
enum quick_op { QUICK_XCHG, QUICK_MOV, QUICK_AND8 };
struct quick {
	enum quick_op op;
	uint8_t reg, imm, length;
};

static const uint16_t reg_offset[16] = {
	offsetof(struct cpu_user_regs, rax), offsetof(struct cpu_user_regs, rcx),
	offsetof(struct cpu_user_regs, rdx), offsetof(struct cpu_user_regs, rbx),
	offsetof(struct cpu_user_regs, rsp), offsetof(struct cpu_user_regs, rbp),
	offsetof(struct cpu_user_regs, rsi), offsetof(struct cpu_user_regs, rdi),
	offsetof(struct cpu_user_regs, r8),  offsetof(struct cpu_user_regs, r9),
	offsetof(struct cpu_user_regs, r10), offsetof(struct cpu_user_regs, r11),
	offsetof(struct cpu_user_regs, r12), offsetof(struct cpu_user_regs, r13),
	offsetof(struct cpu_user_regs, r14), offsetof(struct cpu_user_regs, r15),
};

/* Bytes of ModRM, SIB and displacement. 0: the operand is a register. */
static unsigned int modrm_length(const uint8_t *b)
{
	unsigned int mod = b[0] >> 6, rm = b[0] & 7, n = 1;

	if (mod == 3)
		return 0;
	if (rm == 4) {
		n++;
		if (mod == 0 && (b[1] & 7) == 5)
			return n + 4;
	}
	if (mod == 0)
		return rm == 5 ? n + 4 : n;
	return mod == 1 ? n + 1 : n + 4;
}

static bool quick_decode(const uint8_t *insn, struct quick *q)
{
	const uint8_t *b = insn;
	uint8_t rex = 0;
	unsigned int n;

	if (*b == 0xf0)
		b++;
	if ((*b & 0xf0) == 0x40)
		rex = *b++;
	if (*b == 0x87 && rex & 8)
		q->op = QUICK_XCHG;
	else if (*b == 0x89 && rex & 8 && insn[0] != 0xf0)
		q->op = QUICK_MOV;
	else if (*b == 0x80 && (b[1] & 0x38) == 0x20)
		q->op = QUICK_AND8;
	else
		return false;
	q->reg = (uint8_t)((b[1] >> 3 & 7) | (rex & 4) << 1);
	n = modrm_length(b + 1);
	q->imm = b[1 + n];
	q->length = (uint8_t)(b + 1 + n - insn + (q->op == QUICK_AND8));
	return n;
}

static int quick_xchg(pte_t *slot, uint64_t *reg, struct domain *d)
{
	pte_t new = { *reg }, old;
	int rc = take_entry(&new, d);

	if (rc)
		return rc;
	old.e = __atomic_exchange_n(&slot->e, new.e, __ATOMIC_SEQ_CST);
	drop_entry(old);
	*reg = old.e;
	return 0;
}

/* Clears flags, never PRESENT or the address. `shift`: of the byte in the entry. */
static int quick_and8(pte_t *slot, uint8_t imm, unsigned int shift, uint64_t *rflags)
{
	uint64_t keep = ~((uint64_t)(uint8_t)~imm << shift), old = slot->e;
	uint8_t result;

	if (~keep & (PTE_ADDR | PTE_PRESENT | PTE_USER | PTE_GUEST_KERNEL))
		return -EINVAL;
	while (!__atomic_compare_exchange_n(&slot->e, &old, old & keep, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
	if ((old & PTE_PRESENT) && (old & ~keep & PTE_RW) && l1e_page((pte_t){ old }))
		writable_put(l1e_page((pte_t){ old }));
	result = (uint8_t)((old & keep) >> shift);
	*rflags &= ~(uint64_t)0x8d5; /* OF SF ZF AF PF CF */
	*rflags |= (result ? 0 : 0x40) | (result & 0x80) | (__builtin_parity(result) ? 0 : 4);
	return 0;
}

static bool quick_emulate(struct ptwr *p, uint64_t cr2, struct cpu_user_regs *regs)
{
	struct domain *d = p->v->domain;
	uint8_t insn[16];
	struct quick q;
	uint64_t *reg;
	pte_t *slot;
	int rc;

	if (regs->cs != RING3_CS64 || (regs->rflags & X86_EFLAGS_TF) ||
	    !read_guest_pair(insn, regs->rip) || !quick_decode(insn, &q))
		return false;
	slot = ptwr_slot(p, cr2, q.op == QUICK_AND8 ? 1 : 8);
	if (!slot)
		return false;
	reg = (uint64_t *)((char *)regs + reg_offset[q.reg]);
	if (q.op == QUICK_XCHG)
		rc = quick_xchg(slot, reg, d);
	else if (q.op == QUICK_MOV)
		rc = mod_l1e(slot, (pte_t){ *reg }, false, d, d);
	else
		rc = quick_and8(slot, q.imm, (unsigned int)(cr2 & 7) * 8, &regs->rflags);
	finish_table(frame_page(p->mfn));
	if (rc)
		return false;
	regs->rip += q.length;
	regs->rflags &= ~(uint64_t)X86_EFLAGS_RF;
	return true;
}

/* Any other instruction; apart, so that the usual ones need not clear its context. */
static __attribute__((noinline)) int decode_and_emulate(struct ptwr *p, struct cpu_user_regs *regs)
{
	struct emul_ctx ctx = { .ops = &ptwr_ops, .data = p, .cpl = 0, .max_reps = 1 };

	ctx.mode = pv_frame_mode(regs);
	emul_regs_from_frame(&ctx.regs, regs);
	switch (x86_emulate(&ctx)) {
	case EMUL_EXCEPTION:
		pv_inject_emul_exception(p->v, &ctx.exception);
		return 1;
	case EMUL_OKAY:
		emul_regs_to_frame(regs, &ctx.regs);
		if (ctx.singlestep)
			pv_inject_trap(p->v, 1, 0);
		return 1;
	case EMUL_RETRY:
		return 1;
	default:
		return 0;
	}
}

int ptwr_emulate(uint64_t cr2, struct cpu_user_regs *regs)
{
	struct ptwr p = { .v = current };

	if (!(p.v->domain->vm_assist & (1ul << VMASST_TYPE_writable_pagetables)) ||
	    !find_table(&p, cr2))
		return 0;
	return likely(quick_emulate(&p, cr2, regs)) ? 1 : decode_and_emulate(&p, regs);
}
