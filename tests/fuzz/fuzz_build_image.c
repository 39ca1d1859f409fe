// sources: dom0-tools/build/elf.c dom0-tools/build/elf_file.c dom0-tools/build/notes.c dom0-tools/build/complaint.c dom0-tools/build/layout.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include
/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the domain builder's view of a kernel file. What is accepted must lie within the file and
 * within the announced range, and give a layout of disjoint parts or a reason.
 */
#include <stdlib.h>
#include <string.h>
#include "build/build.h"

static void check_image(const struct image *image, size_t size)
{
	for (unsigned int i = 0; i < image->nr_segments; i++) {
		const struct image_segment *s = &image->segment[i];

		if (s->offset > size || s->file_bytes > size - s->offset || s->file_bytes > s->mem_bytes)
			abort();
		if (s->virt < image->start || s->virt + s->mem_bytes > image->end || s->virt + s->mem_bytes < s->virt)
			abort();
	}
	if (image->start < image->virt_base || image->entry < image->start || image->entry >= image->end)
		abort();
}

static void check_layout(const struct image *image, uint64_t nr_pages, uint64_t ramdisk)
{
	struct complaint why = { "" };
	struct pv_layout layout;

	if (pv_layout_compute(&layout, image, nr_pages, ramdisk, &why)) {
		if (!why.text[0])
			abort();
		return;
	}
	if (layout.used_pages > nr_pages || layout.kernel.pfn + layout.kernel.pages > layout.start_info.pfn ||
	    layout.stack.pfn >= nr_pages || layout.tables.pfn + layout.tables.pages != layout.stack.pfn)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaint why = { "" };
	struct image image;

	memset(&image, 0, sizeof(image));
	if (image_parse_elf(&image, data, size, &why)) {
		if (!why.text[0])
			abort();
		return 0;
	}
	check_image(&image, size);
	check_layout(&image, 1 << 8, 0);
	check_layout(&image, 1 << 15, 1 << 20);
	check_layout(&image, 1ull << 30, 1ull << 33);
	return 0;
}
