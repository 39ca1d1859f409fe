/* SPDX-License-Identifier: MIT */
/*
 * The mechanism all schedulers share: a run queue per CPU, wake-ups, sleeping, the switch. Which vCPU, where
 * and how long is the policy of the pool's scheduler (struct sched_ops).
 *
 * Invariants, under the queue's lock: a vCPU is on at most one queue, the one of v->processor; v->processor
 * changes only while v is neither queued nor running; is_running is true from when schedule() picks v until
 * sched_context_switched() says its registers are saved, and no other CPU may pick it meanwhile. A runnable
 * vCPU is queued, running, parked, or in the hands of a CPU that will call vcpu_wake() for it.
 */
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include "private.h"

DEFINE_PER_CPU(struct runqueue, runqueue);
struct vcpu *idle_vcpu[NR_CPUS];
cpumask_t idle_cpus;

static const struct sched_ops *ops_of(const struct vcpu *v)
{
	return v->domain->sched.cpupool->ops;
}

bool vcpu_runnable(const struct vcpu *v)
{
	return !(__atomic_load_n(&v->pause_flags, __ATOMIC_SEQ_CST) |
		 (unsigned long)__atomic_load_n(&v->pause_count, __ATOMIC_SEQ_CST) |
		 (unsigned long)__atomic_load_n(&v->domain->pause_count, __ATOMIC_SEQ_CST));
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

/* ---- the queue: by vtime, least first; equals in order of arrival ---- */

/* Nobody saves up more than a slice while asleep. */
static void settle_vtime(struct runqueue *rq, struct vcpu *v)
{
	if (v->sched.vtime_relative)
		v->sched.vtime += rq->vclock;
	v->sched.vtime_relative = false;
	v->sched.vtime = max(v->sched.vtime, rq->vclock - TIME_SLICE);
}

void runqueue_add(struct runqueue *rq, struct vcpu *v)
{
	struct vcpu **at = &rq->head, *prev = NULL;

	ASSERT(!v->sched.on_queue && rq == &per_cpu(runqueue, v->processor));
	settle_vtime(rq, v);
	while (*at && (*at)->sched.vtime <= v->sched.vtime) {
		prev = *at;
		at = &(*at)->sched.next;
	}
	v->sched.next = *at;
	v->sched.prev = prev;
	if (*at)
		(*at)->sched.prev = v;
	*at = v;
	v->sched.on_queue = true;
	v->sched.queued_weight = v->domain->sched.weight;
	WRITE_ONCE(rq->load, rq->load + v->sched.queued_weight);
	WRITE_ONCE(rq->nr, rq->nr + 1);
}

void runqueue_del(struct runqueue *rq, struct vcpu *v)
{
	ASSERT(v->sched.on_queue);
	if (v->sched.prev)
		v->sched.prev->sched.next = v->sched.next;
	else
		rq->head = v->sched.next;
	if (v->sched.next)
		v->sched.next->sched.prev = v->sched.prev;
	v->sched.next = v->sched.prev = NULL;
	v->sched.on_queue = false;
	WRITE_ONCE(rq->load, rq->load - v->sched.queued_weight);
	WRITE_ONCE(rq->nr, rq->nr - 1);
}

/* Queues have clocks of their own: a vCPU takes its lead or lag along, not its time. */
void vcpu_set_processor(struct vcpu *v, unsigned int cpu)
{
	ASSERT(!v->sched.on_queue);
	if (!v->sched.vtime_relative)
		v->sched.vtime -= per_cpu(runqueue, v->processor).vclock;
	v->sched.vtime_relative = true;
	WRITE_ONCE(v->processor, cpu);
}

/* ---- parking ---- */

/* v waits on its queue: if another CPU idles, that may come and take it. */
static void offer_to_idle(const struct vcpu *v)
{
	cpumask_t ok = sched_allowed(v);
	unsigned int cpu;

	ok = cpumask_and(&ok, &idle_cpus);
	cpu = cpumask_first(&ok);
	if (cpu < NR_CPUS)
		cpu_raise_softirq(cpu, SOFTIRQ_SCHEDULE);
}

void vcpu_park(struct vcpu *v)
{
	v->sched.parked = true;
	runstate_change(v, RUNSTATE_runnable, NOW());
}

void vcpu_unpark(struct vcpu *v)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);
	bool was = v->sched.parked;

	v->sched.parked = false;
	if (v->sched.on_queue)
		offer_to_idle(v); /* those who looked may have passed it over, as not to run now */
	spin_unlock_irqrestore(&rq->lock, flags);
	if (was)
		vcpu_wake(v);
}

void unpark_pool(const struct cpupool *pool)
{
	struct domain *d;
	domid_t next = 0;
	struct vcpu *v;

	while ((d = domain_get_next(next)) != NULL) {
		next = (domid_t)(d->domain_id + 1);
		if (READ_ONCE(d->sched.cpupool) == pool)
			for_each_vcpu(d, v)
				vcpu_unpark(v);
		domain_put(d);
	}
}

/* ---- waking ---- */

static void tickle(struct runqueue *rq, const struct vcpu *v, s_time_t now)
{
	if (is_idle_vcpu(rq->curr)) {
		/* It has work now: the next to wake should look elsewhere. */
		cpumask_clear_atomic(&idle_cpus, v->processor);
		cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
	} else if (ops_of(v)->preempts(rq, v, now)) {
		cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
	} else {
		offer_to_idle(v);
	}
}

/* Queues v on this queue, or parks it. False: v->processor has changed, lock that queue and call again. */
static bool place_vcpu(struct runqueue *rq, struct vcpu *v, bool moved)
{
	s_time_t now = NOW();
	unsigned int cpu;

	if (v->is_running || v->sched.on_queue)
		return true; /* whoever runs it sees that it is runnable, see sched_context_switched() */
	v->sched.parked = false;
	if (!vcpu_runnable(v)) {
		runstate_change(v, runstate_asleep(v), now);
		return true;
	}
	/* One move is enough, or two CPUs could pass it on to each other as others come and go. */
	cpu = moved && may_run_on(v, v->processor) && ops_of(v)->may_stay(v) ? v->processor :
									      ops_of(v)->place(v);
	if (cpu == NR_CPUS) {
		vcpu_park(v);
		return true;
	}
	if (cpu != v->processor) {
		vcpu_set_processor(v, cpu);
		return false;
	}
	runstate_change(v, RUNSTATE_runnable, now);
	runqueue_add(rq, v);
	tickle(rq, v, now);
	return true;
}

void vcpu_wake(struct vcpu *v)
{
	unsigned long flags;
	bool done = false;

	for (bool moved = false; !done; moved = true) {
		struct runqueue *rq = lock_vcpu_queue(v, &flags);

		done = place_vcpu(rq, v, moved);
		spin_unlock_irqrestore(&rq->lock, flags);
	}
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

/* ---- sleeping ---- */

void vcpu_sleep_nosync(struct vcpu *v)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);

	if (!vcpu_runnable(v)) {
		if (v->sched.on_queue)
			runqueue_del(rq, v);
		v->sched.parked = false;
		if (rq->curr == v)
			cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
		else
			runstate_change(v, runstate_asleep(v), NOW());
	}
	spin_unlock_irqrestore(&rq->lock, flags);
}

void vcpu_sleep_sync(struct vcpu *v)
{
	vcpu_sleep_nosync(v);
	/* Ordering: pairs with the store in sched_context_switched(): its saved state is visible. */
	while (!vcpu_runnable(v) && __atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
		cpu_relax();
	arch_sync_vcpu_state(v);
}

void vcpu_sleep_for_long(struct vcpu *v)
{
	vcpu_sleep_nosync(v);
	if (ops_of(v)->release)
		ops_of(v)->release(v);
}

void vcpu_block_current(void)
{
	struct vcpu *v = current;

	__atomic_fetch_or(&v->pause_flags, 1ul << VPF_BLOCKED, __ATOMIC_SEQ_CST);
	/* An event between the guest's own check and now cleared nothing: look again. */
	if (arch_vcpu_event_pending(v))
		__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_BLOCKED), __ATOMIC_SEQ_CST);
	else
		raise_softirq(SOFTIRQ_SCHEDULE);
}

void vcpu_yield_current(void)
{
	struct vcpu *v = current;
	unsigned int cpu;

	for_each_cpu(cpu, &v->domain->sched.cpupool->cpus) {
		if (READ_ONCE(per_cpu(runqueue, cpu).nr)) {
			v->sched.yields = true;
			raise_softirq(SOFTIRQ_SCHEDULE);
			return;
		}
	}
}

/* ---- the switch ---- */

static void slice_over(void *unused)
{
	raise_softirq(SOFTIRQ_SCHEDULE);
}

static void charge(struct vcpu *v, s_time_t now)
{
	s_time_t ran = now - v->sched.start_time;

	if (ran <= 0 || is_idle_vcpu(v))
		return;
	ops_of(v)->charge(v, ran);
	v->sched.start_time = now;
}

static bool can_go_on(const struct vcpu *v, unsigned int cpu)
{
	return !is_idle_vcpu(v) && vcpu_runnable(v) && may_run_on(v, cpu) && ops_of(v)->may_stay(v);
}

static struct vcpu *choose(struct runqueue *rq, unsigned int cpu, struct vcpu *prev, s_time_t now)
{
	struct vcpu *next = NULL;
	int64_t least;

	charge(prev, now);
	if (can_go_on(prev, cpu))
		runqueue_add(rq, prev);
	if (rq->pool)
		next = rq->pool->ops->pick(rq, cpu, prev, now);
	prev->sched.yields = false;
	if (!next)
		return idle_vcpu[cpu];
	ASSERT(next == prev || !next->is_running);
	settle_vtime(rq, next);
	/* Not always the least: who is protected, or alone may run here, can be far ahead of those that wait. */
	least = rq->head ? min(rq->head->sched.vtime, next->sched.vtime) : next->sched.vtime;
	rq->vclock = max(rq->vclock, least);
	if (is_idle_vcpu(prev))
		for (const struct vcpu *v = rq->head; v; v = v->sched.next)
			offer_to_idle(v); /* they counted on this CPU, each for itself */
	return next;
}

static void start_running(struct runqueue *rq, struct vcpu *prev, struct vcpu *next, s_time_t now)
{
	rq->curr = next;
	WRITE_ONCE(rq->leaving, next == prev ? NULL : prev);
	WRITE_ONCE(rq->running_weight, is_idle_vcpu(next) ? 0 : next->sched.queued_weight);
	next->sched.start_time = now;
	if (next == prev)
		return;
	runstate_change(prev, vcpu_runnable(prev) ? RUNSTATE_runnable : runstate_asleep(prev), now);
	runstate_change(next, RUNSTATE_running, now);
	next->sched.run_since = now;
	next->is_running = true;
}

/* Written only if it changes: all CPUs look at this set. */
static void note_idle(unsigned int cpu, bool idle)
{
	if (idle == cpumask_test(&idle_cpus, cpu))
		return;
	if (idle)
		cpumask_set_atomic(&idle_cpus, cpu);
	else
		cpumask_clear_atomic(&idle_cpus, cpu);
}

static void schedule(void)
{
	struct vcpu *prev = current, *next;
	unsigned int cpu = smp_processor_id();
	struct runqueue *rq = &this_cpu(runqueue);
	s_time_t slice = STIME_MAX, now;

	spin_lock_irq(&rq->lock);
	now = NOW();
	next = choose(rq, cpu, prev, now);
	start_running(rq, prev, next, now);
	if (!is_idle_vcpu(next))
		slice = rq->pool->ops->slice(rq, next, now);
	note_idle(cpu, is_idle_vcpu(next));
	spin_unlock(&rq->lock);

	if (slice == STIME_MAX)
		stop_timer(&rq->slice);
	else
		set_timer(&rq->slice, now + slice);
	if (next != prev)
		arch_context_switch(prev, next);
	local_irq_enable();
}

static void saved(struct vcpu *prev)
{
	/* Ordering: a full barrier. A waker makes v runnable, then looks at is_running, and leaves v to us if it
	 * is set; we clear it, then look whether v is runnable. One of the two sees the other's change. It is
	 * also the release that vcpu_sleep_sync() and the CPUs that may now pick prev pair with. */
	__atomic_store_n(&prev->is_running, false, __ATOMIC_SEQ_CST);
	if (is_idle_vcpu(prev))
		return;
	if (unlikely(READ_ONCE(prev->domain->state) == DOMAIN_SHUTTING_DOWN))
		domain_vcpu_stopped(prev->domain);
	if (!vcpu_runnable(prev))
		return;
	if (READ_ONCE(prev->sched.on_queue))
		offer_to_idle(prev); /* it was not free to go when they looked */
	else
		vcpu_wake(prev);
}

static void move_pirqs(void)
{
	evtchn_move_pirqs(current);
}

/* Interrupts are off here; the ports' lock is taken with them on. */
static void interrupts_follow(struct vcpu *v)
{
	if (v->sched.irq_cpu == v->processor)
		return;
	v->sched.irq_cpu = v->processor;
	if (READ_ONCE(v->evtchn.pirq_evtchn_head))
		raise_softirq(SOFTIRQ_MOVE_PIRQS);
}

void sched_context_switched(struct vcpu *prev)
{
	struct runqueue *rq = &this_cpu(runqueue);

	saved(prev);
	/* Ordering: release, pairs with sched_destroy_vcpu(): prev is not looked at any more. */
	__atomic_store_n(&rq->leaving, NULL, __ATOMIC_RELEASE);
	if (!is_idle_vcpu(current))
		interrupts_follow(current);
}

/* ---- set-up ---- */

int sched_init_vcpu(struct vcpu *v)
{
	cpumask_setall(&v->sched.hard_affinity);
	cpumask_setall(&v->sched.soft_affinity);
	v->runstate.state = RUNSTATE_offline;
	v->runstate.state_entry_time = (uint64_t)NOW();
	v->sched.vtime_relative = true;
	return 0;
}

void sched_destroy_vcpu(struct vcpu *v)
{
	struct cpupool *pool = v->domain->sched.cpupool;

	unsigned int cpu;

	ASSERT(!v->sched.on_queue && !v->is_running);
	for_each_online_cpu(cpu)
		while (__atomic_load_n(&per_cpu(runqueue, cpu).leaving, __ATOMIC_ACQUIRE) == v)
			cpu_relax();
	if (pool && pool->ops->release)
		pool->ops->release(v);
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
	rq->pool = &pool0;
	cpumask_set_atomic(&pool0.cpus, cpu);
	cpumask_set_atomic(&idle_cpus, cpu);
}

void sched_init(void)
{
	open_softirq(SOFTIRQ_SCHEDULE, schedule);
	open_softirq(SOFTIRQ_MOVE_PIRQS, move_pirqs);
	domains_init();
	sched_dump_init();
	sched_cpu_init(0);
	get_cpu_info()->current_vcpu = idle_vcpu[0];
}
