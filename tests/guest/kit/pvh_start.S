/* SPDX-License-Identifier: MIT */
/*
 * First instructions of a tiny PVH guest: from 32-bit flat mode to 64-bit code with the first 4 GiB mapped one to
 * one, and trap stubs that resume at trap_resume (kit.h).
 */
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long	4, 4, 18 /* PHYS32_ENTRY */
	.asciz	"Xen"
	.long	start
	.popsection

	.text
	.code32
	.global	start
start:
	cli
	cld
	mov	$stack_top, %esp
	mov	%ebx, %ebp
	/* Four tables of 512 entries of 2 MiB. */
	mov	$2048, %ecx
	mov	$pd, %edi
	mov	$0x83, %eax
1:	mov	%eax, (%edi)
	movl	$0, 4(%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	1b
	movl	$pd + 3, pdpt
	movl	$pd + 0x1003, pdpt + 8
	movl	$pd + 0x2003, pdpt + 16
	movl	$pd + 0x3003, pdpt + 24
	movl	$pdpt + 3, pml4
	mov	$pml4, %eax
	mov	%eax, %cr3
	mov	$0x620, %eax /* PAE OSFXSR OSXMMEXCPT */
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx
	mov	$0x900, %eax /* LME NXE */
	xor	%edx, %edx
	wrmsr
	mov	$0x80010033, %eax
	mov	%eax, %cr0
	lgdt	gdt_ptr
	ljmp	$8, $start64

	.code64
start64:
	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$stubs, %eax
	mov	$idt, %edi
	mov	$32, %ecx
1:	mov	%ax, (%rdi)
	movw	$8, 2(%rdi)
	movw	$0x8e00, 4(%rdi)
	mov	%eax, %edx
	shr	$16, %edx
	mov	%dx, 6(%rdi)
	add	$16, %edi
	add	$16, %eax
	loop	1b
	lidt	idt_ptr
	mov	%ebp, %edi
	call	kit_main
1:	hlt
	jmp	1b

	.balign	16
stubs:
	.set	vector, 0
	.rept	32
	.balign	16
	.if	!((0x00027d00 >> vector) & 1)
	push	$0
	.endif
	push	$vector
	jmp	trap_common
	.set	vector, vector + 1
	.endr

/* vector, error code, rip, cs, rflags, rsp, ss */
trap_common:
	push	%rax
	mov	8(%rsp), %eax
	mov	%eax, trap_vector(%rip)
	mov	16(%rsp), %rax
	mov	%rax, trap_error(%rip)
	mov	trap_resume(%rip), %rax
	test	%rax, %rax
	jz	1f
	mov	%rax, 24(%rsp)
	andl	$~0x100, 40(%rsp) /* TF */
	movq	$0, trap_resume(%rip)
	pop	%rax
	add	$16, %rsp
	iretq
1:	mov	trap_vector(%rip), %edi
	mov	24(%rsp), %rsi
	call	kit_unexpected_trap

	.data
	.balign	8
gdt:	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_ptr:
	.word	23
	.quad	gdt
idt_ptr:
	.word	32 * 16 - 1
	.quad	idt

	.bss
	.balign	4096
pml4:	.skip	4096
pdpt:	.skip	4096
pd:	.skip	4 * 4096
idt:	.skip	4096
	.skip	16384
stack_top:
