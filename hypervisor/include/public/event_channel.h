/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op(int cmd, void *arg): event channels, one-bit signals to a vCPU.
 *
 * A port is a number local to its domain. It can be joined to a port of another (or the same)
 * domain, to a virtual or physical interrupt, or to other vCPUs of the domain (IPI). Raising an
 * event sets the port's pending bit; while it stays pending more raises are absorbed, while it is
 * masked no upcall is made. Where a structure names a domain, DOMID_SELF is the caller; others need
 * control over that domain.
 */
#ifndef __XEN_PUBLIC_EVENT_CHANNEL_H__
#define __XEN_PUBLIC_EVENT_CHANNEL_H__

#include "xen.h"

#define EVTCHNOP_bind_interdomain	0
#define EVTCHNOP_bind_virq		1
#define EVTCHNOP_bind_pirq		2
#define EVTCHNOP_close			3
#define EVTCHNOP_send			4
#define EVTCHNOP_status			5
#define EVTCHNOP_alloc_unbound		6
#define EVTCHNOP_bind_ipi		7
#define EVTCHNOP_bind_vcpu		8
#define EVTCHNOP_unmask			9
#define EVTCHNOP_reset			10
#define EVTCHNOP_init_control		11
#define EVTCHNOP_expand_array		12
#define EVTCHNOP_set_priority		13
#ifdef __XEN__
#define EVTCHNOP_reset_cont		14	/* a preempted reset, made by the hypervisor only */
#endif

typedef uint32_t evtchn_port_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_port_t);

/* Opens a port in dom that remote_dom may later join with bind_interdomain. */
struct evtchn_alloc_unbound {
	domid_t dom, remote_dom;	/* [in] */
	evtchn_port_t port;		/* [out] in dom */
};
typedef struct evtchn_alloc_unbound evtchn_alloc_unbound_t;

/*
 * Joins a port that another domain opened for the caller. The new local port starts out pending,
 * because the peer may have signalled before anyone listened.
 */
struct evtchn_bind_interdomain {
	domid_t remote_dom;		/* [in] */
	evtchn_port_t remote_port;	/* [in] */
	evtchn_port_t local_port;	/* [out] */
};
typedef struct evtchn_bind_interdomain evtchn_bind_interdomain_t;

/* Receives a VIRQ_*. Global ones need vcpu 0; per-vCPU ones never move. -EEXIST if bound. */
struct evtchn_bind_virq {
	uint32_t virq;			/* [in] */
	uint32_t vcpu;			/* [in] */
	evtchn_port_t port;		/* [out] */
};
typedef struct evtchn_bind_virq evtchn_bind_virq_t;

/* Receives a physical interrupt, by the number physdev.h mapped it to; one port per PIRQ. */
struct evtchn_bind_pirq {
	uint32_t pirq;			/* [in] */
#define BIND_PIRQ__WILL_SHARE 1		/* others may use the line too */
	uint32_t flags;			/* [in] BIND_PIRQ__* */
	evtchn_port_t port;		/* [out] */
};
typedef struct evtchn_bind_pirq evtchn_bind_pirq_t;

/* A port by which vCPUs of the domain interrupt the given one; it never moves. */
struct evtchn_bind_ipi {
	uint32_t vcpu;			/* [in] */
	evtchn_port_t port;		/* [out] */
};
typedef struct evtchn_bind_ipi evtchn_bind_ipi_t;

/* Frees a local port; an interdomain peer's port becomes unbound again, still for the caller. */
struct evtchn_close {
	evtchn_port_t port;		/* [in] */
};
typedef struct evtchn_close evtchn_close_t;

/* Signals the other end of an interdomain or IPI port. */
struct evtchn_send {
	evtchn_port_t port;		/* [in] */
};
typedef struct evtchn_send evtchn_send_t;

/* Tells what a port is joined to. */
struct evtchn_status {
	domid_t dom;			/* [in] */
	evtchn_port_t port;		/* [in] */
#define EVTCHNSTAT_closed	0	/* free */
#define EVTCHNSTAT_unbound	1	/* u.unbound.dom may join */
#define EVTCHNSTAT_interdomain	2
#define EVTCHNSTAT_pirq		3
#define EVTCHNSTAT_virq		4
#define EVTCHNSTAT_ipi		5
	uint32_t status;		/* [out] EVTCHNSTAT_* */
	uint32_t vcpu;			/* [out] the vCPU it notifies */
	union {
		struct {
			domid_t dom;
		} unbound;
		struct {
			domid_t dom;
			evtchn_port_t port;
		} interdomain;
		uint32_t pirq;
		uint32_t virq;
	} u;				/* [out] */
};
typedef struct evtchn_status evtchn_status_t;

/* Moves a port's notifications to another vCPU; new ports start on vCPU 0. */
struct evtchn_bind_vcpu {
	evtchn_port_t port;		/* [in] */
	uint32_t vcpu;			/* [in] */
};
typedef struct evtchn_bind_vcpu evtchn_bind_vcpu_t;

/* Clears the mask bit and makes the upcall that a pending event is owed. */
struct evtchn_unmask {
	evtchn_port_t port;		/* [in] */
};
typedef struct evtchn_unmask evtchn_unmask_t;

/* Closes all ports of dom and, when it is the caller, goes back to the 2-level ABI. */
struct evtchn_reset {
	domid_t dom;			/* [in] */
};
typedef struct evtchn_reset evtchn_reset_t;

/* Gives a vCPU its FIFO control block; the first call switches the domain to the FIFO ABI. */
struct evtchn_init_control {
	uint64_t control_gfn;		/* [in] page */
	uint32_t offset;		/* [in] of the block in it, 8-aligned */
	uint32_t vcpu;			/* [in] */
	uint8_t link_bits;		/* [out] width of the link field */
	uint8_t _pad[7];
};
typedef struct evtchn_init_control evtchn_init_control_t;

/* Appends a zeroed page of event words to the FIFO event array. */
struct evtchn_expand_array {
	uint64_t array_gfn;		/* [in] */
};
typedef struct evtchn_expand_array evtchn_expand_array_t;

/* Chooses the FIFO queue for later events of a port. */
struct evtchn_set_priority {
	evtchn_port_t port;		/* [in] */
	uint32_t priority;		/* [in] EVTCHN_FIFO_PRIORITY_MAX..MIN */
};
typedef struct evtchn_set_priority evtchn_set_priority_t;

/* event_channel_op_compat(struct evtchn_op *): the same before interface 0x00030202. */
struct evtchn_op {
	uint32_t cmd;			/* EVTCHNOP_* */
	union {
		evtchn_alloc_unbound_t alloc_unbound;
		evtchn_bind_interdomain_t bind_interdomain;
		evtchn_bind_virq_t bind_virq;
		evtchn_bind_pirq_t bind_pirq;
		evtchn_bind_ipi_t bind_ipi;
		evtchn_close_t close;
		evtchn_send_t send;
		evtchn_status_t status;
		evtchn_bind_vcpu_t bind_vcpu;
		evtchn_unmask_t unmask;
	} u;
};
typedef struct evtchn_op evtchn_op_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_op_t);

/* Ports of the 2-level ABI: one per bit in an array of as many words as a word has bits. */
#define EVTCHN_2L_NR_CHANNELS (sizeof(xen_ulong_t) * sizeof(xen_ulong_t) * 64)

/*
 * The FIFO ABI: an event word per port, in pages given by EVTCHNOP_expand_array, and per vCPU and
 * priority a singly linked queue of ports whose head is in the control block and whose links are
 * in the words. LINKED: the port is on a queue. BUSY: the guest is moving it.
 */
#define EVTCHN_FIFO_PRIORITY_MAX	0	/* most urgent */
#define EVTCHN_FIFO_PRIORITY_DEFAULT	7
#define EVTCHN_FIFO_PRIORITY_MIN	15

#define EVTCHN_FIFO_MAX_QUEUES (EVTCHN_FIFO_PRIORITY_MIN + 1)

typedef uint32_t event_word_t;

/* Bit numbers in an event word. */
#define EVTCHN_FIFO_PENDING	31
#define EVTCHN_FIFO_MASKED	30
#define EVTCHN_FIFO_LINKED	29
#define EVTCHN_FIFO_BUSY	28

#define EVTCHN_FIFO_LINK_BITS	17
#define EVTCHN_FIFO_LINK_MASK	((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS	(1 << EVTCHN_FIFO_LINK_BITS)

struct evtchn_fifo_control_block {
	uint32_t ready;				/* bit per queue that is not empty */
	uint32_t _rsvd;
	uint32_t head[EVTCHN_FIFO_MAX_QUEUES];	/* first port of each, 0 if none */
};
typedef struct evtchn_fifo_control_block evtchn_fifo_control_block_t;

#endif /* __XEN_PUBLIC_EVENT_CHANNEL_H__ */
