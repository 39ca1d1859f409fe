/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls: prototypes come from the one table in hv/hypercall_table.h; this header has what
 * handlers use.
 */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include <hv/lib.h>
#include <hv/softirq.h>
#include <hv/event.h>
#include <public/xen.h>

#define NR_HYPERCALLS 64

/*
 * A long call has done part of its work: arrange that the guest issues it again, with these
 * arguments, once pending work has been done. Use as `return hypercall_create_continuation(...)`.
 * Works inside a multicall too.
 */
long hypercall_create_continuation(unsigned int op, unsigned int nr_args, ...);
/* Should a long call stop here: a softirq is pending, or the caller has an event to take. */
bool hypercall_preempt_check(void);

/*
 * Handlers are do_<name>(unsigned long ...), see the table; they return the value for the guest's
 * RAX. Pointers arrive as guest addresses: only guest_access.h may follow them.
 */
#include <hv/hypercall_table.h>
typedef unsigned long guest_ptr_t; /* a guest linear address */

/* Per-domain, per-call statistics, for the 'H' debug key and tests. */
struct hypercall_counters {
	struct {
		uint64_t calls, errors;
		int64_t last_error;
	} call[NR_HYPERCALLS];
};

#endif
