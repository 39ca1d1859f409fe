/* SPDX-License-Identifier: MIT */
/*
 * Disks in the worker: connected, served, changed, disconnected.
 *
 * Answers are put as they come and published once a round, so that the guest hears of many at once.
 */
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void tear_down(struct disk *disk)
{
	for (uint32_t i = 0; i < disk->nr_queues; i++)
		queue_disconnect(&disk->queue[i]);
	memory_free(disk);
	mapped_disconnect(disk);
	nbd_disconnect(disk);
	if (disk->fd >= 0)
		close(disk->fd);
	disk->fd = -1;
	disk->nr_queues = 0;
}

/* serai-backd has checked it; but what is wrong here must not become a wild pointer. */
static bool is_sound(const struct disk *disk, const struct back_message *message)
{
	const struct block_connect *config = &disk->config;
	uint32_t slots =
	    pv_ring_slots((size_t)config->nr_pages * PV_PAGE_SIZE, block_slot_bytes(config->flags));

	return message->bytes == sizeof(*config) && config->nr_queues &&
	       config->nr_queues <= BLOCK_MAX_QUEUES && config->nr_pages &&
	       config->nr_pages <= BLOCK_MAX_RING_PAGES && slots && slots <= BLOCK_MAX_SLOTS &&
	       config->sector_size >= BLOCK_SECTOR && config->sector_size <= PV_PAGE_SIZE &&
	       !(config->sector_size & (config->sector_size - 1)) && config->sectors < 1ull << 54 &&
	       disk->link->journal_bytes == block_journal_bytes(config->flags, config->nr_queues, slots);
}

static int prepare_journal(struct disk *disk)
{
	const struct block_connect *config = &disk->config;
	uint32_t slots =
	    pv_ring_slots((size_t)config->nr_pages * PV_PAGE_SIZE, block_slot_bytes(config->flags));

	disk->journal = disk->link->journal;
	if (!disk->link->resume) {
		disk->journal->nr_queues = config->nr_queues;
		disk->journal->nr_slots = slots;
	}
	return disk->journal->nr_queues == config->nr_queues && disk->journal->nr_slots == slots
		   ? 0
		   : -EBADMSG;
}

static int connect_queues(struct disk *disk)
{
	int rc = 0;

	for (uint32_t i = 0; i < disk->config.nr_queues && !rc; i++) {
		disk->nr_queues++;
		disk->queue[i] = (struct queue){ .disk = disk, .port = -1 };
		rc = queue_connect(&disk->queue[i], i);
	}
	for (uint32_t i = 0; i < disk->nr_queues && !rc && disk->link->resume; i++) {
		rc = queue_recover(&disk->queue[i]);
		if (rc)
			back_why(disk->link, "its journal contradicts itself");
	}
	return rc;
}

void disk_go_on(struct disk *disk)
{
	for (uint32_t i = 0; i < disk->nr_queues && disk->link->resume; i++) {
		queue_resume(&disk->queue[i]);
		/* What was published last may not have been told. */
		back_notify(disk->link, disk->queue[i].port);
	}
	back_again(disk->link); /* requests may be waiting */
}

/* What an NBD server's predecessor had answered comes before all else. */
static int start(struct disk *disk)
{
	int rc = disk->link->resume && disk->nbd ? log_replay(disk) : 0;

	if (rc)
		back_why(disk->link, "its journal's log contradicts itself");
	else if (!disk->replaying && !disk->lost)
		disk_go_on(disk);
	return rc;
}

static int block_connect(struct back_link *link, const struct back_message *message, const int *fds)
{
	struct disk *disk = link->state;
	int rc;

	disk->link = link;
	disk->fd = message->nr_fds ? fds[0] : -1;
	STAILQ_INIT(&disk->waiting);
	STAILQ_INIT(&disk->copying);
	memcpy(&disk->config, message->body, sizeof(disk->config));
	disk->target = disk->config.flags & BLOCK_NBD ? &nbd_target : &file_target;
	rc = is_sound(disk, message) ? prepare_journal(disk) : -EINVAL;
	if (!rc && disk->config.flags & BLOCK_NBD && disk->fd >= 0)
		rc = nbd_connect(disk);
	if (!rc && disk->config.flags & BLOCK_MEMORY && disk->fd >= 0)
		(void)mapped_connect(disk);
	if (!rc)
		rc = connect_queues(disk);
	if (!rc)
		rc = start(disk);
	if (rc)
		tear_down(disk);
	return rc;
}

static void finish_closing(struct disk *disk)
{
	disk->closing = true;
	if (disk->in_flight && !disk->lost)
		return; /* event() goes on */
	tear_down(disk);
	back_drained(disk->link);
}

static void publish(struct disk *disk)
{
	for (uint32_t i = 0; i < disk->nr_queues; i++)
		queue_publish(&disk->queue[i]);
}

static void block_event(struct back_link *link, int port)
{
	struct disk *disk = link->state;

	if (port >= 0)
		disk->last_event = back_recent_ms();
	requests_retry(disk);
	copies_run(disk);
	publish(disk);
	if (disk->closing) {
		if (!disk->in_flight)
			finish_closing(disk);
		return;
	}
	for (uint32_t i = 0; i < disk->nr_queues; i++)
		if (port < 0 || port == disk->queue[i].port)
			queue_run(&disk->queue[i]);
	copies_run(disk);
	publish(disk);
}

static void block_ready(struct back_link *link, int fd, uint32_t events)
{
	nbd_ready(link->state, events);
}

/* Another medium in the drive. What is under way ends with the old one. */
static void block_change(struct back_link *link, const struct back_message *message, const int *fds)
{
	struct disk *disk = link->state;
	struct block_change change;

	if (message->bytes != sizeof(change) || disk->config.flags & BLOCK_NBD) {
		for (uint32_t i = 0; i < message->nr_fds; i++)
			close(fds[i]);
		return;
	}
	memcpy(&change, message->body, sizeof(change));
	copies_run(disk);
	mapped_disconnect(disk);
	back_submit();
	if (disk->fd >= 0)
		close(disk->fd);
	disk->fd = message->nr_fds ? fds[0] : -1;
	disk->config.sectors = message->nr_fds ? change.sectors : 0;
	disk->target = &file_target; /* not for long enough to map it */
}

/*
 * Linux's frontend says Closed at once, whatever its guest has under way: it sends no more by
 * itself, but what its queue holds still goes out after the next answer or event, and the end of
 * its device (with it, of all the guest's devices: it is one thread's work) waits for all of that.
 * So a disk that had requests of late is served on until nothing has come for a while, and the
 * guest rung for meanwhile.
 */
#define RECENT_MS	1000
#define DRAIN_TICK_MS	20
#define DRAIN_QUIET_MS	200
#define DRAIN_LIMIT_MS	2000

static uint32_t taken(const struct disk *disk)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < disk->nr_queues; i++)
		sum += disk->queue[i].ring.cons;
	return sum;
}

static bool may_have_more(const struct disk *disk)
{
	for (uint32_t i = 0; i < disk->nr_queues; i++)
		if (disk->queue[i].ring.fault)
			return false;
	return !disk->lost &&
	       (disk->in_flight || back_recent_ms() - disk->last_event < RECENT_MS);
}

static bool start_draining(struct disk *disk)
{
	if (!may_have_more(disk))
		return false;
	disk->draining = true;
	disk->drained_to = taken(disk);
	disk->quiet_since = back_recent_ms();
	disk->drain_end = disk->quiet_since + DRAIN_LIMIT_MS;
	back_tick(disk->link, 0);
	return true;
}

static bool is_quiet(struct disk *disk, uint64_t now)
{
	if (disk->in_flight || taken(disk) != disk->drained_to) {
		disk->drained_to = taken(disk);
		disk->quiet_since = now;
	}
	return now - disk->quiet_since >= DRAIN_QUIET_MS;
}

static void block_tick(struct back_link *link)
{
	struct disk *disk = link->state;
	uint64_t now = back_recent_ms();

	if (!disk->draining || disk->closing)
		return;
	block_event(link, -1);
	if (disk->lost || is_quiet(disk, now) || now >= disk->drain_end) {
		finish_closing(disk);
		return;
	}
	for (uint32_t i = 0; i < disk->nr_queues; i++)
		back_notify(link, disk->queue[i].port);
	back_tick(link, DRAIN_TICK_MS);
}

static bool block_disconnect(struct back_link *link)
{
	struct disk *disk = link->state;

	if (start_draining(disk))
		return false;
	disk->closing = true;
	if (disk->in_flight && !disk->lost)
		return false;
	publish(disk);
	tear_down(disk);
	return true;
}

static const struct back_service block = {
	.kind = BLOCK_KIND,
	.state_bytes = sizeof(struct disk),
	.connect = block_connect,
	.event = block_event,
	.ready = block_ready,
	.tick = block_tick,
	.change = block_change,
	.disconnect = block_disconnect,
};
BACK_SERVICE(block);
