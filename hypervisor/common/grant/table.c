/* SPDX-License-Identifier: MIT */
/* A domain's grant table from birth to death: its frames, how it grows, lookups. */
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include <hv/softirq.h>
#include <public/memory.h>
#include "internal.h"

#define FRAMES_LIMIT   4096u
#define MAPTRACK_LIMIT 16384u
#define INITIAL_FRAMES 1u

static unsigned int default_frames = 64;     /* gnttab_max_frames= */
static unsigned int default_maptrack = 1024; /* gnttab_max_maptrack_frames= */

void grant_set_default_frames(uint64_t nr)
{
	default_frames = nr ? (unsigned int)min(nr, (uint64_t)FRAMES_LIMIT) : INITIAL_FRAMES;
}

void grant_set_default_maptrack(uint64_t nr)
{
	default_maptrack = (unsigned int)min(nr, (uint64_t)MAPTRACK_LIMIT);
}

unsigned int grant_table_max_frames(const struct domain *d)
{
	return d->grant_table->max_frames;
}

unsigned int grant_table_nr_frames(const struct grant_table *gt)
{
	/* Acquire: pairs with add_frame(). */
	return __atomic_load_n(&gt->nr_frames, __ATOMIC_ACQUIRE);
}

struct grant_entry_v1 *grant_shared_entry(const struct grant_table *gt, grant_ref_t ref)
{
	if (ref / ENTRIES_PER_FRAME >= grant_table_nr_frames(gt))
		return NULL;
	block_speculation();
	return &gt->shared[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

static struct active_entry *new_chunk(void)
{
	struct active_entry *chunk = xzalloc_array(struct active_entry, ACTIVE_CHUNK);

	for (unsigned int i = 0; chunk && i < ACTIVE_CHUNK; i++)
		spin_lock_init(&chunk[i].lock);
	return chunk;
}

struct active_entry *grant_active_entry(struct grant_table *gt, grant_ref_t ref, bool create)
{
	struct active_entry **slot, *chunk;

	if (!grant_shared_entry(gt, ref))
		return NULL;
	slot = &gt->active[ref / ACTIVE_CHUNK];
	chunk = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	if (unlikely(!chunk) && create) {
		spin_lock(&gt->lock);
		if (!*slot)
			__atomic_store_n(slot, new_chunk(), __ATOMIC_RELEASE);
		chunk = *slot;
		spin_unlock(&gt->lock);
	}
	return chunk ? &chunk[ref % ACTIVE_CHUNK] : NULL;
}

/* gt->lock held. */
static int add_frame(struct domain *d)
{
	struct grant_table *gt = d->grant_table;
	void *frame = alloc_xen_page();

	if (!frame)
		return -ENOMEM;
	share_xen_page(frame, d, true);
	gt->shared[gt->nr_frames] = frame;
	__atomic_store_n(&gt->nr_frames, gt->nr_frames + 1, __ATOMIC_RELEASE);
	return 0;
}

/* By one frame, unless somebody else has made it that large. */
static int grow_to(struct domain *d, unsigned int nr_frames)
{
	struct grant_table *gt = d->grant_table;
	int rc = 0;

	spin_lock(&gt->lock);
	if (domain_is_dying(d))
		rc = -EINVAL;
	else if (gt->nr_frames < nr_frames)
		rc = add_frame(d);
	spin_unlock(&gt->lock);
	return rc;
}

int grant_table_grow(struct domain *d, unsigned int nr_frames)
{
	struct grant_table *gt = d->grant_table;
	unsigned int start = grant_table_nr_frames(gt), nr;
	int rc = 0;

	if (nr_frames > gt->max_frames)
		return -EINVAL;
	for (nr = start; !rc && nr < nr_frames; nr = grant_table_nr_frames(gt)) {
		if (nr != start && hypercall_preempt_check())
			return -ERESTART;
		rc = grow_to(d, nr + 1);
	}
	return rc;
}

static int alloc_arrays(struct grant_table *gt)
{
	gt->shared = xzalloc_array(struct grant_entry_v1 *, gt->max_frames);
	gt->active = xzalloc_array(struct active_entry *, gt->max_frames * CHUNKS_PER_FRAME);
	gt->list = xzalloc_array(struct maptrack_list, gt->nr_lists);
	if (!gt->shared || !gt->active || !gt->list)
		return -ENOMEM;
	for (unsigned int i = 0; i < gt->nr_lists; i++) {
		spin_lock_init(&gt->list[i].lock);
		gt->list[i].head = NO_HANDLE;
	}
	return 0;
}

static void free_table(struct domain *d)
{
	struct grant_table *gt = d->grant_table;

	xfree(gt->shared);
	xfree(gt->active);
	xfree(gt->list);
	xfree(gt);
	d->grant_table = NULL;
}

/* Negative limits, as int, ask for the defaults. */
int grant_table_create(struct domain *d, unsigned int max_frames, unsigned int max_maptrack)
{
	struct grant_table *gt;
	int rc;

	if ((int)max_frames < 0)
		max_frames = default_frames;
	if ((int)max_maptrack < 0)
		max_maptrack = default_maptrack;
	if (max_frames < INITIAL_FRAMES || max_frames > FRAMES_LIMIT || max_maptrack > MAPTRACK_LIMIT)
		return -EINVAL;
	gt = xzalloc(struct grant_table);
	if (!gt)
		return -ENOMEM;
	spin_lock_init(&gt->lock);
	gt->max_frames = max_frames;
	gt->max_maptrack_pages = max_maptrack;
	gt->nr_lists = max(d->max_vcpus, 1u);
	d->grant_table = gt;
	rc = alloc_arrays(gt);
	if (!rc)
		rc = grant_table_grow(d, INITIAL_FRAMES);
	if (rc)
		free_table(d); /* it has no frame */
	return rc;
}

/* A frame with its records at a time: a table may have thousands, and nobody need wait for all. */
static void free_frames(struct grant_table *gt)
{
	for (unsigned int i = 0; i < gt->nr_frames; i++) {
		free_xen_page(gt->shared[i]);
		for (unsigned int j = 0; j < CHUNKS_PER_FRAME; j++)
			xfree(gt->active[i * CHUNKS_PER_FRAME + j]);
		softirq_serve_others(SOFTIRQ_FREE_DOMAINS);
	}
}

void grant_table_destroy(struct domain *d)
{
	struct grant_table *gt = d->grant_table;

	free_frames(gt);
	maptrack_destroy(gt);
	free_table(d);
}

int grant_table_get_frames(struct domain *d, unsigned int id, unsigned int first, unsigned int nr,
			   uint64_t *mfns)
{
	struct grant_table *gt = d->grant_table;
	int rc;

	if (!gt || id != XENMEM_resource_grant_table_id_shared) /* there are no status frames */
		return -EINVAL;
	if (nr > gt->max_frames || first > gt->max_frames - nr)
		return -EINVAL;
	rc = grant_table_grow(d, first + nr);
	for (unsigned int i = 0; !rc && i < nr; i++)
		mfns[i] = mfn_x(virt_to_mfn(gt->shared[first + i]));
	return rc;
}

int grant_domain_for_caller(domid_t id, struct domain **out)
{
	int err = 0;

	*out = domain_get_for_caller(id, &err);
	if (!*out)
		return err == -EPERM ? GNTST_permission_denied : GNTST_bad_domain;
	if ((*out)->grant_table)
		return GNTST_okay;
	domain_put(*out);
	return GNTST_bad_domain;
}
