/* SPDX-License-Identifier: MIT */
/*
 * Disks in serai-backd: what the frontend is offered, what it wrote, checked, and the image.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pv_negotiate.h"
#include "pv_ring.h"

struct disk {
	struct image image;
	struct storage storage;
	bool broken; /* what was answered is lost, or would be */
	bool lost;   /* the worker's connection to the server has ended */
};

static int write_facts(struct back_device *device, const struct image *image)
{
	uint32_t info = image->cdrom ? VDISK_CDROM | VDISK_REMOVABLE : 0;
	int rc;

	if (image->readonly)
		info |= VDISK_READONLY;
	rc = back_write(device, "sectors", "%llu", (unsigned long long)image->sectors);
	if (!rc)
		rc = back_write(device, "sector-size", "%u", image->sector_size);
	if (!rc)
		rc = back_write(device, "physical-sector-size", "%u", image->physical_size);
	return rc ? rc : back_write(device, "info", "%u", info);
}

static int write_features(struct back_device *device, const struct image *image)
{
	static const struct {
		const char *key;
		unsigned int value;
	} features[] = {
		{ "feature-flush-cache", 1 },
		{ "feature-max-indirect-segments", BLOCK_MAX_INDIRECT },
		{ "max-ring-page-order", BLOCK_MAX_RING_ORDER },
		{ "multi-queue-max-queues", BLOCK_MAX_QUEUES },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]) && !rc; i++)
		rc = back_write(device, features[i].key, "%u", features[i].value);
	if (!rc)
		rc = back_write(device, "feature-discard", "%u", image->discard);
	if (!rc && image->discard)
		rc = back_write(device, "discard-granularity", "4096");
	if (!rc && image->discard)
		rc = back_write(device, "discard-alignment", "0");
	return rc ? rc : persistent_offer(device);
}

static int disk_appeared(struct back_device *device)
{
	struct disk *disk = device->state;
	int rc = image_read(device, &disk->image);

	if (!rc && disk->image.driver)
		storage_init(&disk->storage, device, &disk->image);
	return rc;
}

static void take_size(struct disk *disk)
{
	const struct handshake *h = &disk->storage.handshake;

	disk->image.sectors = h->size / BLOCK_SECTOR;
	disk->image.sector_size = disk->image.physical_size = BLOCK_SECTOR;
	disk->image.readonly |= !!(h->flags & NBD_FLAG_READ_ONLY);
	disk->image.discard &= !!(h->flags & NBD_FLAG_SEND_TRIM) && !disk->image.readonly;
}

/* For a raw image, opened for its size; for others, a server that knows it. */
static int look_at_image(struct back_device *device)
{
	struct disk *disk = device->state;
	int rc;

	if (disk->image.driver) {
		rc = storage_start(&disk->storage);
		if (!rc)
			take_size(disk);
		return rc;
	}
	rc = image_open(device, &disk->image);
	if (rc == -ENOMEDIUM)
		return 0;
	if (rc < 0)
		return rc;
	close(rc);
	return 0;
}

static int disk_advertise(struct back_device *device)
{
	struct disk *disk = device->state;
	int rc = image_read(device, &disk->image);

	if (!rc)
		rc = look_at_image(device);
	if (!rc)
		rc = write_facts(device, &disk->image);
	return rc ? rc : write_features(device, &disk->image);
}

/* --- what the frontend wrote ----------------------------------------------------------------- */

static int bad_front(struct back_device *device, const char *key)
{
	return back_error(device, -EINVAL, "the frontend's %s/%s is missing or impossible",
			  device->front, key);
}

static int read_layout(struct back_device *device, struct block_connect *config)
{
	char *protocol = back_read_front(device, "protocol");
	uint32_t order = 0, queues = 1;
	int rc = 0;

	if (protocol && !strcmp(protocol, "x86_32-abi"))
		config->flags |= BLOCK_32BIT;
	else if (protocol && strcmp(protocol, "x86_64-abi"))
		rc = -EINVAL;
	free(protocol);
	if (rc)
		return bad_front(device, "protocol");
	if (back_read_front_number(device, "ring-page-order", BLOCK_MAX_RING_ORDER, &order) ==
	    -EINVAL)
		return bad_front(device, "ring-page-order");
	if (back_read_front_number(device, "multi-queue-num-queues", BLOCK_MAX_QUEUES, &queues) ==
		-EINVAL ||
	    !queues)
		return bad_front(device, "multi-queue-num-queues");
	if (persistent_agreed(device))
		config->flags |= BLOCK_PERSISTENT;
	config->nr_pages = 1u << order;
	config->nr_queues = queues;
	return 0;
}

/* A ring of one page is "ring-ref" or, for who wrote an order of 0 all the same, "ring-ref0". */
static int read_ref(struct back_device *device, const struct block_connect *config, uint32_t queue,
		    uint32_t page, uint32_t *ref)
{
	char key[PV_KEY_MAX];
	int rc = pv_page_key(key, queue, config->nr_queues, "ring-ref", page, config->nr_pages);

	if (!rc)
		rc = back_read_front_number(device, key, UINT32_MAX, ref);
	if (rc == -ENOENT && config->nr_pages == 1) {
		rc = pv_queue_key(key, queue, config->nr_queues, "ring-ref0");
		if (!rc)
			rc = back_read_front_number(device, key, UINT32_MAX, ref);
	}
	return rc ? bad_front(device, key) : 0;
}

static int read_queue(struct back_device *device, struct block_connect *config, uint32_t queue)
{
	char key[PV_KEY_MAX];
	int rc = pv_queue_key(key, queue, config->nr_queues, "event-channel");

	if (!rc)
		rc = back_read_front_number(device, key, INT32_MAX, &config->queue[queue].port);
	if (rc)
		return bad_front(device, key);
	for (uint32_t page = 0; page < config->nr_pages && !rc; page++)
		rc = read_ref(device, config, queue, page, &config->queue[queue].refs[page]);
	return rc;
}

static int read_front(struct back_device *device, struct block_connect *config)
{
	int rc = read_layout(device, config);

	for (uint32_t queue = 0; queue < config->nr_queues && !rc; queue++)
		rc = read_queue(device, config, queue);
	return rc;
}

/* --- connecting ------------------------------------------------------------------------------ */

/* Better errors than silence: what was answered cannot be had again. */
static void give_up(struct back_device *device, const char *why)
{
	struct disk *disk = device->state;

	if (!disk->broken)
		back_error(device, -EIO, "%s: %s; the disk gives errors until it is connected anew",
			   disk->image.path, why);
	disk->broken = true;
}

/* A connection of the storage's is for one worker: what a dead one had asked must end first. */
static int connect_storage(struct back_device *device, struct back_connect *connect, bool resume)
{
	struct disk *disk = device->state;
	struct storage *storage = &disk->storage;
	int rc;

	if (!resume) {
		disk->broken = false;
		storage->deaths = 0;
	} else if (storage_keeps_dying(storage)) {
		give_up(device, "qemu-storage-daemon dies again and again");
	}
	if (disk->broken)
		return 0;
	rc = storage_start(storage);
	if (rc)
		return rc;
	take_size(disk);
	connect->fds[connect->nr_fds++] = storage->connection;
	storage->connection = -1; /* the frame closes our copy */
	return 0;
}

static int connect_file(struct back_device *device, struct back_connect *connect)
{
	struct disk *disk = device->state;
	int fd = image_open(device, &disk->image);

	if (fd >= 0)
		connect->fds[connect->nr_fds++] = fd;
	return fd >= 0 || fd == -ENOMEDIUM ? 0 : fd;
}

static uint32_t flags_of(const struct disk *disk)
{
	const struct image *image = &disk->image;

	return (image->readonly ? BLOCK_READONLY : 0) | (image->discard ? BLOCK_DISCARD : 0) |
	       (image->driver ? BLOCK_NBD : 0) |
	       (image->memory && !image->driver ? BLOCK_MEMORY : 0) |
	       (disk->broken ? BLOCK_BROKEN : 0);
}

static int disk_prepare(struct back_device *device, struct back_connect *connect, bool resume)
{
	struct block_connect *config = (struct block_connect *)(void *)connect->body;
	struct disk *disk = device->state;
	int rc = read_front(device, config);

	if (!rc && disk->image.driver)
		rc = connect_storage(device, connect, resume);
	else if (!rc)
		rc = connect_file(device, connect);
	if (rc)
		return rc;
	disk->lost = false;
	config->sectors = disk->image.sectors;
	config->sector_size = disk->image.sector_size;
	config->flags |= flags_of(disk);
	connect->bytes = sizeof(*config);
	connect->journal_bytes = (uint32_t)block_journal_bytes(
	    config->flags, config->nr_queues, pv_ring_slots((size_t)config->nr_pages * PV_PAGE_SIZE,
					     block_slot_bytes(config->flags)));
	return 0;
}

static int disk_connected(struct back_device *device)
{
	struct disk *disk = device->state;

	return write_facts(device, &disk->image);
}

/* The worker's connection to the server broke, or a new one did not take what the old one had. */
static void disk_told(struct back_device *device, const struct back_message *message)
{
	struct disk *disk = device->state;
	enum block_news news;

	if (message->bytes != sizeof(news) || !disk->image.driver)
		return;
	memcpy(&news, message->body, sizeof(news));
	if (news == BLOCK_NOT_REPEATED) {
		give_up(device, "what the guest has written cannot be written again after "
				"qemu-storage-daemon died");
		return;
	}
	if (disk->lost)
		return;
	disk->lost = true;
	back_reconnect(device);
}

/* --- media ----------------------------------------------------------------------------------- */

/* Another medium, or none, is in a drive: the frontend reads sectors again at our state's word. */
static void disk_changed(struct back_device *device)
{
	struct disk *disk = device->state;
	struct block_change change;
	struct image now;
	int fd;

	if (!disk->image.cdrom || disk->image.driver || image_read(device, &now) ||
	    !strcmp(now.path, disk->image.path))
		return;
	if (now.driver) {
		back_error(device, -EOPNOTSUPP, "%s: only raw images can be inserted", now.path);
		return;
	}
	fd = image_open(device, &now);
	if (fd < 0 && fd != -ENOMEDIUM)
		return;
	disk->image = now;
	change.sectors = now.sectors;
	back_change(device, &change, sizeof(change), &fd, fd >= 0);
	if (fd >= 0)
		close(fd);
	if (!write_facts(device, &now))
		back_write(device, "state", "%u", XenbusStateConnected);
}

static void disk_gone(struct back_device *device)
{
	struct disk *disk = device->state;

	storage_forget(&disk->storage);
}

static const struct back_class block = {
	.kind = BLOCK_KIND,
	.state_bytes = sizeof(struct disk),
	.front = PV_FRONT,
	.appeared = disk_appeared,
	.advertise = disk_advertise,
	.prepare = disk_prepare,
	.connected = disk_connected,
	.told = disk_told,
	.changed = disk_changed,
	.clean = storage_clean,
	.gone = disk_gone,
};
BACK_CLASS(block);
