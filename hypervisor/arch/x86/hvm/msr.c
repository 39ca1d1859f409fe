/* SPDX-License-Identifier: MIT */
/*
 * MSRs of a hardware-virtualized guest, those that the CPU does not switch by itself. A number not listed faults, as
 * on a CPU that does not have it. Nothing here lets a guest change the host's behaviour.
 */
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/hvm/hvm.h>
#include <asm/msr.h>
#include <asm/time.h>

#define MSR_HYPERCALL_PAGE 0x40000000 /* as CPUID 0x40000002 EBX says */
#define MSR_AMD_SYSCFG	   0xc0010010
#define MSR_AMD_HWCR	   0xc0010015
#define MSR_AMD_DE_CFG	   0xc0011029
#define DE_CFG_LFENCE	   2ull /* LFENCE waits for what is before it */
#define CALL_SLOT	   32

static void write_hypercall_page(uint8_t *page)
{
	memset(page, 0xcc, PAGE_SIZE);
	for (uint32_t nr = 0; nr < PAGE_SIZE / CALL_SLOT; nr++) {
		uint8_t *p = page + nr * CALL_SLOT;

		p[0] = 0xb8; /* mov $nr, %eax */
		memcpy(p + 1, &nr, sizeof(nr));
		memcpy(p + 5, hvm_vendor->call_insn, 3);
		p[8] = 0xc3; /* ret */
	}
}

/* The address of a page of the guest's that becomes call stubs; index 0 is the only page. */
static int set_hypercall_page(struct vcpu *v, uint64_t val)
{
	enum p2m_type t;
	struct page *pg;

	if (val & ~PAGE_MASK)
		return -EINVAL;
	pg = p2m_get_page(v->domain, _gfn(val >> PAGE_SHIFT), true, &t);
	if (!pg)
		return -EINVAL;
	if (t == P2M_ram_rw)
		write_hypercall_page(page_to_virt(pg));
	put_page(pg);
	return t == P2M_ram_rw ? 0 : -EINVAL;
}

/* Read as 0, writes ignored: configuration and machine checks of a CPU that has none. */
static bool is_quiet(uint32_t msr)
{
	switch (msr) {
	case MSR_BIOS_SIGN_ID:
	case MSR_MCG_CAP ... MSR_MCG_CTL:
	case MSR_MC0_CTL ... MSR_MC0_CTL + 32 * 4 - 1:
	case MSR_DEBUGCTL:
	case MSR_AMD_SYSCFG:
	case MSR_AMD_HWCR:
	case 0xc0010000 ... 0xc0010007: /* performance counters */
	case 0xc001001f:		 /* NB_CFG */
		return true;
	default:
		return false;
	}
}

int hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	struct hvm_msrs m;

	if (vlapic_is_msr(msr))
		return vlapic_rdmsr(v, msr, val);
	if (hvm_is_mtrr(msr))
		return hvm_mtrr_rdmsr(v, msr, val);
	if (viridian_is_msr(msr) && viridian_features(v->domain))
		return viridian_rdmsr(v, msr, val);
	hvm_vendor->get_msrs(v, &m);
	*val = 0;
	switch (msr) {
	case MSR_TSC:
		*val = guest_tsc(v);
		return 0;
	case MSR_TSC_AUX:
		*val = v->arch.tsc_aux;
		return cpu_has_rdtscp ? 0 : -EINVAL;
	case MSR_EFER:
		*val = m.efer;
		return 0;
	case MSR_PAT:
		*val = m.pat;
		return 0;
	case MSR_MISC_ENABLE:
		return host_cpu.vendor == CPU_VENDOR_INTEL ? 0 : -EINVAL;
	case MSR_AMD_DE_CFG:
		*val = DE_CFG_LFENCE;
		return host_cpu.vendor == CPU_VENDOR_AMD || host_cpu.vendor == CPU_VENDOR_HYGON ? 0 : -EINVAL;
	}
	if (is_quiet(msr))
		return 0;
	gprintk(LOG_DEBUG, "RDMSR %#x refused\n", msr);
	return -EINVAL;
}

/* An emulated counter is its domain's, and does not look at it. */
void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
	WRITE_ONCE(v->arch.hvm->tsc_offset, offset);
	v->arch.time_version = 0;
	hvm_vendor->update_tsc(v);
}

/* Xen's page of stubs, and whatever else stands where Windows has its hypervisor's. */
static int write_hypervisor_msr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	bool viridian = viridian_features(v->domain);

	if (msr == (viridian ? MSR_XEN_PAGE_MOVED : MSR_HYPERCALL_PAGE))
		return set_hypercall_page(v, val);
	return viridian && viridian_is_msr(msr) ? viridian_wrmsr(v, msr, val) : -EINVAL;
}

int hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	uint64_t now;

	if (vlapic_is_msr(msr))
		return vlapic_wrmsr(v, msr, val);
	if (hvm_is_mtrr(msr))
		return hvm_mtrr_wrmsr(v, msr, val);
	if (viridian_is_msr(msr) || msr == MSR_XEN_PAGE_MOVED)
		return write_hypervisor_msr(v, msr, val);
	switch (msr) {
	case MSR_TSC:
		hvm_set_tsc_offset(v, val - guest_tsc_scaled(v->domain, rdtsc()));
		update_vcpu_system_time(v); /* or its clock would leap with the counter until its next switch */
		vlapic_timer_tsc_moved(v);
		return 0;
	case MSR_TSC_AUX:
		if (!cpu_has_rdtscp || val >> 32)
			return -EINVAL;
		v->arch.tsc_aux = val;
		wrmsr(MSR_TSC_AUX, val);
		return 0;
	case MSR_EFER:
		return hvm_set_efer(v, val);
	case MSR_PAT:
		return hvm_set_pat(v, val);
	case MSR_PRED_CMD: /* a kernel keeps its processes apart */
		if (!cpu_has_ibpb || val > PRED_CMD_IBPB)
			return -EINVAL;
		if (val)
			wrmsr(MSR_PRED_CMD, val);
		return 0;
	}
	if (is_quiet(msr))
		return 0;
	/* Writing back what is there is how kernels "set" bits that are set already. */
	if (hvm_rdmsr(v, msr, &now) == 0 && now == val)
		return 0;
	gprintk(LOG_DEBUG, "WRMSR %#x <- %#lx refused\n", msr, val);
	return -EINVAL;
}

int hvm_set_pat(struct vcpu *v, uint64_t val)
{
	struct hvm_msrs m;

	for (unsigned int i = 0; i < 8; i++) {
		uint8_t type = (uint8_t)(val >> i * 8);

		if (type > 7 || type == 2 || type == 3)
			return -EINVAL;
	}
	hvm_vendor->get_msrs(v, &m);
	m.pat = val;
	hvm_vendor->set_msrs(v, &m);
	return 0;
}
