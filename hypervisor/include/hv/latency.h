/* SPDX-License-Identifier: MIT */
/*
 * How long the hypervisor keeps a CPU to itself, measured by a build made for it (make latency=y) and printed
 * by debug key 'L', and when the machine stops: with interrupts off, with a lock held, in a hypercall from one point
 * where it may be interrupted to the next, in a soft interrupt. In any other build all of this is nothing. Code:
 * common/latency.c.
 */
#ifndef HV_LATENCY_H
#define HV_LATENCY_H

#include <hv/types.h>

#ifdef CONFIG_LATENCY
/* Where this is, for the report: addr2line -e build/boot/serai. */
#define LATENCY_HERE                                                                               \
	({                                                                                         \
		uint64_t ip_;                                                                      \
		__asm__ volatile("lea 0(%%rip), %0" : "=r"(ip_));                                  \
		ip_;                                                                               \
	})
void latency_irqs_off(uint64_t where); /* they have just gone off */
void latency_irqs_on(void);	       /* about to go on; no matter whether they are already */
void latency_locked(const void *lock, uint64_t where);
void latency_unlocking(const void *lock);
void latency_call_begins(void); /* by entry code, the call is in guest_regs */
void latency_call_point(uint64_t where);	/* it could be interrupted here */
void latency_call_ends(void);
void latency_softirq(unsigned int nr, uint64_t began);
uint64_t latency_now(void);
void latency_report(void); /* the machine is about to stop */
void latency_init(void);
#else
#define latency_irqs_off(where)	     ((void)0)
#define latency_irqs_on()	     ((void)0)
#define latency_locked(lock, where)  ((void)0)
#define latency_unlocking(lock)	     ((void)0)
#define latency_call_point(where)   ((void)0)
#define latency_softirq(nr, began)   ((void)(began))
#define latency_now()		     0
#define latency_report()	     ((void)0)
#define latency_init()		     ((void)0)
#endif

#endif
