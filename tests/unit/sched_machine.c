/* SPDX-License-Identifier: MIT */
/* See sched_machine.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <public/domctl.h>
#include "../../hypervisor/common/sched/private.h"
#include "fake_cpus.h"
#include "sched_machine.h"

struct domain *idle_domain;
static struct domain *all[MAX_DOMAINS]; /* by id */
static struct vcpu_info nothing_pending;
static unsigned int outside;

/* ---- what the scheduler calls ---- */

void *xzalloc_bytes(size_t size)
{
	return calloc(1, size);
}

void xfree(void *p)
{
	free(p);
}

struct domain *domain_get_next(domid_t from)
{
	for (; from < MAX_DOMAINS; from++)
		if (all[from])
			return all[from];
	return NULL;
}

void domain_put(struct domain *d)
{
}

static struct guest_vcpu *of(const struct vcpu *v)
{
	return container_of(v, struct guest_vcpu, v);
}

struct vcpu *vcpu_create(struct domain *d, unsigned int id)
{
	struct guest_vcpu *g = calloc(1, sizeof(*g));

	g->v.domain = d;
	g->v.vcpu_id = id;
	g->v.vcpu_info = &nothing_pending;
	g->runs_for = g->left = g->wakes_at = g->shortest = STIME_MAX;
	sched_init_vcpu(&g->v);
	d->vcpu[id] = &g->v;
	return &g->v;
}

static struct domain *bare_domain(domid_t id, unsigned int nr)
{
	struct domain *d = calloc(1, sizeof(*d));

	d->domain_id = id;
	d->max_vcpus = nr;
	d->vcpu = calloc(nr, sizeof(*d->vcpu));
	return d;
}

void domains_init(void)
{
	if (!idle_domain)
		idle_domain = bare_domain(DOMID_IDLE, NR_CPUS);
	idle_domain->sched.weight = SCHED_DEFAULT_WEIGHT;
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v)
		vcpu_sleep_nosync(v);
	if (!fake_real_time)
		machine_settle();
	for_each_vcpu(d, v)
		vcpu_sleep_sync(v);
}

void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

void vcpu_unpause(struct vcpu *v)
{
	if (__atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST) == 0)
		vcpu_wake(v);
}

void domain_unpause(struct domain *d)
{
	struct vcpu *v;

	if (__atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST) == 0)
		for_each_vcpu(d, v)
			vcpu_wake(v);
}

bool arch_vcpu_event_pending(const struct vcpu *v)
{
	return vcpu_event_is_deliverable(v->vcpu_info);
}

void arch_sync_vcpu_state(struct vcpu *v)
{
	if (!vcpu_runnable(v))
		assert_int_equal(__atomic_load_n(&of(v)->on_cpu, __ATOMIC_SEQ_CST), 0);
}

void domain_vcpu_stopped(struct domain *d)
{
}

void evtchn_move_pirqs(struct vcpu *v)
{
	of(v)->moved_irqs++;
}

static void leaves(struct vcpu *v, unsigned int cpu)
{
	struct guest_vcpu *g = of(v);
	s_time_t ran = NOW() - g->got_cpu_at;

	if (vcpu_runnable(v) && may_run_on(v, cpu) && !cap_exhausted(v) && ran < g->shortest)
		g->shortest = ran;
	assert_int_equal(__atomic_exchange_n(&g->on_cpu, 0, __ATOMIC_SEQ_CST), cpu + 1);
}

void arch_context_switch(struct vcpu *prev, struct vcpu *next)
{
	unsigned int cpu = smp_processor_id();

	assert_false(local_irq_is_enabled());
	if (!is_idle_vcpu(prev))
		leaves(prev, cpu);
	current = next;
	if (!is_idle_vcpu(next)) {
		assert_int_equal(__atomic_exchange_n(&of(next)->on_cpu, cpu + 1, __ATOMIC_SEQ_CST), 0);
		of(next)->got_cpu_at = NOW();
		of(next)->switches++;
	}
	sched_context_switched(prev);
}

/* ---- invariants, when nothing is under way ---- */

static void check_queue(unsigned int cpu)
{
	const struct runqueue *rq = &per_cpu(runqueue, cpu);
	unsigned int nr = 0, load = 0;

	for (const struct vcpu *v = rq->head, *before = NULL; v; before = v, v = v->sched.next) {
		assert_true(v->sched.on_queue && !v->sched.parked && !v->is_running && vcpu_runnable(v));
		assert_int_equal(v->processor, cpu);
		assert_ptr_equal(v->sched.prev, before);
		assert_ptr_equal(v->domain->sched.cpupool, rq->pool);
		assert_true(may_run_on(v, cpu));
		assert_true(!before || before->sched.vtime <= v->sched.vtime);
		nr++;
		load += v->sched.queued_weight;
	}
	assert_int_equal(rq->nr, nr);
	assert_int_equal(rq->load, load);
	assert_null(rq->leaving);
	assert_true(rq->curr->is_running);
	assert_int_equal(cpumask_test(&idle_cpus, cpu), is_idle_vcpu(rq->curr));
}

/* Might v run at once, if it were not parked? */
static bool has_room(const struct vcpu *v)
{
	cpumask_t ok = sched_allowed(v);
	unsigned int cpu;

	if (v->domain->sched.cpupool->ops->id == XEN_SCHEDULER_CREDIT2)
		return !cap_exhausted(v);
	for_each_cpu(cpu, &ok)
		if (!per_cpu(runqueue, cpu).null_owner)
			return true;
	return false;
}

static void check_vcpu(const struct vcpu *v)
{
	const struct runqueue *rq = &per_cpu(runqueue, v->processor);
	cpumask_t ok = sched_allowed(v);
	bool idle = cpumask_intersects(&ok, &idle_cpus);

	if (!vcpu_runnable(v)) {
		assert_false(v->sched.on_queue || v->is_running || v->sched.parked);
		assert_int_not_equal(v->runstate.state, RUNSTATE_running);
		assert_int_not_equal(v->runstate.state, RUNSTATE_runnable);
		return;
	}
	assert_int_equal(v->sched.on_queue + v->is_running + v->sched.parked, 1);
	assert_int_equal(v->runstate.state, v->is_running ? RUNSTATE_running : RUNSTATE_runnable);
	if (v->is_running) {
		assert_ptr_equal(rq->curr, v);
		assert_true(may_run_on(v, v->processor));
	} else if (v->sched.parked) {
		assert_false(has_room(v));
	} else if (v->domain->sched.cpupool->ops->id == XEN_SCHEDULER_CREDIT2) {
		assert_false(idle && !cap_exhausted(v)); /* nobody waits while a CPU it may have is idle */
	}
}

static void check_null(unsigned int cpu)
{
	const struct vcpu *v = per_cpu(runqueue, cpu).null_owner;

	if (v)
		assert_int_equal(v->sched.null_cpu, cpu + 1);
}

static void check_all(void)
{
	unsigned int cpu;
	struct vcpu *v;

	for_each_online_cpu(cpu) {
		check_queue(cpu);
		check_null(cpu);
	}
	for (unsigned int i = 0; i < MAX_DOMAINS; i++)
		if (all[i])
			for_each_vcpu(all[i], v)
				check_vcpu(v);
}

/* ---- time ---- */

static bool handle_softirqs(void)
{
	bool any = false;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		fake_be_cpu(cpu);
		if (fake_now >= fake_deadline[cpu])
			timer_interrupt();
		any = any || softirq_is_pending();
		do_softirq();
		assert_true(local_irq_is_enabled());
	}
	return any;
}

void machine_settle(void)
{
	unsigned int was = smp_processor_id(), rounds = 0;

	while (handle_softirqs())
		assert_true(++rounds < 1000);
	fake_be_cpu(was);
	check_all();
}

static s_time_t next_event(void)
{
	s_time_t next = STIME_MAX;
	unsigned int cpu;
	struct vcpu *v;

	for_each_online_cpu(cpu)
		next = min(next, fake_deadline[cpu]);
	for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
		if (!all[i])
			continue;
		for_each_vcpu(all[i], v) {
			if (v->is_running && of(v)->sleeps_for)
				next = min(next, fake_now + of(v)->left);
			next = min(next, of(v)->wakes_at);
		}
	}
	return next;
}

static void turn_over(struct guest_vcpu *g)
{
	g->turns++;
	g->left = g->runs_for;
	g->wakes_at = fake_now + g->sleeps_for;
	fake_be_cpu(g->v.processor);
	assert_ptr_equal(current, &g->v);
	vcpu_block_current();
}

static void guest_acts(struct guest_vcpu *g, s_time_t passed)
{
	if (g->v.is_running && g->sleeps_for) {
		g->left -= passed;
		if (g->left <= 0)
			turn_over(g);
	}
	if (g->wakes_at <= fake_now) {
		g->wakes_at = STIME_MAX;
		vcpu_unblock(&g->v);
	}
}

void machine_run(s_time_t duration)
{
	s_time_t end = fake_now + duration;
	struct vcpu *v;

	machine_settle();
	while (fake_now < end) {
		s_time_t before = fake_now;

		fake_now = max(min(next_event(), end), before + 1);
		for (unsigned int i = 0; i < MAX_DOMAINS; i++)
			if (all[i])
				for_each_vcpu(all[i], v)
					guest_acts(of(v), fake_now - before);
		machine_settle();
	}
}

/* ---- domains ---- */

void machine_start(unsigned int nr_cpus)
{
	static struct domain caller_domain;
	static struct vcpu caller = { .domain = &caller_domain };

	/* One more, which is offline: who calls from outside, see machine_be_caller(). */
	fake_cpus_init(nr_cpus + 1);
	cpumask_clear(&cpu_online_map, nr_cpus);
	fake_be_cpu(nr_cpus);
	current = &caller;
	outside = nr_cpus;
	fake_be_cpu(0);
	timers_init();
	cpumask_zero(&pool0.cpus);
	cpumask_zero(&idle_cpus);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu)
			timers_cpu_init(cpu);
	sched_init();
	current = idle_vcpu[0];
	for (unsigned int cpu = 1; cpu < nr_cpus; cpu++) {
		sched_cpu_init(cpu);
		fake_be_cpu(cpu);
		current = idle_vcpu[cpu];
	}
	fake_be_cpu(0);
}

void machine_be_caller(void)
{
	fake_be_cpu(outside);
}

struct domain *machine_domain(unsigned int nr_vcpus, uint16_t weight, unsigned int pool)
{
	domid_t id = 0;
	struct domain *d;

	while (all[id])
		assert_true(++id < MAX_DOMAINS);
	d = bare_domain(id, nr_vcpus);
	assert_int_equal(sched_init_domain(d, pool), 0);
	d->sched.weight = weight;
	d->pause_count = 1;
	for (unsigned int i = 0; i < nr_vcpus; i++)
		vcpu_create(d, i);
	all[id] = d;
	spin_lock_init(&d->domctl_lock);
	return d;
}

void machine_destroy(struct domain *d)
{
	domain_pause(d);
	all[d->domain_id] = NULL;
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		sched_destroy_vcpu(d->vcpu[i]);
		free(of(d->vcpu[i]));
	}
	sched_destroy_domain(d);
	free(d->vcpu);
	free(d);
}

void machine_stop(void)
{
	struct cpupool_info p;
	cpumask_t unused;
	unsigned int cpu;

	for (unsigned int i = 0; i < MAX_DOMAINS; i++)
		if (all[i])
			machine_destroy(all[i]);
	while (!cpupool_get_info(1, &p)) {
		for_each_cpu(cpu, &p.cpus)
			assert_int_equal(cpupool_remove_cpu(p.id, cpu), 0);
		assert_int_equal(cpupool_destroy(p.id), 0);
	}
	cpupool_free_cpus(&unused);
	for_each_cpu(cpu, &unused)
		assert_int_equal(cpupool_add_cpu(0, cpu), 0);
	if (!fake_real_time)
		machine_settle();
}

struct guest_vcpu *guest(const struct domain *d, unsigned int vcpu)
{
	return of(d->vcpu[vcpu]);
}

s_time_t machine_time_of(struct domain *d)
{
	struct vcpu_runstate_info rs;
	s_time_t sum = 0;
	struct vcpu *v;

	for_each_vcpu(d, v) {
		vcpu_runstate_get(v, &rs);
		sum += (s_time_t)rs.time[RUNSTATE_running];
	}
	return sum;
}

unsigned int machine_domains(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < MAX_DOMAINS; i++)
		n += all[i] != NULL;
	return n;
}

struct domain *machine_nth_domain(unsigned int n)
{
	for (unsigned int i = 0; i < MAX_DOMAINS; i++)
		if (all[i] && !n--)
			return all[i];
	return NULL;
}
