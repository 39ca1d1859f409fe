/* SPDX-License-Identifier: MIT */
/*
 * What CPUID tells a PV guest: its domain's policy, which is the host's answer through a mask of what works
 * in ring 3 under us, or what the toolstack made of that; plus the hypervisor leaves at 0x40000000. A PV
 * kernel asks by the forced-emulation prefix; its user mode executes CPUID itself and sees the host.
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>
#include <asm/current.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <public/arch-x86/cpuid.h>

#define B(n) (1u << (n))
struct policy_mask {
	uint32_t f1c, f1d, f7b, f7c, f7d, e1c, e1d;
	uint32_t f1c_always; /* shown whether the CPU has them or not */
};

/* Leaf 1 ECX: SSE3 PCLMULQDQ SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND */
#define PV_1C (B(0) | B(1) | B(9) | B(12) | B(13) | B(19) | B(20) | B(22) | B(23) | B(25) | B(26) | B(28) | \
	       B(29) | B(30))
/* Leaf 1 EDX: FPU DE TSC MSR PAE MCE CX8 APIC MCA CMOV PAT CLFLUSH ACPI MMX FXSR SSE SSE2 HTT */
#define PV_1D (B(0) | B(2) | B(4) | B(5) | B(6) | B(7) | B(8) | B(9) | B(14) | B(15) | B(16) | B(19) | \
	       B(22) | B(23) | B(24) | B(25) | B(26) | B(28))
/* Leaf 7 EBX: FSGSBASE BMI1 AVX2 BMI2 ERMS AVX512F/DQ RDSEED ADX IFMA CLFLUSHOPT CLWB CD SHA BW VL */
#define PV_7B (B(0) | B(3) | B(5) | B(8) | B(9) | B(16) | B(17) | B(18) | B(19) | B(21) | B(23) | B(24) | \
	       B(28) | B(29) | B(30) | B(31))
/* Leaf 7 ECX: VBMI VBMI2 GFNI VAES VPCLMUL VNNI BITALG VPOPCNTDQ RDPID */
#define PV_7C (B(1) | B(6) | B(8) | B(9) | B(10) | B(11) | B(12) | B(14) | B(22))
/* Leaf 7 EDX: 4VNNIW 4FMAPS FSRM MD_CLEAR */
#define PV_7D (B(2) | B(3) | B(4) | B(10))
/* 0x80000001 ECX: LAHF CMP_LEGACY ABM SSE4A MISALIGNSSE PREFETCHW XOP FMA4 TBM */
#define PV_E1C (B(0) | B(1) | B(5) | B(6) | B(7) | B(8) | B(11) | B(16) | B(21))
/* 0x80000001 EDX: SYSCALL NX MMXEXT FXSR.. RDTSCP LM 3DNOW, and AMD's copy of leaf 1 */
#define PV_E1D (B(11) | B(20) | B(22) | B(27) | B(29) | B(30) | B(31))
static const struct policy_mask pv_mask = { PV_1C, PV_1D, PV_7B, PV_7C, PV_7D, PV_E1C, PV_E1D, B(31) };

/* A guest with a CPU of its own adds PCID X2APIC TSC_DEADLINE; VME PSE SEP MTRR PGE PSE36; SMEP INVPCID SMAP;
 * UMIP; 1 GiB pages RDTSCP. An x2APIC it has on any CPU. */
static const struct policy_mask hvm_mask = {
	.f1c = PV_1C | B(17) | B(24),
	.f1d = PV_1D | B(1) | B(3) | B(11) | B(12) | B(13) | B(17),
	.f7b = PV_7B | B(7) | B(10) | B(20),
	.f7c = PV_7C | B(2),
	.f7d = PV_7D,
	.e1c = PV_E1C,
	.e1d = PV_E1D | B(26),
	.f1c_always = B(21) | B(31),
};
#define AMD_COMMON_1D 0x0183f3ffu

/* ---- what a policy shows: the host's leaves through the masks ---- */

static void zero(uint32_t r[4])
{
	r[0] = r[1] = r[2] = r[3] = 0;
}

/* Components this CPU and the hypervisor can keep. The size is what the guest's XCR0 can make it. */
static void mask_xstate(uint32_t subleaf, uint32_t r[4])
{
	if (!xstate_size) {
		zero(r);
	} else if (subleaf == 0) {
		r[0] = (uint32_t)xstate_mask;
		r[1] = r[2] = xstate_size;
		r[3] = (uint32_t)(xstate_mask >> 32);
	} else if (subleaf == 1) {
		r[0] &= 7; /* XSAVEOPT XSAVEC XGETBV1; supervisor states are not offered */
		r[1] = r[2] = r[3] = 0;
	} else if (subleaf >= 63 || !((xstate_mask >> subleaf) & 1)) {
		zero(r);
	}
}

static void mask_basic(const struct policy_mask *m, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	switch (leaf) {
	case 0:
		r[0] = min(r[0], (uint32_t)CPUID_MAX_BASIC);
		break;
	case 1:
		r[1] &= 0x0000ffff; /* the rest is the vCPU's own */
		r[2] = (r[2] & m->f1c & ~B(27)) | m->f1c_always;
		r[3] &= m->f1d;
		break;
	case 2: /* caches */
	case 4:
		break;
	case 7:
		r[0] = 0;
		r[1] &= m->f7b;
		r[2] &= m->f7c;
		r[3] &= m->f7d;
		break;
	case 0xd:
		mask_xstate(subleaf, r);
		break;
	default:
		zero(r);
		break;
	}
}

static void mask_extended(const struct policy_mask *m, uint32_t leaf, uint32_t r[4])
{
	switch (leaf) {
	case 0x80000000:
		r[0] = min(r[0], (uint32_t)CPUID_MAX_EXTENDED);
		break;
	case 0x80000001:
		r[2] &= m->e1c;
		r[3] &= m->e1d | (host_cpu.vendor == CPU_VENDOR_INTEL ? 0 : (m->f1d & AMD_COMMON_1D));
		break;
	case 0x80000002 ... 0x80000006:
		break;
	case 0x80000007:
		r[0] = r[1] = r[2] = 0;
		r[3] &= B(8);
		break;
	case 0x80000008:
		r[0] = (r[0] & ~0xff00u) | min(r[0] >> 8 & 0xff, 48u) << 8; /* no five-level paging */
		/* CLZERO; IBPB alone, which is a command without state, under AMD's name on any CPU. */
		r[1] = (r[1] & B(0)) | (cpu_has_ibpb ? B(12) : 0);
		r[3] = 0;
		break;
	default:
		zero(r);
		break;
	}
}

/* ---- policies ---- */

static void add_entry(struct cpu_policy *p, uint32_t leaf, uint32_t subleaf, const uint32_t r[4])
{
	BUG_ON(p->nr == CPU_POLICY_LEAVES);
	p->entry[p->nr++] = (struct cpuid_entry){ leaf, subleaf, { r[0], r[1], r[2], r[3] } };
}

static void add_basic(struct cpu_policy *p, uint32_t leaf, uint32_t subleaf, const struct policy_mask *guest)
{
	uint32_t r[4];

	cpuid_count(leaf, subleaf == CPUID_NO_SUBLEAF ? 0 : subleaf, &r[0], &r[1], &r[2], &r[3]);
	if (guest)
		mask_basic(guest, leaf, subleaf, r);
	add_entry(p, leaf, subleaf, r);
}

/* Cache leaves go on until one says there is no more. */
static void add_caches(struct cpu_policy *p, const struct policy_mask *guest)
{
	for (uint32_t i = 0; i < 6; i++) {
		add_basic(p, 4, i, guest);
		if (!(p->entry[p->nr - 1].r[0] & 31))
			break;
	}
}

static void add_xstates(struct cpu_policy *p, const struct policy_mask *guest)
{
	add_basic(p, 0xd, 0, guest);
	add_basic(p, 0xd, 1, guest);
	for (uint32_t i = 2; i < 63; i++)
		if ((xstate_mask >> i) & 1)
			add_basic(p, 0xd, i, guest);
}

static void build(struct cpu_policy *p, const struct policy_mask *guest)
{
	uint32_t max = min(host_cpu.max_leaf, (uint32_t)CPUID_MAX_BASIC), r[4];
	uint32_t max_ext = min(host_cpu.max_ext_leaf, (uint32_t)CPUID_MAX_EXTENDED);

	p->nr = 0;
	for (uint32_t leaf = 0; leaf <= max; leaf++) {
		if (leaf == 4)
			add_caches(p, guest);
		else if (leaf == 7)
			add_basic(p, 7, 0, guest);
		else if (leaf == 0xb)
			for (uint32_t i = 0; i < 2; i++)
				add_basic(p, leaf, i, guest);
		else if (leaf == 0xd)
			add_xstates(p, guest);
		else
			add_basic(p, leaf, CPUID_NO_SUBLEAF, guest);
	}
	for (uint32_t leaf = 0x80000000; leaf <= max_ext; leaf++) {
		cpuid_count(leaf, 0, &r[0], &r[1], &r[2], &r[3]);
		if (guest)
			mask_extended(guest, leaf, r);
		add_entry(p, leaf, CPUID_NO_SUBLEAF, r);
	}
}

void cpu_policy_host(struct cpu_policy *p)
{
	build(p, NULL);
}

void cpu_policy_pv(struct cpu_policy *p)
{
	build(p, &pv_mask);
}

void cpu_policy_hvm(struct cpu_policy *p)
{
	build(p, &hvm_mask);
}

int cpu_policy_domain_init(struct domain *d, void (*most)(struct cpu_policy *))
{
	d->arch.cpuid = xzalloc(struct cpu_policy);
	if (!d->arch.cpuid)
		return -ENOMEM;
	most(d->arch.cpuid);
	return 0;
}

/* ---- what a vCPU sees ---- */

/* What depends on the vCPU and on what it has done. */
static void dynamic(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	if (leaf == 0xd && subleaf < 2 && cpu_policy_xcr0(v->domain->arch.cpuid))
		r[1] = cpu_policy_xsave_bytes(v->domain->arch.cpuid, v->arch.xcr0, subleaf == 1);
	if (is_hvm_vcpu(v)) {
		if (leaf == 0xb)
			r[3] = hvm_apic_id(v);
		if (leaf != 1)
			return;
		r[1] = (r[1] & 0x00ffffff) | hvm_apic_id(v) << 24;
		if ((r[2] & B(26)) && (hvm_vendor->get_cr(v, 4) & X86_CR4_OSXSAVE))
			r[2] |= B(27);
		return;
	}
	if (leaf != 1)
		return;
	r[1] = (r[1] & 0x0000ffff) | (v->domain->max_vcpus & 0xff) << 16 | v->vcpu_id << 24;
	/*
	 * OSXSAVE mirrors CR4. A PV kernel, which runs on the hypervisor's CR4, looks for both bits before
	 * it has set its own, and gives XSAVE up if one is missing.
	 */
	if ((r[2] & B(26)) && (v->arch.pv.kernel_mode || (v->arch.pv.ctrlreg[4] & X86_CR4_OSXSAVE)))
		r[2] |= B(27);
}

static void tsc_leaf(struct vcpu *v, uint32_t subleaf, uint32_t r[4])
{
	const struct arch_domain *a = &v->domain->arch;

	zero(r);
	if (subleaf == 0) {
		r[0] = (a->vtsc ? 1u : 0) | (cpu_has_invariant_tsc ? 2u : 0) | (cpu_has_rdtscp ? 4u : 0);
		r[1] = a->tsc_mode;
		r[2] = a->tsc_khz;
		r[3] = a->tsc_incarnation;
	} else if (subleaf == 2) {
		r[0] = (uint32_t)cpu_khz;
	}
}

static void hypervisor_leaf(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	zero(r);
	switch (leaf) {
	case 0x40000000:
		r[0] = 0x40000005;
		r[1] = XEN_CPUID_SIGNATURE_EBX;
		r[2] = XEN_CPUID_SIGNATURE_ECX;
		r[3] = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 0x40000001:
		r[0] = (4u << 16) | 17;
		break;
	case 0x40000002:
		r[0] = 1;
		r[1] = 0x40000000;
		r[2] = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	case 0x40000003:
		tsc_leaf(v, subleaf, r);
		break;
	case 0x40000004:
		if (!is_hvm_vcpu(v))
			break;
		r[0] = XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT | XEN_HVM_CPUID_UPCALL_VECTOR;
		r[1] = v->vcpu_id;
		r[2] = v->domain->domain_id;
		break;
	case 0x40000005:
		if (is_hvm_vcpu(v))
			break;
		r[1] = 64 - (uint32_t)__builtin_clzll(max_page - 1) + PAGE_SHIFT;
		break;
	}
}

/* The same, above Windows' hypervisor's. */
static void moved_hypervisor_leaf(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	hypervisor_leaf(v, leaf - XEN_LEAVES_MOVE, subleaf, r);
	if (leaf == 0x40000000 + XEN_LEAVES_MOVE)
		r[0] += XEN_LEAVES_MOVE;
	else if (leaf == 0x40000002 + XEN_LEAVES_MOVE)
		r[1] = MSR_XEN_PAGE_MOVED;
}

void guest_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	const struct cpuid_entry *e;

	if (leaf >= 0x40000000 && leaf < 0x40010000) {
		if (likely(!viridian_features(v->domain)))
			hypervisor_leaf(v, leaf, subleaf, r);
		else if (leaf < 0x40000000 + XEN_LEAVES_MOVE)
			viridian_cpuid(v, leaf, r);
		else
			moved_hypervisor_leaf(v, leaf, subleaf, r);
		return;
	}
	e = cpu_policy_find(v->domain->arch.cpuid, leaf, subleaf);
	if (!e || !cpu_policy_shows(v->domain->arch.cpuid, leaf)) {
		zero(r);
		return;
	}
	memcpy(r, e->r, sizeof(e->r));
	dynamic(v, leaf, subleaf, r);
}

/* Bits a PV guest may choose itself; of the rest it sees what is set for it. */
#define PV_CR4_GUEST (X86_CR4_TSD | X86_CR4_DE | X86_CR4_FSGSBASE | X86_CR4_OSXSAVE)
#define PV_CR4_FIXED (X86_CR4_PAE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

uint64_t pv_fix_guest_cr4(struct vcpu *v, uint64_t cr4)
{
	uint64_t allowed = X86_CR4_TSD | X86_CR4_DE;

	if (cpu_has(f7b, 0))
		allowed |= X86_CR4_FSGSBASE;
	if (xstate_size)
		allowed |= X86_CR4_OSXSAVE;
	return (cr4 & allowed & PV_CR4_GUEST) | PV_CR4_FIXED;
}

void pv_load_guest_cr4(struct vcpu *v)
{
	struct cpu_info *ci = get_cpu_info();
	unsigned long want = (ci->cr4 & ~(X86_CR4_TSD | X86_CR4_FSGSBASE)) | X86_CR4_PGE |
			     (v->arch.pv.ctrlreg[4] & (X86_CR4_TSD | X86_CR4_FSGSBASE));

	if (v->domain->arch.vtsc)
		want |= X86_CR4_TSD;
	if (v->domain->arch.xpti) /* nothing of the full table outlives a change of CR3 */
		want &= ~X86_CR4_PGE;
	if (want != ci->cr4) {
		ci->cr4 = want;
		write_cr4(want);
	}
}

uint8_t pv_frame_mode(const struct cpu_user_regs *regs)
{
	uint32_t ar = 0;

	if (regs->cs == RING3_CS64)
		return 64;
	__asm__("lar %1, %0" : "+r"(ar) : "r"((uint32_t)regs->cs) : "cc");
	if (ar & B(21))
		return 64;
	return ar & B(22) ? 32 : 16;
}
