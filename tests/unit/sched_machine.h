/* SPDX-License-Identifier: MIT */
/*
 * The scheduler on fake CPUs. Guests are vCPUs that run for a while, then block for a while; time jumps from
 * one event to the next. After each the whole state is checked: see sched_machine.c.
 */
#ifndef SCHED_MACHINE_H
#define SCHED_MACHINE_H

#include <hv/cpupool.h>
#include <hv/domain.h>
#include <hv/time.h>

#define MAX_DOMAINS 16

struct guest_vcpu {
	struct vcpu v;
	s_time_t runs_for, sleeps_for; /* per turn; sleeps_for 0: never blocks */
	s_time_t left;		       /* of this turn */
	s_time_t wakes_at;	       /* STIME_MAX: not by itself */
	s_time_t got_cpu_at;
	unsigned int on_cpu; /* 1 + where it runs, 0: nowhere; atomic */
	unsigned long turns, switches, moved_irqs;
	s_time_t shortest; /* time on a CPU before it was taken away though runnable and allowed there */
};

void machine_start(unsigned int nr_cpus);
void machine_be_caller(void); /* go on as a vCPU of no guest, on a CPU of no pool */
void machine_stop(void); /* all domains and all pools but the first are gone */
/* nr vCPUs that want to run forever; paused until machine_unpause(). */
struct domain *machine_domain(unsigned int nr_vcpus, uint16_t weight, unsigned int pool);
void machine_destroy(struct domain *d);
struct guest_vcpu *guest(const struct domain *d, unsigned int vcpu);
void machine_run(s_time_t duration);
void machine_settle(void); /* until no CPU has anything pending; then checks all */
s_time_t machine_time_of(struct domain *d); /* time its vCPUs have run in all */
unsigned int machine_domains(void);
struct domain *machine_nth_domain(unsigned int n);

#endif
