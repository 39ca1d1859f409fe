/* SPDX-License-Identifier: MIT */
/*
 * Joining ports to something: another domain's port, a virtual interrupt, the domain's own vCPUs.
 * A port is RESERVED while it is set up and gets its final state last.
 */
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include "internal.h"

int evtchn_alloc_unbound(struct evtchn_alloc_unbound *op)
{
	struct evtchn *chn;
	struct domain *d;
	int rc;

	d = domain_get_for_caller(op->dom, &rc);
	if (!d)
		return rc;
	spin_lock(&d->evtchn.lock);
	rc = evtchn_alloc_port(d, &chn);
	if (!rc) {
		chn->u.unbound.remote_domid =
			op->remote_dom == DOMID_SELF ? current->domain->domain_id : op->remote_dom;
		evtchn_publish(chn, ECS_UNBOUND);
		op->port = chn->port;
	}
	spin_unlock(&d->evtchn.lock);
	domain_put(d);
	return rc;
}

/* Both ends' locks held. */
static void join(struct evtchn *a, struct domain *a_dom, struct evtchn *b, struct domain *b_dom)
{
	a->u.interdomain.remote = b_dom;
	a->u.interdomain.peer = b;
	b->u.interdomain.remote = a_dom;
	b->u.interdomain.peer = a;
	a->state = b->state = ECS_INTERDOMAIN;
}

static bool may_join(const struct evtchn *remote, const struct domain *ld)
{
	return remote && remote->state == ECS_UNBOUND &&
	       remote->u.unbound.remote_domid == ld->domain_id;
}

/* Both domains' evtchn.lock held. */
static int bind_interdomain_locked(struct domain *ld, struct domain *rd,
				   struct evtchn_bind_interdomain *op)
{
	struct evtchn *local, *remote = evtchn_of(rd, op->remote_port);
	unsigned long flags;
	int rc;

	if (!may_join(remote, ld))
		return -EINVAL;
	rc = evtchn_alloc_port(ld, &local);
	if (rc)
		return rc;
	flags = evtchn_lock_pair(local, remote);
	join(local, ld, remote, rd);
	/* The peer may have sent before anyone could hear it. */
	evtchn_raise(ld, local);
	evtchn_unlock_pair(local, remote, flags);
	op->local_port = local->port;
	return 0;
}

int evtchn_bind_interdomain(struct evtchn_bind_interdomain *op)
{
	struct domain *ld = current->domain;
	struct domain *rd = domain_get_by_id(op->remote_dom);
	int rc;

	if (!rd)
		return -ESRCH;
	spin_lock_both(&ld->evtchn.lock, &rd->evtchn.lock);
	rc = bind_interdomain_locked(ld, rd, op);
	spin_unlock_both(&ld->evtchn.lock, &rd->evtchn.lock);
	domain_put(rd);
	return rc;
}

static int bind_virq_locked(struct domain *d, struct vcpu *v, struct evtchn_bind_virq *op)
{
	struct evtchn *chn;
	unsigned long flags;
	int rc;

	if (v->evtchn.virq_to_evtchn[op->virq])
		return -EEXIST;
	rc = evtchn_alloc_port(d, &chn);
	if (rc)
		return rc;
	chn->notify_vcpu_id = v->vcpu_id;
	chn->u.virq = op->virq;
	evtchn_publish(chn, ECS_VIRQ);
	spin_lock_irqsave(&v->evtchn.virq_lock, flags);
	v->evtchn.virq_to_evtchn[op->virq] = chn->port;
	spin_unlock_irqrestore(&v->evtchn.virq_lock, flags);
	op->port = chn->port;
	return 0;
}

int evtchn_bind_virq(struct evtchn_bind_virq *op)
{
	struct domain *d = current->domain;
	struct vcpu *v;
	int rc;

	if (op->virq >= NR_VIRQS || (virq_is_global(op->virq) && op->vcpu != 0))
		return -EINVAL;
	v = evtchn_vcpu_of(d, op->vcpu);
	if (!v)
		return -ENOENT;
	spin_lock(&d->evtchn.lock);
	rc = bind_virq_locked(d, v, op);
	spin_unlock(&d->evtchn.lock);
	return rc;
}

int evtchn_bind_ipi(struct evtchn_bind_ipi *op)
{
	struct domain *d = current->domain;
	struct evtchn *chn;
	int rc;

	if (!evtchn_vcpu_of(d, op->vcpu))
		return -ENOENT;
	spin_lock(&d->evtchn.lock);
	rc = evtchn_alloc_port(d, &chn);
	if (!rc) {
		chn->notify_vcpu_id = op->vcpu;
		evtchn_publish(chn, ECS_IPI);
		op->port = chn->port;
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

static int rebind_locked(struct domain *d, struct evtchn *chn, struct vcpu *v)
{
	if (chn->consumer)
		return -EINVAL;
	switch (chn->state) {
	case ECS_VIRQ:
		if (!virq_is_global(chn->u.virq))
			return -EINVAL;
		break;
	case ECS_PIRQ:
		evtchn_rebind_pirq(d, chn, v);
		break;
	case ECS_UNBOUND:
	case ECS_INTERDOMAIN:
		break;
	default:
		return -EINVAL;
	}
	WRITE_ONCE(chn->notify_vcpu_id, v->vcpu_id);
	return 0;
}

int evtchn_bind_vcpu(uint32_t port, uint32_t vcpu_id)
{
	struct domain *d = current->domain;
	struct vcpu *v = evtchn_vcpu_of(d, vcpu_id);
	struct evtchn *chn;
	int rc;

	if (!v)
		return -ENOENT;
	chn = evtchn_of(d, port);
	if (!chn)
		return -EINVAL;
	spin_lock(&d->evtchn.lock);
	rc = rebind_locked(d, chn, v);
	spin_unlock(&d->evtchn.lock);
	return rc;
}
