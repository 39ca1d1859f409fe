/* SPDX-License-Identifier: MIT */
/*
 * What CPUID tells a PV guest: the host's answer through a mask of what works in ring 3 under us, plus
 * the hypervisor leaves at 0x40000000. A PV kernel asks by the forced-emulation prefix; its user mode
 * executes CPUID itself and sees the host.
 */
#include <hv/domain.h>
#include <asm/cpu.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <public/arch-x86/cpuid.h>

#define B(n) (1u << (n))
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
#define AMD_COMMON_1D 0x0183f3ffu

static void basic_leaf1(struct vcpu *v, uint32_t r[4])
{
	r[1] = (r[1] & 0x00ffffff) | (v->vcpu_id << 24);
	r[2] = (r[2] & PV_1C) | B(31);
	if (v->arch.pv.ctrlreg[4] & X86_CR4_OSXSAVE)
		r[2] |= B(27);
	r[3] &= PV_1D;
}

static void leaf_xstate(struct vcpu *v, uint32_t subleaf, uint32_t r[4])
{
	if (!xstate_size) {
		r[0] = r[1] = r[2] = r[3] = 0;
		return;
	}
	if (subleaf == 0) {
		r[0] = (uint32_t)xstate_mask;
		r[2] = xstate_size;
		r[3] = (uint32_t)(xstate_mask >> 32);
	} else if (subleaf == 1) {
		r[0] &= 7; /* XSAVEOPT XSAVEC XGETBV1; supervisor states are not offered */
		r[2] = r[3] = 0;
	} else if (subleaf >= 63 || !((xstate_mask >> subleaf) & 1)) {
		r[0] = r[1] = r[2] = r[3] = 0;
	}
}

static void zero(uint32_t r[4])
{
	r[0] = r[1] = r[2] = r[3] = 0;
}

static void basic_leaf(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	switch (leaf) {
	case 0:
		if (r[0] > 0xd)
			r[0] = 0xd;
		break;
	case 1:
		basic_leaf1(v, r);
		break;
	case 2: /* caches */
	case 4:
		break;
	case 7:
		if (subleaf) {
			zero(r);
			break;
		}
		r[0] = 0;
		r[1] &= PV_7B;
		r[2] &= PV_7C;
		r[3] &= PV_7D;
		break;
	case 0xd:
		leaf_xstate(v, subleaf, r);
		break;
	default:
		zero(r);
		break;
	}
}

static void extended_leaf(uint32_t leaf, uint32_t r[4])
{
	switch (leaf) {
	case 0x80000000:
		if (r[0] > 0x80000008)
			r[0] = 0x80000008;
		break;
	case 0x80000001:
		r[2] &= PV_E1C;
		r[3] &= PV_E1D | (host_cpu.vendor == CPU_VENDOR_INTEL ? 0 : (PV_1D & AMD_COMMON_1D));
		break;
	case 0x80000002 ... 0x80000006:
		break;
	case 0x80000007:
		r[0] = r[1] = r[2] = 0;
		r[3] &= B(8);
		break;
	case 0x80000008:
		r[1] &= B(0);
		r[3] = 0;
		break;
	default:
		zero(r);
		break;
	}
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
	case 0x40000005:
		r[1] = 64 - (uint32_t)__builtin_clzll(max_page - 1) + PAGE_SHIFT;
		break;
	}
}

void guest_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	if (leaf >= 0x40000000 && leaf < 0x40010000) {
		hypervisor_leaf(v, leaf, subleaf, r);
		return;
	}
	cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3]);
	if (leaf >= 0x80000000 && leaf <= host_cpu.max_ext_leaf)
		extended_leaf(leaf, r);
	else if (leaf <= host_cpu.max_leaf)
		basic_leaf(v, leaf, subleaf, r);
	else
		zero(r);
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
	unsigned long want = (ci->cr4 & ~(X86_CR4_TSD | X86_CR4_FSGSBASE)) |
			     (v->arch.pv.ctrlreg[4] & (X86_CR4_TSD | X86_CR4_FSGSBASE));

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
