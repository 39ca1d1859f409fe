/* SPDX-License-Identifier: MIT */
/*
 * The first instructions of a PVH guest: 32 bits, no paging, ebx = start_info (hvm/start_info.h). One table
 * of level 3 serves page 0 at its own address and at MACHINE_BASE: both windows show the first GiB,
 * and the last GiB below 4 GiB is at its own address for pages that are no memory of the guest's.
 */
#define BASE 0xffffffff80000000
#define PHYS(symbol) (symbol - BASE)

	.section .bss
	.balign	4096
root:	.skip	4096
level3:	.skip	4096
first:	.skip	4096
last:	.skip	4096

	.section .rodata
	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* 0x08: 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x10: data */
gdt_end:
gdt_place:
	.word	gdt_end - gdt - 1
	.quad	PHYS(gdt)

	.text
	.code32
	.globl	pvh_entry
pvh_entry:
	cld
	mov	$PHYS(boot_stack_end), %esp
	/* Two tables of 2 MiB pages, from 0 and from 3 GiB. */
	mov	$PHYS(first), %edi
	mov	$0x83, %eax
	call	fill
	mov	$PHYS(last), %edi
	mov	$0xc0000083, %eax
	call	fill
	movl	$PHYS(first) + 3, PHYS(level3)
	movl	$PHYS(last) + 3, PHYS(level3) + 3 * 8
	movl	$PHYS(first) + 3, PHYS(level3) + 510 * 8
	movl	$PHYS(level3) + 3, PHYS(root)
	movl	$PHYS(level3) + 3, PHYS(root) + 511 * 8
	mov	$0x20, %eax			/* PAE */
	mov	%eax, %cr4
	mov	$PHYS(root), %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx		/* EFER.LME */
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	$0x80010011, %eax		/* PG, WP, ET, PE */
	mov	%eax, %cr0
	lgdtl	PHYS(gdt_place)
	ljmp	$0x08, $PHYS(long_mode)
fill:
	mov	$512, %ecx
1:	mov	%eax, (%edi)
	add	$0x200000, %eax
	add	$8, %edi
	dec	%ecx
	jnz	1b
	ret

	.code64
long_mode:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$boot_stack_end, %rsp
	xor	%ebp, %ebp
	mov	%ebx, %edi
	mov	$pvh_start, %rax
	call	*%rax
	ud2

	/* Filled by the hypervisor: the call of number n is at n * 32. */
	.section .bss
	.balign	4096
	.globl	hypercall_page
hypercall_page:
	.skip	4096
	.section .note.GNU-stack, "", @progbits
