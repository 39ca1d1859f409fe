/* SPDX-License-Identifier: MIT */
/*
 * Transfers of any size that wait for their end: a few requests at once, each of the largest size.
 */
#include "blk.h"

#define AT_ONCE 4

struct transfer {
	struct wait_queue ended;
	unsigned int nr; /* in flight */
	int error;	 /* the first */
};

static void one_done(struct blk_request *request)
{
	struct transfer *transfer = request->context;

	if (!transfer->error)
		transfer->error = request->status;
	transfer->nr--;
	request->context = NULL;
	wake_all(&transfer->ended);
}

static uint64_t most_of(enum blk_op op)
{
	return op == BLK_DISCARD ? 1u << 30 : BLK_MAX_SECTORS;
}

static struct blk_request *idle(struct blk_request *requests)
{
	for (unsigned int i = 0; i < AT_ONCE; i++)
		if (!requests[i].context)
			return &requests[i];
	return NULL;
}

static void give_up(struct blk_front *blk, struct blk_request *requests)
{
	for (unsigned int i = 0; i < AT_ONCE; i++)
		if (requests[i].context)
			blk_cancel(blk, &requests[i]);
}

int blk_transfer(struct blk_front *blk, enum blk_op op, uint64_t sector, void *data,
		 uint64_t nr_sectors, uint64_t deadline)
{
	struct blk_request requests[AT_ONCE] = { 0 }, *request;
	struct transfer transfer = { .nr = 0 };
	bool more = nr_sectors || op == BLK_FLUSH;

	while (more || transfer.nr) {
		while (more && !transfer.error && (request = idle(requests))) {
			uint64_t part = nr_sectors < most_of(op) ? nr_sectors : most_of(op);

			*request = (struct blk_request){ .op = op,
							 .sector = sector,
							 .nr_sectors = (uint32_t)part,
							 .data = data,
							 .done = one_done,
							 .context = &transfer };
			sector += part;
			nr_sectors -= part;
			if (data)
				data = (uint8_t *)data + part * BLK_SECTOR;
			more = nr_sectors;
			transfer.nr++;
			blk_submit(blk, request);
		}
		if (transfer.error)
			more = false;
		if (transfer.nr && wait_on(&transfer.ended, deadline)) {
			give_up(blk, requests);
			return -XEN_ETIMEDOUT;
		}
	}
	return transfer.error;
}
