/* SPDX-License-Identifier: MIT */
/*
 * mmuext_op: pins, base pointers, flushes, LDT, page copies. One handler per operation in a table;
 * the loop around them copies requests and stops when other work is pending.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/smp.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "mm_private.h"

#define PREEMPTED (1u << 31) /* cursor bit in `count` */

struct ext {
	struct vcpu *v;
	struct domain *pg_owner;
	struct mmuext_op op;
};

static struct page *ext_page(const struct ext *x, uint64_t mfn)
{
	return get_page_from_gfn(x->pg_owner, _gfn(mfn));
}

/* ---- pins ---- */
static bool test_and_clear_pinned(struct page *pg)
{
	return __atomic_fetch_and(&pg->type, ~TYPE_PINNED, __ATOMIC_SEQ_CST) & TYPE_PINNED;
}

/* Drops the plain and typed reference we have, at leisure. */
static void leave_page(struct ext *x, struct page *pg)
{
	ASSERT(!x->v->arch.pv.old_table);
	x->v->arch.pv.old_table = pg;
}

static int ext_pin(struct ext *x)
{
	enum page_type type = (enum page_type)(x->op.cmd - MMUEXT_PIN_L1_TABLE + PGT_l1);
	struct page *pg = ext_page(x, x->op.arg1.mfn);
	int rc;

	if (!pg)
		return trace_err(-EINVAL);
	rc = get_page_type(pg, type, true);
	if (rc) {
		put_page(pg);
		return rc;
	}
	if (__atomic_fetch_or(&pg->type, TYPE_PINNED, __ATOMIC_SEQ_CST) & TYPE_PINNED) {
		leave_page(x, pg);
		return trace_err(-EINVAL);
	}
	/* Ordering: either relinquish_memory() sees the pin, or we see that the domain is dying. */
	if (domain_is_dying(x->pg_owner) && test_and_clear_pinned(pg))
		leave_page(x, pg);
	return 0;
}

static int ext_unpin(struct ext *x)
{
	struct page *pg = ext_page(x, x->op.arg1.mfn);

	if (!pg)
		return trace_err(-EINVAL);
	if (!test_and_clear_pinned(pg)) {
		put_page(pg);
		return trace_err(-EINVAL);
	}
	put_page(pg); /* not the last: the pin's is left */
	leave_page(x, pg);
	return 0;
}

/* ---- base pointers, LDT ---- */
static int ext_new_baseptr(struct ext *x)
{
	return new_guest_cr3(x->v, _mfn(x->op.arg1.mfn));
}

static int ext_new_user_baseptr(struct ext *x)
{
	return new_guest_user_cr3(x->v, _mfn(x->op.arg1.mfn));
}

static int ext_set_ldt(struct ext *x)
{
	return pv_set_ldt(x->v, x->op.arg1.linear_addr, x->op.arg2.nr_ents);
}

/* ---- flushes ---- */
static int ext_flush_local(struct ext *x)
{
	flush_local(0, FLUSH_TLB_GLOBAL);
	return 0;
}

static int ext_invlpg_local(struct ext *x)
{
	uint64_t va = x->op.arg1.linear_addr;

	if (va < HV_VIRT_START || va >= HV_VIRT_END)
		flush_local(va, FLUSH_TLB_GLOBAL);
	return 0;
}

static int ext_flush_multi(struct ext *x)
{
	cpumask_t mask;
	int rc = vcpumask_to_cpumask(x->v->domain, guest_handle_addr(x->op.arg2.vcpumask), &mask);
	bool one = x->op.cmd == MMUEXT_INVLPG_MULTI;

	if (!rc)
		flush_area_mask(&mask, one ? x->op.arg1.linear_addr : 0, FLUSH_TLB_GLOBAL);
	return rc;
}

static int ext_flush_all(struct ext *x)
{
	bool one = x->op.cmd == MMUEXT_INVLPG_ALL;

	flush_area_mask(&x->v->domain->arch.dirty_cpumask, one ? x->op.arg1.linear_addr : 0,
			FLUSH_TLB_GLOBAL);
	return 0;
}

static int ext_flush_cache(struct ext *x)
{
	if (!x->v->domain->is_privileged)
		return trace_err(-EACCES);
	if (x->op.cmd == MMUEXT_FLUSH_CACHE)
		flush_local(0, FLUSH_CACHE);
	else
		flush_area_mask(&cpu_online_map, 0, FLUSH_CACHE);
	return 0;
}

/* ---- page contents ---- */
static int ext_clear_page(struct ext *x)
{
	struct page *pg = ext_page(x, x->op.arg1.mfn);

	if (!pg)
		return trace_err(-EINVAL);
	if (get_page_type(pg, PGT_writable, false)) {
		put_page(pg);
		return trace_err(-EINVAL);
	}
	clear_page(page_virt(pg));
	put_page_and_type(pg);
	return 0;
}

static int ext_copy_page(struct ext *x)
{
	struct page *to, *from = ext_page(x, x->op.arg2.src_mfn);
	int rc = -EINVAL;

	if (!from)
		return trace_err(-EINVAL);
	to = ext_page(x, x->op.arg1.mfn);
	if (to && !get_page_type(to, PGT_writable, false)) {
		copy_page(page_virt(to), page_virt(from));
		put_page_type(to, false);
		rc = 0;
	}
	if (to)
		put_page(to);
	put_page(from);
	return rc;
}

static int ext_unsupported(struct ext *x)
{
	return trace_err(-EOPNOTSUPP);
}

static const struct {
	int (*fn)(struct ext *x);
	bool self_only; /* acts on the calling vCPU or domain */
} ext_ops[] = {
	[MMUEXT_PIN_L1_TABLE] = { ext_pin, false },
	[MMUEXT_PIN_L2_TABLE] = { ext_pin, false },
	[MMUEXT_PIN_L3_TABLE] = { ext_pin, false },
	[MMUEXT_PIN_L4_TABLE] = { ext_pin, false },
	[MMUEXT_UNPIN_TABLE] = { ext_unpin, false },
	[MMUEXT_NEW_BASEPTR] = { ext_new_baseptr, true },
	[MMUEXT_TLB_FLUSH_LOCAL] = { ext_flush_local, true },
	[MMUEXT_INVLPG_LOCAL] = { ext_invlpg_local, true },
	[MMUEXT_TLB_FLUSH_MULTI] = { ext_flush_multi, true },
	[MMUEXT_INVLPG_MULTI] = { ext_flush_multi, true },
	[MMUEXT_TLB_FLUSH_ALL] = { ext_flush_all, true },
	[MMUEXT_INVLPG_ALL] = { ext_flush_all, true },
	[MMUEXT_FLUSH_CACHE] = { ext_flush_cache, true },
	[MMUEXT_SET_LDT] = { ext_set_ldt, true },
	[MMUEXT_NEW_USER_BASEPTR] = { ext_new_user_baseptr, true },
	[MMUEXT_CLEAR_PAGE] = { ext_clear_page, false },
	[MMUEXT_COPY_PAGE] = { ext_copy_page, false },
	[MMUEXT_FLUSH_CACHE_GLOBAL] = { ext_flush_cache, true },
	[MMUEXT_MARK_SUPER] = { ext_unsupported, false },
	[MMUEXT_UNMARK_SUPER] = { ext_unsupported, false },
};

static int ext_one(struct ext *x)
{
	unsigned int cmd = x->op.cmd;

	if (cmd >= ARRAY_SIZE(ext_ops) || !ext_ops[cmd].fn)
		return trace_err(-ENOSYS);
	if (ext_ops[cmd].self_only && x->pg_owner != x->v->domain)
		return trace_err(-EPERM);
	return ext_ops[cmd].fn(x);
}

/* Carries out operations from *i on. 0, -errno at operation *i, -ERESTART before it. */
static int ext_all(struct ext *x, guest_ptr_t uops, unsigned int count, unsigned int *i)
{
	for (; *i < count; ++*i) {
		int rc;

		if (*i && hypercall_preempt_check())
			return -ERESTART;
		if (copy_from_guest_at(&x->op, uops, *i))
			return trace_err(-EFAULT);
		rc = ext_one(x);
		if (rc)
			return rc;
		if (put_old_guest_table(x->v)) {
			++*i;
			return -ERESTART;
		}
	}
	return 0;
}

long do_mmuext_op(unsigned long uops, unsigned long count_arg, unsigned long pdone,
		  unsigned long foreigndom)
{
	unsigned int count = (unsigned int)count_arg, i = 0, done = 0;
	struct ext x = { .v = current };
	struct foreign f;
	int rc = put_old_guest_table(x.v);

	if (rc)
		return hypercall_create_continuation(__HYPERVISOR_mmuext_op, 4, uops,
						     (unsigned long)count, pdone, foreigndom);
	if (count & PREEMPTED) {
		count &= ~PREEMPTED;
		if (pdone && copy_struct_from_guest(&done, pdone))
			return trace_err(-EFAULT);
	}
	if (!guest_range_ok(uops, count, sizeof(struct mmuext_op)))
		return trace_err(-EFAULT);
	rc = foreign_get(&f, x.v->domain, (domid_t)foreigndom);
	if (rc)
		return rc;
	x.pg_owner = f.pg_owner;
	rc = ext_all(&x, uops, count, &i);
	foreign_put(&f, x.v->domain);
	done += i;
	if (pdone && copy_struct_to_guest(pdone, &done) && rc != -ERESTART)
		rc = -EFAULT;
	if (rc == -ERESTART)
		return hypercall_create_continuation(
		    __HYPERVISOR_mmuext_op, 4, uops + i * sizeof(struct mmuext_op),
		    (unsigned long)((count - i) | PREEMPTED), pdone, foreigndom);
	return rc;
}
