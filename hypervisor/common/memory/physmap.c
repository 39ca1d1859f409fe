/* SPDX-License-Identifier: MIT */
/* memory_op on the physical maps of translated guests: add_to_physmap, batches and ranges of it, removal. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include "memory.h"

long memory_add_to_physmap(unsigned long cmd, guest_ptr_t arg)
{
	unsigned long start = cmd >> MEMOP_EXTENT_SHIFT, i = start;
	struct xen_add_to_physmap u;
	unsigned int space;
	unsigned long nr;
	struct domain *d;
	int rc = 0, err;

	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	if (u.space == XENMAPSPACE_gmfn_foreign)
		return trace_err(-EINVAL); /* does not say whose: in batches only */
	d = domain_get_for_caller(u.domid, &err);
	if (!d)
		return trace_err(err);
	nr = u.space == XENMAPSPACE_gmfn_range ? u.size : 1;
	space = u.space == XENMAPSPACE_gmfn_range ? XENMAPSPACE_gmfn : u.space;
	for (; i < nr; i++) {
		rc = i != start && hypercall_preempt_check() ?
			     -ERESTART :
			     arch_add_to_physmap(d, space, u.idx + i, _gfn(u.gpfn + i));
		if (rc)
			break;
	}
	domain_put(d);
	return rc == -ERESTART ? memory_continue(cmd, i, arg) : rc;
}

static int add_one(struct domain *d, const struct xen_add_to_physmap_batch *u, unsigned long i)
{
	xen_ulong_t idx;
	xen_pfn_t gfn;
	int err;

	if (copy_from_guest_at(&idx, guest_handle_addr(u->idxs), i) ||
	    copy_from_guest_at(&gfn, guest_handle_addr(u->gpfns), i))
		return trace_err(-EFAULT);
	err = arch_add_to_physmap(d, u->space, idx, _gfn(gfn));
	if (err == -ERESTART)
		return err;
	return copy_to_guest_at(guest_handle_addr(u->errs), i, &err) ? trace_err(-EFAULT) : 0;
}

long memory_add_batch(unsigned long cmd, guest_ptr_t arg)
{
	unsigned long start = cmd >> MEMOP_EXTENT_SHIFT, i = start;
	struct xen_add_to_physmap_batch u;
	struct domain *d;
	int rc = 0, err;

	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	if (u.space == XENMAPSPACE_gmfn_foreign)
		return trace_err(-EOPNOTSUPP); /* for translated control domains, which there are none */
	if (u.space == XENMAPSPACE_gmfn_range || u.u.res0)
		return trace_err(-EINVAL);
	d = domain_get_for_caller(u.domid, &err);
	if (!d)
		return trace_err(err);
	for (; i < u.size; i++) {
		rc = i != start && hypercall_preempt_check() ? -ERESTART : add_one(d, &u, i);
		if (rc)
			break;
	}
	domain_put(d);
	return rc == -ERESTART ? memory_continue(cmd, i, arg) : rc;
}

long memory_remove_from_physmap(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_remove_from_physmap u;
	struct domain *d;
	int rc;

	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	d = domain_get_for_caller(u.domid, &rc);
	if (!d)
		return trace_err(rc);
	rc = arch_remove_from_physmap(d, _gfn(u.gpfn));
	domain_put(d);
	return rc;
}
