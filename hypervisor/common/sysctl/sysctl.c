/* SPDX-License-Identifier: MIT */
/* sysctl: the machine as a whole. One table; copying and the version check happen here, once. */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <public/sysctl.h>
#include "handlers.h"

static const struct {
	int (*fn)(struct xen_sysctl *op);
	bool copy_back;
	bool restarts; /* it may answer -ERESTART, with where to go on in what it changed of the request */
} table[] = {
	[XEN_SYSCTL_readconsole] = { sysctl_readconsole, true },
	[XEN_SYSCTL_physinfo] = { sysctl_physinfo, true },
	[XEN_SYSCTL_sched_id] = { sysctl_sched_id, true },
	[XEN_SYSCTL_getdomaininfolist] = { sysctl_getdomaininfolist, true, true },
	[XEN_SYSCTL_debug_keys] = { sysctl_debug_keys, false },
	[XEN_SYSCTL_getcpuinfo] = { sysctl_getcpuinfo, true },
	[XEN_SYSCTL_availheap] = { sysctl_availheap, true },
	[XEN_SYSCTL_cputopoinfo] = { sysctl_cputopoinfo, true },
	[XEN_SYSCTL_numainfo] = { sysctl_numainfo, true },
	[XEN_SYSCTL_cpupool_op] = { sysctl_cpupool, true },
	[XEN_SYSCTL_scheduler_op] = { sysctl_scheduler, true },
	[XEN_SYSCTL_pcitopoinfo] = { sysctl_pcitopoinfo, true },
	[XEN_SYSCTL_get_cpu_levelling_caps] = { sysctl_get_levelling_caps, true },
	[XEN_SYSCTL_get_cpu_policy] = { sysctl_get_cpu_policy, true },
	[XEN_SYSCTL_get_cpu_featureset] = { sysctl_get_cpu_featureset, true },
};

long do_sysctl(unsigned long arg)
{
	struct xen_sysctl op;
	uint32_t cmd;
	long rc;

	if (copy_struct_from_guest(&op, arg))
		return trace_err(-EFAULT);
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return trace_err(-EACCES);
	cmd = op.cmd & SYSCTL_CMD;
	if (cmd >= ARRAY_SIZE(table) || !table[cmd].fn || (op.cmd != cmd && !table[cmd].restarts))
		return trace_err(-ENOSYS);
	rc = table[cmd].fn(&op);
	if (rc != -ERESTART)
		op.cmd = cmd;
	else if (!copy_struct_to_guest(arg, &op))
		return hypercall_create_continuation(__HYPERVISOR_sysctl, 1, arg);
	else
		rc = trace_err(-EFAULT);
	if (!rc && table[cmd].copy_back && copy_struct_to_guest(arg, &op))
		rc = trace_err(-EFAULT);
	return rc;
}
