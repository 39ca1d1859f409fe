/* SPDX-License-Identifier: MIT */
/*
 * Records of mappings, named by handles. Free ones are on a list per vCPU; a vCPU whose list is
 * empty takes from the others' lists, and only if all are empty a page of records is added. So
 * there are never more records than the most mappings there were at once, wherever they were made
 * and undone.
 */
#include <hv/softirq.h>
#include "internal.h"

static unsigned int nr_pages(const struct grant_table *gt)
{
	/* Acquire: pairs with add_page(). */
	return __atomic_load_n(&gt->nr_maptrack_pages, __ATOMIC_ACQUIRE);
}

struct maptrack *maptrack_entry(const struct grant_table *gt, uint32_t handle)
{
	if (handle / MAPTRACK_PER_PAGE >= nr_pages(gt))
		return NULL;
	block_speculation();
	return &gt->maptrack[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
}

bool maptrack_claim(struct maptrack *mt)
{
	uint16_t expected = MT_ACTIVE;

	return __atomic_compare_exchange_n(&mt->state, &expected, (uint16_t)MT_BUSY, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void maptrack_activate(struct maptrack *mt)
{
	__atomic_store_n(&mt->state, (uint16_t)MT_ACTIVE, __ATOMIC_RELEASE);
}

static uint32_t pop(struct grant_table *gt, struct maptrack_list *list)
{
	uint32_t handle;

	spin_lock(&list->lock);
	handle = list->head;
	if (handle != NO_HANDLE)
		list->head = maptrack_entry(gt, handle)->next_free;
	spin_unlock(&list->lock);
	return handle;
}

static void push_chain(struct grant_table *gt, struct maptrack_list *list, uint32_t first,
		       uint32_t last)
{
	spin_lock(&list->lock);
	maptrack_entry(gt, last)->next_free = list->head;
	list->head = first;
	spin_unlock(&list->lock);
}

/* gt->lock held. */
static int add_page(struct grant_table *gt)
{
	uint32_t first = gt->nr_maptrack_pages * MAPTRACK_PER_PAGE;
	struct maptrack *page;

	if (gt->nr_maptrack_pages >= gt->max_maptrack_pages)
		return -ENOSPC;
	if (!gt->maptrack)
		gt->maptrack = xzalloc_array(struct maptrack *, gt->max_maptrack_pages);
	page = gt->maptrack ? alloc_xen_page() : NULL;
	if (!page)
		return -ENOMEM;
	for (unsigned int i = 0; i < MAPTRACK_PER_PAGE; i++)
		page[i].next_free = first + i + 1;
	gt->maptrack[gt->nr_maptrack_pages] = page;
	__atomic_store_n(&gt->nr_maptrack_pages, gt->nr_maptrack_pages + 1, __ATOMIC_RELEASE);
	return 0;
}

static bool refill(struct grant_table *gt, struct maptrack_list *list)
{
	uint32_t first;
	int rc;

	spin_lock(&gt->lock);
	first = gt->nr_maptrack_pages * MAPTRACK_PER_PAGE;
	rc = add_page(gt);
	if (!rc)
		push_chain(gt, list, first, first + MAPTRACK_PER_PAGE - 1);
	spin_unlock(&gt->lock);
	return rc == 0;
}

uint32_t maptrack_get(struct grant_table *gt, unsigned int vcpu_id)
{
	struct maptrack_list *own = &gt->list[vcpu_id % gt->nr_lists];
	uint32_t handle = pop(gt, own);

	for (unsigned int i = 0; unlikely(handle == NO_HANDLE) && i < gt->nr_lists; i++)
		handle = pop(gt, &gt->list[i]);
	if (unlikely(handle == NO_HANDLE) && refill(gt, own))
		handle = pop(gt, own);
	return handle;
}

void maptrack_put(struct grant_table *gt, unsigned int vcpu_id, uint32_t handle)
{
	__atomic_store_n(&maptrack_entry(gt, handle)->state, (uint16_t)MT_FREE, __ATOMIC_RELEASE);
	push_chain(gt, &gt->list[vcpu_id % gt->nr_lists], handle, handle);
}

void maptrack_destroy(struct grant_table *gt)
{
	for (unsigned int i = 0; i < gt->nr_maptrack_pages; i++) {
		free_xen_page(gt->maptrack[i]);
		softirq_serve_others(SOFTIRQ_FREE_DOMAINS);
	}
	xfree(gt->maptrack);
}
