/* SPDX-License-Identifier: MIT */
/*
 * Granted pages that stay mapped (feature-persistent): by reference, mapped at their first use, so
 * that requests that use them again need no hypercall for their data.
 *
 * A queue keeps as many as its ring can name at once, indirect pages among them; beyond that the
 * one unused for longest goes. A process keeps no more than MAX_KEPT, as each is a mapping of its
 * own to Linux, and two entries of the domain's maptrack, which the backends of all guests share. A
 * page in use is never unmapped. Who cannot have a page (all are in use, the grant is read-only or
 * none, there is no memory) copies instead; after some refusals without a page between them nobody
 * asks again, as the frontend's grants seem to be of another kind than it said.
 *
 * All are mapped to be written, or a page would have to be mapped again when it is read into.
 *
 * What a frontend can do to itself: behind a reference that it revokes or grants anew stays the old
 * page, whose frame the hypervisor keeps from becoming anything else meanwhile. References chosen
 * to share a bucket make the search slow, of a queue's pages at most, in its own worker.
 */
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define MAX_KEPT     8192u /* of 65,530 mappings of a process, 524,288 entries of a domain */
#define MAX_REFUSALS 64u

#ifndef KEPT_PER_SLOT /* tests have fewer */
#define KEPT_PER_SLOT (MAX_SEGMENTS + 1u)
#endif

static uint32_t nr_kept; /* by all queues of the process */

static struct kept_list *bucket_of(struct persistent *p, grant_ref_t ref)
{
	/* Fibonacci hashing: a product's upper bits depend on all of the reference's. */
	return &p->buckets[ref * 0x9e3779b1u >> (32 - p->bucket_bits)];
}

static struct kept_page *find(struct persistent *p, grant_ref_t ref)
{
	struct kept_page *page;

	LIST_FOREACH (page, bucket_of(p, ref), same)
		if (page->ref == ref)
			return page;
	return NULL;
}

static void unmap(struct queue *q, struct kept_page *page)
{
	LIST_REMOVE(page, same);
	back_unmap(q->disk->link, page->address, 1);
	page->address = NULL;
	LIST_INSERT_HEAD(&q->persistent.unused, page, same);
	nr_kept--;
}

/* An entry without a page; NULL: all there may be are in use. */
static struct kept_page *spare_entry(struct queue *q)
{
	struct persistent *p = &q->persistent;
	struct kept_page *oldest = TAILQ_FIRST(&p->idle);

	if (LIST_EMPTY(&p->unused) || nr_kept >= MAX_KEPT) {
		if (!oldest)
			return NULL;
		TAILQ_REMOVE(&p->idle, oldest, age);
		unmap(q, oldest);
	}
	return LIST_FIRST(&p->unused);
}

static struct kept_page *map(struct queue *q, grant_ref_t ref)
{
	struct persistent *p = &q->persistent;
	struct kept_page *page = p->refusals < MAX_REFUSALS ? spare_entry(q) : NULL;

	if (!page)
		return NULL;
	page->address = back_map(q->disk->link, &ref, 1, PROT_READ | PROT_WRITE);
	if (!page->address) {
		p->refusals++;
		return NULL;
	}
	p->refusals = 0;
	page->ref = ref;
	LIST_REMOVE(page, same);
	LIST_INSERT_HEAD(bucket_of(p, ref), page, same);
	nr_kept++;
	return page;
}

struct kept_page *persistent_get(struct queue *q, grant_ref_t ref)
{
	struct persistent *p = &q->persistent;
	struct kept_page *page = p->pages ? find(p, ref) : NULL;

	if (page && !page->users)
		TAILQ_REMOVE(&p->idle, page, age);
	if (!page && p->pages)
		page = map(q, ref);
	if (page)
		page->users++;
	return page;
}

void persistent_put(struct queue *q, struct kept_page *page)
{
	if (!--page->users)
		TAILQ_INSERT_TAIL(&q->persistent.idle, page, age);
}

int persistent_init(struct queue *q)
{
	struct persistent *p = &q->persistent;
	uint32_t most = q->ring.nr_slots * KEPT_PER_SLOT;

	TAILQ_INIT(&p->idle);
	LIST_INIT(&p->unused);
	if (!(q->disk->config.flags & BLOCK_PERSISTENT))
		return 0;
	p->bucket_bits = 1;
	while (1u << p->bucket_bits < most)
		p->bucket_bits++;
	p->buckets = calloc((size_t)1 << p->bucket_bits, sizeof(*p->buckets));
	p->pages = calloc(most, sizeof(*p->pages));
	if (!p->buckets || !p->pages)
		return -ENOMEM;
	p->nr = most;
	for (uint32_t i = 0; i < most; i++)
		LIST_INSERT_HEAD(&p->unused, &p->pages[most - 1 - i], same);
	return 0;
}

/* Nobody's I/O is under way any more. */
void persistent_drop(struct queue *q)
{
	struct persistent *p = &q->persistent;

	for (uint32_t i = 0; i < p->nr; i++)
		if (p->pages[i].address) {
			back_unmap(q->disk->link, p->pages[i].address, 1);
			nr_kept--;
		}
	free(p->buckets);
	free(p->pages);
	*p = (struct persistent){ 0 };
}
