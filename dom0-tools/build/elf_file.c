/* SPDX-License-Identifier: MIT */
/*
 * Reads an ELF file's headers. The two widths differ in nothing but the fields' sizes, so each is
 * widened where it is read and nobody else asks which it was.
 */
#include "build/elf_file.h"

#include <errno.h>
#include <string.h>

static void widen_header(Elf64_Ehdr *to, const Elf32_Ehdr *from)
{
	memcpy(to->e_ident, from->e_ident, EI_NIDENT);
	to->e_type = from->e_type;
	to->e_machine = from->e_machine;
	to->e_entry = from->e_entry;
	to->e_phoff = from->e_phoff;
	to->e_shoff = from->e_shoff;
	to->e_phentsize = from->e_phentsize;
	to->e_phnum = from->e_phnum;
	to->e_shentsize = from->e_shentsize;
	to->e_shnum = from->e_shnum;
}

static bool read_header(struct elf_file *file)
{
	Elf32_Ehdr narrow;

	if (file->bytes < EI_NIDENT || memcmp(file->data, ELFMAG, SELFMAG))
		return false;
	file->wide = file->data[EI_CLASS] == ELFCLASS64;
	if (file->bytes < (file->wide ? sizeof(file->header) : sizeof(narrow)))
		return false;
	if (file->wide) {
		memcpy(&file->header, file->data, sizeof(file->header));
		return true;
	}
	memcpy(&narrow, file->data, sizeof(narrow));
	widen_header(&file->header, &narrow);
	return file->data[EI_CLASS] == ELFCLASS32;
}

static uint64_t program_bytes(const struct elf_file *file)
{
	return file->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

static uint64_t section_bytes(const struct elf_file *file)
{
	return file->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
}

int elf_file_open(struct elf_file *file, const uint8_t *data, size_t bytes,
		  struct complaint *complaint)
{
	const Elf64_Ehdr *header = &file->header;

	*file = (struct elf_file){ .data = data, .bytes = bytes };
	if (!read_header(file)) {
		complain(complaint, "it is not an ELF file");
		return -ENOEXEC;
	}
	if (header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    (header->e_machine != EM_X86_64 && header->e_machine != EM_386)) {
		complain(complaint, "it is an ELF file for another kind of machine (%u)",
			 header->e_machine);
		return -ENOEXEC;
	}
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN) {
		complain(complaint, "it is an ELF file, but no program (type %u)", header->e_type);
		return -ENOEXEC;
	}
	if (header->e_phentsize != program_bytes(file) || !header->e_phnum ||
	    !elf_inside(header->e_phoff, header->e_phnum * program_bytes(file), bytes)) {
		complain(complaint, "its program headers are damaged or cut off");
		return -ENOEXEC;
	}
	return 0;
}

Elf64_Phdr elf_file_program(const struct elf_file *file, unsigned int number)
{
	const uint8_t *at = file->data + file->header.e_phoff + number * program_bytes(file);
	Elf64_Phdr program;
	Elf32_Phdr narrow;

	if (file->wide) {
		memcpy(&program, at, sizeof(program));
		return program;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return (Elf64_Phdr){ .p_type = narrow.p_type,
			     .p_flags = narrow.p_flags,
			     .p_offset = narrow.p_offset,
			     .p_vaddr = narrow.p_vaddr,
			     .p_paddr = narrow.p_paddr,
			     .p_filesz = narrow.p_filesz,
			     .p_memsz = narrow.p_memsz,
			     .p_align = narrow.p_align };
}

static Elf64_Shdr section(const struct elf_file *file, unsigned int number)
{
	const uint8_t *at = file->data + file->header.e_shoff + number * section_bytes(file);
	Elf64_Shdr wide;
	Elf32_Shdr narrow;

	if (file->wide) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return (Elf64_Shdr){ .sh_type = narrow.sh_type,
			     .sh_offset = narrow.sh_offset,
			     .sh_size = narrow.sh_size,
			     .sh_addralign = narrow.sh_addralign };
}

static void read_notes(const struct elf_file *file, struct elf_notes *notes, uint64_t offset,
		       uint64_t bytes, uint64_t align)
{
	if (elf_inside(offset, bytes, file->bytes))
		elf_notes_read(notes, file->data + offset, bytes, align);
}

static void notes_of_segments(const struct elf_file *file, struct elf_notes *notes)
{
	for (unsigned int i = 0; i < file->header.e_phnum; i++) {
		Elf64_Phdr program = elf_file_program(file, i);

		if (program.p_type == PT_NOTE)
			read_notes(file, notes, program.p_offset, program.p_filesz,
				   program.p_align);
	}
}

static void notes_of_sections(const struct elf_file *file, struct elf_notes *notes)
{
	const Elf64_Ehdr *header = &file->header;

	if (header->e_shentsize != section_bytes(file) ||
	    !elf_inside(header->e_shoff, header->e_shnum * section_bytes(file), file->bytes))
		return;
	for (unsigned int i = 0; i < header->e_shnum; i++) {
		Elf64_Shdr each = section(file, i);

		if (each.sh_type == SHT_NOTE)
			read_notes(file, notes, each.sh_offset, each.sh_size, each.sh_addralign);
	}
}

void elf_file_notes(const struct elf_file *file, struct elf_notes *notes)
{
	notes_of_segments(file, notes);
	if (!notes->has_any)
		notes_of_sections(file, notes);
}
