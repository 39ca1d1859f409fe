// sources: hypervisor/common/timer.c hypervisor/common/softirq.c hypervisor/common/spinlock.c tests/unit/fake_cpus.c tests/unit/fake_log.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h -fno-sanitize=object-size
// libs: -lpthread
/* SPDX-License-Identifier: MIT */
/* Timers against a model that is a plain array; and from several CPUs at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <hv/lib.h>
#include <hv/softirq.h>
#include <hv/timer.h>
#include "fake_cpus.h"

#define CPUS   3
#define TIMERS 200

static struct item {
	struct timer t;
	bool armed; /* the model */
	s_time_t at;
	unsigned int cpu, fired;
} items[TIMERS];
static s_time_t last_fired;

static void start_cpus(void)
{
	fake_cpus_init(CPUS);
	timers_init();
	for (unsigned int cpu = 1; cpu < CPUS; cpu++)
		timers_cpu_init(cpu);
}

static void fire(void *data)
{
	struct item *i = data;

	assert_true(i->armed);
	assert_true(i->at <= fake_now);
	assert_int_equal(i->cpu, get_cpu_info()->processor_id);
	assert_true(i->at >= last_fired); /* in order */
	assert_false(fake_cpu.irqs_off);
	last_fired = i->at;
	i->armed = false;
	i->fired++;
}

static s_time_t model_next(unsigned int cpu)
{
	s_time_t next = STIME_MAX;

	for (unsigned int i = 0; i < TIMERS; i++)
		if (items[i].armed && items[i].cpu == cpu)
			next = min(next, items[i].at);
	return next;
}

/* Each CPU handles its softirqs; then nothing due may be left and the hardware must know what is next. */
static void settle(void)
{
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		fake_be_cpu(cpu);
		last_fired = 0;
		if (fake_now >= fake_deadline[cpu])
			timer_interrupt();
		do_softirq();
		assert_true(model_next(cpu) > fake_now);
		/* A stopped timer may leave the hardware armed too early, never too late. */
		assert_true(fake_deadline[cpu] <= model_next(cpu));
	}
	for (unsigned int i = 0; i < TIMERS; i++)
		assert_int_equal(timer_active(&items[i].t), items[i].armed);
}

static void random_action(struct item *i)
{
	fake_be_cpu((unsigned int)rand() % CPUS);
	switch (rand() % 5) {
	case 0:
	case 1:
	case 2:
		i->at = fake_now + rand() % 1000 - 20;
		i->armed = true;
		set_timer(&i->t, i->at);
		break;
	case 3:
		i->armed = false;
		stop_timer(&i->t);
		break;
	default:
		i->cpu = (unsigned int)rand() % CPUS;
		migrate_timer(&i->t, i->cpu);
	}
}

static void agrees_with_model(void **state)
{
	unsigned int fired = 0;

	srand(1);
	start_cpus();
	for (unsigned int i = 0; i < TIMERS; i++) {
		items[i] = (struct item){ .cpu = i % CPUS };
		init_timer(&items[i].t, fire, &items[i], i % CPUS);
	}
	for (unsigned int round = 0; round < 3000; round++) {
		for (int n = rand() % 40; n > 0; n--)
			random_action(&items[rand() % TIMERS]);
		settle();
		fake_now += rand() % 60;
		settle();
	}
	for (unsigned int i = 0; i < TIMERS; i++)
		fired += items[i].fired;
	assert_true(fired > 10000);
}

static void rearm_thrice(void *data)
{
	struct item *i = data;

	if (++i->fired < 3)
		set_timer(&i->t, fake_now);
}

static void may_rearm_itself(void **state)
{
	struct item i = { .fired = 0 };

	start_cpus();
	init_timer(&i.t, rearm_thrice, &i, 0);
	set_timer(&i.t, 0);
	do_softirq();
	assert_int_equal(i.fired, 3);
	assert_false(timer_active(&i.t));
}

static void free_itself(void *data)
{
	struct timer *t = data;

	kill_timer(t);
	free(t);
}

static void may_free_itself(void **state)
{
	struct timer *t = malloc(sizeof(*t));

	start_cpus();
	init_timer(t, free_itself, t, 0);
	set_timer(t, 0);
	do_softirq();
}

static void dead_stays_dead(void **state)
{
	struct item i = { .fired = 0 };

	start_cpus();
	init_timer(&i.t, rearm_thrice, &i, 1);
	set_timer(&i.t, 0);
	kill_timer(&i.t);
	set_timer(&i.t, 0);
	assert_false(timer_active(&i.t));
	fake_be_cpu(1);
	do_softirq();
	assert_int_equal(i.fired, 0);
}

/* ---- threads ---- */

static struct object {
	struct timer t;
	bool busy, gone;
	unsigned int fired;
} objects[8];
static bool stop;

static void slow_handler(void *data)
{
	struct object *o = data;

	if (__atomic_load_n(&o->gone, __ATOMIC_SEQ_CST))
		abort(); /* it runs after kill_timer() has returned */
	for (volatile int n = 0; n < 50; n++)
		;
	__atomic_fetch_add(&o->fired, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&o->gone, __ATOMIC_SEQ_CST))
		abort();
}

static void *cpu_loop(void *data)
{
	fake_be_cpu((unsigned int)(uintptr_t)data);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		timer_interrupt();
		do_softirq();
		usleep(1);
	}
	return NULL;
}

static void *meddler(void *data)
{
	unsigned int seed = (unsigned int)(uintptr_t)data;

	fake_be_cpu(CPUS - 1);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct object *o = &objects[(unsigned int)rand_r(&seed) % ARRAY_SIZE(objects)];

		if (rand_r(&seed) % 2)
			migrate_timer(&o->t, (unsigned int)rand_r(&seed) % (CPUS - 1));
		else
			set_timer(&o->t, NOW() + rand_r(&seed) % 1000);
	}
	return NULL;
}

static void killing_waits_for_handlers(void **state)
{
	pthread_t cpu[CPUS - 1], other;
	unsigned int fired = 0;

	start_cpus();
	fake_real_time = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		init_timer(&objects[i].t, slow_handler, &objects[i], 0);
	for (uintptr_t i = 0; i < CPUS - 1; i++)
		pthread_create(&cpu[i], NULL, cpu_loop, (void *)i);
	pthread_create(&other, NULL, meddler, (void *)1);
	for (unsigned int n = 0; fired <= 100 && n < 1000; n++) {
		usleep(10000);
		fired = 0;
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			fired += __atomic_load_n(&objects[i].fired, __ATOMIC_RELAXED);
	}
	fake_be_cpu(CPUS - 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++) {
		kill_timer(&objects[i].t);
		__atomic_store_n(&objects[i].gone, true, __ATOMIC_SEQ_CST);
		usleep(20000);
	}
	stop = true;
	for (unsigned int i = 0; i < CPUS - 1; i++)
		pthread_join(cpu[i], NULL);
	pthread_join(other, NULL);
	fake_real_time = false;
	assert_true(fired > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_model),
		cmocka_unit_test(may_rearm_itself),
		cmocka_unit_test(may_free_itself),
		cmocka_unit_test(dead_stays_dead),
		cmocka_unit_test(killing_waits_for_handlers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
