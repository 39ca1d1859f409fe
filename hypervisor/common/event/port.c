/* SPDX-License-Identifier: MIT */
/*
 * Ports: finding a free one, closing, and the life of a domain's set of ports.
 *
 * Structs come in groups of 64 made on demand, lowest ports first, and stay until the domain's
 * struct is freed; so a lookup needs no lock.
 */
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include "internal.h"

static void init_group(struct evtchn *group, uint32_t first)
{
	for (unsigned int i = 0; i < EVTCHNS_PER_GROUP; i++) {
		spin_lock_init(&group[i].lock);
		group[i].port = first + i;
		group[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		group[i].fifo_last_queue = EVTCHN_FIFO_PRIORITY_DEFAULT;
	}
}

/* Makes the next 64 ports exist. */
static int evtchn_grow(struct domain *d)
{
	uint32_t first = d->evtchn.valid_evtchns;
	struct evtchn ***bucket = (struct evtchn ***)&d->evtchn.bucket[first / EVTCHNS_PER_BUCKET];
	struct evtchn *group;

	if (first >= EVTCHN_FIFO_NR_CHANNELS)
		return -ENOSPC;
	if (!*bucket)
		*bucket = xzalloc_array(struct evtchn *, GROUPS_PER_BUCKET);
	if (!*bucket)
		return -ENOMEM;
	group = xzalloc_array(struct evtchn, EVTCHNS_PER_GROUP);
	if (!group)
		return -ENOMEM;
	init_group(group, first);
	(*bucket)[first / EVTCHNS_PER_GROUP % GROUPS_PER_BUCKET] = group;
	/* Release: pairs with evtchn_of(). */
	__atomic_store_n(&d->evtchn.valid_evtchns, first + EVTCHNS_PER_GROUP, __ATOMIC_RELEASE);
	return 0;
}

static bool port_is_allowed(const struct domain *d, uint32_t port)
{
	return port <= d->evtchn.max_port && port < d->evtchn.port_ops->max_ports;
}

int evtchn_alloc_port(struct domain *d, struct evtchn **out)
{
	bool all_used_below = true;

	ASSERT(spin_is_held(&d->evtchn.lock));
	if (domain_is_dying(d))
		return -EINVAL;
	for (uint32_t port = d->evtchn.first_free; port_is_allowed(d, port); port++) {
		struct evtchn *chn;
		int rc = port < d->evtchn.valid_evtchns ? 0 : evtchn_grow(d);

		if (rc)
			return rc;
		chn = evtchn_of(d, port);
		if (chn->state == ECS_FREE && !d->evtchn.port_ops->is_busy(d, chn)) {
			evtchn_publish(chn, ECS_RESERVED);
			d->evtchn.active_evtchns++;
			if (all_used_below)
				d->evtchn.first_free = port + 1;
			*out = chn;
			return 0;
		}
		if (chn->state == ECS_FREE && all_used_below) {
			d->evtchn.first_free = port; /* busy now, free later */
			all_used_below = false;
		}
	}
	return -ENOSPC;
}

void evtchn_publish(struct evtchn *chn, enum evtchn_state state)
{
	unsigned long flags;

	spin_lock_irqsave(&chn->lock, flags);
	chn->state = state;
	spin_unlock_irqrestore(&chn->lock, flags);
}

/* Port lock held: back to what a fresh port is. */
static void reset_port(struct domain *d, struct evtchn *chn)
{
	d->evtchn.port_ops->clear_pending(d, chn);
	chn->state = ECS_FREE;
	chn->notify_vcpu_id = 0;
	chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	chn->fifo_pending = false;
	if (chn->consumer) {
		chn->consumer = NULL;
		d->evtchn.nr_consumers--;
	}
}

static void account_free(struct domain *d, const struct evtchn *chn)
{
	d->evtchn.active_evtchns--;
	d->evtchn.first_free = min(d->evtchn.first_free, chn->port);
}

void evtchn_free_port(struct domain *d, struct evtchn *chn)
{
	unsigned long flags;

	ASSERT(spin_is_held(&d->evtchn.lock));
	spin_lock_irqsave(&chn->lock, flags);
	reset_port(d, chn);
	spin_unlock_irqrestore(&chn->lock, flags);
	account_free(d, chn);
}

unsigned long evtchn_lock_pair(struct evtchn *a, struct evtchn *b)
{
	unsigned long flags = local_irq_save();

	spin_lock_both(&a->lock, &b->lock);
	return flags;
}

void evtchn_unlock_pair(struct evtchn *a, struct evtchn *b, unsigned long flags)
{
	spin_unlock_both(&a->lock, &b->lock);
	local_irq_restore(flags);
}

static struct evtchn *peer_or_self(struct evtchn *chn)
{
	return chn->state == ECS_INTERDOMAIN ? chn->u.interdomain.peer : chn;
}

unsigned long evtchn_lock_senders(struct evtchn *chn)
{
	return evtchn_lock_pair(chn, peer_or_self(chn));
}

void evtchn_unlock_senders(struct evtchn *chn, unsigned long flags)
{
	evtchn_unlock_pair(chn, peer_or_self(chn), flags);
}

/* Both domains' evtchn.lock held. The other end waits for a new peer from the same domain. */
static void close_interdomain(struct domain *d, struct evtchn *chn)
{
	struct evtchn *peer = chn->u.interdomain.peer;
	unsigned long flags = evtchn_lock_pair(chn, peer);

	reset_port(d, chn);
	if (peer != chn) {
		peer->state = ECS_UNBOUND;
		peer->u.unbound.remote_domid = d->domain_id;
	}
	evtchn_unlock_pair(chn, peer, flags);
	account_free(d, chn);
}

/* d's evtchn.lock held, and the peer's domain's if there is one. */
static int close_locked(struct domain *d, struct evtchn *chn)
{
	switch (chn->state) {
	case ECS_FREE:
	case ECS_RESERVED:
		return -EINVAL;
	case ECS_INTERDOMAIN:
		close_interdomain(d, chn);
		return 0;
	case ECS_PIRQ:
		evtchn_unbind_pirq(d, chn);
		break;
	case ECS_VIRQ:
		evtchn_unbind_virq(d, chn);
		break;
	}
	evtchn_free_port(d, chn);
	return 0;
}

/*
 * The domain at the other end, referenced, or NULL. The answer may be stale when both locks have
 * been taken, so callers look again.
 */
static struct domain *peer_domain(struct evtchn *chn)
{
	struct domain *peer = NULL;
	unsigned long flags;

	spin_lock_irqsave(&chn->lock, flags);
	if (chn->state == ECS_INTERDOMAIN) {
		peer = chn->u.interdomain.remote;
		domain_get(peer);
	}
	spin_unlock_irqrestore(&chn->lock, flags);
	return peer;
}

static bool peer_is(const struct evtchn *chn, const struct domain *d)
{
	return (chn->state == ECS_INTERDOMAIN ? chn->u.interdomain.remote : NULL) == d;
}

int evtchn_close_port(struct domain *d, uint32_t port)
{
	struct evtchn *chn = evtchn_of(d, port);
	struct domain *other;
	int rc = -EAGAIN;

	if (!chn)
		return -EINVAL;
	while (rc == -EAGAIN) {
		spinlock_t *second;

		other = peer_domain(chn);
		second = other ? &other->evtchn.lock : &d->evtchn.lock;
		spin_lock_both(&d->evtchn.lock, second);
		if (peer_is(chn, other))
			rc = close_locked(d, chn);
		spin_unlock_both(&d->evtchn.lock, second);
		if (other)
			domain_put(other);
	}
	return rc;
}

int evtchn_init(struct domain *d, unsigned int max_port)
{
	int rc;

	spin_lock_init(&d->evtchn.lock);
	d->evtchn.port_ops = &evtchn_2l_ops;
	d->evtchn.max_port = max_port;
	rc = evtchn_grow(d);
	if (rc) {
		evtchn_destroy_final(d);
		return rc;
	}
	evtchn_of(d, 0)->state = ECS_RESERVED;
	d->evtchn.first_free = 1;
	return 0;
}

void evtchn_vcpu_init(struct vcpu *v)
{
	spin_lock_init(&v->evtchn.virq_lock);
}

/* Closes all ports from the cursor on; -ERESTART now and then. */
static int close_all(struct domain *d)
{
	while (d->evtchn.close_cursor < READ_ONCE(d->evtchn.valid_evtchns)) {
		uint32_t port = d->evtchn.close_cursor++;

		if (!READ_ONCE(evtchn_of(d, port)->consumer) || domain_is_dying(d))
			evtchn_close_port(d, port);
		if (d->evtchn.close_cursor % 64 == 0 && hypercall_preempt_check())
			return -ERESTART;
	}
	d->evtchn.close_cursor = 0;
	return 0;
}

int evtchn_reset(struct domain *d)
{
	int rc = close_all(d);

	if (rc)
		return rc;
	spin_lock(&d->evtchn.lock);
	/* Ports that other vCPUs opened meanwhile must not lose their ABI. */
	if (d->evtchn.active_evtchns > d->evtchn.nr_consumers)
		rc = -EAGAIN;
	else if (d->evtchn.fifo)
		evtchn_fifo_destroy(d);
	spin_unlock(&d->evtchn.lock);
	return rc;
}

int evtchn_destroy(struct domain *d)
{
	int rc;

	BUG_ON(!domain_is_dying(d));
	if (!d->evtchn.port_ops)
		return 0;
	/* Whoever allocated before we come by is seen by close_all(); nobody can afterwards. */
	spin_lock(&d->evtchn.lock);
	spin_unlock(&d->evtchn.lock);
	rc = close_all(d);
	if (rc)
		return rc;
	clear_global_virq_handlers(d);
	spin_lock(&d->evtchn.lock);
	/* A reset that was interrupted left the cursor behind ports opened since: once more. */
	if (d->evtchn.active_evtchns)
		rc = -ERESTART;
	else if (d->evtchn.fifo)
		evtchn_fifo_destroy(d);
	spin_unlock(&d->evtchn.lock);
	return rc;
}

void evtchn_destroy_final(struct domain *d)
{
	for (unsigned int i = 0; i < NR_EVTCHN_BUCKETS; i++) {
		struct evtchn **bucket = (struct evtchn **)d->evtchn.bucket[i];

		for (unsigned int j = 0; bucket && j < GROUPS_PER_BUCKET; j++)
			xfree(bucket[j]);
		xfree(bucket);
		d->evtchn.bucket[i] = NULL;
	}
	d->evtchn.valid_evtchns = 0;
}
