/* SPDX-License-Identifier: MIT */
/*
 * argo_op(unsigned int cmd, arg1, arg2, unsigned long arg3, unsigned long arg4): datagrams between
 * domains, copied by the hypervisor into rings that the receivers own. VIRQ_ARGO tells a receiver
 * of messages and a waiting sender of space.
 */
#ifndef __XEN_PUBLIC_ARGO_H__
#define __XEN_PUBLIC_ARGO_H__

#include "xen.h"

/* As a ring's partner: anybody may send. */
#define XEN_ARGO_DOMID_ANY DOMID_INVALID

#define XEN_ARGO_MAX_RING_SIZE (0x1000000ULL)	/* bytes */

/* Unrelated to event channels' ports. */
typedef uint32_t xen_argo_port_t;

typedef uint64_t xen_argo_gfn_t;

/* Buffers per message. */
#define XEN_ARGO_MAXIOV 8U

typedef struct xen_argo_iov {
	XEN_GUEST_HANDLE(uint8) iov_hnd;
	uint32_t iov_len;		/* bytes */
	uint32_t pad;
} xen_argo_iov_t;

typedef struct xen_argo_addr {
	xen_argo_port_t aport;
	domid_t domain_id;
	uint16_t pad;
} xen_argo_addr_t;

typedef struct xen_argo_send_addr {
	xen_argo_addr_t src;
	xen_argo_addr_t dst;
} xen_argo_send_addr_t;

/* The ring itself, in the receiver's pages; both offsets are read and written atomically. */
typedef struct xen_argo_ring {
	uint32_t rx_ptr;		/* the receiver's */
	uint32_t tx_ptr;		/* the hypervisor's */
	uint8_t reserved[56];
	uint8_t ring[XEN_FLEX_ARRAY_DIM];
} xen_argo_ring_t;

typedef struct xen_argo_register_ring {
	xen_argo_port_t aport;
	domid_t partner_id;		/* who may send, or XEN_ARGO_DOMID_ANY */
	uint16_t pad;
	uint32_t len;			/* bytes of ring */
} xen_argo_register_ring_t;

typedef struct xen_argo_unregister_ring {
	xen_argo_port_t aport;
	domid_t partner_id;
	uint16_t pad;
} xen_argo_unregister_ring_t;

/* Messages start at multiples of this many bytes. */
#define XEN_ARGO_MSG_SLOT_SIZE 0x10

/* What notify says of a ring. */
#define XEN_ARGO_RING_EXISTS		(1U << 0)
#define XEN_ARGO_RING_SHARED		(1U << 1)	/* its partner is "anybody" */
#define XEN_ARGO_RING_EMPTY		(1U << 2)
#define XEN_ARGO_RING_SUFFICIENT	(1U << 3)	/* space_required is free */
#define XEN_ARGO_RING_EMSGSIZE		(1U << 4)	/* space_required never fits */
#define XEN_ARGO_RING_EBUSY		(1U << 5)	/* too many domains wait for space */

typedef struct xen_argo_ring_data_ent {
	xen_argo_addr_t ring;		/* [in] */
	uint16_t flags;			/* [out] XEN_ARGO_RING_* */
	uint16_t pad;
	uint32_t space_required;	/* [in] payload bytes, 0: no matter */
	uint32_t max_message_size;	/* [out] */
} xen_argo_ring_data_ent_t;

typedef struct xen_argo_ring_data {
	uint32_t nent;			/* [in] */
	uint32_t pad;
	xen_argo_ring_data_ent_t data[XEN_FLEX_ARRAY_DIM];
} xen_argo_ring_data_t;

/* In front of each message on a ring. */
struct xen_argo_ring_message_header {
	uint32_t len;			/* bytes, with this header */
	xen_argo_addr_t source;
	uint32_t message_type;
	uint8_t data[XEN_FLEX_ARRAY_DIM];
};

/*
 * Gives pages to a ring, or the same ring new pages (after resume): xen_argo_register_ring_t, array
 * of xen_argo_gfn_t, its length, flags.
 */
#define XEN_ARGO_OP_register_ring 1

/* Fail rather than replace an existing ring. */
#define XEN_ARGO_REGISTER_FLAG_FAIL_EXIST 0x1
#ifdef __XEN__
#define XEN_ARGO_REGISTER_FLAG_MASK XEN_ARGO_REGISTER_FLAG_FAIL_EXIST
#endif

/* xen_argo_unregister_ring_t, NULL, 0, 0. */
#define XEN_ARGO_OP_unregister_ring 2

/*
 * Sends one message: xen_argo_send_addr_t, array of xen_argo_iov_t, its length, message type. The
 * ring is the one at dst with the caller for partner, else the one open to anybody. -EAGAIN if it
 * is full; VIRQ_ARGO follows when there is space.
 */
#define XEN_ARGO_OP_sendv 3

/*
 * Asks about rings: xen_argo_ring_data_t or NULL, NULL, 0, 0. Where space_required is not free yet
 * the caller is put down for a VIRQ_ARGO; where it is, an earlier such wish is dropped.
 */
#define XEN_ARGO_OP_notify 4

#endif /* __XEN_PUBLIC_ARGO_H__ */
