// sources: hypervisor/common/sched/[a-hj-z]*.c hypervisor/common/timer.c hypervisor/common/softirq.c hypervisor/common/spinlock.c tests/unit/sched_machine.c tests/unit/fake_cpus.c tests/unit/fake_log.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h -fno-sanitize=object-size
// libs: -lpthread
/* SPDX-License-Identifier: MIT */
/* CPU pools and the scheduler "null"; and everything at random, in simulated time and on threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <public/domctl.h>
#include "fake_cpus.h"
#include "sched_machine.h"

#define CREDIT2 XEN_SCHEDULER_CREDIT2
#define NULLS	XEN_SCHEDULER_NULL

static int stop(void **state)
{
	machine_stop();
	return 0;
}

static unsigned int new_pool(uint32_t sched_id, unsigned int cpu)
{
	unsigned int id = CPUPOOL_ANY;

	assert_int_equal(cpupool_create(&id, sched_id), 0);
	assert_int_equal(cpupool_remove_cpu(0, cpu), 0);
	machine_settle();
	assert_int_equal(cpupool_add_cpu(id, cpu), 0);
	machine_settle();
	return id;
}

static struct domain *hog(unsigned int nr_vcpus, unsigned int pool)
{
	struct domain *d = machine_domain(nr_vcpus, 256, pool);

	domain_unpause(d);
	return d;
}

static int move(struct domain *d, unsigned int pool)
{
	int rc;

	machine_be_caller();
	spin_lock(&d->domctl_lock);
	rc = cpupool_move_domain(d, pool);
	spin_unlock(&d->domctl_lock);
	machine_settle();
	return rc;
}

static unsigned int nr_running(const struct domain *d)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < d->max_vcpus; i++)
		n += d->vcpu[i]->is_running;
	return n;
}

static void ids_are_given_and_refused(void **state)
{
	unsigned int a = CPUPOOL_ANY, b = 7, c = CPUPOOL_ANY, zero = 0;
	struct cpupool_info info;

	machine_start(2);
	assert_int_equal(cpupool_create(&a, CREDIT2), 0);
	assert_int_equal(a, 1);
	assert_int_equal(cpupool_create(&b, NULLS), 0);
	assert_int_equal(cpupool_create(&c, CREDIT2), 0);
	assert_int_equal(c, 8);
	assert_int_equal(cpupool_create(&zero, CREDIT2), -EEXIST);
	assert_int_equal(cpupool_create(&b, CREDIT2), -EEXIST);
	b = 9;
	assert_int_equal(cpupool_create(&b, XEN_SCHEDULER_RTDS), -ENOENT);

	assert_int_equal(cpupool_get_info(2, &info), 0);
	assert_int_equal(info.id, 7);
	assert_int_equal(info.sched_id, NULLS);
	assert_int_equal(info.nr_domains, 0);
	assert_true(cpumask_empty(&info.cpus));
	assert_int_equal(cpupool_get_info(9, &info), -ENOENT);
	assert_int_equal(cpupool_destroy(2), -ENOENT);
	assert_int_equal(cpupool_destroy(0), -EBUSY);
	assert_int_equal(cpupool_destroy(7), 0);
	assert_int_equal(cpupool_destroy(7), -ENOENT);
}

static void the_default_rate_limit_is_for_all(void **state)
{
	unsigned int p = CPUPOOL_ANY;
	uint32_t us;

	machine_start(1);
	assert_int_equal(sched_set_default_ratelimit(99), -EINVAL);
	assert_int_equal(sched_set_default_ratelimit(5000), 0);
	assert_int_equal(cpupool_create(&p, CREDIT2), 0);
	assert_int_equal(cpupool_get_ratelimit(0, CREDIT2, &us), 0);
	assert_int_equal(us, 5000);
	assert_int_equal(cpupool_get_ratelimit(p, CREDIT2, &us), 0);
	assert_int_equal(us, 5000);
	assert_int_equal(sched_set_default_ratelimit(1000), 0);
}

static void cpus_change_hands(void **state)
{
	unsigned int p = CPUPOOL_ANY;
	cpumask_t unused;

	machine_start(3);
	hog(1, 0);
	assert_int_equal(cpupool_create(&p, CREDIT2), 0);
	assert_int_equal(cpupool_add_cpu(p, 1), -ENODEV); /* pool 0's */
	assert_int_equal(cpupool_add_cpu(p, CPUPOOL_ANY), -ENODEV);
	assert_int_equal(cpupool_add_cpu(p, NR_CPUS), -EINVAL);
	assert_int_equal(cpupool_remove_cpu(0, 3), -EINVAL);
	assert_int_equal(cpupool_remove_cpu(p, 2), -EADDRNOTAVAIL);
	assert_int_equal(cpupool_remove_cpu(0, NR_CPUS), -EINVAL);
	assert_int_equal(cpupool_remove_cpu(5, 1), -ENOENT);
	assert_int_equal(cpupool_remove_cpu(p, CPUPOOL_ANY), -EINVAL);
	assert_int_equal(cpupool_remove_cpu(0, CPUPOOL_ANY), 0);
	cpupool_free_cpus(&unused);
	assert_true(cpumask_weight(&unused) == 1 && cpumask_test(&unused, 2)); /* the last of them */
	assert_int_equal(cpupool_remove_cpu(0, 0), 0);
	assert_int_equal(cpupool_remove_cpu(0, 1), -EINVAL);
	assert_int_equal(cpupool_add_cpu(5, 2), -ENOENT);
	assert_int_equal(cpupool_add_cpu(p, CPUPOOL_ANY), 0);
	assert_int_equal(cpupool_destroy(p), -EBUSY);
	assert_int_equal(cpupool_remove_cpu(p, 0), 0); /* the last, but there is no domain */
	assert_int_equal(cpupool_destroy(p), 0);
}

static void vcpus_leave_a_cpu_that_leaves(void **state)
{
	struct domain *d, *pinned;
	cpumask_t two = cpumask_of(2), all;

	machine_start(3);
	cpumask_setall(&all);
	d = hog(6, 0);
	pinned = hog(2, 0);
	assert_int_equal(vcpu_set_hard_affinity(pinned->vcpu[0], &two), 0);
	assert_int_equal(vcpu_pin_override(pinned->vcpu[1], 1), 0);
	machine_run(MILLISECS(50));
	assert_int_equal(cpupool_remove_cpu(0, 1), -EADDRINUSE);
	assert_int_equal(cpupool_remove_cpu(0, 2), 0);
	machine_settle();
	for (unsigned int i = 0; i < 6; i++)
		assert_int_not_equal(d->vcpu[i]->processor, 2);
	assert_true(cpumask_equal(&pinned->vcpu[0]->sched.hard_affinity, &all));
	assert_int_equal(vcpu_set_hard_affinity(pinned->vcpu[0], &two), -EINVAL);
	machine_run(MILLISECS(500));
	for (unsigned int i = 0; i < 6; i++)
		assert_true(guest(d, i)->switches > 1);
	assert_int_equal(cpupool_add_cpu(0, 2), 0);
	machine_settle();
	assert_int_equal(nr_running(d) + nr_running(pinned), 3); /* it took somebody at once */
}

static void domains_move_between_pools(void **state)
{
	cpumask_t zero = cpumask_of(0);
	struct cpupool_info info;
	struct domain *d, *other;
	unsigned int p, empty = 33;
	s_time_t before;

	machine_start(3);
	p = new_pool(CREDIT2, 2);
	d = hog(3, 0);
	other = hog(1, p);
	assert_int_equal(vcpu_set_hard_affinity(d->vcpu[0], &zero), 0);
	machine_run(SECONDS(1));
	assert_int_equal(other->vcpu[0]->processor, 2);
	assert_in_range(machine_time_of(d), MILLISECS(1990), SECONDS(2));
	assert_int_equal(move(d, 42), -ENOENT);
	assert_int_equal(cpupool_create(&empty, CREDIT2), 0);
	assert_int_equal(move(d, empty), -ENOENT); /* no CPU there */
	assert_int_equal(cpupool_id(d), 0);
	before = machine_time_of(d);
	assert_int_equal(move(d, p), 0);
	machine_run(SECONDS(1));
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(d->vcpu[i]->processor, 2); /* d0v0 too: it is not pinned any more */
	assert_in_range(machine_time_of(d) - before, MILLISECS(740), MILLISECS(760));
	assert_int_equal(cpupool_get_info(p, &info), 0);
	assert_int_equal(info.nr_domains, 2);
	assert_int_equal(cpupool_remove_cpu(p, 2), -EBUSY);
	assert_int_equal(move(d, 0), 0);
	machine_settle();
	assert_int_equal(nr_running(d), 2);
	assert_int_equal(sched_init_domain(d, 42), -EINVAL);
	assert_int_equal(sched_init_domain(d, empty), -ENODEV);
}

static void null_gives_each_a_cpu(void **state)
{
	struct domain *d;
	cpumask_t one = cpumask_of(1);
	unsigned int p;

	machine_start(4);
	p = new_pool(NULLS, 1);
	assert_int_equal(cpupool_remove_cpu(0, 2), 0);
	assert_int_equal(cpupool_add_cpu(p, 2), 0);
	d = hog(4, p);
	assert_int_equal(cpupool_sched_id(d), NULLS);
	machine_run(SECONDS(1));
	assert_int_equal(nr_running(d), 2);
	assert_int_equal(guest(d, 0)->switches + guest(d, 1)->switches, 2); /* never interrupted */
	assert_in_range(machine_time_of(d), SECONDS(2) - 1000, SECONDS(2));

	/* One goes down: the next has its CPU. */
	__atomic_fetch_or(&d->vcpu[0]->pause_flags, 1ul << VPF_DOWN, __ATOMIC_SEQ_CST);
	vcpu_sleep_for_long(d->vcpu[0]);
	machine_settle();
	assert_true(d->vcpu[1]->is_running && d->vcpu[2]->is_running);
	/* One that only blocks keeps it. */
	fake_be_cpu(d->vcpu[2]->processor);
	vcpu_block_current();
	machine_settle();
	assert_int_equal(nr_running(d), 1);
	vcpu_unblock(d->vcpu[2]);
	machine_settle();
	assert_true(d->vcpu[1]->is_running && d->vcpu[2]->is_running);
	/* A third CPU. */
	assert_int_equal(cpupool_remove_cpu(0, 3), 0);
	assert_int_equal(cpupool_add_cpu(p, 3), 0);
	machine_settle();
	assert_int_equal(nr_running(d), 3);
	assert_int_equal(vcpu_set_hard_affinity(d->vcpu[3], &one), 0);
	machine_settle();
	assert_int_equal(cpupool_remove_cpu(p, 3), 0);
	machine_settle();
	assert_int_equal(nr_running(d), 2);
	assert_int_equal(move(d, 0), 0);
	machine_run(SECONDS(1));
	assert_int_equal(nr_running(d), 1);
}

/* ---- at random ---- */

#define CPUS 4

static unsigned int seed;

static unsigned int any(unsigned int n)
{
	return (unsigned int)rand_r(&seed) % n;
}

static void random_cpus(void)
{
	unsigned int pool = any(3), cpu = any(CPUS);

	if (any(2))
		cpupool_add_cpu(pool, cpu);
	else
		cpupool_remove_cpu(pool, cpu);
}

static void random_domain(void)
{
	unsigned int pool = any(3), n = machine_domains();
	struct cpupool_info info;
	struct domain *d;

	if (n < 2 || (n < 6 && any(2))) {
		if (cpupool_get_info(pool, &info) || cpumask_empty(&info.cpus))
			return;
		d = machine_domain(1 + any(4), (uint16_t)(1 + any(3000)), pool);
		for (unsigned int i = 0; i < d->max_vcpus; i++) {
			struct guest_vcpu *g = guest(d, i);

			g->runs_for = g->left = 1 + any(3000000);
			g->sleeps_for = any(3) ? 1 + any(3000000) : 0;
		}
		domain_unpause(d);
	} else {
		machine_destroy(machine_nth_domain(any(n)));
	}
}

static void random_vcpu_action(struct vcpu *v)
{
	cpumask_t mask = { { any(1 << CPUS) } };

	switch (any(7)) {
	case 0:
	case 1:
		if (v->pause_count)
			vcpu_unpause(v);
		else
			vcpu_pause_nosync(v);
		break;
	case 2:
		vcpu_set_hard_affinity(v, &mask);
		break;
	case 3:
		vcpu_set_soft_affinity(v, &mask);
		break;
	case 4:
		vcpu_pin_override(v, (int)any(CPUS + 1) - 1);
		break;
	case 5:
		v->sched.yields = true;
		cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
		break;
	default:
		sched_set_cap(v->domain, (uint16_t)(any(2) ? any(100) : 0));
	}
}

static void random_action(void)
{
	struct domain *d = machine_domains() ? machine_nth_domain(any(machine_domains())) : NULL;

	switch (any(8)) {
	case 0:
		random_cpus();
		break;
	case 1:
		random_domain();
		break;
	case 2:
		if (d)
			move(d, any(3));
		break;
	default:
		if (d)
			random_vcpu_action(d->vcpu[any(d->max_vcpus)]);
	}
}

static void at_random(void **state)
{
	unsigned int one = 1, two = 2;

	seed = 1;
	machine_start(CPUS);
	assert_int_equal(cpupool_create(&one, NULLS), 0);
	assert_int_equal(cpupool_create(&two, CREDIT2), 0);
	for (unsigned int n = 0; n < 100000; n++) {
		fake_be_cpu(any(CPUS));
		random_action();
		machine_run(any(400000));
	}
}

/* ---- on threads: each CPU is one, another meddles ---- */

static bool ending;
static unsigned long turns[6];

static void *cpu_thread(void *data)
{
	unsigned int cpu = (unsigned int)(uintptr_t)data, my_seed = cpu + 1;

	fake_be_cpu(cpu);
	while (!__atomic_load_n(&ending, __ATOMIC_RELAXED)) {
		if (NOW() >= __atomic_load_n(&fake_deadline[cpu], __ATOMIC_RELAXED))
			timer_interrupt();
		do_softirq();
		if (is_idle_vcpu(current)) {
			usleep(1);
			continue;
		}
		__atomic_fetch_add(&turns[current->vcpu_id], 1, __ATOMIC_RELAXED);
		if (rand_r(&my_seed) % 8 == 0)
			vcpu_block_current();
		else if (rand_r(&my_seed) % 8 == 0)
			vcpu_yield_current();
	}
	fake_be_cpu(CPUS);
	return NULL;
}

static void stop_and_go(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_sync(v); /* checks that it is off, in arch_sync_vcpu_state() */
	if (!__atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST))
		vcpu_wake(v);
}

static void meddle(struct domain *d)
{
	struct vcpu *v = d->vcpu[any(d->max_vcpus)];
	cpumask_t mask = { { any(1 << CPUS) } };

	switch (any(8)) {
	case 0:
		stop_and_go(v);
		break;
	case 1:
		vcpu_set_hard_affinity(v, &mask);
		break;
	case 2:
		random_cpus();
		break;
	case 3:
		spin_lock(&d->domctl_lock);
		cpupool_move_domain(d, any(3));
		spin_unlock(&d->domctl_lock);
		break;
	default:
		vcpu_unblock(v);
	}
}

/* With its affinity free and in pool 0, every vCPU must get on, or a wake-up was lost. */
static void all_get_on(struct domain *d)
{
	cpumask_t all;
	unsigned int left = 1;

	cpumask_setall(&all);
	if (cpupool_add_cpu(0, CPUPOOL_ANY)) {
		cpupool_remove_cpu(1, CPUPOOL_ANY);
		cpupool_remove_cpu(2, CPUPOOL_ANY);
		cpupool_add_cpu(0, CPUPOOL_ANY);
	}
	spin_lock(&d->domctl_lock);
	assert_int_equal(cpupool_move_domain(d, 0), 0);
	spin_unlock(&d->domctl_lock);
	memset(turns, 0, sizeof(turns));
	for (unsigned int n = 0; left && n < 20000; n++) {
		left = d->max_vcpus;
		for (unsigned int i = 0; i < d->max_vcpus; i++) {
			left -= __atomic_load_n(&turns[i], __ATOMIC_RELAXED) > 3;
			vcpu_set_hard_affinity(d->vcpu[i], &all);
			if (n % 8 == 0)
				vcpu_unblock(d->vcpu[i]);
		}
		usleep(500);
	}
	assert_int_equal(left, 0);
}

static void on_threads(void **state)
{
	unsigned int one = 1, two = 2;
	pthread_t cpu[CPUS];
	struct domain *d;

	seed = 1;
	ending = false;
	machine_start(CPUS);
	assert_int_equal(cpupool_create(&one, NULLS), 0);
	assert_int_equal(cpupool_create(&two, CREDIT2), 0);
	d = hog(ARRAY_SIZE(turns), 0);
	fake_real_time = true;
	for (uintptr_t i = 0; i < CPUS; i++)
		pthread_create(&cpu[i], NULL, cpu_thread, (void *)i);
	machine_be_caller();
	for (unsigned int round = 0; round < 200; round++) {
		for (unsigned int n = 0; n < 400; n++)
			meddle(d);
		all_get_on(d);
	}
	ending = true;
	for (unsigned int i = 0; i < CPUS; i++)
		pthread_join(cpu[i], NULL);
	fake_real_time = false;
	fake_now = 1LL << 62; /* past all that real time */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(ids_are_given_and_refused, stop),
		cmocka_unit_test_teardown(the_default_rate_limit_is_for_all, stop),
		cmocka_unit_test_teardown(cpus_change_hands, stop),
		cmocka_unit_test_teardown(vcpus_leave_a_cpu_that_leaves, stop),
		cmocka_unit_test_teardown(domains_move_between_pools, stop),
		cmocka_unit_test_teardown(null_gives_each_a_cpu, stop),
		cmocka_unit_test_teardown(at_random, stop),
		cmocka_unit_test(on_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
