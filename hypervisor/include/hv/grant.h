/* SPDX-License-Identifier: MIT */
/* Grant tables: see common/grant/. */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include <hv/lib.h>
struct domain;

int grant_table_create(struct domain *d, unsigned int max_frames, unsigned int max_maptrack);
/* Drops every mapping d holds of others' frames; 0 or -ERESTART. */
int grant_table_release_mappings(struct domain *d);
/* The last reference is gone, and the table there. In the soft interrupt that frees domains, which gives way in it. */
void grant_table_destroy(struct domain *d);
unsigned int grant_table_max_frames(const struct domain *d); /* what it was created with, defaults resolved */
/* XENMEM_acquire_resource(grant_table, shared|status): the machine frames, growing as needed. -ERESTART: grown in part,
 * since other work waits. */
int grant_table_get_frames(struct domain *d, unsigned int id, unsigned int first, unsigned int nr,
			   uint64_t *mfns);

/* Limits for domains created with a negative one: gnttab_max_frames=, gnttab_max_maptrack_frames=. */
void grant_set_default_frames(uint64_t nr);
void grant_set_default_maptrack(uint64_t nr);

/*
 * What the architecture does for grants (arch/x86/mm/grant.c), PV. The page-table entry holds
 * references of its own, like any other L1 entry, which go with it by whatever way it goes; the
 * grant code holds others from before the mapping until after the TLB flush.
 */
/* Maps `mfn`, a frame of another domain, at a host address (or at the PTE's machine address if
 * GNTMAP_contains_pte) of `current->domain`. No spin lock held. GNTST_*. */
int arch_grant_map_host(uint64_t addr, mfn_t mfn, unsigned int flags);
/* Undoes it, if the entry there still maps `mfn` (else GNTST_general_error: grant.c says why); `new_addr` != 0 moves
 * the PTE found there (unmap_and_replace). Need not flush: the caller flushes once per batch, all there is in the TLBs
 * of d->arch.dirty_cpumask. No spin lock held. GNTST_*. */
int arch_grant_unmap_host(uint64_t addr, mfn_t mfn, uint64_t new_addr, unsigned int flags);

#endif
