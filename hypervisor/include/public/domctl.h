/* SPDX-License-Identifier: MIT */
/*
 * domctl(struct xen_domctl *): life and properties of one domain, for the toolstack.
 *
 * Not a stable interface: interface_version must be this file's, else -EACCES. Callers are the
 * control domain, or a domain with control over the target (set_target). The structure is copied
 * in, worked on, and copied back where a field is [out]. Before each structure stands the command
 * (or commands) that uses it. Commands without a structure act on xen_domctl.domain alone.
 */
#ifndef __XEN_PUBLIC_DOMCTL_H__
#define __XEN_PUBLIC_DOMCTL_H__

#if !defined(__XEN__) && !defined(__XEN_TOOLS__)
#error "domctl is for the hypervisor and the control tools (__XEN__ or __XEN_TOOLS__)"
#endif

#include "xen.h"
#include "event_channel.h"
#include "grant_table.h"
#include "hvm/save.h"
#include "memory.h"

#define XEN_DOMCTL_INTERFACE_VERSION 0x00000015

/*
 * createdomain: makes an empty, paused domain. xen_domctl.domain: 0 or a reserved id asks for any
 * free one; [out] the id.
 */
struct xen_domctl_createdomain {
	uint32_t ssidref;			/* [in] security label */
	xen_domain_handle_t handle;		/* [in] UUID */
#define _XEN_DOMCTL_CDF_hvm		0	/* HVM or PVH; otherwise PV */
#define XEN_DOMCTL_CDF_hvm		(1U << _XEN_DOMCTL_CDF_hvm)
#define _XEN_DOMCTL_CDF_hap		1	/* nested paging, where there is */
#define XEN_DOMCTL_CDF_hap		(1U << _XEN_DOMCTL_CDF_hap)
#define _XEN_DOMCTL_CDF_s3_integrity	2	/* tboot checks its memory across S3 */
#define XEN_DOMCTL_CDF_s3_integrity	(1U << _XEN_DOMCTL_CDF_s3_integrity)
#define _XEN_DOMCTL_CDF_oos_off		3	/* shadow tables never out of sync */
#define XEN_DOMCTL_CDF_oos_off		(1U << _XEN_DOMCTL_CDF_oos_off)
#define _XEN_DOMCTL_CDF_xs_domain	4	/* runs xenstore */
#define XEN_DOMCTL_CDF_xs_domain	(1U << _XEN_DOMCTL_CDF_xs_domain)
#define _XEN_DOMCTL_CDF_iommu		5	/* may have devices assigned */
#define XEN_DOMCTL_CDF_iommu		(1U << _XEN_DOMCTL_CDF_iommu)
#define _XEN_DOMCTL_CDF_nested_virt	6
#define XEN_DOMCTL_CDF_nested_virt	(1U << _XEN_DOMCTL_CDF_nested_virt)
#define XEN_DOMCTL_CDF_vpmu		(1U << 7)	/* has a virtual PMU */
#define XEN_DOMCTL_CDF_MAX		XEN_DOMCTL_CDF_vpmu	/* highest flag */
	uint32_t flags;				/* [in] XEN_DOMCTL_CDF_* */

#define _XEN_DOMCTL_IOMMU_no_sharept	0	/* own tables, not the HAP ones */
#define XEN_DOMCTL_IOMMU_no_sharept	(1U << _XEN_DOMCTL_IOMMU_no_sharept)
#define XEN_DOMCTL_IOMMU_MAX		XEN_DOMCTL_IOMMU_no_sharept
	uint32_t iommu_opts;			/* [in] XEN_DOMCTL_IOMMU_* */

	/* [in] Limits. Of the frames, negative means the hypervisor's default. */
	uint32_t max_vcpus;
	uint32_t max_evtchn_port;
	int32_t max_grant_frames;
	int32_t max_maptrack_frames;

#define XEN_DOMCTL_GRANT_version_mask	0xf
#define XEN_DOMCTL_GRANT_version(v)	((v) & XEN_DOMCTL_GRANT_version_mask)
	uint32_t grant_opts;			/* [in] highest grant table version */
	uint32_t vmtrace_size;			/* [in] trace bytes per vCPU, 0: none */
	uint32_t cpupool_id;			/* [in] */
	struct xen_arch_domainconfig arch;	/* [in/out] */
};

/* getdomaininfo: of the first domain with an id not below xen_domctl.domain ([out] its id). */
struct xen_domctl_getdomaininfo {
	domid_t domain;				/* [out] as everything here */
	uint16_t pad1;
#define _XEN_DOMINF_dying	0	/* being torn down */
#define XEN_DOMINF_dying	(1U << _XEN_DOMINF_dying)
#define _XEN_DOMINF_hvm_guest	1
#define XEN_DOMINF_hvm_guest	(1U << _XEN_DOMINF_hvm_guest)
#define _XEN_DOMINF_shutdown	2	/* stopped, with a reason */
#define XEN_DOMINF_shutdown	(1U << _XEN_DOMINF_shutdown)
#define _XEN_DOMINF_paused	3	/* by the toolstack */
#define XEN_DOMINF_paused	(1U << _XEN_DOMINF_paused)
#define _XEN_DOMINF_blocked	4	/* every vCPU waits for events */
#define XEN_DOMINF_blocked	(1U << _XEN_DOMINF_blocked)
#define _XEN_DOMINF_running	5	/* some vCPU is on a CPU */
#define XEN_DOMINF_running	(1U << _XEN_DOMINF_running)
#define _XEN_DOMINF_debugged	6	/* stopped by a debugger */
#define XEN_DOMINF_debugged	(1U << _XEN_DOMINF_debugged)
#define _XEN_DOMINF_xs_domain	7	/* runs xenstore */
#define XEN_DOMINF_xs_domain	(1U << _XEN_DOMINF_xs_domain)
#define _XEN_DOMINF_hap		8	/* uses nested paging */
#define XEN_DOMINF_hap		(1U << _XEN_DOMINF_hap)
/* Where the SHUTDOWN_* reason sits in flags. */
#define XEN_DOMINF_shutdownmask	255
#define XEN_DOMINF_shutdownshift 16
	uint32_t flags;				/* XEN_DOMINF_* */
	uint64_aligned_t tot_pages;
	uint64_aligned_t max_pages;
	uint64_aligned_t outstanding_pages;	/* claimed, not allocated */
	uint64_aligned_t shr_pages;
	uint64_aligned_t paged_pages;
	uint64_aligned_t shared_info_frame;	/* GFN */
	uint64_aligned_t cpu_time;		/* ns, of all vCPUs */
	uint32_t nr_online_vcpus;
#define XEN_INVALID_MAX_VCPU_ID (~0U)
	uint32_t max_vcpu_id;			/* XEN_INVALID_MAX_VCPU_ID if it has none */
	uint32_t ssidref;
	xen_domain_handle_t handle;
	uint32_t cpupool;
	uint8_t gpaddr_bits;			/* width of guest-physical addresses */
	uint8_t pad2[7];
	struct xen_arch_domainconfig arch_config;
};
typedef struct xen_domctl_getdomaininfo xen_domctl_getdomaininfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_getdomaininfo_t);

/* How a frame is used, in the top bits of each element of getpageframeinfo3's array. */
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT	28
#define XEN_DOMCTL_PFINFO_NOTAB		(0x0U << 28)	/* ordinary page */
#define XEN_DOMCTL_PFINFO_L1TAB		(0x1U << 28)	/* page table of a level */
#define XEN_DOMCTL_PFINFO_L2TAB		(0x2U << 28)
#define XEN_DOMCTL_PFINFO_L3TAB		(0x3U << 28)
#define XEN_DOMCTL_PFINFO_L4TAB		(0x4U << 28)
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK	(0x7U << 28)
#define XEN_DOMCTL_PFINFO_LPINTAB	(0x1U << 31)	/* and it is pinned */
#define XEN_DOMCTL_PFINFO_XTAB		(0xfU << 28)	/* no page there */
#define XEN_DOMCTL_PFINFO_XALLOC	(0xeU << 28)	/* allocate, contents do not matter */
#define XEN_DOMCTL_PFINFO_BROKEN	(0xdU << 28)	/* bad memory */
#define XEN_DOMCTL_PFINFO_LTAB_MASK	(0xfU << 28)

/* getpageframeinfo3; num and array move while the call is restarted. */
struct xen_domctl_getpageframeinfo3 {
	uint64_aligned_t num;			/* [in] elements */
	XEN_GUEST_HANDLE_64(xen_pfn_t) array;	/* [in] GFNs, [out] XEN_DOMCTL_PFINFO_* */
};

/* shadow_op: logging of dirty pages, and the memory behind it. */
#define XEN_DOMCTL_SHADOW_OP_OFF		0
#define XEN_DOMCTL_SHADOW_OP_ENABLE		32	/* with mode SHADOW_ENABLE_* */
#define XEN_DOMCTL_SHADOW_OP_CLEAN		11	/* read the bitmap and start anew */
#define XEN_DOMCTL_SHADOW_OP_PEEK		12	/* read the bitmap */
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION	30	/* mb; better: paging_mempool */
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION	31
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST	1	/* ENABLE with no mode */
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY	2	/* ENABLE with LOG_DIRTY */

/* Modes of ENABLE. */
#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT	(1 << 1)	/* counted, no guest help needed */
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY	(1 << 2)
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE	(1 << 3)	/* guest tables hold GFNs */
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL	(1 << 4)	/* no hole in guest space (HVM) */

/* Modes of CLEAN and PEEK: also report pages the hypervisor itself keeps writable. */
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL	(1 << 0)

struct xen_domctl_shadow_op_stats {
	uint32_t fault_count;
	uint32_t dirty_count;
};

struct xen_domctl_shadow_op {
	uint32_t op;				/* [in] XEN_DOMCTL_SHADOW_OP_* */
	uint32_t mode;				/* [in] by op */
	uint32_t mb;				/* [in/out] MiB, of the allocation ops */
	XEN_GUEST_HANDLE_64(uint8) dirty_bitmap;	/* [out] a bit per page; may be NULL */
	uint64_aligned_t pages;			/* [in] bits wanted, [out] bits written */
	struct xen_domctl_shadow_op_stats stats;	/* [out] */
};

/* max_mem */
struct xen_domctl_max_mem {
	uint64_aligned_t max_memkb;		/* [in] KiB */
};

/* setvcpucontext (NULL resets the vCPU), getvcpucontext */
struct xen_domctl_vcpucontext {
	uint32_t vcpu;				/* [in] */
	XEN_GUEST_HANDLE_64(vcpu_guest_context_t) ctxt;	/* [in] or [out] */
};

/* getvcpuinfo */
struct xen_domctl_getvcpuinfo {
	uint32_t vcpu;				/* [in] */
	uint8_t online;				/* [out] */
	uint8_t blocked;			/* [out] */
	uint8_t running;			/* [out] */
	uint64_aligned_t cpu_time;		/* [out] ns */
	uint32_t cpu;				/* [out] where it runs, or ran last */
};

/* setnodeaffinity, getnodeaffinity: NUMA nodes its memory should come from. */
struct xen_domctl_nodeaffinity {
	struct xenctl_bitmap nodemap;		/* [in] or [out] */
};

/*
 * setvcpuaffinity, getvcpuaffinity: CPUs a vCPU may (hard) and should (soft) use. A set returns in
 * the maps what takes effect: cut down to the online CPUs of the pool, soft also to hard. A get
 * returns them as they were set.
 */
struct xen_domctl_vcpuaffinity {
	uint32_t vcpu;				/* [in] */
#define _XEN_VCPUAFFINITY_HARD	0
#define XEN_VCPUAFFINITY_HARD	(1U << _XEN_VCPUAFFINITY_HARD)
#define _XEN_VCPUAFFINITY_SOFT	1
#define XEN_VCPUAFFINITY_SOFT	(1U << _XEN_VCPUAFFINITY_SOFT)
#define _XEN_VCPUAFFINITY_FORCE	2	/* also end a SCHEDOP_pin_override */
#define XEN_VCPUAFFINITY_FORCE	(1U << _XEN_VCPUAFFINITY_FORCE)
	uint32_t flags;				/* [in] XEN_VCPUAFFINITY_* */
	struct xenctl_bitmap cpumap_hard;	/* [in/out] */
	struct xenctl_bitmap cpumap_soft;	/* [in/out] */
};

/* max_vcpus: allocates the vCPUs; must equal what createdomain was told. */
struct xen_domctl_max_vcpus {
	uint32_t max;				/* [in] */
};

/* scheduler_op */
#define XEN_SCHEDULER_CREDIT	5
#define XEN_SCHEDULER_CREDIT2	6
#define XEN_SCHEDULER_ARINC653	7
#define XEN_SCHEDULER_RTDS	8
#define XEN_SCHEDULER_NULL	9

struct xen_domctl_sched_credit {
	uint16_t weight;			/* share, 256 is normal */
	uint16_t cap;				/* percent of one CPU, 0: none */
};

struct xen_domctl_sched_credit2 {
	uint16_t weight;
	uint16_t cap;
};

struct xen_domctl_sched_rtds {
	uint32_t period;			/* us */
	uint32_t budget;			/* us per period */
#define _XEN_DOMCTL_SCHEDRT_extra	0	/* may use spare time as well */
#define XEN_DOMCTL_SCHEDRT_extra	(1U << _XEN_DOMCTL_SCHEDRT_extra)
	uint32_t flags;
};

typedef struct xen_domctl_schedparam_vcpu {
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
	} u;
	uint32_t vcpuid;			/* [in] */
} xen_domctl_schedparam_vcpu_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_schedparam_vcpu_t);

/*
 * putinfo and getinfo are for the whole domain (with RTDS: all vCPUs at once, and the default);
 * the vcpuinfo ones need a scheduler with parameters per vCPU (RTDS).
 */
#define XEN_DOMCTL_SCHEDOP_putinfo	0
#define XEN_DOMCTL_SCHEDOP_getinfo	1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo	2
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo	3
struct xen_domctl_scheduler_op {
	uint32_t sched_id;			/* [in] XEN_SCHEDULER_* */
	uint32_t cmd;				/* [in] XEN_DOMCTL_SCHEDOP_* */
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
		struct {
			XEN_GUEST_HANDLE_64(xen_domctl_schedparam_vcpu_t) vcpus;
			uint32_t nr_vcpus;	/* [in] elements, [out] done */
			uint32_t padding;
		} v;
	} u;					/* [in/out] */
};

/* setdomainhandle */
struct xen_domctl_setdomainhandle {
	xen_domain_handle_t handle;		/* [in] UUID */
};

/* setdebugging: debugger traps stop the domain. */
struct xen_domctl_setdebugging {
	uint8_t enable;				/* [in] */
};

/* irq_permission, iomem_permission, ioport_permission: give or take the right of access. */
struct xen_domctl_irq_permission {
	uint32_t pirq;				/* [in] of the caller */
	uint8_t allow_access;			/* [in] */
	uint8_t pad[3];				/* [in] 0 */
};

struct xen_domctl_iomem_permission {
	uint64_aligned_t first_mfn;		/* [in] */
	uint64_aligned_t nr_mfns;		/* [in] not 0 */
	uint8_t allow_access;			/* [in] */
};

struct xen_domctl_ioport_permission {
	uint32_t first_port;			/* [in] */
	uint32_t nr_ports;			/* [in] */
	uint8_t allow_access;			/* [in] */
};

/* hypercall_init: writes a hypercall page for the domain. */
struct xen_domctl_hypercall_init {
	uint64_aligned_t gmfn;			/* [in] */
};

/* settimeoffset: distance of the domain's wall clock from UTC. */
struct xen_domctl_settimeoffset {
	int64_aligned_t time_offset_seconds;	/* [in] */
};

/* gethvmcontext, sethvmcontext: the whole of hvm/save.h's records. */
struct xen_domctl_hvmcontext {
	uint32_t size;				/* [in] room or length, [out] bytes written */
	XEN_GUEST_HANDLE_64(uint8) buffer;	/* get with NULL: only the size */
};

/* set_address_size, get_address_size: the width of a PV guest. */
struct xen_domctl_address_size {
	uint32_t size;				/* 32 or 64 */
};

/* sendtrigger */
#define XEN_DOMCTL_SENDTRIGGER_NMI	0
#define XEN_DOMCTL_SENDTRIGGER_RESET	1
#define XEN_DOMCTL_SENDTRIGGER_INIT	2
#define XEN_DOMCTL_SENDTRIGGER_POWER	3	/* power button */
#define XEN_DOMCTL_SENDTRIGGER_SLEEP	4	/* sleep button */
struct xen_domctl_sendtrigger {
	uint32_t trigger;			/* [in] XEN_DOMCTL_SENDTRIGGER_* */
	uint32_t vcpu;				/* [in] for NMI and INIT */
};

/*
 * assign_device, deassign_device (back to the hardware domain), test_assign_device (could it be
 * assigned to the domain? with DOMID_INVALID: is it assigned to anyone?).
 */
#define XEN_DOMCTL_DEV_PCI	0
#define XEN_DOMCTL_DEV_DT	1
struct xen_domctl_assign_device {
	uint32_t dev;				/* [in] XEN_DOMCTL_DEV_* */
	uint32_t flags;				/* [in] */
#define XEN_DOMCTL_DEV_RDM_RELAXED 1		/* tolerate conflicts of reserved memory */
	union {
		struct {
			uint32_t machine_sbdf;	/* segment << 16 | bus << 8 | devfn */
		} pci;
		struct {
			uint32_t size;		/* of path */
			XEN_GUEST_HANDLE_64(char) path;
#ifdef __XEN__
			struct dt_device_node *dev;
#endif
		} dt;
	} u;					/* [in] */
};

/* get_device_group: devices that can only be assigned together with this one. */
struct xen_domctl_get_device_group {
	uint32_t machine_sbdf;			/* [in] */
	uint32_t max_sdevs;			/* [in] room */
	uint32_t num_sdevs;			/* [out] */
	XEN_GUEST_HANDLE_64(uint32) sdev_array;	/* [out] as machine_sbdf */
};

/* bind_pt_irq, unbind_pt_irq: an HVM guest's interrupt that a physical one raises. */
enum pt_irq_type {
	PT_IRQ_TYPE_PCI,
	PT_IRQ_TYPE_ISA,
	PT_IRQ_TYPE_MSI,
	PT_IRQ_TYPE_MSI_TRANSLATE,
	PT_IRQ_TYPE_SPI				/* ARM */
};
struct xen_domctl_bind_pt_irq {
	uint32_t machine_irq;			/* [in] PIRQ */
	uint32_t irq_type;			/* [in] enum pt_irq_type */
	union {
		struct {
			uint8_t isa_irq;
		} isa;
		struct {
			uint8_t bus;
			uint8_t device;
			uint8_t intx;
		} pci;
		struct {
			uint8_t gvec;
			uint32_t gflags;
/* The parts of an MSI's address and data that matter, packed. */
#define XEN_DOMCTL_VMSI_X86_DEST_ID_MASK	0x0000ff
#define XEN_DOMCTL_VMSI_X86_RH_MASK		0x000100
#define XEN_DOMCTL_VMSI_X86_DM_MASK		0x000200
#define XEN_DOMCTL_VMSI_X86_DELIV_MASK		0x007000
#define XEN_DOMCTL_VMSI_X86_TRIG_MASK		0x008000
#define XEN_DOMCTL_VMSI_X86_UNMASKED		0x010000
			uint64_aligned_t gtable;	/* guest-physical MSI-X table */
		} msi;
		struct {
			uint16_t spi;
		} spi;
	} u;					/* [in] */
};

/*
 * memory_mapping: device memory in an HVM guest's physical space. Returns 0, or how many of the
 * pages are done so that the caller goes on with the rest, or -E2BIG if it asked for too many.
 */
#define DPCI_ADD_MAPPING	1
#define DPCI_REMOVE_MAPPING	0
struct xen_domctl_memory_mapping {
	uint64_aligned_t first_gfn;		/* [in] */
	uint64_aligned_t first_mfn;		/* [in] */
	uint64_aligned_t nr_mfns;		/* [in] not 0 */
	uint32_t add_mapping;			/* [in] DPCI_* */
	uint32_t padding;			/* [in] 0 */
};

/* ioport_mapping: real I/O ports at an HVM guest's port numbers. */
struct xen_domctl_ioport_mapping {
	uint32_t first_gport;			/* [in] */
	uint32_t first_mport;			/* [in] */
	uint32_t nr_ports;			/* [in] */
	uint32_t add_mapping;			/* [in] DPCI_* */
};

/* Memory types by MTRR encoding; the call that used them is now hvm/dm_op.h's. */
#define XEN_DOMCTL_MEM_CACHEATTR_UC	0
#define XEN_DOMCTL_MEM_CACHEATTR_WC	1
#define XEN_DOMCTL_MEM_CACHEATTR_WT	4
#define XEN_DOMCTL_MEM_CACHEATTR_WP	5
#define XEN_DOMCTL_MEM_CACHEATTR_WB	6
#define XEN_DOMCTL_MEM_CACHEATTR_UCM	7
#define XEN_DOMCTL_DELETE_MEM_CACHEATTR	(~(uint32_t)0)

/* set_ext_vcpucontext, get_ext_vcpucontext: what vcpu_guest_context has no room for. */
struct xen_domctl_ext_vcpucontext {
	uint32_t vcpu;				/* [in] */
	uint32_t size;				/* bytes valid: [in] of set, [out] of get */
#if defined(__i386__) || defined(__x86_64__)
	uint64_aligned_t syscall32_callback_eip;
	uint64_aligned_t sysenter_callback_eip;
	uint16_t syscall32_callback_cs;
	uint16_t sysenter_callback_cs;
	uint8_t syscall32_disables_events;
	uint8_t sysenter_disables_events;
#if defined(__GNUC__)
	union {
		uint64_aligned_t mcg_cap;
		struct hvm_vmce_vcpu vmce;
	};
#else
	struct hvm_vmce_vcpu vmce;
#endif
#endif
};

/* set_target: gives the domain control over another (a stub domain over its guest). */
struct xen_domctl_set_target {
	domid_t target;				/* [in] */
};

#if defined(__i386__) || defined(__x86_64__)

#define XEN_CPUID_INPUT_UNUSED 0xFFFFFFFF

/* get_cpu_policy, set_cpu_policy: what CPUID and MSRs show to the domain. */
struct xen_domctl_cpu_policy {
	uint32_t nr_leaves;			/* [in] elements or room, [out] elements */
	uint32_t nr_msrs;
	XEN_GUEST_HANDLE_64(xen_cpuid_leaf_t) leaves;
	XEN_GUEST_HANDLE_64(xen_msr_entry_t) msrs;
	uint32_t err_leaf, err_subleaf, err_msr;	/* [out] what a set objects to */
};
typedef struct xen_domctl_cpu_policy xen_domctl_cpu_policy_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_cpu_policy_t);

#endif

/*
 * subscribe: a local port to signal when the domain shuts down to suspend, in place of VIRQ_DOM_EXC
 * (which still tells of every other end). The last subscriber counts.
 */
struct xen_domctl_subscribe {
	uint32_t port;				/* [in] */
};

/* debug_op */
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF	0
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON	1
struct xen_domctl_debug_op {
	uint32_t op;				/* [in] XEN_DOMCTL_DEBUG_OP_* */
	uint32_t vcpu;				/* [in] */
};

/* gethvmcontext_partial: one record of hvm/save.h. */
struct xen_domctl_hvmcontext_partial {
	uint32_t type;				/* [in] HVM_SAVE_CODE */
	uint32_t instance;			/* [in] */
	uint64_aligned_t bufsz;			/* [in] room, [out] size */
	XEN_GUEST_HANDLE_64(uint8) buffer;	/* [out] */
};

/* gettscinfo, settscinfo: how the TSC is virtualised, across migration. */
struct xen_domctl_tsc_info {
	uint32_t tsc_mode;
	uint32_t gtsc_khz;
	uint32_t incarnation;			/* counts migrations */
	uint32_t pad;
	uint64_aligned_t elapsed_nsec;
};

/* gdbsx_guestmemio: a debugger's access to guest memory. */
struct xen_domctl_gdbsx_memio {
	uint64_aligned_t pgd3val;		/* [in] page table for addresses, or 0 */
	uint64_aligned_t gva;			/* [in] in the guest */
	uint64_aligned_t uva;			/* [in] in the caller */
	uint32_t len;				/* [in] bytes */
	uint8_t gwr;				/* [in] 1: write to the guest */
	uint32_t remain;			/* [out] bytes not copied */
};

/* gdbsx_pausevcpu, gdbsx_unpausevcpu */
struct xen_domctl_gdbsx_pauseunp_vcpu {
	uint32_t vcpu;				/* [in] */
};

/* gdbsx_domstatus */
struct xen_domctl_gdbsx_domstatus {
	uint8_t paused;				/* [out] */
	uint32_t vcpu_id;			/* [out] one with an event, or ~0 */
	uint32_t vcpu_ev;			/* [out] which event */
};

/*
 * vm_event_op: sets up or ends one of the rings (vm_event.h) by which a tool takes part in paging,
 * monitoring or sharing; RESUME makes the hypervisor read the tool's answers. Enabling fails with
 * -ENODEV without nested paging, -EBUSY if the ring is in use; paging also with -EMLINK if devices
 * are assigned and -EXDEV if memory is populated on demand.
 */
#define XEN_VM_EVENT_ENABLE		0
#define XEN_VM_EVENT_DISABLE		1
#define XEN_VM_EVENT_RESUME		2
#define XEN_VM_EVENT_GET_VERSION	3

#define XEN_DOMCTL_VM_EVENT_OP_PAGING	1
#define XEN_DOMCTL_VM_EVENT_OP_MONITOR	2
#define XEN_DOMCTL_VM_EVENT_OP_SHARING	3
struct xen_domctl_vm_event_op {
	uint32_t op;				/* [in] XEN_VM_EVENT_* */
	uint32_t mode;				/* [in] XEN_DOMCTL_VM_EVENT_OP_* */
	union {
		struct {
			uint32_t port;		/* [out] */
		} enable;
		uint32_t version;		/* [out] */
	} u;
};

/* mem_sharing_op */
#define XEN_DOMCTL_MEM_SHARING_CONTROL 0
struct xen_domctl_mem_sharing_op {
	uint8_t op;				/* [in] XEN_DOMCTL_MEM_SHARING_* */
	union {
		uint8_t enable;			/* [in] */
	} u;
};

/* audit_p2m: counts contradictions between P2M and M2P. */
struct xen_domctl_audit_p2m {
	uint64_t orphans;			/* [out] */
	uint64_t m2p_bad;			/* [out] */
	uint64_t p2m_bad;			/* [out] */
};

/* set_virq_handler: the domain, and not the control domain, gets a global VIRQ. */
struct xen_domctl_set_virq_handler {
	uint32_t virq;				/* [in] */
};

#if defined(__i386__) || defined(__x86_64__)
/* setvcpuextstate, getvcpuextstate: XSAVE state; get with size 0 tells mask and size. */
struct xen_domctl_vcpuextstate {
	uint32_t vcpu;				/* [in] */
	uint64_aligned_t xfeature_mask;		/* [in/out] of get */
	uint64_aligned_t size;			/* [in] of set, [in/out] of get */
	XEN_GUEST_HANDLE_64(uint64) buffer;
};
#endif

/* set_access_required: without a listener, access faults stop the vCPU and are not dropped. */
struct xen_domctl_set_access_required {
	uint8_t access_required;		/* [in] */
};

/* set_broken_page_p2m */
struct xen_domctl_set_broken_page_p2m {
	uint64_aligned_t pfn;			/* [in] */
};

/* cacheflush (ARM) */
struct xen_domctl_cacheflush {
	xen_pfn_t start_pfn, nr_pfns;		/* [in] */
};

/* get_paging_mempool_size, set_paging_mempool_size: memory for an HVM guest's page tables. */
struct xen_domctl_paging_mempool {
	uint64_aligned_t size;			/* bytes */
};

#if defined(__i386__) || defined(__x86_64__)
struct xen_domctl_vcpu_msr {
	uint32_t index;
	uint32_t reserved;			/* 0 */
	uint64_aligned_t value;
};
typedef struct xen_domctl_vcpu_msr xen_domctl_vcpu_msr_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_vcpu_msr_t);

/*
 * get_vcpu_msrs, set_vcpu_msrs: MSRs that migrate. Get with a NULL list tells the greatest count;
 * -ENOBUFS tells the count needed; -EINVAL from set tells the index of the one refused.
 */
struct xen_domctl_vcpu_msrs {
	uint32_t vcpu;				/* [in] */
	uint32_t msr_count;			/* [in/out] */
	XEN_GUEST_HANDLE_64(xen_domctl_vcpu_msr_t) msrs;
};
#endif

/* setvnumainfo: a virtual NUMA layout, as XENMEM_get_vnumainfo returns it. */
struct xen_domctl_vnuma {
	uint32_t nr_vnodes;			/* [in] not 0 */
	uint32_t nr_vmemranges;			/* [in] */
	uint32_t nr_vcpus;			/* [in] the domain's max_vcpus */
	uint32_t pad;				/* [in] 0 */
	XEN_GUEST_HANDLE_64(uint) vdistance;	/* [in] nr_vnodes squared */
	XEN_GUEST_HANDLE_64(uint) vcpu_to_vnode;	/* [in] nr_vcpus */
	XEN_GUEST_HANDLE_64(uint) vnode_to_pnode;	/* [in] nr_vnodes */
	XEN_GUEST_HANDLE_64(xen_vmemrange_t) vmemrange;	/* [in] nr_vmemranges */
};

/* psr_cmt_op: Intel's cache monitoring. */
struct xen_domctl_psr_cmt_op {
#define XEN_DOMCTL_PSR_CMT_OP_DETACH		0
#define XEN_DOMCTL_PSR_CMT_OP_ATTACH		1
#define XEN_DOMCTL_PSR_CMT_OP_QUERY_RMID	2
	uint32_t cmd;				/* [in] XEN_DOMCTL_PSR_CMT_OP_* */
	uint32_t data;				/* [out] RMID */
};

/*
 * monitor_op: which events a monitor ring reports. Access rights of pages are set by
 * XENMEM_access_op. Stopping control register events while vCPUs wait for an answer can crash the
 * guest.
 */
#define XEN_DOMCTL_MONITOR_OP_ENABLE			0
#define XEN_DOMCTL_MONITOR_OP_DISABLE			1
#define XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES		2
#define XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP		3
#define XEN_DOMCTL_MONITOR_OP_CONTROL_REGISTERS		4

#define XEN_DOMCTL_MONITOR_EVENT_WRITE_CTRLREG		0
#define XEN_DOMCTL_MONITOR_EVENT_MOV_TO_MSR		1
#define XEN_DOMCTL_MONITOR_EVENT_SINGLESTEP		2
#define XEN_DOMCTL_MONITOR_EVENT_SOFTWARE_BREAKPOINT	3
#define XEN_DOMCTL_MONITOR_EVENT_GUEST_REQUEST		4
#define XEN_DOMCTL_MONITOR_EVENT_DEBUG_EXCEPTION	5
#define XEN_DOMCTL_MONITOR_EVENT_CPUID			6
#define XEN_DOMCTL_MONITOR_EVENT_PRIVILEGED_CALL	7
#define XEN_DOMCTL_MONITOR_EVENT_INTERRUPT		8
#define XEN_DOMCTL_MONITOR_EVENT_DESC_ACCESS		9
#define XEN_DOMCTL_MONITOR_EVENT_EMUL_UNIMPLEMENTED	10
#define XEN_DOMCTL_MONITOR_EVENT_INGUEST_PAGEFAULT	11	/* on from the start */
#define XEN_DOMCTL_MONITOR_EVENT_VMEXIT			12

struct xen_domctl_monitor_op {
	uint32_t op;				/* [in] XEN_DOMCTL_MONITOR_OP_* */
	uint32_t event;				/* [in] XEN_DOMCTL_MONITOR_EVENT_*; [out] of
						   GET_CAPABILITIES: a bit for each */
	union {
		struct {
			uint8_t index;		/* 0, 3, 4: which register */
			uint8_t sync;		/* the vCPU waits for the answer (here and below) */
			uint8_t onchangeonly;	/* not for writes of the same value */
			uint8_t pad1;
			uint32_t pad2;
			uint64_aligned_t bitmask;	/* changes of these bits do not count */
		} mov_to_cr;
		struct {
			uint32_t msr;
			uint8_t onchangeonly;
		} mov_to_msr;
		struct {
			uint8_t sync;
			uint8_t allow_userspace;
		} guest_request;
		struct {
			uint8_t sync;
		} debug_exception;
		struct {
			uint8_t sync;		/* and the exit is not handled */
		} vmexit;
	} u;					/* [in] of ENABLE */
};

/* psr_alloc: Intel's cache and bandwidth allocation. */
struct xen_domctl_psr_alloc {
#define XEN_DOMCTL_PSR_SET_L3_CBM	0
#define XEN_DOMCTL_PSR_GET_L3_CBM	1
#define XEN_DOMCTL_PSR_SET_L3_CODE	2
#define XEN_DOMCTL_PSR_SET_L3_DATA	3
#define XEN_DOMCTL_PSR_GET_L3_CODE	4
#define XEN_DOMCTL_PSR_GET_L3_DATA	5
#define XEN_DOMCTL_PSR_SET_L2_CBM	6
#define XEN_DOMCTL_PSR_GET_L2_CBM	7
#define XEN_DOMCTL_PSR_SET_MBA_THRTL	8
#define XEN_DOMCTL_PSR_GET_MBA_THRTL	9
	uint32_t cmd;				/* [in] XEN_DOMCTL_PSR_* */
	uint32_t target;			/* [in] socket */
	uint64_t data;				/* [in] of set, [out] of get */
};

/* vuart_op (ARM) */
struct xen_domctl_vuart_op {
#define XEN_DOMCTL_VUART_OP_INIT 0
	uint32_t cmd;				/* [in] XEN_DOMCTL_VUART_OP_* */
#define XEN_DOMCTL_VUART_TYPE_VPL011 0
	uint32_t type;				/* [in] XEN_DOMCTL_VUART_TYPE_* */
	uint64_aligned_t gfn;			/* [in] ring */
	domid_t console_domid;			/* [in] backend */
	uint8_t pad[2];
	evtchn_port_t evtchn;			/* [out] */
};

/* vmtrace_op: the processor's own trace (Intel PT) of one vCPU. */
struct xen_domctl_vmtrace_op {
	uint32_t cmd;				/* [in] XEN_DOMCTL_vmtrace_* */
	uint32_t vcpu;				/* [in] */
	uint64_aligned_t key;			/* [in] option: MSR */
	uint64_aligned_t value;			/* [in/out] option's value; [out] position */
#define XEN_DOMCTL_vmtrace_enable		1
#define XEN_DOMCTL_vmtrace_disable		2
#define XEN_DOMCTL_vmtrace_reset_and_enable	3
#define XEN_DOMCTL_vmtrace_output_position	4
#define XEN_DOMCTL_vmtrace_get_option		5
#define XEN_DOMCTL_vmtrace_set_option		6
};
typedef struct xen_domctl_vmtrace_op xen_domctl_vmtrace_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_vmtrace_op_t);

struct xen_domctl {
	uint32_t cmd;				/* [in] the following */
#define XEN_DOMCTL_createdomain			1
#define XEN_DOMCTL_destroydomain		2	/* -ERESTART inside: call until done */
#define XEN_DOMCTL_pausedomain			3	/* counted */
#define XEN_DOMCTL_unpausedomain		4
#define XEN_DOMCTL_getdomaininfo		5
#define XEN_DOMCTL_setvcpuaffinity		9
#define XEN_DOMCTL_shadow_op			10
#define XEN_DOMCTL_max_mem			11
#define XEN_DOMCTL_setvcpucontext		12
#define XEN_DOMCTL_getvcpucontext		13
#define XEN_DOMCTL_getvcpuinfo			14
#define XEN_DOMCTL_max_vcpus			15
#define XEN_DOMCTL_scheduler_op			16
#define XEN_DOMCTL_setdomainhandle		17
#define XEN_DOMCTL_setdebugging			18
#define XEN_DOMCTL_irq_permission		19
#define XEN_DOMCTL_iomem_permission		20
#define XEN_DOMCTL_ioport_permission		21
#define XEN_DOMCTL_hypercall_init		22
#ifdef __XEN__
#define XEN_DOMCTL_soft_reset_cont		23	/* a preempted soft_reset */
#endif
#define XEN_DOMCTL_settimeoffset		24
#define XEN_DOMCTL_getvcpuaffinity		25
#define XEN_DOMCTL_real_mode_area		26	/* retired */
#define XEN_DOMCTL_resumedomain			27	/* undoes a shutdown */
#define XEN_DOMCTL_sendtrigger			28
#define XEN_DOMCTL_subscribe			29
#define XEN_DOMCTL_gethvmcontext		33
#define XEN_DOMCTL_sethvmcontext		34
#define XEN_DOMCTL_set_address_size		35
#define XEN_DOMCTL_get_address_size		36
#define XEN_DOMCTL_assign_device		37
#define XEN_DOMCTL_bind_pt_irq			38
#define XEN_DOMCTL_memory_mapping		39
#define XEN_DOMCTL_ioport_mapping		40
#define XEN_DOMCTL_set_ext_vcpucontext		42
#define XEN_DOMCTL_get_ext_vcpucontext		43
#define XEN_DOMCTL_set_opt_feature		44	/* retired */
#define XEN_DOMCTL_test_assign_device		45
#define XEN_DOMCTL_set_target			46
#define XEN_DOMCTL_deassign_device		47
#define XEN_DOMCTL_unbind_pt_irq		48
#define XEN_DOMCTL_get_device_group		50
#define XEN_DOMCTL_debug_op			54
#define XEN_DOMCTL_gethvmcontext_partial	55
#define XEN_DOMCTL_vm_event_op			56
#define XEN_DOMCTL_mem_sharing_op		57
#define XEN_DOMCTL_gettscinfo			59
#define XEN_DOMCTL_settscinfo			60
#define XEN_DOMCTL_getpageframeinfo3		61
#define XEN_DOMCTL_setvcpuextstate		62
#define XEN_DOMCTL_getvcpuextstate		63
#define XEN_DOMCTL_set_access_required		64
#define XEN_DOMCTL_audit_p2m			65
#define XEN_DOMCTL_set_virq_handler		66
#define XEN_DOMCTL_set_broken_page_p2m		67
#define XEN_DOMCTL_setnodeaffinity		68
#define XEN_DOMCTL_getnodeaffinity		69
#define XEN_DOMCTL_cacheflush			71
#define XEN_DOMCTL_get_vcpu_msrs		72
#define XEN_DOMCTL_set_vcpu_msrs		73
#define XEN_DOMCTL_setvnumainfo			74
#define XEN_DOMCTL_psr_cmt_op			75
#define XEN_DOMCTL_monitor_op			77
#define XEN_DOMCTL_psr_alloc			78
#define XEN_DOMCTL_soft_reset			79	/* after SHUTDOWN_soft_reset */
#define XEN_DOMCTL_vuart_op			81
#define XEN_DOMCTL_get_cpu_policy		82
#define XEN_DOMCTL_set_cpu_policy		83
#define XEN_DOMCTL_vmtrace_op			84
#define XEN_DOMCTL_get_paging_mempool_size	85
#define XEN_DOMCTL_set_paging_mempool_size	86
#define XEN_DOMCTL_gdbsx_guestmemio		1000
#define XEN_DOMCTL_gdbsx_pausevcpu		1001
#define XEN_DOMCTL_gdbsx_unpausevcpu		1002
#define XEN_DOMCTL_gdbsx_domstatus		1003
	uint32_t interface_version;		/* [in] XEN_DOMCTL_INTERFACE_VERSION */
	domid_t domain;				/* [in]; [out] where noted above */
	uint16_t _pad[3];
	union {
		struct xen_domctl_createdomain createdomain;
		struct xen_domctl_getdomaininfo getdomaininfo;
		struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
		struct xen_domctl_nodeaffinity nodeaffinity;
		struct xen_domctl_vcpuaffinity vcpuaffinity;
		struct xen_domctl_shadow_op shadow_op;
		struct xen_domctl_max_mem max_mem;
		struct xen_domctl_vcpucontext vcpucontext;
		struct xen_domctl_getvcpuinfo getvcpuinfo;
		struct xen_domctl_max_vcpus max_vcpus;
		struct xen_domctl_scheduler_op scheduler_op;
		struct xen_domctl_setdomainhandle setdomainhandle;
		struct xen_domctl_setdebugging setdebugging;
		struct xen_domctl_irq_permission irq_permission;
		struct xen_domctl_iomem_permission iomem_permission;
		struct xen_domctl_ioport_permission ioport_permission;
		struct xen_domctl_hypercall_init hypercall_init;
		struct xen_domctl_settimeoffset settimeoffset;
		struct xen_domctl_tsc_info tsc_info;
		struct xen_domctl_hvmcontext hvmcontext;
		struct xen_domctl_hvmcontext_partial hvmcontext_partial;
		struct xen_domctl_address_size address_size;
		struct xen_domctl_sendtrigger sendtrigger;
		struct xen_domctl_get_device_group get_device_group;
		struct xen_domctl_assign_device assign_device;
		struct xen_domctl_bind_pt_irq bind_pt_irq;
		struct xen_domctl_memory_mapping memory_mapping;
		struct xen_domctl_ioport_mapping ioport_mapping;
		struct xen_domctl_ext_vcpucontext ext_vcpucontext;
		struct xen_domctl_set_target set_target;
		struct xen_domctl_subscribe subscribe;
		struct xen_domctl_debug_op debug_op;
		struct xen_domctl_vm_event_op vm_event_op;
		struct xen_domctl_mem_sharing_op mem_sharing_op;
#if defined(__i386__) || defined(__x86_64__)
		struct xen_domctl_cpu_policy cpu_policy;
		struct xen_domctl_vcpuextstate vcpuextstate;
		struct xen_domctl_vcpu_msrs vcpu_msrs;
#endif
		struct xen_domctl_set_access_required access_required;
		struct xen_domctl_audit_p2m audit_p2m;
		struct xen_domctl_set_virq_handler set_virq_handler;
		struct xen_domctl_gdbsx_memio gdbsx_guest_memio;
		struct xen_domctl_set_broken_page_p2m set_broken_page_p2m;
		struct xen_domctl_cacheflush cacheflush;
		struct xen_domctl_gdbsx_pauseunp_vcpu gdbsx_pauseunp_vcpu;
		struct xen_domctl_gdbsx_domstatus gdbsx_domstatus;
		struct xen_domctl_vnuma vnuma;
		struct xen_domctl_psr_cmt_op psr_cmt_op;
		struct xen_domctl_monitor_op monitor_op;
		struct xen_domctl_psr_alloc psr_alloc;
		struct xen_domctl_vuart_op vuart_op;
		struct xen_domctl_vmtrace_op vmtrace_op;
		struct xen_domctl_paging_mempool paging_mempool;
		uint8_t pad[128];
	} u;
};
typedef struct xen_domctl xen_domctl_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_t);

#endif /* __XEN_PUBLIC_DOMCTL_H__ */
