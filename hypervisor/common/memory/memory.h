/* SPDX-License-Identifier: MIT */
/* Shared by the files of common/memory. */
#ifndef COMMON_MEMORY_H
#define COMMON_MEMORY_H

#include <hv/hypercall.h>
#include <public/memory.h>

/* The bits of cmd above the operation: how many extents earlier runs of the call have done. */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK	   ((1ul << MEMOP_EXTENT_SHIFT) - 1)

/* Handlers: `cmd` with its cursor bits, the guest's argument. */
typedef long memory_fn(unsigned long cmd, guest_ptr_t arg);
memory_fn memory_reservation, memory_claim, memory_exchange;
memory_fn memory_get_map, memory_get_machine_map, memory_set_map;
memory_fn memory_machphys_list, memory_machphys_mapping;
memory_fn memory_acquire_resource;
memory_fn memory_add_to_physmap, memory_add_batch, memory_remove_from_physmap;

/* Largest extent the calling domain may ask for. */
unsigned int memory_max_order(void);
/* XENMEMF_* of a reservation to MEMF_*. 0 or -EINVAL. */
int memory_flags(unsigned int mem_flags, unsigned int *memf);

static inline long memory_continue(unsigned long cmd, unsigned long done, guest_ptr_t arg)
{
	return hypercall_create_continuation(
	    __HYPERVISOR_memory_op, 2,
	    (unsigned long)((cmd & MEMOP_CMD_MASK) | done << MEMOP_EXTENT_SHIFT),
	    (unsigned long)arg);
}

#endif
