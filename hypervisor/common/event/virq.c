/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts. Per-vCPU ones have a port on each vCPU; global ones are kept on vCPU 0 of the
 * domain that handles them: Dom0 unless set_global_virq_handler() named another.
 */
#include "internal.h"

static spinlock_t handler_lock = SPIN_LOCK_UNLOCKED; /* irq-safe, outside of virq_lock */
/* Each holds a domain reference; NULL: Dom0. guarded by: handler_lock */
static struct domain *global_handler[NR_VIRQS];

void send_guest_vcpu_virq(struct vcpu *v, uint32_t virq)
{
	unsigned long flags;
	struct evtchn *chn;
	uint32_t port;

	BUG_ON(virq >= NR_VIRQS);
	spin_lock_irqsave(&v->evtchn.virq_lock, flags);
	port = v->evtchn.virq_to_evtchn[virq];
	if (port) {
		chn = evtchn_of(v->domain, port);
		spin_lock(&chn->lock);
		if (chn->state == ECS_VIRQ)
			evtchn_raise(v->domain, chn);
		spin_unlock(&chn->lock);
	}
	spin_unlock_irqrestore(&v->evtchn.virq_lock, flags);
}

void send_guest_global_virq(struct domain *d, uint32_t virq)
{
	struct vcpu *v = d ? evtchn_vcpu_of(d, 0) : NULL;

	if (v)
		send_guest_vcpu_virq(v, virq);
}

void send_global_virq(uint32_t virq)
{
	unsigned long flags;

	BUG_ON(virq >= NR_VIRQS || !virq_is_global(virq));
	spin_lock_irqsave(&handler_lock, flags);
	send_guest_global_virq(global_handler[virq] ? global_handler[virq] : hardware_domain, virq);
	spin_unlock_irqrestore(&handler_lock, flags);
}

int set_global_virq_handler(struct domain *d, uint32_t virq)
{
	struct domain *old;
	unsigned long flags;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return -EINVAL;
	domain_get(d);
	spin_lock_irqsave(&handler_lock, flags);
	if (domain_is_dying(d)) {
		spin_unlock_irqrestore(&handler_lock, flags);
		domain_put(d);
		return -EINVAL;
	}
	old = global_handler[virq];
	global_handler[virq] = d;
	spin_unlock_irqrestore(&handler_lock, flags);
	if (old)
		domain_put(old);
	return 0;
}

/* d is dying: what it handled goes back to Dom0. */
void clear_global_virq_handlers(struct domain *d)
{
	unsigned int dropped = 0;
	unsigned long flags;

	spin_lock_irqsave(&handler_lock, flags);
	for (unsigned int i = 0; i < NR_VIRQS; i++)
		if (global_handler[i] == d) {
			global_handler[i] = NULL;
			dropped++;
		}
	spin_unlock_irqrestore(&handler_lock, flags);
	while (dropped--)
		domain_put(d);
}

void evtchn_unbind_virq(struct domain *d, struct evtchn *chn)
{
	struct vcpu *v;
	unsigned long flags;

	/* A global one may notify another vCPU than the one it is registered on. */
	for_each_vcpu(d, v) {
		if (v->evtchn.virq_to_evtchn[chn->u.virq] != chn->port)
			continue;
		spin_lock_irqsave(&v->evtchn.virq_lock, flags);
		v->evtchn.virq_to_evtchn[chn->u.virq] = 0;
		spin_unlock_irqrestore(&v->evtchn.virq_lock, flags);
	}
}
