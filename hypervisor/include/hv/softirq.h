/* SPDX-License-Identifier: MIT */
/*
 * Soft interrupts: work an interrupt or another CPU asks a CPU to do before it next returns to a
 * guest or idles. Handlers run with interrupts enabled, no lock held, on the CPU's own stack.
 */
#ifndef HV_SOFTIRQ_H
#define HV_SOFTIRQ_H

#include <hv/percpu.h>

enum softirq { SOFTIRQ_TIMER, SOFTIRQ_SCHEDULE, SOFTIRQ_CONSOLE, SOFTIRQ_TIME_CALIBRATE, SOFTIRQ_SCRUB,
	       SOFTIRQ_FREE_DOMAINS, SOFTIRQ_MOVE_PIRQS, NR_SOFTIRQS };

DECLARE_PER_CPU(uint32_t, softirq_pending); /* bit per enum softirq; set atomically by anyone */

void open_softirq(enum softirq nr, void (*handler)(void));
void raise_softirq(enum softirq nr);			  /* on this CPU */
void cpu_raise_softirq(unsigned int cpu, enum softirq nr); /* on another: also kicks it by IPI */
/* From the handler of `mine` that takes long: what else is pending but a switch of vCPUs and idle work, and not `mine` once more. */
void softirq_serve_others(enum softirq mine);
void do_softirq(void);					  /* runs until none is pending */

static inline bool softirq_is_pending(void)
{
	return __atomic_load_n(&this_cpu(softirq_pending), __ATOMIC_RELAXED) != 0;
}

#endif
