/* SPDX-License-Identifier: MIT */
/*
 * What a PVH guest finds at its entry point (XEN_ELFNOTE_PHYS32_ENTRY): ebx holds the
 * guest-physical address of an hvm_start_info, which leads to everything else.
 *
 * All addresses are guest-physical, little endian and, by custom, below 4 GiB. Nothing lies at
 * address 0, which therefore means "absent". Later versions only append.
 */
#ifndef __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__
#define __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__

#if !defined(__ASSEMBLY__) && defined(__has_include)
#if __has_include(<stdint.h>)
#include <stdint.h>
#endif
#endif

/* "xEn3", with the top bit of the E set. */
#define XEN_HVM_START_MAGIC_VALUE 0x336ec578

/* Memory types: ACPI's address range types, as in an e820 map. */
#define XEN_HVM_MEMMAP_TYPE_RAM		1
#define XEN_HVM_MEMMAP_TYPE_RESERVED	2
#define XEN_HVM_MEMMAP_TYPE_ACPI	3
#define XEN_HVM_MEMMAP_TYPE_NVS		4
#define XEN_HVM_MEMMAP_TYPE_UNUSABLE	5
#define XEN_HVM_MEMMAP_TYPE_DISABLED	6
#define XEN_HVM_MEMMAP_TYPE_PMEM	7

#ifndef __ASSEMBLY__

struct hvm_start_info {
	uint32_t magic;			/* XEN_HVM_START_MAGIC_VALUE */
	uint32_t version;		/* 1 */
	uint32_t flags;			/* SIF_* of xen.h */
	uint32_t nr_modules;
	uint64_t modlist_paddr;		/* array of hvm_modlist_entry */
	uint64_t cmdline_paddr;		/* NUL-terminated string */
	uint64_t rsdp_paddr;		/* ACPI root pointer */

	/* Since version 1; the map may still be absent (no entries). */
	uint64_t memmap_paddr;		/* array of hvm_memmap_table_entry */
	uint32_t memmap_entries;
	uint32_t reserved;
};

/* A module; the first is the ramdisk. */
struct hvm_modlist_entry {
	uint64_t paddr;
	uint64_t size;			/* bytes */
	uint64_t cmdline_paddr;		/* its own command line */
	uint64_t reserved;
};

struct hvm_memmap_table_entry {
	uint64_t addr;
	uint64_t size;			/* bytes */
	uint32_t type;			/* XEN_HVM_MEMMAP_TYPE_* */
	uint32_t reserved;
};

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__ */
