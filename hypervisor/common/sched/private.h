/* SPDX-License-Identifier: MIT */
/* Shared by common/sched only. */
#ifndef SCHED_PRIVATE_H
#define SCHED_PRIVATE_H

#include <hv/percpu.h>
#include <hv/spinlock.h>
#include <hv/timer.h>

struct runqueue {
	spinlock_t lock;
	struct vcpu *head; /* waiting, best first */
	struct vcpu *curr; /* running here */
	unsigned int nr;
	struct timer slice;
};
DECLARE_PER_CPU(struct runqueue, runqueue);

/* cap.c */
bool cap_exhausted(const struct vcpu *v);
void cap_burn(struct vcpu *v, s_time_t ran);
s_time_t cap_slice(const struct vcpu *v, s_time_t slice); /* how long v may run now, at most `slice` */
void cap_destroy(struct domain *d);

struct runqueue *lock_vcpu_queue(const struct vcpu *v, unsigned long *flags);
void startup_cpu_idle_loop(void);
void domains_init(void);
void sched_dump_init(void); /* dump.c: the debug key */

#endif
