/* SPDX-License-Identifier: MIT */
/*
 * The time stamp counters of guests: the CPU's own, for hardware-virtualized ones scaled and moved by an offset, or
 * emulated.
 *
 * A guest that comes from a machine of another rate keeps its own: the CPU scales its counter for it, if all CPUs can and
 * count together, and else RDTSC is emulated, as it is on request. The rates that machines measure of themselves differ
 * a little from boot to boot, and so much is no other rate. An emulated counter is system time, moved and scaled.
 * RDTSCP emulation of old PVs (mode 3) is gone as in 4.17.
 *
 * LIMITS: no CPU scales its TSC for PV guests: one that was moved traps at each RDTSC.
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

uint64_t guest_tsc_scaled(const struct domain *d, uint64_t host_tsc)
{
	return is_hvm_domain(d) ? tsc_ratio_apply(d->arch.hvm->tsc_ratio, host_tsc) : host_tsc;
}

uint64_t guest_tsc(const struct vcpu *v)
{
	if (v->domain->arch.vtsc)
		return guest_tsc_at(v->domain, NOW());
	return guest_tsc_scaled(v->domain, rdtsc()) + (is_hvm_vcpu(v) ? v->arch.hvm->tsc_offset : 0);
}

static bool is_scaled(const struct domain *d)
{
	return is_hvm_domain(d) && d->arch.hvm->tsc_ratio.value;
}

uint64_t guest_tsc_khz(const struct vcpu *v)
{
	const struct arch_domain *a = &v->domain->arch;
	uint64_t khz = a->vtsc || is_scaled(v->domain) ? a->tsc_khz : cpu_khz;

	return khz ? khz : 1;
}

static bool is_other_rate(uint32_t khz)
{
	uint64_t apart = khz > cpu_khz ? khz - cpu_khz : cpu_khz - khz;

	return khz && apart * 1000000 > cpu_khz * TOLERANCE_PPM;
}

/* None: the CPUs cannot do it for this guest. Counters that differ would show through; emulated, they do not. */
static struct tsc_ratio ratio_for(const struct domain *d, uint32_t khz)
{
	const struct tsc_ratio_format *f = NULL;

	if (is_hvm_domain(d) && tsc_reliable && hvm_vendor->tsc_ratio_format)
		f = hvm_vendor->tsc_ratio_format();
	return f ? tsc_ratio_make(f, khz, cpu_khz) : (struct tsc_ratio){ 0 };
}

static void choose_means(struct domain *d, const struct xen_domctl_tsc_info *info)
{
	bool other_rate = info->tsc_mode == TSC_MODE_DEFAULT && is_other_rate(info->gtsc_khz);
	struct tsc_ratio ratio = { 0 };

	if (other_rate)
		ratio = ratio_for(d, info->gtsc_khz);
	if (is_hvm_domain(d))
		d->arch.hvm->tsc_ratio = ratio;
	d->arch.vtsc = info->tsc_mode == TSC_MODE_ALWAYS_EMULATE || (other_rate && !ratio.value);
}

/* A counter that is not emulated goes on from where it is. */
int guest_tsc_set(struct domain *d, const struct xen_domctl_tsc_info *info)
{
	struct arch_domain *a = &d->arch;
	uint64_t host_tsc = rdtsc(), before = a->vtsc ? guest_tsc_at(d, NOW()) : guest_tsc_scaled(d, host_tsc);
	bool was_emulated = a->vtsc;
	struct vcpu *v;

	if (info->tsc_mode > TSC_MODE_NEVER_EMULATE)
		return trace_err(-EOPNOTSUPP);
	choose_means(d, info);
	a->tsc_mode = info->tsc_mode;
	a->tsc_khz = info->gtsc_khz ? info->gtsc_khz : (uint32_t)cpu_khz;
	a->tsc_incarnation = info->incarnation;
	a->vtsc_offset = info->elapsed_nsec - (uint64_t)NOW();
	a->vtsc_to_ns = time_scale_make(max(a->tsc_khz, 1u) * 1000ull, 1000000000);
	a->ns_to_vtsc = time_scale_make(1000000000, max(a->tsc_khz, 1u) * 1000ull);
	for_each_vcpu(d, v) {
		v->arch.time_version = 0;
		if (!is_hvm_vcpu(v))
			continue;
		v->arch.hvm->tsc_offset = (was_emulated ? 0 : v->arch.hvm->tsc_offset) + before - guest_tsc_scaled(d, host_tsc);
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
