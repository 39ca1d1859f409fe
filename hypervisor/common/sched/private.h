/* SPDX-License-Identifier: MIT */
/* Shared by common/sched only. */
#ifndef SCHED_PRIVATE_H
#define SCHED_PRIVATE_H

#include <hv/domain.h>
#include <hv/percpu.h>
#include <hv/spinlock.h>
#include <hv/timer.h>

#define TIME_SLICE MILLISECS(10)

struct sched_ops;

struct runqueue {
	spinlock_t lock;
	struct vcpu *head;	/* waiting, least vtime first */
	struct vcpu *curr;	/* running here */
	struct vcpu *leaving;	/* being switched from; written by this CPU only */
	unsigned int nr;	/* waiting */
	/* Weights of those waiting, and of curr (idle: 0); read without the lock as a hint. */
	unsigned int load, running_weight;
	int64_t vclock;		/* vtime of who ran last: where newcomers start */
	struct cpupool *pool;	/* NULL: this CPU runs no guests */
	struct vcpu *null_owner; /* null's; guarded by its lock */
	struct timer slice;
};
DECLARE_PER_CPU(struct runqueue, runqueue);

struct cpupool {
	unsigned int id;
	const struct sched_ops *ops;
	cpumask_t cpus; /* atomic bits; changed under pool_lock */
	unsigned int nr_domains; /* guarded by: pool_lock */
	uint32_t ratelimit_us;
	struct cpupool *next; /* by id; guarded by: pool_lock */
};

/*
 * A scheduler: policy only. Queues, locks, states and switches are sched.c's. Slots are called with the
 * lock of v's (or the given) queue held, interrupts off, except release().
 */
struct sched_ops {
	const char *name;
	uint32_t id; /* XEN_SCHEDULER_* */
	/* Where v, runnable and not queued, is to wait: a CPU of sched_allowed(v). NR_CPUS: it must not run now;
	 * the scheduler calls vcpu_unpark() when it may. */
	unsigned int (*place)(struct vcpu *v);
	/* May v stay on the queue of the CPU it is on? False: it is placed anew. */
	bool (*may_stay)(const struct vcpu *v);
	/* Who runs next, taken off its queue; NULL: the CPU idles. prev, if it can go on, is queued. */
	struct vcpu *(*pick)(struct runqueue *rq, unsigned int cpu, struct vcpu *prev, s_time_t now);
	/* Should v, just queued, have the CPU instead of rq->curr (not idle)? */
	bool (*preempts)(const struct runqueue *rq, const struct vcpu *v, s_time_t now);
	void (*charge)(struct vcpu *v, s_time_t ran);
	s_time_t (*slice)(const struct runqueue *rq, const struct vcpu *v, s_time_t now); /* STIME_MAX: none */
	/* v will not run for long, or elsewhere: what is reserved for it goes to others. No lock held. May be NULL. */
	void (*release)(struct vcpu *v);
};
extern const struct sched_ops sched_credit2, sched_null;

/* sched.c */
extern cpumask_t idle_cpus; /* CPUs running their idle vCPU; atomic, a hint */
struct runqueue *lock_vcpu_queue(const struct vcpu *v, unsigned long *flags);
void runqueue_add(struct runqueue *rq, struct vcpu *v);
void runqueue_del(struct runqueue *rq, struct vcpu *v);
void vcpu_set_processor(struct vcpu *v, unsigned int cpu); /* lock of the old queue held, v not queued */
void vcpu_park(struct vcpu *v);	  /* lock held, v not queued */
void vcpu_unpark(struct vcpu *v); /* no lock held */
void unpark_pool(const struct cpupool *pool); /* there may be room now: no lock held */

/* affinity.c */
bool may_run_on(const struct vcpu *v, unsigned int cpu);
void sched_replace(struct vcpu *v); /* where v may run has changed: off where it may not, on where it may */

/* runstate.c; lock held */
void runstate_change(struct vcpu *v, int state, s_time_t now);
int runstate_asleep(const struct vcpu *v); /* RUNSTATE_* of v, which is not runnable */

void affinity_reset(struct vcpu *v); /* its domain changes pools: anywhere in the new one */
bool affinity_needs(const struct vcpu *v, unsigned int cpu); /* of the pool's CPUs no other is in v's hard affinity */
void affinity_break(struct vcpu *v);

/* cap.c */
bool cap_exhausted(const struct vcpu *v);
void cap_burn(struct vcpu *v, s_time_t ran);
s_time_t cap_slice(const struct vcpu *v, s_time_t slice); /* how long v may run now, at most `slice` */
void cap_destroy(struct domain *d);

/* cpupool.c */
extern struct cpupool pool0, *pools; /* the list is guarded by: pool_lock */
extern spinlock_t pool_lock;
extern bool cpupools_changing; /* a change of CPUs is under way; guarded by: pool_lock */
struct cpupool *cpupool_find(unsigned int id); /* pool_lock held; NULL */
void sched_dump_init(void); /* dump.c: the debug key */

#endif
