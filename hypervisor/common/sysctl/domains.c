/* SPDX-License-Identifier: MIT */
/* sysctl: the list of domains. */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <public/sysctl.h>
#include "handlers.h"

/* Gives way between two domains. The cursor is the next id; how many there are so far is where the answer tells it. */
int sysctl_getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	domid_t next = (domid_t)(op->cmd >> SYSCTL_CURSOR_SHIFT);
	struct xen_domctl_getdomaininfo info;
	struct domain *d;

	if (!next) {
		next = l->first_domain;
		l->num_domains = 0;
	}
	while (l->num_domains < l->max_domains && (d = domain_get_next(next)) != NULL) {
		next = (domid_t)(d->domain_id + 1);
		domain_describe(d, &info);
		domain_put(d);
		if (copy_to_guest_at(guest_handle_addr(l->buffer), l->num_domains, &info))
			return trace_err(-EFAULT);
		l->num_domains++;
		if (hypercall_preempt_check()) {
			op->cmd = XEN_SYSCTL_getdomaininfolist | (uint32_t)next << SYSCTL_CURSOR_SHIFT;
			return -ERESTART;
		}
	}
	return 0;
}
