/* SPDX-License-Identifier: MIT */
/* An ioreq server from the inside. */
#ifndef HVM_IOREQ_INTERNAL_H
#define HVM_IOREQ_INTERNAL_H

#include <hv/spinlock.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/ioreq.h>
#include <asm/hvm/platform.h>
#include <public/hvm/dm_op.h>
#include <public/hvm/ioreq.h>

#define NR_RANGE_TYPES 3 /* XEN_DMOP_IO_RANGE_* */

/* A page shared with the device model: a frame made for it, or one of the guest's that it then loses. */
struct ioreq_page {
	struct page *pg; /* with a reference and a writable-type reference; NULL: none yet */
	void *va;
	uint64_t gfn;	 /* legacy: where it came from */
	bool legacy, hidden; /* hidden: taken out of the guest's map */
};

struct ioreq_server {
	struct domain *d;
	uint16_t id;
	domid_t emulator;
	bool enabled;
	uint8_t handle_bufioreq; /* HVM_IOREQSRV_BUFIOREQ_* */
	struct ioreq_page ioreq, buf;
	uint32_t *port;	   /* of each vCPU, 0: none */
	uint32_t buf_port;
	spinlock_t buf_lock; /* the ring's writers */
	struct rangeset *ranges[NR_RANGE_TYPES];
};

/* ioreq_page.c. server_lock held. 0, -ENOMEM, -ENOSPC, -EPERM: it is of the other sort. */
int ioreq_page_make(struct ioreq_server *s, struct ioreq_page *p);
int ioreq_page_take_gfn(struct ioreq_server *s, struct ioreq_page *p);
void ioreq_page_drop(struct ioreq_server *s, struct ioreq_page *p);
int ioreq_page_hide(struct ioreq_server *s, struct ioreq_page *p, bool hide); /* legacy ones: out of the map, or back */

static inline struct ioreq *ioreq_of(const struct ioreq_server *s, const struct vcpu *v)
{
	return s->ioreq.va ? &((struct shared_iopage *)s->ioreq.va)->vcpu_ioreq[v->vcpu_id] : NULL;
}
/* ioreq_vcpu.c: the domain is paused and s goes away. Its waiters have an answer. */
void ioreq_release_waiters(struct ioreq_server *s);
void ioreq_answered(struct vcpu *v); /* the event of a vCPU's request. Any context */

#endif
