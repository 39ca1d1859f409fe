/* SPDX-License-Identifier: MIT */
/*
 * How CPUs change pools. A CPU leaves its pool's mask first; from then on nothing new is placed on it, and what
 * is there is sent elsewhere. Only then may another pool have it. pool_lock is held for the masks, not while
 * vCPUs are sent away; cpupools_changing keeps a second change out meanwhile.
 */
#include <hv/cpupool.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include "private.h"

bool cpupools_changing;

static cpumask_t free_locked(void)
{
	cpumask_t unused = cpu_online_map;

	for (const struct cpupool *p = pools; p; p = p->next)
		for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
			unused.bits[i] &= ~p->cpus.bits[i];
	return unused;
}

void cpupool_free_cpus(cpumask_t *out)
{
	spin_lock(&pool_lock);
	*out = free_locked();
	spin_unlock(&pool_lock);
}

static void set_queue_pool(unsigned int cpu, struct cpupool *p)
{
	struct runqueue *rq = &per_cpu(runqueue, cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	rq->pool = p;
	spin_unlock_irqrestore(&rq->lock, flags);
}

static bool exists(unsigned int cpu)
{
	return cpumask_next(&cpu_online_map, cpu) < NR_CPUS;
}

static int check_free(const struct cpupool *p, unsigned int *cpu)
{
	cpumask_t unused = free_locked();

	if (*cpu == CPUPOOL_ANY)
		*cpu = cpumask_first(&unused);
	else if (!exists(*cpu))
		return -EINVAL;
	if (*cpu >= NR_CPUS || !cpumask_test(&unused, *cpu))
		return -ENODEV;
	if (!p)
		return -ENOENT;
	return cpupools_changing ? -EBUSY : 0;
}

typedef bool vcpu_fn(struct vcpu *v, unsigned int cpu);

/* False, and no further, as soon as fn says so. */
static bool all_vcpus_of(const struct cpupool *p, vcpu_fn *fn, unsigned int cpu)
{
	struct domain *d;
	domid_t next = 0;
	bool ok = true;
	struct vcpu *v;

	while (ok && (d = domain_get_next(next)) != NULL) {
		next = (domid_t)(d->domain_id + 1);
		if (READ_ONCE(d->sched.cpupool) == p)
			for_each_vcpu(d, v)
				ok = ok && fn(v, cpu);
		domain_put(d);
	}
	return ok;
}

static void end_change(void)
{
	spin_lock(&pool_lock);
	cpupools_changing = false;
	spin_unlock(&pool_lock);
}

/* If nothing of v's affinity was in the pool, it ran anywhere; now it may have to go to its own CPU. */
static bool settle(struct vcpu *v, unsigned int cpu)
{
	if (!may_run_on(v, READ_ONCE(v->processor)))
		sched_replace(v);
	return true;
}

int cpupool_add_cpu(unsigned int id, unsigned int cpu)
{
	struct cpupool *p;
	int rc;

	spin_lock(&pool_lock);
	p = cpupool_find(id);
	rc = check_free(p, &cpu);
	if (!rc) {
		set_queue_pool(cpu, p);
		cpumask_set_atomic(&p->cpus, cpu);
		cpu_raise_softirq(cpu, SOFTIRQ_SCHEDULE);
	}
	cpupools_changing = cpupools_changing || !rc;
	spin_unlock(&pool_lock);
	if (rc)
		return trace_err(rc);
	all_vcpus_of(p, settle, cpu);
	unpark_pool(p);
	end_change();
	return 0;
}

static int check_remove(const struct cpupool *p, unsigned int *cpu)
{
	unsigned int i;

	if (!p)
		return -ENOENT;
	if (*cpu == CPUPOOL_ANY)
		for_each_cpu(i, &p->cpus)
			*cpu = i;
	if (!exists(*cpu))
		return -EINVAL;
	if (cpupools_changing || !cpumask_test(&p->cpus, *cpu))
		return -EADDRNOTAVAIL;
	if (cpumask_weight(&p->cpus) > 1 || !p->nr_domains)
		return 0;
	return p == &pool0 ? -EINVAL : -EBUSY;
}

static bool can_spare(struct vcpu *v, unsigned int cpu)
{
	return !READ_ONCE(v->sched.affinity_overridden) || !affinity_needs(v, cpu);
}

/* Sends v away if it is on, or keeps for itself, a CPU it may no longer use. */
static bool send_away(struct vcpu *v, unsigned int cpu)
{
	unsigned long flags;
	bool there;
	struct runqueue *rq;

	if (affinity_needs(v, cpu))
		affinity_break(v);
	/* Placing reads the pool's mask with this lock held: it has seen the new one, or we see its outcome. */
	rq = lock_vcpu_queue(v, &flags);
	there = v->processor == cpu;
	spin_unlock_irqrestore(&rq->lock, flags);
	if (there)
		sched_replace(v);
	return true;
}

/* Begins: nobody else changes CPUs, or destroys p, until end_change(). */
static int begin_remove(unsigned int id, unsigned int *cpu, struct cpupool **p)
{
	int rc;

	spin_lock(&pool_lock);
	*p = cpupool_find(id);
	rc = check_remove(*p, cpu);
	cpupools_changing = cpupools_changing || !rc;
	spin_unlock(&pool_lock);
	return rc;
}

int cpupool_remove_cpu(unsigned int id, unsigned int cpu)
{
	struct cpupool *p;
	int rc = begin_remove(id, &cpu, &p);

	if (rc)
		return trace_err(rc);
	if (all_vcpus_of(p, can_spare, cpu)) {
		cpumask_clear_atomic(&p->cpus, cpu);
		set_queue_pool(cpu, NULL);
		cpu_raise_softirq(cpu, SOFTIRQ_SCHEDULE);
		all_vcpus_of(p, send_away, cpu);
	} else {
		rc = trace_err(-EADDRINUSE);
	}
	end_change();
	return rc;
}
