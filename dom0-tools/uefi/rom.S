/* SPDX-License-Identifier: MIT */
/*
 * The heads of a PCI option ROM with one UEFI driver in it (UEFI 2.10, 14.4.2), and of that driver (PE32+, as loaded: each byte is
 * at the same distance from pe_start in the file and in memory). There is nothing to relocate: the code is position-independent.
 */
#define HEADERS	    0x200 /* of the driver, and what its sections are multiples of */
#define DIRECTORIES 6

	.section .rom, "a"
rom_start:
	.short	0xaa55
	.short	rom_blocks		/* of 512 bytes, with all that follows */
	.long	0x0ef1			/* it is a UEFI driver's, */
	.short	11			/* which serves until the system starts, */
	.short	0x8664			/* of x86-64, */
	.short	0			/* not compressed, */
	.fill	8, 1, 0
	.short	pe_start - rom_start	/* there */
	.short	pcir - rom_start
	.balign	4
pcir:	.ascii	"PCIR"
	.short	0x5853, 0x0001		/* the platform device of Xen's guests */
	.short	0
	.short	pcir_end - pcir
	.byte	0
	.byte	0, 0x80, 0xff		/* as the device says of its class */
	.short	rom_blocks
	.short	0
	.byte	3			/* for UEFI; */
	.byte	0x80			/* no other follows */
	.short	0
pcir_end:

	.balign	64
pe_start:
	.ascii	"MZ"
	.fill	58, 1, 0
	.long	pe_head - pe_start
pe_head:
	.ascii	"PE\0\0"
	.short	0x8664
	.short	1			/* section */
	.long	0, 0, 0
	.short	pe_sections - pe_optional
	.short	0x2022			/* a library that may be anywhere in memory */
pe_optional:
	.short	0x20b
	.byte	0, 0
	.long	code_bytes, 0, 0
	.long	uefi_entry - pe_start
	.long	HEADERS
	.quad	0
	.long	HEADERS, HEADERS
	.short	0, 0, 0, 0, 0, 0
	.long	0
	.long	image_bytes
	.long	HEADERS
	.long	0
	.short	11, 0
	.quad	0, 0, 0, 0
	.long	0
	.long	DIRECTORIES
	.fill	8 * DIRECTORIES, 1, 0
pe_sections:
	.ascii	".text\0\0\0"
	.long	code_bytes, HEADERS, code_bytes, HEADERS
	.long	0, 0, 0
	.long	0xe0000020
	.org	pe_start - rom_start + HEADERS
	.section .note.GNU-stack, "", @progbits
