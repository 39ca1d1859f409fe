/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's face: what common code and the architecture call, and its per-vCPU and per-domain
 * state. Implementation: common/sched/.
 */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/cpumask.h>
#include <hv/time.h>

struct vcpu;
struct domain;
struct vcpu_runstate_info;
struct cpupool;

#define SCHED_DEFAULT_WEIGHT 256

/* guarded by: the run-queue lock of vcpu->processor, unless said otherwise */
struct sched_vcpu {
	struct vcpu *next, *prev; /* run-queue links; NULL off queue */
	bool on_queue;
	bool parked;	      /* runnable, but its scheduler has no place for it now */
	bool yields;	      /* asked to let others go first, once; written by its own CPU only */
	bool vtime_relative;  /* vtime is relative to the clock of a queue: between two queues */
	uint16_t queued_weight; /* what it added to its queue's load */
	s_time_t start_time;  /* up to when its running has been charged */
	s_time_t run_since;   /* when it last got its CPU */
	unsigned int irq_cpu; /* where its interrupts are sent; written by the CPU it runs on */
	int64_t vtime;	      /* credit2: running time, ns, scaled by weight: who has least is next */
	uint32_t null_cpu;    /* null: 1 + the CPU it has for itself, 0 none; guarded by: null's lock */
	cpumask_t hard_affinity, soft_affinity;
	cpumask_t saved_affinity; /* what hard_affinity was before SCHEDOP_pin_override */
	bool affinity_overridden;
};

struct sched_domain {
	uint16_t weight; /* 1..65535 */
	uint16_t cap;	 /* percent of one CPU, 0: none */
	struct cpupool *cpupool; /* changes only while no vCPU is queued or running; NULL: idle domain */
	s_time_t cap_replenish;
	int64_t cap_left; /* atomic */
	struct timer *cap_timer;
};

void sched_init(void);			      /* boot CPU: idle domain, pool 0 */
void sched_cpu_init(unsigned int cpu);	      /* run queue and idle vCPU of a CPU about to start */
int sched_set_default(const char *name);      /* sched=: pool 0's scheduler. -EINVAL: no such */
int sched_set_default_ratelimit(uint32_t us); /* sched_ratelimit_us=: of all pools. -EINVAL: out of range */
/* Puts d into a pool. -EINVAL: no such; -ENODEV: it has no CPU. */
int sched_init_domain(struct domain *d, unsigned int poolid);
void sched_destroy_domain(struct domain *d);
int sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v); /* v is off its CPU and will not run again */
void startup_cpu_idle_loop(void);	 /* what an idle CPU does; never returns */

/* Percent of one CPU the domain may use in all, 0: no limit. -EINVAL: more than its vCPUs could use, -ENOMEM. */
int sched_set_cap(struct domain *d, uint16_t cap);
void vcpu_wake(struct vcpu *v);		/* runnable now? then queue it and kick a CPU. Any context. */
void vcpu_sleep_nosync(struct vcpu *v); /* not runnable now: get it off its CPU soon */
void vcpu_sleep_sync(struct vcpu *v);	/* and wait until it is off and its state saved */
/* v goes down for long (it is not runnable): what is reserved for it may be given to others. */
void vcpu_sleep_for_long(struct vcpu *v);
/* Block current until an event is deliverable, re-checking against lost wake-ups. */
void vcpu_block_current(void);
void vcpu_yield_current(void);
/* Clears BLOCKED/POLLING and wakes. Called when an event became deliverable. Any context. */
void vcpu_unblock(struct vcpu *v);
/* v is running in guest mode somewhere: make it re-check events soon. Any context. */
void vcpu_kick(struct vcpu *v);
bool vcpu_runnable(const struct vcpu *v);
/* -EINVAL: no CPU of v's pool is in the mask. -EBUSY: pinned by vcpu_pin_override(). v may be current. */
int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *mask);
int vcpu_set_soft_affinity(struct vcpu *v, const cpumask_t *mask);
/* The CPUs of its pool that are in v's hard affinity; if there are none, all of its pool. */
cpumask_t sched_allowed(const struct vcpu *v);
/* SCHEDOP_pin_override: v may run on `cpu` only, until called with a negative one. -EINVAL: not a CPU of its
 * pool, or nothing to undo; -EBUSY: pinned already. */
int vcpu_pin_override(struct vcpu *v, int cpu);
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out); /* up to now */

/* Provided by the architecture: */
bool arch_vcpu_event_pending(const struct vcpu *v); /* would it take an event if it ran now */
void arch_vcpu_event_raised(struct vcpu *v); /* evtchn_upcall_pending has just been set. Any context. */
void arch_vcpu_nmi(struct vcpu *v);	     /* any CPU */
/* Makes `next` the vCPU of this CPU: saves prev's state, loads next's; returns on next's behalf.
 * Run-queue lock not held; interrupts off. */
void arch_context_switch(struct vcpu *prev, struct vcpu *next);
void sched_context_switched(struct vcpu *prev); /* arch calls it once prev's state is saved */
/* Leaves the hypervisor for the guest (or the idle loop) that is now current; never returns. */
void arch_continue_running(struct vcpu *v);
void arch_sync_vcpu_state(struct vcpu *v); /* v is off its CPU: all its lazy state is in memory */
void arch_update_runstate_area(struct vcpu *v);

#endif
