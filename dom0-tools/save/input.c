/* SPDX-License-Identifier: MIT */
/* Reading a stream, from a file or a pipe. What is not there is damage, and told so. */
#include "save/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void input_start(struct input *input, int fd, struct complaint *complaint)
{
	struct stat stat;
	off_t at = lseek(fd, 0, SEEK_CUR);

	*input = (struct input){ .fd = fd, .complaint = complaint };
	input->sparse = at >= 0 && !fstat(fd, &stat) && S_ISREG(stat.st_mode);
	if (input->sparse) {
		input->at = (uint64_t)at;
		input->bytes = (uint64_t)stat.st_size;
	}
}

int input_bytes(struct input *input, void *to, size_t count)
{
	uint8_t *into = to;

	while (count) {
		ssize_t done = input->sparse ? pread(input->fd, into, count, (off_t)input->at)
					     : read(input->fd, into, count);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			complain(input->complaint, done ? "reading failed: %s" : "it is cut off: its end is missing",
				 strerror(errno));
			return done ? -errno : -EINVAL;
		}
		into += done;
		count -= (size_t)done;
		input->at += (uint64_t)done;
	}
	return 0;
}

/* The hypervisor gives pages of zeros, or not: it does not promise. */
static void make_zero(uint8_t *pages, uint64_t count)
{
	for (; count; count--, pages += PAGE_BYTES)
		if (!all_zeros(pages))
			bulk_clear(pages, PAGE_BYTES);
}

/* Pages of zeros from here on that need not be read, and how many are to be read behind them. */
static uint64_t hole(struct input *input, uint64_t count, uint64_t *behind)
{
	uint64_t end = input->at + (count << PAGE_BITS);
	off_t data, next;

	*behind = count;
	if (!input->sparse || end > input->bytes)
		return 0;
	data = lseek(input->fd, (off_t)input->at, SEEK_DATA);
	if (data < 0)
		return 0;
	if ((uint64_t)data >= end) {
		*behind = 0;
		return count;
	}
	next = lseek(input->fd, data, SEEK_HOLE);
	if (next > 0 && (uint64_t)next < end)
		end = (uint64_t)next;
	count = ((uint64_t)data - input->at) >> PAGE_BITS;
	*behind = (end - (input->at + (count << PAGE_BITS)) + PAGE_BYTES - 1) >> PAGE_BITS;
	return count;
}

int input_pages(struct input *input, uint8_t *to, uint64_t count)
{
	int error = 0;

	while (count && !error) {
		uint64_t read, empty = hole(input, count, &read);

		make_zero(to, empty);
		input->at += empty << PAGE_BITS;
		to += empty << PAGE_BITS;
		error = input_bytes(input, to, read << PAGE_BITS);
		to += read << PAGE_BITS;
		count -= empty + read;
	}
	return error;
}

int input_skip(struct input *input, uint64_t count)
{
	uint8_t bytes[512];
	int error = 0;

	if (input->sparse) {
		input->at += count;
		return 0;
	}
	for (; count && !error; count -= count < sizeof(bytes) ? count : sizeof(bytes))
		error = input_bytes(input, bytes, count < sizeof(bytes) ? count : sizeof(bytes));
	return error;
}
