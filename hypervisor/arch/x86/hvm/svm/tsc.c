/* SPDX-License-Identifier: MIT */
/*
 * Time stamp counters of SVM guests. Their offset is in the VMCB; their ratio is in an MSR of the CPU's, which works on
 * what is read in guest mode only: neither the hypervisor's own readings nor those of PV guests see it. So it is left
 * as it is until a vCPU comes that needs another. Source: APM vol. 2, §15.30.5.
 */
#include <hv/percpu.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include "svm.h"

static const struct tsc_ratio_format format = { .integer_bits = 8, .fraction_bits = 32 };
static bool can_scale;			    /* every CPU */
static DEFINE_PER_CPU(uint64_t, tsc_ratio); /* what is in its MSR, if can_scale */

static void put_ratio(uint64_t ratio)
{
	if (this_cpu(tsc_ratio) == ratio)
		return;
	this_cpu(tsc_ratio) = ratio;
	wrmsr(MSR_TSC_RATIO, ratio);
}

/* A hypervisor before us may have left anything; one below us may claim what it has not. */
void svm_tsc_cpu_up(unsigned int cpu)
{
	uint64_t one = tsc_ratio_one(&format);
	uint32_t a, b, c, features;

	cpuid_count(0x8000000a, 0, &a, &b, &c, &features);
	can_scale = (cpu == 0 || can_scale) && (features & SVM_FEATURE_TSC_RATE) && !wrmsr_safe(MSR_TSC_RATIO, one);
	this_cpu(tsc_ratio) = one;
}

void svm_tsc_restore(struct vcpu *v)
{
	if (can_scale)
		put_ratio(v->arch.hvm->svm->tsc_ratio);
}

void svm_update_tsc(struct vcpu *v)
{
	struct svm_vcpu *s = v->arch.hvm->svm;
	struct vmcb *b = s->vmcb;
	uint64_t ratio = v->domain->arch.hvm->tsc_ratio.value;
	bool emulated = v->domain->arch.vtsc;

	s->tsc_ratio = ratio ? ratio : tsc_ratio_one(&format);
	b->tsc_offset = v->arch.hvm->tsc_offset;
	b->intercept1 = (b->intercept1 & ~SVM1_RDTSC) | (emulated ? SVM1_RDTSC : 0);
	b->intercept2 = (b->intercept2 & ~SVM2_RDTSCP) | (emulated ? SVM2_RDTSCP : 0);
}

const struct tsc_ratio_format *svm_tsc_ratio_format(void)
{
	return can_scale ? &format : NULL;
}
