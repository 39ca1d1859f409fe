/* SPDX-License-Identifier: MIT */
/*
 * Timers: a heap per CPU. A timer fires once, in SOFTIRQ_TIMER on its CPU, with interrupts on.
 * All calls may be made from any CPU and from interrupt context, for a timer on any CPU; none allocates.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/lib.h>
#include <hv/time.h>

struct timer {
	s_time_t expires; /* absolute system time */
	void (*fn)(void *data);
	void *data;
	/* The heap: links of common/timer.c. guarded by: the lock of heap `cpu` */
	struct timer *child, *next, *prev;
	uint32_t cpu; /* whose heap it belongs to; changes with both heaps locked */
	bool active;  /* in the heap */
	bool dead;    /* killed: cannot be armed again */
};

void timers_init(void);				    /* boot CPU; opens the softirq */
void timers_cpu_init(unsigned int cpu);		    /* before `cpu` is started */
void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu);
void set_timer(struct timer *t, s_time_t expires);  /* (re)arms; a past time fires at once */
void stop_timer(struct timer *t);		    /* it may still be running elsewhere */
/* Stops for good and waits for a running handler, unless that is the caller; then t may be freed. No lock
 * that the handler takes may be held. */
void kill_timer(struct timer *t);
void migrate_timer(struct timer *t, unsigned int cpu);
static inline bool timer_active(const struct timer *t)
{
	return READ_ONCE(t->active);
}
void timer_interrupt(void); /* called by the APIC timer handler: raises SOFTIRQ_TIMER */

#endif
