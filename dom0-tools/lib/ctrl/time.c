/* SPDX-License-Identifier: MIT */
/*
 * A domain's clock and TSC.
 */
#include "private.h"

int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t time_offset_seconds)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_settimeoffset);

	domctl.u.settimeoffset.time_offset_seconds = time_offset_seconds;
	return do_domctl(xch, &domctl);
}

int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t tsc_mode,
			   uint64_t elapsed_nsec, uint32_t gtsc_khz, uint32_t incarnation)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_settscinfo);

	domctl.u.tsc_info.tsc_mode = tsc_mode;
	domctl.u.tsc_info.elapsed_nsec = elapsed_nsec;
	domctl.u.tsc_info.gtsc_khz = gtsc_khz;
	domctl.u.tsc_info.incarnation = incarnation;
	return do_domctl(xch, &domctl);
}

int xc_domain_get_tsc_info(xc_interface *xch, uint32_t domid, uint32_t *tsc_mode,
			   uint64_t *elapsed_nsec, uint32_t *gtsc_khz, uint32_t *incarnation)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_gettscinfo);

	if (do_domctl(xch, &domctl))
		return -1;
	*tsc_mode = domctl.u.tsc_info.tsc_mode;
	*elapsed_nsec = domctl.u.tsc_info.elapsed_nsec;
	*gtsc_khz = domctl.u.tsc_info.gtsc_khz;
	*incarnation = domctl.u.tsc_info.incarnation;
	return 0;
}
