/* SPDX-License-Identifier: MIT */
/*
 * sysctl(struct xen_sysctl *): the host as a whole, for the toolstack.
 *
 * Not a stable interface: interface_version must be this file's, else -EACCES. Only the control
 * domain may call. The structure is copied in, worked on, and copied back where a field is [out].
 * Before each structure stands the command that uses it.
 */
#ifndef __XEN_PUBLIC_SYSCTL_H__
#define __XEN_PUBLIC_SYSCTL_H__

#if !defined(__XEN__) && !defined(__XEN_TOOLS__)
#error "sysctl is for the hypervisor and the control tools (__XEN__ or __XEN_TOOLS__)"
#endif

#include "xen.h"
#include "domctl.h"
#include "physdev.h"

#define XEN_SYSCTL_INTERFACE_VERSION 0x00000015

/* readconsole: text of the hypervisor's console ring. */
struct xen_sysctl_readconsole {
	uint8_t clear;				/* [in] 1: forget what was read */
	uint8_t incremental;			/* [in] 1: start at index */
	uint8_t pad0, pad1;
	uint32_t index;				/* [in] start, [out] where to go on */
	XEN_GUEST_HANDLE_64(char) buffer;	/* [out] */
	uint32_t count;				/* [in] room, [out] bytes */
};

/* tbuf_op: the trace buffers (trace.h). */
struct xen_sysctl_tbuf_op {
#define XEN_SYSCTL_TBUFOP_get_info	0
#define XEN_SYSCTL_TBUFOP_set_cpu_mask	1
#define XEN_SYSCTL_TBUFOP_set_evt_mask	2
#define XEN_SYSCTL_TBUFOP_set_size	3	/* pages per CPU, once */
#define XEN_SYSCTL_TBUFOP_enable	4
#define XEN_SYSCTL_TBUFOP_disable	5
	uint32_t cmd;				/* [in] XEN_SYSCTL_TBUFOP_* */
	struct xenctl_bitmap cpu_mask;		/* [in] of set_cpu_mask */
	uint32_t evt_mask;			/* [in] of set_evt_mask, [out] of get_info */
	uint64_aligned_t buffer_mfn;		/* [out] of get_info: struct t_info */
	uint32_t size;				/* [in] pages, [out] bytes of t_info */
};

/* physinfo: what the host is and has. */
#define _XEN_SYSCTL_PHYSCAP_hvm		0	/* can run HVM guests */
#define XEN_SYSCTL_PHYSCAP_hvm		(1u << _XEN_SYSCTL_PHYSCAP_hvm)
#define _XEN_SYSCTL_PHYSCAP_pv		1	/* can run PV guests */
#define XEN_SYSCTL_PHYSCAP_pv		(1u << _XEN_SYSCTL_PHYSCAP_pv)
#define _XEN_SYSCTL_PHYSCAP_directio	2	/* has an IOMMU */
#define XEN_SYSCTL_PHYSCAP_directio	(1u << _XEN_SYSCTL_PHYSCAP_directio)
#define _XEN_SYSCTL_PHYSCAP_hap		3	/* has nested paging */
#define XEN_SYSCTL_PHYSCAP_hap		(1u << _XEN_SYSCTL_PHYSCAP_hap)
#define _XEN_SYSCTL_PHYSCAP_shadow	4	/* has shadow paging */
#define XEN_SYSCTL_PHYSCAP_shadow	(1u << _XEN_SYSCTL_PHYSCAP_shadow)
#define _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share 5	/* IOMMU can use nested page tables */
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share	(1u << _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share)
#define XEN_SYSCTL_PHYSCAP_vmtrace	(1u << 6)
#define XEN_SYSCTL_PHYSCAP_vpmu		(1u << 7)
#define XEN_SYSCTL_PHYSCAP_gnttab_v1	(1u << 8)
#define XEN_SYSCTL_PHYSCAP_gnttab_v2	(1u << 9)
#define XEN_SYSCTL_PHYSCAP_MAX		XEN_SYSCTL_PHYSCAP_gnttab_v2	/* highest bit */

struct xen_sysctl_physinfo {			/* [out] all */
	uint32_t threads_per_core;
	uint32_t cores_per_socket;
	uint32_t nr_cpus;			/* online */
	uint32_t max_cpu_id;
	uint32_t nr_nodes;			/* online */
	uint32_t max_node_id;
	uint32_t cpu_khz;
	uint32_t capabilities;			/* XEN_SYSCTL_PHYSCAP_* */
	uint32_t arch_capabilities;
	uint32_t pad;
	uint64_aligned_t total_pages;
	uint64_aligned_t free_pages;
	uint64_aligned_t scrub_pages;		/* free but not yet zeroed */
	uint64_aligned_t outstanding_pages;	/* claimed */
	uint64_aligned_t max_mfn;
	uint32_t hw_cap[8];			/* first CPU feature words */
};

/* sched_id: the default scheduler. */
struct xen_sysctl_sched_id {
	uint32_t sched_id;			/* [out] XEN_SCHEDULER_* */
};

/* perfc_op: the hypervisor's software counters. */
#define XEN_SYSCTL_PERFCOP_reset	1
#define XEN_SYSCTL_PERFCOP_query	2
struct xen_sysctl_perfc_desc {
	char name[80];
	uint32_t nr_vals;			/* values this counter has in val */
};
typedef struct xen_sysctl_perfc_desc xen_sysctl_perfc_desc_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_perfc_desc_t);
typedef uint32_t xen_sysctl_perfc_val_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_perfc_val_t);

struct xen_sysctl_perfc_op {
	uint32_t cmd;				/* [in] XEN_SYSCTL_PERFCOP_* */
	uint32_t nr_counters;			/* [out] */
	uint32_t nr_vals;			/* [out] of all counters together */
	XEN_GUEST_HANDLE_64(xen_sysctl_perfc_desc_t) desc;	/* [out], or NULL */
	XEN_GUEST_HANDLE_64(xen_sysctl_perfc_val_t) val;	/* [out], or NULL */
};

/* getdomaininfolist: domains in the order of their ids. */
struct xen_sysctl_getdomaininfolist {
	domid_t first_domain;			/* [in] lowest id wanted */
	uint32_t max_domains;			/* [in] room */
	XEN_GUEST_HANDLE_64(xen_domctl_getdomaininfo_t) buffer;	/* [out] */
	uint32_t num_domains;			/* [out] */
};

/* debug_keys: as if the keys were typed at the console. */
struct xen_sysctl_debug_keys {
	XEN_GUEST_HANDLE_64(const_char) keys;	/* [in] */
	uint32_t nr_keys;			/* [in] */
};

/* getcpuinfo: idle time by CPU number. */
struct xen_sysctl_cpuinfo {
	uint64_aligned_t idletime;		/* ns */
};
typedef struct xen_sysctl_cpuinfo xen_sysctl_cpuinfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cpuinfo_t);
struct xen_sysctl_getcpuinfo {
	uint32_t max_cpus;			/* [in] room */
	XEN_GUEST_HANDLE_64(xen_sysctl_cpuinfo_t) info;	/* [out] */
	uint32_t nr_cpus;			/* [out] */
};

/* availheap: free memory between two address widths. */
struct xen_sysctl_availheap {
	uint32_t min_bitwidth;			/* [in] bits, 0: any */
	uint32_t max_bitwidth;			/* [in] bits, 0: any */
	int32_t node;				/* [in] NUMA node, -1: all */
	uint64_aligned_t avail_bytes;		/* [out] */
};

/* get_pmstat: time spent in performance (P) and idle (C) states of a CPU. */
struct pm_px_val {
	uint64_aligned_t freq;			/* MHz */
	uint64_aligned_t residency;		/* ns */
	uint64_aligned_t count;			/* entries */
};
typedef struct pm_px_val pm_px_val_t;
DEFINE_XEN_GUEST_HANDLE(pm_px_val_t);

struct pm_px_stat {
	uint8_t total;				/* states there are */
	uint8_t usable;				/* states allowed now */
	uint8_t last;
	uint8_t cur;
	XEN_GUEST_HANDLE_64(uint64) trans_pt;	/* [out] total squared: changes from, to */
	XEN_GUEST_HANDLE_64(pm_px_val_t) pt;	/* [out] total */
};

struct pm_cx_stat {
	uint32_t nr;				/* states, with C0 */
	uint32_t last;
	uint64_aligned_t idle_time;		/* ns since boot */
	XEN_GUEST_HANDLE_64(uint64) triggers;	/* [out] nr: entries */
	XEN_GUEST_HANDLE_64(uint64) residencies;	/* [out] nr: ns */
	uint32_t nr_pc;				/* [in] room at pc, [out] used */
	uint32_t nr_cc;				/* [in] room at cc, [out] used */
	/* Package and core counters from state 1 up; states without a counter are not written. */
	XEN_GUEST_HANDLE_64(uint64) pc;
	XEN_GUEST_HANDLE_64(uint64) cc;
};

struct xen_sysctl_get_pmstat {
#define PMSTAT_CATEGORY_MASK	0xf0
#define PMSTAT_PX		0x10
#define PMSTAT_CX		0x20
#define PMSTAT_get_max_px	(PMSTAT_PX | 0x1)
#define PMSTAT_get_pxstat	(PMSTAT_PX | 0x2)
#define PMSTAT_reset_pxstat	(PMSTAT_PX | 0x3)
#define PMSTAT_get_max_cx	(PMSTAT_CX | 0x1)
#define PMSTAT_get_cxstat	(PMSTAT_CX | 0x2)
#define PMSTAT_reset_cxstat	(PMSTAT_CX | 0x3)
	uint32_t type;				/* [in] PMSTAT_* */
	uint32_t cpuid;				/* [in] CPU */
	union {
		struct pm_px_stat getpx;
		struct pm_cx_stat getcx;
	} u;
};

/* cpu_hotplug */
struct xen_sysctl_cpu_hotplug {
	uint32_t cpu;				/* [in] of ONLINE and OFFLINE */
#define XEN_SYSCTL_CPU_HOTPLUG_ONLINE		0
#define XEN_SYSCTL_CPU_HOTPLUG_OFFLINE		1
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE	2	/* all but the first thread of each core */
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE	3
	uint32_t op;				/* [in] XEN_SYSCTL_CPU_HOTPLUG_* */
};

/* pm_op: frequency governors and idle limits. Frequencies are in kHz, names are Linux's. */
struct xen_userspace {
	uint32_t scaling_setspeed;
};

struct xen_ondemand {
	uint32_t sampling_rate_max;
	uint32_t sampling_rate_min;
	uint32_t sampling_rate;
	uint32_t up_threshold;
};

#define CPUFREQ_NAME_LEN 16
struct xen_get_cpufreq_para {
	/* [in] room in the lists, [out] entries */
	uint32_t cpu_num;
	uint32_t freq_num;
	uint32_t gov_num;

	/* [out] */
	XEN_GUEST_HANDLE_64(uint32) affected_cpus;
	XEN_GUEST_HANDLE_64(uint32) scaling_available_frequencies;
	XEN_GUEST_HANDLE_64(char) scaling_available_governors;	/* CPUFREQ_NAME_LEN each */
	char scaling_driver[CPUFREQ_NAME_LEN];
	uint32_t cpuinfo_cur_freq;
	uint32_t cpuinfo_max_freq;
	uint32_t cpuinfo_min_freq;
	uint32_t scaling_cur_freq;
	char scaling_governor[CPUFREQ_NAME_LEN];
	uint32_t scaling_max_freq;
	uint32_t scaling_min_freq;
	union {
		struct xen_userspace userspace;
		struct xen_ondemand ondemand;
	} u;					/* by the governor */
	int32_t turbo_enabled;
};

struct xen_set_cpufreq_gov {
	char scaling_governor[CPUFREQ_NAME_LEN];
};

struct xen_set_cpufreq_para {
#define SCALING_MAX_FREQ	1
#define SCALING_MIN_FREQ	2
#define SCALING_SETSPEED	3
#define SAMPLING_RATE		4
#define UP_THRESHOLD		5
	uint32_t ctrl_type;
	uint32_t ctrl_value;
};

struct xen_sysctl_pm_op {
#define PM_PARA_CATEGORY_MASK	0xf0
#define CPUFREQ_PARA		0x10
#define GET_CPUFREQ_PARA	(CPUFREQ_PARA | 0x01)
#define SET_CPUFREQ_GOV		(CPUFREQ_PARA | 0x02)
#define SET_CPUFREQ_PARA	(CPUFREQ_PARA | 0x03)
#define GET_CPUFREQ_AVGFREQ	(CPUFREQ_PARA | 0x04)
#define XEN_SYSCTL_pm_op_set_sched_opt_smt		0x21
#define XEN_SYSCTL_pm_op_get_max_cstate			0x22	/* cpuid 0: state, 1: sub-state */
#define XEN_SYSCTL_pm_op_set_max_cstate			0x23
#define XEN_SYSCTL_pm_op_set_vcpu_migration_delay	0x24
#define XEN_SYSCTL_pm_op_get_vcpu_migration_delay	0x25
#define XEN_SYSCTL_pm_op_enable_turbo			0x26
#define XEN_SYSCTL_pm_op_disable_turbo			0x27
	uint32_t cmd;				/* [in] */
	uint32_t cpuid;				/* [in] CPU */
	union {
		struct xen_get_cpufreq_para get_para;
		struct xen_set_cpufreq_gov set_gov;
		struct xen_set_cpufreq_para set_para;
		uint64_aligned_t get_avgfreq;
		uint32_t set_sched_opt_smt;
#define XEN_SYSCTL_CX_UNLIMITED 0xffffffff
		uint32_t get_max_cstate;
		uint32_t set_max_cstate;
	} u;
};

/* page_offline_op: takes bad memory out of use. */
struct xen_sysctl_page_offline_op {
#define sysctl_page_offline		1
#define sysctl_page_online		2
#define sysctl_query_page_offline	3
	uint32_t cmd;				/* [in] */
	uint32_t start;				/* [in] first MFN */
	uint32_t end;				/* [in] last MFN */
	XEN_GUEST_HANDLE(uint32) status;	/* [out] per page: flags, owner in the upper half */
};

/* Status of offline and online. */
#define PG_OFFLINE_STATUS_MASK	(0xFFUL)
#define PG_OFFLINE_INVALID	(0x1UL << 0)	/* no such page */
#define PG_OFFLINE_OFFLINED	(0x1UL << 1)
#define PG_OFFLINE_PENDING	(0x1UL << 2)	/* when its owner frees it */
#define PG_OFFLINE_FAILED	(0x1UL << 3)
#define PG_OFFLINE_AGAIN	(0x1UL << 4)

#define PG_ONLINE_FAILED	PG_OFFLINE_FAILED
#define PG_ONLINE_ONLINED	PG_OFFLINE_OFFLINED

/* Status of query. */
#define PG_OFFLINE_STATUS_OFFLINED		(0x1UL << 1)
#define PG_OFFLINE_STATUS_ONLINE		(0x1UL << 2)
#define PG_OFFLINE_STATUS_OFFLINE_PENDING	(0x1UL << 3)
#define PG_OFFLINE_STATUS_BROKEN		(0x1UL << 4)

#define PG_OFFLINE_MISC_MASK	(0xFFUL << 4)

/* Why it failed or is pending. */
#define PG_OFFLINE_XENPAGE	(0x1UL << 8)	/* the hypervisor's */
#define PG_OFFLINE_DOM0PAGE	(0x1UL << 9)
#define PG_OFFLINE_ANONYMOUS	(0x1UL << 10)	/* in use without an owner */
#define PG_OFFLINE_NOT_CONV_RAM	(0x1UL << 11)	/* not ordinary RAM */
#define PG_OFFLINE_OWNED	(0x1UL << 12)	/* a domain's, see the upper half */

#define PG_OFFLINE_BROKEN	(0x1UL << 13)
#define PG_ONLINE_BROKEN	PG_OFFLINE_BROKEN

#define PG_OFFLINE_OWNER_SHIFT 16

/* lockprof_op: lock statistics, if built in. */
#define XEN_SYSCTL_LOCKPROF_reset	1
#define XEN_SYSCTL_LOCKPROF_query	2
#define LOCKPROF_TYPE_GLOBAL		0
#define LOCKPROF_TYPE_PERDOM		1	/* idx is the domain */
#define LOCKPROF_TYPE_N			2	/* how many types */
struct xen_sysctl_lockprof_data {
	char name[40];				/* a printf format with at most two %d */
	int32_t type;				/* LOCKPROF_TYPE_* */
	int32_t idx;
	uint64_aligned_t lock_cnt;		/* times taken */
	uint64_aligned_t block_cnt;		/* times it had to wait */
	uint64_aligned_t lock_time;		/* ns held */
	uint64_aligned_t block_time;		/* ns waited */
};
typedef struct xen_sysctl_lockprof_data xen_sysctl_lockprof_data_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_lockprof_data_t);
struct xen_sysctl_lockprof_op {
	uint32_t cmd;				/* [in] XEN_SYSCTL_LOCKPROF_* */
	uint32_t max_elem;			/* [in] room at data */
	uint32_t nr_elem;			/* [out] locks there are */
	uint64_aligned_t time;			/* [out] ns since the last reset */
	XEN_GUEST_HANDLE_64(xen_sysctl_lockprof_data_t) data;	/* [out], or NULL */
};

/*
 * cputopoinfo and numainfo: with NULL handles they return the number of CPUs or nodes; otherwise
 * they fill what fits and return how many entries there are.
 */
#define XEN_INVALID_CORE_ID	(~0U)
#define XEN_INVALID_SOCKET_ID	(~0U)
#define XEN_INVALID_NODE_ID	(~0U)

struct xen_sysctl_cputopo {
	uint32_t core;
	uint32_t socket;
	uint32_t node;
};
typedef struct xen_sysctl_cputopo xen_sysctl_cputopo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cputopo_t);

struct xen_sysctl_cputopoinfo {
	uint32_t num_cpus;			/* [in] room, [out] entries */
	XEN_GUEST_HANDLE_64(xen_sysctl_cputopo_t) cputopo;	/* [out] */
};

#define XEN_INVALID_MEM_SZ	(~0U)
#define XEN_INVALID_NODE_DIST	(~0U)

struct xen_sysctl_meminfo {
	uint64_t memsize;			/* bytes */
	uint64_t memfree;			/* bytes */
};
typedef struct xen_sysctl_meminfo xen_sysctl_meminfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_meminfo_t);

struct xen_sysctl_numainfo {
	uint32_t num_nodes;			/* [in] room, [out] entries */
	XEN_GUEST_HANDLE_64(xen_sysctl_meminfo_t) meminfo;	/* [out] */
	XEN_GUEST_HANDLE_64(uint32) distance;	/* [out] a square of num_nodes as returned */
};

/*
 * cpupool_op. -ENOENT: no such pool. -EEXIST: the id for CREATE is taken. -EBUSY: domains still
 * need the pool, or its last CPU. -ENODEV: the CPU is not free (ADDCPU) or not in the pool (RMCPU).
 * -EINVAL: no such CPU or domain. RMCPU: -EADDRINUSE while a vCPU is pinned to it by
 * SCHEDOP_pin_override, -EAGAIN while it is busy; until that is repeated with success other
 * changes of CPUs give -EADDRNOTAVAIL.
 */
#define XEN_SYSCTL_CPUPOOL_OP_CREATE		1
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY		2
#define XEN_SYSCTL_CPUPOOL_OP_INFO		3	/* of the first pool not below the id */
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU		4
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU		5
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN	6
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO		7	/* CPUs in no pool */
#define XEN_SYSCTL_CPUPOOL_PAR_ANY 0xFFFFFFFF		/* any id, any CPU */
struct xen_sysctl_cpupool_op {
	uint32_t op;				/* [in] XEN_SYSCTL_CPUPOOL_OP_* */
	uint32_t cpupool_id;			/* [in], [out] of CREATE and INFO */
	uint32_t sched_id;			/* [in] of CREATE, [out] of INFO */
	uint32_t domid;				/* [in] of MOVEDOMAIN */
	uint32_t cpu;				/* [in] of ADDCPU and RMCPU */
	uint32_t n_dom;				/* [out] of INFO */
	struct xenctl_bitmap cpumap;		/* [out] of INFO and FREEINFO */
};

/* scheduler_op: parameters of a pool's scheduler. */
#define ARINC653_MAX_DOMAINS_PER_SCHEDULE 64
struct xen_sysctl_arinc653_schedule {
	uint64_aligned_t major_frame;		/* ns */
	uint8_t num_sched_entries;
	struct {
		xen_domain_handle_t dom_handle;
		uint32_t vcpu_id;
		uint64_aligned_t runtime;	/* ns per frame */
	} sched_entries[ARINC653_MAX_DOMAINS_PER_SCHEDULE];
};
typedef struct xen_sysctl_arinc653_schedule xen_sysctl_arinc653_schedule_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_arinc653_schedule_t);

/* Bounds of ratelimit_us, the least time a vCPU runs before it is preempted. */
#define XEN_SYSCTL_SCHED_RATELIMIT_MAX 500000
#define XEN_SYSCTL_SCHED_RATELIMIT_MIN 100

struct xen_sysctl_credit_schedule {
#define XEN_SYSCTL_CSCHED_TSLICE_MAX 1000
#define XEN_SYSCTL_CSCHED_TSLICE_MIN 1
	uint32_t tslice_ms;
	uint32_t ratelimit_us;
#define XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US (100 * 1000)
	uint32_t vcpu_migr_delay_us;		/* how long its cache stays warm */
};

struct xen_sysctl_credit2_schedule {
	uint32_t ratelimit_us;
};

#define XEN_SYSCTL_SCHEDOP_putinfo 0
#define XEN_SYSCTL_SCHEDOP_getinfo 1
struct xen_sysctl_scheduler_op {
	uint32_t cpupool_id;			/* [in] */
	uint32_t sched_id;			/* [in] XEN_SCHEDULER_* */
	uint32_t cmd;				/* [in] XEN_SYSCTL_SCHEDOP_* */
	union {
		struct xen_sysctl_sched_arinc653 {
			XEN_GUEST_HANDLE_64(xen_sysctl_arinc653_schedule_t) schedule;
		} sched_arinc653;
		struct xen_sysctl_credit_schedule sched_credit;
		struct xen_sysctl_credit2_schedule sched_credit2;
	} u;					/* [in] of put, [out] of get */
};

/*
 * coverage_op: the hypervisor's own test coverage. gcov data are the magic, then for each file its
 * NUL-terminated name, a 32-bit length and that many bytes; llvm's are as its runtime writes them.
 */
#define XEN_GCOV_FORMAT_MAGIC 0x58434f56
#define XEN_SYSCTL_COVERAGE_get_size	0
#define XEN_SYSCTL_COVERAGE_read	1
#define XEN_SYSCTL_COVERAGE_reset	2
struct xen_sysctl_coverage_op {
	uint32_t cmd;				/* [in] XEN_SYSCTL_COVERAGE_* */
	uint32_t size;				/* [in] room, [out] bytes */
	XEN_GUEST_HANDLE_64(char) buffer;	/* [out] */
};

/* psr_cmt_op: Intel's cache monitoring. */
#define XEN_SYSCTL_PSR_CMT_get_total_rmid		0
#define XEN_SYSCTL_PSR_CMT_get_l3_upscaling_factor	1
#define XEN_SYSCTL_PSR_CMT_get_l3_cache_size		2	/* KiB */
#define XEN_SYSCTL_PSR_CMT_enabled			3
#define XEN_SYSCTL_PSR_CMT_get_l3_event_mask		4
struct xen_sysctl_psr_cmt_op {
	uint32_t cmd;				/* [in] XEN_SYSCTL_PSR_CMT_* */
	uint32_t flags;
	union {
		uint64_t data;			/* [out] */
		struct {
			uint32_t cpu;		/* [in] */
			uint32_t rsvd;
		} l3_cache;
	} u;
};

/* pcitopoinfo: NUMA nodes of PCI devices. */
#define XEN_INVALID_DEV (XEN_INVALID_NODE_ID - 1)	/* device unknown */
struct xen_sysctl_pcitopoinfo {
	uint32_t num_devs;			/* [in] elements, [out] done */
	XEN_GUEST_HANDLE_64(physdev_pci_device_t) devs;	/* [in] */
	XEN_GUEST_HANDLE_64(uint32) nodes;	/* [out] */
};

/* psr_alloc: what Intel's cache and bandwidth allocation offers. */
#define XEN_SYSCTL_PSR_get_l3_info	0
#define XEN_SYSCTL_PSR_get_l2_info	1
#define XEN_SYSCTL_PSR_get_mba_info	2
struct xen_sysctl_psr_alloc {
	uint32_t cmd;				/* [in] XEN_SYSCTL_PSR_* */
	uint32_t target;			/* [in] socket */
	union {
		struct {
			uint32_t cbm_len;	/* bits of a mask */
			uint32_t cos_max;
#define XEN_SYSCTL_PSR_CAT_L3_CDP (1u << 0)
			uint32_t flags;
		} cat_info;
		struct {
			uint32_t thrtl_max;
			uint32_t cos_max;
#define XEN_SYSCTL_PSR_MBA_LINEAR (1u << 0)
			uint32_t flags;
		} mba_info;
	} u;					/* [out] */
};

/* get_cpu_levelling_caps: which CPUID registers can be masked, or CPUID made to fault, under PV. */
struct xen_sysctl_cpu_levelling_caps {
#define XEN_SYSCTL_CPU_LEVELCAP_faulting	(1ul << 0)
#define XEN_SYSCTL_CPU_LEVELCAP_ecx		(1ul << 1)	/* leaf 1 */
#define XEN_SYSCTL_CPU_LEVELCAP_edx		(1ul << 2)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_ecx	(1ul << 3)	/* leaf 80000001h */
#define XEN_SYSCTL_CPU_LEVELCAP_extd_edx	(1ul << 4)
#define XEN_SYSCTL_CPU_LEVELCAP_xsave_eax	(1ul << 5)	/* leaf 0Dh, 1 */
#define XEN_SYSCTL_CPU_LEVELCAP_thermal_ecx	(1ul << 6)	/* leaf 6 */
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_eax	(1ul << 7)	/* leaf 7, 0 */
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_ebx	(1ul << 8)
	uint32_t caps;				/* [out] XEN_SYSCTL_CPU_LEVELCAP_* */
};

/*
 * get_cpu_featureset: feature words (arch-x86/cpufeatureset.h) of the hardware, of the hypervisor
 * after its options, and of what guests of a kind get by default or can get at most. With a NULL
 * list only the number of words.
 */
struct xen_sysctl_cpu_featureset {
#define XEN_SYSCTL_cpu_featureset_raw		0
#define XEN_SYSCTL_cpu_featureset_host		1
#define XEN_SYSCTL_cpu_featureset_pv		2
#define XEN_SYSCTL_cpu_featureset_hvm		3
#define XEN_SYSCTL_cpu_featureset_pv_max	4
#define XEN_SYSCTL_cpu_featureset_hvm_max	5
	uint32_t index;				/* [in] XEN_SYSCTL_cpu_featureset_* */
	uint32_t nr_features;			/* [in] room, [out] words */
	XEN_GUEST_HANDLE_64(uint32) features;	/* [out] */
};

/*
 * livepatch_op: replacing functions of the running hypervisor. A payload (ELF) is uploaded under a
 * name, then acted on; actions are asynchronous, GET shows rc -EAGAIN until they are done.
 */
#define LIVEPATCH_PAYLOAD_VERSION 2

/* Inside payloads. */
#ifdef __XEN__
#define LIVEPATCH_OPAQUE_SIZE 31

struct livepatch_expectation {
	uint8_t enabled : 1;
	uint8_t len : 5;			/* bytes used of data */
	uint8_t rsv : 2;
	uint8_t data[LIVEPATCH_OPAQUE_SIZE];	/* what the old code must look like */
};
typedef struct livepatch_expectation livepatch_expectation_t;

typedef enum livepatch_func_state {
	LIVEPATCH_FUNC_NOT_APPLIED,
	LIVEPATCH_FUNC_APPLIED
} livepatch_func_state_t;

struct livepatch_func {
	const char *name;
	void *new_addr;
	void *old_addr;
	uint32_t new_size;
	uint32_t old_size;
	uint8_t version;			/* LIVEPATCH_PAYLOAD_VERSION */
	uint8_t _pad[39];
	livepatch_expectation_t expect;
};
typedef struct livepatch_func livepatch_func_t;
#endif

#define XEN_LIVEPATCH_NAME_SIZE 128
struct xen_livepatch_name {
	XEN_GUEST_HANDLE_64(char) name;		/* [in] */
	uint16_t size;				/* [in] with the NUL */
	uint16_t pad[3];			/* [in] 0 */
};

#define XEN_SYSCTL_LIVEPATCH_UPLOAD 0
struct xen_sysctl_livepatch_upload {
	struct xen_livepatch_name name;		/* [in] not in use yet */
	uint64_t size;				/* [in] bytes */
	XEN_GUEST_HANDLE_64(uint8) payload;	/* [in] */
};

#define XEN_SYSCTL_LIVEPATCH_GET 1
struct xen_livepatch_status {
#define LIVEPATCH_STATE_CHECKED 1
#define LIVEPATCH_STATE_APPLIED 2
	uint32_t state;				/* LIVEPATCH_STATE_* */
	int32_t rc;				/* -errno of the last action */
};
typedef struct xen_livepatch_status xen_livepatch_status_t;
DEFINE_XEN_GUEST_HANDLE(xen_livepatch_status_t);

struct xen_sysctl_livepatch_get {
	struct xen_livepatch_name name;		/* [in] */
	struct xen_livepatch_status status;	/* [out] */
};

/* Returns how many payloads it wrote; -E2BIG if nr is more than it is willing to do at once. */
#define XEN_SYSCTL_LIVEPATCH_LIST 2
struct xen_sysctl_livepatch_list {
	uint32_t version;			/* [out] differs from call to call: start over */
	uint32_t idx;				/* [in] first */
	uint32_t nr;				/* [in] room, 0 to ask; [out] how many are left */
	uint32_t pad;				/* [in] 0 */
	uint32_t name_total_size;		/* [out] */
	uint32_t metadata_total_size;		/* [out] */
	XEN_GUEST_HANDLE_64(xen_livepatch_status_t) status;	/* [out] nr */
	XEN_GUEST_HANDLE_64(char) name;		/* [out] names, one after the other */
	XEN_GUEST_HANDLE_64(uint32) len;	/* [out] nr: their lengths */
	XEN_GUEST_HANDLE_64(char) metadata;	/* [out] as name */
	XEN_GUEST_HANDLE_64(uint32) metadata_len;	/* [out] as len */
};

#define XEN_SYSCTL_LIVEPATCH_ACTION 3
struct xen_sysctl_livepatch_action {
	struct xen_livepatch_name name;		/* [in] */
#define LIVEPATCH_ACTION_UNLOAD		1
#define LIVEPATCH_ACTION_REVERT		2
#define LIVEPATCH_ACTION_APPLY		3
#define LIVEPATCH_ACTION_REPLACE	4	/* revert all others, apply this */
	uint32_t cmd;				/* [in] LIVEPATCH_ACTION_* */
	uint32_t timeout;			/* [in] ns, 0: default */
#define LIVEPATCH_ACTION_APPLY_NODEPS (1 << 0)	/* only the hypervisor's build id must match */
	uint32_t flags;				/* [in] */
	uint32_t pad;				/* [in] 0 */
};

struct xen_sysctl_livepatch_op {
	uint32_t cmd;				/* [in] XEN_SYSCTL_LIVEPATCH_* */
	uint32_t pad;				/* [in] 0 */
	union {
		struct xen_sysctl_livepatch_upload upload;
		struct xen_sysctl_livepatch_list list;
		struct xen_sysctl_livepatch_get get;
		struct xen_sysctl_livepatch_action action;
	} u;
};

#if defined(__i386__) || defined(__x86_64__)
/* get_cpu_policy: as get_cpu_featureset, but whole CPUID leaves and MSRs. */
struct xen_sysctl_cpu_policy {
#define XEN_SYSCTL_cpu_policy_raw		0
#define XEN_SYSCTL_cpu_policy_host		1
#define XEN_SYSCTL_cpu_policy_pv_max		2
#define XEN_SYSCTL_cpu_policy_hvm_max		3
#define XEN_SYSCTL_cpu_policy_pv_default	4
#define XEN_SYSCTL_cpu_policy_hvm_default	5
	uint32_t index;				/* [in] XEN_SYSCTL_cpu_policy_* */
	uint32_t nr_leaves;			/* [in] room, [out] leaves */
	uint32_t nr_msrs;			/* [in] room, [out] MSRs */
	uint32_t _rsvd;				/* [in] 0 */
	XEN_GUEST_HANDLE_64(xen_cpuid_leaf_t) leaves;	/* [out], or NULL */
	XEN_GUEST_HANDLE_64(xen_msr_entry_t) msrs;	/* [out], or NULL */
};
typedef struct xen_sysctl_cpu_policy xen_sysctl_cpu_policy_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cpu_policy_t);
#endif

struct xen_sysctl {
	uint32_t cmd;				/* [in] the following */
#define XEN_SYSCTL_readconsole			1
#define XEN_SYSCTL_tbuf_op			2
#define XEN_SYSCTL_physinfo			3
#define XEN_SYSCTL_sched_id			4
#define XEN_SYSCTL_perfc_op			5
#define XEN_SYSCTL_getdomaininfolist		6
#define XEN_SYSCTL_debug_keys			7
#define XEN_SYSCTL_getcpuinfo			8
#define XEN_SYSCTL_availheap			9
#define XEN_SYSCTL_get_pmstat			10
#define XEN_SYSCTL_cpu_hotplug			11
#define XEN_SYSCTL_pm_op			12
#define XEN_SYSCTL_page_offline_op		14
#define XEN_SYSCTL_lockprof_op			15
#define XEN_SYSCTL_cputopoinfo			16
#define XEN_SYSCTL_numainfo			17
#define XEN_SYSCTL_cpupool_op			18
#define XEN_SYSCTL_scheduler_op			19
#define XEN_SYSCTL_coverage_op			20
#define XEN_SYSCTL_psr_cmt_op			21
#define XEN_SYSCTL_pcitopoinfo			22
#define XEN_SYSCTL_psr_alloc			23
#define XEN_SYSCTL_get_cpu_levelling_caps	25
#define XEN_SYSCTL_get_cpu_featureset		26
#define XEN_SYSCTL_livepatch_op			27
#define XEN_SYSCTL_get_cpu_policy		29
	uint32_t interface_version;		/* [in] XEN_SYSCTL_INTERFACE_VERSION */
	union {
		struct xen_sysctl_readconsole readconsole;
		struct xen_sysctl_tbuf_op tbuf_op;
		struct xen_sysctl_physinfo physinfo;
		struct xen_sysctl_cputopoinfo cputopoinfo;
		struct xen_sysctl_pcitopoinfo pcitopoinfo;
		struct xen_sysctl_numainfo numainfo;
		struct xen_sysctl_sched_id sched_id;
		struct xen_sysctl_perfc_op perfc_op;
		struct xen_sysctl_getdomaininfolist getdomaininfolist;
		struct xen_sysctl_debug_keys debug_keys;
		struct xen_sysctl_getcpuinfo getcpuinfo;
		struct xen_sysctl_availheap availheap;
		struct xen_sysctl_get_pmstat get_pmstat;
		struct xen_sysctl_cpu_hotplug cpu_hotplug;
		struct xen_sysctl_pm_op pm_op;
		struct xen_sysctl_page_offline_op page_offline;
		struct xen_sysctl_lockprof_op lockprof_op;
		struct xen_sysctl_cpupool_op cpupool_op;
		struct xen_sysctl_scheduler_op scheduler_op;
		struct xen_sysctl_coverage_op coverage_op;
		struct xen_sysctl_psr_cmt_op psr_cmt_op;
		struct xen_sysctl_psr_alloc psr_alloc;
		struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
		struct xen_sysctl_cpu_featureset cpu_featureset;
		struct xen_sysctl_livepatch_op livepatch;
#if defined(__i386__) || defined(__x86_64__)
		struct xen_sysctl_cpu_policy cpu_policy;
#endif
		uint8_t pad[128];
	} u;
};
typedef struct xen_sysctl xen_sysctl_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_t);

#endif /* __XEN_PUBLIC_SYSCTL_H__ */
