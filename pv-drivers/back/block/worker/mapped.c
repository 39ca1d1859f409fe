/* SPDX-License-Identifier: MIT */
/*
 * A disk that is a file in memory (tmpfs): mapped, so that the hypervisor copies between the file's
 * own pages and the guest's, and no byte is moved twice. There is nothing to wait for and nothing to
 * flush. A file that is too short by now, or has no room, fails the copy: nothing here touches
 * the map itself.
 *
 * LIMITS: reading a hole takes memory for it, as writing there would.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>

/* Data is moved by copies alone; what is left are flushes and discards. */
static int mapped_begin(struct disk *disk, struct request *r)
{
	int rc = 0;

	if (r->operation == BLKIF_OP_DISCARD)
		rc = fallocate(disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       (off_t)r->offset, (off_t)r->length);
	request_finish(r, rc ? -errno : (int64_t)r->length);
	return 0;
}

const struct target mapped_target = { .begin = mapped_begin };

int mapped_connect(struct disk *disk)
{
	int prot = PROT_READ | (disk->config.flags & BLOCK_READONLY ? 0 : PROT_WRITE);
	uint64_t bytes = disk->config.sectors * BLOCK_SECTOR;
	void *map;

	if (!bytes || bytes > SIZE_MAX / 2)
		return -EINVAL;
	map = mmap(NULL, bytes, prot, MAP_SHARED, disk->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	disk->map = map;
	disk->map_bytes = bytes;
	disk->target = &mapped_target;
	return 0;
}

void mapped_disconnect(struct disk *disk)
{
	if (disk->map)
		munmap(disk->map, disk->map_bytes);
	disk->map = NULL;
}
