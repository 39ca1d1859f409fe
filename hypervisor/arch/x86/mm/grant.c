/* SPDX-License-Identifier: MIT */
/*
 * Grant mappings in PV page tables.
 *
 * The entry holds its own references to the foreign frame, as any L1 entry does, besides those that
 * the grant code holds for the mapping as a whole. So a guest may overwrite such an entry without
 * telling anybody: the frame stays until the mapping is undone, and nothing is counted twice.
 *
 * Invariant: of a frame of another domain a guest has at most as many entries as it has host mappings, as only a mapping
 * makes one, nobody can copy one (mod_l1e() wants to know for whom), and a mapping that is undone takes one away. So once
 * the last is undone there is none.
 *
 * LIMITS: hence a mapping whose entry the guest has overwritten cannot be undone before the guest's end, and its granter
 * does not end before that. It must not be: an entry that is gone does not say that the guest has done with the frame.
 * Linux's gntdev zaps the entries of a process that dies while the kernel has I/O under way on its granted pages, counts
 * the references wrongly then, and undoes the mapping while the device is still at the frame, which for the granter's
 * sake must stay what it is.
 */
#include <hv/domain.h>
#include <hv/grant.h>
#include <asm/current.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <public/grant_table.h>
#include "mm_private.h"

/* GNTMAP bits 16..18 are the guest's own bits in the entry. */
#define GUEST_AVAIL_SHIFT 16

static pte_t grant_pte(mfn_t mfn, unsigned int flags)
{
	uint64_t bits = PTE_PRESENT | PTE_ACCESSED | PTE_NX;

	if (!(flags & GNTMAP_readonly))
		bits |= PTE_RW | PTE_DIRTY;
	if (flags & GNTMAP_application_map)
		bits |= PTE_USER;
	bits |= (uint64_t)(flags >> GUEST_AVAIL_SHIFT & 7) << 9;
	return mk_pte(mfn, bits);
}

/* The slot a mapping lives in, its table locked. */
static pte_t *grant_slot(struct vcpu *v, uint64_t addr, unsigned int flags, struct page **table)
{
	if (!(flags & GNTMAP_contains_pte))
		return guest_l1_slot(v, addr, table);
	if (addr & 7)
		return NULL;
	*table = get_l1_table(addr, v->domain);
	return *table ? (pte_t *)(DIRECT_MAP + addr) : NULL;
}

int arch_grant_map_host(uint64_t addr, mfn_t mfn, unsigned int flags)
{
	struct vcpu *v = current;
	struct domain *owner = NULL;
	struct page *table;
	pte_t *slot;
	int rc;

	if (is_hvm_vcpu(v))
		return hvm_grant_map(v->domain, addr, mfn, flags);
	if (mfn_valid(mfn))
		owner = page_get_owner(mfn_to_page(mfn));
	slot = grant_slot(v, addr, flags, &table);
	if (!slot)
		return GNTST_bad_virt_addr;
	rc = mod_l1e(slot, grant_pte(mfn, flags), false, v->domain, owner ? owner : v->domain);
	finish_table(table);
	return rc ? GNTST_general_error : GNTST_okay;
}

static bool maps(pte_t e, mfn_t mfn, unsigned int flags)
{
	return pte_present(e) && mfn_eq(pte_mfn(e), mfn) &&
	       !(e.e & PTE_RW) == !!(flags & GNTMAP_readonly);
}

/* Puts `new`, whose references the caller has, in place of the mapping. */
static int replace(uint64_t addr, mfn_t mfn, pte_t new, unsigned int flags)
{
	struct vcpu *v = current;
	struct page *table;
	pte_t *slot = grant_slot(v, addr, flags, &table), old;
	int rc = GNTST_general_error;

	if (!slot)
		return GNTST_bad_virt_addr;
	if (maps(pte_read(slot), mfn, flags)) {
		old.e = __atomic_exchange_n(&slot->e, new.e, __ATOMIC_SEQ_CST);
		put_l1e_refs(old);
		rc = GNTST_okay;
	}
	finish_table(table);
	return rc;
}

int arch_grant_unmap_host(uint64_t addr, mfn_t mfn, uint64_t new_addr, unsigned int flags)
{
	struct vcpu *v = current;
	pte_t moved = { 0 };
	struct page *table;
	pte_t *slot;
	int rc;

	if (is_hvm_vcpu(current))
		return hvm_grant_unmap(current->domain, addr, mfn, new_addr);
	if (!new_addr)
		return replace(addr, mfn, moved, flags);
	if (flags & GNTMAP_contains_pte)
		return GNTST_general_error;
	slot = guest_l1_slot(v, new_addr, &table);
	if (!slot)
		return GNTST_bad_virt_addr;
	moved.e = __atomic_exchange_n(&slot->e, 0, __ATOMIC_SEQ_CST);
	finish_table(table);
	rc = replace(addr, mfn, moved, flags);
	if (rc != GNTST_okay && pte_present(moved))
		put_l1e_refs(moved);
	return rc;
}
