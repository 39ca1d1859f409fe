/* SPDX-License-Identifier: MIT */
/* Time: the hypervisor's page says how the time stamp counter becomes nanoseconds. */
#include "kernel.h"

#include <xen/vcpu.h>

static uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static uint64_t scale(uint64_t ticks, uint32_t multiplier, int8_t shift)
{
	ticks = shift < 0 ? ticks >> -shift : ticks << shift;
	return (uint64_t)((unsigned __int128)ticks * multiplier >> 32);
}

/* Never back: whoever computes a difference must not get one below 0. */
uint64_t time_now(void)
{
	static uint64_t latest;
	const struct vcpu_time_info *time = &machine.shared_info->vcpu_info[0].time;
	uint32_t version;
	uint64_t now;

	do {
		/*
		 * Ordering: acquire, then a fence: the fields between two reads of the same even
		 * version.
		 */
		version = __atomic_load_n(&time->version, __ATOMIC_ACQUIRE);
		now = time->system_time + scale(read_tsc() - time->tsc_timestamp,
						time->tsc_to_system_mul, time->tsc_shift);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (version & 1 || version != __atomic_load_n(&time->version, __ATOMIC_RELAXED));
	if (now > latest)
		latest = now;
	return latest;
}

uint64_t time_of_day(void)
{
	const struct shared_info *shared = machine.shared_info;
	uint64_t seconds;
	uint32_t version;

	do {
		version = __atomic_load_n(&shared->wc_version, __ATOMIC_ACQUIRE);
		seconds = (uint64_t)shared->wc_sec_hi << 32 | shared->wc_sec;
		seconds += (shared->wc_nsec + time_now()) / TIME_S;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (version & 1 || version != __atomic_load_n(&shared->wc_version, __ATOMIC_RELAXED));
	return seconds;
}

uint64_t time_since_start(void)
{
	struct vcpu_runstate_info state = { 0 };

	if (CALL3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, &state))
		return 0;
	return state.time[RUNSTATE_running] + state.time[RUNSTATE_runnable] +
	       state.time[RUNSTATE_blocked];
}
