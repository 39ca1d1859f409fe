/* SPDX-License-Identifier: MIT */
/*
 * CPU pools: which CPUs serve which domains, by which scheduler.
 *
 * A CPU leaves its pool's mask first; from then on nothing new is placed on it, and what is there is sent
 * elsewhere. Only then may another pool have it. pool_lock is held for the list, counts and masks, never while
 * vCPUs are waited for; `changing` keeps a second change of CPUs out meanwhile.
 */
#include <hv/cpupool.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <public/domctl.h>
#include <public/sysctl.h>
#include "private.h"

static const struct sched_ops *const schedulers[] = { &sched_credit2, &sched_null };

struct cpupool pool0 = { .ops = &sched_credit2, .ratelimit_us = 1000 };
static struct cpupool *pools = &pool0; /* guarded by: pool_lock */
static spinlock_t pool_lock = SPIN_LOCK_UNLOCKED;
static bool changing; /* guarded by: pool_lock */

static struct cpupool *find(unsigned int id)
{
	struct cpupool *p = pools;

	while (p && p->id != id)
		p = p->next;
	return p;
}

static const struct sched_ops *scheduler_by_id(uint32_t id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(schedulers); i++)
		if (schedulers[i]->id == id)
			return schedulers[i];
	return NULL;
}

int sched_set_default(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(schedulers); i++) {
		if (!strcmp(name, schedulers[i]->name)) {
			pool0.ops = schedulers[i];
			return 0;
		}
	}
	return -EINVAL;
}

/* ---- domains ---- */

int sched_init_domain(struct domain *d, unsigned int poolid)
{
	struct cpupool *p;

	spin_lock(&pool_lock);
	p = find(poolid);
	if (p)
		p->nr_domains++;
	spin_unlock(&pool_lock);
	if (!p)
		return trace_err(-EINVAL);
	d->sched.weight = SCHED_DEFAULT_WEIGHT;
	d->sched.cpupool = p;
	return 0;
}

void sched_destroy_domain(struct domain *d)
{
	cap_destroy(d);
	if (!d->sched.cpupool)
		return;
	spin_lock(&pool_lock);
	d->sched.cpupool->nr_domains--;
	spin_unlock(&pool_lock);
	d->sched.cpupool = NULL;
}

/* d is paused: none of its vCPUs is queued, running or parked. */
static int change_pool(struct domain *d, unsigned int id)
{
	struct cpupool *p, *old = d->sched.cpupool;
	struct vcpu *v;
	int rc = -ENOENT;

	for_each_vcpu(d, v)
		if (old->ops->release)
			old->ops->release(v);
	spin_lock(&pool_lock);
	p = find(id);
	if (p && !cpumask_empty(&p->cpus)) {
		old->nr_domains--;
		p->nr_domains++;
		WRITE_ONCE(d->sched.cpupool, p);
		rc = 0;
	}
	spin_unlock(&pool_lock);
	return rc;
}

int cpupool_move_domain(struct domain *d, unsigned int id)
{
	int rc;

	ASSERT(d != current->domain && spin_is_held(&d->domctl_lock));
	if (d->sched.cpupool->id == id)
		return 0;
	domain_pause(d);
	rc = change_pool(d, id);
	domain_unpause(d);
	return rc ? trace_err(rc) : 0;
}

uint32_t cpupool_sched_id(const struct domain *d)
{
	return d->sched.cpupool->ops->id;
}

unsigned int cpupool_id(const struct domain *d)
{
	return d->sched.cpupool->id;
}

/* ---- pools ---- */

int cpupool_get_info(unsigned int from, struct cpupool_info *out)
{
	const struct cpupool *p;

	spin_lock(&pool_lock);
	for (p = pools; p && p->id < from; p = p->next)
		;
	if (p)
		*out = (struct cpupool_info){ p->id, p->ops->id, p->nr_domains, p->cpus };
	spin_unlock(&pool_lock);
	return p ? 0 : -ENOENT;
}

/* Puts p in its place; ids ascend. *id is chosen if CPUPOOL_ANY. */
static int insert(struct cpupool *p, unsigned int *id)
{
	struct cpupool **at = &pools;
	unsigned int unused = 0;

	while (*at && (*id == CPUPOOL_ANY ? (*at)->id == unused : (*at)->id < *id)) {
		unused = (*at)->id + 1;
		at = &(*at)->next;
	}
	if (*id == CPUPOOL_ANY)
		*id = unused;
	else if (*at && (*at)->id == *id)
		return -EEXIST;
	p->id = *id;
	p->next = *at;
	*at = p;
	return 0;
}

int cpupool_create(unsigned int *id, uint32_t sched_id)
{
	const struct sched_ops *ops = scheduler_by_id(sched_id);
	struct cpupool *p;
	int rc;

	if (!ops)
		return trace_err(-ENOENT);
	p = xzalloc(struct cpupool);
	if (!p)
		return trace_err(-ENOMEM);
	p->ops = ops;
	p->ratelimit_us = 1000;
	spin_lock(&pool_lock);
	rc = insert(p, id);
	spin_unlock(&pool_lock);
	if (rc)
		xfree(p);
	return rc;
}

int cpupool_destroy(unsigned int id)
{
	struct cpupool **at, *p;
	int rc = -ENOENT;

	spin_lock(&pool_lock);
	for (at = &pools; *at && (*at)->id != id; at = &(*at)->next)
		;
	p = *at;
	if (p)
		rc = p == &pool0 || p->nr_domains || !cpumask_empty(&p->cpus) || changing ? -EBUSY : 0;
	if (!rc)
		*at = p->next;
	spin_unlock(&pool_lock);
	if (!rc)
		xfree(p);
	return rc;
}

/* ---- CPUs ---- */

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
	cpu_raise_softirq(cpu, SOFTIRQ_SCHEDULE);
}

static int check_free(const struct cpupool *p, unsigned int *cpu)
{
	cpumask_t unused = free_locked();

	if (!p)
		return -ENOENT;
	if (changing)
		return -EBUSY;
	if (*cpu == CPUPOOL_ANY)
		*cpu = cpumask_first(&unused);
	if (*cpu >= NR_CPUS || !cpumask_test(&cpu_online_map, *cpu))
		return -ENODEV;
	return cpumask_test(&unused, *cpu) ? 0 : -EBUSY;
}

int cpupool_add_cpu(unsigned int id, unsigned int cpu)
{
	struct cpupool *p;
	int rc;

	spin_lock(&pool_lock);
	p = find(id);
	rc = check_free(p, &cpu);
	if (!rc) {
		set_queue_pool(cpu, p);
		cpumask_set_atomic(&p->cpus, cpu);
	}
	spin_unlock(&pool_lock);
	if (rc)
		return trace_err(rc);
	unpark_pool(p);
	return 0;
}

static int check_remove(const struct cpupool *p, unsigned int *cpu)
{
	if (!p)
		return -ENOENT;
	if (changing)
		return -EBUSY;
	if (*cpu == CPUPOOL_ANY)
		for (unsigned int i = cpumask_first(&p->cpus); i < NR_CPUS; i = cpumask_next(&p->cpus, i + 1))
			*cpu = i;
	if (*cpu >= NR_CPUS || !cpumask_test(&p->cpus, *cpu))
		return -ENODEV;
	if (cpumask_weight(&p->cpus) == 1 && (p->nr_domains || p == &pool0))
		return -EBUSY;
	return 0;
}

/* Sends away every vCPU that is on, or keeps for itself, a CPU it may no longer use. */
static void evacuate(const struct cpupool *p)
{
	struct domain *d;
	domid_t next = 0;
	struct vcpu *v;

	while ((d = domain_get_next(next)) != NULL) {
		next = (domid_t)(d->domain_id + 1);
		if (READ_ONCE(d->sched.cpupool) == p)
			for_each_vcpu(d, v)
				if (!may_run_on(v, READ_ONCE(v->processor)))
					sched_replace(v);
		domain_put(d);
	}
}

int cpupool_remove_cpu(unsigned int id, unsigned int cpu)
{
	struct cpupool *p;
	int rc;

	spin_lock(&pool_lock);
	p = find(id);
	rc = check_remove(p, &cpu);
	if (!rc) {
		changing = true;
		cpumask_clear_atomic(&p->cpus, cpu);
		set_queue_pool(cpu, NULL);
	}
	spin_unlock(&pool_lock);
	if (rc)
		return trace_err(rc);
	evacuate(p);
	spin_lock(&pool_lock);
	changing = false;
	spin_unlock(&pool_lock);
	return 0;
}

/* ---- parameters ---- */

static int with_ratelimit(unsigned int id, uint32_t sched_id, uint32_t *get, const uint32_t *set)
{
	struct cpupool *p;
	int rc = 0;

	spin_lock(&pool_lock);
	p = find(id);
	if (!p)
		rc = -ESRCH;
	else if (p->ops->id != sched_id || p->ops != &sched_credit2)
		rc = -EINVAL;
	else if (set)
		WRITE_ONCE(p->ratelimit_us, *set);
	else
		*get = p->ratelimit_us;
	spin_unlock(&pool_lock);
	return rc;
}

int cpupool_get_ratelimit(unsigned int id, uint32_t sched_id, uint32_t *us)
{
	return with_ratelimit(id, sched_id, us, NULL);
}

int cpupool_set_ratelimit(unsigned int id, uint32_t sched_id, uint32_t us)
{
	if (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN || us > XEN_SYSCTL_SCHED_RATELIMIT_MAX))
		return trace_err(-EINVAL);
	return with_ratelimit(id, sched_id, NULL, &us);
}
