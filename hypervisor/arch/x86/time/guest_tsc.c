/* SPDX-License-Identifier: MIT */
/*
 * The time stamp counters of guests: the CPU's own, moved by an offset for hardware-virtualized ones, or emulated.
 *
 * An emulated one counts at the guest's rate, whatever the CPU's is: system time, moved and scaled. It is emulated by
 * request, or by default if the guest comes from a machine of another rate; the rates that machines measure of
 * themselves differ a little from boot to boot, and so much is no other rate. RDTSCP emulation of old PVs (mode 3) is
 * gone as in 4.17.
 *
 * LIMITS: a CPU that can scale its TSC for guests is not asked to, so a guest that was moved traps at each RDTSC.
 */
#include <hv/domain.h>
#include <asm/hvm/hvm.h>
#include <asm/msr.h>
#include <asm/time.h>
#include <public/domctl.h>

enum { TSC_MODE_DEFAULT, TSC_MODE_ALWAYS_EMULATE, TSC_MODE_NEVER_EMULATE }; /* xen_domctl_tsc_info.tsc_mode */

#define TOLERANCE_PPM 250 /* half of what guests' own time keeping corrects */

/* A CPU's clock record may be older than the guest: before it began the counter was below 0. */
uint64_t guest_tsc_at(const struct domain *d, s_time_t when)
{
	s_time_t ns = (s_time_t)((uint64_t)when + d->arch.vtsc_offset);

	return ns < 0 ? -time_scale_apply(-(uint64_t)ns, d->arch.ns_to_vtsc) : time_scale_apply((uint64_t)ns, d->arch.ns_to_vtsc);
}

uint64_t guest_tsc(const struct vcpu *v)
{
	if (v->domain->arch.vtsc)
		return guest_tsc_at(v->domain, NOW());
	return rdtsc() + (is_hvm_vcpu(v) ? v->arch.hvm->tsc_offset : 0);
}

uint64_t guest_tsc_khz(const struct vcpu *v)
{
	const struct arch_domain *a = &v->domain->arch;
	uint64_t khz = a->vtsc ? a->tsc_khz : cpu_khz;

	return khz ? khz : 1;
}

static bool is_other_rate(uint32_t khz)
{
	uint64_t apart = khz > cpu_khz ? khz - cpu_khz : cpu_khz - khz;

	return khz && apart * 1000000 > cpu_khz * TOLERANCE_PPM;
}

int guest_tsc_set(struct domain *d, const struct xen_domctl_tsc_info *info)
{
	struct arch_domain *a = &d->arch;
	struct vcpu *v;

	if (info->tsc_mode > TSC_MODE_NEVER_EMULATE)
		return trace_err(-EOPNOTSUPP);
	a->vtsc = info->tsc_mode == TSC_MODE_ALWAYS_EMULATE || (info->tsc_mode == TSC_MODE_DEFAULT && is_other_rate(info->gtsc_khz));
	a->tsc_mode = info->tsc_mode;
	a->tsc_khz = info->gtsc_khz ? info->gtsc_khz : (uint32_t)cpu_khz;
	a->tsc_incarnation = info->incarnation;
	a->vtsc_offset = info->elapsed_nsec - (uint64_t)NOW();
	a->vtsc_to_ns = time_scale_make(max(a->tsc_khz, 1u) * 1000ull, 1000000000);
	a->ns_to_vtsc = time_scale_make(1000000000, max(a->tsc_khz, 1u) * 1000ull);
	for_each_vcpu(d, v) {
		v->arch.time_version = 0;
		if (is_hvm_vcpu(v))
			hvm_vendor->update_tsc(v);
	}
	return 0;
}

/* What a counter that runs free has counted becomes time, too: on a machine of another rate it goes on from there. */
void guest_tsc_get(struct domain *d, struct xen_domctl_tsc_info *info)
{
	const struct arch_domain *a = &d->arch;

	info->tsc_mode = a->tsc_mode;
	info->gtsc_khz = a->tsc_khz ? a->tsc_khz : (uint32_t)cpu_khz;
	info->incarnation = a->tsc_incarnation;
	info->elapsed_nsec = (uint64_t)NOW() + a->vtsc_offset;
	if (!a->vtsc && d->max_vcpus && d->vcpu[0])
		info->elapsed_nsec = time_scale_apply(guest_tsc(d->vcpu[0]), time_scale_make(guest_tsc_khz(d->vcpu[0]) * 1000, 1000000000));
}
