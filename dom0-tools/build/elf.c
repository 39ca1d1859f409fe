/* SPDX-License-Identifier: MIT */
/*
 * Takes an ELF64 kernel apart: what goes where, and what its notes ask.
 *
 * A PV kernel is loaded by physical address: a segment lies at p_paddr - PADDR_OFFSET + VIRT_BASE,
 * and PFN 0 at VIRT_BASE. Everything read from the file is bounded by the file first; sums are
 * checked for wrapping; the image's span is bounded so that later sums cannot wrap.
 */
#include "build/build.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

/* The hypervisor's part of the address space of a PV guest (xen.h). */
#define HOLE_START 0xffff800000000000ULL
#define HOLE_END   0xffff880000000000ULL

static bool inside(uint64_t offset, uint64_t bytes, uint64_t whole)
{
	return offset <= whole && bytes <= whole - offset;
}

static int check_header(const Elf64_Ehdr *header, size_t bytes, struct complaint *complaint)
{
	if (header->e_ident[EI_CLASS] != ELFCLASS64) {
		complain(complaint,
			 "it is a 32-bit kernel; PV guests are 64-bit (use type=\"pvh\" for it)");
		return -EOPNOTSUPP;
	}
	if (header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != EM_X86_64) {
		complain(complaint, "it is an ELF file for another kind of machine (%u)",
			 header->e_machine);
		return -ENOEXEC;
	}
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN) {
		complain(complaint, "it is an ELF file, but no program (type %u)", header->e_type);
		return -ENOEXEC;
	}
	if (header->e_phentsize != sizeof(Elf64_Phdr) || !header->e_phnum ||
	    !inside(header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr), bytes)) {
		complain(complaint, "its program headers are damaged or cut off");
		return -ENOEXEC;
	}
	return 0;
}

static Elf64_Phdr program_header(const uint8_t *data, const Elf64_Ehdr *header, unsigned int number)
{
	Elf64_Phdr program;

	memcpy(&program, data + header->e_phoff + (uint64_t)number * sizeof(program),
	       sizeof(program));
	return program;
}

static void notes_of_segments(struct elf_notes *notes, const uint8_t *data, size_t bytes,
			      const Elf64_Ehdr *header)
{
	for (unsigned int i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr program = program_header(data, header, i);

		if (program.p_type == PT_NOTE && inside(program.p_offset, program.p_filesz, bytes))
			elf_notes_read(notes, data + program.p_offset, program.p_filesz,
				       program.p_align);
	}
}

/* Older kernels have the notes in a section no program header shows. */
static void notes_of_sections(struct elf_notes *notes, const uint8_t *data, size_t bytes,
			      const Elf64_Ehdr *header)
{
	if (header->e_shentsize != sizeof(Elf64_Shdr) ||
	    !inside(header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr), bytes))
		return;
	for (unsigned int i = 0; i < header->e_shnum; i++) {
		Elf64_Shdr section;

		memcpy(&section, data + header->e_shoff + (uint64_t)i * sizeof(section),
		       sizeof(section));
		if (section.sh_type == SHT_NOTE &&
		    inside(section.sh_offset, section.sh_size, bytes))
			elf_notes_read(notes, data + section.sh_offset, section.sh_size,
				       section.sh_addralign);
	}
}

static int add_segment(struct image *image, const Elf64_Phdr *program, struct complaint *complaint)
{
	struct image_segment *segment = &image->segment[image->nr_segments];
	uint64_t end;

	if (image->nr_segments == IMAGE_MAX_SEGMENTS) {
		complain(complaint, "it has more than %u segments", IMAGE_MAX_SEGMENTS);
		return -ENOEXEC;
	}
	if (!inside(program->p_offset, program->p_filesz, image->bytes)) {
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

static int check_places(const struct image *image, struct complaint *complaint)
{
	if (!image->nr_segments || image->end - image->start > IMAGE_MAX_BYTES) {
		complain(complaint, image->nr_segments ? "its segments lie too far apart"
						       : "it has nothing to load");
		return -ENOEXEC;
	}
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

static int load_segments(struct image *image, const Elf64_Ehdr *header, struct complaint *complaint)
{
	for (unsigned int i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr program = program_header(image->data, header, i);
		int error;

		if (program.p_type != PT_LOAD || !program.p_memsz)
			continue;
		error = add_segment(image, &program, complaint);
		if (error)
			return error;
	}
	return check_places(image, complaint);
}

int image_parse_elf(struct image *image, const uint8_t *data, size_t bytes,
		    struct complaint *complaint)
{
	struct elf_notes notes = { 0 };
	Elf64_Ehdr header;
	int error;

	if (bytes < sizeof(header) || memcmp(data, ELFMAG, SELFMAG)) {
		complain(complaint, "it is not an ELF file");
		return -ENOEXEC;
	}
	memcpy(&header, data, sizeof(header));
	error = check_header(&header, bytes, complaint);
	if (error)
		return error;
	notes_of_segments(&notes, data, bytes, &header);
	if (!notes.has_any)
		notes_of_sections(&notes, data, bytes, &header);
	error = elf_notes_check(&notes, complaint);
	if (error)
		return error;
	image->data = data;
	image->bytes = bytes;
	image->virt_base = notes.virt_base;
	image->paddr_offset = notes.paddr_offset;
	image->entry = notes.has_entry ? notes.entry : header.e_entry;
	image->hypercall_page = notes.hypercall_page;
	image->init_p2m = notes.init_p2m;
	image->ramdisk_by_pfn = notes.mod_start_pfn == 1;
	return load_segments(image, &header, complaint);
}
