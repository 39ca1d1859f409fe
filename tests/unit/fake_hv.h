/* SPDX-License-Identifier: MIT */
/*
 * A small machine for unit tests of common code: domains, frames with owners and counts, a page
 * table that only knows grant mappings, guest memory that is the test's own memory.
 */
#ifndef FAKE_HV_H
#define FAKE_HV_H

#include <hv/domain.h>
#include <hv/mm.h>

#define FAKE_FRAMES 4096

struct page {
	struct domain *owner;
	int refs, type_refs;
	enum page_type type;
	bool xen; /* the hypervisor's own */
};
extern struct page fake_frames[FAKE_FRAMES];

/* Counts of what common code asked the rest of the hypervisor for; reset at will. */
extern struct fake_counts {
	int kicks, unblocks, flushes, softirqs, continuations, allocations;
} fake_counts;
extern int fake_preempt_after;	/* preempt checks until one says yes; -1: never */
extern int fake_fail_allocation_at; /* allocations until one fails; -1: never */
extern bool fake_guest_memory_faults;
extern bool fake_bug_expected;

struct domain *fake_domain(domid_t id, unsigned int nr_vcpus, bool privileged);
void fake_domain_free(struct domain *d); /* the caller's is the last reference */
void fake_run_as(struct vcpu *v);
uint64_t fake_guest_frame(struct domain *d); /* a new frame of d, by mfn */
void *fake_frame_data(uint64_t mfn);
int fake_live_allocations(void);
/* The grant mapping at addr in the running domain: its mfn, or 0. */
uint64_t fake_mapped_at(uint64_t addr);
unsigned int fake_nr_mappings(void);

#endif
