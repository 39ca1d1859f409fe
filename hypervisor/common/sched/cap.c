/* SPDX-License-Identifier: MIT */
/*
 * Caps: a domain with a cap may use that many percent of one CPU, all its vCPUs together. It has a budget of
 * running time, refilled every period; a vCPU that finds it used up is parked: off every queue, though
 * runnable, until the refill.
 *
 * parked is guarded by the vCPU's run-queue lock; the budget is atomic, so that vCPUs on several CPUs burn it
 * without a common lock. It may be overdrawn by a slice; the refill takes that into account.
 */
#include <hv/mm.h>
#include <hv/smp.h>
#include "private.h"

#define CAP_PERIOD MILLISECS(10)

static int64_t share(const struct domain *d)
{
	return CAP_PERIOD / 100 * d->sched.cap;
}

bool cap_exhausted(const struct vcpu *v)
{
	const struct sched_domain *s = &v->domain->sched;

	return READ_ONCE(s->cap) && __atomic_load_n(&s->cap_left, __ATOMIC_RELAXED) <= 0;
}

void cap_burn(struct vcpu *v, s_time_t ran)
{
	if (READ_ONCE(v->domain->sched.cap))
		__atomic_fetch_sub(&v->domain->sched.cap_left, ran, __ATOMIC_RELAXED);
}

s_time_t cap_slice(const struct vcpu *v, s_time_t slice)
{
	int64_t left = __atomic_load_n(&v->domain->sched.cap_left, __ATOMIC_RELAXED);

	return !READ_ONCE(v->domain->sched.cap) || left >= slice ? slice : max(left, MICROSECS(100));
}

static void refill(void *data)
{
	struct domain *d = data;
	int64_t left = __atomic_load_n(&d->sched.cap_left, __ATOMIC_RELAXED), next;
	struct vcpu *v;

	do {
		next = min(left + share(d), share(d));
	} while (!__atomic_compare_exchange_n(&d->sched.cap_left, &left, next, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	for_each_vcpu(d, v)
		vcpu_unpark(v);
	if (d->sched.cap) {
		d->sched.cap_replenish += CAP_PERIOD;
		set_timer(d->sched.cap_timer, d->sched.cap_replenish);
	}
}

int sched_set_cap(struct domain *d, uint16_t cap)
{
	if (cap > 100 * d->max_vcpus)
		return trace_err(-EINVAL);
	if (!d->sched.cap_timer) {
		if (!cap)
			return 0;
		d->sched.cap_timer = xzalloc(struct timer);
		if (!d->sched.cap_timer)
			return trace_err(-ENOMEM);
		init_timer(d->sched.cap_timer, refill, d, smp_processor_id());
	}
	stop_timer(d->sched.cap_timer);
	WRITE_ONCE(d->sched.cap, cap);
	__atomic_store_n(&d->sched.cap_left, share(d), __ATOMIC_RELAXED);
	/* The refill also frees the parked ones when the cap was lifted. */
	d->sched.cap_replenish = NOW();
	set_timer(d->sched.cap_timer, d->sched.cap_replenish);
	return 0;
}

void cap_destroy(struct domain *d)
{
	if (!d->sched.cap_timer)
		return;
	kill_timer(d->sched.cap_timer);
	xfree(d->sched.cap_timer);
	d->sched.cap_timer = NULL;
}
