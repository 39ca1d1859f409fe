/* SPDX-License-Identifier: MIT */
/*
 * Takes an ELF kernel apart: what goes where, and what its notes ask.
 *
 * A PV kernel is loaded by physical address: a segment lies at p_paddr - PADDR_OFFSET + VIRT_BASE,
 * and PFN 0 at VIRT_BASE. A PVH kernel lies at p_paddr and knows no other addresses: its VIRT_BASE
 * is 0. An HVM guest's loader is the same but starts where its header says. Everything read from the file is bounded by the file first; sums are checked for wrapping;
 * the image's span is bounded so that later sums cannot wrap.
 */
#include "build/elf_file.h"

#include <errno.h>
#include <string.h>

/* The hypervisor's part of the address space of a PV guest (xen.h). */
#define HOLE_START 0xffff800000000000ULL
#define HOLE_END   0xffff880000000000ULL

static int add_segment(struct image *image, const Elf64_Phdr *program, struct complaint *complaint)
{
	struct image_segment *segment = &image->segment[image->nr_segments];
	uint64_t end;

	if (image->nr_segments == IMAGE_MAX_SEGMENTS) {
		complain(complaint, "it has more than %u segments", IMAGE_MAX_SEGMENTS);
		return -ENOEXEC;
	}
	if (!elf_inside(program->p_offset, program->p_filesz, image->bytes)) {
		complain(complaint, "it is cut off: segment %u ends after the file",
			 image->nr_segments);
		return -ENOEXEC;
	}
	segment->virt = program->p_paddr - image->paddr_offset + image->virt_base;
	segment->offset = program->p_offset;
	segment->file_bytes = program->p_filesz;
	segment->mem_bytes = program->p_memsz;
	if (segment->file_bytes > segment->mem_bytes || segment->mem_bytes > IMAGE_MAX_BYTES ||
	    segment->virt < image->virt_base ||
	    __builtin_add_overflow(segment->virt, segment->mem_bytes, &end) ||
	    end > UINT64_MAX - IMAGE_MAX_BYTES / 512) {
		complain(complaint, "segment %u has an impossible place or size",
			 image->nr_segments);
		return -ENOEXEC;
	}
	if (!image->nr_segments || segment->virt < image->start)
		image->start = segment->virt & ~(PAGE_BYTES - 1);
	if (end > image->end)
		image->end = (end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	image->nr_segments++;
	return 0;
}

static bool usable_range(uint64_t start, uint64_t end)
{
	bool low = end <= 0x0000800000000000ULL, high = start >= HOLE_END;

	return start <= end && (low || high);
}

static int check_pv_places(const struct image *image, struct complaint *complaint)
{
	if (!usable_range(image->virt_base, image->end) || (image->virt_base & (PAGE_BYTES - 1))) {
		complain(complaint,
			 "it wants addresses %#llx to %#llx, which a PV guest cannot have",
			 (unsigned long long)image->virt_base, (unsigned long long)image->end);
		return -ENOEXEC;
	}
	if (image->entry < image->start || image->entry >= image->end) {
		complain(complaint, "its entry point %#llx lies outside of it",
			 (unsigned long long)image->entry);
		return -ENOEXEC;
	}
	if (image->hypercall_page &&
	    (image->hypercall_page & (PAGE_BYTES - 1) || image->hypercall_page < image->start ||
	     image->hypercall_page >= image->end)) {
		complain(complaint, "its hypercall page %#llx lies outside of it",
			 (unsigned long long)image->hypercall_page);
		return -ENOEXEC;
	}
	if (image->init_p2m & (PAGE_BYTES - 1)) {
		complain(complaint, "its P2M address %#llx is not a page's",
			 (unsigned long long)image->init_p2m);
		return -ENOEXEC;
	}
	return 0;
}

static int check_pvh_places(const struct image *image, struct complaint *complaint)
{
	if (image->end > (uint64_t)1 << 32) {
		complain(complaint, "it wants to lie at %#llx to %#llx, not below 4 GiB",
			 (unsigned long long)image->start, (unsigned long long)image->end);
		return -ENOEXEC;
	}
	if (image->entry < image->start || image->entry >= image->end) {
		complain(complaint, "its entry point %#llx lies outside of it",
			 (unsigned long long)image->entry);
		return -ENOEXEC;
	}
	return 0;
}

static int load_segments(struct image *image, const struct elf_file *file,
			 struct complaint *complaint)
{
	for (unsigned int i = 0; i < file->header.e_phnum; i++) {
		Elf64_Phdr program = elf_file_program(file, i);
		int error;

		if (program.p_type != PT_LOAD || !program.p_memsz)
			continue;
		error = add_segment(image, &program, complaint);
		if (error)
			return error;
	}
	if (!image->nr_segments || image->end - image->start > IMAGE_MAX_BYTES) {
		complain(complaint, image->nr_segments ? "its segments lie too far apart"
						       : "it has nothing to load");
		return -ENOEXEC;
	}
	return image->kind == IMAGE_PV ? check_pv_places(image, complaint)
				       : check_pvh_places(image, complaint);
}

static int check_width(const struct elf_file *file, struct complaint *complaint)
{
	if (file->wide && file->header.e_machine == EM_X86_64)
		return 0;
	complain(complaint, "it is a 32-bit kernel; PV guests are 64-bit (use type=\"pvh\" for it)");
	return -EOPNOTSUPP;
}

static int take_notes(struct image *image, const struct elf_file *file,
		      struct complaint *complaint)
{
	struct elf_notes notes = { 0 };
	int error;

	if (image->kind == IMAGE_LOADER) {
		image->entry = file->header.e_entry;
		return 0;
	}
	elf_file_notes(file, &notes);
	if (image->kind == IMAGE_PVH) {
		image->entry = notes.pvh_entry;
		return elf_notes_check_pvh(&notes, complaint);
	}
	error = check_width(file, complaint);
	if (!error)
		error = elf_notes_check(&notes, complaint);
	image->virt_base = notes.virt_base;
	image->paddr_offset = notes.paddr_offset;
	image->entry = notes.has_entry ? notes.entry : file->header.e_entry;
	image->hypercall_page = notes.hypercall_page;
	image->init_p2m = notes.init_p2m;
	image->ramdisk_by_pfn = notes.mod_start_pfn == 1;
	return error;
}

int image_parse_elf(struct image *image, const uint8_t *data, size_t bytes,
		    struct complaint *complaint)
{
	struct elf_file file;
	int error = elf_file_open(&file, data, bytes, complaint);

	if (error)
		return error;
	image->data = data;
	image->bytes = bytes;
	error = take_notes(image, &file, complaint);
	return error ? error : load_segments(image, &file, complaint);
}
