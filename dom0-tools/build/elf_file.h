/* SPDX-License-Identifier: MIT */
/*
 * An ELF file's headers, 32 or 64 bit wide, as 64-bit ones; bounded by the file's size. Private to
 * elf.c and elf_file.c.
 */
#ifndef SERAI_BUILD_ELF_FILE_H
#define SERAI_BUILD_ELF_FILE_H

#include "build/build.h"

#include <elf.h>

struct elf_file {
	const uint8_t *data;
	size_t bytes;
	bool wide;	   /* 64 bit */
	Elf64_Ehdr header; /* in this form whatever the file's */
};

/* -ENOEXEC (complained) unless it is an ELF program for this machine with whole headers. */
int elf_file_open(struct elf_file *file, const uint8_t *data, size_t bytes,
		  struct complaint *complaint);
/* `number` is less than header.e_phnum. */
Elf64_Phdr elf_file_program(const struct elf_file *file, unsigned int number);
/* Of segments; if they have none, of sections: older kernels' notes are seen only there. */
void elf_file_notes(const struct elf_file *file, struct elf_notes *notes);

/* Do `bytes` from `offset` on lie within `whole`? */
static inline bool elf_inside(uint64_t offset, uint64_t bytes, uint64_t whole)
{
	return offset <= whole && bytes <= whole - offset;
}

#endif
