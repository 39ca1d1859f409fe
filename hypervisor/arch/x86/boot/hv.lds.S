/* SPDX-License-Identifier: MIT */
/*
 * The image: one contiguous run of pages from HV_LOAD_PHYS, linked HV_IMAGE_BASE higher. Each kind of
 * section starts on a page of its own so that setup can map text read-execute, read-only data
 * read-only and the rest read-write. File offsets grow with addresses: the multiboot 1 header loads
 * the file as one block.
 */
#include <asm/layout.h>

OUTPUT_FORMAT("elf64-x86-64")
ENTRY(start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	bss PT_LOAD FLAGS(6); /* apart: its alignment must not move the file offsets of .data */
}

SECTIONS
{
	. = HV_IMAGE_BASE + HV_LOAD_PHYS;
	_start = .;
	.text : AT(ADDR(.text) - HV_IMAGE_BASE) {
		_stext = .;
		*(.multiboot)
		*(.head.text)
		. = ALIGN(4096); /* .text.entry is in isolated guests' tables, and nothing else of the text is */
		_sentry = .;
		*(.text.entry)
		. = ALIGN(4096);
		_eentry = .;
		*(.text .text.*)
		*(.init.text)
		. = ALIGN(4096);
		_etext = .;
	} :text
	.rodata : AT(ADDR(.rodata) - HV_IMAGE_BASE) {
		_srodata = .;
		*(.rodata .rodata.*)
		. = ALIGN(8);
		__extable_start = .;
		KEEP(*(.extable))
		__extable_end = .;
		__smap_patch_start = .;
		KEEP(*(.smap_patch))
		__smap_patch_end = .;
		__spec_patch_start = .;
		KEEP(*(.spec_patch))
		__spec_patch_end = .;
		__hv_options_start = .;
		KEEP(*(.hv_options))
		__hv_options_end = .;
		__note_build_id_start = .;
		KEEP(*(.note.gnu.build-id))
		__note_build_id_end = .;
		. = ALIGN(4096);
		_erodata = .;
	} :rodata
	.data : AT(ADDR(.data) - HV_IMAGE_BASE) {
		_sdata = .;
		*(.data.ro_after_init)
		*(.data .data.*)
		*(.init.data)
		. = ALIGN(4096);
		_edata = .;
	} :data
	.bss : AT(ADDR(.bss) - HV_IMAGE_BASE) {
		_sbss = .;
		*(.bss.page_aligned)
		. = ALIGN(64);
		__percpu_start = .;
		*(.bss.percpu)
		. = ALIGN(64);
		__percpu_end = .;
		*(.bss .bss.* COMMON)
		. = ALIGN(4096);
		_end = .;
	} :bss
	/DISCARD/ : { *(.comment) *(.note.GNU-stack) *(.eh_frame) *(.note.gnu.property) *(.interp) *(.dynamic) *(.dyn*) *(.gnu.hash) *(.hash) }
	.got : { *(.got) *(.got.plt) }

}
