/* SPDX-License-Identifier: MIT */
/*
 * Event channels from the inside.
 *
 * Locks. domain->evtchn.lock serialises every change of a port's state (allocation, binding,
 * closing); it is never taken in interrupt context. Each port's own lock guards its fields and is
 * irq-safe: senders take only it. Order: evtchn.lock (two: in address order), virq_lock, port lock
 * (two: in address order), FIFO queue lock (two: in address order), then run queues.
 *
 * An interdomain port's state and peer change only with both ports' locks held, so a sender that
 * holds one end's lock may use the other end. Structs of ports are freed with the domain only, and
 * a bound peer's domain is alive because its own end would otherwise have been closed.
 */
#ifndef EVENT_INTERNAL_H
#define EVENT_INTERNAL_H

#include <hv/domain.h>
#include <hv/event.h>
#include <asm/nospec.h>

enum evtchn_state {
	ECS_FREE,
	ECS_RESERVED, /* port 0; or being set up */
	ECS_UNBOUND,
	ECS_INTERDOMAIN,
	ECS_PIRQ,
	ECS_VIRQ,
	ECS_IPI
};

struct evtchn {
	spinlock_t lock;
	uint8_t state; /* enum evtchn_state */
	uint8_t priority;
	bool fifo_pending; /* raised while the FIFO event word did not exist yet */
	uint32_t port;
	uint32_t notify_vcpu_id;
	uint32_t fifo_last_queue; /* vcpu id << 8 | priority; atomic, see fifo.c */
	evtchn_consumer *consumer; /* the hypervisor listens, not the guest; set once, before the port is published */
	union {
		struct {
			domid_t remote_domid;
		} unbound;
		struct {
			struct domain *remote;
			struct evtchn *peer;
		} interdomain;
		struct {
			uint32_t pirq;
			uint32_t next; /* in the vCPU's list, 0 ends; guarded by: evtchn.lock */
		} pirq;
		uint32_t virq;
	} u;
};

/*
 * One ABI of pending and mask bits. Called with a lock of the port held (or, for an interdomain
 * port, of its peer) and interrupts off, except where noted. Guest memory is hostile: nothing read
 * there is trusted further than as a value to be written back there.
 */
struct evtchn_port_ops {
	unsigned int max_ports;
	/* Raises; upcall and pollers included. False: it was pending already. v may be NULL. */
	bool (*set_pending)(struct domain *d, struct vcpu *v, struct evtchn *chn);
	void (*clear_pending)(struct domain *d, struct evtchn *chn);
	void (*unmask)(struct domain *d, struct vcpu *v, struct evtchn *chn);
	bool (*is_pending)(struct domain *d, const struct evtchn *chn);
	bool (*is_masked)(struct domain *d, const struct evtchn *chn);
	/* A free port that the guest's queues still refer to. Under evtchn.lock. */
	bool (*is_busy)(struct domain *d, const struct evtchn *chn);
	int (*set_priority)(struct domain *d, struct evtchn *chn, uint32_t priority); /* may be NULL */
};
extern const struct evtchn_port_ops evtchn_2l_ops, evtchn_fifo_ops;

#define EVTCHNS_PER_GROUP  64u
#define GROUPS_PER_BUCKET  8u
#define EVTCHNS_PER_BUCKET (EVTCHNS_PER_GROUP * GROUPS_PER_BUCKET)
_Static_assert(NR_EVTCHN_BUCKETS * EVTCHNS_PER_BUCKET >= EVTCHN_FIFO_NR_CHANNELS,
	       "every FIFO port has a place");

/* Pairs with the release in evtchn_grow(): a valid port's struct can be seen. */
static inline struct evtchn *evtchn_of(const struct domain *d, uint32_t port)
{
	if (port >= __atomic_load_n(&d->evtchn.valid_evtchns, __ATOMIC_ACQUIRE))
		return NULL;
	block_speculation();
	return &((struct evtchn **)d->evtchn.bucket[port / EVTCHNS_PER_BUCKET])
		[port / EVTCHNS_PER_GROUP % GROUPS_PER_BUCKET][port % EVTCHNS_PER_GROUP];
}

static inline struct vcpu *evtchn_vcpu_of(const struct domain *d, uint32_t vcpu_id)
{
	if (vcpu_id >= d->max_vcpus)
		return NULL;
	block_speculation();
	return __atomic_load_n(&d->vcpu[vcpu_id], __ATOMIC_ACQUIRE);
}

static inline bool evtchn_usable(const struct evtchn *chn)
{
	return chn->state > ECS_RESERVED;
}

static inline bool evtchn_raise(struct domain *d, struct evtchn *chn)
{
	struct vcpu *v = evtchn_vcpu_of(d, READ_ONCE(chn->notify_vcpu_id));

	if (unlikely(chn->consumer)) {
		if (v)
			chn->consumer(v);
		return true;
	}
	return d->evtchn.port_ops->set_pending(d, v, chn);
}

static inline bool virq_is_global(uint32_t virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
	       virq != VIRQ_XENPMU;
}

/* port.c: allocation and closing. All under d->evtchn.lock. */
int evtchn_alloc_port(struct domain *d, struct evtchn **out);	 /* lowest free, now RESERVED */
void evtchn_free_port(struct domain *d, struct evtchn *chn);	 /* chn's lock not held */
void evtchn_publish(struct evtchn *chn, enum evtchn_state state); /* takes chn's lock */
/* Closes without asking whose fault a bad port is. Takes evtchn.lock itself. */
int evtchn_close_port(struct domain *d, uint32_t port);
unsigned long evtchn_lock_pair(struct evtchn *a, struct evtchn *b);
void evtchn_unlock_pair(struct evtchn *a, struct evtchn *b, unsigned long flags);
/* chn and, if it is bound to another domain, its peer: no sender can be at work on chn. */
unsigned long evtchn_lock_senders(struct evtchn *chn);
void evtchn_unlock_senders(struct evtchn *chn, unsigned long flags);

/* bind.c */
int evtchn_alloc_unbound(struct evtchn_alloc_unbound *op);
int evtchn_bind_interdomain(struct evtchn_bind_interdomain *op);
int evtchn_bind_virq(struct evtchn_bind_virq *op);
int evtchn_bind_ipi(struct evtchn_bind_ipi *op);
int evtchn_bind_vcpu(uint32_t port, uint32_t vcpu_id);
/* pirq.c */
int evtchn_bind_pirq(struct evtchn_bind_pirq *op);
void evtchn_unbind_pirq(struct domain *d, struct evtchn *chn);
void evtchn_rebind_pirq(struct domain *d, struct evtchn *chn, struct vcpu *v);
/* virq.c */
void evtchn_unbind_virq(struct domain *d, struct evtchn *chn);
void clear_global_virq_handlers(struct domain *d);
/* send.c: after a port of d became pending */
void evtchn_wake_pollers(struct domain *d, uint32_t port);
/* fifo.c, fifo_setup.c */
int evtchn_fifo_init_control(struct evtchn_init_control *op);
int evtchn_fifo_expand_array(const struct evtchn_expand_array *op);
void evtchn_fifo_destroy(struct domain *d); /* all ports closed; under evtchn.lock */

#endif
