/* SPDX-License-Identifier: MIT */
/*
 * What a device model does with its guest's memory map, or says and asks about memory. Each operation goes on for a
 * bounded time, then asks to be called again.
 *
 * LIMITS: caches cannot be pinned, as no device shares memory.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/hvm/hvm.h>
#include <public/hvm/hvm_op.h>
#include "dm_op.h"

#define MAX_TRACKED (1u << 18) /* frames: 1 GiB */
#define BATCH	    64u

static bool range_ok(uint64_t first, uint64_t nr)
{
	return first < P2M_MAX_GFN && nr <= P2M_MAX_GFN - first;
}

/* The bitmap, from where t is on. Two callers at once for one range share what there is to tell. */
static int tell_dirty(struct dm_call *c, struct p2m_tracking *t)
{
	guest_ptr_t to = guest_handle_addr(c->buf[1].h);

	for (unsigned int n = 0; t->told < t->nr; n++) {
		unsigned int nr = (unsigned int)min(t->nr - t->told, (uint64_t)64);
		uint64_t word;

		if (n >= BATCH && hypercall_preempt_check()) {
			p2m_track_interrupted(c->d, t);
			return -ERESTART;
		}
		word = p2m_take_dirty(c->d, t->gfn + t->told, nr);
		if (t->all)
			word = ~0ull;
		if (raw_copy_to_guest(to + t->told / 8, &word, (nr + 7) / 8))
			return trace_err(-EFAULT);
		t->told += nr;
	}
	return 0;
}

/* What has been written since the last call; all of a range that is new. */
int dm_track_dirty(struct dm_call *c)
{
	const struct xen_dm_op_track_dirty_vram *u = &c->op.u.track_dirty_vram;
	struct p2m_tracking t;
	int rc;

	if (u->pad || u->nr > MAX_TRACKED || !range_ok(u->first_pfn, u->nr) ||
	    (u->nr && (c->nr_bufs < 2 || c->buf[1].size < (u->nr + 7) / 8)))
		return trace_err(-EINVAL);
	t = p2m_track_dirty(c->d, u->first_pfn, u->nr);
	if (!u->nr)
		return 0;
	rc = tell_dirty(c, &t);
	p2m_flush(c->d);
	return rc;
}

/* Nobody follows what is written, so it is enough that the extents make sense. */
int dm_modified_memory(struct dm_call *c)
{
	struct xen_dm_op_modified_memory *u = &c->op.u.modified_memory;
	uint32_t start = u->opaque;

	if (c->nr_bufs < 2 || u->opaque > u->nr_extents ||
	    c->buf[1].size / sizeof(struct xen_dm_op_modified_memory_extent) < u->nr_extents)
		return trace_err(-EINVAL);
	for (; u->opaque < u->nr_extents; u->opaque++) {
		struct xen_dm_op_modified_memory_extent e;

		if (u->opaque - start >= BATCH && hypercall_preempt_check())
			return -ERESTART;
		if (copy_from_guest_at(&e, guest_handle_addr(c->buf[1].h), u->opaque))
			return trace_err(-EFAULT);
		if (e.pad || !range_ok(e.first_pfn, e.nr)) {
			u->nr_extents = u->opaque + 1;
			return trace_err(-EINVAL);
		}
	}
	u->nr_extents = 0;
	return 0;
}

static int set_type(struct domain *d, gfn_t gfn, unsigned int mem_type)
{
	static const enum p2m_type to[] = {
		[HVMMEM_ram_rw] = P2M_ram_rw,
		[HVMMEM_ram_ro] = P2M_ram_ro,
		[HVMMEM_ioreq_server] = P2M_ioreq_server,
	};
	enum p2m_type t;
	mfn_t mfn = p2m_get(d, gfn, &t, NULL);

	if (t == P2M_on_demand) {
		if (p2m_keep_promise(d, gfn))
			return -ENOMEM;
		mfn = p2m_get(d, gfn, &t, NULL);
	}
	if (mem_type == HVMMEM_mmio_dm) {
		if (t == P2M_invalid)
			return 0;
		return p2m_is_own_ram(t) ? p2m_clear_if(d, gfn, mfn) : -EINVAL;
	}
	if (!p2m_is_own_ram(t))
		return -EINVAL;
	return t == to[mem_type] ? 0 : p2m_set(d, gfn, mfn, P2M_ORDER_4K, to[mem_type]);
}

int dm_set_mem_type(struct dm_call *c)
{
	struct xen_dm_op_set_mem_type *u = &c->op.u.set_mem_type;
	int rc = 0;

	if (u->pad || u->mem_type > HVMMEM_ioreq_server || u->mem_type == HVMMEM_unused || !range_ok(u->first_pfn, u->nr))
		return trace_err(-EINVAL);
	for (unsigned int n = 0; u->nr && !rc; n++, u->nr--, u->first_pfn++) {
		if (n >= BATCH && hypercall_preempt_check())
			return -ERESTART;
		rc = set_type(c->d, _gfn(u->first_pfn), u->mem_type);
	}
	return rc ? trace_err(rc) : 0;
}

int dm_relocate(struct dm_call *c)
{
	struct xen_dm_op_relocate_memory *u = &c->op.u.relocate_memory;
	int rc = 0;

	if (u->pad || !range_ok(u->src_gfn, u->size) || !range_ok(u->dst_gfn, u->size))
		return trace_err(-EINVAL);
	for (unsigned int n = 0; u->size && !rc; n++) {
		if (n >= BATCH && hypercall_preempt_check())
			return -ERESTART;
		rc = arch_add_to_physmap(c->d, XENMAPSPACE_gmfn, u->src_gfn, _gfn(u->dst_gfn));
		if (rc)
			break;
		u->size--;
		u->src_gfn++;
		u->dst_gfn++;
	}
	return rc;
}

int dm_pin_cacheattr(struct dm_call *c)
{
	const struct xen_dm_op_pin_memory_cacheattr *u = &c->op.u.pin_memory_cacheattr;

	if (u->pad || u->end < u->start || u->end >= P2M_MAX_GFN)
		return trace_err(-EINVAL);
	switch (u->type) {
	case XEN_DMOP_MEM_CACHEATTR_UC:
	case XEN_DMOP_MEM_CACHEATTR_WC:
	case XEN_DMOP_MEM_CACHEATTR_WT:
	case XEN_DMOP_MEM_CACHEATTR_WP:
	case XEN_DMOP_MEM_CACHEATTR_WB:
	case XEN_DMOP_MEM_CACHEATTR_UCM:
	case XEN_DMOP_DELETE_MEM_CACHEATTR:
		return 0;
	}
	return trace_err(-EINVAL);
}
