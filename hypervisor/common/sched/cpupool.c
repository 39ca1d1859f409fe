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

#define RATELIMIT_US 1000

struct cpupool pool0 = { .ops = &sched_credit2, .ratelimit_us = RATELIMIT_US };
static uint32_t default_ratelimit_us = RATELIMIT_US; /* set at boot */
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

static bool is_ratelimit(uint32_t us)
{
	return !us || (us >= XEN_SYSCTL_SCHED_RATELIMIT_MIN && us <= XEN_SYSCTL_SCHED_RATELIMIT_MAX);
}

int sched_set_default_ratelimit(uint32_t us)
{
	if (!is_ratelimit(us))
		return -EINVAL;
	pool0.ratelimit_us = default_ratelimit_us = us;
	return 0;
}

/* ---- domains ---- */

int sched_init_domain(struct domain *d, unsigned int poolid)
{
	struct cpupool *p;
	int rc = 0;

	spin_lock(&pool_lock);
	p = find(poolid);
	if (!p)
		rc = -EINVAL;
	else if (cpumask_empty(&p->cpus))
		rc = -ENODEV;
	else
		p->nr_domains++;
	spin_unlock(&pool_lock);
	if (rc)
		return trace_err(rc);
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
	if (!rc)
		for_each_vcpu(d, v)
			affinity_reset(v);
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

/* Puts p in its place; ids ascend. CPUPOOL_ANY: past the last. */
static int insert(struct cpupool *p, unsigned int *id)
{
	struct cpupool **at = &pools;
	unsigned int last = 0;

	while (*at && (*at)->id < *id) {
		last = (*at)->id;
		at = &(*at)->next;
	}
	if (*id == CPUPOOL_ANY)
		*id = last + 1;
	if (*id == CPUPOOL_ANY || (*at && (*at)->id == *id))
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
	p->ratelimit_us = default_ratelimit_us;
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
	return changing ? -EBUSY : 0;
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
	changing = false;
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
	p = find(id);
	rc = check_free(p, &cpu);
	if (!rc) {
		set_queue_pool(cpu, p);
		cpumask_set_atomic(&p->cpus, cpu);
		cpu_raise_softirq(cpu, SOFTIRQ_SCHEDULE);
	}
	changing = changing || !rc;
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
	if (changing || !cpumask_test(&p->cpus, *cpu))
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
	*p = find(id);
	rc = check_remove(*p, cpu);
	changing = changing || !rc;
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

/* ---- parameters ---- */

static int with_ratelimit(unsigned int id, uint32_t sched_id, uint32_t *get, const uint32_t *set)
{
	struct cpupool *p;
	int rc = 0;

	spin_lock(&pool_lock);
	p = find(id);
	if (!p)
		rc = -ESRCH;
	else if (p->ops->id != sched_id)
		rc = -EINVAL;
	else if (p->ops != &sched_credit2)
		rc = 0; /* nothing to set */
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
	if (!is_ratelimit(us))
		return trace_err(-EINVAL);
	return with_ratelimit(id, sched_id, NULL, &us);
}
