/* SPDX-License-Identifier: MIT */
/* The machine's memory map, in the layout the ABI gives it to guests (XENMEM_*memory_map). */
#ifndef ASM_E820_H
#define ASM_E820_H

#include <hv/types.h>

#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5

struct e820entry {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct e820entry) == 20, "e820 entries are 20 bytes in the ABI");

#define E820_MAX 128
/* Sorted, without overlaps; filled by the boot code before mm_init(). */
extern struct e820entry hv_e820[E820_MAX];
extern unsigned int nr_hv_e820;

#endif
