/* SPDX-License-Identifier: MIT */
/* Private to arch/x86: pieces of time keeping. Common face: hv/time.h. Code: arch/x86/time. */
#ifndef ASM_TIME_H
#define ASM_TIME_H

#include <hv/time.h>

struct domain;
struct vcpu;
struct xen_domctl_tsc_info;

/* All CPUs' TSCs tick together at one constant rate. Final once smp_boot_all() is done. */
extern bool tsc_reliable;
extern uint64_t tsc_hz;

/* Busy waits; usable once time_init() has run. */
void udelay(uint64_t us);
/* The TSC value at system time `when` on this CPU; never 0, small if in the past. */
uint64_t stime_to_tsc(s_time_t when);
/* Starts periodic calibration on every online CPU, if the TSC needs it. After timers_init(). */
void time_start_calibration(void);
/* Compares this CPU's TSC with another's; both call it at the same time during bring-up. */
void tsc_check_sync_source(void);
void tsc_check_sync_target(void);

/*
 * guest_tsc.c. What v reads now (v is current or does not run), and its rate, never 0; what an emulated one is at a
 * time, and what another is, but for its vCPU's offset, at a value of the CPU's. set, get: XEN_DOMCTL_*ettscinfo, of a
 * domain that does not run; -EOPNOTSUPP: no such mode.
 */
uint64_t guest_tsc(const struct vcpu *v);
uint64_t guest_tsc_khz(const struct vcpu *v);
uint64_t guest_tsc_at(const struct domain *d, s_time_t when);
uint64_t guest_tsc_scaled(const struct domain *d, uint64_t host_tsc);
int guest_tsc_set(struct domain *d, const struct xen_domctl_tsc_info *info);
void guest_tsc_get(struct domain *d, struct xen_domctl_tsc_info *info);

uint64_t rtc_read_seconds(uint8_t century_index); /* CMOS clock as seconds since 1970, UTC */
void wallclock_init(void);
uint64_t wallclock_now(uint32_t *nsec); /* seconds since 1970, UTC, and the rest */

#endif
