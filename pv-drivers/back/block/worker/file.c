/* SPDX-License-Identifier: MIT */
/* A disk that is a file or a block device, through io_uring. */
#include "disk.h"

#include <errno.h>
#include <linux/falloc.h>

uint32_t request_rest(struct request *r)
{
	uint64_t skip = r->done;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < r->nr_vec; i++) {
		if (skip >= r->vec[i].iov_len) {
			skip -= r->vec[i].iov_len;
			continue;
		}
		r->rest[nr].iov_base = (uint8_t *)r->vec[i].iov_base + skip;
		r->rest[nr++].iov_len = r->vec[i].iov_len - skip;
		skip = 0;
	}
	return nr;
}

static void file_done(struct back_io *io, int result)
{
	struct request *r = (struct request *)(void *)io;

	if (result == -EINTR || result == -EAGAIN)
		result = -EIO; /* nothing here is interrupted by anybody */
	if (result >= 0 && r->operation == BLKIF_OP_DISCARD)
		request_finish(r, (int64_t)r->length);
	else
		request_finish(r, result);
}

static int file_begin(struct disk *disk, struct request *r)
{
	struct io_uring_sqe *sqe = back_submission(disk->link, &r->io);
	uint32_t nr = request_rest(r);

	if (!sqe) {
		back_again(disk->link);
		return -EAGAIN;
	}
	r->io.done = file_done;
	switch (r->operation) {
	case BLKIF_OP_READ:
		io_uring_prep_readv(sqe, disk->fd, r->rest, nr, r->offset + r->done);
		break;
	case BLKIF_OP_WRITE:
		io_uring_prep_writev(sqe, disk->fd, r->rest, nr, r->offset + r->done);
		break;
	case BLKIF_OP_DISCARD:
		io_uring_prep_fallocate(sqe, disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					(off_t)r->offset, (off_t)r->length);
		break;
	default:
		io_uring_prep_fsync(sqe, disk->fd, IORING_FSYNC_DATASYNC);
		break;
	}
	io_uring_sqe_set_data(sqe, &r->io);
	return 0;
}

const struct target file_target = { .begin = file_begin, .by_device = true };
