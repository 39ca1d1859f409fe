/* SPDX-License-Identifier: MIT */
/*
 * domctl's sub-operations as tables of handlers: the common ones in common/domctl, the machine's own in
 * arch/x86/domctl.
 *
 * A handler gets a referenced domain with its domctl_lock held and a private copy of the caller's
 * structure. It returns 0, -errno, or -ERESTART: the whole call is made again, with the structure as the
 * handler left it, after other work has been done.
 */
#ifndef HV_DOMCTL_H
#define HV_DOMCTL_H

#include <hv/domain.h>

struct xen_domctl;
struct xen_arch_domainconfig;

struct domctl_op {
	int (*fn)(struct domain *d, struct xen_domctl *op);
	bool copy_back; /* the structure carries results */
};

/* NULL: the architecture has no such operation. */
const struct domctl_op *arch_domctl_find(uint32_t cmd);
/* createdomain's machine part, `flags`: XEN_DOMCTL_CDF_*. 0, -EINVAL, -EOPNOTSUPP. */
int arch_check_domain_config(uint32_t flags, const struct xen_arch_domainconfig *c);

/* What createdomain was told of it. */
void arch_describe_domain(const struct domain *d, struct xen_arch_domainconfig *c);

#endif
