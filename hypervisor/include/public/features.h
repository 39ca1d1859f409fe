/* SPDX-License-Identifier: MIT */
/*
 * Feature bits: bit n % 32 of submap n / 32 as returned by XENVER_get_features. Kernels name them,
 * without the prefix, in XEN_ELFNOTE_FEATURES (joined by "|", "!" marks a must), or give the bits
 * in XEN_ELFNOTE_SUPPORTED_FEATURES, where XENFEAT_dom0 says that the kernel can be Dom0.
 */
#ifndef __XEN_PUBLIC_FEATURES_H__
#define __XEN_PUBLIC_FEATURES_H__

#define XENFEAT_writable_page_tables		0	/* page tables may stay writable */
#define XENFEAT_writable_descriptor_tables	1	/* GDT and LDT frames too */
#define XENFEAT_auto_translated_physmap		2	/* the guest sees GFNs, never MFNs */
#define XENFEAT_supervisor_mode_kernel		3	/* the kernel runs in ring 0 */
#define XENFEAT_pae_pgdir_above_4gb		4	/* no 4 GiB limit for PAE roots */
#define XENFEAT_mmu_pt_update_preserve_ad	5	/* MMU_PT_UPDATE_PRESERVE_AD exists */
#define XENFEAT_highmem_assist			6	/* MMUEXT_CLEAR_PAGE, COPY_PAGE exist */
#define XENFEAT_gnttab_map_avail_bits		7	/* GNTMAP_guest_avail_mask is honoured */
#define XENFEAT_hvm_callback_vector		8	/* HVM: upcall by IDT vector */
#define XENFEAT_hvm_safe_pvclock		9	/* HVM: vcpu_time_info is reliable */
#define XENFEAT_hvm_pirqs			10	/* HVM: physical IRQs over event channels */
#define XENFEAT_dom0				11	/* can be the control domain */
/* 12 was an ARM grant mapping mode, retired. */
#define XENFEAT_memory_op_vnode_supported	13	/* XENMEMF_vnode is understood */
#define XENFEAT_ARM_SMCCC_supported		14	/* ARM: SMC calling convention */
#define XENFEAT_linux_rsdp_unrestricted		15	/* PVH Linux: RSDP may be above 1 MiB */
/* Whether GFN equals MFN; at most one of the two is set, neither by old hypervisors. */
#define XENFEAT_not_direct_mapped		16
#define XENFEAT_direct_mapped			17

#define XENFEAT_NR_SUBMAPS 1

#endif /* __XEN_PUBLIC_FEATURES_H__ */
