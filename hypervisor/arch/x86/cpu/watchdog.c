/* SPDX-License-Identifier: MIT */
/*
 * The watchdog (watchdog, watchdog_timeout=): each CPU's timer says once a second that its CPU is alive,
 * and looks whether the next CPU has said so. One that has not for too long gets an NMI, prints where it
 * is stuck and ends the machine; if not even that happens, the CPU that noticed ends it.
 *
 * LIMITS: it needs two CPUs, and does not notice all of them stopping at once: an NMI by performance
 * counters would, but not every machine has them.
 */
#include <hv/domain.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/timer.h>
#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/options.h>
#include <asm/watchdog.h>

#define PERIOD	   SECONDS(1)
#define NMI_ANSWER SECONDS(2)

bool opt_watchdog;
uint64_t opt_watchdog_timeout = 5;

static DEFINE_PER_CPU(s_time_t, alive_at);   /* written by its CPU, read by its watcher */
static DEFINE_PER_CPU(struct timer, watchdog_timer);
static DEFINE_PER_CPU(s_time_t, nmi_sent_at); /* 0: not; written by the watcher */
static unsigned int paused;		      /* atomic */

/* Long work that is no hang, such as printing for debug keys. Nests. */
void watchdog_pause(void)
{
	__atomic_add_fetch(&paused, 1, __ATOMIC_RELAXED);
}

void watchdog_resume(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		WRITE_ONCE(per_cpu(alive_at, cpu), NOW());
	__atomic_sub_fetch(&paused, 1, __ATOMIC_RELEASE);
}

static unsigned int next_online(unsigned int cpu)
{
	do
		cpu = (cpu + 1) % NR_CPUS;
	while (!cpumask_test(&cpu_online_map, cpu));
	return cpu;
}

static void watch(unsigned int cpu, s_time_t now)
{
	s_time_t silent = now - READ_ONCE(per_cpu(alive_at, cpu));
	s_time_t sent = per_cpu(nmi_sent_at, cpu);

	if (__atomic_load_n(&paused, __ATOMIC_ACQUIRE) || silent < SECONDS(opt_watchdog_timeout)) {
		WRITE_ONCE(per_cpu(nmi_sent_at, cpu), 0);
		return;
	}
	if (!sent) {
		WRITE_ONCE(per_cpu(nmi_sent_at, cpu), now);
		apic_send_nmi(cpu);
	} else if (now - sent > NMI_ANSWER) {
		panic("watchdog: CPU %u has been stuck for %lld s and does not answer an NMI", cpu,
		      (long long)(silent / SECONDS(1)));
	}
}

static void beat(void *data)
{
	unsigned int cpu = smp_processor_id(), next = next_online(cpu);
	s_time_t now = NOW();

	WRITE_ONCE(this_cpu(alive_at), now);
	if (next != cpu)
		watch(next, now);
	set_timer(&this_cpu(watchdog_timer), now + PERIOD);
}

void watchdog_init(void)
{
	unsigned int cpu;

	if (!opt_watchdog)
		return;
	if (cpumask_weight(&cpu_online_map) < 2) {
		printk("WARNING: watchdog: off, it needs a second CPU\n");
		return;
	}
	for_each_online_cpu(cpu) {
		per_cpu(alive_at, cpu) = NOW();
		init_timer(&per_cpu(watchdog_timer, cpu), beat, NULL, cpu);
		set_timer(&per_cpu(watchdog_timer, cpu), NOW() + PERIOD);
	}
	printk("Watchdog: a CPU that is stuck for %llu s ends the machine\n",
	       (unsigned long long)opt_watchdog_timeout);
}

void watchdog_nmi(struct cpu_user_regs *regs)
{
	if (!READ_ONCE(this_cpu(nmi_sent_at)))
		return;
	show_registers(regs);
	panic("watchdog: CPU %u has been stuck for more than %llu s", smp_processor_id(),
	      (unsigned long long)opt_watchdog_timeout);
}
