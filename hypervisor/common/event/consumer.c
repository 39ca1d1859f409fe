/* SPDX-License-Identifier: MIT */
/*
 * Ports of a guest whose events come to the hypervisor: the other end is a device model's. The guest sees such a port
 * only as taken: it can neither close, send by, mask nor rebind it, and a reset of its event channels leaves it.
 */
#include <hv/hypercall.h>
#include "internal.h"

int evtchn_open_consumer(struct domain *d, uint32_t vcpu_id, domid_t remote, evtchn_consumer *fn, uint32_t *port)
{
	struct evtchn *chn;
	int rc;

	spin_lock(&d->evtchn.lock);
	rc = evtchn_alloc_port(d, &chn);
	if (!rc) {
		chn->notify_vcpu_id = vcpu_id;
		chn->u.unbound.remote_domid = remote;
		chn->consumer = fn;
		d->evtchn.nr_consumers++;
		evtchn_publish(chn, ECS_UNBOUND);
		*port = chn->port;
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

void evtchn_close_consumer(struct domain *d, uint32_t port)
{
	struct evtchn *chn = evtchn_of(d, port);

	if (chn && READ_ONCE(chn->consumer))
		(void)evtchn_close_port(d, port);
}

void evtchn_notify_consumer(struct domain *d, uint32_t port)
{
	struct evtchn *chn = evtchn_of(d, port);
	unsigned long flags;

	if (!chn)
		return;
	spin_lock_irqsave(&chn->lock, flags);
	if (chn->consumer && chn->state == ECS_INTERDOMAIN)
		evtchn_raise(chn->u.interdomain.remote, chn->u.interdomain.peer);
	spin_unlock_irqrestore(&chn->lock, flags);
}
