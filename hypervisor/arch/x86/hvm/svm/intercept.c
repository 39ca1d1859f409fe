/* SPDX-License-Identifier: MIT */
/*
 * What an SVM guest may not do by itself. Every port and every MSR leaves the guest, except MSRs that the VMCB
 * switches; instructions of SVM itself and some others leave it to be refused (exit.c).
 *
 * #AC and #DB are taken out and put back because delivering them can raise them again for ever, in microcode,
 * with no interrupt in between. CR4.MCE is on whatever the guest thinks: a machine check must not become a
 * shutdown. CR8 writes leave it because a lower priority may let in an interrupt that the local APIC holds back.
 */
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/msr.h>
#include "svm.h"

#define IOPM_ORDER  2 /* 12 KiB */
#define MSRPM_ORDER 1 /* 8 KiB: three ranges of 0x2000 MSRs, two bits each */

uint64_t svm_iopm_pa, svm_msrpm_pa;

/* In the VMCB, or switched by VMLOAD and VMSAVE. */
static const uint32_t own_msrs[] = {
	MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK,
	MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
};

static void allow_msr(uint8_t *map, uint32_t msr)
{
	unsigned int bit = (msr & 0x1fff) * 2;

	if (msr >= 0xc0000000)
		map += 0x800;
	map[bit / 8] &= (uint8_t)~(3u << bit % 8);
}

int svm_intercept_init(void)
{
	void *io = alloc_xen_pages(IOPM_ORDER, 0);
	uint8_t *msr = alloc_xen_pages(MSRPM_ORDER, 0);

	if (!io || !msr) {
		free_xen_pages(io, IOPM_ORDER);
		free_xen_pages(msr, MSRPM_ORDER);
		return -ENOMEM;
	}
	memset(io, 0xff, PAGE_SIZE << IOPM_ORDER);
	memset(msr, 0xff, PAGE_SIZE << MSRPM_ORDER);
	for (unsigned int i = 0; i < ARRAY_SIZE(own_msrs); i++)
		allow_msr(msr, own_msrs[i]);
	svm_iopm_pa = virt_to_maddr(io);
	svm_msrpm_pa = virt_to_maddr(msr);
	return 0;
}

void svm_set_intercepts(struct vcpu *v)
{
	struct vmcb *b = v->arch.hvm->svm->vmcb;

	b->intercept_cr = SVM_CR_WRITE(0) | SVM_CR_READ(4) | SVM_CR_WRITE(4) | SVM_CR_WRITE(8);
	b->intercept_dr = ~0u;
	b->intercept_exception = 1u << 1 | 1u << 17 | 1u << 18; /* #DB #AC #MC */
	b->intercept1 = SVM1_INTR | SVM1_NMI | SVM1_SMI | SVM1_INIT | SVM1_RDPMC | SVM1_CPUID | SVM1_RSM | SVM1_INVD |
			SVM1_HLT | SVM1_INVLPGA | SVM1_IOIO | SVM1_MSR | SVM1_FERR | SVM1_SHUTDOWN;
	b->intercept2 = SVM2_VMRUN | SVM2_VMMCALL | SVM2_VMLOAD | SVM2_VMSAVE | SVM2_STGI | SVM2_CLGI | SVM2_SKINIT |
			SVM2_WBINVD | SVM2_MONITOR | SVM2_MWAIT | SVM2_XSETBV | SVM2_RDPRU;
	b->intercept3 = SVM3_INVLPGB | SVM3_MCOMMIT | SVM3_TLBSYNC;
	b->iopm_pa = svm_iopm_pa;
	b->msrpm_pa = svm_msrpm_pa;
}
