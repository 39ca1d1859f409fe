/* SPDX-License-Identifier: MIT */
/* The domctl handlers: d is referenced and its domctl_lock held. 0 or -errno. */
#ifndef DOMCTL_HANDLERS_H
#define DOMCTL_HANDLERS_H

#include <hv/domctl.h>

/* life.c */
int domctl_create(struct xen_domctl *op);
int domctl_destroy(struct domain *d, struct xen_domctl *op);
int domctl_resume(struct domain *d, struct xen_domctl *op);
int domctl_max_vcpus(struct domain *d, struct xen_domctl *op);
/* state.c */
int domctl_pause(struct domain *d, struct xen_domctl *op);
int domctl_unpause(struct domain *d, struct xen_domctl *op);
int domctl_get_info(struct domain *d, struct xen_domctl *op);
int domctl_max_mem(struct domain *d, struct xen_domctl *op);
int domctl_set_handle(struct domain *d, struct xen_domctl *op);
int domctl_set_time_offset(struct domain *d, struct xen_domctl *op);
int domctl_send_trigger(struct domain *d, struct xen_domctl *op);
/* sched.c */
int domctl_get_vcpu_info(struct domain *d, struct xen_domctl *op);
int domctl_get_affinity(struct domain *d, struct xen_domctl *op);
int domctl_set_affinity(struct domain *d, struct xen_domctl *op);
int domctl_scheduler(struct domain *d, struct xen_domctl *op);
int domctl_get_node_affinity(struct domain *d, struct xen_domctl *op);
int domctl_set_node_affinity(struct domain *d, struct xen_domctl *op);
/* usage.c */
int domctl_usage(struct domain *d, struct xen_domctl *op);
/* rights.c */
int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op);
int domctl_irq_permission(struct domain *d, struct xen_domctl *op);
int domctl_iomem_permission(struct domain *d, struct xen_domctl *op);
int domctl_ioport_permission(struct domain *d, struct xen_domctl *op);

#endif
