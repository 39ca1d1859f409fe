/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's counters of events and locks, and its trace buffers.
 */
#include "private.h"

int xc_perfc_reset(xc_interface *xch)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_perfc_op);

	sysctl.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_reset;
	return do_sysctl(xch, &sysctl);
}

int xc_perfc_query_number(xc_interface *xch, int *nbr_desc, int *nbr_val)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_perfc_op);

	sysctl.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
	if (do_sysctl(xch, &sysctl))
		return -1;
	if (nbr_desc)
		*nbr_desc = (int)sysctl.u.perfc_op.nr_counters;
	if (nbr_val)
		*nbr_val = (int)sysctl.u.perfc_op.nr_vals;
	return 0;
}

int xc_perfc_query(xc_interface *xch, xc_hypercall_buffer_t *desc, xc_hypercall_buffer_t *val)
{
	DECLARE_HYPERCALL_BUFFER_ARGUMENT(desc);
	DECLARE_HYPERCALL_BUFFER_ARGUMENT(val);
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_perfc_op);

	sysctl.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
	set_xen_guest_handle(sysctl.u.perfc_op.desc, desc);
	set_xen_guest_handle(sysctl.u.perfc_op.val, val);
	return do_sysctl(xch, &sysctl);
}

int xc_lockprof_reset(xc_interface *xch)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_lockprof_op);

	sysctl.u.lockprof_op.cmd = XEN_SYSCTL_LOCKPROF_reset;
	return do_sysctl(xch, &sysctl);
}

int xc_lockprof_query_number(xc_interface *xch, uint32_t *n_elems)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_lockprof_op);

	sysctl.u.lockprof_op.cmd = XEN_SYSCTL_LOCKPROF_query;
	if (do_sysctl(xch, &sysctl))
		return -1;
	*n_elems = sysctl.u.lockprof_op.nr_elem;
	return 0;
}

int xc_lockprof_query(xc_interface *xch, uint32_t *n_elems, uint64_t *time,
		      xc_hypercall_buffer_t *data)
{
	DECLARE_HYPERCALL_BUFFER_ARGUMENT(data);
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_lockprof_op);

	sysctl.u.lockprof_op.cmd = XEN_SYSCTL_LOCKPROF_query;
	sysctl.u.lockprof_op.max_elem = *n_elems;
	set_xen_guest_handle(sysctl.u.lockprof_op.data, data);
	if (do_sysctl(xch, &sysctl))
		return -1;
	*n_elems = sysctl.u.lockprof_op.nr_elem;
	*time = sysctl.u.lockprof_op.time;
	return 0;
}

static struct xen_sysctl tbuf_op(uint32_t cmd)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_tbuf_op);

	sysctl.u.tbuf_op.cmd = cmd;
	return sysctl;
}

int xc_tbuf_set_size(xc_interface *xch, unsigned long size)
{
	struct xen_sysctl sysctl = tbuf_op(XEN_SYSCTL_TBUFOP_set_size);

	sysctl.u.tbuf_op.size = (uint32_t)size;
	return do_sysctl(xch, &sysctl);
}

static int tbuf_info(xc_interface *xch, unsigned long *mfn, unsigned long *size)
{
	struct xen_sysctl sysctl = tbuf_op(XEN_SYSCTL_TBUFOP_get_info);

	if (do_sysctl(xch, &sysctl))
		return -1;
	if (mfn)
		*mfn = sysctl.u.tbuf_op.buffer_mfn;
	*size = sysctl.u.tbuf_op.size;
	return 0;
}

int xc_tbuf_get_size(xc_interface *xch, unsigned long *size)
{
	return tbuf_info(xch, NULL, size);
}

int xc_tbuf_enable(xc_interface *xch, unsigned long pages, unsigned long *mfn, unsigned long *size)
{
	struct xen_sysctl sysctl = tbuf_op(XEN_SYSCTL_TBUFOP_enable);

	/* The size can be set once; if it has been, the old one stays. */
	if (xc_tbuf_set_size(xch, pages) && errno != EBUSY && errno != EINVAL)
		return -1;
	if (tbuf_info(xch, mfn, size))
		return -1;
	return do_sysctl(xch, &sysctl);
}

int xc_tbuf_disable(xc_interface *xch)
{
	struct xen_sysctl sysctl = tbuf_op(XEN_SYSCTL_TBUFOP_disable);

	return do_sysctl(xch, &sysctl);
}

int xc_tbuf_set_cpu_mask(xc_interface *xch, xc_cpumap_t mask)
{
	struct xen_sysctl sysctl = tbuf_op(XEN_SYSCTL_TBUFOP_set_cpu_mask);
	int bytes = xc_get_cpumap_size(xch);
	struct bounce bounce = BOUNCE(sysctl.u.tbuf_op.cpu_mask.bitmap, mask, (size_t)bytes, IN);

	if (bytes <= 0)
		return -1;
	set_bits(&sysctl.u.tbuf_op.cpu_mask, bytes);
	return as_status(sysctl_bounced(xch, &sysctl, &bounce, 1));
}

int xc_tbuf_set_evt_mask(xc_interface *xch, uint32_t mask)
{
	struct xen_sysctl sysctl = tbuf_op(XEN_SYSCTL_TBUFOP_set_evt_mask);

	sysctl.u.tbuf_op.evt_mask = mask;
	return do_sysctl(xch, &sysctl);
}
