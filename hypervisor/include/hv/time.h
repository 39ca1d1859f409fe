/* SPDX-License-Identifier: MIT */
/* System time: nanoseconds since boot, monotonic on every CPU. Source: arch/x86/time. */
#ifndef HV_TIME_H
#define HV_TIME_H

#include <hv/types.h>

struct vcpu;
struct domain;

#define SECONDS(s) ((s_time_t)((s) * 1000000000LL))
#define MILLISECS(ms) ((s_time_t)((ms) * 1000000LL))
#define MICROSECS(us) ((s_time_t)((us) * 1000LL))
#define STIME_MAX ((s_time_t)0x7fffffffffffffffLL)

s_time_t NOW(void);
/* Arms this CPU's one-shot timer interrupt for `when` (STIME_MAX: none). Called by common/timer. */
void arch_reprogram_timer(s_time_t when);
/* Refreshes v's vcpu_time_info (and its secondary copy) if the CPU's time record changed since the
 * last call; called on each switch to v and after calibration. v must be current or not running. */
void update_vcpu_system_time(struct vcpu *v);
/* Writes wc_sec/wc_nsec/wc_sec_hi (with wc_version protocol) into d's shared info. */
void update_domain_wallclock_time(struct domain *d);
/* XENPF_settime: system_time_base + wall clock; 0 or -EINVAL. */
int do_settime(uint64_t secs, uint32_t nsecs, uint64_t system_time_base);
void time_init(void);		/* BSP: calibrate, start the platform timer */
void time_init_secondary(void); /* each other CPU */
extern uint64_t cpu_khz;	/* TSC frequency */

#endif
