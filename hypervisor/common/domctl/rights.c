/* SPDX-License-Identifier: MIT */
/* domctl: which hardware a domain may use. Nobody can give away what the control domain has not. */
#include <hv/control.h>
#include <hv/rangeset.h>
#include <asm/current.h>
#include <public/domctl.h>
#include "handlers.h"

static int change(struct rangeset *set, struct rangeset *givers, uint64_t first, uint64_t nr, bool allow)
{
	uint64_t last = first + nr - 1;

	if (!nr || last < first)
		return trace_err(-EINVAL);
	if (!allow)
		return rangeset_remove(set, first, last);
	if (!rangeset_contains(givers, first, last))
		return trace_err(-EPERM);
	return rangeset_add(set, first, last);
}

int domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
	return change(d->irq_caps, current->domain->irq_caps, op->u.irq_permission.pirq, 1,
		      op->u.irq_permission.allow_access);
}

int domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
	return change(d->iomem_caps, current->domain->iomem_caps, op->u.iomem_permission.first_mfn,
		      op->u.iomem_permission.nr_mfns, op->u.iomem_permission.allow_access);
}

int domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
	uint64_t first = op->u.ioport_permission.first_port, nr = op->u.ioport_permission.nr_ports;

	if (first + nr > 65536)
		return trace_err(-EINVAL);
	return change(d->ioport_caps, current->domain->ioport_caps, first, nr,
		      op->u.ioport_permission.allow_access);
}

int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	return set_global_virq_handler(d, op->u.set_virq_handler.virq);
}
