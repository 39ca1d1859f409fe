/* SPDX-License-Identifier: MIT */
/* update_va_mapping: one L1 entry, named by the address it maps, and the flush that goes with it.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/guest_access.h>
#include <hv/smp.h>
#include <asm/current.h>
#include <asm/mm.h>
#include "mm_private.h"

/* What a UVMF_* scope means: false is "this CPU". */
static int flush_scope(unsigned long scope, cpumask_t *mask, bool *local)
{
	struct domain *d = current->domain;

	*local = scope == UVMF_LOCAL;
	if (*local)
		return 0;
	if (scope == UVMF_ALL) {
		*mask = d->arch.dirty_cpumask;
		return 0;
	}
	return vcpumask_to_cpumask(d, scope, mask);
}

static int uvmf_flush(uint64_t va, unsigned long flags)
{
	unsigned long type = flags & UVMF_FLUSHTYPE_MASK;
	cpumask_t mask;
	bool local;
	int rc;

	if (type == UVMF_NONE)
		return 0;
	rc = flush_scope(flags & ~UVMF_FLUSHTYPE_MASK, &mask, &local);
	if (rc)
		return rc;
	if (type == UVMF_TLB_FLUSH)
		va = 0;
	else if (type != UVMF_INVLPG)
		return trace_err(-EINVAL);
	if (local)
		flush_local(va, FLUSH_TLB_GLOBAL);
	else
		flush_area_mask(&mask, va, FLUSH_TLB_GLOBAL);
	return 0;
}

static long update_va(uint64_t va, uint64_t val, unsigned long flags, const struct domain *pg_owner)
{
	struct vcpu *v = current;
	struct page *table;
	pte_t *slot = guest_l1_slot(v, va, &table);
	int rc, rc2;

	if (!slot)
		return trace_err(-EINVAL);
	rc = mod_l1e(slot, (pte_t){ val }, false, v->domain, pg_owner);
	finish_table(table);
	rc2 = uvmf_flush(va, flags);
	return rc ? rc : rc2;
}

long do_update_va_mapping(unsigned long va, unsigned long val, unsigned long flags)
{
	return update_va(va, val, flags, current->domain);
}

long do_update_va_mapping_otherdomain(unsigned long va, unsigned long val, unsigned long flags,
				      unsigned long domid)
{
	struct foreign f;
	long rc = foreign_get(&f, current->domain, (domid_t)domid);

	if (rc)
		return rc;
	rc = update_va(va, val, flags, f.pg_owner);
	foreign_put(&f, current->domain);
	return rc;
}
