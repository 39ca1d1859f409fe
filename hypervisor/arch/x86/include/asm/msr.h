/* SPDX-License-Identifier: MIT */
/* Model specific registers: numbers and access. rdmsr_safe/wrmsr_safe recover from #GP. */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#include <hv/lib.h>

#define MSR_TSC			0x00000010
#define MSR_APIC_BASE		0x0000001b
#define MSR_SPEC_CTRL		0x00000048
#define MSR_PRED_CMD		0x00000049
#define MSR_BIOS_SIGN_ID	0x0000008b
#define MSR_MTRRCAP		0x000000fe
#define MSR_ARCH_CAPABILITIES	0x0000010a
#define MSR_MCU_OPT_CTRL	0x00000123
#define MSR_SYSENTER_CS		0x00000174
#define MSR_SYSENTER_ESP	0x00000175
#define MSR_SYSENTER_EIP	0x00000176
#define MSR_MCG_CAP		0x00000179
#define MSR_MCG_STATUS		0x0000017a
#define MSR_MCG_CTL		0x0000017b
#define MSR_MISC_ENABLE		0x000001a0
#define MSR_DEBUGCTL		0x000001d9
#define MSR_PAT			0x00000277
#define MSR_MTRR_DEF_TYPE	0x000002ff
#define MSR_MC0_CTL		0x00000400
#define MSR_TSC_DEADLINE	0x000006e0
#define MSR_X2APIC_BASE		0x00000800
#define MSR_XSS			0x00000da0
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SFMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103

#define EFER_SCE   0x0001ul
#define EFER_LME   0x0100ul
#define EFER_LMA   0x0400ul
#define EFER_NXE   0x0800ul
#define EFER_SVME  0x1000ul
#define EFER_FFXSE 0x4000ul
#define EFER_AIBRSE 0x200000ul /* AMD: automatic IBRS */

#define SPEC_CTRL_IBRS	0x1ul
#define SPEC_CTRL_STIBP 0x2ul
#define SPEC_CTRL_SSBD	0x4ul
#define SPEC_CTRL_PSFD	0x80ul
#define PRED_CMD_IBPB	0x1ul
/* MSR_MCU_OPT_CTRL: what microcode does unless it is told not to. */
#define MCU_OPT_RNGDS_DIS 0x01ul
#define MCU_OPT_GDS_DIS	  0x10ul
#define MCU_OPT_GDS_LOCK  0x20ul /* the bit before cannot be set any more */

/* MSR_ARCH_CAPABILITIES: what the CPU is not subject to, or does by itself (SDM vol. 4 table 2-2). */
#define ARCH_CAPS_RDCL_NO    (1ul << 0)
#define ARCH_CAPS_IBRS_ALL   (1ul << 1)
#define ARCH_CAPS_RSBA	     (1ul << 2)
#define ARCH_CAPS_SKIP_L1DFL (1ul << 3)
#define ARCH_CAPS_SSB_NO     (1ul << 4)
#define ARCH_CAPS_MDS_NO     (1ul << 5)
#define ARCH_CAPS_TAA_NO     (1ul << 8)
#define ARCH_CAPS_FB_CLEAR   (1ul << 17)
#define ARCH_CAPS_GDS_CTRL   (1ul << 25)
#define ARCH_CAPS_RFDS_CLEAR (1ul << 28)

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return ((uint64_t)hi << 32) | lo;
}
static inline void wrmsr(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}
/* 0, or -EFAULT if the CPU refused with #GP (then *v is 0). */
int rdmsr_safe(uint32_t msr, uint64_t *v);
int wrmsr_safe(uint32_t msr, uint64_t v);

#endif
