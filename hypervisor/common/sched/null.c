/* SPDX-License-Identifier: MIT */
/*
 * The scheduler that does not: each vCPU has a CPU for itself, as long as there are any; the others wait until
 * one is released (its vCPU goes down, moves or is destroyed). No time slices, no balancing: for machines
 * partitioned among few guests that must not disturb each other.
 *
 * rq->null_owner and sched.null_cpu name each other. null_lock guards both; it is taken inside queue locks.
 */
#include <hv/smp.h>
#include <public/domctl.h>
#include "private.h"

static spinlock_t null_lock = SPIN_LOCK_UNLOCKED;

static void give_up(struct vcpu *v)
{
	if (v->sched.null_cpu)
		per_cpu(runqueue, v->sched.null_cpu - 1).null_owner = NULL;
	WRITE_ONCE(v->sched.null_cpu, 0);
}

static unsigned int find_free(const struct vcpu *v, const cpumask_t *cpus)
{
	unsigned int cpu;

	if (cpumask_test(cpus, v->processor) && !per_cpu(runqueue, v->processor).null_owner)
		return v->processor;
	for_each_cpu(cpu, cpus)
		if (!per_cpu(runqueue, cpu).null_owner)
			return cpu;
	return NR_CPUS;
}

static unsigned int null_place(struct vcpu *v)
{
	cpumask_t ok = sched_allowed(v), soft = cpumask_and(&ok, &v->sched.soft_affinity);
	unsigned int cpu;

	spin_lock(&null_lock);
	cpu = v->sched.null_cpu ? v->sched.null_cpu - 1 : NR_CPUS;
	if (cpu == NR_CPUS || !cpumask_test(&ok, cpu)) {
		give_up(v);
		cpu = find_free(v, &soft);
		if (cpu == NR_CPUS)
			cpu = find_free(v, &ok);
		if (cpu != NR_CPUS) {
			per_cpu(runqueue, cpu).null_owner = v;
			WRITE_ONCE(v->sched.null_cpu, cpu + 1);
		}
	}
	spin_unlock(&null_lock);
	return cpu;
}

static bool null_may_stay(const struct vcpu *v)
{
	return READ_ONCE(v->sched.null_cpu) == v->processor + 1;
}

static struct vcpu *null_pick(struct runqueue *rq, unsigned int cpu, struct vcpu *prev, s_time_t now)
{
	for (struct vcpu *v = rq->head; v; v = v->sched.next) {
		if ((v->is_running && v != prev) || !null_may_stay(v))
			continue;
		runqueue_del(rq, v);
		return v;
	}
	return NULL;
}

/* Who runs is on its way out: the CPU is v's. */
static bool null_preempts(const struct runqueue *rq, const struct vcpu *v, s_time_t now)
{
	return true;
}

static void null_charge(struct vcpu *v, s_time_t ran)
{
}

static s_time_t null_slice(const struct runqueue *rq, const struct vcpu *v, s_time_t now)
{
	return STIME_MAX;
}

static void null_release(struct vcpu *v)
{
	unsigned long flags = local_irq_save();
	bool had;

	spin_lock(&null_lock);
	had = v->sched.null_cpu;
	give_up(v);
	spin_unlock(&null_lock);
	local_irq_restore(flags);
	if (had)
		unpark_pool(v->domain->sched.cpupool);
}

const struct sched_ops sched_null = {
	.name = "null",
	.id = XEN_SCHEDULER_NULL,
	.place = null_place,
	.may_stay = null_may_stay,
	.pick = null_pick,
	.preempts = null_preempts,
	.charge = null_charge,
	.slice = null_slice,
	.release = null_release,
};
