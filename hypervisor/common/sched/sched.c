/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: a run queue per CPU, ordered by credit. Running burns credit in inverse proportion to the
 * weight; when the best waiting vCPU has none left, everybody on the queue gets a fresh share. An idle CPU
 * takes work from others; a waking vCPU goes to an idle CPU of its affinity if there is one.
 *
 * Invariants, under the queue's lock: a vCPU is on at most one queue, the one of v->processor; v->processor
 * changes only while v is neither queued nor running; is_running is true from when schedule() picks v until
 * sched_context_switched() says its registers are saved, and no other CPU may pick it meanwhile.
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include "private.h"

#define CREDIT_SHARE MILLISECS(10)
#define TIME_SLICE   MILLISECS(10)
#define RATE_LIMIT   MICROSECS(1000)

DEFINE_PER_CPU(struct runqueue, runqueue);
struct vcpu *idle_vcpu[NR_CPUS];
static cpumask_t idle_cpus; /* CPUs running their idle vCPU; atomic, a hint */

bool vcpu_runnable(const struct vcpu *v)
{
	return !(__atomic_load_n(&v->pause_flags, __ATOMIC_SEQ_CST) |
		 (unsigned long)__atomic_load_n(&v->pause_count, __ATOMIC_SEQ_CST) |
		 (unsigned long)__atomic_load_n(&v->domain->pause_count, __ATOMIC_SEQ_CST));
}

static void change_runstate(struct vcpu *v, int state, s_time_t now)
{
	s_time_t spent = now - (s_time_t)v->runstate.state_entry_time;

	if (v->runstate.state == state)
		return;
	if (spent > 0) {
		v->runstate.time[v->runstate.state] += (uint64_t)spent;
		v->runstate.state_entry_time = (uint64_t)now;
	}
	v->runstate.state = state;
}

static int offline_state(const struct vcpu *v)
{
	return v->pause_flags & (1ul << VPF_BLOCKED | 1ul << VPF_POLLING) ? RUNSTATE_blocked : RUNSTATE_offline;
}

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);
	s_time_t spent = NOW() - (s_time_t)v->runstate.state_entry_time;

	*out = v->runstate;
	if (spent > 0)
		out->time[out->state] += (uint64_t)spent;
	spin_unlock_irqrestore(&rq->lock, flags);
}

struct runqueue *lock_vcpu_queue(const struct vcpu *v, unsigned long *flags)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(v->processor);
		struct runqueue *rq = &per_cpu(runqueue, cpu);

		spin_lock_irqsave(&rq->lock, *flags);
		if (v->processor == cpu)
			return rq;
		spin_unlock_irqrestore(&rq->lock, *flags);
	}
}

/* ---- the queue: ordered by credit, best first ---- */

static void enqueue(struct runqueue *rq, struct vcpu *v)
{
	struct vcpu **at = &rq->head, *prev = NULL;

	ASSERT(!v->sched.on_queue);
	while (*at && (*at)->sched.credit >= v->sched.credit) {
		prev = *at;
		at = &(*at)->sched.next;
	}
	v->sched.next = *at;
	v->sched.prev = prev;
	if (*at)
		(*at)->sched.prev = v;
	*at = v;
	v->sched.on_queue = true;
	rq->nr++;
}

static void dequeue(struct runqueue *rq, struct vcpu *v)
{
	if (v->sched.prev)
		v->sched.prev->sched.next = v->sched.next;
	else
		rq->head = v->sched.next;
	if (v->sched.next)
		v->sched.next->sched.prev = v->sched.prev;
	v->sched.next = v->sched.prev = NULL;
	v->sched.on_queue = false;
	rq->nr--;
}

static void burn(struct vcpu *v, s_time_t now)
{
	s_time_t ran = now - v->sched.start_time;

	if (ran <= 0 || is_idle_vcpu(v))
		return;
	v->sched.credit -= ran * SCHED_DEFAULT_WEIGHT / v->domain->sched.weight;
	cap_burn(v, ran);
	v->sched.start_time = now;
}

static void refill(struct runqueue *rq)
{
	for (struct vcpu *v = rq->head; v; v = v->sched.next)
		v->sched.credit = min(v->sched.credit + CREDIT_SHARE, CREDIT_SHARE);
}

/* ---- where ---- */

static bool may_run_on(const struct vcpu *v, unsigned int cpu)
{
	return cpumask_test(&v->sched.hard_affinity, cpu) && cpumask_test(&cpu_online_map, cpu);
}

static unsigned int pick_cpu(const struct vcpu *v)
{
	cpumask_t ok = cpumask_and(&v->sched.hard_affinity, &cpu_online_map), soft, idle;
	unsigned int cpu;

	if (cpumask_empty(&ok))
		return v->processor;
	soft = cpumask_and(&ok, &v->sched.soft_affinity);
	if (!cpumask_empty(&soft))
		ok = soft;
	if (cpumask_test(&ok, v->processor) && cpumask_test(&idle_cpus, v->processor))
		return v->processor;
	idle = cpumask_and(&ok, &idle_cpus);
	cpu = cpumask_first(&idle);
	if (cpu < NR_CPUS)
		return cpu;
	return cpumask_test(&ok, v->processor) ? v->processor : cpumask_first(&ok);
}

static void tickle(struct runqueue *rq, unsigned int cpu, const struct vcpu *v)
{
	const struct vcpu *running = rq->curr;

	if (!running || is_idle_vcpu(running) || running->sched.credit < v->sched.credit)
		cpu_raise_softirq(cpu, SOFTIRQ_SCHEDULE);
}

void vcpu_wake(struct vcpu *v)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);
	unsigned int cpu;

	if (v->is_running || v->sched.on_queue) {
		spin_unlock_irqrestore(&rq->lock, flags);
		return;
	}
	if (!vcpu_runnable(v)) {
		change_runstate(v, offline_state(v), NOW());
		spin_unlock_irqrestore(&rq->lock, flags);
		return;
	}
	if (cap_exhausted(v)) {
		v->sched.parked = true;
		change_runstate(v, RUNSTATE_runnable, NOW());
		spin_unlock_irqrestore(&rq->lock, flags);
		return;
	}
	cpu = pick_cpu(v);
	if (cpu != v->processor) {
		WRITE_ONCE(v->processor, cpu);
		spin_unlock_irqrestore(&rq->lock, flags);
		rq = lock_vcpu_queue(v, &flags);
		if (v->is_running || v->sched.on_queue || !vcpu_runnable(v)) {
			spin_unlock_irqrestore(&rq->lock, flags);
			return;
		}
	}
	change_runstate(v, RUNSTATE_runnable, NOW());
	enqueue(rq, v);
	tickle(rq, v->processor, v);
	spin_unlock_irqrestore(&rq->lock, flags);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);

	if (!vcpu_runnable(v)) {
		if (v->sched.on_queue) {
			dequeue(rq, v);
			change_runstate(v, offline_state(v), NOW());
		} else if (v->is_running) {
			cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
		}
	}
	spin_unlock_irqrestore(&rq->lock, flags);
}

void vcpu_sleep_sync(struct vcpu *v)
{
	vcpu_sleep_nosync(v);
	/* Ordering: pairs with the release in sched_context_switched(): its saved state is visible. */
	while (!vcpu_runnable(v) && __atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
		cpu_relax();
	arch_sync_vcpu_state(v);
}

void vcpu_unblock(struct vcpu *v)
{
	unsigned long bits = 1ul << VPF_BLOCKED | 1ul << VPF_POLLING;

	if (__atomic_fetch_and(&v->pause_flags, ~bits, __ATOMIC_SEQ_CST) & bits)
		vcpu_wake(v);
}

void vcpu_kick(struct vcpu *v)
{
	unsigned int cpu = READ_ONCE(v->processor);

	if (READ_ONCE(v->is_running) && cpu != smp_processor_id())
		smp_send_event_check_cpu(cpu);
}

void vcpu_block_current(void)
{
	struct vcpu *v = current;

	__atomic_fetch_or(&v->pause_flags, 1ul << VPF_BLOCKED, __ATOMIC_SEQ_CST);
	/* An event between the guest's own check and now cleared nothing: look again. */
	if (vcpu_event_is_deliverable(v->vcpu_info))
		__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_BLOCKED), __ATOMIC_SEQ_CST);
	else
		raise_softirq(SOFTIRQ_SCHEDULE);
}

/* ---- the switch ---- */

static struct vcpu *steal(unsigned int cpu)
{
	unsigned int other;

	for_each_online_cpu(other) {
		struct runqueue *rq = &per_cpu(runqueue, other);

		if (other == cpu || !READ_ONCE(rq->nr) || !spin_trylock(&rq->lock))
			continue;
		for (struct vcpu *v = rq->head; v; v = v->sched.next) {
			if (v->is_running || !may_run_on(v, cpu))
				continue;
			dequeue(rq, v);
			WRITE_ONCE(v->processor, cpu);
			spin_unlock(&rq->lock);
			return v;
		}
		spin_unlock(&rq->lock);
	}
	return NULL;
}

static struct vcpu *pick_next(struct runqueue *rq, unsigned int cpu, struct vcpu *prev)
{
	struct vcpu *v, *after;

	if (rq->head && rq->head->sched.credit <= 0)
		refill(rq);
	for (v = rq->head; v; v = after) {
		after = v->sched.next;
		if (cap_exhausted(v)) {
			dequeue(rq, v);
			v->sched.parked = true;
			continue;
		}
		if ((v->is_running && v != prev) || !may_run_on(v, cpu))
			continue;
		dequeue(rq, v);
		return v;
	}
	v = steal(cpu);
	return v ? v : idle_vcpu[cpu];
}

static void slice_over(void *unused)
{
	raise_softirq(SOFTIRQ_SCHEDULE);
}

static void schedule(void)
{
	struct vcpu *prev = current, *next;
	unsigned int cpu = smp_processor_id();
	struct runqueue *rq = &this_cpu(runqueue);
	s_time_t now = NOW();

	spin_lock_irq(&rq->lock);
	burn(prev, now);
	/* One that may not stay here is placed anew once its state is saved: sched_context_switched(). */
	if (!is_idle_vcpu(prev) && vcpu_runnable(prev) && !cap_exhausted(prev) && may_run_on(prev, cpu))
		enqueue(rq, prev);
	next = pick_next(rq, cpu, prev);
	rq->curr = next;
	if (next != prev) {
		change_runstate(prev, vcpu_runnable(prev) ? RUNSTATE_runnable : offline_state(prev), now);
		change_runstate(next, RUNSTATE_running, now);
		next->is_running = true;
	}
	next->sched.start_time = now;
	if (is_idle_vcpu(next))
		cpumask_set_atomic(&idle_cpus, cpu);
	else
		cpumask_clear_atomic(&idle_cpus, cpu);
	spin_unlock(&rq->lock);

	if (is_idle_vcpu(next))
		stop_timer(&rq->slice);
	else
		set_timer(&rq->slice, now + cap_slice(next, TIME_SLICE));
	if (next != prev)
		arch_context_switch(prev, next);
	local_irq_enable();
}

void sched_context_switched(struct vcpu *prev)
{
	/*
	 * Ordering: as a release it pairs with vcpu_sleep_sync() and the CPUs that may now pick prev. It must
	 * also be a full barrier before prev's flags are read: a waker clears a flag, then looks at
	 * is_running. One of the two must see the other, or the wake-up is lost.
	 */
	__atomic_store_n(&prev->is_running, false, __ATOMIC_SEQ_CST);
	if (!is_idle_vcpu(prev) && vcpu_runnable(prev))
		vcpu_wake(prev);
}

/* ---- set-up ---- */

int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *mask)
{
	unsigned long flags;
	struct runqueue *rq;

	if (!cpumask_intersects(mask, &cpu_online_map))
		return -EINVAL;
	rq = lock_vcpu_queue(v, &flags);
	v->sched.hard_affinity = *mask;
	spin_unlock_irqrestore(&rq->lock, flags);
	if (!cpumask_test(mask, v->processor)) {
		vcpu_pause_nosync(v);
		while (v != current && __atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
			cpu_relax();
		vcpu_unpause(v);
	}
	return 0;
}

int vcpu_set_soft_affinity(struct vcpu *v, const cpumask_t *mask)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);

	v->sched.soft_affinity = *mask;
	spin_unlock_irqrestore(&rq->lock, flags);
	return 0;
}

int sched_init_domain(struct domain *d, unsigned int poolid)
{
	d->sched.weight = SCHED_DEFAULT_WEIGHT;
	return 0;
}

void sched_destroy_domain(struct domain *d)
{
	cap_destroy(d);
}

int sched_init_vcpu(struct vcpu *v)
{
	cpumask_setall(&v->sched.hard_affinity);
	cpumask_setall(&v->sched.soft_affinity);
	v->runstate.state = RUNSTATE_offline;
	v->runstate.state_entry_time = (uint64_t)NOW();
	v->sched.credit = CREDIT_SHARE;
	return 0;
}

void sched_destroy_vcpu(struct vcpu *v)
{
}

void sched_cpu_init(unsigned int cpu)
{
	struct runqueue *rq = &per_cpu(runqueue, cpu);
	struct vcpu *v = idle_vcpu[cpu];

	spin_lock_init(&rq->lock);
	init_timer(&rq->slice, slice_over, NULL, cpu);
	if (!v)
		v = vcpu_create(idle_domain, cpu);
	if (!v)
		panic("no memory for the idle vCPU of CPU %u", cpu);
	idle_vcpu[cpu] = v;
	v->processor = cpu;
	v->sched.hard_affinity = cpumask_of(cpu);
	v->is_running = true;
	v->runstate.state = RUNSTATE_running;
	rq->curr = v;
	cpumask_set_atomic(&idle_cpus, cpu);
}

void sched_init(void)
{
	open_softirq(SOFTIRQ_SCHEDULE, schedule);
	domains_init();
	sched_dump_init();
	sched_cpu_init(0);
	get_cpu_info()->current_vcpu = idle_vcpu[0];
}

void startup_cpu_idle_loop(void)
{
	for (;;) {
		if (scrub_needed())
			raise_softirq(SOFTIRQ_SCRUB);
		if (softirq_is_pending())
			do_softirq();
		local_irq_disable();
		if (softirq_is_pending())
			local_irq_enable();
		else
			safe_halt();
	}
}
