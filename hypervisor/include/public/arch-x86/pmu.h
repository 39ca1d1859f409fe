/* SPDX-License-Identifier: MIT */
/*
 * The x86 part of the page that a vCPU and the hypervisor share for the virtual PMU (pmu.h).
 *
 * The hypervisor fills it on a counter interrupt and sets PMU_CACHED; while that is set the guest
 * may change counter registers and the LVT entry, which XENPMU_flush checks and loads.
 */
#ifndef __XEN_PUBLIC_ARCH_X86_PMU_H__
#define __XEN_PUBLIC_ARCH_X86_PMU_H__

#include "../xen.h"

/* AMD. counters and ctrls are byte offsets, from this structure, of arrays in regs; read only. */
struct xen_pmu_amd_ctxt {
	uint32_t counters;
	uint32_t ctrls;
	uint64_t regs[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_pmu_amd_ctxt xen_pmu_amd_ctxt_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_amd_ctxt_t);

/* Intel. fixed_counters (values) and arch_counters (pairs) are offsets likewise. */
struct xen_pmu_cntr_pair {
	uint64_t counter;
	uint64_t control;
};
typedef struct xen_pmu_cntr_pair xen_pmu_cntr_pair_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_cntr_pair_t);

struct xen_pmu_intel_ctxt {
	uint32_t fixed_counters;
	uint32_t arch_counters;
	uint64_t global_ctrl;
	uint64_t global_ovf_ctrl;
	uint64_t global_status;
	uint64_t fixed_ctrl;
	uint64_t ds_area;
	uint64_t pebs_enable;
	uint64_t debugctl;
	uint64_t regs[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_pmu_intel_ctxt xen_pmu_intel_ctxt_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_intel_ctxt_t);

/* Where the sample was taken. */
struct xen_pmu_regs {
	uint64_t ip;
	uint64_t sp;
	uint64_t flags;
	uint16_t cs;
	uint16_t ss;
	uint8_t cpl;
	uint8_t pad[3];
};
typedef struct xen_pmu_regs xen_pmu_regs_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_regs_t);

#define PMU_CACHED	(1 << 0)	/* the context here is the true one */
#define PMU_SAMPLE_USER	(1 << 1)	/* was in user mode */
#define PMU_SAMPLE_REAL	(1 << 2)	/* was in real mode */
#define PMU_SAMPLE_PV	(1 << 3)	/* was a PV guest */

struct xen_pmu_arch {
	union {
		xen_pmu_regs_t regs;
#define XENPMU_REGS_PAD_SZ 64
		uint8_t pad[XENPMU_REGS_PAD_SZ];
	} r;				/* the hypervisor's */
	uint64_t pmu_flags;		/* the hypervisor's: PMU_* */
	union {
		uint32_t lapic_lvtpc;	/* only its mask bit goes to hardware */
		uint64_t pad;
	} l;
	union {
		xen_pmu_amd_ctxt_t amd;
		xen_pmu_intel_ctxt_t intel;
#define XENPMU_CTXT_PAD_SZ 128
		uint8_t pad[XENPMU_CTXT_PAD_SZ];
	} c;				/* without the arrays, which follow */
};
typedef struct xen_pmu_arch xen_pmu_arch_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_arch_t);

#endif /* __XEN_PUBLIC_ARCH_X86_PMU_H__ */
