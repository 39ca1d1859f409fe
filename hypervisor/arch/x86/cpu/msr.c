/* SPDX-License-Identifier: MIT */
/*
 * MSRs of PV guests, by RDMSR and WRMSR in the guest kernel. A number not listed faults, as on a CPU
 * that does not have it: Linux probes with that in mind. Nothing here lets a guest change the host's
 * behaviour.
 */
#include <hv/domain.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/pv.h>

/* Identification and configuration the control domain's kernel reads; harmless to show. */
static bool host_readable(uint32_t msr)
{
	switch (msr) {
	case MSR_BIOS_SIGN_ID:
	case MSR_MISC_ENABLE:
	case 0x00000017: /* PLATFORM_ID */
	case 0xc0010015: /* HWCR */
	case 0xc001001f: /* NB_CFG */
	case 0xc0010055: /* INT_PENDING */
	case 0xc0010058: /* MMCONFIG base */
	case 0xc0010061 ... 0xc001006b: /* P-states */
	case 0xc0011020: /* LS_CFG */
	case 0xc0011022: /* DC_CFG */
	case 0xc0011028:
	case 0xc0011029: /* DE_CFG */
		return true;
	default:
		return false;
	}
}

/* Machine-check banks: none are offered, so what a guest reads or writes there is nothing. */
static bool is_mce_msr(uint32_t msr)
{
	return (msr >= MSR_MCG_CAP && msr <= MSR_MCG_CTL) || (msr >= MSR_MC0_CTL && msr < MSR_MC0_CTL + 32 * 4);
}

static bool is_perf_msr(uint32_t msr)
{
	return msr >= 0xc0010000 && msr <= 0xc0010007;
}

int pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	switch (msr) {
	case MSR_KERNEL_GS_BASE:
		*val = rdmsr(MSR_KERNEL_GS_BASE);
		return 0;
	case MSR_FS_BASE:
	case MSR_GS_BASE:
		*val = rdmsr(msr);
		return 0;
	case MSR_TSC:
		*val = rdtsc();
		return 0;
	case MSR_TSC_AUX:
		*val = v->arch.tsc_aux;
		return 0;
	case MSR_EFER:
		*val = rdmsr(MSR_EFER) & (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE);
		return 0;
	case MSR_PAT:
		*val = HV_PAT;
		return 0;
	case MSR_APIC_BASE:
		*val = 0xfee00000 | 0x800 | (v->vcpu_id == 0 ? 0x100 : 0);
		return 0;
	}
	if (is_mce_msr(msr) || is_perf_msr(msr)) {
		*val = 0;
		return 0;
	}
	if (host_readable(msr) && v->domain->is_privileged)
		return rdmsr_safe(msr, val);
	if (msr == MSR_BIOS_SIGN_ID) {
		*val = 0;
		return 0;
	}
	gprintk(LOG_DEBUG, "RDMSR %#x refused\n", msr);
	return -EINVAL;
}

int pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	uint64_t now;

	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		if (!is_canonical(val))
			return -EINVAL;
		wrmsr(msr, val);
		return 0;
	case MSR_TSC_AUX:
		if (!cpu_has_rdtscp || val >> 32)
			return -EINVAL;
		v->arch.tsc_aux = val;
		wrmsr(MSR_TSC_AUX, val);
		return 0;
	case MSR_PRED_CMD: /* a kernel keeps its processes apart */
		if (!cpu_has_ibpb || val > PRED_CMD_IBPB)
			return -EINVAL;
		if (val)
			wrmsr(MSR_PRED_CMD, val);
		return 0;
	case MSR_BIOS_SIGN_ID: /* part of reading it */
	case MSR_TSC:	       /* the clock is not the guest's to set */
		return 0;
	}
	if (is_mce_msr(msr) || is_perf_msr(msr))
		return 0;
	/* Writing back what is there is how kernels "set" bits that are set already. */
	if (pv_rdmsr(v, msr, &now) == 0 && now == val)
		return 0;
	gprintk(LOG_DEBUG, "WRMSR %#x <- %#lx refused\n", msr, val);
	return -EINVAL;
}
