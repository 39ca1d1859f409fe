/* SPDX-License-Identifier: MIT */
/*
 * Address space tags (AMD's ASIDs, Intel's VPIDs). The TLB entries a guest makes carry its tag, so it need not be
 * flushed when vCPUs change. A tag is good for one CPU and one generation of that CPU's tags; voiding it, by whoever
 * changes the guest's map, makes the vCPU come back with a fresh one, under which nothing is cached. When a CPU has
 * given all its tags it flushes everything and begins the next generation.
 */
#include <hv/percpu.h>
#include <hv/smp.h>
#include "tag.h"

static unsigned int nr_tags;		     /* 0 is the host's */
static DEFINE_PER_CPU(uint64_t, generation); /* never 0 once used */
static DEFINE_PER_CPU(uint32_t, next_tag);

void hvm_tag_init(unsigned int nr)
{
	nr_tags = nr;
}

void hvm_tag_void(struct hvm_tag *t)
{
	__atomic_store_n(&t->generation, 0, __ATOMIC_SEQ_CST);
}

bool hvm_tag_use(struct hvm_tag *t)
{
	uint64_t *gen = &this_cpu(generation);
	bool flush = false;

	if (t->cpu == smp_processor_id() && *gen && __atomic_load_n(&t->generation, __ATOMIC_SEQ_CST) == *gen)
		return false;
	if (!*gen || this_cpu(next_tag) >= nr_tags) {
		++*gen;
		this_cpu(next_tag) = 1;
		flush = true;
	}
	t->tag = this_cpu(next_tag)++;
	t->cpu = smp_processor_id();
	/* Ordering: interrupts are off. Who voids the tag from now on makes this CPU leave the guest and look again. */
	__atomic_store_n(&t->generation, *gen, __ATOMIC_SEQ_CST);
	return flush;
}
