/* SPDX-License-Identifier: MIT */
/*
 * Where a vCPU may run: on its pool's CPUs, of those only on the ones in its hard affinity, and rather on
 * those in its soft affinity. If hard affinity and pool have no CPU in common, the pool alone decides: a vCPU
 * is never stranded.
 */
#include <hv/smp.h>
#include <hv/softirq.h>
#include "private.h"

cpumask_t sched_allowed(const struct vcpu *v)
{
	cpumask_t ok = cpumask_and(&v->domain->sched.cpupool->cpus, &cpu_online_map), hard;

	hard = cpumask_and(&ok, &v->sched.hard_affinity);
	return cpumask_empty(&hard) ? ok : hard;
}

bool may_run_on(const struct vcpu *v, unsigned int cpu)
{
	cpumask_t ok;

	if (!cpumask_test(&v->domain->sched.cpupool->cpus, cpu))
		return false;
	if (cpumask_test(&v->sched.hard_affinity, cpu))
		return true;
	ok = sched_allowed(v);
	return cpumask_test(&ok, cpu);
}

/* Waking decides where. Where it runs, schedule() finds that it may not stay and sched_context_switched()
 * wakes it: nobody waits, for two vCPUs doing this to each other would wait forever. */
void sched_replace(struct vcpu *v)
{
	const struct sched_ops *ops = v->domain->sched.cpupool->ops;
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);

	if (v->sched.on_queue)
		runqueue_del(rq, v);
	if (rq->curr == v)
		cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
	spin_unlock_irqrestore(&rq->lock, flags);
	if (ops->release)
		ops->release(v);
	vcpu_wake(v);
}

static void store(struct vcpu *v, cpumask_t *field, const cpumask_t *mask)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);

	*field = *mask;
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* ---- when the pool, or its CPUs, change ---- */

void affinity_reset(struct vcpu *v)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);

	ASSERT(!v->is_running && !v->sched.on_queue);
	v->sched.affinity_overridden = false;
	cpumask_setall(&v->sched.hard_affinity);
	cpumask_setall(&v->sched.soft_affinity);
	if (!may_run_on(v, v->processor))
		vcpu_set_processor(v, cpumask_first(&v->domain->sched.cpupool->cpus));
	spin_unlock_irqrestore(&rq->lock, flags);
}

bool affinity_needs(const struct vcpu *v, unsigned int cpu)
{
	cpumask_t ok = cpumask_and(&v->domain->sched.cpupool->cpus, &v->sched.hard_affinity);

	cpumask_clear(&ok, cpu);
	return cpumask_empty(&ok);
}

void affinity_break(struct vcpu *v)
{
	cpumask_t all;

	cpumask_setall(&all);
	printk("Affinity of d%uv%u dropped: its last CPU has left the pool\n", v->domain->domain_id, v->vcpu_id);
	store(v, &v->sched.hard_affinity, &all);
}

/* ---- setting ---- */

static void apply_hard(struct vcpu *v, const cpumask_t *mask)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);
	bool is_elsewhere = !cpumask_test(mask, v->processor), waits = v->sched.on_queue || v->sched.parked;

	v->sched.hard_affinity = *mask;
	spin_unlock_irqrestore(&rq->lock, flags);
	if (is_elsewhere || waits)
		sched_replace(v);
}

static int set_hard(struct vcpu *v, const cpumask_t *mask)
{
	if (!cpumask_intersects(mask, &v->domain->sched.cpupool->cpus))
		return trace_err(-EINVAL);
	apply_hard(v, mask);
	return 0;
}

int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *mask)
{
	return READ_ONCE(v->sched.affinity_overridden) ? trace_err(-EBUSY) : set_hard(v, mask);
}

int vcpu_set_soft_affinity(struct vcpu *v, const cpumask_t *mask)
{
	store(v, &v->sched.soft_affinity, mask);
	return 0;
}

int vcpu_pin_override(struct vcpu *v, int cpu)
{
	cpumask_t mask;
	int rc;

	if (cpu < 0) {
		if (!v->sched.affinity_overridden)
			return trace_err(-EINVAL);
		WRITE_ONCE(v->sched.affinity_overridden, false);
		mask = v->sched.saved_affinity;
		apply_hard(v, &mask); /* the pool's CPUs may have changed meanwhile: no CPU in common is fine */
		return 0;
	}
	if (v->sched.affinity_overridden)
		return trace_err(-EBUSY);
	if (cpu >= NR_CPUS)
		return trace_err(-EINVAL);
	v->sched.saved_affinity = v->sched.hard_affinity;
	mask = cpumask_of((unsigned int)cpu);
	rc = set_hard(v, &mask);
	if (!rc)
		WRITE_ONCE(v->sched.affinity_overridden, true);
	return rc;
}
