/* SPDX-License-Identifier: MIT */
/*
 * Where a secondary CPU starts: real mode, CS = page / 16, IP = 0, nothing else defined. The code is
 * copied to a page below 1 MiB, so it finds its own parts relative to CS until paging is on; page tables
 * come from the data block at its end. ap_entry continues at the image's own address.
 */

#define CR0_PE_PG 0x80000001
#define CR4_PAE	  0x20
#define EFER	  0xc0000080
#define EFER_BITS 0x901 /* SCE, LME, NXE */

	.section .rodata, "a"
	.balign 16
	.global ap_trampoline_start, ap_trampoline_end, ap_trampoline_data
	.code16
ap_trampoline_start:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	/* EBX: linear address of this page. */
	xor	%ebx, %ebx
	mov	%cs, %bx
	shl	$4, %ebx
	/* Absolute addresses, now that the place is known. */
	lea	(ap_gdt - ap_trampoline_start)(%ebx), %eax
	mov	%eax, ap_gdtr - ap_trampoline_start + 2
	lea	(ap_long - ap_trampoline_start)(%ebx), %eax
	mov	%eax, ap_far - ap_trampoline_start
	lgdtl	ap_gdtr - ap_trampoline_start

	/* Straight to long mode: PAE, tables, LME, then protection and paging at once. */
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	ap_trampoline_data - ap_trampoline_start, %eax
	mov	%eax, %cr3
	mov	$EFER, %ecx
	rdmsr
	or	$EFER_BITS, %eax
	wrmsr
	mov	$CR0_PE_PG, %eax
	mov	%eax, %cr0
	ljmpl	*(ap_far - ap_trampoline_start)

	.code64
ap_long:
	mov	ap_trampoline_data + 8(%rip), %rax
	jmp	*%rax

	.balign 8
ap_gdt:
	.quad 0
	.quad 0x00af9a000000ffff
ap_gdtr:
	.short ap_gdtr - ap_gdt - 1
	.long 0
	.balign 8
ap_far:
	.long 0
	.short 8
	.balign 8
ap_trampoline_data:
	.quad 0, 0
ap_trampoline_end:

	.text
	.global ap_entry
ap_entry:
	mov	ap_boot_cr3(%rip), %rax
	mov	%rax, %cr3
	mov	ap_boot_stack(%rip), %rsp
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%eax, %fs
	mov	%eax, %gs
	/* As the boot loader path left the boot CPU: PG WP NE ET MP PE, PAE and PGE. */
	mov	$0x80010033, %eax
	mov	%rax, %cr0
	mov	$0xa0, %eax
	mov	%rax, %cr4
	mov	%rsp, %rdi
	call	ap_main
	ud2
