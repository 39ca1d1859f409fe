/* SPDX-License-Identifier: MIT */
/* What sysctl and domctl share: describing a domain, bitmaps of CPUs in the ABI's form. */
#ifndef HV_CONTROL_H
#define HV_CONTROL_H

#include <hv/cpumask.h>
#include <hv/domain.h>

struct xen_domctl_getdomaininfo;
struct xenctl_bitmap;

/* Fills in everything known of d. */
void domain_describe(struct domain *d, struct xen_domctl_getdomaininfo *info);
/* 0 or -EFAULT. Bits past nr_bits are not written; bits past NR_CPUS are zero. */
int cpumask_to_bitmap(const struct xenctl_bitmap *to, const cpumask_t *from);
int cpumask_from_bitmap(cpumask_t *to, const struct xenctl_bitmap *from);
/* NULL or the vCPU. */
struct vcpu *domain_vcpu(const struct domain *d, unsigned int id);

/* x86: what CPUID says of the package's shape, and the feature words of XEN_SYSCTL_physinfo. */
void arch_describe_cpus(uint32_t *threads_per_core, uint32_t *cores_per_socket, uint32_t hw_cap[8]);
/* x86's sysctls, arch/x86/domctl/policy.c */
struct xen_sysctl;
int sysctl_get_cpu_policy(struct xen_sysctl *op);
int sysctl_get_cpu_featureset(struct xen_sysctl *op);

#endif
