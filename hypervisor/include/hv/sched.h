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

struct sched_vcpu {
	/* guarded by: the run-queue lock of vcpu->processor */
	struct vcpu *next, *prev; /* run-queue links; NULL off queue */
	bool on_queue;
	int64_t credit;	       /* ns, scaled by weight */
	s_time_t start_time;   /* when it was last put on its CPU */
	int64_t cap_budget;
	bool parked;	       /* out of cap budget */
	cpumask_t hard_affinity, soft_affinity;
	cpumask_t saved_affinity; /* while SCHEDOP_pin_override or hotplug broke hard_affinity */
	bool affinity_broken;
	uint32_t yield;
	uint64_t priv; /* for schedulers with little state of their own */
};

struct sched_domain {
	uint16_t weight; /* 1..65535 */
	uint16_t cap;	 /* percent of one CPU, 0: none */
	struct cpupool *cpupool;
	uint64_t node_affinity;
	s_time_t cap_replenish;
	int64_t cap_left;
	struct timer *cap_timer;
};

void sched_init(void);			      /* boot CPU: idle domain, pool 0 */
void sched_cpu_init(unsigned int cpu);	      /* run queue and idle vCPU of a CPU about to start */
int sched_init_domain(struct domain *d, unsigned int poolid);
void sched_destroy_domain(struct domain *d);
int sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v);

/* Percent of one CPU the domain may use in all, 0: no limit. -EINVAL: more than its vCPUs could use, -ENOMEM. */
int sched_set_cap(struct domain *d, uint16_t cap);
void vcpu_wake(struct vcpu *v);		/* runnable now? then queue it and kick a CPU. Any context. */
void vcpu_sleep_nosync(struct vcpu *v); /* not runnable now: get it off its CPU soon */
void vcpu_sleep_sync(struct vcpu *v);	/* and wait until it is off and its state saved */
/* Block current until an event is deliverable, re-checking against lost wake-ups. */
void vcpu_block_current(void);
/* Clears BLOCKED/POLLING and wakes. Called when an event became deliverable. Any context. */
void vcpu_unblock(struct vcpu *v);
/* v is running in guest mode somewhere: make it re-check events soon. Any context. */
void vcpu_kick(struct vcpu *v);
bool vcpu_runnable(const struct vcpu *v);
int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *mask);
int vcpu_set_soft_affinity(struct vcpu *v, const cpumask_t *mask);
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out); /* up to now */

/* Provided by the architecture: */
/* Makes `next` the vCPU of this CPU: saves prev's state, loads next's; returns on next's behalf.
 * Run-queue lock not held; interrupts off. */
void arch_context_switch(struct vcpu *prev, struct vcpu *next);
void sched_context_switched(struct vcpu *prev); /* arch calls it once prev's state is saved */
/* Leaves the hypervisor for the guest (or the idle loop) that is now current; never returns. */
void arch_continue_running(struct vcpu *v);
void arch_sync_vcpu_state(struct vcpu *v); /* v is off its CPU: all its lazy state is in memory */
void arch_update_runstate_area(struct vcpu *v);

#endif
