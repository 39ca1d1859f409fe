/* SPDX-License-Identifier: MIT */
/*
 * The grant operations that set up and describe a table: setup_table, query_size, versions, status
 * frames, swap. Only version 1 exists; who asks for 2 is told so and falls back, as with a Xen
 * limited to it.
 */
#include <hv/guest_access.h>
#include <hv/percpu.h>
#include "internal.h"
#include "setup.h"

static int write_frame_list(const struct grant_table *gt, guest_ptr_t list, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		xen_pfn_t frame = mfn_x(virt_to_mfn(gt->shared[i]));

		if (copy_to_guest_at(list, i, &frame))
			return -EFAULT;
	}
	return 0;
}

static int setup_table(struct gnttab_setup_table *op)
{
	struct domain *d;
	int rc;

	op->status = (int16_t)grant_domain_for_caller(op->dom, &d);
	if (op->status)
		return 0;
	rc = grant_table_grow(d, op->nr_frames);
	if (!rc) {
		rc = write_frame_list(d->grant_table, guest_handle_addr(op->frame_list),
				      op->nr_frames);
	} else if (rc != -ERESTART) {
		op->status = GNTST_general_error;
		rc = 0;
	}
	domain_put(d);
	return rc;
}

int grant_setup_table(guest_ptr_t arg)
{
	struct gnttab_setup_table op;
	int rc;

	if (copy_struct_from_guest(&op, arg))
		return -EFAULT;
	rc = setup_table(&op);
	if (rc)
		return rc;
	return copy_struct_to_guest(arg, &op) ? -EFAULT : 0;
}

int grant_query_size(guest_ptr_t arg)
{
	struct gnttab_query_size op;
	struct domain *d;

	if (copy_struct_from_guest(&op, arg))
		return -EFAULT;
	op.status = (int16_t)grant_domain_for_caller(op.dom, &d);
	if (!op.status) {
		op.nr_frames = grant_table_nr_frames(d->grant_table);
		op.max_nr_frames = d->grant_table->max_frames;
		domain_put(d);
	}
	return copy_struct_to_guest(arg, &op) ? -EFAULT : 0;
}

int grant_set_version(guest_ptr_t arg)
{
	struct gnttab_set_version op;
	int rc;

	if (copy_struct_from_guest(&op, arg))
		return -EFAULT;
	rc = op.version == 1 ? 0 : op.version == 2 ? -ENOSYS : -EINVAL;
	op.version = 1;
	return copy_struct_to_guest(arg, &op) ? -EFAULT : rc;
}

int grant_get_version(guest_ptr_t arg)
{
	struct gnttab_get_version op;
	struct domain *d;
	int rc;

	if (copy_struct_from_guest(&op, arg))
		return -EFAULT;
	d = domain_get_for_caller(op.dom, &rc);
	if (!d)
		return rc;
	domain_put(d);
	op.version = 1;
	return copy_struct_to_guest(arg, &op) ? -EFAULT : 0;
}

int grant_get_status_frames(guest_ptr_t arg)
{
	struct gnttab_get_status_frames op;

	if (copy_struct_from_guest(&op, arg))
		return -EFAULT;
	op.status = GNTST_general_error;
	return copy_struct_to_guest(arg, &op) ? -EFAULT : 0;
}

static bool unused(const struct active_entry *act)
{
	return !act->readers && !act->writers;
}

static int swap_one(struct grant_table *gt, grant_ref_t a, grant_ref_t b)
{
	struct grant_entry_v1 *sa = grant_shared_entry(gt, a), *sb = grant_shared_entry(gt, b);
	struct active_entry *aa, *ab;
	int rc = GNTST_eagain;

	if (!sa || !sb)
		return GNTST_bad_gntref;
	if (a == b)
		return GNTST_okay;
	aa = grant_active_entry(gt, a, true);
	ab = grant_active_entry(gt, b, true);
	if (!aa || !ab)
		return GNTST_no_space;
	spin_lock_both(&aa->lock, &ab->lock);
	if (unused(aa) && unused(ab)) {
		struct grant_entry_v1 tmp = *sa;

		*sa = *sb;
		*sb = tmp;
		rc = GNTST_okay;
	}
	spin_unlock_both(&aa->lock, &ab->lock);
	return rc;
}

void grant_swap_batch(void *ops, unsigned int nr)
{
	struct gnttab_swap_grant_ref *op = ops;

	for (unsigned int i = 0; i < nr; i++)
		op[i].status = (int16_t)swap_one(current->domain->grant_table, op[i].ref_a,
						 op[i].ref_b);
}
