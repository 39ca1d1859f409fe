/* SPDX-License-Identifier: MIT */
/* See fake_cpus.h. A CPU's data is a copy of the program's whole .bss, at a distance the macros add. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <hv/keyhandler.h>
#include <hv/smp.h>
#include "fake_cpus.h"

extern char __bss_start[], _end[];

__thread struct cpu_info fake_cpu;
unsigned long per_cpu_offset[NR_CPUS];
cpumask_t cpu_online_map;
s_time_t fake_now;
bool fake_real_time;
s_time_t fake_deadline[NR_CPUS];
unsigned long fake_checks[NR_CPUS];
static struct vcpu *running[NR_CPUS];
static char *area[NR_CPUS];

void fake_cpus_init(unsigned int nr)
{
	size_t size = (size_t)(_end - __bss_start);

	cpumask_zero(&cpu_online_map);
	for (unsigned int cpu = 0; cpu < nr; cpu++) {
		if (!area[cpu])
			area[cpu] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(area[cpu], 0, size);
		per_cpu_offset[cpu] = (unsigned long)area[cpu] - (unsigned long)__bss_start;
		cpumask_set(&cpu_online_map, cpu);
		fake_deadline[cpu] = STIME_MAX;
		running[cpu] = NULL;
	}
	fake_now = 0;
	fake_cpu = (struct cpu_info){ .processor_id = 0 };
	fake_be_cpu(0);
}

void fake_be_cpu(unsigned int cpu)
{
	if (fake_cpu.current_vcpu) /* else this thread has been no CPU yet */
		running[fake_cpu.processor_id] = fake_cpu.current_vcpu;
	fake_cpu.processor_id = cpu;
	fake_cpu.per_cpu_offset = per_cpu_offset[cpu];
	fake_cpu.current_vcpu = running[cpu];
}

s_time_t NOW(void)
{
	struct timespec t;

	if (!fake_real_time)
		return fake_now;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

void arch_reprogram_timer(s_time_t when)
{
	__atomic_store_n(&fake_deadline[smp_processor_id()], when, __ATOMIC_RELAXED);
}

void smp_send_event_check_cpu(unsigned int cpu)
{
	__atomic_fetch_add(&fake_checks[cpu], 1, __ATOMIC_SEQ_CST);
}

void keyhandler_register(char key, void (*fn)(unsigned char key), const char *help)
{
}

void bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "bug at %s:%d: %s\n", file, line, what);
	abort();
}

void panic(const char *fmt, ...)
{
	fprintf(stderr, "panic: %s\n", fmt);
	abort();
}
