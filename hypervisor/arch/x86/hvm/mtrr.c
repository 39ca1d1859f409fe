/* SPDX-License-Identifier: MIT */
/* Memory type range registers: none yet, their MSRs fault. */
#include <asm/hvm/hvm.h>

bool hvm_is_mtrr(uint32_t msr)
{
	return false;
}

int hvm_mtrr_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	return -EINVAL;
}

int hvm_mtrr_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	return -EINVAL;
}

void hvm_mtrr_reset(struct vcpu *v)
{
}
