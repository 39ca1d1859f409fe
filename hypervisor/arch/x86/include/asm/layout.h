/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's virtual address space. Slots are top-level page-table entries (512 GiB each).
 * 256..271 belong to the hypervisor (the ABI promises guests the rest, HYPERVISOR_VIRT_START/END).
 *
 *   256  0xffff800000000000  machine-to-phys table, readable by guests
 *   257  0xffff808000000000  the same table, writable by the hypervisor only
 *   258  0xffff810000000000  frame table: struct page per frame
 *   259  0xffff818000000000  ioremap space (uncached device mappings), then vmap
 *   260  0xffff820000000000  per-domain mappings: each vCPU's GDT and LDT
 *   261  0xffff82d080000000  hypervisor image and entry stubs
 *   262+ 0xffff830000000000  direct map of all RAM, up to 5 TiB
 */
#ifndef ASM_LAYOUT_H
#define ASM_LAYOUT_H

#ifdef __ASSEMBLER__
#define _UL(x) x
#else
#include <public/xen.h> /* FIRST_RESERVED_GDT_PAGE, _ENTRY */
#define _UL(x) x##UL
#endif

#define HV_SLOT_FIRST 256
#define HV_SLOT_END   272 /* one past */

#define HV_VIRT_START	   _UL(0xffff800000000000)
#define HV_VIRT_END	   _UL(0xffff880000000000)
#define HV_VIRT_SHIFT	   43 /* log2 of its size, of which it is a multiple */
#define RO_MPT_VIRT_START  _UL(0xffff800000000000)
#define RO_MPT_VIRT_END	   _UL(0xffff804000000000)
#define RW_MPT_VIRT_START  _UL(0xffff808000000000)
#define FRAMETABLE_START   _UL(0xffff810000000000)
#define IOREMAP_START	   _UL(0xffff818000000000)
#define IOREMAP_END	   _UL(0xffff81c000000000)
#define PERDOMAIN_START	   _UL(0xffff820000000000)
#define HV_IMAGE_BASE	   _UL(0xffff82d080000000)
#define DIRECTMAP_START	   _UL(0xffff830000000000)
#define DIRECTMAP_END	   _UL(0xffff880000000000)

#define HV_LOAD_PHYS _UL(0x200000) /* where the boot loader puts the image */

/* Per-vCPU slice of the per-domain area: 16 pages of GDT, 16 of LDT. */
#define GDT_LDT_PAGES	     32
#define GDT_VIRT_START(vcpu) (PERDOMAIN_START + (uint64_t)(vcpu)*GDT_LDT_PAGES * 4096)
#define LDT_VIRT_START(vcpu) (GDT_VIRT_START(vcpu) + 16 * 4096)

/* GDT slots of the hypervisor (page 14 of each GDT), fixed by the ABI for guests. */
#define HV_CS	     0xe008
#define HV_DS	     0xe010
#define RING3_CS32   0xe023
#define RING3_DS     0xe02b
#define RING3_CS64   0xe033
#define TSS_SELECTOR 0xe040 /* 16 bytes */
#define LDT_SELECTOR 0xe050 /* 16 bytes */

/* One block per CPU: IST stacks, then the primary stack with struct cpu_info on top. */
#define STACK_ORDER 3
#define STACK_SIZE  (4096 << STACK_ORDER)
#define IST_NMI 1
#define IST_MCE 2
#define IST_DF	3
#define IST_DB	4

#endif
