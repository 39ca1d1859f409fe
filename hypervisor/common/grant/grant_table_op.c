/* SPDX-License-Identifier: MIT */
/*
 * The grant_table_op hypercall. Arrays are taken in batches: copied in, done, copied back; between
 * batches the call may be interrupted and goes on with the rest.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/percpu.h>
#include "internal.h"
#include "setup.h"

union batch_buffer {
	struct gnttab_map_grant_ref map[GRANT_BATCH];
	struct gnttab_unmap_grant_ref unmap[GRANT_BATCH];
	struct gnttab_unmap_and_replace replace[GRANT_BATCH];
	struct gnttab_copy copy[GRANT_BATCH];
	struct gnttab_swap_grant_ref swap[GRANT_BATCH];
};

static const struct {
	void (*batch)(void *ops, unsigned int nr);
	int (*single)(guest_ptr_t arg);
	unsigned int size;
} table[] = {
	[GNTTABOP_map_grant_ref] = { .batch = grant_map_batch,
				     .size = sizeof(struct gnttab_map_grant_ref) },
	[GNTTABOP_unmap_grant_ref] = { .batch = grant_unmap_batch,
				       .size = sizeof(struct gnttab_unmap_grant_ref) },
	[GNTTABOP_unmap_and_replace] = { .batch = grant_unmap_and_replace_batch,
					 .size = sizeof(struct gnttab_unmap_and_replace) },
	[GNTTABOP_copy] = { .batch = grant_copy_batch, .size = sizeof(struct gnttab_copy) },
	[GNTTABOP_swap_grant_ref] = { .batch = grant_swap_batch,
				      .size = sizeof(struct gnttab_swap_grant_ref) },
	[GNTTABOP_setup_table] = { .single = grant_setup_table },
	[GNTTABOP_query_size] = { .single = grant_query_size },
	[GNTTABOP_set_version] = { .single = grant_set_version },
	[GNTTABOP_get_version] = { .single = grant_get_version },
	[GNTTABOP_get_status_frames] = { .single = grant_get_status_frames },
};

static long do_batches(unsigned int cmd, guest_ptr_t arg, unsigned int count)
{
	unsigned int size = table[cmd].size;
	union batch_buffer buffer;

	if (!guest_range_ok(arg, count, size))
		return -EFAULT;
	while (count) {
		unsigned int nr = min(count, GRANT_BATCH);
		unsigned long bytes = (unsigned long)nr * size;

		if (raw_copy_from_guest(&buffer, arg, bytes))
			return -EFAULT;
		table[cmd].batch(&buffer, nr);
		if (raw_copy_to_guest(arg, &buffer, bytes))
			return -EFAULT;
		arg += bytes;
		count -= nr;
		if (count && hypercall_preempt_check())
			return hypercall_create_continuation(__HYPERVISOR_grant_table_op, 3,
							     (unsigned long)cmd, arg,
							     (unsigned long)count);
	}
	return 0;
}

long do_grant_table_op(unsigned long cmd, unsigned long arg, unsigned long count)
{
	unsigned int nr = (uint32_t)cmd;
	int rc;

	if ((int)count < 0)
		return -EINVAL;
	if (nr >= ARRAY_SIZE(table) || !current->domain->grant_table)
		return -ENOSYS;
	block_speculation();
	if (table[nr].batch)
		return do_batches(nr, arg, (unsigned int)count);
	if (!table[nr].single)
		return -ENOSYS;
	/* As in Xen, those that describe one table take exactly one structure. */
	if ((unsigned int)count != 1)
		return -EINVAL;
	rc = table[nr].single(arg);
	return rc == -ERESTART ? hypercall_create_continuation(__HYPERVISOR_grant_table_op, 3, cmd,
							       arg, count) :
				 rc;
}
