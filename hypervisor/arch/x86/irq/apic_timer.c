/* SPDX-License-Identifier: MIT */
/*
 * This CPU's one-shot timer interrupt: TSC deadline where the CPU has it, else the APIC's own counter.
 * The counter is 32 bits wide: an expiry further away than it reaches simply fires early, and the timer
 * code arms it again.
 */
#include <hv/time.h>
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/msr.h>
#include <asm/system.h>
#include <asm/time.h>
#include <asm/time_scale.h>

#include "apic_regs.h"

#define DIVIDE_BY_1 0xb
#define MEASURE_US  20000

static bool use_deadline;
static struct time_scale ns_to_count;

static bool cpu_has_deadline(void)
{
	uint32_t a, b, c, d;

	cpuid_count(1, 0, &a, &b, &c, &d);
	return c & (1u << 24);
}

static uint64_t measure_rate(void)
{
	uint64_t t0, t1;
	uint32_t left;

	apic_write(APIC_TIMER_DIV, DIVIDE_BY_1);
	apic_write(APIC_TIMER_INIT, ~0u);
	t0 = rdtsc_ordered();
	udelay(MEASURE_US);
	left = apic_read(APIC_TIMER_COUNT);
	t1 = rdtsc_ordered();
	apic_write(APIC_TIMER_INIT, 0);
	return (uint64_t)(~0u - left) * (tsc_hz / 1000) / (t1 - t0) * 1000;
}

void apic_timer_init(void)
{
	uint64_t hz;

	use_deadline = cpu_has_deadline();
	if (use_deadline) {
		printk("APIC timer: TSC deadline\n");
	} else {
		hz = measure_rate();
		if (hz < 100000)
			panic("the local APIC timer does not count");
		ns_to_count = time_scale_make(1000000000, hz);
		printk("APIC timer: %lu.%03lu MHz\n", hz / 1000000, hz / 1000 % 1000);
	}
	apic_timer_init_cpu();
}

void apic_timer_init_cpu(void)
{
	if (use_deadline) {
		apic_write(APIC_LVT_TIMER, LVT_DEADLINE | VECTOR_TIMER);
		/* An xAPIC write is a store: it must be done before the MSR is written. */
		__asm__ volatile("mfence; lfence" ::: "memory");
		return;
	}
	apic_write(APIC_TIMER_DIV, DIVIDE_BY_1);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
}

void arch_reprogram_timer(s_time_t when)
{
	s_time_t delta;
	uint64_t count;

	if (use_deadline) {
		wrmsr(MSR_TSC_DEADLINE, when == STIME_MAX ? 0 : stime_to_tsc(when));
		return;
	}
	if (when == STIME_MAX) {
		apic_write(APIC_TIMER_INIT, 0);
		return;
	}
	delta = when - NOW();
	/* A bound before scaling: hours would overflow nothing, but mean nothing to 32 bits either. */
	count = time_scale_apply(delta < 0 ? 0 : (uint64_t)min(delta, SECONDS(600)), ns_to_count) + 1;
	apic_write(APIC_TIMER_INIT, count > ~0u ? ~0u : (uint32_t)count);
}
