/* SPDX-License-Identifier: MIT */
/*
 * The event_channel_op hypercall: a table of sub-operations, copied in and out in one place.
 * A guest may act on itself, the control domain on all (domain_get_for_caller).
 */
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include "internal.h"

union op_arg {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
	struct evtchn_init_control init_control;
	struct evtchn_expand_array expand_array;
	struct evtchn_set_priority set_priority;
};

static int op_alloc_unbound(union op_arg *a)
{
	return evtchn_alloc_unbound(&a->alloc_unbound);
}

static int op_bind_interdomain(union op_arg *a)
{
	return evtchn_bind_interdomain(&a->bind_interdomain);
}

static int op_bind_virq(union op_arg *a)
{
	return evtchn_bind_virq(&a->bind_virq);
}

static int op_bind_pirq(union op_arg *a)
{
	return evtchn_bind_pirq(&a->bind_pirq);
}

static int op_bind_ipi(union op_arg *a)
{
	return evtchn_bind_ipi(&a->bind_ipi);
}

static int op_bind_vcpu(union op_arg *a)
{
	return evtchn_bind_vcpu(a->bind_vcpu.port, a->bind_vcpu.vcpu);
}

static int op_close(union op_arg *a)
{
	const struct evtchn *chn = evtchn_of(current->domain, a->close.port);

	if (chn && READ_ONCE(chn->consumer))
		return -EINVAL;
	return evtchn_close_port(current->domain, a->close.port);
}

static int op_send(union op_arg *a)
{
	return evtchn_send(current->domain, a->send.port);
}

static int op_unmask(union op_arg *a)
{
	return evtchn_unmask(a->unmask.port);
}

/* Port lock held. */
static void describe(const struct evtchn *chn, struct evtchn_status *s)
{
	s->vcpu = chn->notify_vcpu_id;
	switch (chn->state) {
	case ECS_UNBOUND:
		s->status = EVTCHNSTAT_unbound;
		s->u.unbound.dom = chn->u.unbound.remote_domid;
		break;
	case ECS_INTERDOMAIN:
		s->status = EVTCHNSTAT_interdomain;
		s->u.interdomain.dom = chn->u.interdomain.remote->domain_id;
		s->u.interdomain.port = chn->u.interdomain.peer->port;
		break;
	case ECS_PIRQ:
		s->status = EVTCHNSTAT_pirq;
		s->u.pirq = chn->u.pirq.pirq;
		break;
	case ECS_VIRQ:
		s->status = EVTCHNSTAT_virq;
		s->u.virq = chn->u.virq;
		break;
	case ECS_IPI:
		s->status = EVTCHNSTAT_ipi;
		break;
	default:
		s->status = EVTCHNSTAT_closed;
		break;
	}
}

static int op_status(union op_arg *a)
{
	struct evtchn *chn;
	unsigned long flags;
	struct domain *d;
	int rc;

	d = domain_get_for_caller(a->status.dom, &rc);
	if (!d)
		return rc;
	chn = evtchn_of(d, a->status.port);
	if (chn) {
		spin_lock_irqsave(&chn->lock, flags);
		describe(chn, &a->status);
		spin_unlock_irqrestore(&chn->lock, flags);
	}
	domain_put(d);
	return chn ? 0 : -EINVAL;
}

static int op_reset(union op_arg *a)
{
	struct domain *d;
	int rc;

	d = domain_get_for_caller(a->reset.dom, &rc);
	if (!d)
		return rc;
	/* Another domain must be stopped, or it would go on using what is taken from it. */
	if (d != current->domain && !d->controller_pause_count)
		rc = -EINVAL;
	else
		rc = evtchn_reset(d);
	domain_put(d);
	return rc;
}

static int op_init_control(union op_arg *a)
{
	return evtchn_fifo_init_control(&a->init_control);
}

static int op_expand_array(union op_arg *a)
{
	return evtchn_fifo_expand_array(&a->expand_array);
}

static int op_set_priority(union op_arg *a)
{
	struct domain *d = current->domain;
	struct evtchn *chn = evtchn_of(d, a->set_priority.port);
	unsigned long flags;
	int rc = -ENOSYS;

	if (!chn)
		return -EINVAL;
	spin_lock_irqsave(&chn->lock, flags);
	if (d->evtchn.port_ops->set_priority)
		rc = d->evtchn.port_ops->set_priority(d, chn, a->set_priority.priority);
	spin_unlock_irqrestore(&chn->lock, flags);
	return rc;
}

static const struct {
	int (*fn)(union op_arg *arg);
	uint8_t size;
	bool out; /* the argument is copied back on success */
} ops[] = {
#define OP(name, is_out) [EVTCHNOP_##name] = { op_##name, sizeof(struct evtchn_##name), is_out }
	OP(bind_interdomain, true), OP(bind_virq, true),      OP(bind_pirq, true),
	OP(close, false),	    OP(send, false),	      OP(status, true),
	OP(alloc_unbound, true),    OP(bind_ipi, true),	      OP(bind_vcpu, false),
	OP(unmask, false),	    OP(reset, false),	      OP(init_control, true),
	OP(expand_array, false),    OP(set_priority, false),
#undef OP
};

long do_event_channel_op(unsigned long cmd, unsigned long arg)
{
	unsigned int nr = (uint32_t)cmd;
	union op_arg a;
	int rc;

	if (nr >= ARRAY_SIZE(ops))
		return -ENOSYS;
	block_speculation();
	if (raw_copy_from_guest(&a, arg, ops[nr].size))
		return -EFAULT;
	rc = ops[nr].fn(&a);
	if (rc == -ERESTART)
		return hypercall_create_continuation(__HYPERVISOR_event_channel_op, 2, cmd, arg);
	if (!rc && ops[nr].out && raw_copy_to_guest(arg, &a, ops[nr].size))
		return -EFAULT;
	return rc;
}
