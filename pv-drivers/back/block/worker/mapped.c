/* SPDX-License-Identifier: MIT */
/*
 * A disk that is a file in memory (tmpfs): mapped, so that the hypervisor copies between the file's
 * own pages and the guest's, and no byte is moved twice. There is nothing to wait for and nothing to
 * flush. A file that is too short by now, or has no room, fails the copy: nothing here touches
 * the map itself. If the guest's pages stay mapped, the kernel copies between the two, at once.
 *
 * LIMITS: reading a hole takes memory for it, as writing there would.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* With the map, data is moved by copies alone; what is left are flushes and discards. */
static int64_t carry_out(struct disk *disk, struct request *r)
{
	off_t at = (off_t)(r->offset + r->done);
	int nr = (int)request_rest(r);
	ssize_t rc;

	switch (r->operation) {
	case BLKIF_OP_READ:
		rc = preadv(disk->fd, r->rest, nr, at);
		break;
	case BLKIF_OP_WRITE:
		rc = pwritev(disk->fd, r->rest, nr, at);
		break;
	case BLKIF_OP_DISCARD:
		rc = fallocate(disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at,
			       (off_t)r->length);
		break;
	default:
		rc = 0;
	}
	if (rc < 0)
		return -errno;
	return r->operation == BLKIF_OP_DISCARD ? (int64_t)r->length : rc;
}

static int mapped_begin(struct disk *disk, struct request *r)
{
	request_finish(r, carry_out(disk, r));
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
	disk->target = &mapped_target;
	if (disk->config.flags & BLOCK_PERSISTENT)
		return 0;
	map = mmap(NULL, bytes, prot, MAP_SHARED, disk->fd, 0);
	if (map == MAP_FAILED)
		return 0; /* then by bounce buffers */
	disk->map = map;
	disk->map_bytes = bytes;
	return 0;
}

void mapped_disconnect(struct disk *disk)
{
	if (disk->map)
		munmap(disk->map, disk->map_bytes);
	disk->map = NULL;
}
