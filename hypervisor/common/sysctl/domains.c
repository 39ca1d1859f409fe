/* SPDX-License-Identifier: MIT */
/* sysctl: the list of domains. */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <public/sysctl.h>
#include "handlers.h"

int sysctl_getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	uint32_t n = 0;
	domid_t next = l->first_domain;
	struct domain *d;

	while (n < l->max_domains && (d = domain_get_next(next)) != NULL) {
		next = (domid_t)(d->domain_id + 1);
		domain_describe(d, &info);
		domain_put(d);
		if (copy_to_guest_at(guest_handle_addr(l->buffer), n, &info))
			return trace_err(-EFAULT);
		n++;
	}
	l->num_domains = n;
	return 0;
}
