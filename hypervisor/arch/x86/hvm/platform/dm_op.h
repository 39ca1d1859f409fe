/* SPDX-License-Identifier: MIT */
/* One dm_op on its way: what its handlers get, and those about memory. */
#ifndef HVM_DM_OP_H
#define HVM_DM_OP_H

#include <hv/lib.h>
#include <public/hvm/dm_op.h>

struct domain;

struct dm_call {
	struct domain *d;
	struct xen_dm_op op; /* the caller's, copied */
	uint32_t nr_bufs;
	struct xen_dm_op_buf buf[2];
};

/* dm_memory.c. 0, -errno, or -ERESTART: again, with c->op as it is now. */
int dm_track_dirty(struct dm_call *c);
int dm_modified_memory(struct dm_call *c);
int dm_set_mem_type(struct dm_call *c);
int dm_relocate(struct dm_call *c);
int dm_pin_cacheattr(struct dm_call *c);

#endif
