/* SPDX-License-Identifier: MIT */
/*
 * Entry from the boot loader (multiboot 1 or 2): 32-bit protected mode, paging off, EAX = magic,
 * EBX = information. Builds the first page tables, enters long mode and calls start_hv() on CPU 0's
 * stack. Nothing here depends on where modules lie.
 *
 * The early tables live in .bss: an identity map and the direct map of the first 4 GiB by 2 MiB
 * pages (one set of L2s for both), and the image by 4 KiB pages.
 */
#include <asm/layout.h>
#include <asm-offsets.h>

#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x00010003 /* page-align modules, memory info, address fields valid */
#define MB2_MAGIC 0xe85250d6
#define PHYS(x)	  ((x) - HV_IMAGE_BASE)

#define F_TABLE 0x063 /* present, writable, accessed, dirty */
#define F_LARGE 0x0e3 /* the same, 2 MiB page */

	.section .multiboot, "a"
	.balign 4
mb1_header:
	.long MB1_MAGIC
	.long MB1_FLAGS
	.long -(MB1_MAGIC + MB1_FLAGS)
	.long PHYS(mb1_header)
	.long PHYS(_start)
	.long PHYS(_edata)
	.long PHYS(_end)
	.long PHYS(start)

	.balign 8
mb2_header:
	.long MB2_MAGIC
	.long 0 /* i386 */
	.long mb2_header_end - mb2_header
	.long -(MB2_MAGIC + (mb2_header_end - mb2_header))
	/* information wanted: command line, modules, memory map, ACPI */
	.short 1, 1
	.long 8 + 4 * 4
	.long 1, 3, 6, 15
	.balign 8
	/* modules on page boundaries */
	.short 6, 1
	.long 8
	/* 32-bit entry point */
	.balign 8
	.short 3, 0
	.long 12
	.long PHYS(start)
	.balign 8
	.short 0, 0
	.long 8
mb2_header_end:

	.section .head.text, "ax"
	.code32
	.global start
start:
	cli
	cld
	mov	%eax, %ebp
	mov	%ebx, %esi

	/* The loader may not have cleared .bss. */
	mov	$PHYS(_sbss), %edi
	mov	$PHYS(_end), %ecx
	sub	%edi, %ecx
	shr	$2, %ecx
	xor	%eax, %eax
	rep stosl

	mov	$PHYS(boot_stack_top), %esp

	/* Long mode and NX are required; say so instead of resetting. */
	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	no_long_mode
	mov	$0x80000001, %eax
	cpuid
	bt	$29, %edx
	jnc	no_long_mode
	bt	$20, %edx
	jnc	no_long_mode

	/* Four L2 pages: 4 GiB of 2 MiB pages. */
	mov	$PHYS(early_l2), %edi
	mov	$F_LARGE, %eax
	mov	$2048, %ecx
1:	mov	%eax, (%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	1b
	mov	$PHYS(early_l2) + F_TABLE, %eax
	mov	$4, %ecx
	xor	%edx, %edx
1:	mov	%eax, PHYS(early_l3_id)(%edx)
	mov	%eax, PHYS(l3_direct)(%edx)
	add	$0x1000, %eax
	add	$8, %edx
	loop	1b
	/* The direct map is not executable. The identity map is, and goes away. */
	xor	%edx, %edx
	mov	$4, %ecx
1:	orl	$0x80000000, PHYS(l3_direct) + 4(%edx)
	add	$8, %edx
	loop	1b

	/* The image: two L1 pages from HV_LOAD_PHYS. */
	mov	$HV_LOAD_PHYS + F_TABLE, %eax
	mov	$PHYS(l1_image), %edi
	mov	$1024, %ecx
1:	mov	%eax, (%edi)
	add	$0x1000, %eax
	add	$8, %edi
	loop	1b
	movl	$PHYS(l1_image) + F_TABLE, PHYS(l2_image) + 8 * 1
	movl	$PHYS(l1_image) + 0x1000 + F_TABLE, PHYS(l2_image) + 8 * 2
	movl	$PHYS(l2_image) + F_TABLE, PHYS(l3_image) + 8 * 322

	movl	$PHYS(early_l3_id) + F_TABLE, PHYS(idle_pg_table)
	movl	$PHYS(l3_image) + F_TABLE, PHYS(idle_pg_table) + 8 * 261
	movl	$PHYS(l3_direct) + F_TABLE, PHYS(idle_pg_table) + 8 * 262

	mov	$0x000000a0, %eax /* PAE, PGE */
	mov	%eax, %cr4
	mov	$PHYS(idle_pg_table), %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x901, %eax /* LME, NXE, SCE */
	wrmsr
	mov	$0x80010033, %eax /* PG WP NE ET MP PE */
	mov	%eax, %cr0
	lgdt	PHYS(boot_gdtr)
	ljmp	$HV_CS - 0xe000, $PHYS(start64)

no_long_mode:
	mov	$PHYS(msg_no_lm), %esi
	mov	$0xb8000, %edi
1:	lodsb
	test	%al, %al
	jz	2f
	mov	%al, %bl
	mov	$0x3fd, %dx /* COM1: wait for room, bounded by being a 16550 or absent (0xff) */
3:	in	%dx, %al
	test	$0x20, %al
	jz	3b
	mov	$0x3f8, %dx
	mov	%bl, %al
	out	%al, %dx
	mov	$0x4f, %ah
	stosw
	jmp	1b
2:	hlt
	jmp	2b

	.code64
start64:
	movabs	$1f, %rax
	jmp	*%rax
1:	mov	$HV_DS - 0xe000, %eax
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	lea	cpu0_stack + STACK_SIZE(%rip), %rsp
	sub	$CPU_INFO_SIZE, %rsp
	mov	%ebp, %edi
	mov	%esi, %esi
	call	start_hv
	ud2

	.section .rodata, "a"
msg_no_lm:
	.asciz "Serai needs a 64-bit CPU with NX (long mode and execute-disable).\r\n"
	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9a000000ffff /* HV_CS */
	.quad 0x00cf92000000ffff /* HV_DS */
boot_gdtr:
	.short boot_gdtr - boot_gdt - 1
	.quad PHYS(boot_gdt)

	.section .bss.page_aligned, "aw", @nobits
	.balign STACK_SIZE
	.global cpu0_stack
cpu0_stack:
	.skip STACK_SIZE
	.balign 4096
	.global idle_pg_table, l1_image, l2_image, l3_image, l3_direct
idle_pg_table:
	.skip 4096
early_l3_id:
	.skip 4096
l3_direct:
	.skip 4096
early_l2:
	.skip 4 * 4096
l3_image:
	.skip 4096
l2_image:
	.skip 4096
l1_image:
	.skip 2 * 4096
	.skip 256
boot_stack_top:
