/* SPDX-License-Identifier: MIT */
/*
 * libxenctrl: schedulers and CPU pools. Include <xenctrl.h>.
 */
#ifndef XENCTRL_SCHED_H
#define XENCTRL_SCHED_H

/* The default scheduler, XEN_SCHEDULER_*. */
int xc_sched_id(xc_interface *xch, int *sched_id);

/*
 * A domain's parameters, and those of a pool's scheduler. Set returns in the structure what the
 * hypervisor made of it. EINVAL: the pool's scheduler is another, or a value is out of bounds.
 */
int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
			       struct xen_domctl_sched_credit *sdom);
int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
			       struct xen_domctl_sched_credit *sdom);
int xc_sched_credit_params_set(xc_interface *xch, uint32_t cpupool_id,
			       struct xen_sysctl_credit_schedule *schedule);
int xc_sched_credit_params_get(xc_interface *xch, uint32_t cpupool_id,
			       struct xen_sysctl_credit_schedule *schedule);
int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
				struct xen_domctl_sched_credit2 *sdom);
int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
				struct xen_domctl_sched_credit2 *sdom);
int xc_sched_credit2_params_set(xc_interface *xch, uint32_t cpupool_id,
				struct xen_sysctl_credit2_schedule *schedule);
int xc_sched_credit2_params_get(xc_interface *xch, uint32_t cpupool_id,
				struct xen_sysctl_credit2_schedule *schedule);
int xc_sched_rtds_domain_set(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_rtds *sdom);
int xc_sched_rtds_domain_get(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_rtds *sdom);
/* Per vCPU: each element's vcpuid says of which. */
int xc_sched_rtds_vcpu_set(xc_interface *xch, uint32_t domid,
			   struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus);
int xc_sched_rtds_vcpu_get(xc_interface *xch, uint32_t domid,
			   struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus);

/* Sets of CPUs with a scheduler of their own; errors in <xen/sysctl.h> under cpupool_op. */
typedef struct xc_cpupoolinfo {
	uint32_t cpupool_id;
	uint32_t sched_id;
	uint32_t n_dom;
	xc_cpumap_t cpumap;
} xc_cpupoolinfo_t;
#define XC_CPUPOOL_POOLID_ANY 0xFFFFFFFF

/* *ppoolid: the number wanted or XC_CPUPOOL_POOLID_ANY; [out] its number. */
int xc_cpupool_create(xc_interface *xch, uint32_t *ppoolid, uint32_t sched_id);
int xc_cpupool_destroy(xc_interface *xch, uint32_t poolid);
/* The first pool with a number from poolid up; NULL with ENOENT if there is none. */
xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid);
void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info);
/* cpu below 0: any. */
int xc_cpupool_addcpu(xc_interface *xch, uint32_t poolid, int cpu);
/* Tries for a few seconds while the CPU is busy. */
int xc_cpupool_removecpu(xc_interface *xch, uint32_t poolid, int cpu);
int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid, uint32_t domid);
/* CPUs in no pool; free() the map. */
xc_cpumap_t xc_cpupool_freeinfo(xc_interface *xch);

#endif
