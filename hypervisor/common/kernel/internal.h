/* SPDX-License-Identifier: MIT */
/* What the files that read kernels share. */
#ifndef KERNEL_INTERNAL_H
#define KERNEL_INTERNAL_H

#include <hv/errno.h>
#include <hv/kernel_image.h>
#include <hv/string.h>
#include "elf.h"

static inline int refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

/* Is [offset, offset + len) inside something of `size` bytes? */
static inline bool range_ok(uint64_t offset, uint64_t len, uint64_t size)
{
	return offset <= size && len <= size - offset;
}

/* The i-th program or section header, copied: tables need not be aligned in the file. The table has
 * been checked to lie in the file. */
static inline struct elf_segment elf_segment_at(const struct kernel_image *image,
						const struct elf_header *h, unsigned int i)
{
	struct elf_segment s;

	memcpy(&s, image->file + h->phoff + (size_t)i * sizeof(s), sizeof(s));
	return s;
}

/* All notes in [p, p + len): foreign ones are passed over. *found is set if there was a Xen one. */
int kernel_notes_parse(struct kernel_image *image, const uint8_t *p, size_t len, uint64_t align,
		       bool *found, const char **why);
/* A "KEY=VALUE,KEY=VALUE" string, terminated by NUL or the end of the section. */
int kernel_guest_section_parse(struct kernel_image *image, const char *p, size_t len,
			       const char **why);
/* The feature string, len bytes without NUL. */
int kernel_features_parse(struct kernel_image *image, const char *p, size_t len, const char **why);
enum kernel_pae kernel_pae_parse(const char *p, size_t len);
/* Into one of the image's 16-byte strings, cut off where longer. */
void kernel_copy_string(char *to, const char *p, size_t len);

static inline bool text_is(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(p, word, len);
}

#endif
