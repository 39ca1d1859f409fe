/* SPDX-License-Identifier: MIT */
/* ELF-64 as far as kernels need it (System V ABI, chapters 4 and 5). */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include <stdint.h>

#define ELF_MAGIC	0x464c457fu /* 7f 'E' 'L' 'F' */
#define ELF_CLASS_64	2
#define ELF_DATA_LSB	1
#define ELF_TYPE_EXEC	2
#define ELF_TYPE_DYN	3
#define ELF_MACH_X86_64 62

#define PT_LOAD	   1
#define PT_NOTE	   4
#define SHT_NOTE   7
#define SHT_NOBITS 8

struct elf_header {
	uint32_t magic;
	uint8_t class, data, version, os_abi, pad[8];
	uint16_t type, machine;
	uint32_t version32;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_section {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

struct elf_note {
	uint32_t namesz, descsz, type;
};

_Static_assert(sizeof(struct elf_header) == 64, "ELF-64 header");
_Static_assert(sizeof(struct elf_segment) == 56, "ELF-64 program header");
_Static_assert(sizeof(struct elf_section) == 64, "ELF-64 section header");

#endif
