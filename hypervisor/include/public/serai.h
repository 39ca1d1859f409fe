/* SPDX-License-Identifier: MIT */
/*
 * What only Serai has. A hypervisor without it answers -ENOSYS.
 */
#ifndef __XEN_PUBLIC_SERAI_H__
#define __XEN_PUBLIC_SERAI_H__

#include "domctl.h"

/*
 * How a vCPU spent its time, and how often a domain made each hypercall: a domctl whose structure lies
 * in u.pad. -ESRCH: there is no such vCPU.
 */
#define XEN_DOMCTL_serai_usage		0x53455201
#define XEN_SERAI_NO_VCPU		(~0U)

struct xen_domctl_serai_usage {
	uint32_t vcpu;			/* [in] whose time; XEN_SERAI_NO_VCPU: nobody's */
	uint32_t nr_calls;		/* [in] room in calls; [out] numbers there are */
	uint64_aligned_t time[4];	/* [out] ns in each RUNSTATE_* of vcpu.h, to now */
	XEN_GUEST_HANDLE_64(uint64) calls; /* [out] by hypercall number, of all vCPUs together; or NULL */
};
typedef struct xen_domctl_serai_usage xen_domctl_serai_usage_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_serai_usage_t);

#endif
