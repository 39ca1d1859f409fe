/* SPDX-License-Identifier: MIT */
/*
 * CPU pools: each CPU is in one pool or in none, each domain in one pool, and runs on its CPUs only. A pool
 * has one scheduler. Pool 0 is there from boot, with every CPU. Implementation: common/sched/cpupool.c.
 */
#ifndef HV_CPUPOOL_H
#define HV_CPUPOOL_H

#include <hv/cpumask.h>

struct domain;

#define CPUPOOL_ANY (~0u) /* any free id; any CPU */

struct cpupool_info {
	unsigned int id;
	uint32_t sched_id; /* XEN_SCHEDULER_* */
	unsigned int nr_domains;
	cpumask_t cpus;
};

/* The first pool with an id >= `from`. -ENOENT. */
int cpupool_get_info(unsigned int from, struct cpupool_info *out);
void cpupool_free_cpus(cpumask_t *out);
/* *id in and out, CPUPOOL_ANY: past the last. -EEXIST: taken; -ENOENT: no such scheduler; -ENOMEM. */
int cpupool_create(unsigned int *id, uint32_t sched_id);
/* -ENOENT; -EBUSY: it has CPUs or domains, or is pool 0. */
int cpupool_destroy(unsigned int id);
/* -EINVAL: no such CPU; -ENODEV: it is in a pool, or offline, or none is free; -ENOENT; -EBUSY: another
 * change is under way. */
int cpupool_add_cpu(unsigned int id, unsigned int cpu);
/* vCPUs with no other CPU of the pool in their hard affinity lose that. -ENOENT; -EINVAL: no such CPU,
 * or the last one of pool 0; -EADDRNOTAVAIL: not one of the pool's, or another change is under way; -EBUSY: the last one of
 * another pool with domains; -EADDRINUSE: a vCPU must stay there (SCHEDOP_pin_override). */
int cpupool_remove_cpu(unsigned int id, unsigned int cpu);
/* d's vCPUs may then run on all CPUs of the pool: their affinities are forgotten. d is not the caller's, and
 * its domctl_lock is held. -ENOENT: no such pool, or it has no CPU. */
int cpupool_move_domain(struct domain *d, unsigned int id);

/* The scheduler of d's pool (XEN_SCHEDULER_*) and the pool's id. */
uint32_t cpupool_sched_id(const struct domain *d);
unsigned int cpupool_id(const struct domain *d);
/* The least time a vCPU keeps a CPU it has got, us; 0: no limit. A scheduler with no such limit leaves *us
 * alone. -ESRCH: no such pool, -EINVAL: it has another scheduler, or the limit is out of range. */
int cpupool_get_ratelimit(unsigned int id, uint32_t sched_id, uint32_t *us);
int cpupool_set_ratelimit(unsigned int id, uint32_t sched_id, uint32_t us);

#endif
