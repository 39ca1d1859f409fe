/* SPDX-License-Identifier: MIT */
/*
 * Memory type range registers: kept and checked, without effect. A guest's memory is write-back whatever they
 * say, since no device shares it. SDM vol. 3 11.11.
 */
#include <hv/string.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/records.h>
#include <asm/msr.h>

#define NR_VARIABLE 8u
#define NR_FIXED    11u
#define CAPABILITIES (NR_VARIABLE | 1u << 8 | 1u << 10) /* fixed ones; write-combining */
#define DEF_TYPE_BITS 0xcffull
#define DEF_TYPE_ENABLED 0x800ull
#define ADDRESS_BITS 0xfffffffff000ull /* P2M_MAX_GFN's */
#define MASK_VALID   0x800ull

#define MSR_VARIABLE 0x200u
static const uint32_t fixed_msr[NR_FIXED] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f };

/* Uncacheable, write-combining, -through, -protected, -back. */
static bool is_type(uint64_t type)
{
	return type < 7 && (1u << type & 0x73);
}

static bool all_types(uint64_t val)
{
	for (unsigned int byte = 0; byte < 8; byte++)
		if (!is_type(val >> (8 * byte) & 0xff))
			return false;
	return true;
}

static uint64_t *fixed_of(struct hvm_mtrr *m, uint32_t msr)
{
	for (unsigned int i = 0; i < NR_FIXED; i++)
		if (fixed_msr[i] == msr)
			return &m->fixed[i];
	return NULL;
}

static bool is_variable(uint32_t msr)
{
	return msr - MSR_VARIABLE < 2 * NR_VARIABLE;
}

/* Bases have even numbers, masks odd ones. */
static uint64_t *variable_of(struct hvm_mtrr *m, uint32_t msr)
{
	unsigned int i = (msr - MSR_VARIABLE) / 2;

	return msr & 1 ? &m->var_mask[i] : &m->var_base[i];
}

bool hvm_is_mtrr(uint32_t msr)
{
	struct hvm_mtrr none;

	return msr == MSR_MTRRCAP || msr == MSR_MTRR_DEF_TYPE || is_variable(msr) || fixed_of(&none, msr);
}

int hvm_mtrr_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	struct hvm_mtrr *m = &v->arch.hvm->mtrr;

	if (msr == MSR_MTRRCAP)
		*val = CAPABILITIES;
	else if (msr == MSR_MTRR_DEF_TYPE)
		*val = m->def_type;
	else if (is_variable(msr))
		*val = *variable_of(m, msr);
	else if (fixed_of(m, msr))
		*val = *fixed_of(m, msr);
	else
		return -EINVAL;
	return 0;
}

static int write_variable(struct hvm_mtrr *m, uint32_t msr, uint64_t val)
{
	bool mask = msr & 1;

	if (val & ~(ADDRESS_BITS | (mask ? MASK_VALID : 0xffull)) || (!mask && !is_type(val & 0xff)))
		return -EINVAL;
	*variable_of(m, msr) = val;
	return 0;
}

int hvm_mtrr_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	struct hvm_mtrr *m = &v->arch.hvm->mtrr;
	uint64_t *fixed = fixed_of(m, msr);

	if (is_variable(msr))
		return write_variable(m, msr, val);
	if (msr == MSR_MTRR_DEF_TYPE && !(val & ~DEF_TYPE_BITS) && is_type(val & 0xff))
		m->def_type = val;
	else if (fixed && all_types(val))
		*fixed = val;
	else
		return -EINVAL;
	return 0;
}

/* As firmware leaves them: everything is write-back. */
void hvm_mtrr_reset(struct vcpu *v)
{
	v->arch.hvm->mtrr = (struct hvm_mtrr){ .def_type = DEF_TYPE_ENABLED | 6 };
}

/* ---- as a record of saved state, with PAT ---- */

void hvm_save_mtrr(struct vcpu *v, struct hvm_hw_mtrr *out)
{
	const struct hvm_mtrr *m = &v->arch.hvm->mtrr;
	struct hvm_msrs msrs;

	hvm_vendor->get_msrs(v, &msrs);
	*out = (struct hvm_hw_mtrr){ .msr_pat_cr = msrs.pat, .msr_mtrr_cap = CAPABILITIES, .msr_mtrr_def_type = m->def_type };
	memcpy(out->msr_mtrr_fixed, m->fixed, sizeof(m->fixed));
	for (unsigned int i = 0; i < NR_VARIABLE; i++) {
		out->msr_mtrr_var[2 * i] = m->var_base[i];
		out->msr_mtrr_var[2 * i + 1] = m->var_mask[i];
	}
}

int hvm_load_mtrr(struct vcpu *v, const struct hvm_hw_mtrr *in)
{
	int rc = hvm_set_pat(v, in->msr_pat_cr);

	if (!rc)
		rc = hvm_mtrr_wrmsr(v, MSR_MTRR_DEF_TYPE, in->msr_mtrr_def_type);
	for (unsigned int i = 0; !rc && i < NR_FIXED; i++)
		rc = hvm_mtrr_wrmsr(v, fixed_msr[i], in->msr_mtrr_fixed[i]);
	for (unsigned int i = 0; !rc && i < 2 * NR_VARIABLE; i++)
		rc = hvm_mtrr_wrmsr(v, MSR_VARIABLE + i, in->msr_mtrr_var[i]);
	return rc;
}
