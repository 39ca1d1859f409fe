/* SPDX-License-Identifier: MIT */
/*
 * Event channels of other domains. (For the caller's own there is libxenevtchn.)
 */
#include "private.h"

static int evtchn_op(xc_interface *xch, unsigned int cmd, void *arg, size_t bytes)
{
	return do_op(xch, __HYPERVISOR_event_channel_op, cmd, arg, bytes);
}

xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom,
						  uint32_t remote_dom)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = (domid_t)dom,
		.remote_dom = (domid_t)remote_dom,
	};

	if (evtchn_op(xch, EVTCHNOP_alloc_unbound, &alloc, sizeof(alloc)))
		return -1;
	return (int)alloc.port;
}

int xc_evtchn_reset(xc_interface *xch, uint32_t dom)
{
	struct evtchn_reset reset = { .dom = (domid_t)dom };

	return evtchn_op(xch, EVTCHNOP_reset, &reset, sizeof(reset));
}

int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
	return evtchn_op(xch, EVTCHNOP_status, status, sizeof(*status));
}
