/* SPDX-License-Identifier: MIT */
/*
 * The default scheduler, with credit2's observable behaviour: weights, caps, affinities, a rate limit.
 *
 * Among those that wait for a CPU, who has run least, in proportion to its weight, is next (vtime). A waking
 * vCPU goes to an idle CPU if it may, else where least is waiting, and takes the CPU from one that has run
 * more; but nobody loses a CPU before the rate limit. An idle CPU takes work from the longest queue. At the end
 * of a slice a CPU takes from a longer queue what evens out the two; where they cannot be evened out, as with
 * three on two CPUs, that makes the odd one change places every slice, and all get the same.
 *
 * LIMITS: queues are compared by the weights waiting, so shares are exact among those on one queue, and
 * across queues as near as whole vCPUs can be dealt out.
 */
#include <hv/smp.h>
#include <hv/softirq.h>
#include <public/domctl.h>
#include "private.h"

static unsigned int load_on(unsigned int cpu)
{
	const struct runqueue *rq = &per_cpu(runqueue, cpu);

	return READ_ONCE(rq->load) + READ_ONCE(rq->running_weight);
}

static unsigned int least_loaded(const cpumask_t *cpus, unsigned int best)
{
	unsigned int cpu;

	if (!cpumask_test(cpus, best))
		best = cpumask_first(cpus);
	for_each_cpu(cpu, cpus)
		if (load_on(cpu) < load_on(best))
			best = cpu;
	return best;
}

static unsigned int credit2_place(struct vcpu *v)
{
	cpumask_t ok = sched_allowed(v), soft = cpumask_and(&ok, &v->sched.soft_affinity), idle;

	if (cap_exhausted(v) || cpumask_empty(&ok))
		return NR_CPUS;
	if (cpumask_empty(&soft))
		soft = ok;
	idle = cpumask_and(&soft, &idle_cpus);
	if (cpumask_empty(&idle))
		idle = cpumask_and(&ok, &idle_cpus);
	if (cpumask_empty(&idle))
		return least_loaded(&soft, v->processor);
	return cpumask_test(&idle, v->processor) ? v->processor : cpumask_first(&idle);
}

/* Would it rather be on a CPU that has nothing to do? */
static bool drawn_away(const struct vcpu *v)
{
	cpumask_t soft;

	if (cpumask_test(&v->sched.soft_affinity, v->processor))
		return false;
	soft = sched_allowed(v);
	soft = cpumask_and(&soft, &v->sched.soft_affinity);
	return !cpumask_test(&soft, v->processor) && cpumask_intersects(&soft, &idle_cpus);
}

static bool credit2_may_stay(const struct vcpu *v)
{
	return !cap_exhausted(v) && !drawn_away(v);
}

static int64_t scaled(const struct vcpu *v, s_time_t ran)
{
	return ran * SCHED_DEFAULT_WEIGHT / v->domain->sched.weight;
}

static void credit2_charge(struct vcpu *v, s_time_t ran)
{
	v->sched.vtime += scaled(v, ran);
	cap_burn(v, ran);
}

static bool credit2_preempts(const struct runqueue *rq, const struct vcpu *v, s_time_t now)
{
	const struct vcpu *runs = rq->curr;
	s_time_t ran = max(now - runs->sched.start_time, (s_time_t)0);

	return v->sched.vtime < runs->sched.vtime + scaled(runs, ran);
}

/* How long v is protected yet from being replaced. */
static s_time_t protected_for(const struct runqueue *rq, const struct vcpu *v, s_time_t now)
{
	return v->sched.run_since + MICROSECS(READ_ONCE(rq->pool->ratelimit_us)) - now;
}

/* The best that may run here; those whose cap is used up are parked on the way. */
static struct vcpu *best_waiting(struct runqueue *rq, unsigned int cpu, const struct vcpu *prev,
				 const struct vcpu *except)
{
	struct vcpu *v, *after;

	for (v = rq->head; v; v = after) {
		after = v->sched.next;
		if (cap_exhausted(v)) {
			runqueue_del(rq, v);
			vcpu_park(v);
		} else if (v != except && (!v->is_running || v == prev) && may_run_on(v, cpu)) {
			return v;
		}
	}
	return NULL;
}

/* Takes from another CPU's queue one that may run here and weighs at most `limit`. -EAGAIN: it is locked, and
 * waiting for a second queue is not allowed: two CPUs may be looking at each other. */
static int take_from(unsigned int other, unsigned int cpu, unsigned int limit, bool soft, struct vcpu **taken)
{
	struct runqueue *rq = &per_cpu(runqueue, other);
	struct vcpu *v;

	if (!spin_trylock(&rq->lock))
		return -EAGAIN;
	for (v = rq->head; v; v = v->sched.next)
		if (!v->is_running && v->sched.queued_weight <= limit && may_run_on(v, cpu) && !cap_exhausted(v) &&
		    (!soft || cpumask_test(&v->sched.soft_affinity, cpu)))
			break;
	if (v) {
		runqueue_del(rq, v);
		vcpu_set_processor(v, cpu);
	}
	spin_unlock(&rq->lock);
	*taken = v;
	return 0;
}

/* The CPU of the set with the most on it, of those where somebody waits. */
static unsigned int most_loaded(const cpumask_t *cpus)
{
	unsigned int cpu, best = NR_CPUS;

	for_each_cpu(cpu, cpus)
		if (READ_ONCE(per_cpu(runqueue, cpu).nr) && (best == NR_CPUS || load_on(cpu) > load_on(best)))
			best = cpu;
	return best;
}

/* For a CPU with nothing to do: whom it may have, from the longest queue first. */
static struct vcpu *steal(const struct runqueue *rq, unsigned int cpu)
{
	cpumask_t others = rq->pool->cpus;
	struct vcpu *v = NULL;
	unsigned int other;

	/* First known as idle, then looking: who queues work elsewhere in between sees the one or is seen by
	 * the other. */
	cpumask_set_atomic(&idle_cpus, cpu);
	cpumask_clear(&others, cpu);
	while (!v && (other = most_loaded(&others)) < NR_CPUS) {
		cpumask_clear(&others, other);
		if (take_from(other, cpu, ~0u, false, &v))
			raise_softirq(SOFTIRQ_SCHEDULE); /* look again */
	}
	return v;
}

/* For a CPU with `mine` to do: whom it should have from a longer queue, so that the difference does not grow. */
static struct vcpu *even_out(const struct runqueue *rq, unsigned int cpu, unsigned int mine)
{
	cpumask_t others = rq->pool->cpus;
	struct vcpu *v = NULL;
	unsigned int other;

	cpumask_clear(&others, cpu);
	while (!v && (other = most_loaded(&others)) < NR_CPUS && load_on(other) > mine) {
		cpumask_clear(&others, other);
		if (take_from(other, cpu, load_on(other) - mine, true, &v))
			v = NULL;
	}
	return v;
}

static struct vcpu *credit2_pick(struct runqueue *rq, unsigned int cpu, struct vcpu *prev, s_time_t now)
{
	bool goes_on, yields = prev->sched.yields;
	struct vcpu *v, *other = NULL;

	if (prev->sched.on_queue && !yields && protected_for(rq, prev, now) > 0) {
		runqueue_del(rq, prev);
		return prev;
	}
	v = best_waiting(rq, cpu, prev, yields ? prev : NULL);
	goes_on = prev->sched.on_queue;
	if (goes_on && (now - prev->sched.run_since >= TIME_SLICE || (yields && !v)))
		other = even_out(rq, cpu, rq->load);
	if (other)
		return other;
	if (!v && goes_on)
		v = prev;
	if (!v)
		return steal(rq, cpu);
	runqueue_del(rq, v);
	return v;
}

static s_time_t credit2_slice(const struct runqueue *rq, const struct vcpu *v, s_time_t now)
{
	s_time_t yet = max(protected_for(rq, v, now), MICROSECS(100));

	/* Does somebody better wait for the rate limit to pass? */
	if (rq->head && rq->head->sched.vtime < v->sched.vtime)
		return cap_slice(v, min(yet, TIME_SLICE));
	return cap_slice(v, TIME_SLICE);
}

const struct sched_ops sched_credit2 = {
	.name = "credit2",
	.id = XEN_SCHEDULER_CREDIT2,
	.place = credit2_place,
	.may_stay = credit2_may_stay,
	.pick = credit2_pick,
	.preempts = credit2_preempts,
	.charge = credit2_charge,
	.slice = credit2_slice,
};
