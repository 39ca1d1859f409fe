/* SPDX-License-Identifier: MIT */
/*
 * Timers: a heap per CPU. A timer fires once, in SOFTIRQ_TIMER on its CPU, with interrupts on.
 * All calls may be made from any CPU and from interrupt context, for a timer on any CPU.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/time.h>

struct timer {
	s_time_t expires; /* absolute system time */
	void (*fn)(void *data);
	void *data;
	uint32_t cpu;	      /* the heap it lives on; changes under that heap's lock */
	uint32_t heap_pos;    /* 1-based index in the heap; 0: inactive */
	uint32_t state;	      /* private to common/timer.c */
	uint32_t pad;
};

void timers_init(void);				    /* boot CPU; opens the softirq */
void timers_cpu_init(unsigned int cpu);		    /* before `cpu` is started */
void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu);
void set_timer(struct timer *t, s_time_t expires);  /* (re)arms; a past time fires at once */
void stop_timer(struct timer *t);		    /* it may still be running elsewhere */
void kill_timer(struct timer *t);		    /* stops for good, waits for a running handler */
void migrate_timer(struct timer *t, unsigned int cpu);
static inline bool timer_active(const struct timer *t)
{
	return __atomic_load_n(&t->heap_pos, __ATOMIC_RELAXED) != 0;
}
void timer_interrupt(void); /* called by the APIC timer handler: raises SOFTIRQ_TIMER */

#endif
