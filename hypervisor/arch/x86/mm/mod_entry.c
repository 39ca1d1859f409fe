/* SPDX-License-Identifier: MIT */
/* Checked changes of one entry of a locked table: mod_l1e.h tells how. */
#include <hv/domain.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/xpti.h>
#include "mm_private.h"
#include "mod_l1e.h"

int mod_l1e(pte_t *slot, pte_t new, bool keep_ad, struct domain *pt_owner,
	    const struct domain *pg_owner)
{
	return mod_l1e_inline(slot, new, keep_ad, pt_owner, pg_owner);
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
			exchange_entry(slot, new, keep_ad);
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
	old = exchange_entry(slot, new, keep_ad);
	if (level == 4)
		xpti_l4_changed(pt_owner);
	if (pte_present(old))
		leave_old_entry(v, old);
	return 0;
}
