/* SPDX-License-Identifier: MIT */
/* Grants and event channels of the guest, for the services. */
#include "worker.h"

#include <errno.h>
#include <stdlib.h>

void *back_map(struct back_link *link, const uint32_t *refs, uint32_t nr, int prot)
{
	return xengnttab_map_domain_grant_refs(worker.gnttab, nr, link->domid,
					       (uint32_t *)(uintptr_t)refs, prot);
}

void back_unmap(struct back_link *link, void *address, uint32_t nr)
{
	if (address)
		xengnttab_unmap(worker.gnttab, address, nr);
}

int back_copy(struct back_link *link, xengnttab_grant_copy_segment_t *segments, uint32_t nr)
{
	if (nr && xengnttab_grant_copy(worker.gnttab, nr, segments)) {
		/* It stopped on the way, and has called some good before it came to them. */
		for (uint32_t i = 0; i < nr; i++)
			segments[i].status = GNTST_general_error;
		return -EFAULT;
	}
	for (uint32_t i = 0; i < nr; i++)
		if (segments[i].status != GNTST_okay)
			return -EFAULT;
	return 0;
}

static int own_port(struct back_link *link, uint32_t port)
{
	if (port >= worker.nr_ports) {
		uint32_t room = port + 64;
		struct back_link_private **table =
		    realloc(worker.by_port, room * sizeof(struct back_link_private *));

		if (!table)
			return -ENOMEM;
		for (uint32_t i = worker.nr_ports; i < room; i++)
			table[i] = NULL;
		worker.by_port = table;
		worker.nr_ports = room;
	}
	worker.by_port[port] = link->private;
	return 0;
}

int back_bind(struct back_link *link, uint32_t remote_port)
{
	int port = xenevtchn_bind_interdomain(worker.evtchn, link->domid, remote_port);

	if (port < 0)
		return -errno;
	if (own_port(link, (uint32_t)port)) {
		xenevtchn_unbind(worker.evtchn, (evtchn_port_t)port);
		return -ENOMEM;
	}
	return port;
}

void back_unbind(struct back_link *link, int port)
{
	if (port < 0 || (uint32_t)port >= worker.nr_ports)
		return;
	worker.by_port[port] = NULL;
	xenevtchn_unbind(worker.evtchn, (evtchn_port_t)port);
}

void back_notify(struct back_link *link, int port)
{
	xenevtchn_notify(worker.evtchn, (evtchn_port_t)port);
}
