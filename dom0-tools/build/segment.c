/* SPDX-License-Identifier: MIT */
/* Copies a kernel's segments. An unpacked kernel's file has holes for its zeros. */
#include "build/build.h"

#include <errno.h>
#include <unistd.h>

/* Copies file contents, but what the file has holes for is cleared without reading it. */
static void copy_from_file(const struct image *image, uint8_t *to, uint64_t offset, uint64_t bytes)
{
	while (bytes) {
		off_t data = image->fd < 0 ? (off_t)offset : lseek(image->fd, offset, SEEK_DATA);
		off_t hole = image->fd < 0 ? -1 : lseek(image->fd, offset, SEEK_HOLE);
		bool zeros = data < 0 || (uint64_t)data > offset;
		off_t next = zeros ? data : hole;
		uint64_t part = next <= (off_t)offset || (uint64_t)next - offset > bytes
				    ? bytes
				    : (uint64_t)next - offset;

		if (zeros && (data > 0 || errno == ENXIO))
			bulk_clear(to, part);
		else
			bulk_copy(to, image->data + offset, part);
		to += part;
		offset += part;
		bytes -= part;
	}
}

void image_copy_segment(const struct image *image, const struct image_segment *segment,
			uint8_t *to)
{
	copy_from_file(image, to, segment->offset, segment->file_bytes);
	bulk_clear(to + segment->file_bytes, segment->mem_bytes - segment->file_bytes);
}
