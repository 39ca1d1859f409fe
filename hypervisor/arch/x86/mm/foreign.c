/* SPDX-License-Identifier: MIT */
/* Whom page-table hypercalls act on and for: `foreigndom` arguments and vCPU bitmaps. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <asm/current.h>
#include <asm/mm.h>
#include "mm_private.h"

/* Returns d with a reference (none for the caller itself and pseudo domains). */
static struct domain *get_pg_owner(domid_t id, int *err)
{
	struct domain *d = current->domain;

	*err = 0;
	if (likely(id == DOMID_SELF || id == d->domain_id))
		return d;
	if (id == DOMID_IO)
		return dom_io; /* device memory: the right to each frame is checked */
	if (id == DOMID_XEN) {
		*err = d->is_privileged ? 0 : -EPERM;
		return d->is_privileged ? dom_xen : NULL;
	}
	return domain_get_for_caller(id, err);
}

static void put_owner(struct domain *d)
{
	if (d && d != current->domain && d != dom_io && d != dom_xen)
		domain_put(d);
}

int foreign_get_other(struct foreign *f, unsigned int foreigndom)
{
	unsigned int pt = foreigndom >> 16;
	int err = 0;

	f->pt_owner = current->domain;
	f->pg_owner = get_pg_owner((domid_t)foreigndom, &err);
	if (!f->pg_owner)
		return trace_err(err);
	if (unlikely(pt && (domid_t)(pt - 1) != current->domain->domain_id)) {
		/* By its id only: the caller itself has no reference to drop. */
		f->pt_owner = NULL;
		err = -ESRCH;
		if ((domid_t)(pt - 1) != DOMID_SELF)
			f->pt_owner = domain_get_for_caller((domid_t)(pt - 1), &err);
		if (!f->pt_owner || !f->pt_owner->arch.is_pv) {
			put_owner(f->pt_owner);
			put_owner(f->pg_owner);
			return trace_err(err ? err : -EINVAL);
		}
	}
	return 0;
}

void foreign_put_other(struct foreign *f)
{
	put_owner(f->pg_owner);
	put_owner(f->pt_owner);
}

int vcpumask_to_cpumask(struct domain *d, uint64_t bitmap, cpumask_t *out)
{
	cpumask_zero(out);
	for (unsigned int base = 0; base < d->max_vcpus; base += 64) {
		uint64_t word = 0;
		unsigned int bytes = min((d->max_vcpus - base + 7) / 8, 8u);

		if (raw_copy_from_guest(&word, bitmap + base / 8, bytes))
			return trace_err(-EFAULT);
		for (; word; word &= word - 1) {
			unsigned int id = base + (unsigned int)__builtin_ctzll(word);

			if (id < d->max_vcpus && d->vcpu[id])
				cpumask_set(out, READ_ONCE(d->vcpu[id]->processor));
		}
	}
	*out = cpumask_and(out, &d->arch.dirty_cpumask);
	return 0;
}
