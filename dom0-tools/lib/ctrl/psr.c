/* SPDX-License-Identifier: MIT */
/*
 * Intel's cache monitoring and allocation.
 */
#include "private.h"

#define MSR_TSC	      0x10
#define MSR_QM_EVTSEL 0xc8d
#define MSR_QM_CTR    0xc8e
#define QM_CTR_ERROR  (3ull << 62) /* bad event or RMID, or no data yet */

static int cmt_domain(xc_interface *xch, uint32_t domid, uint32_t cmd, uint32_t *data)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_psr_cmt_op);

	domctl.u.psr_cmt_op.cmd = cmd;
	if (do_domctl(xch, &domctl))
		return -1;
	if (data)
		*data = domctl.u.psr_cmt_op.data;
	return 0;
}

int xc_psr_cmt_attach(xc_interface *xch, uint32_t domid)
{
	return cmt_domain(xch, domid, XEN_DOMCTL_PSR_CMT_OP_ATTACH, NULL);
}

int xc_psr_cmt_detach(xc_interface *xch, uint32_t domid)
{
	return cmt_domain(xch, domid, XEN_DOMCTL_PSR_CMT_OP_DETACH, NULL);
}

int xc_psr_cmt_get_domain_rmid(xc_interface *xch, uint32_t domid, uint32_t *rmid)
{
	return cmt_domain(xch, domid, XEN_DOMCTL_PSR_CMT_OP_QUERY_RMID, rmid);
}

static int cmt_host(xc_interface *xch, uint32_t cmd, uint32_t cpu, uint32_t *data)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_psr_cmt_op);

	sysctl.u.psr_cmt_op.cmd = cmd;
	sysctl.u.psr_cmt_op.u.l3_cache.cpu = cpu;
	if (do_sysctl(xch, &sysctl))
		return -1;
	*data = (uint32_t)sysctl.u.psr_cmt_op.u.data;
	return 0;
}

int xc_psr_cmt_get_total_rmid(xc_interface *xch, uint32_t *total_rmid)
{
	return cmt_host(xch, XEN_SYSCTL_PSR_CMT_get_total_rmid, 0, total_rmid);
}

int xc_psr_cmt_get_l3_upscaling_factor(xc_interface *xch, uint32_t *upscaling_factor)
{
	return cmt_host(xch, XEN_SYSCTL_PSR_CMT_get_l3_upscaling_factor, 0, upscaling_factor);
}

int xc_psr_cmt_get_l3_event_mask(xc_interface *xch, uint32_t *event_mask)
{
	return cmt_host(xch, XEN_SYSCTL_PSR_CMT_get_l3_event_mask, 0, event_mask);
}

int xc_psr_cmt_get_l3_cache_size(xc_interface *xch, uint32_t cpu, uint32_t *l3_cache_size)
{
	return cmt_host(xch, XEN_SYSCTL_PSR_CMT_get_l3_cache_size, cpu, l3_cache_size);
}

int xc_psr_cmt_enabled(xc_interface *xch)
{
	uint32_t enabled;

	/* Asked at every `xl` command that could show it: no answer means no. */
	return !cmt_host(xch, XEN_SYSCTL_PSR_CMT_enabled, 0, &enabled) && enabled;
}

/* The event's number in the selection register. */
static int event_of(xc_psr_cmt_type type)
{
	switch (type) {
	case XC_PSR_CMT_L3_OCCUPANCY:
		return 1;
	case XC_PSR_CMT_TOTAL_MEM_COUNT:
		return 2;
	case XC_PSR_CMT_LOCAL_MEM_COUNT:
		return 3;
	}
	return -1;
}

int xc_psr_cmt_get_data(xc_interface *xch, uint32_t rmid, uint32_t cpu, xc_psr_cmt_type type,
			uint64_t *monitor_data, uint64_t *tsc)
{
	int event = event_of(type);
	xenpf_resource_entry_t entries[3] = {
		{ .u.cmd = XEN_RESOURCE_OP_MSR_WRITE,
		  .idx = MSR_QM_EVTSEL,
		  .val = (uint64_t)rmid << 32 | (uint32_t)event },
		{ .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = MSR_QM_CTR },
		{ .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = MSR_TSC },
	};
	struct xen_platform_op op = {
		.cmd = XENPF_resource_op,
		.interface_version = XENPF_INTERFACE_VERSION,
	};
	const struct request request = {
		.op = __HYPERVISOR_platform_op,
		.nr_args = 1,
		.structure = &op,
		.bytes = sizeof(op),
	};
	struct bounce bounce = BOUNCE(op.u.resource_op.entries, entries, sizeof(entries), INOUT);
	long rc;

	if (event < 0)
		return fail(EINVAL);
	op.u.resource_op.cpu = cpu;
	op.u.resource_op.nr_entries = tsc ? 3 : 2;
	rc = call_hypervisor(xch, &request, &bounce, 1);
	if (rc < 0)
		return -1;
	if (rc < op.u.resource_op.nr_entries || entries[1].val & QM_CTR_ERROR)
		return fail(EIO);
	*monitor_data = entries[1].val;
	if (tsc)
		*tsc = entries[2].val;
	return 0;
}

/* The commands of each kind of mask, or -1 for none. */
static const struct {
	int set, get;
} mask_cmd[] = {
	[XC_PSR_CAT_L3_CBM] = { XEN_DOMCTL_PSR_SET_L3_CBM, XEN_DOMCTL_PSR_GET_L3_CBM },
	[XC_PSR_CAT_L3_CBM_CODE] = { XEN_DOMCTL_PSR_SET_L3_CODE, XEN_DOMCTL_PSR_GET_L3_CODE },
	[XC_PSR_CAT_L3_CBM_DATA] = { XEN_DOMCTL_PSR_SET_L3_DATA, XEN_DOMCTL_PSR_GET_L3_DATA },
	[XC_PSR_CAT_L2_CBM] = { XEN_DOMCTL_PSR_SET_L2_CBM, XEN_DOMCTL_PSR_GET_L2_CBM },
	[XC_PSR_MBA_THRTL] = { XEN_DOMCTL_PSR_SET_MBA_THRTL, XEN_DOMCTL_PSR_GET_MBA_THRTL },
};

static bool has_mask(xc_psr_type type)
{
	return type >= XC_PSR_CAT_L3_CBM && type <= XC_PSR_MBA_THRTL;
}

int xc_psr_set_domain_data(xc_interface *xch, uint32_t domid, xc_psr_type type, uint32_t target,
			   uint64_t data)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_psr_alloc);

	if (!has_mask(type))
		return fail(EINVAL);
	domctl.u.psr_alloc.cmd = (uint32_t)mask_cmd[type].set;
	domctl.u.psr_alloc.target = target;
	domctl.u.psr_alloc.data = data;
	return do_domctl(xch, &domctl);
}

int xc_psr_get_domain_data(xc_interface *xch, uint32_t domid, xc_psr_type type, uint32_t target,
			   uint64_t *data)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_psr_alloc);

	if (!has_mask(type))
		return fail(EINVAL);
	domctl.u.psr_alloc.cmd = (uint32_t)mask_cmd[type].get;
	domctl.u.psr_alloc.target = target;
	if (do_domctl(xch, &domctl))
		return -1;
	*data = domctl.u.psr_alloc.data;
	return 0;
}

int xc_psr_get_hw_info(xc_interface *xch, uint32_t socket, xc_psr_feat_type type,
		       xc_psr_hw_info *hw_info)
{
	static const uint32_t cmd[] = {
		[XC_PSR_CAT_L3] = XEN_SYSCTL_PSR_get_l3_info,
		[XC_PSR_CAT_L2] = XEN_SYSCTL_PSR_get_l2_info,
		[XC_PSR_MBA] = XEN_SYSCTL_PSR_get_mba_info,
	};
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_psr_alloc);

	if ((unsigned int)type > XC_PSR_MBA)
		return fail(EOPNOTSUPP);
	sysctl.u.psr_alloc.cmd = cmd[type];
	sysctl.u.psr_alloc.target = socket;
	if (do_sysctl(xch, &sysctl))
		return -1;
	if (type == XC_PSR_MBA) {
		hw_info->mba.cos_max = sysctl.u.psr_alloc.u.mba_info.cos_max;
		hw_info->mba.thrtl_max = sysctl.u.psr_alloc.u.mba_info.thrtl_max;
		hw_info->mba.linear =
		    sysctl.u.psr_alloc.u.mba_info.flags & XEN_SYSCTL_PSR_MBA_LINEAR;
	} else {
		hw_info->cat.cos_max = sysctl.u.psr_alloc.u.cat_info.cos_max;
		hw_info->cat.cbm_len = sysctl.u.psr_alloc.u.cat_info.cbm_len;
		hw_info->cat.cdp_enabled =
		    type == XC_PSR_CAT_L3 &&
		    sysctl.u.psr_alloc.u.cat_info.flags & XEN_SYSCTL_PSR_CAT_L3_CDP;
	}
	return 0;
}
