/* SPDX-License-Identifier: MIT */
/*
 * The block frontend (public/io/blkif.h).
 *
 * Data goes through the device's own granted pages: a backend never sees the caller's memory, and
 * what it changes after its answer reaches nobody. The pages stay granted where the backend can
 * keep them mapped (feature-persistent); else each request grants and ends.
 *
 * A request is the device's until done is called. If the backend goes away first, the request waits
 * and is sent again to the next one, in the order of submission: writes may so be done twice, with
 * the same data, but none that was acknowledged is lost by us. Only a device that is gone for good
 * ends requests with an error of its own.
 *
 * Invariants: a request is queued, or in exactly one slot, or not the device's; a slot is in use
 * if its id is in flight; each buffer is in the pool or in one slot.
 */
#ifndef FRONT_BLK_H
#define FRONT_BLK_H

#include <xen/io/blkif.h>

#include "device.h"
#include "pv_ids.h"
#include "pv_ring.h"

#define BLK_SECTOR	512u
#define BLK_MAX_SECTORS (BLKIF_MAX_SEGMENTS_PER_REQUEST * (PV_PAGE_SIZE / BLK_SECTOR))
#define BLK_SLOTS	32 /* of a ring of one page */
#define BLK_BUFFERS	44 /* pages for data: four of the largest requests at once */

enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD };

struct blk_request {
	enum blk_op op;
	uint64_t sector;     /* of 512 bytes, whatever the device's own */
	uint32_t nr_sectors; /* at most BLK_MAX_SECTORS to read or write */
	void *data;
	void (*done)(struct blk_request *request); /* may submit, may not wait */
	void *context;				   /* the caller's */
	/*
	 * Valid when done is called. 0. -XEN_EIO: the medium says so. -XEN_EINVAL: not whole
	 * sectors of the device. -XEN_ENOSPC: behind its end. -XEN_EROFS. -XEN_EOPNOTSUPP: the
	 * backend cannot flush, discard. -XEN_ENODEV: the device is gone.
	 */
	int status;
	/* The device's. */
	uint64_t order;
	struct blk_request *next;
};

struct blk_facts {
	uint64_t sectors; /* of 512 bytes */
	uint32_t sector_size;
	bool readonly, cdrom, flush, discard, persistent;
};

struct blk_buffer {
	void *page;
	grant_ref_t ref;
	bool granted;
	struct blk_buffer *next; /* in the pool */
};

struct blk_slot {
	struct blk_request *request; /* NULL: the caller gave it up */
	uint8_t operation;	     /* as sent */
	uint8_t nr;
	struct blk_buffer *buffers[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};

struct blk_front {
	struct front_device device; /* first */
	uint32_t handle;
	bool running; /* connected, and the peer without fault */
	bool pumping; /* in pump() */
	struct blk_facts facts;
	void *ring_page;
	grant_ref_t ring_ref;
	evtchn_port_t port; /* 0: none */
	struct pv_ring ring;
	struct pv_ids ids;
	uint32_t id_memory[BLK_SLOTS];
	struct blk_slot slots[BLK_SLOTS];
	struct blk_buffer buffers[BLK_BUFFERS];
	struct blk_buffer *pool;
	struct blk_request *queue, **queue_end;
	uint64_t next_order;
	uint64_t nr_replayed;
};

/* id: as in device/vbd/ID. The caller steps blk->device. */
int blk_init(struct blk_front *blk, uint32_t id);

/* Takes the request; done will be called, maybe at once if it cannot be done. */
void blk_submit(struct blk_front *blk, struct blk_request *request);

/* Gives up waiting: done will not be called, and for a read data not be touched any more. */
void blk_cancel(struct blk_front *blk, struct blk_request *request);

/*
 * Any number of sectors, waiting for the end, for at most until deadline. 0 or as status;
 * -XEN_ETIMEDOUT: some of it may have been done.
 */
int blk_transfer(struct blk_front *blk, enum blk_op op, uint64_t sector, void *data,
		 uint64_t nr_sectors, uint64_t deadline);

#endif
