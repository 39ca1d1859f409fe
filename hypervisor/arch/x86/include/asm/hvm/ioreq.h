/* SPDX-License-Identifier: MIT */
/*
 * Device models: programs in a control domain that carry out what a guest does to devices that are not emulated here.
 * Each is an "ioreq server": ranges of ports, memory and PCI functions, a page of requests (one for each vCPU) and
 * a ring of writes that nobody waits for. Code: arch/x86/hvm/platform/ioreq*.c; ABI: public/hvm/{ioreq,dm_op}.h.
 *
 * A vCPU whose access waits blocks (VPF_IO) with its instruction not done; once the answer is there the exit is
 * handled again, and the access finds its answer. What a device model writes into its pages is read once and trusted no
 * further than the guest's own view goes.
 */
#ifndef ASM_HVM_IOREQ_H
#define ASM_HVM_IOREQ_H

#include <hv/lib.h>
#include <asm/page.h>

struct domain;
struct vcpu;
struct page;
struct rangeset;
struct ioreq_server;

/* One access as a device model sees it (public/hvm/ioreq.h). */
struct hvm_io_access {
	uint64_t addr, data; /* data: the datum, or where it is in guest memory */
	uint32_t count;
	uint8_t type, size, dir;
	bool is_ptr, df;
	bool claimed; /* a write to memory of type P2M_ioreq_server */
};
#define HVM_IO_STEPS 3 /* answers one instruction may need */
struct hvm_io {
	bool waiting;	/* `current` is with a server */
	bool resume;	/* its answer has come: the exit is to be handled again */
	bool abandoned; /* the vCPU was reset: nobody wants the answer */
	uint8_t nr_done, cursor; /* answers that the instruction has, and has taken again */
	struct hvm_io_access done[HVM_IO_STEPS], now;
	struct ioreq_server *server;
};

/* ---- ioreq_vcpu.c: v is current ---- */
/* False: v has to wait; the caller leaves its instruction undone. True: done; nobody's place reads as ones. */
bool hvm_io_forward(struct vcpu *v, struct hvm_io_access *a);
bool hvm_io_finish(struct vcpu *v); /* interrupts off. True: the answer is there; false: v is going to sleep */
void hvm_io_reset(struct vcpu *v);  /* v was reset */
void hvm_io_invalidate(struct domain *d); /* device models drop what they have mapped of d. v need not be current */

/* ---- ioreq.c: for dm_op and memory_op, on behalf of a control domain. 0 or -errno ---- */
int ioreq_create(struct domain *d, uint8_t handle_bufioreq, uint16_t *id);
int ioreq_destroy(struct domain *d, uint16_t id);
int ioreq_info(struct domain *d, uint16_t id, bool gfns, uint64_t *ioreq_gfn, uint64_t *buf_gfn, uint32_t *port);
int ioreq_range(struct domain *d, uint16_t id, bool add, uint32_t type, uint64_t first, uint64_t last);
/* Writes to memory of type P2M_ioreq_server are (flags: or no longer) this server's. -EBUSY: another's. */
int ioreq_claim_writes(struct domain *d, uint16_t id, uint32_t flags);
int ioreq_set_state(struct domain *d, uint16_t id, bool enabled);
int ioreq_frame(struct domain *d, uint32_t id, unsigned int frame, uint64_t *mfn); /* XENMEM_acquire_resource */
void ioreq_destroy_all(struct domain *d); /* it is dying */
/* Whose is this access? NULL: nobody's. Turns PCI's ports into PCI configuration accesses. */
struct ioreq_server *ioreq_select(struct domain *d, struct hvm_io_access *a);

#endif
