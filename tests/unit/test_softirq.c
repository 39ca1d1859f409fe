// sources: hypervisor/common/softirq.c hypervisor/common/timer.c hypervisor/common/spinlock.c tests/unit/fake_cpus.c tests/unit/fake_log.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h -fno-sanitize=object-size
// libs: -lpthread
/* SPDX-License-Identifier: MIT */
/* Soft interrupts: the order, raising from handlers and from other CPUs; and the ticket locks on threads. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include "fake_cpus.h"

static char order[32];
static unsigned int left;

static void note(char what)
{
	order[strlen(order)] = what;
}

static void timer(void)
{
	note('t');
}

static void schedule(void)
{
	note('s');
}

static void console(void)
{
	note('c');
	if (left) {
		left--;
		raise_softirq(SOFTIRQ_CONSOLE);
		raise_softirq(SOFTIRQ_TIMER);
	}
}

static int start(void **state)
{
	fake_cpus_init(2);
	memset(order, 0, sizeof(order));
	memset(fake_checks, 0, sizeof(fake_checks));
	open_softirq(SOFTIRQ_TIMER, timer);
	open_softirq(SOFTIRQ_SCHEDULE, schedule);
	open_softirq(SOFTIRQ_CONSOLE, console);
	left = 0;
	return 0;
}

static void scheduling_comes_last(void **state)
{
	raise_softirq(SOFTIRQ_SCHEDULE);
	raise_softirq(SOFTIRQ_CONSOLE);
	raise_softirq(SOFTIRQ_TIMER);
	raise_softirq(SOFTIRQ_TIMER); /* once is enough */
	assert_true(softirq_is_pending());
	do_softirq();
	assert_string_equal(order, "tcs");
	assert_false(softirq_is_pending());
}

static void handlers_may_raise(void **state)
{
	left = 2;
	raise_softirq(SOFTIRQ_SCHEDULE);
	raise_softirq(SOFTIRQ_CONSOLE);
	do_softirq();
	assert_string_equal(order, "ctctcs");
}

static void slow_handler(void)
{
	note('<');
	raise_softirq(SOFTIRQ_CONSOLE);
	raise_softirq(SOFTIRQ_SCHEDULE);
	raise_softirq(SOFTIRQ_TIMER);
	softirq_serve_others(SOFTIRQ_CONSOLE);
	note('>');
	open_softirq(SOFTIRQ_CONSOLE, console);
}

static void who_takes_long_lets_others_work(void **state)
{
	open_softirq(SOFTIRQ_CONSOLE, slow_handler);
	raise_softirq(SOFTIRQ_CONSOLE);
	do_softirq();
	assert_string_equal(order, "<t>cs");
}

static void others_are_told_once(void **state)
{
	cpu_raise_softirq(1, SOFTIRQ_TIMER);
	cpu_raise_softirq(1, SOFTIRQ_TIMER);
	cpu_raise_softirq(0, SOFTIRQ_TIMER);
	assert_int_equal(fake_checks[1], 1);
	assert_int_equal(fake_checks[0], 0); /* this one will look by itself */
	fake_be_cpu(1);
	do_softirq();
	assert_string_equal(order, "t");
	fake_be_cpu(0);
	assert_true(softirq_is_pending());
}

static void those_without_handler_are_dropped(void **state)
{
	raise_softirq(SOFTIRQ_SCRUB);
	do_softirq();
	assert_false(softirq_is_pending());
}

/* ---- locks ---- */

#define THREADS 3
#define ROUNDS	5000

static spinlock_t lock_a = SPIN_LOCK_UNLOCKED, lock_b = SPIN_LOCK_UNLOCKED;
static unsigned long both, taken;

static void *contender(void *data)
{
	unsigned int cpu = (unsigned int)(uintptr_t)data;

	fake_be_cpu(cpu);
	for (unsigned int n = 0; n < ROUNDS; n++) {
		/* In either order: it is the addresses that count. */
		spinlock_t *x = n % 2 ? &lock_a : &lock_b, *y = n % 2 ? &lock_b : &lock_a;

		spin_lock_both(x, y);
		both++;
		spin_unlock_both(x, y);
		if (spin_trylock(&lock_a)) {
			taken++;
			spin_unlock(&lock_a);
		}
		if (n % 16 == 0)
			sched_yield();
	}
	return NULL;
}

static void locks_exclude(void **state)
{
	pthread_t t[THREADS];

	fake_cpus_init(THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, contender, (void *)i);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(both, THREADS * ROUNDS);
	assert_in_range(taken, 1, THREADS * ROUNDS);
}

static void locks_know_their_holder(void **state)
{
	spinlock_t l;

	spin_lock_init(&l);
	assert_false(spin_is_held(&l));
	spin_lock(&l);
	assert_true(spin_is_held(&l));
	assert_false(spin_trylock(&l));
	fake_be_cpu(1);
	assert_false(spin_is_held(&l)); /* not by this CPU */
	fake_be_cpu(0);
	spin_unlock(&l);
	assert_true(spin_trylock(&l));
	spin_unlock(&l);
	spin_lock_both(&l, &l);
	assert_true(spin_is_held(&l));
	spin_unlock_both(&l, &l);
	assert_false(spin_is_held(&l));
	for (unsigned int n = 0; n < 70000; n++) { /* tickets wrap */
		spin_lock(&l);
		spin_unlock(&l);
	}
	assert_true(spin_trylock(&l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(scheduling_comes_last, start),
		cmocka_unit_test_setup(handlers_may_raise, start),
		cmocka_unit_test_setup(who_takes_long_lets_others_work, start),
		cmocka_unit_test_setup(others_are_told_once, start),
		cmocka_unit_test_setup(those_without_handler_are_dropped, start),
		cmocka_unit_test_setup(locks_exclude, start),
		cmocka_unit_test_setup(locks_know_their_holder, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
