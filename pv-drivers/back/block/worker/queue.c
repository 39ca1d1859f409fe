/* SPDX-License-Identifier: MIT */
/*
 * A ring of a disk: requests are taken into the journal, responses given from it. block.h tells in
 * which order, and why a death between any two stores loses and repeats nothing.
 *
 * Invariant: requests taken and not published = entries not FREE <= slots, so an entry is free
 * whenever the ring has a request.
 */
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Ordering: release. What was stored in the journal before is there if this is. */
static void mark(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static bool before(uint32_t index, uint32_t other)
{
	return (int32_t)(index - other) < 0;
}

static void start_entry(struct queue *q, uint32_t number)
{
	struct request *request = &q->requests[number];

	request->entry = &q->journal->entry[number];
	request->queue = q;
	q->disk->in_flight++;
	request_start(request);
}

/*
 * A 32-bit guest's slots are the same, but without the four bytes of padding before the id; a
 * response is the same for both.
 */
static int take(struct queue *q, struct blkif_request *request)
{
	uint8_t slot[sizeof(*request)] = { 0 };
	int rc = pv_ring_take(&q->ring, slot, q->ring.entry_size);

	if (rc <= 0)
		return rc;
	memset(request, 0, sizeof(*request));
	if (q->disk->config.flags & BLOCK_32BIT) {
		memcpy(request, slot, 4);
		memcpy((uint8_t *)request + 8, slot + 4, sizeof(*request) - 8);
	} else {
		memcpy(request, slot, sizeof(*request));
	}
	return 1;
}

static void give_up(struct queue *q)
{
	back_fail(q->disk->link, "the frontend's ring is impossible (%s)",
		  q->ring.fault == PV_FAULT_INDEX_BACK ? "its index went back"
						       : "its index is too far ahead");
}

/* 1: a request was started. 0: there is none. */
static int take_one(struct queue *q)
{
	struct blkif_request request;
	struct block_entry *entry;
	uint32_t number;
	int rc = take(q, &request);

	if (rc <= 0)
		return rc;
	PV_ASSERT(q->nr_free);
	number = q->free[--q->nr_free];
	entry = &q->journal->entry[number];
	entry->request = request;
	entry->index = q->ring.cons - 1;
	mark(&entry->state, BLOCK_TAKEN);
	mark(&q->journal->consumed, q->ring.cons);
	start_entry(q, number);
	return 1;
}

void queue_run(struct queue *q)
{
	struct disk *disk = q->disk;
	int rc = 1;

	if (disk->closing || disk->lost || disk->replaying || q->ring.fault)
		return;
	for (uint32_t i = 0; i < q->ring.nr_slots && rc > 0; i++) {
		/* Who waits is first; what is not taken needs no memory. */
		if (!STAILQ_EMPTY(&disk->waiting)) {
			disk->link->counters->waits++;
			return; /* event(-1) comes when one is done */
		}
		rc = take_one(q);
		if (!rc && pv_ring_sleep(&q->ring, 1) > 0)
			rc = 1;
	}
	if (q->ring.fault)
		give_up(q);
	else if (rc > 0)
		back_again(disk->link);
}

/* Linux's frontend wants an indirect request's own operation back, its second byte. */
static uint8_t told_operation(const struct blkif_request *request)
{
	return request->operation == BLKIF_OP_INDIRECT ? request->nr_segments : request->operation;
}

static void put_response(struct queue *q, uint32_t number)
{
	struct block_entry *entry = &q->journal->entry[number];
	struct blkif_response response;

	memset(&response, 0, sizeof(response));
	response.id = entry->request.id;
	response.operation = told_operation(&entry->request);
	response.status = (int16_t)entry->status;
	/* The last bytes are padding, which 32-bit slots may not have. */
	if (pv_ring_put(&q->ring, &response, 12))
		return; /* the ring has a fault */
	q->answered[q->nr_answered++] = number;
	back_again(q->disk->link);
}

void queue_answer(struct queue *q, struct request *request, int status)
{
	struct block_entry *entry = request->entry;

	q->disk->in_flight--;
	if (q->ring.fault)
		return;
	entry->status = status;
	entry->response = q->ring.prod;
	mark(&entry->state, BLOCK_ANSWERED);
	put_response(q, (uint32_t)(entry - q->journal->entry));
}

void queue_publish(struct queue *q)
{
	if (!q->nr_answered)
		return;
	mark(&q->journal->published, q->ring.prod);
	if (pv_ring_push(&q->ring))
		back_notify(q->disk->link, q->port);
	while (q->nr_answered) {
		uint32_t number = q->answered[--q->nr_answered];

		mark(&q->journal->entry[number].state, BLOCK_FREE);
		q->free[q->nr_free++] = number;
	}
}

/* --- taking over ----------------------------------------------------------------------------- */

/* Puts the ring to where the journal says it is. */
static int resume_ring(struct queue *q)
{
	struct block_queue_journal *journal = q->journal;
	uint32_t consumed = journal->consumed, published = journal->published;

	/* A request may have been taken and not been counted yet. */
	for (uint32_t i = 0; i < q->ring.nr_slots; i++)
		if (journal->entry[i].state == BLOCK_TAKEN && journal->entry[i].index == consumed) {
			mark(&journal->consumed, ++consumed);
			break;
		}
	if (consumed - published > q->ring.nr_slots)
		return -EBADMSG;
	q->ring.prod = q->ring.pushed = published;
	q->ring.cons = q->ring.seen = consumed;
	pv_store(q->ring.our_prod, published);
	return 0;
}

int queue_recover(struct queue *q)
{
	struct block_entry *entry = q->journal->entry;
	int rc = resume_ring(q);

	if (rc)
		return rc;
	q->nr_free = 0;
	for (uint32_t i = 0; i < q->ring.nr_slots; i++) {
		if (entry[i].state == BLOCK_ANSWERED &&
		    before(entry[i].response, q->journal->published))
			mark(&entry[i].state, BLOCK_FREE);
		if (entry[i].state == BLOCK_FREE)
			q->free[q->nr_free++] = i;
	}
	return q->ring.nr_slots - q->nr_free == q->ring.cons - q->ring.prod ? 0 : -EBADMSG;
}

void queue_resume(struct queue *q)
{
	struct block_entry *entry = q->journal->entry;

	for (uint32_t i = 0; i < q->ring.nr_slots; i++) {
		if (entry[i].state != BLOCK_ANSWERED)
			continue;
		entry[i].response = q->ring.prod;
		put_response(q, i);
	}
	for (uint32_t i = 0; i < q->ring.nr_slots; i++)
		if (entry[i].state == BLOCK_TAKEN)
			start_entry(q, i);
}

/* --- making and unmaking --------------------------------------------------------------------- */

static int allocate(struct queue *q)
{
	uint32_t nr = q->ring.nr_slots;

	q->requests = calloc(nr, sizeof(*q->requests));
	q->free = calloc(nr, sizeof(*q->free));
	q->answered = calloc(nr, sizeof(*q->answered));
	if (!q->requests || !q->free || !q->answered)
		return -ENOMEM;
	for (q->nr_free = 0; q->nr_free < nr; q->nr_free++)
		q->free[q->nr_free] = nr - 1 - q->nr_free;
	return 0;
}

static int map_ring(struct queue *q, const struct block_queue_connect *config)
{
	struct disk *disk = q->disk;
	uint32_t nr_pages = disk->config.nr_pages;

	q->pages = back_map(disk->link, config->refs, nr_pages, PROT_READ | PROT_WRITE);
	if (!q->pages) {
		back_why(disk->link, "its ring cannot be mapped: are the grants right?");
		return -errno;
	}
	if (pv_back_init(&q->ring, q->pages, (size_t)nr_pages * PV_PAGE_SIZE,
			 block_slot_bytes(disk->config.flags),
			 disk->link->resume ? 0 : pv_back_resume_index(q->pages))) {
		back_why(disk->link, "its ring has no room");
		return -EINVAL;
	}
	return 0;
}

int queue_connect(struct queue *q, uint32_t index)
{
	struct disk *disk = q->disk;
	const struct block_queue_connect *config = &disk->config.queue[index];
	int rc = map_ring(q, config);

	if (rc)
		return rc;
	q->journal = block_queue_journal(disk->journal, index, disk->journal->nr_slots);
	if (disk->journal->nr_slots != q->ring.nr_slots)
		return -EBADMSG;
	if (!disk->link->resume)
		q->journal->consumed = q->journal->published = q->ring.prod;
	rc = allocate(q);
	if (!rc)
		rc = persistent_init(q);
	if (rc)
		return rc;
	q->port = back_bind(disk->link, config->port);
	if (q->port < 0)
		back_why(disk->link, "its event channel %u cannot be bound", config->port);
	return q->port < 0 ? q->port : 0;
}

void queue_disconnect(struct queue *q)
{
	if (q->port >= 0)
		back_unbind(q->disk->link, q->port);
	if (q->pages)
		back_unmap(q->disk->link, q->pages, q->disk->config.nr_pages);
	persistent_drop(q);
	free(q->requests);
	free(q->free);
	free(q->answered);
	*q = (struct queue){ .disk = q->disk, .port = -1 };
}
