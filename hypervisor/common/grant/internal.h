/* SPDX-License-Identifier: MIT */
/*
 * Grant tables from the inside (version 1 of the ABI).
 *
 * A granter's table is frames shared with its guest, `shared`, and beside them our own record of
 * each entry in use, `active`. An entry is "used" by the one domain it names while readers or
 * writers is not zero; then `active` holds a reference on the frame (and a writable-type reference
 * while there are writers), the guest sees GTF_reading/GTF_writing, and what the guest writes into
 * the shared entry no longer matters: flags and domid are checked and marked in one atomic step, the
 * frame number is read once after that.
 *
 * A grantee's table has `maptrack`: a record per mapping it holds. Whoever changes a record first
 * claims it (ACTIVE to BUSY), so two vCPUs that unmap one handle do not meet. A record keeps the
 * granter's domain struct alive.
 *
 * Locks: gt->lock (growth), an active entry's lock (two: in address order), a maptrack list's lock:
 * none is taken with another of them held, except gt->lock before a list's lock; page locks come
 * inside. Tables only grow, and what they point to stays until the domain's struct is freed, so
 * lookups take no lock.
 */
#ifndef GRANT_INTERNAL_H
#define GRANT_INTERNAL_H

#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/mm.h>
#include <asm/nospec.h>
#include <public/grant_table.h>

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define ACTIVE_CHUNK	  128u /* active entries are made in chunks, when first used */
#define CHUNKS_PER_FRAME  (ENTRIES_PER_FRAME / ACTIVE_CHUNK)

struct active_entry {
	spinlock_t lock;
	domid_t grantee;
	uint32_t readers, writers;
	mfn_t mfn;
};

enum maptrack_state { MT_FREE, MT_ACTIVE, MT_BUSY };

struct maptrack {
	uint32_t ref;
	uint16_t flags; /* GNTMAP_*; host_map and device_map go when they are undone */
	uint16_t state; /* enum maptrack_state; atomic */
	union {
		struct domain *granter; /* a reference */
		uint32_t next_free;	/* handle, or NO_HANDLE */
	};
};
_Static_assert(sizeof(struct maptrack) == 16, "256 in a page");
#define MAPTRACK_PER_PAGE ((unsigned int)(PAGE_SIZE / sizeof(struct maptrack)))
#define NO_HANDLE	  0xffffffffu

struct maptrack_list {
	spinlock_t lock;
	uint32_t head; /* free records; guarded by: lock */
};

struct grant_table {
	spinlock_t lock; /* growth of everything below */
	unsigned int nr_frames, max_frames;
	struct grant_entry_v1 **shared; /* max_frames slots */
	struct active_entry **active;	/* CHUNKS_PER_FRAME slots per frame; NULL: none used yet */

	unsigned int nr_maptrack_pages, max_maptrack_pages;
	struct maptrack **maptrack; /* max_maptrack_pages slots, made with the first mapping */
	unsigned int nr_lists;
	struct maptrack_list *list; /* one per vCPU, so that they do not share */
	uint32_t release_cursor;    /* how far release_mappings has got; one caller */
};

/* table.c */
/*
 * 0, -ENOMEM, -EINVAL; or -ERESTART: it has grown, but other work waits before the rest. Asked again
 * it goes on from there.
 */
int grant_table_grow(struct domain *d, unsigned int nr_frames);
unsigned int grant_table_nr_frames(const struct grant_table *gt);
/* NULL: beyond the table. */
struct grant_entry_v1 *grant_shared_entry(const struct grant_table *gt, grant_ref_t ref);
struct active_entry *grant_active_entry(struct grant_table *gt, grant_ref_t ref, bool create);
/* For operations that name a domain: GNTST_okay, or why not. */
int grant_domain_for_caller(domid_t id, struct domain **out);

/* use.c: an entry of `granter` in use by `grantee`, for reading or also for writing. GNTST_*. */
int grant_use(struct domain *granter, grant_ref_t ref, const struct domain *grantee, bool write,
	      mfn_t *mfn);
void grant_unuse(struct domain *granter, grant_ref_t ref, bool write);
mfn_t grant_used_mfn(struct domain *granter, grant_ref_t ref);

/* maptrack.c */
uint32_t maptrack_get(struct grant_table *gt, unsigned int vcpu_id); /* NO_HANDLE: full */
void maptrack_put(struct grant_table *gt, unsigned int vcpu_id, uint32_t handle);
struct maptrack *maptrack_entry(const struct grant_table *gt, uint32_t handle); /* NULL: none */
bool maptrack_claim(struct maptrack *mt);
void maptrack_activate(struct maptrack *mt);
void maptrack_destroy(struct grant_table *gt);

/*
 * Sub-operations: each does nr operations of its array (a copy of the guest's) in order and gives
 * each its status. At most GRANT_BATCH at a time.
 */
#define GRANT_BATCH 32u
void grant_map_batch(void *ops, unsigned int nr);		/* map.c */
void grant_unmap_batch(void *ops, unsigned int nr);		/* unmap.c */
void grant_unmap_and_replace_batch(void *ops, unsigned int nr); /* unmap.c */
void grant_copy_batch(void *ops, unsigned int nr);		/* copy.c */
void grant_swap_batch(void *ops, unsigned int nr);		/* setup.c */

#endif
