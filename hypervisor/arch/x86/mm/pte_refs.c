/* SPDX-License-Identifier: MIT */
/*
 * Guest page-table entries: which are allowed, what the hardware gets to see, and the references
 * each present entry holds.
 *
 *   L1 entry to RAM        one plain reference, and a PGT_writable one if it has RW
 *   L1 entry to the rest   none; the domain must have the right to the frame (iomem_caps)
 *   L2..L4 entry           one plain and one typed reference to the table one level below
 *
 * PV kernels run in ring 3, so every entry gets USER. What the guest asked without USER at level 1
 * is marked PTE_GUEST_KERNEL and never global; what it asked with USER becomes global, so that it
 * survives the switch between the guest's kernel and user tables. The mark makes the change
 * idempotent: a guest that reads its entry back and writes it with another flag keeps its meaning.
 */
#include <hv/domain.h>
#include <hv/rangeset.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "mm_private.h"

/* Device memory: both the domain whose table it is and the one it is mapped for need the right. */
static int check_iomem(pte_t e, const struct domain *pt_owner, const struct domain *pg_owner)
{
	uint64_t mfn = mfn_x(pte_mfn(e));

	if (pg_owner != pt_owner && pg_owner != dom_io &&
	    !rangeset_contains(pg_owner->iomem_caps, mfn, mfn))
		return trace_err(-EPERM);
	return rangeset_contains(pt_owner->iomem_caps, mfn, mfn) ? 0 : trace_err(-EPERM);
}

static bool has_devices(const struct domain *d)
{
	return rangeset_overlaps(d->iomem_caps, 0, ~0ull) || rangeset_overlaps(d->ioport_caps, 0, ~0ull);
}

int get_l1e_refs(pte_t e, const struct domain *pt_owner, const struct domain *pg_owner)
{
	struct page *pg;

	if (unlikely(e.e & PTE_PKEY))
		return trace_err(-EINVAL);
	pg = l1e_page(e);
	if (unlikely(!pg))
		return check_iomem(e, pt_owner, pg_owner);
	if (unlikely(e.e & PTE_CACHING) && !has_devices(pt_owner))
		return trace_err(-EINVAL);
	if (unlikely(!ref_get(pg, ref_owner_bits(pg_owner->domain_id))))
		return trace_err(-EINVAL);
	if ((e.e & PTE_RW) && !writable_get(pg)) {
		put_page(pg);
		return trace_err(-EINVAL);
	}
	return 0;
}

void put_l1e_refs(pte_t e)
{
	drop_l1e(e);
}

int get_table_ref(pte_t e, unsigned int level, const struct domain *d, bool preemptible)
{
	uint64_t mfn = mfn_x(pte_mfn(e));
	struct page *pg;
	int rc;

	if (table_entry_refused(e) || !frame_valid(mfn))
		return trace_err(-EINVAL);
	pg = frame_page(mfn);
	if (!get_page(pg, d))
		return trace_err(-EINVAL);
	rc = get_page_type(pg, (enum page_type)(level - 1), preemptible);
	if (rc)
		put_page(pg); /* on -ERESTART the table holds itself, see page_type.c */
	return rc;
}

int put_table_ref(pte_t e, bool preemptible)
{
	return put_table(frame_page(mfn_x(pte_mfn(e))), preemptible);
}
