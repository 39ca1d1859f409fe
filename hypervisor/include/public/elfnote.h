/* SPDX-License-Identifier: MIT */
/*
 * ELF notes (owner "Xen") by which a kernel tells the domain builder what it is and wants.
 * "number" is 4 or 8 bytes by the note's size, "string" is NUL-terminated. The comments give the
 * key of the older "__xen_guest" string where there was one.
 */
#ifndef __XEN_PUBLIC_ELFNOTE_H__
#define __XEN_PUBLIC_ELFNOTE_H__

#define XEN_ELFNOTE_INFO		0	/* string: any NAME=VALUE */
#define XEN_ELFNOTE_ENTRY		1	/* number: virtual entry point (VIRT_ENTRY) */
#define XEN_ELFNOTE_HYPERCALL_PAGE	2	/* number: virtual address of the page to fill
						   (HYPERCALL_PAGE, there a page number) */
#define XEN_ELFNOTE_VIRT_BASE		3	/* number: virtual address of PFN 0, default 0
						   (VIRT_BASE) */
#define XEN_ELFNOTE_PADDR_OFFSET	4	/* number: subtract from the program headers'
						   p_paddr, default 0 (ELF_PADDR_OFFSET, there
						   VIRT_BASE by default) */
#define XEN_ELFNOTE_XEN_VERSION		5	/* string: "xen-3.0" (XEN_VER) */
#define XEN_ELFNOTE_GUEST_OS		6	/* string (GUEST_OS) */
#define XEN_ELFNOTE_GUEST_VERSION	7	/* string (GUEST_VER) */
#define XEN_ELFNOTE_LOADER		8	/* string: "generic" (LOADER) */
#define XEN_ELFNOTE_PAE_MODE		9	/* string: "yes", "no", "bimodal"; 32-bit (PAE) */
#define XEN_ELFNOTE_FEATURES		10	/* string: see features.h (FEATURES) */
#define XEN_ELFNOTE_BSD_SYMTAB		11	/* string: "yes" to load the symbol table
						   (BSD_SYMTAB, there by presence) */
#define XEN_ELFNOTE_HV_START_LOW	12	/* number: lowest start of the hypervisor's hole
						   that the kernel can bear */
#define XEN_ELFNOTE_L1_MFN_VALID	13	/* numbers: mask and value pairs; a non-present L1
						   entry that matches one holds an MFN */
#define XEN_ELFNOTE_SUSPEND_CANCEL	14	/* number: 1 if a suspend may be cancelled */
#define XEN_ELFNOTE_INIT_P2M		15	/* number: virtual address for the P2M list; it may
						   be mapped by large pages and its page tables
						   need not be mapped (64-bit) */
#define XEN_ELFNOTE_MOD_START_PFN	16	/* number: 1 if the ramdisk need not be mapped */
#define XEN_ELFNOTE_SUPPORTED_FEATURES	17	/* number: XENFEAT_* bits, added to the string's */
#define XEN_ELFNOTE_PHYS32_ENTRY	18	/* number: PVH entry, 32-bit mode without paging */

#define XEN_ELFNOTE_MAX XEN_ELFNOTE_PHYS32_ENTRY

/* In crash dumps of the host: one description, and one register set per CPU. */
#define XEN_ELFNOTE_CRASH_INFO			0x1000001
#define XEN_ELFNOTE_CRASH_REGS			0x1000002

/* In core files of a guest: marker, header, hypervisor version, file format version. */
#define XEN_ELFNOTE_DUMPCORE_NONE		0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER		0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION	0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION	0x2000003

#endif /* __XEN_PUBLIC_ELFNOTE_H__ */
