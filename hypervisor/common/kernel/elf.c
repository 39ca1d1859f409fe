/* SPDX-License-Identifier: MIT */
/*
 * Checks a kernel's ELF image and works out where it goes.
 *
 * Order: the header, then the extent of all loadable segments, then the notes, at last the
 * addresses that follow from both. Whatever load.c will use is checked here: file ranges lie in the
 * file, sums do not wrap, and the whole is not absurdly large, which also bounds the time of
 * loading.
 */
#include "internal.h"

#define MAX_SPAN     (1ull << 30) /* of all segments; PV Linux has 512 MiB for its image */
#define MAX_SEGMENTS 128	  /* kernels have about five */
#define MAX_SECTIONS 4096
#define MAX_NOTES    (64u << 10) /* bytes of one segment or section */

static int check_header(const struct elf_header *h, size_t len, const char **why)
{
	if (h->magic != ELF_MAGIC)
		return refuse(why, "the kernel is not an ELF image");
	if (h->class != ELF_CLASS_64)
		return refuse(
		    why, "the kernel is a 32-bit ELF image: only 64-bit kernels are supported");
	if (h->data != ELF_DATA_LSB || h->machine != ELF_MACH_X86_64)
		return refuse(why, "the kernel's ELF image is for another machine than x86-64");
	if (h->type == ELF_TYPE_DYN)
		return refuse(why, "the kernel's ELF image is position-independent: a linked "
				   "executable is needed");
	if (h->type != ELF_TYPE_EXEC)
		return refuse(why, "the kernel's ELF image is not an executable");
	if (!h->phnum || h->phnum > MAX_SEGMENTS || h->phentsize != sizeof(struct elf_segment))
		return refuse(why, "the kernel's ELF image has no usable program headers");
	if (!range_ok(h->phoff, (uint64_t)h->phnum * sizeof(struct elf_segment), len))
		return refuse(
		    why,
		    "the kernel's ELF image is truncated: its program headers lie beyond its end");
	return 0;
}

static int measure(struct kernel_image *image, const struct elf_header *h, const char **why)
{
	uint64_t low = UINT64_MAX, high = 0, total = 0;

	for (unsigned int i = 0; i < h->phnum; i++) {
		struct elf_segment s = elf_segment_at(image, h, i);

		if (s.type != PT_LOAD || !s.memsz)
			continue;
		if (!range_ok(s.offset, s.filesz, image->size))
			return refuse(
			    why,
			    "the kernel's ELF image is truncated: a segment lies beyond its end");
		if (s.filesz > s.memsz)
			return refuse(
			    why,
			    "the kernel's ELF image is damaged: a segment is larger in the file "
			    "than in memory");
		if (s.memsz > MAX_SPAN || s.paddr > UINT64_MAX - s.memsz)
			return refuse(
			    why,
			    "the kernel's ELF image is damaged: a segment is larger than 1 GiB");
		low = s.paddr < low ? s.paddr : low;
		high = s.paddr + s.memsz > high ? s.paddr + s.memsz : high;
		total += s.memsz;
		if (high - low > MAX_SPAN || total > MAX_SPAN)
			return refuse(why, "the kernel's segments span more than 1 GiB");
	}
	if (!total)
		return refuse(why, "the kernel's ELF image has nothing to load");
	image->paddr_start = low;
	image->paddr_end = high;
	return 0;
}

static int notes_at(struct kernel_image *image, uint64_t offset, uint64_t len, uint64_t align,
		    bool *found, const char **why)
{
	if (!range_ok(offset, len, image->size))
		return refuse(why,
			      "the kernel's ELF image is truncated: its notes lie beyond its end");
	if (len > MAX_NOTES)
		return refuse(why, "the kernel's ELF notes are larger than 64 KiB");
	return kernel_notes_parse(image, image->file + offset, len, align, found, why);
}

static int notes_in_segments(struct kernel_image *image, const struct elf_header *h, bool *found,
			     const char **why)
{
	int rc = 0;

	for (unsigned int i = 0; i < h->phnum && !rc; i++) {
		struct elf_segment s = elf_segment_at(image, h, i);

		if (s.type == PT_NOTE)
			rc = notes_at(image, s.offset, s.filesz, s.align, found, why);
	}
	return rc;
}

/* False where there is no such section, or it holds no bytes of the file. */
static bool section_at(const struct kernel_image *image, const struct elf_header *h, unsigned int i,
		       struct elf_section *s)
{
	uint64_t at = h->shoff + (uint64_t)i * sizeof(*s);

	if (h->shentsize != sizeof(*s) || i >= h->shnum || i >= MAX_SECTIONS || at < h->shoff ||
	    !range_ok(at, sizeof(*s), image->size))
		return false;
	memcpy(s, image->file + at, sizeof(*s));
	return s->type != SHT_NOBITS && range_ok(s->offset, s->size, image->size);
}

static int notes_in_sections(struct kernel_image *image, const struct elf_header *h, bool *found,
			     const char **why)
{
	struct elf_section s;
	int rc = 0;

	for (unsigned int i = 0; i < h->shnum && !rc; i++)
		if (section_at(image, h, i, &s) && s.type == SHT_NOTE)
			rc = notes_at(image, s.offset, s.size, s.addralign, found, why);
	return rc;
}

static int guest_section(struct kernel_image *image, const struct elf_header *h, bool *found,
			 const char **why)
{
	static const char name[] = "__xen_guest";
	struct elf_section s, names;

	if (!section_at(image, h, h->shstrndx, &names))
		return 0;
	for (unsigned int i = 0; i < h->shnum; i++) {
		if (!section_at(image, h, i, &s) || !range_ok(s.name, sizeof(name), names.size) ||
		    memcmp(image->file + names.offset + s.name, name, sizeof(name)))
			continue;
		*found = true;
		return kernel_guest_section_parse(image, (const char *)image->file + s.offset,
						  s.size, why);
	}
	return 0;
}

static int read_notes(struct kernel_image *image, const struct elf_header *h, const char **why)
{
	bool found = false;
	int rc = notes_in_segments(image, h, &found, why);

	if (!rc && !found)
		rc = notes_in_sections(image, h, &found, why);
	if (!rc && !found)
		rc = guest_section(image, h, &found, why);
	if (!rc && !found)
		rc = refuse(why,
			    "the kernel carries no Xen ELF notes (built without CONFIG_XEN_PV?)");
	if (!rc && image->xen_version[0] && strncmp(image->xen_version, "xen-3.", 6))
		rc = refuse(why, "the kernel was built for another Xen interface than xen-3.x");
	if (image->has_entry || image->has_hypercall_page || image->has_virt_base ||
	    image->has_p2m_base)
		image->pv = true;
	return rc;
}

static int settle_pv(struct kernel_image *image, const struct elf_header *h, const char **why)
{
	uint64_t start, end;

	if (!image->has_virt_base && image->has_paddr_offset && image->paddr_offset)
		return refuse(why, "the kernel's notes give PADDR_OFFSET without VIRT_BASE");
	if (!image->has_entry)
		image->entry = h->entry;
	if (__builtin_add_overflow(image->paddr_start, image->virt_base, &start) ||
	    __builtin_add_overflow(image->paddr_end, image->virt_base, &end))
		return refuse(why, "the kernel's virtual addresses wrap around");
	if (image->entry < start || image->entry >= end)
		return refuse(why, "the kernel's entry point lies outside its image");
	if (image->has_hypercall_page &&
	    (image->hypercall_page < start || image->hypercall_page >= end))
		return refuse(why, "the kernel's hypercall page lies outside its image");
	if (image->has_p2m_base && image->p2m_base >= start && image->p2m_base < end)
		return refuse(why, "the kernel wants its P2M list where its image is");
	image->virt_start = start;
	image->virt_end = end;
	return 0;
}

static int settle_addresses(struct kernel_image *image, const struct elf_header *h,
			    const char **why)
{
	if (image->paddr_offset > image->paddr_start)
		return refuse(why, "the kernel's PADDR_OFFSET is above its lowest segment");
	image->paddr_start -= image->paddr_offset;
	image->paddr_end -= image->paddr_offset;
	if (image->pvh &&
	    (image->phys32_entry < image->paddr_start || image->phys32_entry >= image->paddr_end ||
	     image->phys32_entry > UINT32_MAX))
		return refuse(why, "the kernel's PVH entry point lies outside its image");
	return image->pv ? settle_pv(image, h, why) : 0;
}

int kernel_image_parse(const void *elf, size_t len, struct kernel_image *image, const char **why)
{
	struct elf_header h;
	int rc;

	memset(image, 0, sizeof(*image));
	image->file = elf;
	image->size = len;
	if (len < sizeof(h))
		return refuse(why,
			      "the kernel's ELF image is truncated: it ends inside its header");
	memcpy(&h, elf, sizeof(h));
	rc = check_header(&h, len, why);
	if (!rc)
		rc = measure(image, &h, why);
	if (!rc)
		rc = read_notes(image, &h, why);
	return rc ? rc : settle_addresses(image, &h, why);
}
