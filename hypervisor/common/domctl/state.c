/* SPDX-License-Identifier: MIT */
/* domctl: running, identity, memory limit, clock. */
#include <hv/control.h>
#include <hv/string.h>
#include <asm/pv.h>
#include <public/domctl.h>
#include "handlers.h"

int domctl_pause(struct domain *d, struct xen_domctl *op)
{
	return d == current->domain ? trace_err(-EINVAL) : domain_controller_pause(d);
}

int domctl_unpause(struct domain *d, struct xen_domctl *op)
{
	d->has_run = true;
	return domain_controller_unpause(d);
}

int domctl_get_info(struct domain *d, struct xen_domctl *op)
{
	domain_describe(d, &op->u.getdomaininfo);
	op->domain = d->domain_id;
	return 0;
}

int domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
	uint64_t pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

	/* Below what it has now is allowed: it may not grow, and balloons down to it. */
	d->max_pages = (unsigned int)min(pages, (uint64_t)~0u);
	return 0;
}

int domctl_set_handle(struct domain *d, struct xen_domctl *op)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

int domctl_set_time_offset(struct domain *d, struct xen_domctl *op)
{
	d->time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
	update_domain_wallclock_time(d);
	return 0;
}

int domctl_send_trigger(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

	if (!v)
		return trace_err(-ESRCH);
	switch (op->u.sendtrigger.trigger) {
	case XEN_DOMCTL_SENDTRIGGER_NMI:
		arch_vcpu_nmi(v);
		return 0;
	case XEN_DOMCTL_SENDTRIGGER_POWER:
	case XEN_DOMCTL_SENDTRIGGER_SLEEP:
		return arch_domain_button(d, op->u.sendtrigger.trigger == XEN_DOMCTL_SENDTRIGGER_SLEEP);
	}
	return trace_err(-ENOSYS);
}
