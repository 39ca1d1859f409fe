/* SPDX-License-Identifier: MIT */
/* Debug key 'e': every domain's event channels. */
#include <hv/console.h>
#include <hv/keyhandler.h>
#include "internal.h"
#include "../dump.h"

static void dump_binding(const struct evtchn *chn)
{
	switch (chn->state) {
	case ECS_UNBOUND:
		printk("unbound for d%u", chn->u.unbound.remote_domid);
		break;
	case ECS_INTERDOMAIN:
		printk("d%u port %u", chn->u.interdomain.remote->domain_id,
		       chn->u.interdomain.peer->port);
		break;
	case ECS_PIRQ:
		printk("pirq %u", chn->u.pirq.pirq);
		break;
	case ECS_VIRQ:
		printk("virq %u", chn->u.virq);
		break;
	case ECS_IPI:
		printk("ipi");
		break;
	default:
		printk("being set up");
		break;
	}
}

static void dump_port(struct domain *d, struct evtchn *chn)
{
	unsigned long flags;

	spin_lock_irqsave(&chn->lock, flags);
	if (evtchn_usable(chn)) {
		printk("  %5u %c%c vcpu %u priority %u: ", chn->port,
		       d->evtchn.port_ops->is_pending(d, chn) ? 'p' : '-',
		       d->evtchn.port_ops->is_masked(d, chn) ? 'm' : '-', chn->notify_vcpu_id,
		       chn->priority);
		dump_binding(chn);
		printk("\n");
	}
	spin_unlock_irqrestore(&chn->lock, flags);
}

void dump_event_channels(unsigned char key)
{
	struct domain *d;
	domid_t from = 0;

	while ((d = domain_get_next(from)) != NULL) {
		printk("Domain %u: %u ports in use (%s), p: pending, m: masked\n", d->domain_id,
		       d->evtchn.active_evtchns, d->evtchn.fifo ? "FIFO" : "2-level");
		for (uint32_t port = 1; port < d->evtchn.valid_evtchns; port++)
			dump_port(d, evtchn_of(d, port));
		keyhandler_breathe();
		from = d->domain_id + 1;
		domain_put(d);
	}
}
