// sources: hypervisor/arch/x86/cpu/watchdog.c hypervisor/common/timer.c hypervisor/common/softirq.c hypervisor/common/spinlock.c tests/unit/fake_cpus.c tests/unit/fake_log.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h -fno-sanitize=object-size
// libs: -Wl,--wrap=panic
/* SPDX-License-Identifier: MIT */
/* The watchdog, on CPUs that one thread plays in turn: one that is not played is stuck. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <hv/lib.h>
#include <hv/softirq.h>
#include <hv/timer.h>
#include <asm/watchdog.h>
#include "fake_cpus.h"

#define CPUS 3

extern bool opt_watchdog;
extern uint64_t opt_watchdog_timeout;
static unsigned int nmis[NR_CPUS];
static bool reported, synchronous;
static jmp_buf at_end;
static const char *end;
static bool may_end, has_8254;

void apic_send_nmi(unsigned int cpu);
void apic_send_nmi(unsigned int cpu)
{
	nmis[cpu]++;
}

bool io_apic_route_nmi(unsigned int gsi, unsigned int cpu);
bool io_apic_route_nmi(unsigned int gsi, unsigned int cpu)
{
	assert_int_equal(gsi, 2);
	return true;
}

unsigned int isa_irq_to_gsi(unsigned int irq);
unsigned int isa_irq_to_gsi(unsigned int irq)
{
	return irq ? irq : 2;
}

void pit_start_ticks(void);
void pit_start_ticks(void)
{
}

/* A moment passes, and an NMI comes if there are any. */
void udelay(uint64_t us);
void udelay(uint64_t us)
{
	struct cpu_user_regs regs = { 0 };

	if (has_8254)
		assert_true(watchdog_nmi(&regs));
}

void show_registers(const struct cpu_user_regs *regs);
void show_registers(const struct cpu_user_regs *regs)
{
	assert_true(synchronous);
}

void show_stack(const struct cpu_user_regs *regs);
void show_stack(const struct cpu_user_regs *regs)
{
	reported = true;
}

void console_start_sync(void);
void console_start_sync(void)
{
	synchronous = true;
}

void __wrap_panic(const char *fmt, ...) __noreturn;
void __wrap_panic(const char *fmt, ...)
{
	assert_true(may_end);
	end = fmt;
	longjmp(at_end, 1);
}

static int start_with(unsigned int nr_cpus)
{
	fake_cpus_init(nr_cpus);
	timers_init();
	for (unsigned int cpu = 1; cpu < nr_cpus; cpu++)
		timers_cpu_init(cpu);
	memset(nmis, 0, sizeof(nmis));
	reported = synchronous = false;
	end = NULL;
	may_end = false;
	opt_watchdog = true;
	opt_watchdog_timeout = 5;
	watchdog_init();
	return 0;
}

static int start(void **state)
{
	has_8254 = false;
	return start_with(CPUS);
}

static int start_ticking(void **state)
{
	has_8254 = true;
	return start_with(CPUS);
}

/* Seconds in which all CPUs but one live. */
static void live(unsigned int seconds, unsigned int stuck)
{
	for (unsigned int i = 0; i < seconds; i++) {
		fake_now += SECONDS(1) + 1;
		for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
			fake_be_cpu(cpu);
			if (cpu == stuck)
				continue;
			timer_interrupt();
			while (softirq_is_pending())
				do_softirq();
		}
	}
}

static void who_lives_is_left_alone(void **state)
{
	struct cpu_user_regs regs = { 0 };

	live(100, CPUS);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		assert_int_equal(nmis[cpu], 0);
		fake_be_cpu(cpu);
		watchdog_nmi(&regs); /* another's: no answer */
	}
	assert_false(reported);
}

static void who_is_stuck_reports_and_ends_the_machine(void **state)
{
	struct cpu_user_regs regs = { 0 };

	live(3, CPUS);
	live(3, 1);
	assert_int_equal(nmis[1], 0);
	live(3, 1);
	assert_int_equal(nmis[1], 1);
	assert_int_equal(nmis[0] + nmis[2], 0);
	fake_be_cpu(1);
	may_end = true;
	if (!setjmp(at_end))
		watchdog_nmi(&regs);
	assert_true(reported);
	assert_non_null(end);
}

static void without_an_answer_its_watcher_ends_the_machine(void **state)
{
	live(3, CPUS);
	may_end = true;
	if (!setjmp(at_end))
		live(20, 2);
	assert_non_null(end);
	assert_non_null(strstr(end, "does not answer"));
	assert_int_equal(nmis[2], 1);
}

static void long_work_is_no_hang(void **state)
{
	watchdog_pause();
	watchdog_pause();
	live(20, 1);
	watchdog_resume();
	live(20, 1);
	assert_int_equal(nmis[1], 0);
	watchdog_resume(); /* counts from here */
	live(4, 1);
	assert_int_equal(nmis[1], 0);
	live(1, 1);
	assert_int_equal(nmis[1], 1);
	live(1, CPUS); /* it was only late */
	live(20, CPUS);
	assert_int_equal(nmis[1], 1);
}

static void tick(unsigned int seconds)
{
	struct cpu_user_regs regs = { 0 };

	fake_be_cpu(0);
	for (unsigned int i = 0; i < seconds * 18; i++)
		assert_true(watchdog_nmi(&regs));
}

/* Nobody else is left to notice. */
static void all_are_stuck(void **state)
{
	for (unsigned int i = 0; i < 20; i++) {
		live(1, CPUS);
		tick(1);
	}
	tick(4);
	may_end = true;
	if (!setjmp(at_end))
		tick(3);
	assert_true(reported);
	assert_non_null(end);
}

static void the_only_one_is_stuck(void **state)
{
	has_8254 = true;
	start_with(1);
	tick(5);
	may_end = true;
	if (!setjmp(at_end))
		tick(2);
	assert_true(reported);
}

static void ticks_do_not_count_in_long_work(void **state)
{
	watchdog_pause();
	tick(100);
	watchdog_resume();
	tick(4);
	assert_false(reported);
}

static void nobody_watches_alone(void **state)
{
	fake_cpus_init(1);
	timers_init();
	watchdog_init();
	for (unsigned int i = 0; i < 20; i++) {
		fake_now += SECONDS(1);
		timer_interrupt();
	}
	assert_int_equal(nmis[0], 0);
}

#define CASE(f) cmocka_unit_test_setup(f, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(who_lives_is_left_alone),
		CASE(who_is_stuck_reports_and_ends_the_machine),
		CASE(without_an_answer_its_watcher_ends_the_machine),
		CASE(long_work_is_no_hang),
		CASE(nobody_watches_alone),
		cmocka_unit_test_setup(all_are_stuck, start_ticking),
		cmocka_unit_test_setup(the_only_one_is_stuck, start_ticking),
		cmocka_unit_test_setup(ticks_do_not_count_in_long_work, start_ticking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
