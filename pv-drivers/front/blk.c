/* SPDX-License-Identifier: MIT */
/* The block frontend: requests into the ring, answers out of it, and what xenbus asks for. */
#include "blk_buffers.h"

#include <string.h>

#define PAGE_SECTORS (PV_PAGE_SIZE / BLK_SECTOR)

static struct blk_front *blk_of(struct front_device *device)
{
	return (struct blk_front *)device;
}

static void finish(struct blk_request *request, int status)
{
	request->status = status;
	request->done(request);
}

static void enqueue(struct blk_front *blk, struct blk_request *request)
{
	request->next = NULL;
	*blk->queue_end = request;
	blk->queue_end = &request->next;
}

static struct blk_request *dequeue(struct blk_front *blk)
{
	struct blk_request *request = blk->queue;

	blk->queue = request->next;
	if (!blk->queue)
		blk->queue_end = &blk->queue;
	return request;
}

/* By order of submission: for requests whose backend died. */
static void requeue(struct blk_front *blk, struct blk_request *request)
{
	struct blk_request **link = &blk->queue;

	while (*link && (*link)->order < request->order)
		link = &(*link)->next;
	request->next = *link;
	*link = request;
	if (!request->next)
		blk->queue_end = &request->next;
}

/* Requests. */

/* Moves between the caller's memory and the slot's pages. */
static void copy_data(struct blk_slot *slot, const struct blk_request *request, bool to_pages)
{
	uint8_t *data = request->data;
	size_t left = (size_t)request->nr_sectors * BLK_SECTOR;

	for (uint32_t i = 0; left; i++) {
		size_t part = left < PV_PAGE_SIZE ? left : PV_PAGE_SIZE;

		if (to_pages)
			memcpy(slot->buffers[i]->page, data, part);
		else
			pv_copy(data, slot->buffers[i]->page, part);
		data += part;
		left -= part;
	}
}

static bool moves_data(const struct blk_request *request)
{
	return request->op == BLK_READ || request->op == BLK_WRITE;
}

/* Checked when sent, not when submitted: another backend may have another medium. */
static int refuse(const struct blk_front *blk, const struct blk_request *request)
{
	const struct blk_facts *facts = &blk->facts;
	uint32_t unit = facts->sector_size / BLK_SECTOR;

	if (request->op == BLK_FLUSH)
		return facts->flush ? 0 : -XEN_EOPNOTSUPP;
	if (request->op == BLK_DISCARD && !facts->discard)
		return -XEN_EOPNOTSUPP;
	if (!request->nr_sectors || request->sector % unit || request->nr_sectors % unit ||
	    (moves_data(request) && request->nr_sectors > BLK_MAX_SECTORS))
		return -XEN_EINVAL;
	if (request->nr_sectors > facts->sectors ||
	    request->sector > facts->sectors - request->nr_sectors)
		return -XEN_ENOSPC;
	return request->op != BLK_READ && facts->readonly ? -XEN_EROFS : 0;
}

/* There is room for each message of ours, and an id of ours is in flight: start() looked. */
static void put_message(struct blk_front *blk, const void *message, size_t size)
{
	int rc = pv_ring_put(&blk->ring, message, size);

	PV_ASSERT(!rc);
}

static void put_id(struct blk_front *blk, uint32_t id)
{
	int rc = pv_ids_put(&blk->ids, id);

	PV_ASSERT(!rc);
}

static void put_transfer(struct blk_front *blk, struct blk_slot *slot, uint32_t id)
{
	const struct blk_request *request = slot->request;
	struct blkif_request message = { .operation = slot->operation,
					 .nr_segments = slot->nr,
					 .handle = (blkif_vdev_t)blk->handle,
					 .id = id,
					 .sector_number = request->sector };
	uint32_t left = request->nr_sectors;

	for (uint32_t i = 0; i < slot->nr; i++) {
		uint32_t part = left < PAGE_SECTORS ? left : PAGE_SECTORS;

		message.seg[i] = (struct blkif_request_segment){ .gref = slot->buffers[i]->ref,
								 .last_sect = (uint8_t)(part - 1) };
		left -= part;
	}
	put_message(blk, &message, sizeof(message));
}

static void put_discard(struct blk_front *blk, const struct blk_slot *slot, uint32_t id)
{
	struct blkif_request_discard message = { .operation = slot->operation,
						 .handle = (blkif_vdev_t)blk->handle,
						 .id = id,
						 .sector_number = slot->request->sector,
						 .nr_sectors = slot->request->nr_sectors };

	put_message(blk, &message, sizeof(message));
}

/* False: not now. */
static bool start(struct blk_front *blk, struct blk_request *request)
{
	static const uint8_t operations[] = { [BLK_READ] = BLKIF_OP_READ,
					      [BLK_WRITE] = BLKIF_OP_WRITE,
					      [BLK_FLUSH] = BLKIF_OP_FLUSH_DISKCACHE,
					      [BLK_DISCARD] = BLKIF_OP_DISCARD };
	uint32_t id, pages = 0;
	struct blk_slot *slot;

	if (!pv_ring_room(&blk->ring) || pv_ids_get(&blk->ids, &id))
		return false;
	slot = &blk->slots[id];
	if (moves_data(request))
		pages = (request->nr_sectors + PAGE_SECTORS - 1) / PAGE_SECTORS;
	if (!blk_get_buffers(blk, slot, pages)) {
		put_id(blk, id);
		return false;
	}
	if (blk_grant_buffers(blk, slot, request->op == BLK_WRITE)) {
		blk_ungrant_buffers(blk, slot);
		blk_put_buffers(blk, slot);
		put_id(blk, id);
		return false;
	}
	slot->request = request;
	slot->operation = operations[request->op];
	if (request->op == BLK_WRITE)
		copy_data(slot, request, true);
	if (request->op == BLK_DISCARD)
		put_discard(blk, slot, id);
	else
		put_transfer(blk, slot, id);
	return true;
}

/* Sends what can be sent. What done() submits meanwhile joins the queue, and so this loop. */
static void pump(struct blk_front *blk)
{
	bool put = false;

	if (blk->pumping)
		return;
	blk->pumping = true;
	while (blk->running && blk->queue) {
		int error = refuse(blk, blk->queue);

		if (error) {
			finish(dequeue(blk), error);
			continue;
		}
		if (!start(blk, blk->queue))
			break;
		(void)dequeue(blk);
		put = true;
	}
	blk->pumping = false;
	if (put && pv_ring_push(&blk->ring))
		event_send(blk->port);
}

/* Answers. */

static int status_of(int16_t status)
{
	if (status == BLKIF_RSP_OKAY)
		return 0;
	return status == BLKIF_RSP_EOPNOTSUPP ? -XEN_EOPNOTSUPP : -XEN_EIO;
}

/* -XEN_EIO: the answer is a lie; its request, if there is one, waits for a better backend. */
static int answer(struct blk_front *blk, const struct blkif_response *response)
{
	struct blk_request *request;
	struct blk_slot *slot;
	int status = status_of(response->status);

	if (pv_ids_put(&blk->ids, response->id))
		return -XEN_EIO;
	slot = &blk->slots[response->id];
	request = slot->request;
	slot->request = NULL;
	if (request && response->operation == slot->operation && request->op == BLK_READ && !status)
		copy_data(slot, request, false);
	blk_ungrant_buffers(blk, slot);
	blk_put_buffers(blk, slot);
	if (response->operation != slot->operation) {
		if (request)
			requeue(blk, request);
		return -XEN_EIO;
	}
	if (request)
		finish(request, status);
	return 0;
}

/* Ends: answers are at most as many as requests are in flight. */
static void blk_event(void *context)
{
	struct blk_front *blk = context;
	struct blkif_response response;
	int rc = 0;

	if (!blk->running)
		return;
	do {
		while ((rc = pv_ring_take(&blk->ring, &response, sizeof(response))) == 1) {
			rc = answer(blk, &response);
			if (rc)
				break;
		}
		if (!rc)
			rc = pv_ring_sleep(&blk->ring, 1);
	} while (rc == 1);
	if (rc < 0) {
		blk->running = false;
		front_device_fault(&blk->device);
	}
	pump(blk);
}

/* What xenbus asks for. */

static int offer(struct front_device *device)
{
	struct blk_front *blk = blk_of(device);
	int rc = blk_make_pool(blk);

	if (rc)
		return rc;
	pv_ids_init(&blk->ids, blk->id_memory, BLK_SLOTS);
	blk->ring_page = pages_alloc(1);
	if (!blk->ring_page)
		return -XEN_ENOMEM;
	rc = pv_front_init(&blk->ring, blk->ring_page, PV_PAGE_SIZE,
			   sizeof(union blkif_sring_entry), 0);
	PV_ASSERT(!rc && blk->ring.nr_slots == BLK_SLOTS);
	rc = front_grant(device, blk->ring_page, false, &blk->ring_ref);
	if (rc) {
		pages_free(blk->ring_page, 1);
		blk->ring_page = NULL;
		return rc;
	}
	return event_open(device->peer, blk_event, blk, &blk->port);
}

static int publish(struct front_device *device, uint32_t tx)
{
	struct blk_front *blk = blk_of(device);
	char path[XS_PATH_MAX];
	int rc = front_write_number(device, tx, "ring-ref", blk->ring_ref);

	if (!rc)
		rc = front_write_number(device, tx, "event-channel", blk->port);
	if (!rc)
		rc = front_write_number(device, tx, "feature-persistent", 1);
	if (!rc)
		rc = xs_join(path, device->node, "protocol");
	return rc ? rc : xs_write(tx, path, "x86_64-abi");
}

static int connect_device(struct front_device *device)
{
	static const char *const names[] = {
		"sectors",	   "sector-size",	"info", "feature-flush-cache",
		"feature-discard", "feature-persistent"
	};
	static const uint64_t most[] = { (uint64_t)1 << 54, PV_PAGE_SIZE, UINT32_MAX, 1, 1, 1 };
	static const int64_t absent[] = { -1, BLK_SECTOR, 0, 0, 0, 0 };
	uint64_t value[6];

	for (unsigned int i = 0; i < 6; i++) {
		int rc =
		    front_read_number(device->backend, names[i], most[i], absent[i], &value[i]);

		if (rc)
			return rc;
	}
	if (value[1] < BLK_SECTOR || value[1] & (value[1] - 1))
		return -XEN_EINVAL;
	blk_of(device)->facts = (struct blk_facts){ .sectors = value[0],
						    .sector_size = (uint32_t)value[1],
						    .readonly = value[2] & VDISK_READONLY,
						    .cdrom = value[2] & VDISK_CDROM,
						    .flush = value[3],
						    .discard = value[4],
						    .persistent = value[5] };
	return 0;
}

static void connected(struct front_device *device)
{
	struct blk_front *blk = blk_of(device);

	blk->running = true;
	pump(blk);
}

static void quiesce(struct front_device *device)
{
	blk_of(device)->running = false;
}

static void release(struct front_device *device)
{
	struct blk_front *blk = blk_of(device);

	blk->running = false;
	for (uint32_t i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *slot = &blk->slots[i];

		if (slot->request) {
			requeue(blk, slot->request);
			blk->nr_replayed++;
		}
		slot->request = NULL;
		slot->nr = 0;
	}
	blk_drop_buffers(blk);
	if (blk->port)
		event_close(blk->port);
	blk->port = 0;
	if (blk->ring_page)
		front_ungrant(blk->ring_page, blk->ring_ref);
	blk->ring_page = NULL;
}

static void dead(struct front_device *device, int error)
{
	struct blk_front *blk = blk_of(device);

	while (blk->queue)
		finish(dequeue(blk), error);
}

static const struct front_class blk_class = {
	.kind = "vbd",
	.half = PV_FRONT,
	.nr_grants = 2 * (BLK_BUFFERS + 1),
	.offer = offer,
	.publish = publish,
	.connect = connect_device,
	.connected = connected,
	.quiesce = quiesce,
	.release = release,
	.dead = dead,
};

int blk_init(struct blk_front *blk, uint32_t id)
{
	memset(blk, 0, sizeof(*blk));
	blk->handle = id;
	blk->queue_end = &blk->queue;
	return front_device_init(&blk->device, &blk_class, id);
}

/* What callers use. */

void blk_submit(struct blk_front *blk, struct blk_request *request)
{
	if (blk->device.dead) {
		finish(request, -XEN_ENODEV);
		return;
	}
	request->order = blk->next_order++;
	enqueue(blk, request);
	pump(blk);
}

void blk_cancel(struct blk_front *blk, struct blk_request *request)
{
	struct blk_request **link = &blk->queue;

	for (uint32_t i = 0; i < BLK_SLOTS; i++)
		if (blk->slots[i].request == request)
			blk->slots[i].request = NULL;
	while (*link && *link != request)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = request->next;
	if (!*link)
		blk->queue_end = link;
}
