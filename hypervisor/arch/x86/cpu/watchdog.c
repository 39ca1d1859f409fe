/* SPDX-License-Identifier: MIT */
/*
 * The watchdog (watchdog, watchdog_timeout=): each CPU's timer says once a second that its CPU is alive,
 * and looks whether the next CPU has said so. One that has not for too long gets an NMI, prints where it
 * is stuck and ends the machine; if not even that happens, the CPU that noticed ends it.
 *
 * The first CPU has nobody to watch it if there is only one, or if all are stuck. So the 8254 sends it an NMI
 * 18 times a second, which counts how many have come since its timer last said so: NMIs come whatever the CPU does.
 *
 * LIMITS: an NMI of the first CPU for which the chipset has no reason is taken for such a tick, and not told to Dom0.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/timer.h>
#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/io_apic.h>
#include <asm/options.h>
#include <asm/pit.h>
#include <asm/time.h>
#include <asm/watchdog.h>

#define PERIOD	   SECONDS(1)
#define NMI_ANSWER SECONDS(2)
#define FIRST_TICK 300 /* ms until there must have been one */

bool opt_watchdog;
uint64_t opt_watchdog_timeout = 5;

static DEFINE_PER_CPU(s_time_t, alive_at);   /* written by its CPU, read by its watcher */
static DEFINE_PER_CPU(struct timer, watchdog_timer);
static DEFINE_PER_CPU(s_time_t, nmi_sent_at); /* 0: not; written by the watcher */
static unsigned int paused;		      /* atomic */
static bool ticking;			      /* the first CPU gets NMIs */
static unsigned int ticks;		      /* since it last said so; written by that CPU */

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
	if (!cpu)
		WRITE_ONCE(ticks, 0);
	if (next != cpu)
		watch(next, now);
	set_timer(&this_cpu(watchdog_timer), now + PERIOD);
}

/* Do they come at all? Firmware may have given the line to another timer. */
static bool start_ticks(void)
{
	ticking = true;
	ticks = 0;
	pit_start_ticks();
	if (io_apic_route_nmi(isa_irq_to_gsi(0), 0))
		for (unsigned int i = 0; i < FIRST_TICK && !READ_ONCE(ticks); i++)
			udelay(1000);
	return READ_ONCE(ticks);
}

void watchdog_init(void)
{
	unsigned int cpu;

	if (!opt_watchdog)
		return;
	ticking = start_ticks();
	if (!ticking && cpumask_weight(&cpu_online_map) < 2) {
		printk("WARNING: watchdog: off, it needs NMIs of the 8254 or a second CPU\n");
		return;
	}
	for_each_online_cpu(cpu) {
		per_cpu(alive_at, cpu) = NOW();
		init_timer(&per_cpu(watchdog_timer, cpu), beat, NULL, cpu);
		set_timer(&per_cpu(watchdog_timer, cpu), NOW() + PERIOD);
	}
	printk("Watchdog: a CPU that is stuck for %llu s ends the machine%s\n", (unsigned long long)opt_watchdog_timeout,
	       ticking ? "" : ", but not if all are: the 8254 sends no NMIs");
}

/* A second more than the CPU has, as its timer fires once in one. */
static bool ticked_for_too_long(void)
{
	if (__atomic_load_n(&paused, __ATOMIC_ACQUIRE))
		WRITE_ONCE(ticks, 0);
	WRITE_ONCE(ticks, ticks + 1);
	return ticks > (opt_watchdog_timeout + 1) * PIT_TICKS_HZ;
}

bool watchdog_nmi(struct cpu_user_regs *regs)
{
	bool tick = ticking && !smp_processor_id();

	if (!(tick && ticked_for_too_long()) && !READ_ONCE(this_cpu(nmi_sent_at)))
		return tick;
	console_start_sync(); /* it may be stuck in the console's lock */
	show_registers(regs);
	show_stack(regs);
	panic("watchdog: CPU %u has been stuck for more than %llu s", smp_processor_id(),
	      (unsigned long long)opt_watchdog_timeout);
}
