/* SPDX-License-Identifier: MIT */
/*
 * Rings in shared memory, between a frontend (the guest's driver) and a backend.
 *
 * Request ring (DEFINE_RING_TYPES): one array of slots; the frontend fills a slot with a request,
 * the backend later puts a response into a slot whose request it took. Indexes only ever grow and
 * are reduced to a slot by the power-of-two size. Each side works on private indexes and makes its
 * produced ones public by a push; it must never trust the other side's public index or re-read a
 * slot it has checked. Nothing here locks, or stops the frontend from having more requests in
 * flight than there are slots: RING_FULL is for it to ask.
 *
 * Flexible ring (DEFINE_XEN_FLEX_RING): two byte streams, one per direction, of equal size.
 */
#ifndef __XEN_PUBLIC_IO_RING_H__
#define __XEN_PUBLIC_IO_RING_H__

#include <stddef.h>
#include <stdint.h>
#include "../xen-compat.h"

/* The user brings the barriers: xen_mb, xen_rmb, xen_wmb, or long ago those without a prefix. */
#if __XEN_INTERFACE_VERSION__ < 0x00030208
#define xen_mb()	mb()
#define xen_rmb()	rmb()
#define xen_wmb()	wmb()
#endif

typedef unsigned int RING_IDX;

/* The highest power of two in the low 2, 4 ... 32 bits of x, constant if x is; 0 for none. */
#define __RD2(x)	(((x) & 2) ? 2 : ((x) & 1))
#define __RD4(x)	((((x) >> 2) & 0x3) ? __RD2((x) >> 2) << 2 : __RD2(x))
#define __RD8(x)	((((x) >> 4) & 0xf) ? __RD4((x) >> 4) << 4 : __RD4(x))
#define __RD16(x)	((((x) >> 8) & 0xff) ? __RD8((x) >> 8) << 8 : __RD8(x))
#define __RD32(x)	((((x) >> 16) & 0xffff) ? __RD16((x) >> 16) << 16 : __RD16(x))

/* Slots in bytes of shared memory, for a ring's tag and for a pointer to one. */
#define __CONST_RING_SIZE(tag, bytes)							\
	(__RD32(((bytes) - offsetof(struct tag##_sring, ring)) /			\
		sizeof(union tag##_sring_entry)))
#define __RING_SIZE(sring, bytes)							\
	(__RD32(((bytes) - ((long)(sring)->ring - (long)(sring))) / sizeof((sring)->ring[0])))

/*
 * The types of a ring: TAG_sring_t, the shared memory; TAG_front_ring_t and TAG_back_ring_t, each
 * side's own. An event field holds the producer index at which its writer wants a notification.
 */
#define DEFINE_RING_TYPES(tag, req_t, rsp_t)						\
union tag##_sring_entry {								\
	req_t req;									\
	rsp_t rsp;									\
};											\
struct tag##_sring {									\
	RING_IDX req_prod, req_event;							\
	RING_IDX rsp_prod, rsp_event;							\
	union {										\
		struct {								\
			uint8_t smartpoll_active;					\
		} netif;								\
		struct {								\
			uint8_t msg;							\
		} tapif_user;								\
		uint8_t pvt_pad[4];							\
	} pvt;										\
	uint8_t __pad[44];								\
	union tag##_sring_entry ring[1];						\
};											\
struct tag##_front_ring {								\
	RING_IDX req_prod_pvt;								\
	RING_IDX rsp_cons;								\
	unsigned int nr_ents;								\
	struct tag##_sring *sring;							\
};											\
struct tag##_back_ring {								\
	RING_IDX rsp_prod_pvt;								\
	RING_IDX req_cons;								\
	unsigned int nr_ents;								\
	struct tag##_sring *sring;							\
};											\
typedef struct tag##_sring tag##_sring_t;						\
typedef struct tag##_front_ring tag##_front_ring_t;					\
typedef struct tag##_back_ring tag##_back_ring_t

/*
 * Setting up: the frontend empties the shared memory, then each side attaches to it (at index i,
 * to take over a ring in use).
 */
#define SHARED_RING_INIT(s) do {							\
	(s)->req_prod = 0;								\
	(s)->rsp_prod = 0;								\
	(s)->req_event = 1;								\
	(s)->rsp_event = 1;								\
	__builtin_memset(&(s)->pvt, 0, sizeof((s)->pvt));				\
	__builtin_memset((s)->__pad, 0, sizeof((s)->__pad));				\
} while (0)

#define FRONT_RING_ATTACH(r, s, i, bytes) do {						\
	(r)->sring = (s);								\
	(r)->nr_ents = __RING_SIZE(s, bytes);						\
	(r)->req_prod_pvt = (i);							\
	(r)->rsp_cons = (i);								\
} while (0)

#define BACK_RING_ATTACH(r, s, i, bytes) do {						\
	(r)->sring = (s);								\
	(r)->nr_ents = __RING_SIZE(s, bytes);						\
	(r)->rsp_prod_pvt = (i);							\
	(r)->req_cons = (i);								\
} while (0)

#define FRONT_RING_INIT(r, s, bytes)	FRONT_RING_ATTACH(r, s, 0, bytes)
#define BACK_RING_INIT(r, s, bytes)	BACK_RING_ATTACH(r, s, 0, bytes)
#define XEN_FRONT_RING_INIT(r, s, bytes) do {						\
	SHARED_RING_INIT(s);								\
	FRONT_RING_INIT(r, s, bytes);							\
} while (0)

/* Filling level. FREE_REQUESTS and FULL are the frontend's. */
#define RING_SIZE(r)		((r)->nr_ents)
#define RING_FREE_REQUESTS(r)	(RING_SIZE(r) - (r)->req_prod_pvt + (r)->rsp_cons)
#define RING_FULL(r)		(!RING_FREE_REQUESTS(r))

/*
 * How many messages wait. Requests are capped at the slots without an unanswered request already
 * taken, so that a wild req_prod cannot make the backend overrun.
 */
#define XEN_RING_NR_UNCONSUMED_RESPONSES(r)	((r)->sring->rsp_prod - (r)->rsp_cons)
#ifdef __GNUC__
#define XEN_RING_NR_UNCONSUMED_REQUESTS(r) __extension__ ({				\
	unsigned int __waiting = (r)->sring->req_prod - (r)->req_cons;			\
	unsigned int __room = RING_SIZE(r) + (r)->rsp_prod_pvt - (r)->req_cons;		\
	__waiting > __room ? __room : __waiting;					\
})
#else
#define XEN_RING_NR_UNCONSUMED_REQUESTS(r)						\
	((r)->sring->req_prod - (r)->req_cons >						\
	 RING_SIZE(r) + (r)->rsp_prod_pvt - (r)->req_cons ?				\
	 RING_SIZE(r) + (r)->rsp_prod_pvt - (r)->req_cons :				\
	 (r)->sring->req_prod - (r)->req_cons)
#endif

/* Old users take these for numbers; XEN_RING_HAS_UNCONSUMED_IS_BOOL says this one does not. */
#ifdef XEN_RING_HAS_UNCONSUMED_IS_BOOL
#define RING_HAS_UNCONSUMED_RESPONSES(r)	(XEN_RING_NR_UNCONSUMED_RESPONSES(r) != 0)
#define RING_HAS_UNCONSUMED_REQUESTS(r)		(XEN_RING_NR_UNCONSUMED_REQUESTS(r) != 0)
#else
#define RING_HAS_UNCONSUMED_RESPONSES(r)	XEN_RING_NR_UNCONSUMED_RESPONSES(r)
#define RING_HAS_UNCONSUMED_REQUESTS(r)		XEN_RING_NR_UNCONSUMED_REQUESTS(r)
#endif

/* A pointer to the message in shared memory; and a copy the other side cannot change any more. */
#define RING_GET_REQUEST(r, idx)	(&(r)->sring->ring[(idx) & (RING_SIZE(r) - 1)].req)
#define RING_GET_RESPONSE(r, idx)	(&(r)->sring->ring[(idx) & (RING_SIZE(r) - 1)].rsp)

#define RING_COPY_(what, r, idx, dest) do {						\
	*(dest) = *(volatile __typeof__(dest))RING_GET_##what(r, idx);			\
} while (0)
#define RING_COPY_REQUEST(r, idx, req)	RING_COPY_(REQUEST, r, idx, req)
#define RING_COPY_RESPONSE(r, idx, rsp)	RING_COPY_(RESPONSE, r, idx, rsp)

/* Impossible indexes: taking more than fits; a public index claiming more than fits. */
#define RING_REQUEST_CONS_OVERFLOW(r, cons)	((cons) - (r)->rsp_prod_pvt >= RING_SIZE(r))
#define RING_REQUEST_PROD_OVERFLOW(r, prod)	((prod) - (r)->rsp_prod_pvt > RING_SIZE(r))
#define RING_RESPONSE_PROD_OVERFLOW(r, prod)	((prod) - (r)->rsp_cons > RING_SIZE(r))

/* Messages before the index that shows them. */
#define RING_PUSH_REQUESTS(r) do {							\
	xen_wmb();									\
	(r)->sring->req_prod = (r)->req_prod_pvt;					\
} while (0)
#define RING_PUSH_RESPONSES(r) do {							\
	xen_wmb();									\
	(r)->sring->rsp_prod = (r)->rsp_prod_pvt;					\
} while (0)

/*
 * The same, telling whether the event index lies among what was just pushed: then the other side
 * needs a notification. Our index must be visible before we read its event index; it, in turn,
 * sets that and then looks once more (FINAL_CHECK) before it sleeps.
 */
#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(r, notify) do {				\
	RING_IDX __before = (r)->sring->req_prod;					\
	RING_IDX __after = (r)->req_prod_pvt;						\
	RING_PUSH_REQUESTS(r);								\
	xen_mb();									\
	(notify) = __after - (r)->sring->req_event < __after - __before;		\
} while (0)
#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(r, notify) do {				\
	RING_IDX __before = (r)->sring->rsp_prod;					\
	RING_IDX __after = (r)->rsp_prod_pvt;						\
	RING_PUSH_RESPONSES(r);								\
	xen_mb();									\
	(notify) = __after - (r)->sring->rsp_event < __after - __before;		\
} while (0)

#define RING_FINAL_CHECK_FOR_REQUESTS(r, work) do {					\
	(work) = RING_HAS_UNCONSUMED_REQUESTS(r);					\
	if (!(work)) {									\
		(r)->sring->req_event = (r)->req_cons + 1;				\
		xen_mb();								\
		(work) = RING_HAS_UNCONSUMED_REQUESTS(r);				\
	}										\
} while (0)
#define RING_FINAL_CHECK_FOR_RESPONSES(r, work) do {					\
	(work) = RING_HAS_UNCONSUMED_RESPONSES(r);					\
	if (!(work)) {									\
		(r)->sring->rsp_event = (r)->rsp_cons + 1;				\
		xen_mb();								\
		(work) = RING_HAS_UNCONSUMED_RESPONSES(r);				\
	}										\
} while (0)

/* Ring pages are 4 KiB whatever the guest's own are. A direction has half of 2^order of them. */
#ifndef XEN_PAGE_SHIFT
#define XEN_PAGE_SHIFT 12
#endif
#define XEN_FLEX_RING_SIZE(order)	(1UL << (XEN_PAGE_SHIFT + (order) - 1))

/*
 * Byte rings. NAME_read_packet and NAME_write_packet copy size bytes, which the caller knows (by
 * NAME_queued of both indexes, read once) to be there or to fit, and advance the masked index
 * they are given a pointer to; barriers and publishing it are the caller's.
 */
#define DEFINE_XEN_FLEX_RING(name)							\
static inline RING_IDX name##_mask(RING_IDX idx, RING_IDX ring_size)			\
{											\
	return idx & (ring_size - 1);							\
}											\
static inline unsigned char *name##_get_ring_ptr(unsigned char *buf, RING_IDX idx,	\
						 RING_IDX ring_size)			\
{											\
	return &buf[name##_mask(idx, ring_size)];					\
}											\
static inline void name##_read_packet(void *opaque, const unsigned char *buf,		\
				      size_t size, RING_IDX masked_prod,		\
				      RING_IDX *masked_cons, RING_IDX ring_size)	\
{											\
	size_t straight = ring_size - *masked_cons;					\
											\
	(void)masked_prod;								\
	if (straight > size)								\
		straight = size;							\
	__builtin_memcpy(opaque, buf + *masked_cons, straight);				\
	__builtin_memcpy((char *)opaque + straight, buf, size - straight);		\
	*masked_cons = name##_mask((RING_IDX)(*masked_cons + size), ring_size);		\
}											\
static inline void name##_write_packet(unsigned char *buf, const void *opaque,		\
				       size_t size, RING_IDX *masked_prod,		\
				       RING_IDX masked_cons, RING_IDX ring_size)	\
{											\
	size_t straight = ring_size - *masked_prod;					\
											\
	(void)masked_cons;								\
	if (straight > size)								\
		straight = size;							\
	__builtin_memcpy(buf + *masked_prod, opaque, straight);				\
	__builtin_memcpy(buf, (const char *)opaque + straight, size - straight);	\
	*masked_prod = name##_mask((RING_IDX)(*masked_prod + size), ring_size);		\
}											\
static inline RING_IDX name##_queued(RING_IDX prod, RING_IDX cons, RING_IDX ring_size)	\
{											\
	RING_IDX bytes = name##_mask(prod - cons, ring_size);				\
											\
	return bytes || prod == cons ? bytes : ring_size;				\
}											\
struct name##_data {									\
	unsigned char *in;								\
	unsigned char *out;								\
}

/* The same with the usual page of indexes, which also lists the grants of the ring's pages. */
#define DEFINE_XEN_FLEX_RING_AND_INTF(name)						\
struct name##_data_intf {								\
	RING_IDX in_cons, in_prod;							\
	uint8_t pad1[56];								\
	RING_IDX out_cons, out_prod;							\
	uint8_t pad2[56];								\
	RING_IDX ring_order;								\
	grant_ref_t ref[];								\
};											\
DEFINE_XEN_FLEX_RING(name)

#endif
