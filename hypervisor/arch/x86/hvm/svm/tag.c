/* SPDX-License-Identifier: MIT */
/*
 * Address space tags (ASIDs). The TLB entries a guest makes carry its tag, so it need not be flushed when
 * vCPUs change. A tag is good for one CPU and one generation of that CPU's tags; voiding it, by whoever changes
 * the guest's map, makes the vCPU come back with a fresh one, under which nothing is cached. When a CPU
 * has given all its tags it flushes everything and begins the next generation.
 */
#include <hv/percpu.h>
#include <hv/smp.h>
#include "svm.h"

static unsigned int nr_tags; /* 0 is the host's */
static DEFINE_PER_CPU(uint64_t, generation); /* never 0 once used */
static DEFINE_PER_CPU(uint32_t, next_tag);

void svm_tag_init(unsigned int nr)
{
	nr_tags = nr;
}

void svm_flush_tlb(struct vcpu *v)
{
	__atomic_store_n(&v->arch.hvm->svm->tag_generation, 0, __ATOMIC_SEQ_CST);
}

void svm_tag_vcpu(struct vcpu *v)
{
	struct svm_vcpu *s = v->arch.hvm->svm;
	uint64_t *gen = &this_cpu(generation);

	s->vmcb->tlb_control = 0;
	if (s->tag_cpu == smp_processor_id() && *gen &&
	    __atomic_load_n(&s->tag_generation, __ATOMIC_SEQ_CST) == *gen)
		return;
	if (!*gen || this_cpu(next_tag) >= nr_tags) {
		++*gen;
		this_cpu(next_tag) = 1;
		s->vmcb->tlb_control = SVM_TLB_FLUSH_ALL;
	}
	s->vmcb->asid = this_cpu(next_tag)++;
	s->tag_cpu = smp_processor_id();
	/* Ordering: interrupts are off. Who voids the tag from now on makes this CPU leave the guest and look again. */
	__atomic_store_n(&s->tag_generation, *gen, __ATOMIC_SEQ_CST);
}
