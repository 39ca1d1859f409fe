/* SPDX-License-Identifier: MIT */
/* Writing a stream, to a file or a pipe. Of a file, pages of zeros need not be written: they are holes. */
#include "save/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t zeros[1 << PAGE_BITS];

void output_start(struct output *output, int fd, struct complaint *complaint)
{
	struct stat stat;
	off_t at = lseek(fd, 0, SEEK_CUR);

	*output = (struct output){ .fd = fd, .complaint = complaint };
	/* What lay behind the position before would show through holes. */
	output->sparse = at >= 0 && !fstat(fd, &stat) && S_ISREG(stat.st_mode) && stat.st_size <= at;
	output->at = output->sparse ? (uint64_t)at : 0;
}

int output_bytes(struct output *output, const void *bytes, size_t count)
{
	const uint8_t *from = bytes;

	output->at += count;
	while (count) {
		ssize_t done = write(output->fd, from, count);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			int error = done ? -errno : -EIO;

			complain(output->complaint, "writing failed: %s%s", strerror(-error),
				 error == -ENOSPC ? "; make room, or name a file elsewhere" : "");
			return error;
		}
		from += done;
		count -= (size_t)done;
	}
	return 0;
}

int output_pages(struct output *output, const uint8_t *pages, uint64_t count)
{
	int error = 0;

	if (pages)
		return output_bytes(output, pages, count << PAGE_BITS);
	if (output->sparse) {
		output->at += count << PAGE_BITS;
		if (lseek(output->fd, (off_t)output->at, SEEK_SET) >= 0)
			return 0;
		error = -errno;
		complain(output->complaint, "writing failed: %s", strerror(errno));
	}
	for (uint64_t i = 0; i < count && !error; i++)
		error = output_bytes(output, zeros, sizeof(zeros));
	return error;
}

int output_record(struct output *output, uint32_t type, const void *head, uint32_t head_bytes,
		  const void *body, uint32_t body_bytes)
{
	const struct record_header header = { type, head_bytes + body_bytes };
	int error = output_bytes(output, &header, sizeof(header));

	if (!error && head_bytes)
		error = output_bytes(output, head, head_bytes);
	if (!error && body_bytes)
		error = output_bytes(output, body, body_bytes);
	return error ? error : output_bytes(output, zeros, -header.length & 7);
}

int output_align(struct output *output, uint64_t ahead)
{
	uint64_t off = output->at + sizeof(struct record_header) + ahead;

	if (!output->sparse)
		return 0;
	return output_record(output, RECORD_PADDING, zeros, (uint32_t)(-off & (PAGE_BYTES - 1)), NULL, 0);
}

void output_follow(struct output *output)
{
	off_t at = output->sparse ? lseek(output->fd, 0, SEEK_CUR) : -1;

	if (at >= 0)
		output->at = (uint64_t)at;
}

/* Half of a guest's pages may be zeros, and are read to their end to know it. */
bool all_zeros(const uint8_t *page)
{
	typedef uint64_t lanes __attribute__((vector_size(16)));
	const lanes *from = (const lanes *)(const void *)page;
	lanes any = { 0 };

	for (unsigned int i = 0; i < PAGE_BYTES / sizeof(*from); i += 32) {
#pragma GCC unroll 32
		for (unsigned int j = 0; j < 32; j++)
			any |= from[i + j];
		if (any[0] | any[1])
			return false;
	}
	return true;
}
