/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op(unsigned int cmd, void *args, unsigned int count): sharing of pages between
 * domains. args is an array of count structures of the command's type, done in order; each has its
 * own status (GNTST_*), the call itself failing only if the array cannot be used.
 *
 * A domain (the granter) writes entries into its grant table, pages it shares with the hypervisor;
 * the index of an entry is the reference it hands to a peer (the grantee), who may then map the
 * page or have it copied, knowing nothing of the machine address.
 *
 * To make an entry: write domid and frame, then (after a write barrier) flags. To end a
 * permit_access entry: compare-and-swap flags to 0, which must fail while reading or writing is
 * set, i.e. while it is mapped. To end an accept_transfer entry: the same, unless
 * transfer_committed is set; then wait for transfer_completed. Turning it read-only needs
 * compare-and-swap with writing clear.
 */
#ifndef __XEN_PUBLIC_GRANT_TABLE_H__
#define __XEN_PUBLIC_GRANT_TABLE_H__

#include "xen.h"

/* Index of an entry in the granter's table. */
typedef uint32_t grant_ref_t;

#if __XEN_INTERFACE_VERSION__ < 0x0003020a
#define grant_entry_v1 grant_entry
#define grant_entry_v1_t grant_entry_t
#endif

/* Version 1 of an entry: 32-bit frame numbers, the usual choice. */
struct grant_entry_v1 {
	uint16_t flags;		/* GTF_*; the guest's but for the status bits */
	domid_t domid;		/* grantee; the guest's */
	uint32_t frame;		/* GFN that is shared, or filled by a transfer (then its MFN) */
};
typedef struct grant_entry_v1 grant_entry_v1_t;

/* Entries that the toolstack may fill before a domain starts and that survive set_version. */
#define GNTTAB_NR_RESERVED_ENTRIES	8
#define GNTTAB_RESERVED_CONSOLE		0
#define GNTTAB_RESERVED_XENSTORE	1

/* An entry's type. */
#define GTF_invalid		(0U << 0)	/* grants nothing */
#define GTF_permit_access	(1U << 0)	/* grantee may map and copy frame */
#define GTF_accept_transfer	(2U << 0)	/* grantee may give a page to the granter */
#define GTF_transitive		(3U << 0)	/* v2: passes on another domain's grant, copy only */
#define GTF_type_mask		(3U << 0)

/* For permit_access and transitive. reading and writing are set by the hypervisor while in use. */
#define _GTF_readonly		(2)
#define GTF_readonly		(1U << _GTF_readonly)
#define _GTF_reading		(3)
#define GTF_reading		(1U << _GTF_reading)
#define _GTF_writing		(4)
#define GTF_writing		(1U << _GTF_writing)
/* Cache attributes that mappings shall have (x86). */
#define _GTF_PWT		(5)
#define GTF_PWT			(1U << _GTF_PWT)
#define _GTF_PCD		(6)
#define GTF_PCD			(1U << _GTF_PCD)
#define _GTF_PAT		(7)
#define GTF_PAT			(1U << _GTF_PAT)
/* v2: only a byte range is granted; may be copied, not mapped. */
#define _GTF_sub_page		(8)
#define GTF_sub_page		(1U << _GTF_sub_page)

/* For accept_transfer, set by the hypervisor: hands off; done, frame is valid. */
#define _GTF_transfer_committed	(2)
#define GTF_transfer_committed	(1U << _GTF_transfer_committed)
#define _GTF_transfer_completed	(3)
#define GTF_transfer_completed	(1U << _GTF_transfer_completed)

#if __XEN_INTERFACE_VERSION__ >= 0x0003020a

/* What both versions begin with. */
struct grant_entry_header {
	uint16_t flags;
	domid_t domid;
};
typedef struct grant_entry_header grant_entry_header_t;

/*
 * Version 2 of an entry: 64-bit frames, byte ranges, transitive grants. reading and writing live
 * in a separate status array (grant_status_t per entry), so that the granter needs no atomics.
 */
union grant_entry_v2 {
	grant_entry_header_t hdr;

	struct {
		grant_entry_header_t hdr;
		uint32_t pad0;
		uint64_t frame;
	} full_page;			/* as version 1 */

	struct {
		grant_entry_header_t hdr;
		uint16_t page_off;
		uint16_t length;
		uint64_t frame;
	} sub_page;			/* GTF_sub_page: length bytes from page_off */

	struct {
		grant_entry_header_t hdr;
		domid_t trans_domid;
		uint16_t pad0;
		grant_ref_t gref;
	} transitive;			/* GTF_transitive: gref of trans_domid */

	uint32_t __spacer[4];
};
typedef union grant_entry_v2 grant_entry_v2_t;

typedef uint16_t grant_status_t;

#endif

#define GNTTABOP_map_grant_ref		0
#define GNTTABOP_unmap_grant_ref	1
#define GNTTABOP_setup_table		2
#define GNTTABOP_dump_table		3
#define GNTTABOP_transfer		4
#define GNTTABOP_copy			5
#define GNTTABOP_query_size		6
#define GNTTABOP_unmap_and_replace	7
#if __XEN_INTERFACE_VERSION__ >= 0x0003020a
#define GNTTABOP_set_version		8
#define GNTTABOP_get_status_frames	9
#define GNTTABOP_get_version		10
#define GNTTABOP_swap_grant_ref		11
#define GNTTABOP_cache_flush		12
#endif

/* Names a mapping to its holder. */
typedef uint32_t grant_handle_t;

/*
 * Maps entry ref of dom as flags (GNTMAP_*) tell. host_addr is a virtual address that is mapped by
 * the current root table or, with contains_pte, the maddr of the L1 entry to use; for HVM callers a
 * guest-physical address. Must be undone by unmap, not by changing the page table.
 */
struct gnttab_map_grant_ref {
	uint64_t host_addr;		/* [in] */
	uint32_t flags;			/* [in] */
	grant_ref_t ref;		/* [in] */
	domid_t dom;			/* [in] */
	int16_t status;			/* [out] */
	grant_handle_t handle;		/* [out] */
	uint64_t dev_bus_addr;		/* [out] maddr of the page */
};
typedef struct gnttab_map_grant_ref gnttab_map_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_map_grant_ref_t);

/*
 * Ends the host and device mappings of a handle, each if its address is not 0. When the call
 * returns no TLB holds any of the batch's mappings.
 */
struct gnttab_unmap_grant_ref {
	uint64_t host_addr;		/* [in] as it was mapped, or 0 */
	uint64_t dev_bus_addr;		/* [in] as it was returned, or 0 */
	grant_handle_t handle;		/* [in] */
	int16_t status;			/* [out] */
};
typedef struct gnttab_unmap_grant_ref gnttab_unmap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_grant_ref_t);

/* Grows dom's table to at least nr_frames pages and lists the first nr_frames of them. */
struct gnttab_setup_table {
	domid_t dom;			/* [in] */
	uint32_t nr_frames;		/* [in] */
	int16_t status;			/* [out] */
#if __XEN_INTERFACE_VERSION__ < 0x00040300
	XEN_GUEST_HANDLE(ulong) frame_list;
#else
	XEN_GUEST_HANDLE(xen_pfn_t) frame_list;	/* [out] frame numbers */
#endif
};
typedef struct gnttab_setup_table gnttab_setup_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_setup_table_t);

/* Prints dom's table on the hypervisor's console, for debugging. */
struct gnttab_dump_table {
	domid_t dom;			/* [in] */
	int16_t status;			/* [out] */
};
typedef struct gnttab_dump_table gnttab_dump_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_dump_table_t);

/*
 * Gives a PV caller's page away through an accept_transfer entry of domid. The page is lost to the
 * caller even on errors, other than GNTST_bad_page.
 */
struct gnttab_transfer {
	xen_pfn_t mfn;			/* [in] */
	domid_t domid;			/* [in] */
	grant_ref_t ref;		/* [in] */
	int16_t status;			/* [out] */
};
typedef struct gnttab_transfer gnttab_transfer_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_transfer_t);

/* Which of the two ends of a copy are grant references (else frames, of the caller's own). */
#define _GNTCOPY_source_gref	(0)
#define GNTCOPY_source_gref	(1 << _GNTCOPY_source_gref)
#define _GNTCOPY_dest_gref	(1)
#define GNTCOPY_dest_gref	(1 << _GNTCOPY_dest_gref)

/* Copies len bytes from page to page; neither end may run past its page. */
struct gnttab_copy {
	struct gnttab_copy_ptr {
		union {
			grant_ref_t ref;
			xen_pfn_t gmfn;
		} u;
		domid_t domid;
		uint16_t offset;
	} source, dest;			/* [in] */
	uint16_t len;			/* [in] */
	uint16_t flags;			/* [in] GNTCOPY_* */
	int16_t status;			/* [out] */
};
typedef struct gnttab_copy gnttab_copy_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_copy_t);

/* The present and the greatest allowed size of dom's table. */
struct gnttab_query_size {
	domid_t dom;			/* [in] */
	uint32_t nr_frames;		/* [out] pages */
	uint32_t max_nr_frames;		/* [out] pages */
	int16_t status;			/* [out] */
};
typedef struct gnttab_query_size gnttab_query_size_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_query_size_t);

/*
 * Unmaps, atomically putting the mapping found at new_addr in its place (new_addr becomes
 * unmapped). Virtual addresses.
 */
struct gnttab_unmap_and_replace {
	uint64_t host_addr;		/* [in] */
	uint64_t new_addr;		/* [in] */
	grant_handle_t handle;		/* [in] */
	int16_t status;			/* [out] */
};
typedef struct gnttab_unmap_and_replace gnttab_unmap_and_replace_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_and_replace_t);

#if __XEN_INTERFACE_VERSION__ >= 0x0003020a

/* Chooses the caller's entry format, 1 or 2; nothing may be mapped. */
struct gnttab_set_version {
	uint32_t version;		/* [in] wanted, [out] in force */
};
typedef struct gnttab_set_version gnttab_set_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_set_version_t);

/* As setup_table, for the status array of version 2, without growing it. */
struct gnttab_get_status_frames {
	uint32_t nr_frames;		/* [in] */
	domid_t dom;			/* [in] */
	int16_t status;			/* [out] */
	XEN_GUEST_HANDLE(uint64_t) frame_list;	/* [out] */
};
typedef struct gnttab_get_status_frames gnttab_get_status_frames_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_status_frames_t);

/* The format dom uses. */
struct gnttab_get_version {
	domid_t dom;			/* [in] */
	uint16_t pad;
	uint32_t version;		/* [out] */
};
typedef struct gnttab_get_version gnttab_get_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_version_t);

/* Exchanges two unused entries of the caller's table. */
struct gnttab_swap_grant_ref {
	grant_ref_t ref_a;		/* [in] */
	grant_ref_t ref_b;		/* [in] */
	int16_t status;			/* [out] */
};
typedef struct gnttab_swap_grant_ref gnttab_swap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_swap_grant_ref_t);

/* Cache maintenance on part of a granted page (ARM). */
struct gnttab_cache_flush {
	union {
		uint64_t dev_bus_addr;
		grant_ref_t ref;
	} a;				/* [in] by SOURCE_GREF */
	uint16_t offset;		/* [in] bytes */
	uint16_t length;		/* [in] bytes */
#define GNTTAB_CACHE_CLEAN		(1u << 0)
#define GNTTAB_CACHE_INVAL		(1u << 1)
#define GNTTAB_CACHE_SOURCE_GREF	(1u << 31)
	uint32_t op;			/* [in] GNTTAB_CACHE_* */
};
typedef struct gnttab_cache_flush gnttab_cache_flush_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_cache_flush_t);

#endif

/* gnttab_map_grant_ref.flags. */
#define _GNTMAP_device_map	(0)	/* for DMA */
#define GNTMAP_device_map	(1 << _GNTMAP_device_map)
#define _GNTMAP_host_map	(1)	/* for the CPUs */
#define GNTMAP_host_map		(1 << _GNTMAP_host_map)
#define _GNTMAP_readonly	(2)
#define GNTMAP_readonly		(1 << _GNTMAP_readonly)
#define _GNTMAP_application_map	(3)	/* host_map: user mode may access it too */
#define GNTMAP_application_map	(1 << _GNTMAP_application_map)
#define _GNTMAP_contains_pte	(4)	/* host_addr is the maddr of a page-table entry */
#define GNTMAP_contains_pte	(1 << _GNTMAP_contains_pte)
/* Bits for the software-available part of the entry, if XENFEAT_gnttab_map_avail_bits. */
#define _GNTMAP_guest_avail0	(16)
#define GNTMAP_guest_avail_mask	((uint32_t)~0 << _GNTMAP_guest_avail0)

/* Status values. */
#define GNTST_okay		(0)
#define GNTST_general_error	(-1)
#define GNTST_bad_domain	(-2)
#define GNTST_bad_gntref	(-3)
#define GNTST_bad_handle	(-4)
#define GNTST_bad_virt_addr	(-5)
#define GNTST_bad_dev_addr	(-6)
#define GNTST_no_device_space	(-7)	/* IOMMU */
#define GNTST_permission_denied	(-8)
#define GNTST_bad_page		(-9)
#define GNTST_bad_copy_arg	(-10)	/* crosses a page end */
#define GNTST_address_too_big	(-11)	/* MFN does not fit the entry */
#define GNTST_eagain		(-12)	/* page is paged out; repeat */
#define GNTST_no_space		(-13)	/* out of handles or tracking memory */

/* Initialiser for an array of texts, indexed by -status. */
#define GNTTABOP_error_msgs {				\
		"success",				\
		"unspecified failure",			\
		"no such domain",			\
		"grant reference not usable",		\
		"grant handle not usable",		\
		"virtual address not usable",		\
		"device address not usable",		\
		"I/O MMU has no room",			\
		"not permitted",			\
		"page not usable",			\
		"copy runs past its page",		\
		"page lies too high",			\
		"not done yet, repeat",			\
		"out of handles or memory",		\
	}

#endif /* __XEN_PUBLIC_GRANT_TABLE_H__ */
