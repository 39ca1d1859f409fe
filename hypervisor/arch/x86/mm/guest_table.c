/* SPDX-License-Identifier: MIT */
/*
 * The top-level tables of a PV vCPU: one for its kernel, one for its user mode.
 *
 * Each holds a plain and a PGT_l4 reference. A new table is taken before the old one is dropped and
 * loaded in between, so CR3 always points at a valid L4. Dropping the old may take long (it may be
 * the last reference of a whole address space): what is interrupted waits in old_table.
 */
#include <hv/domain.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/system.h>
#include "mm_private.h"

void hv_map_perdomain(pte_t *slot, struct domain *d)
{
	*slot = d->arch.perdomain_l3 ? mk_pte(virt_to_mfn(d->arch.perdomain_l3),
					      PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY)
				     : (pte_t){ 0 };
}

static bool have_table(mfn_t mfn)
{
	return mfn_x(mfn) && !mfn_eq(mfn, INVALID_MFN);
}

static int take_table(struct domain *d, mfn_t mfn)
{
	struct page *pg;
	int rc;

	if (!frame_valid(mfn_x(mfn)))
		return trace_err(-EINVAL);
	pg = frame_page(mfn_x(mfn));
	if (!get_page(pg, d))
		return trace_err(-EINVAL);
	rc = get_page_type(pg, PGT_l4, true);
	if (rc)
		put_page(pg);
	return rc;
}

int put_old_guest_table(struct vcpu *v)
{
	struct page *pg = v->arch.pv.old_table;
	int rc;

	if (likely(!pg))
		return 0;
	rc = put_table(pg, true);
	if (!rc)
		v->arch.pv.old_table = NULL;
	return rc;
}

/* Drops v's references to a table; -ERESTART: put_old_guest_table() goes on with it. */
static int leave_table(struct vcpu *v, mfn_t mfn)
{
	if (!have_table(mfn))
		return 0;
	ASSERT(!v->arch.pv.old_table);
	v->arch.pv.old_table = frame_page(mfn_x(mfn));
	return put_old_guest_table(v);
}

static uint64_t mode_cr3(const struct vcpu *v)
{
	mfn_t mfn = v->arch.pv.kernel_mode ? v->arch.pv.guest_table : v->arch.pv.guest_table_user;

	return have_table(mfn) ? mfn_x(mfn) << PAGE_SHIFT : 0;
}

int new_guest_cr3(struct vcpu *v, mfn_t mfn)
{
	mfn_t old = v->arch.pv.guest_table;
	int rc = put_old_guest_table(v);

	if (rc)
		return rc;
	if (!mfn_eq(old, mfn)) {
		rc = take_table(v->domain, mfn);
		if (rc)
			return rc;
		v->arch.pv.guest_table = mfn;
	}
	pv_update_cr3(v, false);
	if (v == current)
		switch_cr3_flush(mode_cr3(v));
	return mfn_eq(old, mfn) ? 0 : leave_table(v, old);
}

int new_guest_user_cr3(struct vcpu *v, mfn_t mfn)
{
	mfn_t old = v->arch.pv.guest_table_user;
	int rc = put_old_guest_table(v);

	if (rc || mfn_eq(old, mfn))
		return rc;
	if (have_table(mfn)) {
		rc = take_table(v->domain, mfn);
		if (rc)
			return rc;
	}
	v->arch.pv.guest_table_user = have_table(mfn) ? mfn : INVALID_MFN;
	pv_update_cr3(v, false);
	return leave_table(v, old);
}

int pv_install_guest_tables(struct vcpu *v, mfn_t kernel, mfn_t user)
{
	int rc = new_guest_cr3(v, kernel);

	return rc ? rc : new_guest_user_cr3(v, user);
}

int pv_pin_guest_table(struct vcpu *v)
{
	struct page *pg = frame_page(mfn_x(v->arch.pv.guest_table));

	if (!get_page_and_type(pg, v->domain, PGT_l4))
		return trace_err(-EINVAL);
	__atomic_fetch_or(&pg->type, TYPE_PINNED, __ATOMIC_SEQ_CST);
	return 0;
}

int drop_guest_tables(struct vcpu *v)
{
	mfn_t mfn;
	int rc = put_old_guest_table(v);

	ASSERT(v != current);
	if (rc)
		return rc;
	mfn = v->arch.pv.guest_table;
	v->arch.pv.guest_table = INVALID_MFN;
	rc = leave_table(v, mfn);
	if (rc)
		return rc;
	mfn = v->arch.pv.guest_table_user;
	v->arch.pv.guest_table_user = INVALID_MFN;
	return leave_table(v, mfn);
}

/*
 * The slot of va's entry, as far as the tables say while we look. They may change meanwhile (another
 * vCPU of the guest), so each step looks whether there is such RAM. In the way of many faults:
 * written for few instructions.
 */
static inline pte_t *find_slot(const struct vcpu *v, uint64_t va)
{
	uint64_t mfn = mode_cr3(v) >> PAGE_SHIFT;

	if (!mfn || (va >= HV_VIRT_START && va < HV_VIRT_END))
		return NULL;
#pragma GCC unroll 3
	for (unsigned int level = 4; level > 1; level--) {
		pte_t e = pte_read((pte_t *)frame_virt(mfn) + PT_INDEX(va, level));

		mfn = mfn_x(pte_mfn(e));
		/* Of holes there is no direct map. */
		if (unlikely(!pte_present(e) || !frame_valid(mfn) || page_is_hole(frame_page(mfn))))
			return NULL;
	}
	return (pte_t *)frame_virt(mfn) + PT_INDEX(va, 1);
}

int guest_read_l1e(struct vcpu *v, uint64_t va, pte_t *out)
{
	pte_t *slot = find_slot(v, va);

	if (!slot)
		return -EFAULT;
	*out = pte_read(slot);
	return 0;
}

/* The page that is found is locked before its slot is believed; then it is an L1 table of the
 * guest's, if perhaps no longer the one for va. */
pte_t *guest_l1_slot(struct vcpu *v, uint64_t va, struct page **pg)
{
	pte_t *slot = find_slot(v, va);

	if (!slot)
		return NULL;
	*pg = get_l1_table((uint64_t)((char *)slot - DIRECT_MAP), v->domain);
	return *pg ? slot : NULL;
}
