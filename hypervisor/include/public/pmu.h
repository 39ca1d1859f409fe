/* SPDX-License-Identifier: MIT */
/*
 * xenpmu_op(unsigned int cmd, struct xen_pmu_params *): hardware performance counters for guests.
 * Modes and features are the control domain's to set; the rest is for each vCPU, which gives a
 * page (xen_pmu_data) and is told of samples by VIRQ_XENPMU.
 */
#ifndef __XEN_PUBLIC_PMU_H__
#define __XEN_PUBLIC_PMU_H__

#include "xen.h"
#include "arch-x86/pmu.h"

#define XENPMU_VER_MAJ	0
#define XENPMU_VER_MIN	1

#define XENPMU_mode_get		0	/* also tells the version */
#define XENPMU_mode_set		1
#define XENPMU_feature_get	2
#define XENPMU_feature_set	3
#define XENPMU_init		4	/* val: GFN of the vCPU's page */
#define XENPMU_finish		5
#define XENPMU_lvtpc_set	6	/* from the page */
#define XENPMU_flush		7	/* loads the page's context, clears PMU_CACHED */

struct xen_pmu_params {
	struct {
		uint32_t maj;
		uint32_t min;
	} version;			/* [out] of mode_get */
	uint64_t val;			/* [in] of set and init, [out] of get */
	uint32_t vcpu;			/* [in] of init and finish */
	uint32_t pad;
};
typedef struct xen_pmu_params xen_pmu_params_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_params_t);

/* Who may profile whom. */
#define XENPMU_MODE_OFF		0
#define XENPMU_MODE_SELF	(1 << 0)	/* each guest itself */
#define XENPMU_MODE_HV		(1 << 1)	/* and the control domain the hypervisor */
#define XENPMU_MODE_ALL		(1 << 2)	/* only the control domain, everything */

/* Intel only. */
#define XENPMU_FEATURE_INTEL_BTS	(1 << 0)	/* branch trace store */
#define XENPMU_FEATURE_IPC_ONLY		(1 << 1)	/* instructions and cycles, no more */
#define XENPMU_FEATURE_ARCH_ONLY	(1 << 2)	/* architectural events, no more */

/* The shared page. An unprivileged guest sees only itself: pcpu_id = vcpu_id, DOMID_SELF. */
struct xen_pmu_data {
	uint32_t vcpu_id;		/* who was interrupted */
	uint32_t pcpu_id;
	domid_t domain_id;		/* DOMID_SELF, DOMID_XEN, or with MODE_ALL any */
	uint8_t pad[6];
	xen_pmu_arch_t pmu;
};

#endif /* __XEN_PUBLIC_PMU_H__ */
