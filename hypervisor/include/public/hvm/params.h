/* SPDX-License-Identifier: MIT */
/*
 * Parameters of an HVM domain, for HVMOP_{set,get}_param: how it is told of events, where its rings
 * are, and what the toolstack has chosen for it.
 */
#ifndef __XEN_PUBLIC_HVM_PARAMS_H__
#define __XEN_PUBLIC_HVM_PARAMS_H__

#include "hvm_op.h"

/* No longer there; the numbers stay taken. */
#if defined(__XEN__) || defined(__XEN_TOOLS__)
#define HVM_PARAM_PAE_ENABLED			4
#define HVM_PARAM_DM_DOMAIN			13
#define HVM_PARAM_MEMORY_EVENT_CR0		20
#define HVM_PARAM_MEMORY_EVENT_CR3		21
#define HVM_PARAM_MEMORY_EVENT_CR4		22
#define HVM_PARAM_MEMORY_EVENT_INT3		23
#define HVM_PARAM_NESTEDHVM			24
#define HVM_PARAM_MEMORY_EVENT_SINGLE_STEP	25
#define HVM_PARAM_BUFIOREQ_EVTCHN		26
#define HVM_PARAM_MEMORY_EVENT_MSR		30
#endif

/*
 * How vCPU 0 learns of events: 0 for not at all, else one of the types in bits 63:56 and below it
 * for GSI its number (not 0), for PCI_INTX domain 47:32, bus 31:16, devfn 15:8 and pin 1:0, for
 * VECTOR a vector in 7:0, taken on each vCPU (if XENFEAT_hvm_callback_vector).
 */
#define HVM_PARAM_CALLBACK_IRQ			0
#define HVM_PARAM_CALLBACK_IRQ_TYPE_MASK	xen_mk_ullong(0xFF00000000000000)
#define HVM_PARAM_CALLBACK_TYPE_GSI		0
#define HVM_PARAM_CALLBACK_TYPE_PCI_INTX	1
#if defined(__i386__) || defined(__x86_64__)
#define HVM_PARAM_CALLBACK_TYPE_VECTOR		2
#endif

/* The xenstore ring: the toolstack tells the guest. */
#define HVM_PARAM_STORE_PFN	1
#define HVM_PARAM_STORE_EVTCHN	2

/* The default emulator's pages. */
#define HVM_PARAM_IOREQ_PFN	5
#define HVM_PARAM_BUFIOREQ_PFN	6

/*
 * Parts of Microsoft's hypervisor interface (its "Top Level Functional Specification") shown to the
 * guest; anything needs base_freq: the hypercall and VP index MSRs, those for APIC access and, unless
 * no_freq, the TSC's and APIC's frequency.
 */
#if defined(__i386__) || defined(__x86_64__)
#define HVM_PARAM_VIRIDIAN		9

#define _HVMPV_base_freq		0
#define HVMPV_base_freq			(1 << _HVMPV_base_freq)
#define _HVMPV_no_freq			1
#define HVMPV_no_freq			(1 << _HVMPV_no_freq)
#define _HVMPV_time_ref_count		2	/* the reference counter's MSR */
#define HVMPV_time_ref_count		(1 << _HVMPV_time_ref_count)
#define _HVMPV_reference_tsc		3	/* a page to compute it from the TSC */
#define HVMPV_reference_tsc		(1 << _HVMPV_reference_tsc)
#define _HVMPV_hcall_remote_tlb_flush	4
#define HVMPV_hcall_remote_tlb_flush	(1 << _HVMPV_hcall_remote_tlb_flush)
#define _HVMPV_apic_assist		5
#define HVMPV_apic_assist		(1 << _HVMPV_apic_assist)
#define _HVMPV_crash_ctl		6
#define HVMPV_crash_ctl			(1 << _HVMPV_crash_ctl)
#define _HVMPV_synic			7	/* the synthetic interrupt controller */
#define HVMPV_synic			(1 << _HVMPV_synic)
#define _HVMPV_stimer			8	/* synthetic timers */
#define HVMPV_stimer			(1 << _HVMPV_stimer)
#define _HVMPV_hcall_ipi		9
#define HVMPV_hcall_ipi			(1 << _HVMPV_hcall_ipi)
#define _HVMPV_ex_processor_masks	10	/* calls with sparse sets of processors */
#define HVMPV_ex_processor_masks	(1 << _HVMPV_ex_processor_masks)
#define _HVMPV_no_vp_limit		11	/* more than 64 processors */
#define HVMPV_no_vp_limit		(1 << _HVMPV_no_vp_limit)
#define _HVMPV_cpu_hotplug		12
#define HVMPV_cpu_hotplug		(1 << _HVMPV_cpu_hotplug)

#define HVMPV_feature_mask						\
	(HVMPV_base_freq | HVMPV_no_freq | HVMPV_time_ref_count |	\
	 HVMPV_reference_tsc | HVMPV_hcall_remote_tlb_flush |		\
	 HVMPV_apic_assist | HVMPV_crash_ctl | HVMPV_synic |		\
	 HVMPV_stimer | HVMPV_hcall_ipi | HVMPV_ex_processor_masks |	\
	 HVMPV_no_vp_limit | HVMPV_cpu_hotplug)
#endif

/*
 * What becomes of a virtual timer's ticks that fell due while the vCPU could not run:
 * delay: each delivered later, the guest's time stays behind until then;
 * no_delay: each delivered later, its time does not stay behind;
 * no_missed: none is kept, but the timer ticks on while the vCPU is descheduled;
 * one_missed: a single late one for all, its time does not stay behind.
 */
#define HVM_PARAM_TIMER_MODE			10
#define HVMPTM_delay_for_missed_ticks		0
#define HVMPTM_no_delay_for_missed_ticks	1
#define HVMPTM_no_missed_ticks_pending		2
#define HVMPTM_one_missed_tick_pending		3

#define HVM_PARAM_HPET_ENABLED		11	/* 1: the guest has one */
#define HVM_PARAM_IDENT_PT		12	/* page directory for unpaged mode under EPT */
#define HVM_PARAM_ACPI_S_STATE		14	/* 0, or 3: asleep */
#define HVM_PARAM_VM86_TSS		15	/* TSS for real mode on VMX */
#define HVM_PARAM_VPT_ALIGN		16	/* 1: periodic timers fire together */

/* The PV console. */
#define HVM_PARAM_CONSOLE_PFN		17
#define HVM_PARAM_CONSOLE_EVTCHN	18

#define HVM_PARAM_ACPI_IOPORTS_LOCATION	19	/* ACPI_*_V0 or _V1 of ioreq.h */

/* Rings of vm_event.h. */
#define HVM_PARAM_PAGING_RING_PFN	27
#define HVM_PARAM_MONITOR_RING_PFN	28
#define HVM_PARAM_SHARING_RING_PFN	29

#define HVM_PARAM_TRIPLE_FAULT_REASON	31	/* SHUTDOWN_*: what a triple fault means */

/* Frames for the pages of further emulators. */
#define HVM_PARAM_IOREQ_SERVER_PFN	32
#define HVM_PARAM_NR_IOREQ_SERVER_PAGES	33

#define HVM_PARAM_VM_GENERATION_ID_ADDR	34	/* guest-physical */

/* Who may use alternate p2m views: nobody, guest and tools, only tools, the guest a little. */
#define HVM_PARAM_ALTP2M		35
#define XEN_ALTP2M_disabled		0
#define XEN_ALTP2M_mixed		1
#define XEN_ALTP2M_external		2
#define XEN_ALTP2M_limited		3

/*
 * How x87's instruction and data pointers are kept over a context switch: 8 as 64-bit offsets,
 * without selectors; 4 as selectors and 32-bit offsets; 0 as each value suggests. 8 if CPUID 7 has
 * FPCSDS (ebx bit 13).
 */
#define HVM_PARAM_X87_FIP_WIDTH		36

#define HVM_PARAM_VM86_TSS_SIZED	37	/* VM86_TSS: address 31:0, size 63:32 */

/* Machine check features to show. */
#define HVM_PARAM_MCA_CAP		38
#define XEN_HVM_MCA_CAP_LMCE		(xen_mk_ullong(1) << 0)	/* local ones */
#define XEN_HVM_MCA_CAP_MASK		XEN_HVM_MCA_CAP_LMCE

#define HVM_NR_PARAMS			39

#endif
