/* SPDX-License-Identifier: MIT */
/*
 * domctl: control of one domain. One table: number -> handler. Copy-in, version check, finding and locking
 * the domain, and copy-out happen here, once; a handler sees a private copy and the locked domain.
 */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <public/domctl.h>
#include <public/serai.h>
#include "handlers.h"

static const struct domctl_op table[] = {
	[XEN_DOMCTL_destroydomain] = { domctl_destroy, false },
	[XEN_DOMCTL_resumedomain] = { domctl_resume, false },
	[XEN_DOMCTL_max_vcpus] = { domctl_max_vcpus, false },
	[XEN_DOMCTL_pausedomain] = { domctl_pause, false },
	[XEN_DOMCTL_unpausedomain] = { domctl_unpause, false },
	[XEN_DOMCTL_getdomaininfo] = { domctl_get_info, true },
	[XEN_DOMCTL_getvcpuinfo] = { domctl_get_vcpu_info, true },
	[XEN_DOMCTL_getvcpuaffinity] = { domctl_get_affinity, true },
	[XEN_DOMCTL_setvcpuaffinity] = { domctl_set_affinity, true },
	[XEN_DOMCTL_scheduler_op] = { domctl_scheduler, true },
	[XEN_DOMCTL_max_mem] = { domctl_max_mem, false },
	[XEN_DOMCTL_setdomainhandle] = { domctl_set_handle, false },
	[XEN_DOMCTL_settimeoffset] = { domctl_set_time_offset, false },
	[XEN_DOMCTL_getnodeaffinity] = { domctl_get_node_affinity, true },
	[XEN_DOMCTL_setnodeaffinity] = { domctl_set_node_affinity, false },
	[XEN_DOMCTL_set_virq_handler] = { domctl_set_virq_handler, false },
	[XEN_DOMCTL_irq_permission] = { domctl_irq_permission, false },
	[XEN_DOMCTL_iomem_permission] = { domctl_iomem_permission, false },
	[XEN_DOMCTL_ioport_permission] = { domctl_ioport_permission, false },
	[XEN_DOMCTL_sendtrigger] = { domctl_send_trigger, false },
};

static const struct domctl_op usage = { domctl_usage, true };

/* getdomaininfo answers for the first domain at or after the id, unless the id is a special one. */
static struct domain *find(const struct xen_domctl *op)
{
	if (op->cmd == XEN_DOMCTL_getdomaininfo && op->domain < DOMID_FIRST_RESERVED) {
		struct domain *d = domain_get_next(op->domain);

		return d;
	}
	return domain_get_by_id(op->domain);
}

static const struct domctl_op *find_op(uint32_t cmd)
{
	if (cmd == XEN_DOMCTL_serai_usage)
		return &usage;
	return cmd < ARRAY_SIZE(table) && table[cmd].fn ? &table[cmd] : arch_domctl_find(cmd);
}

static int on_domain(const struct domctl_op *what, struct xen_domctl *op)
{
	struct domain *d = find(op);
	int rc;

	if (!d)
		return -ESRCH;
	/* It may be held for long, by an operation that goes on while nothing else waits for its CPU. Whoever wants it meanwhile
	 * tries again, and is not in the way of what waits for this one. */
	if (!spin_trylock(&d->domctl_lock)) {
		domain_put(d);
		return -ERESTART;
	}
	rc = what->fn(d, op);
	spin_unlock(&d->domctl_lock);
	domain_put(d);
	return rc;
}

long do_domctl(unsigned long arg)
{
	const struct domctl_op *what;
	struct xen_domctl op;
	bool copy_back = true;
	int rc;

	if (copy_struct_from_guest(&op, arg))
		return trace_err(-EFAULT);
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return trace_err(-EACCES);
	if (op.cmd == XEN_DOMCTL_createdomain) {
		rc = domctl_create(&op);
	} else {
		what = find_op(op.cmd);
		if (!what)
			return trace_err(-ENOSYS);
		rc = on_domain(what, &op);
		copy_back = what->copy_back;
	}
	if (rc == -ERESTART)
		return hypercall_create_continuation(__HYPERVISOR_domctl, 1, arg);
	/* Operations that carry results say in them what they objected to. */
	if (copy_back && rc != -EFAULT && copy_struct_to_guest(arg, &op))
		rc = trace_err(-EFAULT);
	return rc;
}
