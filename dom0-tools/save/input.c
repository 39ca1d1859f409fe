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

void input_holes(struct input *input, uint64_t count, bool *hole)
{
	uint64_t end = input->at + (count << PAGE_BITS), at = input->at;

	memset(hole, 0, count);
	if (!input->sparse || end > input->bytes)
		return;
	while (at < end) {
		off_t data = lseek(input->fd, (off_t)at, SEEK_DATA), next;
		uint64_t first = (at - input->at + PAGE_BYTES - 1) >> PAGE_BITS, behind;

		if (data < 0)
			return;
		behind = ((uint64_t)data < end ? (uint64_t)data - input->at : end - input->at) >> PAGE_BITS;
		if (behind > first)
			memset(hole + first, 1, behind - first);
		next = (uint64_t)data < end ? lseek(input->fd, data, SEEK_HOLE) : -1;
		if (next <= data)
			return;
		at = (uint64_t)next;
	}
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
