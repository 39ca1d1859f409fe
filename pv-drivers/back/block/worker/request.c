/* SPDX-License-Identifier: MIT */
/*
 * One request: checked whole, then its memory is reached, then it is carried out, then answered.
 *
 * Nothing of it is believed: counts, units of a page, the range on the disk (without overflow),
 * what a read-only disk allows. What is wrong is answered with an error and has had no effect.
 */
#include "disk.h"

#include <errno.h>
#include <string.h>

static bool is_write(const struct request *r)
{
	return r->operation == BLKIF_OP_WRITE;
}

static struct back_flow *flow_of(struct request *r)
{
	struct back_counters *counters = r->queue->disk->link->counters;

	return is_write(r) ? &counters->from_guest : &counters->to_guest;
}

static void count(struct request *r, int status)
{
	struct back_counters *counters = r->queue->disk->link->counters;

	if (r->operation == BLKIF_OP_FLUSH_DISKCACHE)
		counters->flushes++;
	if (r->operation == BLKIF_OP_DISCARD)
		counters->discards++;
	if (r->operation != BLKIF_OP_READ && r->operation != BLKIF_OP_WRITE)
		return;
	flow_of(r)->operations++;
	if (status)
		flow_of(r)->errors++;
	else
		flow_of(r)->bytes += r->length;
}

static void answer(struct request *r, int status)
{
	struct disk *disk = r->queue->disk;

	memory_release(r);
	count(r, status);
	queue_answer(r->queue, r, status);
	if (!STAILQ_EMPTY(&disk->waiting))
		back_again(disk->link);
}

static int status_of(int error)
{
	if (!error)
		return BLKIF_RSP_OKAY;
	return error == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
}

/* --- checking -------------------------------------------------------------------------------- */

/* sectors from sector on are all on the disk and whole sectors of its size. */
static int check_range(struct request *r, uint64_t sector, uint64_t sectors)
{
	const struct block_connect *config = &r->queue->disk->config;
	uint32_t unit = config->sector_size / BLOCK_SECTOR;

	if (!sectors || sector > config->sectors || sectors > config->sectors - sector)
		return -EINVAL;
	if (sector % unit || sectors % unit)
		return -EINVAL;
	r->offset = sector * BLOCK_SECTOR;
	r->length = sectors * BLOCK_SECTOR;
	return 0;
}

/* Sums the segments up; each is within its page. */
static int check_segments(struct request *r, uint64_t sector)
{
	uint32_t unit = r->queue->disk->config.sector_size / BLOCK_SECTOR, sectors = 0;

	for (uint32_t i = 0; i < r->nr_segments; i++) {
		const struct blkif_request_segment *s = &r->segment[i];

		if (s->first_sect > s->last_sect || s->last_sect > 7 || s->first_sect % unit ||
		    (s->last_sect + 1u) % unit)
			return -EINVAL;
		sectors += s->last_sect - s->first_sect + 1u;
	}
	return check_range(r, sector, sectors);
}

/* The list of an indirect request's segments is copied once, out of as many pages as it needs. */
static int fetch_indirect(struct request *r, const struct blkif_request_indirect *indirect)
{
	_Static_assert(MAX_SEGMENTS * sizeof(struct blkif_request_segment) <= PV_PAGE_SIZE,
		       "all segments are in the first page");

	if (indirect->indirect_op != BLKIF_OP_READ && indirect->indirect_op != BLKIF_OP_WRITE)
		return -EINVAL;
	if (!indirect->nr_segments || indirect->nr_segments > MAX_SEGMENTS)
		return -EINVAL;
	r->operation = indirect->indirect_op;
	r->nr_segments = indirect->nr_segments;
	return memory_copy_in(r->queue, indirect->indirect_grefs[0], r->segment,
			      r->nr_segments * sizeof(r->segment[0]));
}

static int decode_data(struct request *r)
{
	const struct blkif_request *given = &r->entry->request;
	struct blkif_request_indirect indirect;
	int rc;

	if (given->operation == BLKIF_OP_INDIRECT) {
		memcpy(&indirect, given, sizeof(indirect));
		rc = fetch_indirect(r, &indirect);
		return rc ? rc : check_segments(r, indirect.sector_number);
	}
	if (!given->nr_segments || given->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return -EINVAL;
	r->nr_segments = given->nr_segments;
	memcpy(r->segment, given->seg, sizeof(given->seg));
	return check_segments(r, given->sector_number);
}

static int decode_discard(struct request *r)
{
	struct blkif_request_discard discard;

	memcpy(&discard, &r->entry->request, sizeof(discard));
	if (!(r->queue->disk->config.flags & BLOCK_DISCARD) || discard.flag & BLKIF_DISCARD_SECURE)
		return -EOPNOTSUPP;
	return check_range(r, discard.sector_number, discard.nr_sectors);
}

static int decode_flush(struct request *r)
{
	if (!r->entry->request.nr_segments)
		return 0;
	r->operation = BLKIF_OP_WRITE;
	r->flush_after = true;
	return decode_data(r);
}

/* Changes nothing outside of r. */
static int decode(struct request *r)
{
	int rc;

	r->operation = r->entry->request.operation;
	r->nr_segments = r->nr_vec = 0;
	r->offset = r->length = r->done = 0;
	r->flush_after = false;
	switch (r->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
	case BLKIF_OP_INDIRECT:
		rc = decode_data(r);
		break;
	case BLKIF_OP_FLUSH_DISKCACHE:
		rc = decode_flush(r);
		break;
	case BLKIF_OP_DISCARD:
		rc = decode_discard(r);
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (!rc && r->queue->disk->config.flags & BLOCK_READONLY &&
	    (is_write(r) || r->operation == BLKIF_OP_DISCARD))
		rc = -EROFS;
	return rc;
}

/* --- carrying out ---------------------------------------------------------------------------- */

static void wait(struct request *r)
{
	STAILQ_INSERT_TAIL(&r->queue->disk->waiting, r, next);
}

/* The target's part: what is to be written is in the buffer, or the guest's own page. */
static void begin(struct request *r)
{
	struct disk *disk = r->queue->disk;
	int rc = disk->target->begin(disk, r);

	if (disk->lost)
		memory_release(r); /* it failed, now or before; the journal has the request */
	else if (rc == -EAGAIN)
		wait(r);
	else if (rc)
		answer(r, status_of(rc));
}

/* Checked: as soon as there is room for it. */
static void carry_out(struct request *r)
{
	struct disk *disk = r->queue->disk;
	bool fresh = r->nr_segments && !r->nr_vec;

	if (fresh && !disk->map && memory_prepare(r))
		wait(r);
	else if (fresh && (disk->map || (is_write(r) && !r->nr_kept)))
		copy_later(r);
	else
		begin(r);
}

void request_start(struct request *r)
{
	struct disk *disk = r->queue->disk;
	int rc;

	r->buffer = NULL;
	r->nr_kept = 0;
	r->logged = false;
	rc = decode(r);
	if (!rc && disk->config.flags & BLOCK_BROKEN)
		rc = -EIO;
	if (rc) {
		answer(r, status_of(rc));
		return;
	}
	carry_out(r);
}

/* A flush with data becomes a flush once the data is written. */
static void become_flush(struct request *r)
{
	memory_release(r);
	count(r, 0);
	r->operation = BLKIF_OP_FLUSH_DISKCACHE;
	r->nr_segments = r->nr_vec = 0;
	r->length = r->done = 0;
	r->flush_after = false;
}

/* The server is gone: the request stays in the journal, for whoever comes next. */
static void abandon(struct request *r)
{
	r->queue->disk->in_flight--;
	memory_release(r);
}

/* Bytes were moved. True: all of them. */
static bool moved(struct request *r, int64_t result)
{
	r->done += (uint64_t)result;
	if (r->done >= r->length)
		return true;
	if (result)
		carry_out(r);
	else /* nothing more although there should be: the file has shrunk */
		answer(r, BLKIF_RSP_ERROR);
	return false;
}

void request_finish(struct request *r, int64_t result)
{
	struct disk *disk = r->queue->disk;

	if (disk->lost) {
		abandon(r);
		return;
	}
	if (result < 0) {
		answer(r, status_of((int)result));
		return;
	}
	if (r->operation == BLKIF_OP_FLUSH_DISKCACHE) {
		answer(r, BLKIF_RSP_OKAY);
		return;
	}
	if (!moved(r, result))
		return;
	if (r->flush_after) {
		become_flush(r);
		carry_out(r);
		return;
	}
	if (r->operation == BLKIF_OP_READ && !memory_return(r))
		copy_later(r);
	else
		answer(r, BLKIF_RSP_OKAY);
}

void request_copied(struct request *r, bool whole)
{
	struct disk *disk = r->queue->disk;

	if (disk->lost)
		memory_release(r);
	else if (!whole)
		answer(r, BLKIF_RSP_ERROR);
	else if (disk->map)
		request_finish(r, (int64_t)r->length);
	else if (is_write(r))
		begin(r);
	else
		answer(r, BLKIF_RSP_OKAY);
}

void requests_retry(struct disk *disk)
{
	struct request_list list = STAILQ_HEAD_INITIALIZER(list);
	struct request *r;

	STAILQ_CONCAT(&list, &disk->waiting);
	while ((r = STAILQ_FIRST(&list))) {
		STAILQ_REMOVE_HEAD(&list, next);
		carry_out(r);
	}
}
