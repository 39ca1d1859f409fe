/* SPDX-License-Identifier: MIT */
/* Private to arch/x86/time. */
#ifndef TIME_INTERNAL_H
#define TIME_INTERNAL_H

#include <hv/percpu.h>
#include <asm/time.h>
#include <asm/time_scale.h>

/*
 * A CPU's clock: system time was `stime` when its TSC was `tsc`. Written by its own CPU with interrupts
 * off, so that its own readers always see it whole; nobody else reads it after bring-up.
 */
struct cpu_time {
	uint64_t tsc;
	s_time_t stime;
	struct time_scale scale, inverse; /* TSC ticks to ns, and back */
	uint32_t version;	 /* unique among all CPUs' records: one guest copy matches one record */
	/* last calibration */
	uint64_t master_tsc;
	s_time_t master_stime;
};
DECLARE_PER_CPU(struct cpu_time, cpu_time);
uint32_t cpu_time_new_version(void);

/* A counter of known rate that every CPU reads alike. */
struct platform_timer {
	const char *name;
	uint64_t hz;
	uint64_t mask; /* the counter's width */
	bool (*init)(struct platform_timer *t);
	uint64_t (*read)(void);
};
/* The best one that really counts, or NULL. */
struct platform_timer *platform_timer_choose(void);
/* TSC ticks per second against t; 0: t does not count. */
uint64_t platform_timer_measure_tsc(const struct platform_timer *t);
/* System time by the platform timer; must be read more often than it wraps. */
s_time_t platform_stime(void);
/* The same with the TSC it belongs to, by the tightest of some reads. Interrupts off. */
s_time_t platform_stime_pair(uint64_t *tsc);
void platform_stime_start(struct platform_timer *t);

#endif
