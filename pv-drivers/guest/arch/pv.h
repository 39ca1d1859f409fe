/* SPDX-License-Identifier: MIT */
/* The parts of a PV guest. */
#ifndef KIT_PV_H
#define KIT_PV_H

#include <stdbool.h>
#include <stdint.h>

#define PTE_PRESENT  1ul
#define PTE_WRITABLE 2ul
#define PTE_FRAME    0x000ffffffffff000ul

/* Finds how far the domain builder's tables (their root's address) map memory. */
void pv_memory_init(uint64_t root);
bool pv_memory_grow(uint64_t (*take_page)(void));

void pv_catch_traps(void);

#endif
