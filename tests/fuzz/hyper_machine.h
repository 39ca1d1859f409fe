/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's core as a host program: a machine of one CPU whose frames, locks, guest memory and
 * page allocator can be looked into. Domains are the real ones, made and destroyed by the core's own
 * code; hypercalls go through the real dispatch table, continuations included.
 *
 *   domain 0    the hardware domain; it makes no calls and ends behind all others
 *   1           a privileged control domain
 *   2, 3        unprivileged guests
 *
 * Each of 1..3 starts with two vCPUs up and one down, a pool of frames of which the first four are a
 * loaded page-table tree, and two grant-table frames.
 */
#ifndef HYPER_MACHINE_H
#define HYPER_MACHINE_H

#include <hv/domain.h>
#include <hv/mm.h>

#define HYPER_FRAMES 2048
#define NR_GUESTS    3u
#define POOL	     24u /* frames of a guest that calls name by index */
#define GUEST_VCPUS  3u
#define ARENA	     12288u /* bytes of call arguments of one vCPU */

struct guest {
	struct domain *d;
	uint64_t pool[POOL]; /* mfns, whoever owns them by now */
	_Alignas(16) uint8_t arena[GUEST_VCPUS][ARENA]; /* what it passes pointers to */
	bool in_call[GUEST_VCPUS]; /* interrupted: it will be issued again with these registers */
	struct cpu_user_regs regs[GUEST_VCPUS];
};
extern struct guest hyper_guest[NR_GUESTS]; /* domain ids 1.. */

/* Knobs and counts. Countdowns: -1 never. */
extern int hyper_preempt_in;  /* looks at "should I stop?" until the answer is yes */
extern int hyper_fail_in;     /* allocations until one fails */
extern bool hyper_fail_on;    /* ... and all behind it */
extern bool hyper_has_failed; /* it came to that */
extern int hyper_tear_in;     /* copies from a guest until another vCPU overwrites what was just read */
extern int hyper_fault_in;    /* copies to or from a guest until one faults */
extern domid_t hyper_hardware_id;
extern int hyper_locks_held;
extern int hyper_live_objects;
extern s_time_t hyper_clock;

/* Aborts with the text if the machine is not as it must be. */
void hyper_require(bool ok, const char *what, unsigned long a, unsigned long b);

void hyper_start(void); /* once */
void hyper_make_guests(void);
/* Destroys them and requires that everything came back. */
void hyper_end_guests(void);
/* May this vCPU execute now? */
bool hyper_can_run(const struct guest *g, unsigned int vcpu);
/* Issues a call, or (nr < 0) goes on with an interrupted one. The result; -ERESTART: interrupted. */
long hyper_call(struct guest *g, unsigned int vcpu, int nr, const unsigned long arg[6]);
/* Softirqs, timers, freed domains: what happens between two calls. */
void hyper_settle(void);

/* hyper_audit.c: requires every invariant of a machine at rest. */
void hyper_audit(void);

#endif
