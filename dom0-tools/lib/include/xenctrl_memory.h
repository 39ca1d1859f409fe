/* SPDX-License-Identifier: MIT */
/*
 * libxenctrl: domains' memory: how much, where, of which type, and access to it. Include
 * <xenctrl.h>.
 */
#ifndef XENCTRL_MEMORY_H
#define XENCTRL_MEMORY_H

/* The most it may have. */
int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb);
/* Makes a memory map of one piece of RAM. */
int xc_domain_set_memmap_limit(xc_interface *xch, uint32_t domid, unsigned long map_limitkb);

#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5
#define E820MAX	      128
struct e820entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));
/* The memory map the guest is told. */
int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
			     uint32_t nr_entries);
/* The host's. Returns the number of entries. */
int xc_get_machine_memory_map(xc_interface *xch, struct e820entry entries[], uint32_t max_entries);
/*
 * Ranges devices need untouched: of all (flags XENMEM_RDM_ALL) or of one. *max_entries: [in] room,
 * [out] entries. ENOBUFS: the room needed is in *max_entries.
 */
int xc_reserved_device_memory_map(xc_interface *xch, uint32_t flags, uint16_t seg, uint8_t bus,
				  uint8_t devfn, struct xen_reserved_device_memory entries[],
				  uint32_t *max_entries);

/*
 * Memory in extents of 2^extent_order pages; mem_flags are XENMEMF_*. increase: new frames, listed
 * in extent_start unless that is NULL. decrease: gives back the frames listed. populate: puts new
 * memory at the GFNs listed; for PV domains the list becomes that of MFNs.
 * The plain functions return how many extents they did. The exact ones fail unless that is all,
 * with EBUSY, and say so; what was done is not undone.
 */
int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
				   unsigned int extent_order, unsigned int mem_flags,
				   xen_pfn_t *extent_start);
int xc_domain_increase_reservation_exact(xc_interface *xch, uint32_t domid,
					 unsigned long nr_extents, unsigned int extent_order,
					 unsigned int mem_flags, xen_pfn_t *extent_start);
int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
				   unsigned int extent_order, xen_pfn_t *extent_start);
int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
					 unsigned long nr_extents, unsigned int extent_order,
					 xen_pfn_t *extent_start);
int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
			       unsigned int extent_order, unsigned int mem_flags,
			       xen_pfn_t *extent_start);
int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
				     unsigned int extent_order, unsigned int mem_flags,
				     xen_pfn_t *extent_start);
/* Sets nr_pages aside for the domain's total; 0 gives the claim up. ENOMEM: not as many free. */
int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages);
/* Trades frames (PV). ENOMEM also if only a part of them could be exchanged. */
int xc_domain_memory_exchange_pages(xc_interface *xch, uint32_t domid, unsigned long nr_in_extents,
				    unsigned int in_order, xen_pfn_t *in_extents,
				    unsigned long nr_out_extents, unsigned int out_order,
				    xen_pfn_t *out_extents);
/* Memory of HVM domains that is filled on first access. Results may be NULL. */
int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t target_pages,
			     uint64_t *tot_pages, uint64_t *pod_cache_pages, uint64_t *pod_entries);
int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid, uint64_t *tot_pages,
			     uint64_t *pod_cache_pages, uint64_t *pod_entries);

/* Changes of an HVM domain's physical space; space is XENMAPSPACE_*. */
int xc_domain_add_to_physmap(xc_interface *xch, uint32_t domid, unsigned int space,
			     unsigned long idx, xen_pfn_t gpfn);
/* errs: 0 or a negative errno each. size at most 65535. */
int xc_domain_add_to_physmap_batch(xc_interface *xch, uint32_t domid, uint32_t foreign_domid,
				   unsigned int space, unsigned int size, xen_ulong_t *idxs,
				   xen_pfn_t *gfpns, int *errs);
int xc_domain_remove_from_physmap(xc_interface *xch, uint32_t domid, xen_pfn_t gpfn);

/* The highest GFN in use, and one more than that. */
int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns);
int xc_domain_nr_gpfns(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns);
/* Pages it has; -1 on failure. */
long xc_get_tot_pages(xc_interface *xch, uint32_t domid);
/* The host's highest MFN of RAM. */
int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn);
/* The first MFN of every 2 MiB of the machine-to-physical table. */
int xc_machphys_mfn_list(xc_interface *xch, unsigned long max_extents, xen_pfn_t *extent_start);
/* Free memory between two address widths (0: any) on a node (-1: all), in bytes. */
int xc_availheap(xc_interface *xch, int min_width, int max_width, int node, uint64_t *bytes);
/* Pages saved by sharing, and pages shared. */
long xc_sharing_freed_pages(xc_interface *xch);
long xc_sharing_used_frames(xc_interface *xch);

/* A virtual NUMA layout. Get: counts are [in] room, [out] numbers. */
int xc_domain_setvnuma(xc_interface *xch, uint32_t domid, uint32_t nr_vnodes, uint32_t nr_regions,
		       uint32_t nr_vcpus, xen_vmemrange_t *vmemrange, unsigned int *vdistance,
		       unsigned int *vcpu_to_vnode, unsigned int *vnode_to_pnode);
int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes,
		       uint32_t *nr_vmemranges, uint32_t *nr_vcpus, xen_vmemrange_t *vmemrange,
		       unsigned int *vdistance, unsigned int *vcpu_to_vnode);

/*
 * Mappings of a domain's frames; undo with munmap(). NULL with errno on any failure; `size` is
 * rounded up to pages. The bulk one fills err with 0 or a negative errno per frame instead. The
 * ranges one maps each entry's mfn for chunksize bytes, one after the other.
 */
void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn);
void *xc_map_foreign_pages(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr,
			   int num);
void *xc_map_foreign_bulk(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr, int *err,
			  unsigned int num);
struct privcmd_mmap_entry;
void *xc_map_foreign_ranges(xc_interface *xch, uint32_t dom, size_t size, int prot,
			    size_t chunksize, struct privcmd_mmap_entry *entries, int nentries);
/* One page written, or `num` pages zeroed. */
int xc_copy_to_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn,
			   const char *src_page);
int xc_clear_domain_pages(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, int num);
static inline int xc_clear_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn)
{
	return xc_clear_domain_pages(xch, domid, dst_pfn, 1);
}
/* Each GFN becomes its XEN_DOMCTL_PFINFO_* type. At most 1024 at once are asked for inside. */
int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom, unsigned int num, xen_pfn_t *arr);
/*
 * The frame behind a virtual address, by the guest's page tables; 0 if there is none or they
 * cannot be read.
 */
unsigned long xc_translate_foreign_address(xc_interface *xch, uint32_t dom, int vcpu,
					   unsigned long long virt);

/* PV page tables: pins and the like; ptr | MMU_* and val for as many as fill a batch. */
int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr_ops, uint32_t dom);
struct xc_mmu;	/* free() it */
struct xc_mmu *xc_alloc_mmu_updates(xc_interface *xch, unsigned int subject);
int xc_add_mmu_update(xc_interface *xch, struct xc_mmu *mmu, unsigned long long ptr,
		      unsigned long long val);
int xc_flush_mmu_updates(xc_interface *xch, struct xc_mmu *mmu);
/* A page table's frame that a 32-bit guest can name; returns the MFN, 0 on failure. */
unsigned long xc_make_page_below_4G(xc_interface *xch, uint32_t domid, unsigned long mfn);

/* Logging of dirty pages; sop is XEN_DOMCTL_SHADOW_OP_*. mb is [in/out] of the allocation ops. */
typedef struct xen_domctl_shadow_op_stats xc_shadow_op_stats_t;
int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop, unsigned int *mb,
		      unsigned int mode);
/* CLEAN and PEEK, into a hypercall buffer of `pages` bits. Returns the bits written. */
long long xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned int sop,
			      xc_hypercall_buffer_t *dirty_bitmap, unsigned long pages,
			      unsigned int mode, xc_shadow_op_stats_t *stats);
/* Memory for an HVM domain's page tables, in bytes. */
int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t *size);
int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size);
int xc_domain_p2m_audit(xc_interface *xch, uint32_t domid, uint64_t *orphans, uint64_t *m2p_bad,
			uint64_t *p2m_bad);
int xc_set_broken_page_p2m(xc_interface *xch, uint32_t domid, unsigned long pfn);
int xc_domain_set_access_required(xc_interface *xch, uint32_t domid, unsigned int required);
int xc_domain_cacheflush(xc_interface *xch, uint32_t domid, xen_pfn_t start_pfn,
			 xen_pfn_t nr_pfns);

/* Grant tables. op: an array of `count` structures of op_size bytes each, [in/out]. */
int xc_gnttab_op(xc_interface *xch, int cmd, void *op, int op_size, int count);
/* Look at query->status too. */
int xc_gnttab_query_size(xc_interface *xch, struct gnttab_query_size *query);
/* 1 or 2. */
int xc_gnttab_get_version(xc_interface *xch, uint32_t domid);
/* A domain's table, read-only; *gnt_num entries; undo with munmap(). */
grant_entry_v1_t *xc_gnttab_map_table_v1(xc_interface *xch, uint32_t domid, int *gnt_num);
grant_entry_v2_t *xc_gnttab_map_table_v2(xc_interface *xch, uint32_t domid, int *gnt_num);
/*
 * Writes a new domain's reserved grants, by which its console and store pages are mapped. A frame
 * of -1 is left out. Not in Debian's libxenctrl but in its libxenguest.
 */
int xc_dom_gnttab_seed(xc_interface *xch, uint32_t guest_domid, bool is_hvm, xen_pfn_t console_gfn,
		       xen_pfn_t xenstore_gfn, uint32_t console_domid, uint32_t xenstore_domid);

#endif
