/* SPDX-License-Identifier: MIT */
/* Puts a kernel's segments in place, a page at a time. kernel_image_parse() has checked all ranges.
 */
#include "internal.h"

#define PAGE_BYTES 4096u

typedef void *(*dest_fn)(void *ctx, uint64_t paddr, size_t len);

/* Copies, or zeroes where src is NULL. */
static int fill(uint64_t paddr, const uint8_t *src, uint64_t len, dest_fn dest, void *ctx)
{
	while (len) {
		size_t n = PAGE_BYTES - paddr % PAGE_BYTES;
		void *to;

		if (n > len)
			n = len;
		to = dest(ctx, paddr, n);
		if (!to)
			return -ENOMEM;
		if (src) {
			memcpy(to, src, n);
			src += n;
		} else {
			memset(to, 0, n);
		}
		paddr += n;
		len -= n;
	}
	return 0;
}

int kernel_image_load(const struct kernel_image *image, dest_fn dest, void *ctx)
{
	struct elf_header h;
	int rc = 0;

	memcpy(&h, image->file, sizeof(h));
	for (unsigned int i = 0; i < h.phnum && !rc; i++) {
		struct elf_segment s = elf_segment_at(image, &h, i);
		uint64_t paddr = s.paddr - image->paddr_offset;

		if (s.type != PT_LOAD || !s.memsz)
			continue;
		rc = fill(paddr, image->file + s.offset, s.filesz, dest, ctx);
		if (!rc)
			rc = fill(paddr + s.filesz, NULL, s.memsz - s.filesz, dest, ctx);
	}
	return rc;
}
