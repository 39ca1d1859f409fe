/* SPDX-License-Identifier: MIT */
/* PV page tables. */
#ifndef KIT_PV_MEMORY_H
#define KIT_PV_MEMORY_H

#include <stdint.h>

#define PTE_PRESENT  1ul
#define PTE_WRITABLE 2ul
#define PTE_FRAME    0x000ffffffffff000ul

/* Finds how far the domain builder's tables (their root's address) map memory. */
void pv_memory_init(uint64_t root);

#endif
