// sources: hypervisor/common/sched/[a-hj-z]*.c hypervisor/common/timer.c hypervisor/common/softirq.c hypervisor/common/spinlock.c tests/unit/sched_machine.c tests/unit/fake_cpus.c tests/unit/fake_log.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h -fno-sanitize=object-size
// libs: -lpthread
/* SPDX-License-Identifier: MIT */
/* The default scheduler: shares, caps, affinity, the rate limit, yields, in simulated time. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <public/domctl.h>
#include "fake_cpus.h"
#include "sched_machine.h"

static int stop(void **state)
{
	machine_stop();
	return 0;
}

static struct domain *hog(unsigned int nr_vcpus, uint16_t weight)
{
	struct domain *d = machine_domain(nr_vcpus, weight, 0);

	domain_unpause(d);
	return d;
}

/* A vCPU that runs and sleeps in turns. */
static struct guest_vcpu *busy(uint16_t weight, s_time_t runs_for, s_time_t sleeps_for)
{
	struct guest_vcpu *g = guest(machine_domain(1, weight, 0), 0);

	g->runs_for = g->left = runs_for;
	g->sleeps_for = sleeps_for;
	domain_unpause(g->v.domain);
	return g;
}

static void assert_share(struct domain *d, s_time_t period, unsigned int percent)
{
	s_time_t ran = machine_time_of(d);

	assert_in_range(ran, period / 100 * (percent * 97) / 100, period / 100 * (percent * 103) / 100);
}

static void pin(struct guest_vcpu *g, cpumask_t cpus)
{
	assert_int_equal(vcpu_set_hard_affinity(&g->v, &cpus), 0);
}

static void shares_follow_weights(void **state)
{
	struct domain *a, *b, *c;

	machine_start(1);
	a = hog(1, 256);
	b = hog(2, 256);
	c = hog(1, 1024);
	machine_run(SECONDS(7));
	assert_share(a, SECONDS(7), 14); /* each vCPU has its domain's weight */
	assert_share(b, SECONDS(7), 29);
	assert_share(c, SECONDS(7), 57);
}

static void extreme_weights_do_not_harm_a_sleeper(void **state)
{
	struct guest_vcpu *g;
	struct domain *low;

	machine_start(1);
	low = hog(1, 1);
	hog(1, 65535);
	g = busy(256, MICROSECS(20), MILLISECS(10));
	machine_run(SECONDS(3));
	/* It has to wait for the rate limit at most. */
	assert_true(g->turns > 3000 / 12);
	assert_in_range(machine_time_of(low), 1, SECONDS(3) / 50);
}

static void three_share_two_cpus(void **state)
{
	struct domain *d[3];

	machine_start(2);
	for (int i = 0; i < 3; i++)
		d[i] = hog(1, 256);
	machine_run(SECONDS(6));
	for (int i = 0; i < 3; i++)
		assert_share(d[i], SECONDS(6), 67);
}

static void weights_count_across_cpus(void **state)
{
	struct domain *a, *b, *c;

	machine_start(2);
	a = hog(1, 256);
	b = hog(1, 256);
	c = hog(1, 512);
	machine_run(SECONDS(4));
	assert_share(a, SECONDS(4), 50);
	assert_share(b, SECONDS(4), 50);
	assert_share(c, SECONDS(4), 100);
}

static void idle_cpus_take_work(void **state)
{
	cpumask_t all;
	struct domain *d[4];

	machine_start(4);
	cpumask_setall(&all);
	for (int i = 0; i < 4; i++) {
		d[i] = hog(1, 256);
		pin(guest(d[i], 0), cpumask_of(2));
	}
	machine_run(SECONDS(1));
	for (int i = 0; i < 4; i++) {
		assert_share(d[i], SECONDS(1), 25);
		pin(guest(d[i], 0), all);
	}
	machine_run(SECONDS(100));
	for (int i = 0; i < 4; i++)
		assert_share(d[i], SECONDS(100), 100);
}

static void caps_hold(void **state)
{
	struct domain *a, *b;

	machine_start(2);
	a = hog(2, 256);
	b = hog(1, 256);
	assert_int_equal(sched_set_cap(a, 201), -EINVAL);
	assert_int_equal(sched_set_cap(a, 50), 0);
	assert_int_equal(sched_set_cap(b, 30), 0);
	machine_run(SECONDS(5));
	assert_share(a, SECONDS(5), 50);
	assert_share(b, SECONDS(5), 30);
	assert_int_equal(sched_set_cap(a, 0), 0);
	machine_run(SECONDS(95));
	/* Two CPUs, of which b uses 0.3. */
	assert_share(a, SECONDS(95), 170);
}

static void hard_affinity_is_kept(void **state)
{
	struct guest_vcpu *g;

	machine_start(3);
	hog(3, 256);
	g = guest(hog(1, 256), 0);
	for (unsigned int cpu = 0; cpu < 3; cpu++) {
		pin(g, cpumask_of(cpu));
		machine_settle();
		assert_int_equal(g->v.processor, cpu);
		machine_run(MILLISECS(50));
		assert_int_equal(g->v.processor, cpu);
	}
	/* Its interrupts came along. */
	g->v.evtchn.pirq_evtchn_head = 1;
	g->moved_irqs = 0;
	pin(g, cpumask_of(0));
	machine_run(MILLISECS(50));
	assert_int_equal(g->moved_irqs, 1);
}

static void bad_affinity_is_refused(void **state)
{
	cpumask_t none = cpumask_of(5), old;
	struct guest_vcpu *g;

	machine_start(2);
	g = guest(hog(1, 256), 0);
	old = g->v.sched.hard_affinity;
	assert_int_equal(vcpu_set_hard_affinity(&g->v, &none), -EINVAL);
	assert_int_equal(vcpu_pin_override(&g->v, 5), -EINVAL);
	assert_int_equal(vcpu_pin_override(&g->v, 64), -EINVAL);
	assert_int_equal(vcpu_pin_override(&g->v, -1), -EINVAL);
	assert_int_equal(vcpu_pin_override(&g->v, 1), 0);
	assert_int_equal(vcpu_pin_override(&g->v, 0), -EBUSY);
	assert_int_equal(vcpu_set_hard_affinity(&g->v, &old), -EBUSY);
	assert_int_equal(vcpu_pin_override(&g->v, -1), 0);
	assert_true(cpumask_equal(&old, &g->v.sched.hard_affinity));
}

static void soft_affinity_draws(void **state)
{
	cpumask_t one = cpumask_of(1);
	struct guest_vcpu *other;
	struct guest_vcpu *g;

	machine_start(2);
	other = busy(256, MILLISECS(3), MILLISECS(1000));
	pin(other, one);
	machine_run(MILLISECS(1));
	g = guest(hog(1, 256), 0);
	assert_int_equal(vcpu_set_soft_affinity(&g->v, &one), 0);
	machine_run(MILLISECS(1));
	assert_int_equal(g->v.processor, 0); /* rather than wait */
	machine_run(MILLISECS(20));
	assert_int_equal(g->v.processor, 1);
}

static void nobody_is_preempted_before_the_rate_limit(void **state)
{
	struct guest_vcpu *g, *sleeper;
	uint32_t us;

	machine_start(1);
	g = guest(hog(1, 256), 0);
	sleeper = busy(256, MICROSECS(20), MICROSECS(300));
	machine_run(SECONDS(1));
	assert_true(g->shortest >= MILLISECS(1));
	assert_in_range(sleeper->turns, 700, 1000);

	assert_int_equal(cpupool_set_ratelimit(0, XEN_SCHEDULER_CREDIT2, 200), 0);
	assert_int_equal(cpupool_get_ratelimit(0, XEN_SCHEDULER_CREDIT2, &us), 0);
	assert_int_equal(us, 200);
	g->shortest = STIME_MAX;
	machine_run(SECONDS(1));
	assert_in_range(g->shortest, MICROSECS(200), MILLISECS(1));

	assert_int_equal(cpupool_set_ratelimit(0, XEN_SCHEDULER_CREDIT2, 0), 0);
	sleeper->turns = 0;
	machine_run(SECONDS(1));
	assert_in_range(sleeper->turns, 3000, 3200); /* runs whenever it wants to */
	assert_int_equal(cpupool_set_ratelimit(0, XEN_SCHEDULER_CREDIT2, 99), -EINVAL);
	assert_int_equal(cpupool_set_ratelimit(0, XEN_SCHEDULER_CREDIT2, 500001), -EINVAL);
	assert_int_equal(cpupool_set_ratelimit(0, XEN_SCHEDULER_NULL, 1000), -EINVAL);
	assert_int_equal(cpupool_set_ratelimit(7, XEN_SCHEDULER_CREDIT2, 1000), -ESRCH);
	assert_int_equal(cpupool_set_ratelimit(0, XEN_SCHEDULER_CREDIT2, 1000), 0);
}

static void yielding_lets_others_go_first(void **state)
{
	struct guest_vcpu *a, *b;

	machine_start(2);
	a = guest(hog(1, 256), 0);
	b = guest(hog(1, 256), 0);
	pin(a, cpumask_of(0));
	pin(b, cpumask_of(0));
	machine_run(MICROSECS(1));
	for (int i = 0; i < 10; i++) {
		struct guest_vcpu *runs = a->v.is_running ? a : b;

		fake_now += 1000; /* far less than the rate limit */
		fake_be_cpu(0);
		vcpu_yield_current();
		machine_settle();
		assert_true((runs == a ? b : a)->v.is_running);
	}
	pin(b, cpumask_of(1));
	machine_settle();
	fake_be_cpu(0);
	vcpu_yield_current(); /* nobody waits: nothing happens */
	assert_false(softirq_is_pending());
	assert_true(a->v.is_running);
}

static void a_waking_sleeper_runs_soon(void **state)
{
	struct guest_vcpu *g;

	machine_start(2);
	hog(6, 256);
	g = busy(256, MICROSECS(50), MILLISECS(20));
	machine_run(SECONDS(2));
	assert_true(g->turns >= 2000 / 22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(shares_follow_weights, stop),
		cmocka_unit_test_teardown(extreme_weights_do_not_harm_a_sleeper, stop),
		cmocka_unit_test_teardown(three_share_two_cpus, stop),
		cmocka_unit_test_teardown(weights_count_across_cpus, stop),
		cmocka_unit_test_teardown(idle_cpus_take_work, stop),
		cmocka_unit_test_teardown(caps_hold, stop),
		cmocka_unit_test_teardown(hard_affinity_is_kept, stop),
		cmocka_unit_test_teardown(bad_affinity_is_refused, stop),
		cmocka_unit_test_teardown(soft_affinity_draws, stop),
		cmocka_unit_test_teardown(nobody_is_preempted_before_the_rate_limit, stop),
		cmocka_unit_test_teardown(yielding_lets_others_go_first, stop),
		cmocka_unit_test_teardown(a_waking_sleeper_runs_soon, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
