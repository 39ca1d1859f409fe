/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's console.
 */
#include "private.h"

int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars, int clear,
		       int incremental, uint32_t *pindex)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_readconsole);
	struct bounce bounce = BOUNCE(sysctl.u.readconsole.buffer, buffer, *pnr_chars, OUT);

	sysctl.u.readconsole.clear = !!clear;
	sysctl.u.readconsole.incremental = !!incremental;
	sysctl.u.readconsole.index = pindex ? *pindex : 0;
	sysctl.u.readconsole.count = *pnr_chars;
	if (sysctl_bounced(xch, &sysctl, &bounce, 1) < 0)
		return -1;
	*pnr_chars = sysctl.u.readconsole.count;
	if (pindex)
		*pindex = sysctl.u.readconsole.index;
	return 0;
}

int xc_send_debug_keys(xc_interface *xch, const char *keys)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_debug_keys);
	size_t length = strlen(keys);
	struct bounce bounce = BOUNCE(sysctl.u.debug_keys.keys, keys, length, IN);

	sysctl.u.debug_keys.nr_keys = (uint32_t)length;
	return as_status(sysctl_bounced(xch, &sysctl, &bounce, 1));
}
