/* SPDX-License-Identifier: MIT */
/*
 * memory_op: dispatch, and the operations that only report.
 *
 * Long operations do a bounded number of extents, then ask to be called again with a cursor in the
 * upper bits of cmd.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/nospec.h>
#include "memory.h"

static long max_ram_page(unsigned long cmd, guest_ptr_t arg)
{
	return (long)max_page - 1;
}

static uint64_t max_gpfn(const struct domain *d)
{
	uint64_t n;

	if (!d->arch.is_pv)
		return arch_max_gfn(d);
	n = d->shared_info ? READ_ONCE(d->shared_info->arch.max_pfn) : 0;
	return n ? n - 1 : 0;
}

static long domain_number(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_memory_domain m;
	struct domain *d;
	long n;
	int err;

	if (copy_struct_from_guest(&m, arg))
		return trace_err(-EFAULT);
	d = domain_get_for_caller(m.domid, &err);
	if (!d)
		return trace_err(err);
	if ((cmd & MEMOP_CMD_MASK) == XENMEM_current_reservation)
		n = d->tot_pages;
	else if ((cmd & MEMOP_CMD_MASK) == XENMEM_maximum_reservation)
		n = d->max_pages;
	else
		n = (long)max_gpfn(d);
	domain_put(d);
	return n;
}

/* Nothing is populated on demand: a target is always met. */
static long pod_target(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_pod_target t;
	struct domain *d;
	int err;

	if (copy_struct_from_guest(&t, arg))
		return trace_err(-EFAULT);
	if (!current->domain->is_privileged)
		return trace_err(-EPERM);
	d = domain_get_for_caller(t.domid, &err);
	if (!d)
		return trace_err(err);
	t.tot_pages = d->tot_pages;
	t.pod_cache_pages = 0;
	t.pod_entries = 0;
	domain_put(d);
	return copy_struct_to_guest(arg, &t) ? trace_err(-EFAULT) : 0;
}

static long no_sharing(unsigned long cmd, guest_ptr_t arg)
{
	return 0;
}

static long no_vnuma(unsigned long cmd, guest_ptr_t arg)
{
	return trace_err(-EOPNOTSUPP);
}

/* No IOMMU is driven, so no device has reserved ranges. */
static long no_reserved_ranges(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_reserved_device_memory_map m;

	if (copy_struct_from_guest(&m, arg))
		return trace_err(-EFAULT);
	if (m.flags & ~(uint32_t)XENMEM_RDM_ALL)
		return trace_err(-EINVAL);
	m.nr_entries = 0;
	return copy_struct_to_guest(arg, &m) ? trace_err(-EFAULT) : 0;
}

static memory_fn *const memory_ops[] = {
	[XENMEM_increase_reservation] = memory_reservation,
	[XENMEM_decrease_reservation] = memory_reservation,
	[XENMEM_populate_physmap] = memory_reservation,
	[XENMEM_claim_pages] = memory_claim,
	[XENMEM_exchange] = memory_exchange,
	[XENMEM_maximum_ram_page] = max_ram_page,
	[XENMEM_current_reservation] = domain_number,
	[XENMEM_maximum_reservation] = domain_number,
	[XENMEM_maximum_gpfn] = domain_number,
	[XENMEM_machphys_mfn_list] = memory_machphys_list,
	[XENMEM_machphys_mapping] = memory_machphys_mapping,
	[XENMEM_memory_map] = memory_get_map,
	[XENMEM_machine_memory_map] = memory_get_machine_map,
	[XENMEM_set_memory_map] = memory_set_map,
	[XENMEM_set_pod_target] = pod_target,
	[XENMEM_get_pod_target] = pod_target,
	[XENMEM_get_sharing_freed_pages] = no_sharing,
	[XENMEM_get_sharing_shared_pages] = no_sharing,
	[XENMEM_get_vnumainfo] = no_vnuma,
	[XENMEM_add_to_physmap] = memory_add_to_physmap,
	[XENMEM_add_to_physmap_batch] = memory_add_batch,
	[XENMEM_remove_from_physmap] = memory_remove_from_physmap,
	[XENMEM_reserved_device_memory_map] = no_reserved_ranges,
	[XENMEM_acquire_resource] = memory_acquire_resource,
};

long do_memory_op(unsigned long cmd, unsigned long arg)
{
	unsigned long op = cmd & MEMOP_CMD_MASK;

	if (op >= ARRAY_SIZE(memory_ops))
		return trace_err(-ENOSYS);
	block_speculation();
	if (!memory_ops[op])
		return trace_err(-ENOSYS);
	return memory_ops[op](cmd, arg);
}
