/* SPDX-License-Identifier: MIT */
/*
 * Event channels. A port is unbound, bound to another domain's port, a virtual IRQ, a physical IRQ,
 * or an IPI. "Pending" and "mask" live in memory shared with the guest in one of two ABIs (2-level,
 * FIFO), each an implementation of struct evtchn_port_ops.
 */
#ifndef HV_EVENT_H
#define HV_EVENT_H

#include <hv/lib.h>
#include <hv/spinlock.h>
#include <public/xen.h>
#include <public/event_channel.h>

struct domain;
struct vcpu;
struct evtchn;
struct evtchn_port_ops;
struct evtchn_fifo_domain;
struct evtchn_fifo_vcpu;

#define NR_EVTCHN_BUCKETS 256

struct evtchn_domain {
	spinlock_t lock; /* guards: allocation and state changes of the ports */
	const struct evtchn_port_ops *port_ops;
	struct evtchn **bucket[NR_EVTCHN_BUCKETS]; /* two-level array of struct evtchn, see common/event */
	unsigned int valid_evtchns; /* ports < this have a struct; grows only */
	unsigned int max_port;	    /* highest port the toolstack allows */
	struct evtchn_fifo_domain *fifo;
	unsigned int active_evtchns; /* not free; guarded by: lock */
	unsigned int nr_consumers;   /* of those, the hypervisor's; guarded by: lock */
	uint32_t first_free;   /* no port below is free; guarded by: lock */
	uint32_t close_cursor; /* how far closing all has got; one closer at a time */
};

struct evtchn_vcpu {
	uint32_t virq_to_evtchn[NR_VIRQS]; /* guarded by: virq_lock */
	spinlock_t virq_lock;
	uint32_t pirq_evtchn_head; /* list of this vCPU's PIRQ ports; guarded by: evtchn.lock */
	struct evtchn_fifo_vcpu *fifo;
};

int evtchn_init(struct domain *d, unsigned int max_port);
int evtchn_destroy(struct domain *d);	      /* d is dying: closes all ports; 0 or -ERESTART */
/* EVTCHNOP_reset: closes all ports, back to the 2-level ABI. 0, -ERESTART, or -EAGAIN: d opened
 * ports meanwhile. */
int evtchn_reset(struct domain *d);
void evtchn_destroy_final(struct domain *d);  /* frees memory; last reference gone */
void evtchn_vcpu_init(struct vcpu *v);

/* Virtual IRQs. Per-vCPU ones go to v; global ones (CONSOLE, DOM_EXC, CON_RING, ...) to their holder.
 * Any context, any CPU. Lost silently if nobody has bound it. */
void send_guest_vcpu_virq(struct vcpu *v, uint32_t virq);
void send_guest_global_virq(struct domain *d, uint32_t virq);
void send_global_virq(uint32_t virq); /* to the domain set for it; Dom0 by default */
/* XEN_DOMCTL_set_virq_handler. -EINVAL: not a global virq, or d is dying. */
int set_global_virq_handler(struct domain *d, uint32_t virq);
/* A physical IRQ bound by d fired. `port` is what pirq_guest_bind() was given. Interrupt context.
 * Returns false if the port was already pending (still unconsumed). */
bool send_guest_pirq(struct domain *d, uint32_t port);
int evtchn_send(struct domain *ld, uint32_t lport); /* as EVTCHNOP_send */
int evtchn_unmask(uint32_t port);
bool evtchn_port_is_pending(struct domain *d, uint32_t port); /* for SCHEDOP_poll */
bool evtchn_port_is_valid(struct domain *d, uint32_t port);
/* Moves v's PIRQ interrupts to the CPU v now runs on. No spin lock held, not in an interrupt. */
void evtchn_move_pirqs(struct vcpu *v);

/* Ports of d that the hypervisor listens to (consumer.c): an event from the other end calls fn for the port's vCPU,
 * from any context, with the port's lock held. -ENOSPC, -ENOMEM, -EINVAL: d is dying. */
typedef void evtchn_consumer(struct vcpu *v);
int evtchn_open_consumer(struct domain *d, uint32_t vcpu_id, domid_t remote, evtchn_consumer *fn, uint32_t *port);
void evtchn_close_consumer(struct domain *d, uint32_t port);
void evtchn_notify_consumer(struct domain *d, uint32_t port); /* tells the other end. Any context */

/* Called by the port ops and the FIFO code: v has a deliverable event. Sets evtchn_upcall_pending
 * and wakes or kicks v. Any context. */
void vcpu_mark_events_pending(struct vcpu *v);
/* Will v take an upcall when it next enters the guest: pending and not masked. */
static inline bool vcpu_event_is_deliverable(const struct vcpu_info *vi)
{
	return __atomic_load_n(&vi->evtchn_upcall_pending, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&vi->evtchn_upcall_mask, __ATOMIC_RELAXED);
}

#endif
