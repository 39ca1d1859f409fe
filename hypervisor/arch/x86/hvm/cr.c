/* SPDX-License-Identifier: MIT */
/*
 * Control registers and EFER as a guest may set them: what the CPU would refuse with #GP is refused here, before the
 * CPU could refuse to enter the guest at all. Source: SDM vol. 3 §2.5, §4.1; APM vol. 2 §3.1.
 */
#include <asm/cpu.h>
#include <asm/cpu_policy.h>
#include <asm/hvm/hvm.h>
#include <asm/msr.h>

#define CR0_KNOWN (X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | \
		   X86_CR0_AM | X86_CR0_NW | X86_CR0_CD | X86_CR0_PG)
#define CR4_ALWAYS (X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PSE | X86_CR4_PAE | X86_CR4_MCE | \
		    X86_CR4_PGE | X86_CR4_PCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)
#define CR3_NOFLUSH (1ull << 63)

static bool policy_has(const struct vcpu *v, uint32_t leaf, unsigned int reg, unsigned int bit)
{
	const struct cpuid_entry *e = cpu_policy_find(v->domain->arch.cpuid, leaf, 0);

	return e && (e->r[reg] >> bit & 1);
}

static uint64_t cr4_allowed(const struct vcpu *v)
{
	static const struct {
		uint64_t bit;
		uint32_t leaf;
		uint8_t reg, feature;
	} by_feature[] = {
		{ X86_CR4_UMIP, 7, 2, 2 },	{ X86_CR4_FSGSBASE, 7, 1, 0 }, { X86_CR4_PCIDE, 1, 2, 17 },
		{ X86_CR4_OSXSAVE, 1, 2, 26 }, { X86_CR4_SMEP, 7, 1, 7 },     { X86_CR4_SMAP, 7, 1, 20 },
	};
	uint64_t allowed = CR4_ALWAYS;

	for (unsigned int i = 0; i < ARRAY_SIZE(by_feature); i++)
		if (policy_has(v, by_feature[i].leaf, by_feature[i].reg, by_feature[i].feature))
			allowed |= by_feature[i].bit;
	return allowed;
}

static uint64_t efer_allowed(const struct vcpu *v)
{
	return EFER_SCE | EFER_LME | EFER_LMA | (policy_has(v, 0x80000001, 3, 20) ? EFER_NXE : 0) |
	       (policy_has(v, 0x80000001, 3, 25) ? EFER_FFXSE : 0);
}

bool hvm_state_ok(struct vcpu *v, uint64_t cr0, uint64_t cr4, uint64_t efer)
{
	bool paging = cr0 & X86_CR0_PG;

	if ((cr0 & ~CR0_KNOWN) || (cr4 & ~cr4_allowed(v)) || (efer & ~efer_allowed(v)))
		return false;
	if ((paging && !(cr0 & X86_CR0_PE)) || ((cr0 & X86_CR0_NW) && !(cr0 & X86_CR0_CD)))
		return false;
	if (!(efer & EFER_LMA) != !(paging && (efer & EFER_LME)))
		return false;
	if ((efer & EFER_LMA) && !(cr4 & X86_CR4_PAE))
		return false;
	return !(cr4 & X86_CR4_PCIDE) || (efer & EFER_LMA);
}

static bool in_64bit_code(struct vcpu *v)
{
	struct hvm_segment cs;

	hvm_vendor->get_segment(v, HVM_CS, &cs);
	return cs.attr & HVM_ATTR_L;
}

/* Paging on with LME set begins long mode, paging off ends it; neither from 64-bit code. */
static int write_cr0_checked(struct vcpu *v, uint64_t val)
{
	uint64_t changed = (val ^ hvm_vendor->get_cr(v, 0)) & X86_CR0_PG;
	struct hvm_msrs m;

	hvm_vendor->get_msrs(v, &m);
	if (changed && (m.efer & EFER_LME)) {
		if (in_64bit_code(v))
			return -EINVAL;
		m.efer ^= EFER_LMA;
	}
	val |= X86_CR0_ET;
	if (!hvm_state_ok(v, val, hvm_vendor->get_cr(v, 4), m.efer))
		return -EINVAL;
	hvm_vendor->set_msrs(v, &m);
	hvm_vendor->set_cr(v, 0, val);
	return 0;
}

static int write_cr4_checked(struct vcpu *v, uint64_t val)
{
	uint64_t old = hvm_vendor->get_cr(v, 4);
	struct hvm_msrs m;

	hvm_vendor->get_msrs(v, &m);
	if ((val & ~old & X86_CR4_PCIDE) && (hvm_vendor->get_cr(v, 3) & 0xfff))
		return -EINVAL;
	if (!hvm_state_ok(v, hvm_vendor->get_cr(v, 0), val, m.efer))
		return -EINVAL;
	hvm_vendor->set_cr(v, 4, val);
	return 0;
}

int hvm_write_cr(struct vcpu *v, unsigned int nr, uint64_t val)
{
	switch (nr) {
	case 0:
		return write_cr0_checked(v, val);
	case 2:
		hvm_vendor->set_cr(v, 2, val);
		return 0;
	case 3:
		if (hvm_vendor->get_cr(v, 4) & X86_CR4_PCIDE)
			val &= ~CR3_NOFLUSH;
		if (val & ~PTE_ADDR & ~0xfffull)
			return -EINVAL;
		hvm_vendor->set_cr(v, 3, val);
		return 0;
	case 4:
		return write_cr4_checked(v, val);
	case 8:
		if (val > 15)
			return -EINVAL;
		vlapic_set_cr8(v, (uint8_t)val);
		return 0;
	default:
		return -EINVAL;
	}
}

int hvm_set_efer(struct vcpu *v, uint64_t val)
{
	struct hvm_msrs m;

	hvm_vendor->get_msrs(v, &m);
	val = (val & ~EFER_LMA) | (m.efer & EFER_LMA); /* read-only */
	if (((val ^ m.efer) & EFER_LME) && (hvm_vendor->get_cr(v, 0) & X86_CR0_PG))
		return -EINVAL;
	if (!hvm_state_ok(v, hvm_vendor->get_cr(v, 0), hvm_vendor->get_cr(v, 4), val))
		return -EINVAL;
	m.efer = val;
	hvm_vendor->set_msrs(v, &m);
	return 0;
}
