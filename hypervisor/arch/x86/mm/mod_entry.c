/* SPDX-License-Identifier: MIT */
/*
 * Changing one entry of a valid page table: take the references of the new entry, exchange, drop
 * those of the old. The table is locked, so the only other writer is the CPU, setting accessed and
 * dirty bits.
 *
 * The exchange is a locked instruction: when the old entry's frame takes its flush stamp, the entry
 * is gone for every CPU (tlb.c).
 */
#include <hv/domain.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/xpti.h>
#include "mm_private.h"

#define PTE_AD (PTE_ACCESSED | PTE_DIRTY)

static inline pte_t exchange(pte_t *slot, pte_t new, bool keep_ad)
{
	uint64_t old;

	if (!keep_ad)
		return (pte_t){ __atomic_exchange_n(&slot->e, new.e, __ATOMIC_SEQ_CST) };
	old = pte_read(slot).e;
	while (unlikely(!__atomic_compare_exchange_n(&slot->e, &old, new.e | (old & PTE_AD), false, __ATOMIC_SEQ_CST,
						     __ATOMIC_RELAXED)))
		;
	return (pte_t){ old };
}

/* The same frame, and only RW changes what is held. `pg`: the frame, referenced by the old entry.
 */
static int change_rw(pte_t *slot, pte_t new, bool keep_ad, struct page *pg)
{
	if (new.e & PTE_RW) {
		if (unlikely(!writable_get(pg)))
			return trace_err(-EINVAL);
		exchange(slot, new, keep_ad);
	} else {
		exchange(slot, new, keep_ad);
		writable_put(pg);
	}
	return 0;
}

int mod_l1e(pte_t *slot, pte_t new, bool keep_ad, struct domain *pt_owner,
	    const struct domain *pg_owner)
{
	pte_t old = pte_read(slot);
	struct page *pg;
	int rc;

	if (!pte_present(new)) {
		if (unlikely(!absent_entry_ok(pt_owner, new, 1)))
			return trace_err(-EINVAL);
		old = exchange(slot, new, keep_ad);
		if (pte_present(old))
			drop_l1e(old);
		return 0;
	}
	new = adjust_l1e(new);
	if (pte_present(old) && !((old.e ^ new.e) & PTE_ADDR) && !l1e_is_special(new)) {
		if (!((old.e ^ new.e) & PTE_RW)) {
			exchange(slot, new, keep_ad);
			return 0;
		}
		pg = l1e_page(old);
		if (pg && (!(new.e &PTE_RW) ||
			   (ref_read(pg) & REF_OWNER) == ref_owner_bits(pg_owner->domain_id)))
			return change_rw(slot, new, keep_ad, pg);
	}
	rc = take_l1e(new, pt_owner, pg_owner, ref_owner_bits(pg_owner->domain_id));
	if (rc)
		return rc;
	old = exchange(slot, new, keep_ad);
	if (pte_present(old))
		drop_l1e(old);
	return 0;
}

/* The exchanged entry's table loses a reference; what takes long is left to put_old_guest_table().
 */
static void leave_old_entry(struct vcpu *v, pte_t old)
{
	struct page *pg = frame_page(mfn_x(pte_mfn(old)));

	if (put_page_type(pg, !v->arch.pv.old_table))
		v->arch.pv.old_table = pg;
	else
		put_page(pg);
}

int mod_table_entry(struct vcpu *v, pte_t *slot, unsigned int level, pte_t new, bool keep_ad,
		    struct domain *pt_owner)
{
	unsigned int index = (unsigned int)(((uint64_t)slot & ~PAGE_MASK) / sizeof(*slot));
	pte_t old = pte_read(slot);
	int rc;

	if (level == 4 && index >= HV_SLOT_FIRST && index < HV_SLOT_END)
		return trace_err(-EINVAL);
	if (pte_present(new)) {
		new = adjust_table_entry(new);
		if (pte_present(old) && !((old.e ^ new.e) & PTE_ADDR)) {
			if (table_entry_refused(new))
				return trace_err(-EINVAL);
			exchange(slot, new, keep_ad);
			if (level == 4)
				xpti_l4_changed(pt_owner);
			return 0;
		}
		rc = get_table_ref(new, level, pt_owner, level > 2);
		if (rc)
			return rc;
	} else if (!absent_entry_ok(pt_owner, new, level)) {
		return trace_err(-EINVAL);
	}
	old = exchange(slot, new, keep_ad);
	if (level == 4)
		xpti_l4_changed(pt_owner);
	if (pte_present(old))
		leave_old_entry(v, old);
	return 0;
}
