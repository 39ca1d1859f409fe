/* SPDX-License-Identifier: MIT */
/*
 * Ports bound to physical interrupts. Each vCPU lists those that notify it, so that the interrupts
 * can follow it from CPU to CPU.
 *
 * The interrupt code holds its own lock when it calls send_guest_pirq(), which takes the port's;
 * so here the interrupt code is never called with a port's lock held.
 */
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/rangeset.h>
#include "internal.h"

static void link_port(struct vcpu *v, struct evtchn *chn)
{
	chn->u.pirq.next = v->evtchn.pirq_evtchn_head;
	v->evtchn.pirq_evtchn_head = chn->port;
}

static void unlink_port(struct domain *d, struct evtchn *chn)
{
	struct vcpu *v = evtchn_vcpu_of(d, chn->notify_vcpu_id);
	uint32_t *link;

	BUG_ON(!v);
	for (link = &v->evtchn.pirq_evtchn_head; *link; link = &evtchn_of(d, *link)->u.pirq.next)
		if (*link == chn->port) {
			*link = chn->u.pirq.next;
			return;
		}
	BUG();
}

static bool pirq_is_bound(struct domain *d, uint32_t pirq)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		uint32_t port = v->evtchn.pirq_evtchn_head;

		for (; port; port = evtchn_of(d, port)->u.pirq.next)
			if (evtchn_of(d, port)->u.pirq.pirq == pirq)
				return true;
	}
	return false;
}

static int bind_locked(struct domain *d, struct vcpu *v, struct evtchn_bind_pirq *op)
{
	struct evtchn *chn;
	int rc;

	if (pirq_is_bound(d, op->pirq))
		return -EEXIST;
	rc = evtchn_alloc_port(d, &chn);
	if (rc)
		return rc;
	/* Complete before it is bound: the first interrupt may come at once. */
	chn->notify_vcpu_id = v->vcpu_id;
	chn->u.pirq.pirq = op->pirq;
	evtchn_publish(chn, ECS_PIRQ);
	rc = pirq_guest_bind(v, op->pirq, chn->port, op->flags & BIND_PIRQ__WILL_SHARE);
	if (rc) {
		evtchn_free_port(d, chn);
		return rc;
	}
	link_port(v, chn);
	op->port = chn->port;
	return 0;
}

int evtchn_bind_pirq(struct evtchn_bind_pirq *op)
{
	struct domain *d = current->domain;
	struct vcpu *v = evtchn_vcpu_of(d, 0);
	int rc;

	if (!is_hardware_domain(d) && !rangeset_contains(d->irq_caps, op->pirq, op->pirq))
		return -EPERM;
	if (!v)
		return -ENOENT;
	spin_lock(&d->evtchn.lock);
	rc = bind_locked(d, v, op);
	spin_unlock(&d->evtchn.lock);
	return rc;
}

void evtchn_unbind_pirq(struct domain *d, struct evtchn *chn)
{
	pirq_guest_unbind(d, chn->u.pirq.pirq);
	unlink_port(d, chn);
}

void evtchn_rebind_pirq(struct domain *d, struct evtchn *chn, struct vcpu *v)
{
	if (chn->notify_vcpu_id == v->vcpu_id)
		return;
	unlink_port(d, chn);
	link_port(v, chn);
	pirq_set_affinity(d, chn->u.pirq.pirq, v->processor);
}

void evtchn_move_pirqs(struct vcpu *v)
{
	struct domain *d = v->domain;
	uint32_t port;

	if (!READ_ONCE(v->evtchn.pirq_evtchn_head))
		return;
	spin_lock(&d->evtchn.lock);
	for (port = v->evtchn.pirq_evtchn_head; port; port = evtchn_of(d, port)->u.pirq.next)
		pirq_set_affinity(d, evtchn_of(d, port)->u.pirq.pirq, v->processor);
	spin_unlock(&d->evtchn.lock);
}
