/* SPDX-License-Identifier: MIT */
/*
 * What the two halves of the block class share: the body of their messages and the journal.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include "back.h"

#include <xen/grant_table.h>
#include <xen/io/blkif.h>

#define BLOCK_KIND	     "qdisk" /* "vbd" is Linux's blkback's */
#define BLOCK_MAX_QUEUES     4
#define BLOCK_MAX_RING_ORDER 4
#define BLOCK_MAX_RING_PAGES (1u << BLOCK_MAX_RING_ORDER)
#define BLOCK_MAX_SLOTS	     512 /* of that many pages */
#define BLOCK_MAX_INDIRECT   32	 /* segments of an indirect request */
#define BLOCK_SECTOR	     512u

enum {
	BLOCK_READONLY = 1,
	BLOCK_DISCARD = 2,
	BLOCK_MEMORY =
	    4, /* the file is in memory (tmpfs): it can be mapped, and a flush is nothing */
	BLOCK_32BIT = 8,  /* the frontend's slots are laid out for 32 bits */
	BLOCK_NBD = 16,	  /* the descriptor is a connection to an NBD server, not a file */
	BLOCK_BROKEN = 32, /* what was answered is lost, or would be: every request fails */
	BLOCK_PERSISTENT = 64 /* both halves have said feature-persistent: grants stay mapped */
};

struct block_queue_connect {
	uint32_t port;
	uint32_t refs[BLOCK_MAX_RING_PAGES];
};

struct block_connect {
	uint64_t sectors; /* of 512 bytes */
	uint32_t sector_size;
	uint32_t flags;
	uint32_t nr_queues, nr_pages; /* of each ring */
	struct block_queue_connect queue[BLOCK_MAX_QUEUES];
};
_Static_assert(sizeof(struct block_connect) <= BACK_BODY_BYTES, "it is a message's body");

/* BACK_TOLD */
enum block_news {
	BLOCK_SERVER_LOST, /* the connection to the NBD server has ended */
	BLOCK_NOT_REPEATED /* the next server refused what its predecessor had answered */
};

/* BACK_CHANGE: another medium; with no descriptor, none. */
struct block_change {
	uint64_t sectors;
};

/* --- the journal ----------------------------------------------------------------------------- */

/*
 * A request's life, in the order of the stores (the process may die between any two):
 *
 *	its copy, index; state TAKEN; queue.consumed
 *	... it is carried out ...
 *	status, response; state ANSWERED; the response in its slot
 *	queue.published for several; the shared index; state FREE
 *
 * So a successor carries out what is TAKEN, puts the responses again of what is ANSWERED from
 * queue.published on, and publishes again up to there, which changes nothing if it was done. What
 * the guest can write is never asked.
 */
enum block_state { BLOCK_FREE, BLOCK_TAKEN, BLOCK_ANSWERED };

struct block_entry {
	uint32_t state;	   /* enum block_state */
	uint32_t index;	   /* of the request on its ring */
	uint32_t response; /* of its answer */
	int32_t status;
	struct blkif_request request; /* as a 64-bit guest lays it out */
};

struct block_queue_journal {
	uint32_t nr_slots;
	uint32_t consumed;  /* requests before this are in an entry or answered */
	uint32_t published; /* responses before this are, or are about to be, the guest's */
	uint32_t reserved;
	struct block_entry entry[];
};

/*
 * An NBD server's disk has a log at the journal's end: what the server has answered and may not
 * have written. Positions only grow: in the log they are taken modulo its size.
 */
#ifndef BLOCK_LOG_BYTES
#define BLOCK_LOG_BYTES (4u << 20)
#endif

struct block_log {
	uint64_t safe, head; /* of the first that is not safe, and behind the last */
};

/* Of a write, its data follow. */
struct block_log_entry {
	uint64_t offset, length; /* bytes of the disk */
	uint32_t operation;	 /* BLKIF_OP_WRITE, BLKIF_OP_DISCARD */
	uint32_t failed;	 /* it was answered with an error */
	uint64_t reserved;
};

struct block_journal {
	uint32_t nr_queues, nr_slots;
	struct block_log log;
};

static inline size_t block_queue_journal_bytes(uint32_t nr_slots)
{
	return sizeof(struct block_queue_journal) + (size_t)nr_slots * sizeof(struct block_entry);
}

static inline size_t block_journal_bytes(uint32_t flags, uint32_t nr_queues, uint32_t nr_slots)
{
	return sizeof(struct block_journal) + nr_queues * block_queue_journal_bytes(nr_slots) +
	       ((flags & (BLOCK_NBD | BLOCK_READONLY)) == BLOCK_NBD ? BLOCK_LOG_BYTES : 0);
}

static inline struct block_queue_journal *block_queue_journal(struct block_journal *journal,
							      uint32_t queue, uint32_t nr_slots)
{
	uint8_t *first = (uint8_t *)(journal + 1);

	return (struct block_queue_journal *)(void *)(first +
						      queue * block_queue_journal_bytes(nr_slots));
}

/* The size of a slot. */
static inline size_t block_slot_bytes(uint32_t flags)
{
	return sizeof(struct blkif_request) - (flags & BLOCK_32BIT ? 4 : 0);
}
_Static_assert(sizeof(struct blkif_request) == 112, "public/io/blkif.h, 64 bits");

#endif
