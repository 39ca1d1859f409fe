/* SPDX-License-Identifier: MIT */
/* The guest's time stamp counter, for the local APIC's deadline timer. */
#include <asm/msr.h>
#include <asm/time.h>
#include "vlapic_internal.h"

/* An emulated TSC counts nanoseconds. */
uint64_t vlapic_guest_tsc(const struct vcpu *v)
{
	const struct arch_domain *arch = &v->domain->arch;

	return arch->vtsc ? (uint64_t)NOW() + arch->vtsc_offset : rdtsc() + v->arch.hvm->tsc_offset;
}

uint64_t vlapic_guest_tsc_khz(const struct vcpu *v)
{
	return v->domain->arch.vtsc ? 1000000 : cpu_khz ? cpu_khz : 1;
}
