/* SPDX-License-Identifier: MIT */
/*
 * Debug keys: a table from key to handler. A key may be pressed in any context (serial interrupt,
 * sysctl); handlers print a lot and take locks, so they run later, in the console's softirq.
 * docs/debug-keys.md lists the keys.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/keyhandler.h>
#include <hv/latency.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <asm/shutdown.h>
#include <asm/watchdog.h>
#include <hv/console_options.h>
#include "dump.h"

static struct {
	void (*fn)(unsigned char key);
	const char *desc;
} keys[128]; /* written at boot only */

#define QUEUE_SIZE 32u
static unsigned char queue[QUEUE_SIZE];
static uint32_t queue_prod, queue_cons; /* guarded by: queue_lock */
static spinlock_t queue_lock = SPIN_LOCK_UNLOCKED;

void keyhandler_register(char key, void (*fn)(unsigned char key), const char *desc)
{
	BUG_ON((unsigned char)key >= ARRAY_SIZE(keys) || keys[(unsigned char)key].fn);
	keys[(unsigned char)key].fn = fn;
	keys[(unsigned char)key].desc = desc;
}

/* Too many keys at once are dropped: somebody is leaning on the keyboard. */
void handle_keypress(unsigned char key)
{
	unsigned long flags;

	if (key >= ARRAY_SIZE(keys) || !keys[key].fn)
		return;
	spin_lock_irqsave(&queue_lock, flags);
	if (queue_prod - queue_cons < QUEUE_SIZE)
		queue[queue_prod++ % QUEUE_SIZE] = key;
	spin_unlock_irqrestore(&queue_lock, flags);
	raise_softirq(SOFTIRQ_CONSOLE);
}

static bool next_key(unsigned char *key)
{
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&queue_lock, flags);
	found = queue_cons != queue_prod;
	if (found)
		*key = queue[queue_cons++ % QUEUE_SIZE];
	spin_unlock_irqrestore(&queue_lock, flags);
	return found;
}

void keyhandler_breathe(void)
{
	softirq_serve_others(SOFTIRQ_CONSOLE);
}

void keyhandlers_run_pending(void)
{
	unsigned char key;

	while (next_key(&key)) {
		printk("'%c' pressed: %s\n", key, keys[key].desc);
		watchdog_pause(); /* some print for long */
		keys[key].fn(key);
		watchdog_resume();
	}
}

static void key_help(unsigned char key)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].fn)
			printk(" key '%c' => %s\n", i, keys[i].desc);
}

static void key_reboot(unsigned char key)
{
	printk("Rebooting on request.\n");
	machine_restart();
}

static void print_clock_here(void *data)
{
	((s_time_t *)data)[smp_processor_id()] = NOW();
}

static void key_time(unsigned char key)
{
	static s_time_t seen[NR_CPUS]; /* handlers run one at a time */
	s_time_t before = NOW();
	unsigned int cpu;

	on_selected_cpus(&cpu_online_map, print_clock_here, seen);
	printk("System time %lld ns, TSC %llu kHz\n", (long long)before, (unsigned long long)cpu_khz);
	for_each_online_cpu(cpu)
		printk(" CPU%u answered after %lld ns\n", cpu, (long long)(seen[cpu] - before));
}

static void dump_registers_here(void *data)
{
	arch_dump_registers();
}

/* One CPU after another, so that their lines do not mix. */
static void key_registers(unsigned char key)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		cpumask_t one = cpumask_of(cpu);

		on_selected_cpus(&one, dump_registers_here, NULL);
	}
}

static void key_audit(unsigned char key)
{
	unsigned int breaches = page_type_audit_breathing(true, keyhandler_breathe);

	printk("Page-type audit: %u breaches\n", breaches);
}

void keyhandlers_init(void)
{
	keyhandler_register('h', key_help, "show this list");
	keyhandler_register('R', key_reboot, "reboot the machine");
	keyhandler_register('t', key_time, "show system time on each CPU");
	keyhandler_register('d', key_registers, "dump each CPU's guest registers");
	keyhandler_register('q', dump_domains, "show domains and their vCPUs");
	keyhandler_register('e', dump_event_channels, "show event channels");
	keyhandler_register('m', dump_memory, "show free memory and the hypervisor's own objects");
	keyhandler_register('g', dump_grant_tables, "show grant tables");
	keyhandler_register('E', dump_error_traces, "show where errors were last born");
	keyhandler_register('H', dump_hypercall_counts, "show hypercall counters");
	latency_init();
	keyhandler_register('O', key_audit, "audit the page types of all frames");
}
