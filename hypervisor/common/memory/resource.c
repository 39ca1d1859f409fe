/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_acquire_resource: machine frames of something the hypervisor keeps for a domain (its grant table, the
 * pages of its device models), which a control domain then maps like foreign frames.
 */
#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <asm/current.h>
#include "memory.h"

#define CHUNK 32 /* frames between two looks for other work */

/* How many frames the resource has at most. 0: no such resource. */
static uint32_t resource_size(const struct domain *d, const struct xen_mem_acquire_resource *u)
{
	uint32_t frames;

	if (u->type == XENMEM_resource_ioreq_server)
		return arch_ioreq_frames(d);
	if (u->type != XENMEM_resource_grant_table || !d->grant_table)
		return 0;
	frames = grant_table_max_frames(d);
	if (u->id == XENMEM_resource_grant_table_id_shared)
		return frames;
	/* Status words are 2 bytes, entries of version 2 have 16: one status frame for 8. */
	return u->id == XENMEM_resource_grant_table_id_status ? (frames + 7) / 8 : 0;
}

static int get_frames(struct domain *d, const struct xen_mem_acquire_resource *u, unsigned int first, unsigned int nr,
		      uint64_t *mfns)
{
	int rc = 0;

	if (u->type != XENMEM_resource_ioreq_server)
		return grant_table_get_frames(d, u->id, first, nr, mfns);
	for (unsigned int i = 0; i < nr && !rc; i++)
		rc = arch_ioreq_frame(d, u->id, first + i, &mfns[i]);
	return rc;
}

static int copy_frames(struct domain *d, const struct xen_mem_acquire_resource *u, uint32_t *done)
{
	guest_ptr_t list = guest_handle_addr(u->frame_list);
	uint32_t start = *done;

	while (*done < u->nr_frames) {
		unsigned int nr = min(u->nr_frames - *done, (uint32_t)CHUNK);
		uint64_t mfns[CHUNK];
		int rc;

		if (*done != start && hypercall_preempt_check())
			return -ERESTART;
		rc = get_frames(d, u, (unsigned int)(u->frame + *done), nr, mfns);
		if (rc)
			return rc;
		if (raw_copy_to_guest(list + *done * sizeof(xen_pfn_t), mfns, nr * sizeof(mfns[0])))
			return trace_err(-EFAULT);
		*done += nr;
	}
	return 0;
}

static int acquire(struct domain *d, struct xen_mem_acquire_resource *u, uint32_t *done,
		   guest_ptr_t arg)
{
	uint32_t size = resource_size(d, u);

	if (!d->arch.is_pv && d == current->domain)
		return trace_err(-EPERM);
	if (!size)
		return trace_err(u->type > XENMEM_resource_vmtrace_buf ? -EOPNOTSUPP : -EINVAL);
	if (!guest_handle_addr(u->frame_list)) {
		if (u->nr_frames)
			return trace_err(-EINVAL);
		u->nr_frames = size;
		return copy_struct_to_guest(arg, u) ? trace_err(-EFAULT) : 0;
	}
	if (u->frame > size || u->nr_frames > size - u->frame)
		return trace_err(-EINVAL);
	return copy_frames(d, u, done);
}

long memory_acquire_resource(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_mem_acquire_resource u;
	uint32_t done = (uint32_t)(cmd >> MEMOP_EXTENT_SHIFT);
	struct domain *d;
	int rc;

	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	if (u.pad)
		return trace_err(-EINVAL);
	if (!current->domain->is_privileged)
		return trace_err(-EPERM);
	d = domain_get_for_caller(u.domid, &rc);
	if (!d)
		return trace_err(rc);
	rc = acquire(d, &u, &done, arg);
	domain_put(d);
	return rc == -ERESTART ? memory_continue(cmd, done, arg) : rc;
}
