/* SPDX-License-Identifier: MIT */
/*
 * CPU pools: which CPUs serve which domains, by which scheduler. Here: the pools, their domains and parameters;
 * how CPUs come and go is cpupool_cpus.c's.
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
struct cpupool *pools = &pool0;
spinlock_t pool_lock = SPIN_LOCK_UNLOCKED;

struct cpupool *cpupool_find(unsigned int id)
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
	p = cpupool_find(poolid);
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
	p = cpupool_find(id);
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
		rc = p == &pool0 || p->nr_domains || !cpumask_empty(&p->cpus) || cpupools_changing ? -EBUSY : 0;
	if (!rc)
		*at = p->next;
	spin_unlock(&pool_lock);
	if (!rc)
		xfree(p);
	return rc;
}

/* ---- parameters ---- */

static int with_ratelimit(unsigned int id, uint32_t sched_id, uint32_t *get, const uint32_t *set)
{
	struct cpupool *p;
	int rc = 0;

	spin_lock(&pool_lock);
	p = cpupool_find(id);
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
