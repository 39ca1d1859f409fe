/* SPDX-License-Identifier: MIT */
/*
 * The default scheduler, with credit2's observable behaviour: weights, caps, affinities, a rate limit.
 *
 * Among those that wait for a CPU, who has run least, in proportion to its weight, is next (vtime). A waking
 * vCPU goes to an idle CPU if it may, else where least is waiting, and takes the CPU from one that has run
 * more; but nobody loses a CPU before the rate limit. An idle CPU takes work from others. At the end of a
 * slice a CPU takes from a longer queue what evens out the two; where they cannot be evened out, as with
 * three on two CPUs, that makes the odd one change places every slice, and all get the same.
 *
 * LIMITS: queues are compared by the weights waiting, so shares are exact among those on one queue, and
 * across queues as near as whole vCPUs can be dealt out.
 */
#include <hv/smp.h>
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

static bool credit2_may_stay(const struct vcpu *v)
{
	return !cap_exhausted(v);
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

/* Takes from another CPU's queue one that may run here and weighs at most `limit`. */
static struct vcpu *take_from(unsigned int other, unsigned int cpu, unsigned int limit)
{
	struct runqueue *rq = &per_cpu(runqueue, other);
	struct vcpu *v;

	/* Never waits for a second queue: two CPUs may be looking at each other. */
	if (!spin_trylock(&rq->lock))
		return NULL;
	for (v = rq->head; v; v = v->sched.next)
		if (!v->is_running && v->sched.queued_weight <= limit && may_run_on(v, cpu) && !cap_exhausted(v))
			break;
	if (v) {
		runqueue_del(rq, v);
		vcpu_set_processor(v, cpu);
	}
	spin_unlock(&rq->lock);
	return v;
}

/* `mine` is the weight on this CPU; what is taken must not make the difference larger. */
static struct vcpu *pull(const struct runqueue *rq, unsigned int cpu, unsigned int mine, bool idle)
{
	unsigned int other;

	for_each_cpu(other, &rq->pool->cpus) {
		unsigned int theirs = load_on(other);
		struct vcpu *v;

		if (other == cpu || !READ_ONCE(per_cpu(runqueue, other).nr) || (!idle && theirs <= mine))
			continue;
		v = take_from(other, cpu, idle ? ~0u : theirs - mine);
		if (v)
			return v;
	}
	return NULL;
}

static struct vcpu *credit2_pick(struct runqueue *rq, unsigned int cpu, struct vcpu *prev, s_time_t now)
{
	bool goes_on = prev->sched.on_queue, yields = prev->sched.yields;
	struct vcpu *v, *other = NULL;

	if (goes_on && !yields && protected_for(rq, prev, now) > 0) {
		runqueue_del(rq, prev);
		return prev;
	}
	v = best_waiting(rq, cpu, prev, yields ? prev : NULL);
	if (!v && goes_on && prev->sched.on_queue)
		v = prev;
	if (!v) {
		/* First known as idle, then looking: who queues work elsewhere in between sees the one or is
		 * seen by the other. */
		cpumask_set_atomic(&idle_cpus, cpu);
		return pull(rq, cpu, 0, true);
	}
	if (goes_on && now - prev->sched.run_since >= TIME_SLICE)
		other = pull(rq, cpu, rq->load, false);
	if (other)
		return other;
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
