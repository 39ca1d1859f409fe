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

/*
 * Statistics, for debug key 'H'. Each vCPU counts its own calls, so nobody waits for anybody: whoever
 * dispatches a call does v->hypercall_calls[nr]++, and passes a result from -4095 to -1 through
 * hypercall_note_error(), which returns it.
 */
struct hypercall_errors {
	struct {
		uint32_t errors;
		int32_t last; /* -errno */
		uint32_t sub_op;
		s_time_t when;
	} call[NR_HYPERCALLS];
};
long hypercall_note_error(unsigned long nr, unsigned long arg0, long rc);

#endif
