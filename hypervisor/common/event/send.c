/* SPDX-License-Identifier: MIT */
/*
 * Raising events: the hot path. A sender takes one lock, that of its own end.
 */
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include "internal.h"

/*
 * Wakes vCPUs that SCHEDOP_poll put to sleep on this port or on several. The poller sets its flag,
 * then looks at the ports; we have set the port pending (a full barrier), then look at the flag:
 * one of the two sees the other.
 */
void evtchn_wake_pollers(struct domain *d, uint32_t port)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		int polled;

		if (likely(!(READ_ONCE(v->pause_flags) & (1ul << VPF_POLLING))))
			continue;
		polled = READ_ONCE(v->poll_evtchn);
		if (polled <= 0 || (uint32_t)polled == port)
			vcpu_unblock(v);
	}
}

void vcpu_mark_events_pending(struct vcpu *v)
{
	/* Full barrier: the guest that sees the flag sees what was set before. */
	if (__atomic_exchange_n(&v->vcpu_info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
		return;
	arch_vcpu_event_raised(v);
	vcpu_unblock(v);
	vcpu_kick(v);
}

static int send_locked(struct domain *d, struct evtchn *chn)
{
	switch (chn->state) {
	case ECS_INTERDOMAIN:
		evtchn_raise(chn->u.interdomain.remote, chn->u.interdomain.peer);
		return 0;
	case ECS_IPI:
		evtchn_raise(d, chn);
		return 0;
	case ECS_UNBOUND: /* nobody listens yet */
		return 0;
	default:
		return -EINVAL;
	}
}

int evtchn_send(struct domain *d, uint32_t port)
{
	struct evtchn *chn = evtchn_of(d, port);
	unsigned long flags;
	int rc;

	if (unlikely(!chn))
		return -EINVAL;
	spin_lock_irqsave(&chn->lock, flags);
	rc = likely(!chn->consumer) ? send_locked(d, chn) : -EINVAL;
	spin_unlock_irqrestore(&chn->lock, flags);
	return rc;
}

int evtchn_unmask(uint32_t port)
{
	struct domain *d = current->domain;
	struct evtchn *chn = evtchn_of(d, port);
	unsigned long flags;

	if (unlikely(!chn))
		return -EINVAL;
	spin_lock_irqsave(&chn->lock, flags);
	if (evtchn_usable(chn) && !chn->consumer)
		d->evtchn.port_ops->unmask(d, evtchn_vcpu_of(d, chn->notify_vcpu_id), chn);
	spin_unlock_irqrestore(&chn->lock, flags);
	return 0;
}

bool evtchn_port_is_pending(struct domain *d, uint32_t port)
{
	struct evtchn *chn = evtchn_of(d, port);
	unsigned long flags;
	bool pending;

	if (!chn)
		return false;
	spin_lock_irqsave(&chn->lock, flags);
	pending = evtchn_usable(chn) && d->evtchn.port_ops->is_pending(d, chn);
	spin_unlock_irqrestore(&chn->lock, flags);
	return pending;
}

bool evtchn_port_is_valid(struct domain *d, uint32_t port)
{
	return evtchn_of(d, port) != NULL;
}

bool send_guest_pirq(struct domain *d, uint32_t port)
{
	struct evtchn *chn = evtchn_of(d, port);
	unsigned long flags;
	bool raised = true;

	if (!chn)
		return true;
	spin_lock_irqsave(&chn->lock, flags);
	if (chn->state == ECS_PIRQ)
		raised = evtchn_raise(d, chn);
	spin_unlock_irqrestore(&chn->lock, flags);
	return raised;
}
