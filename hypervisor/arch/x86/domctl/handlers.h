/* SPDX-License-Identifier: MIT */
/* The handlers of arch/x86/domctl; see hv/domctl.h. */
#ifndef ARCH_DOMCTL_HANDLERS_H
#define ARCH_DOMCTL_HANDLERS_H

#include <hv/domctl.h>

/* context.c */
int domctl_set_context(struct domain *d, struct xen_domctl *op);
int domctl_get_context(struct domain *d, struct xen_domctl *op);
int domctl_set_ext_context(struct domain *d, struct xen_domctl *op);
int domctl_get_ext_context(struct domain *d, struct xen_domctl *op);
int domctl_set_xstate(struct domain *d, struct xen_domctl *op);
int domctl_get_xstate(struct domain *d, struct xen_domctl *op);
int domctl_set_msrs(struct domain *d, struct xen_domctl *op);
int domctl_get_msrs(struct domain *d, struct xen_domctl *op);
/* pages.c */
int domctl_page_types(struct domain *d, struct xen_domctl *op);
/* policy.c */
int domctl_set_policy(struct domain *d, struct xen_domctl *op);
int domctl_get_policy(struct domain *d, struct xen_domctl *op);

#endif
