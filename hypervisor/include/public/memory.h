/* SPDX-License-Identifier: MIT */
/*
 * memory_op(unsigned int cmd, void *arg): how much memory a domain has, and where.
 *
 * Bits 5:0 of cmd are the operation; the hypervisor uses the bits above to resume an operation
 * it had to interrupt. Where a structure names a domain, DOMID_SELF is the caller; others need
 * control over that domain. An extent is 2^extent_order pages, naturally aligned.
 */
#ifndef __XEN_PUBLIC_MEMORY_H__
#define __XEN_PUBLIC_MEMORY_H__

#include "xen.h"
#include "physdev.h"

/*
 * All three take xen_memory_reservation and return the number of extents done.
 * increase: new memory nobody refers to yet; decrease: gives memory back; populate: new memory at
 * given frame numbers, with M2P (and for translated guests P2M) entries.
 */
#define XENMEM_increase_reservation	0
#define XENMEM_decrease_reservation	1
#define XENMEM_populate_physmap		6

#if __XEN_INTERFACE_VERSION__ >= 0x00030209
/* mem_flags: bits 7:0 address width the memory must fit in (0: any), 15:8 NUMA node + 1. */
#define XENMEMF_address_bits(x)		(x)
#define XENMEMF_get_address_bits(x)	((x) & 0xffu)
#define XENMEMF_node(x)			(((x) + 1) << 8)
#define XENMEMF_get_node(x)		((((x) >> 8) - 1) & 0xffu)
#define XENMEMF_populate_on_demand	(1 << 16)	/* only reserve, fill on first access */
#define XENMEMF_exact_node_request	(1 << 17)	/* fail rather than use another node */
#define XENMEMF_exact_node(n)		(XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode			(1 << 18)	/* the node is a virtual one */
#endif

struct xen_memory_reservation {
	/*
	 * First frames of the extents. increase: [out] MFNs. decrease: [in] frames to free.
	 * populate: [in] GFNs to fill, [out] MFNs put there (PV). claim_pages: NULL.
	 */
	XEN_GUEST_HANDLE(xen_pfn_t) extent_start;
	xen_ulong_t nr_extents;		/* [in] */
	unsigned int extent_order;	/* [in] */
#if __XEN_INTERFACE_VERSION__ >= 0x00030209
	unsigned int mem_flags;		/* [in] XENMEMF_* */
#else
	unsigned int address_bits;
#endif
	domid_t domid;			/* [in] */
};
typedef struct xen_memory_reservation xen_memory_reservation_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_reservation_t);

/*
 * PV only: trades the pages of in for as many new ones in the extents of out, one extent (of the
 * larger order) at a time. Domains and total sizes must agree, the lists must not overlap.
 */
#define XENMEM_exchange 11
struct xen_memory_exchange {
	struct xen_memory_reservation in;	/* [in] frames given up */
	struct xen_memory_reservation out;	/* [in] PFNs to fill, [out] MFNs received */
	xen_ulong_t nr_exchanged;		/* [in] 0, [out] extents of in that are gone */
};
typedef struct xen_memory_exchange xen_memory_exchange_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_exchange_t);

/* Returns the highest MFN of RAM in the host; no arg. */
#define XENMEM_maximum_ram_page 2

/* The next three return a number about this domain. */
struct xen_memory_domain {
	domid_t domid;			/* [in] */
};
#define XENMEM_current_reservation	3	/* pages it has */
#define XENMEM_maximum_reservation	4	/* pages it may have */
#define XENMEM_maximum_gpfn		14	/* the highest GFN it uses */

/* Lists the first MFN of every 2 MiB of the M2P table, 0 for holes in it. */
#define XENMEM_machphys_mfn_list 5
struct xen_machphys_mfn_list {
	unsigned int max_extents;			/* [in] room in the list */
	XEN_GUEST_HANDLE(xen_pfn_t) extent_start;	/* [out] */
	unsigned int nr_extents;			/* [out] entries written */
};
typedef struct xen_machphys_mfn_list xen_machphys_mfn_list_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mfn_list_t);

/* The same for the M2P table that 32-bit guests see. */
#define XENMEM_machphys_compat_mfn_list 25

/* Where the M2P table is in the caller's address space. */
#define XENMEM_machphys_mapping 12
struct xen_machphys_mapping {
	xen_ulong_t v_start, v_end;	/* [out] virtual addresses */
	xen_ulong_t max_mfn;		/* [out] last entry */
};
typedef struct xen_machphys_mapping xen_machphys_mapping_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mapping_t);

/* What add_to_physmap can put into a guest's physical space. */
#define XENMAPSPACE_shared_info		0
#define XENMAPSPACE_grant_table		1	/* idx: page of it, see XENMAPIDX_* */
#define XENMAPSPACE_gmfn		2	/* idx: GFN that moves */
#define XENMAPSPACE_gmfn_range		3	/* as gmfn, size pages; not in batches */
#define XENMAPSPACE_gmfn_foreign	4	/* idx: GFN of another domain; in batches only */
#define XENMAPSPACE_dev_mmio		5	/* ARM */

/* Makes a page appear at gpfn of a translated domain. */
#define XENMEM_add_to_physmap 7
struct xen_add_to_physmap {
	domid_t domid;			/* [in] */
	uint16_t size;			/* [in] pages, for gmfn_range */
	unsigned int space;		/* [in] XENMAPSPACE_* */
#define XENMAPIDX_grant_table_status 0x80000000	/* the version 2 status pages */
	xen_ulong_t idx;		/* [in] which page of the space */
	xen_pfn_t gpfn;			/* [in] */
};
typedef struct xen_add_to_physmap xen_add_to_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_t);

#define XENMEM_add_to_physmap_batch 23
struct xen_add_to_physmap_batch {
	domid_t domid;			/* [in] */
	uint16_t space;			/* [in] XENMAPSPACE_* */
	uint16_t size;			/* [in] entries in the arrays */
#if __XEN_INTERFACE_VERSION__ < 0x00040700
	domid_t foreign_domid;
#else
	union xen_add_to_physmap_batch_extra {
		domid_t foreign_domid;	/* gmfn_foreign: owner of the pages */
		uint16_t res0;		/* others: 0 */
	} u;				/* [in] */
#endif
	XEN_GUEST_HANDLE(xen_ulong_t) idxs;	/* [in] */
	XEN_GUEST_HANDLE(xen_pfn_t) gpfns;	/* [in] */
	XEN_GUEST_HANDLE(int) errs;		/* [out] 0 or -errno per entry */
};
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_batch_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_batch_t);

#if __XEN_INTERFACE_VERSION__ < 0x00040400
#define XENMEM_add_to_physmap_range XENMEM_add_to_physmap_batch
#define xen_add_to_physmap_range xen_add_to_physmap_batch
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_range_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_range_t);
#endif

/* Empties a slot of a translated domain's physical space. */
#define XENMEM_remove_from_physmap 15
struct xen_remove_from_physmap {
	domid_t domid;			/* [in] */
	xen_pfn_t gpfn;			/* [in] */
};
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_remove_from_physmap_t);

/* Number 8 is retired. */

/* The caller's physical memory map, as e820 entries. */
#define XENMEM_memory_map 9
struct xen_memory_map {
	unsigned int nr_entries;	/* [in] room, [out] entries written */
	XEN_GUEST_HANDLE(void) buffer;	/* [out] */
};
typedef struct xen_memory_map xen_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_map_t);

/* The host's, for the control domain; with a NULL buffer only the number of entries. */
#define XENMEM_machine_memory_map 10

/* Sets what another domain's XENMEM_memory_map returns. */
#define XENMEM_set_memory_map 13
struct xen_foreign_memory_map {
	domid_t domid;			/* [in] */
	struct xen_memory_map map;	/* [in] */
};
typedef struct xen_foreign_memory_map xen_foreign_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_foreign_memory_map_t);

/* Populate on demand: memory target of an HVM domain. Counts are pages. */
#define XENMEM_set_pod_target 16
#define XENMEM_get_pod_target 17
struct xen_pod_target {
	uint64_t target_pages;		/* [in] of set */
	uint64_t tot_pages;		/* [out] */
	uint64_t pod_cache_pages;	/* [out] */
	uint64_t pod_entries;		/* [out] slots not yet filled */
	domid_t domid;			/* [in] */
};
typedef struct xen_pod_target xen_pod_target_t;

#if defined(__XEN__) || defined(__XEN_TOOLS__)

#ifndef uint64_aligned_t
#define uint64_aligned_t uint64_t
#endif

/* Return pages saved by sharing, and pages that are shared, in the whole host. */
#define XENMEM_get_sharing_freed_pages 18
#define XENMEM_get_sharing_shared_pages 19

/* Paging of a guest's memory by a tool. */
#define XENMEM_paging_op		20
#define XENMEM_paging_op_nominate	0
#define XENMEM_paging_op_evict		1
#define XENMEM_paging_op_prep		2
struct xen_mem_paging_op {
	uint8_t op;			/* [in] XENMEM_paging_op_* */
	domid_t domain;			/* [in] */
	XEN_GUEST_HANDLE_64(const_uint8) buffer;	/* [in] prep: contents of the page */
	uint64_aligned_t gfn;		/* [in] */
};
typedef struct xen_mem_paging_op xen_mem_paging_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_paging_op_t);

/* Access rights that a monitoring tool puts on a guest's pages. Numbers 2 and 3 are retired. */
#define XENMEM_access_op		21
#define XENMEM_access_op_set_access	0
#define XENMEM_access_op_get_access	1
#define XENMEM_access_op_set_access_multi 4

typedef enum {
	XENMEM_access_n,
	XENMEM_access_r,
	XENMEM_access_w,
	XENMEM_access_rw,
	XENMEM_access_x,
	XENMEM_access_rx,
	XENMEM_access_wx,
	XENMEM_access_rwx,
	XENMEM_access_rx2rw,	/* rx until written, then rw */
	XENMEM_access_n2rwx,	/* n until touched, then rwx; the event does not stop the vCPU */
	XENMEM_access_default	/* whatever the domain's default is */
} xenmem_access_t;

struct xen_mem_access_op {
	uint8_t op;			/* [in] XENMEM_access_op_* */
	uint8_t access;			/* [in] of set, [out] of get: xenmem_access_t */
	domid_t domid;			/* [in] */
	uint32_t nr;			/* [in] set: pages; multi: length of the lists */
	uint64_aligned_t pfn;		/* [in] first page; ~0 for the domain's default */
	XEN_GUEST_HANDLE(const_uint64) pfn_list;	/* [in] multi */
	XEN_GUEST_HANDLE(const_uint8) access_list;	/* [in] multi */
};
typedef struct xen_mem_access_op xen_mem_access_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_access_op_t);

/* Sharing of equal pages between domains, and forks of whole domains. */
#define XENMEM_sharing_op		22
#define XENMEM_sharing_op_nominate_gfn	0
#define XENMEM_sharing_op_nominate_gref	1
#define XENMEM_sharing_op_share		2
#define XENMEM_sharing_op_debug_gfn	3
#define XENMEM_sharing_op_debug_mfn	4
#define XENMEM_sharing_op_debug_gref	5
#define XENMEM_sharing_op_add_physmap	6
#define XENMEM_sharing_op_audit		7
#define XENMEM_sharing_op_range_share	8
#define XENMEM_sharing_op_fork		9
#define XENMEM_sharing_op_fork_reset	10

/* Returned when the source's or the client's handle is stale. */
#define XENMEM_SHARING_OP_S_HANDLE_INVALID (-10)
#define XENMEM_SHARING_OP_C_HANDLE_INVALID (-9)

/* A gfn field of share may hold a grant reference instead, marked by this bit. */
#define XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG (xen_mk_ullong(1) << 62)
#define XENMEM_SHARING_OP_FIELD_MAKE_GREF(field, val) \
	((field) = (XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG | (val)))
#define XENMEM_SHARING_OP_FIELD_IS_GREF(field) ((field) & XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG)
#define XENMEM_SHARING_OP_FIELD_GET_GREF(field) ((field) & ~XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG)

struct xen_mem_sharing_op {
	uint8_t op;			/* [in] XENMEM_sharing_op_* */
	domid_t domain;			/* [in] */

	union {
		struct mem_sharing_op_nominate {
			union {
				uint64_aligned_t gfn;		/* [in] */
				uint32_t grant_ref;		/* [in] */
			} u;
			uint64_aligned_t handle;		/* [out] for share */
		} nominate;
		struct mem_sharing_op_share {			/* also add_physmap */
			uint64_aligned_t source_gfn;		/* [in] */
			uint64_aligned_t source_handle;		/* [in] */
			uint64_aligned_t client_gfn;		/* [in] */
			uint64_aligned_t client_handle;		/* [in] */
			domid_t client_domain;			/* [in] */
		} share;
		struct mem_sharing_op_range {
			uint64_aligned_t first_gfn;		/* [in] */
			uint64_aligned_t last_gfn;		/* [in] included */
			uint64_aligned_t opaque;		/* [in] 0; restart cursor */
			domid_t client_domain;			/* [in] */
			uint16_t _pad[3];			/* [in] 0 */
		} range;
		struct mem_sharing_op_debug {
			union {
				uint64_aligned_t gfn;		/* [in] */
				uint64_aligned_t mfn;		/* [in] */
				uint32_t gref;			/* [in] */
			} u;
		} debug;
		struct mem_sharing_op_fork {			/* also fork_reset */
			domid_t parent_domain;			/* [in] */
#define XENMEM_FORK_WITH_IOMMU_ALLOWED	(1u << 0)
#define XENMEM_FORK_BLOCK_INTERRUPTS	(1u << 1)
#define XENMEM_FORK_RESET_STATE		(1u << 2)
#define XENMEM_FORK_RESET_MEMORY	(1u << 3)
			uint16_t flags;				/* [in] XENMEM_FORK_* */
			uint32_t pad;				/* [in] 0 */
		} fork;
	} u;
};
typedef struct xen_mem_sharing_op xen_mem_sharing_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_sharing_op_t);

/*
 * Sets aside free memory for a domain before it is populated, so that a later shortage shows now:
 * xen_memory_reservation with order 0 and nr_extents the domain's intended total in pages. The
 * claim shrinks as memory is allocated; 0 drops it.
 */
#define XENMEM_claim_pages 24

/* Ranges of physical space that legacy devices need and a guest's RAM should avoid. */
#define XENMEM_reserved_device_memory_map 27
struct xen_reserved_device_memory {
	xen_pfn_t start_pfn;
	xen_ulong_t nr_pages;
};
typedef struct xen_reserved_device_memory xen_reserved_device_memory_t;
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory_t);

struct xen_reserved_device_memory_map {
#define XENMEM_RDM_ALL 1
	uint32_t flags;			/* [in] XENMEM_RDM_ALL: of every device */
	unsigned int nr_entries;	/* [in] room, [out] entries; -ERANGE if short of room */
	XEN_GUEST_HANDLE(xen_reserved_device_memory_t) buffer;	/* [out] */
	union {
		physdev_pci_device_t pci;
	} dev;				/* [in] of this device only */
};
typedef struct xen_reserved_device_memory_map xen_reserved_device_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory_map_t);

#endif /* __XEN__ || __XEN_TOOLS__ */

/*
 * Lets a tool map pages that the hypervisor keeps for a domain. A PV caller receives MFNs in
 * frame_list; an HVM one puts GFNs there at which the pages then appear. With nr_frames 0 and no
 * list it returns the size. -EIO: some of the GFNs were filled and the caller must empty them.
 */
#define XENMEM_acquire_resource 28
struct xen_mem_acquire_resource {
	domid_t domid;			/* [in] owner */
	uint16_t type;			/* [in] XENMEM_resource_* */
#define XENMEM_resource_ioreq_server	0	/* id: the server */
#define XENMEM_resource_grant_table	1	/* id: below */
#define XENMEM_resource_vmtrace_buf	2	/* id: the vCPU */
	uint32_t id;			/* [in] */
#define XENMEM_resource_grant_table_id_shared	0
#define XENMEM_resource_grant_table_id_status	1
	uint32_t nr_frames;		/* [in], [out] if 0; changes while in progress */
	uint32_t pad;			/* [in] 0 */
	uint64_t frame;			/* [in] first page; changes while in progress */
#define XENMEM_resource_ioreq_server_frame_bufioreq 0
#define XENMEM_resource_ioreq_server_frame_ioreq(n) (1 + (n))
	XEN_GUEST_HANDLE(xen_pfn_t) frame_list;	/* [in/out] */
};
typedef struct xen_mem_acquire_resource xen_mem_acquire_resource_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_acquire_resource_t);

/* The caller's virtual NUMA layout. */
#define XENMEM_get_vnumainfo 26

struct xen_vmemrange {
	uint64_t start, end;		/* guest-physical bytes, end not included */
	unsigned int flags;
	unsigned int nid;		/* virtual node */
};
typedef struct xen_vmemrange xen_vmemrange_t;
DEFINE_XEN_GUEST_HANDLE(xen_vmemrange_t);

struct xen_vnuma_topology_info {
	domid_t domid;			/* [in] */
	uint16_t pad;
	/* [in] room in the arrays, [out] entries; -ENOBUFS if short of room */
	unsigned int nr_vnodes;
	unsigned int nr_vcpus;
	unsigned int nr_vmemranges;
	/* [out] */
	union {
		XEN_GUEST_HANDLE(uint) h;
		uint64_t pad;
	} vdistance;			/* nr_vnodes squared */
	union {
		XEN_GUEST_HANDLE(uint) h;
		uint64_t pad;
	} vcpu_to_vnode;		/* nr_vcpus */
	union {
		XEN_GUEST_HANDLE(xen_vmemrange_t) h;
		uint64_t pad;
	} vmemrange;			/* nr_vmemranges */
};
typedef struct xen_vnuma_topology_info xen_vnuma_topology_info_t;
DEFINE_XEN_GUEST_HANDLE(xen_vnuma_topology_info_t);

#endif /* __XEN_PUBLIC_MEMORY_H__ */
