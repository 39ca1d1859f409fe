/* SPDX-License-Identifier: MIT */
/*
 * Several CPUs for tests of common code with per-CPU data. Either one thread plays all of them in turn
 * (fake_be_cpu()), in a time it sets itself, or each is a thread (call fake_be_cpu() once in each). Needs
 * -fno-sanitize=object-size: per-CPU addresses lie outside the variables they are computed from.
 */
#ifndef FAKE_CPUS_H
#define FAKE_CPUS_H

#include <hv/percpu.h>
#include <hv/time.h>

extern s_time_t fake_now;		    /* what NOW() says, unless... */
extern bool fake_real_time;		    /* ...this is set: then it is the host's clock */
extern s_time_t fake_deadline[NR_CPUS];	    /* what arch_reprogram_timer() was last told */
extern unsigned long fake_checks[NR_CPUS];  /* calls of smp_send_event_check_cpu() */

void fake_cpus_init(unsigned int nr); /* fresh, zeroed per-CPU data each time */
void fake_be_cpu(unsigned int cpu);

#endif
