/* SPDX-License-Identifier: MIT */
/*
 * mca(struct xen_mc *): machine checks on x86.
 *
 * The control domain learns of corrected errors by VIRQ_MCA and fetches their telemetry; a guest
 * learns of uncorrected ones by a trap and may fetch its own. Telemetry is an mc_info: a packed
 * list of records that each begin with mcinfo_common. interface_version must match, else -EACCES.
 */
#ifndef __XEN_PUBLIC_ARCH_X86_MCA_H__
#define __XEN_PUBLIC_ARCH_X86_MCA_H__

#include "../xen.h"

#define __HYPERVISOR_mca __HYPERVISOR_arch_0

#define XEN_MCA_INTERFACE_VERSION 0x01ecc003

/* Flags of a call, [in]. */
#define XEN_MC_NONURGENT	0x0001	/* corrected errors; control domain only */
#define XEN_MC_URGENT		0x0002	/* uncorrected errors */
#define XEN_MC_ACK		0x0004	/* what was fetched has been dealt with */

/* The same field, [out]. */
#define XEN_MC_OK		0x0
#define XEN_MC_FETCHFAILED	0x1
#define XEN_MC_NODATA		0x2	/* nothing to fetch */
#define XEN_MC_NOMATCH		0x4	/* another error came in between */
#define XEN_MC_CANNOTHANDLE	0x8	/* notify: the guest has no handler */
#define XEN_MC_NOTDELIVERED	0x10	/* notify: repeat */

/* No vCPU, in the mc_vcpuid fields. */
#define XEN_MC_VCPUID_INVALID 0xffff

#ifndef __ASSEMBLY__

/* Global, for the control domain. */
#define VIRQ_MCA VIRQ_ARCH_0

/* What each record begins with. */
#define MC_TYPE_GLOBAL		0
#define MC_TYPE_BANK		1
#define MC_TYPE_EXTENDED	2
#define MC_TYPE_RECOVERY	3
struct mcinfo_common {
	uint16_t type;		/* MC_TYPE_* */
	uint16_t size;		/* bytes of the record */
};
typedef struct mcinfo_common xen_mcinfo_common_t;

#define MC_FLAG_CORRECTABLE	(1 << 0)
#define MC_FLAG_UNCORRECTABLE	(1 << 1)
#define MC_FLAG_RECOVERABLE	(1 << 2)
#define MC_FLAG_POLLED		(1 << 3)	/* found by polling */
#define MC_FLAG_RESET		(1 << 4)	/* left over from before a reset */
#define MC_FLAG_CMCI		(1 << 5)	/* found by interrupt */
#define MC_FLAG_MCE		(1 << 6)	/* found by exception */

/* Where and when. */
struct mcinfo_global {
	xen_mcinfo_common_t common;
	uint16_t mc_domid;	/* who was running */
	uint16_t mc_vcpuid;
	uint32_t mc_socketid;
	uint16_t mc_coreid;
	uint16_t mc_core_threadid;
	uint32_t mc_apicid;
	uint32_t mc_flags;	/* MC_FLAG_* */
	uint64_t mc_gstatus;	/* MCG_STATUS */
};

/* One bank's registers. */
struct mcinfo_bank {
	xen_mcinfo_common_t common;
	uint16_t mc_bank;
	uint16_t mc_domid;	/* control domain only: owner of mc_addr's page */
	uint64_t mc_status;
	uint64_t mc_addr;	/* if mc_status says so */
	uint64_t mc_misc;
	uint64_t mc_ctrl2;
	uint64_t mc_tsc;
};

struct mcinfo_msr {
	uint64_t reg;
	uint64_t value;
};
typedef struct mcinfo_msr xen_mcinfo_msr_t;

/* Other registers; as many such records as are needed. */
struct mcinfo_extended {
	xen_mcinfo_common_t common;
	uint32_t mc_msrs;	/* entries used */
	xen_mcinfo_msr_t mc_msr[32];
};

/* What the hypervisor has done about it: result flags, then the kinds of action. */
#define REC_ACTION_RECOVERED	(0x1 << 0)
#define REC_ACTION_NONE		(0x1 << 1)
#define REC_ACTION_NEED_RESET	(0x1 << 2)

#define MC_ACTION_PAGE_OFFLINE	(0x1 << 0)
#define MC_ACTION_CPU_OFFLINE	(0x1 << 1)
#define MC_ACTION_CACHE_SHRINK	(0x1 << 2)

struct page_offline_action {
	uint64_t mfn;
	uint64_t status;	/* PG_OFFLINE_* of sysctl.h */
};
typedef struct page_offline_action xen_page_offline_action_t;

struct cpu_offline_action {
	uint32_t mc_socketid;
	uint16_t mc_coreid;
	uint16_t mc_core_threadid;
};
typedef struct cpu_offline_action xen_cpu_offline_action_t;

#define MAX_UNION_SIZE 16
struct mcinfo_recovery {
	xen_mcinfo_common_t common;
	uint16_t mc_bank;
	uint8_t action_flags;	/* REC_ACTION_* */
	uint8_t action_types;	/* MC_ACTION_* */
	union {
		xen_page_offline_action_t page_retire;
		xen_cpu_offline_action_t cpu_offline;
		uint8_t pad[MAX_UNION_SIZE];
	} action_info;
};

#define MCINFO_HYPERCALLSIZE	1024
#define MCINFO_MAXSIZE		768

#define MCINFO_FLAGS_UNCOMPLETE	0x1	/* records were lost for lack of room */
struct mc_info {
	uint32_t mi_nentries;	/* records in mi_data */
	uint32_t flags;		/* MCINFO_FLAGS_* */
	uint64_t mi_data[(MCINFO_MAXSIZE - 1) / 8];
};
typedef struct mc_info mc_info_t;
DEFINE_XEN_GUEST_HANDLE(mc_info_t);

#define __MC_MSR_ARRAYSIZE 8
#if __XEN_INTERFACE_VERSION__ <= 0x00040d00
#define __MC_NMSRS 1
#endif

/* Indices into mc_cpu_caps. */
#define MC_NCAPS	7
#define MC_CAPS_STD_EDX	0	/* CPUID 1 */
#define MC_CAPS_AMD_EDX	1	/* CPUID 80000001h */
#define MC_CAPS_TM	2	/* CPUID 80860001h */
#define MC_CAPS_LINUX	3
#define MC_CAPS_STD_ECX	4	/* CPUID 1 */
#define MC_CAPS_VIA	5	/* CPUID C0000001h */
#define MC_CAPS_AMD_ECX	6	/* CPUID 80000001h */

struct mcinfo_logical_cpu {
	uint32_t mc_cpunr;
	uint32_t mc_chipid;
	uint16_t mc_coreid;
	uint16_t mc_threadid;
	uint32_t mc_apicid;
	uint32_t mc_clusterid;
	uint32_t mc_ncores;
	uint32_t mc_ncores_active;
	uint32_t mc_nthreads;
	int32_t mc_cpuid_level;
	uint32_t mc_family;
	uint32_t mc_vendor;
	uint32_t mc_model;
	uint32_t mc_step;
	char mc_vendorid[16];
	char mc_brandid[64];
	uint32_t mc_cpu_caps[MC_NCAPS];
	uint32_t mc_cache_size;
	uint32_t mc_cache_alignment;
	int32_t mc_nmsrvals;	/* entries used */
	xen_mcinfo_msr_t mc_msrvalues[__MC_MSR_ARRAYSIZE];
};
typedef struct mcinfo_logical_cpu xen_mc_logical_cpu_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_logical_cpu_t);

/* Walking the records of an mc_info. lookup leaves the first of a type, or NULL, in _ret. */
#define x86_mcinfo_nentries(_mi) ((_mi)->mi_nentries)
#define x86_mcinfo_first(_mi) ((struct mcinfo_common *)(_mi)->mi_data)
#define x86_mcinfo_next(_mic) ((struct mcinfo_common *)((uint8_t *)(_mic) + (_mic)->size))
#define x86_mcinfo_lookup(_ret, _mi, _type)						\
	do {										\
		struct mc_info *mi_ = (_mi);						\
		struct mcinfo_common *mic_ = mi_ ? x86_mcinfo_first(mi_) : 0;		\
		uint32_t left_ = mi_ ? x86_mcinfo_nentries(mi_) : 0;			\
											\
		for (; left_ && mic_->type != (_type); left_--)				\
			mic_ = x86_mcinfo_next(mic_);					\
		(_ret) = left_ ? mic_ : 0;						\
	} while (0)

/* Takes the oldest telemetry, or with XEN_MC_ACK releases it. */
#define XEN_MC_fetch 1
struct xen_mc_fetch {
	uint32_t flags;		/* [in/out] XEN_MC_* */
	uint32_t _pad0;
	uint64_t fetch_id;	/* [out], [in] of the ACK */
	XEN_GUEST_HANDLE(mc_info_t) data;	/* [out] */
};
typedef struct xen_mc_fetch xen_mc_fetch_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_fetch_t);

/* Passes an error on to the guest it hit; control domain. */
#define XEN_MC_notifydomain 2
struct xen_mc_notifydomain {
	uint16_t mc_domid;	/* [in] */
	uint16_t mc_vcpuid;	/* [in] as it was fetched */
	uint32_t flags;		/* [in/out] XEN_MC_* */
};
typedef struct xen_mc_notifydomain xen_mc_notifydomain_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_notifydomain_t);

/* Identities of the CPUs; with a NULL list only their number. */
#define XEN_MC_physcpuinfo 3
struct xen_mc_physcpuinfo {
	uint32_t ncpus;		/* [in] room, [out] entries */
	uint32_t _pad0;
	XEN_GUEST_HANDLE(xen_mc_logical_cpu_t) info;	/* [out] */
};
typedef struct xen_mc_physcpuinfo xen_mc_physcpuinfo_t;

/* For tests: fakes register contents, and raises the exception. */
#define XEN_MC_msrinject 4
#define MC_MSRINJ_MAXMSRS 8
struct xen_mc_msrinject {
	uint32_t mcinj_cpunr;	/* [in] */
	uint32_t mcinj_flags;	/* [in] MC_MSRINJ_F_* */
	uint32_t mcinj_count;	/* [in] entries used */
	domid_t mcinj_domid;	/* [in] with F_GPADDR */
	uint16_t _pad0;
	xen_mcinfo_msr_t mcinj_msr[MC_MSRINJ_MAXMSRS];	/* [in] */
};
typedef struct xen_mc_msrinject xen_mc_msrinject_t;

#define MC_MSRINJ_F_INTERPOSE	0x1	/* only for the hypervisor's eyes, not into hardware */
#define MC_MSRINJ_F_GPADDR	0x2	/* addresses are the domain's guest-physical */

#define XEN_MC_mceinject 5
struct xen_mc_mceinject {
	unsigned int mceinj_cpunr;	/* [in] */
};
typedef struct xen_mc_mceinject xen_mc_mceinject_t;

#if defined(__XEN__) || defined(__XEN_TOOLS__)
#define XEN_MC_inject_v2 6
#define XEN_MC_INJECT_TYPE_MASK		0x7
#define XEN_MC_INJECT_TYPE_MCE		0x0
#define XEN_MC_INJECT_TYPE_CMCI		0x1
#define XEN_MC_INJECT_TYPE_LMCE		0x2
#define XEN_MC_INJECT_CPU_BROADCAST	0x8
struct xen_mc_inject_v2 {
	uint32_t flags;		/* [in] XEN_MC_INJECT_* */
	xenctl_bitmap_t cpumap;	/* [in] */
};
typedef struct xen_mc_inject_v2 xen_mc_inject_v2_t;
#endif

struct xen_mc {
	uint32_t cmd;		/* XEN_MC_fetch and so on */
	uint32_t interface_version;	/* XEN_MCA_INTERFACE_VERSION */
	union {
		xen_mc_fetch_t mc_fetch;
		xen_mc_notifydomain_t mc_notifydomain;
		xen_mc_physcpuinfo_t mc_physcpuinfo;
		xen_mc_msrinject_t mc_msrinject;
		xen_mc_mceinject_t mc_mceinject;
#if defined(__XEN__) || defined(__XEN_TOOLS__)
		xen_mc_inject_v2_t mc_inject_v2;
#endif
	} u;
};
typedef struct xen_mc xen_mc_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_t);

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_ARCH_X86_MCA_H__ */
