/* SPDX-License-Identifier: MIT */
/*
 * What an NBD server has answered and no flush has made safe: kept in the journal, to be written
 * again should the server die.
 *
 * Servers cache: one that is killed takes with it what it answered since the last flush. A disk
 * must not forget what it has answered while its guest runs on, so each write is copied into the
 * log, a ring, before it is sent. A flush makes safe what was answered before it was sent: all in
 * front of the oldest entry that was not answered then. When the log is full the worker asks for a
 * flush by itself, and writes wait for that.
 *
 * Whoever goes on with a connection, for whatever reason, writes everything in the log again, in
 * its order, and then carries out what is not answered. Repeating is right: who asks for two writes
 * to the same place without awaiting the first's answer gets either; of others the later is later
 * in the log, too, and what is not answered came after all that was answered before it was asked.
 *
 * Repeating flushes now and then, which is progress that stays: one who dies in the midst leaves
 * less to the next.
 *
 * Positions only grow; LIMITS: a write that was answered and cannot be repeated (the image's file
 * system is full, say) ends the disk: every request fails from then on, and the log says why.
 */
#include "disk.h"

#include <errno.h>
#include <string.h>

#define ENTRY_BYTES  sizeof(struct block_log_entry)
#define REPEAT_BYTES (BLOCK_LOG_BYTES / 4) /* repeated between two flushes */

_Static_assert(!(BLOCK_LOG_BYTES % ENTRY_BYTES) && !(BLOCK_SECTOR % ENTRY_BYTES),
	       "entries do not cross the log's end");
_Static_assert(BLOCK_LOG_BYTES >= 2 * (BUFFER_BYTES + ENTRY_BYTES), "the longest write fits");

static uint8_t *log_bytes(const struct disk *disk)
{
	return (uint8_t *)disk->link->journal + disk->link->journal_bytes - BLOCK_LOG_BYTES;
}

static struct block_log_entry *entry_at(const struct disk *disk, uint64_t at)
{
	return (struct block_log_entry *)(void *)(log_bytes(disk) + at % BLOCK_LOG_BYTES);
}

static uint64_t data_bytes(uint32_t operation, uint64_t length)
{
	return operation == BLKIF_OP_WRITE ? length : 0;
}

static uint64_t entry_bytes(uint32_t operation, uint64_t length)
{
	return ENTRY_BYTES + data_bytes(operation, length);
}

/* --- while the server lives ------------------------------------------------------------------ */

/* Where the oldest entry not answered begins, or the log's end: a flush sent now covers the rest.
 */
static uint64_t answered_up_to(const struct disk *disk)
{
	uint64_t at = disk->journal->log.head;

	for (uint32_t q = 0; q < disk->nr_queues; q++)
		for (uint32_t i = 0; i < disk->queue[q].ring.nr_slots; i++) {
			const struct request *r = &disk->queue[q].requests[i];

			if (r->logged && r->log_at < at)
				at = r->log_at;
		}
	return at;
}

static void made_safe(struct disk *disk, uint64_t up_to)
{
	struct block_log *log = &disk->journal->log;

	if ((int64_t)(up_to - log->safe) > 0)
		__atomic_store_n(&log->safe, up_to, __ATOMIC_RELEASE);
}

static void send_own_flush(struct disk *disk, uint64_t covers)
{
	struct request *own = nbd_own_request(disk);

	own->operation = BLKIF_OP_FLUSH_DISKCACHE;
	own->log_at = covers;
	own->offset = own->length = own->done = 0;
	own->nr_vec = 0;
	nbd_send(disk, own);
}

/* Nothing to be done if the oldest is under way: its answer brings another try. */
static void make_room(struct disk *disk)
{
	uint64_t covers = answered_up_to(disk);

	if (!nbd_own_busy(disk) && covers != disk->journal->log.safe)
		send_own_flush(disk, covers);
}

static void copy_data(struct disk *disk, const struct request *r, uint64_t at)
{
	for (uint32_t i = 0; i < r->nr_vec; i++) {
		const uint8_t *from = r->vec[i].iov_base;
		uint64_t left = r->vec[i].iov_len;

		while (left) {
			uint64_t start = at % BLOCK_LOG_BYTES, part = BLOCK_LOG_BYTES - start;

			part = part < left ? part : left;
			memcpy(log_bytes(disk) + start, from, part);
			from += part;
			at += part;
			left -= part;
		}
	}
}

static int append(struct disk *disk, struct request *r)
{
	struct block_log *log = &disk->journal->log;
	uint64_t bytes = entry_bytes(r->operation, r->length);

	if (BLOCK_LOG_BYTES - (log->head - log->safe) < bytes) {
		if (disk->flush_failed) {
			disk->flush_failed = false;
			return -EIO;
		}
		make_room(disk);
		return -EAGAIN;
	}
	*entry_at(disk, log->head) = (struct block_log_entry){ .offset = r->offset,
							       .length = r->length,
							       .operation = r->operation };
	if (r->operation == BLKIF_OP_WRITE)
		copy_data(disk, r, log->head + ENTRY_BYTES);
	r->log_at = log->head;
	r->logged = true;
	/* Ordering: release. The entry is whole before it counts. */
	__atomic_store_n(&log->head, log->head + bytes, __ATOMIC_RELEASE);
	return 0;
}

int log_before(struct disk *disk, struct request *r)
{
	switch (r->operation) {
	case BLKIF_OP_FLUSH_DISKCACHE:
		r->log_at = answered_up_to(disk);
		return 0;
	case BLKIF_OP_WRITE:
	case BLKIF_OP_DISCARD:
		return r->logged ? 0 : append(disk, r); /* a long discard is sent in parts */
	default:
		return 0;
	}
}

void log_after(struct disk *disk, struct request *r, int64_t result)
{
	if (r->operation == BLKIF_OP_FLUSH_DISKCACHE && result >= 0)
		made_safe(disk, r->log_at);
	if (!r->logged || (result >= 0 && r->done + (uint64_t)result < r->length))
		return;
	if (result < 0)
		entry_at(disk, r->log_at)->failed = 1; /* the guest is told; not to be repeated */
	r->logged = false;
}

/* --- another server -------------------------------------------------------------------------- */

static bool is_sound(const struct disk *disk)
{
	const struct block_log *log = &disk->journal->log;
	uint64_t at = log->safe;

	if (log->head - log->safe > BLOCK_LOG_BYTES || log->head % ENTRY_BYTES ||
	    log->safe % ENTRY_BYTES)
		return false;
	while (at != log->head) {
		const struct block_log_entry *entry = entry_at(disk, at);
		uint64_t bytes = data_bytes(entry->operation, entry->length);

		if (bytes > BUFFER_BYTES || bytes % BLOCK_SECTOR ||
		    ENTRY_BYTES + bytes > log->head - at)
			return false;
		at += ENTRY_BYTES + bytes;
	}
	return true;
}

/* The data of a write where it lies, in two pieces if it crosses the log's end. */
static void point_at_data(struct disk *disk, struct request *own, uint64_t at)
{
	uint64_t start = at % BLOCK_LOG_BYTES, part = BLOCK_LOG_BYTES - start;

	part = part < own->length ? part : own->length;
	own->vec[0] = (struct iovec){ log_bytes(disk) + start, part };
	own->vec[1] = (struct iovec){ log_bytes(disk), own->length - part };
	own->nr_vec = part < own->length ? 2 : 1;
}

static void repeat_next(struct disk *disk)
{
	const struct block_log *log = &disk->journal->log;
	struct request *own = nbd_own_request(disk);
	const struct block_log_entry *entry = entry_at(disk, disk->replay_at);

	while (disk->replay_at != log->head && entry->failed) {
		disk->replay_at += entry_bytes(entry->operation, entry->length);
		entry = entry_at(disk, disk->replay_at);
	}
	if (disk->replay_at == log->head || disk->replay_at - log->safe >= REPEAT_BYTES) {
		send_own_flush(disk, disk->replay_at);
		return;
	}
	own->operation = (uint8_t)entry->operation;
	own->offset = entry->offset;
	own->length = entry->length;
	own->done = 0;
	own->nr_vec = 0;
	if (own->operation == BLKIF_OP_WRITE)
		point_at_data(disk, own, disk->replay_at + ENTRY_BYTES);
	nbd_send(disk, own);
}

int log_replay(struct disk *disk)
{
	if (!is_sound(disk))
		return -EBADMSG;
	if (disk->journal->log.safe == disk->journal->log.head)
		return 0;
	disk->replaying = true;
	disk->in_flight++; /* who closes the disk waits for it */
	disk->replay_at = disk->journal->log.safe;
	repeat_next(disk);
	return 0;
}

static void end_replay(struct disk *disk, bool whole)
{
	enum block_news news = BLOCK_NOT_REPEATED;

	disk->replaying = false;
	disk->in_flight--;
	if (!whole) {
		disk->config.flags |= BLOCK_BROKEN;
		back_tell(disk->link, &news, sizeof(news));
	}
	disk_go_on(disk);
}

static void repeated(struct disk *disk, struct request *own, int64_t result)
{
	if (result < 0) {
		end_replay(disk, false);
		return;
	}
	if (own->operation == BLKIF_OP_FLUSH_DISKCACHE) {
		made_safe(disk, own->log_at);
		if (disk->replay_at == disk->journal->log.head)
			end_replay(disk, true);
		else
			repeat_next(disk);
		return;
	}
	own->done += (uint64_t)result;
	if (own->done < own->length) { /* a long discard */
		nbd_send(disk, own);
		return;
	}
	disk->replay_at += entry_bytes(own->operation, own->length);
	repeat_next(disk);
}

void log_own_ended(struct disk *disk, struct request *own, int64_t result)
{
	if (disk->replaying) {
		repeated(disk, own, result);
		return;
	}
	if (result >= 0)
		made_safe(disk, own->log_at);
	else
		disk->flush_failed = true; /* the first that waits for room is told */
	back_again(disk->link);
}
