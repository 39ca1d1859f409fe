/* SPDX-License-Identifier: MIT */
/* Memory maps guests and tools ask for: a domain's own, the machine's, and the machine-to-phys
 * table. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/string.h>
#include <asm/current.h>
#include <asm/e820.h>
#include <asm/mm.h>
#include "memory.h"

/* A copy of the domain's map, so that no lock is held while the guest's memory is written. */
static struct e820entry *copy_map(struct domain *d, unsigned int *nr)
{
	struct e820entry *map = xzalloc_array(struct e820entry, E820_MAX);

	if (!map)
		return NULL;
	spin_lock(&d->page_lock);
	*nr = d->arch.e820 ? min(d->arch.nr_e820, (unsigned int)E820_MAX) : 0;
	if (*nr)
		memcpy(map, d->arch.e820, *nr * sizeof(*map));
	spin_unlock(&d->page_lock);
	return map;
}

long memory_get_map(unsigned long cmd, guest_ptr_t arg)
{
	struct domain *d = current->domain;
	struct xen_memory_map u;
	struct e820entry *map;
	unsigned int nr;
	long rc = 0;

	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	map = copy_map(d, &nr);
	if (!map)
		return trace_err(-ENOMEM);
	if (!nr)
		rc = -ENOSYS; /* nobody has set one: the guest makes its own */
	u.nr_entries = min(u.nr_entries, nr);
	if (!rc &&
	    (raw_copy_to_guest(guest_handle_addr(u.buffer), map, u.nr_entries * sizeof(*map)) ||
	     copy_struct_to_guest(arg, &u)))
		rc = -EFAULT;
	xfree(map);
	return rc;
}

long memory_get_machine_map(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_memory_map u;

	if (!current->domain->is_privileged)
		return trace_err(-EPERM);
	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	if (guest_handle_addr(u.buffer)) {
		u.nr_entries = min(u.nr_entries, nr_hv_e820);
		if (raw_copy_to_guest(guest_handle_addr(u.buffer), hv_e820,
				      u.nr_entries * sizeof(hv_e820[0])))
			return trace_err(-EFAULT);
	} else {
		u.nr_entries = nr_hv_e820;
	}
	return copy_struct_to_guest(arg, &u) ? trace_err(-EFAULT) : 0;
}

static int replace_map(struct domain *d, const struct xen_memory_map *m)
{
	struct e820entry *map, *old;

	if (m->nr_entries > E820_MAX)
		return trace_err(-E2BIG);
	map = xzalloc_array(struct e820entry, m->nr_entries);
	if (!map)
		return trace_err(-ENOMEM);
	if (raw_copy_from_guest(map, guest_handle_addr(m->buffer), m->nr_entries * sizeof(*map))) {
		xfree(map);
		return trace_err(-EFAULT);
	}
	spin_lock(&d->page_lock);
	old = d->arch.e820;
	d->arch.e820 = map;
	d->arch.nr_e820 = m->nr_entries;
	spin_unlock(&d->page_lock);
	xfree(old);
	return 0;
}

long memory_set_map(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_foreign_memory_map u;
	struct domain *d;
	int err;

	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	d = domain_get_for_caller(u.domid, &err);
	if (!d)
		return trace_err(err);
	err = current->domain->is_privileged ? replace_map(d, &u.map) : -EPERM;
	domain_put(d);
	return err;
}

/* A hole repeats the piece before it: the list is there to be mapped, and a hole is never looked
 * at. */
long memory_machphys_list(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_machphys_mfn_list u;
	uint64_t mfn, last = 0;
	unsigned int i;

	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	for (i = 0; i < u.max_extents && m2p_extent(i, &mfn); i++) {
		xen_pfn_t out = mfn ? mfn : last;

		last = out;
		if (copy_to_guest_at(guest_handle_addr(u.extent_start), i, &out))
			return trace_err(-EFAULT);
	}
	u.nr_extents = i;
	return copy_struct_to_guest(arg, &u) ? trace_err(-EFAULT) : 0;
}

long memory_machphys_mapping(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_machphys_mapping u = {
		.v_start = RO_MPT_VIRT_START,
		.v_end = RO_MPT_VIRT_END,
		.max_mfn = (RO_MPT_VIRT_END - RO_MPT_VIRT_START) / 8 - 1,
	};

	return copy_struct_to_guest(arg, &u) ? trace_err(-EFAULT) : 0;
}
