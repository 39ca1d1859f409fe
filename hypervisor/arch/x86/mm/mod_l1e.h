/* SPDX-License-Identifier: MIT */
/*
 * Changing one entry of a valid page table: take the references of the new entry, exchange, drop
 * those of the old. The table is locked, so the only other writer is the CPU, setting accessed and
 * dirty bits.
 *
 * The exchange is a locked instruction: when the old entry's frame takes its flush stamp, the entry
 * is gone for every CPU (tlb.c).
 *
 * mod_l1e() is here for the few callers through which nearly all changes come.
 */
#ifndef MOD_L1E_H
#define MOD_L1E_H

#include <hv/domain.h>
#include <asm/page_info.h>
#include "mm_private.h"

#define PTE_AD (PTE_ACCESSED | PTE_DIRTY)

static inline pte_t exchange_entry(pte_t *slot, pte_t new, bool keep_ad)
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
static inline int change_rw(pte_t *slot, pte_t new, bool keep_ad, struct page *pg)
{
	if (new.e & PTE_RW) {
		if (unlikely(!writable_get(pg)))
			return trace_err(-EINVAL);
		exchange_entry(slot, new, keep_ad);
	} else {
		exchange_entry(slot, new, keep_ad);
		writable_put(pg);
	}
	return 0;
}

static inline __attribute__((always_inline)) int mod_l1e_inline(pte_t *slot, pte_t new, bool keep_ad, struct domain *pt_owner,
								const struct domain *pg_owner)
{
	pte_t old = pte_read(slot);
	struct page *pg;
	int rc;

	if (!pte_present(new)) {
		if (unlikely(!absent_entry_ok(pt_owner, new, 1)))
			return trace_err(-EINVAL);
		old = exchange_entry(slot, new, keep_ad);
		if (pte_present(old))
			drop_l1e(old);
		return 0;
	}
	new = adjust_l1e(new);
	if (pte_present(old) && !((old.e ^ new.e) & PTE_ADDR) && !l1e_is_special(new)) {
		if (!((old.e ^ new.e) & PTE_RW)) {
			exchange_entry(slot, new, keep_ad);
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
	old = exchange_entry(slot, new, keep_ad);
	if (pte_present(old))
		drop_l1e(old);
	return 0;
}

#endif
