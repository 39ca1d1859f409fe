/* SPDX-License-Identifier: MIT */
/* Which parts of Windows' own interface a guest can have, and how its CPUID tells of them; asm/hvm/viridian.h. */
#include <hv/string.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/viridian.h>

#define OFFERED                                                                                                        \
	(HVMPV_base_freq | HVMPV_no_freq | HVMPV_time_ref_count | HVMPV_reference_tsc | HVMPV_apic_assist |            \
	 HVMPV_crash_ctl | HVMPV_no_vp_limit | HVMPV_cpu_hotplug)

/* Of CPUID 0x40000003: what the guest may use. */
#define MAY_REF_COUNT	  (1u << 1)
#define MAY_APIC_MSRS	  (1u << 4)
#define MAY_HYPERCALL	  (1u << 5)
#define MAY_VP_INDEX	  (1u << 6)
#define MAY_REFERENCE_TSC (1u << 9)
#define MAY_FREQUENCIES	  (1u << 11)
#define HAS_HOTPLUG	  (1u << 3)
#define HAS_FREQUENCIES	  (1u << 8)
#define HAS_CRASH	  (1u << 10)
/* Of 0x40000004: what it had better do. */
#define USE_APIC_MSRS	  (1u << 3)
#define USE_RELAXED_TIMER (1u << 5)
#define SPINS_BEFORE_CALL 2047u
/* Of 0x40000006: what the hypervisor uses. */
#define USES_MSR_BITMAPS   (1u << 1)
#define USES_NESTED_PAGING (1u << 3)

int viridian_check(uint64_t features)
{
	if (features & ~(uint64_t)HVMPV_feature_mask || (features && !(features & HVMPV_base_freq)))
		return trace_err(-EINVAL);
	return features & ~(uint64_t)OFFERED ? trace_err(-EOPNOTSUPP) : 0;
}

void viridian_cpuid(struct vcpu *v, uint32_t leaf, uint32_t r[4])
{
	uint64_t f = viridian_features(v->domain);

	memset(r, 0, 4 * sizeof(r[0]));
	switch (leaf) {
	case 0x40000000:
		r[0] = 0x40000006;
		r[1] = 0x7263694d; /* "Microsoft Hv" */
		r[2] = 0x666f736f;
		r[3] = 0x76482074;
		break;
	case 0x40000001:
		r[0] = 0x31237648; /* "Hv#1": this interface */
		break;
	case 0x40000002:
		if (!v->domain->arch.hvm->viridian.guest_os_id)
			break;
		r[0] = 0x1772; /* build, then version 6.0: what Windows Server 2008 R2 says */
		r[1] = 6u << 16;
		break;
	case 0x40000003:
		r[0] = MAY_APIC_MSRS | MAY_HYPERCALL | MAY_VP_INDEX | (f & HVMPV_no_freq ? 0 : MAY_FREQUENCIES) |
		       (f & HVMPV_time_ref_count ? MAY_REF_COUNT : 0) |
		       (f & HVMPV_reference_tsc ? MAY_REFERENCE_TSC : 0);
		r[3] = (f & HVMPV_no_freq ? 0 : HAS_FREQUENCIES) | (f & HVMPV_crash_ctl ? HAS_CRASH : 0) |
		       (f & HVMPV_cpu_hotplug ? HAS_HOTPLUG : 0);
		break;
	case 0x40000004:
		r[0] = USE_APIC_MSRS | USE_RELAXED_TIMER;
		r[1] = SPINS_BEFORE_CALL;
		break;
	case 0x40000005:
		r[0] = f & HVMPV_no_vp_limit ? v->domain->max_vcpus : 64;
		break;
	case 0x40000006:
		r[0] = USES_MSR_BITMAPS | USES_NESTED_PAGING;
		break;
	}
}
