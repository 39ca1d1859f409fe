/* SPDX-License-Identifier: MIT */
/* First instructions of a test guest, its ELF notes, and trap stubs that resume at a fix-up address. */
#define ASMNOTE(type, kind, value) \
	.pushsection .note.Xen, "a", @note; .balign 4; .long 4, 9f - 8f, type; .asciz "Xen"; \
	8: kind value; 9: .balign 4; .popsection

ASMNOTE(6, .asciz, "serai-test") /* GUEST_OS */
ASMNOTE(7, .asciz, "1")		 /* GUEST_VERSION */
ASMNOTE(5, .asciz, "xen-3.0")	 /* XEN_VERSION */
ASMNOTE(3, .quad, 0xffffffff80000000) /* VIRT_BASE */
ASMNOTE(4, .quad, 0)		 /* PADDR_OFFSET */
ASMNOTE(1, .quad, start)	 /* ENTRY */
ASMNOTE(15, .quad, 0x8000000000) /* INIT_P2M */
ASMNOTE(10, .asciz, "!writable_page_tables|pae_pgdir_above_4gb")
ASMNOTE(9, .asciz, "yes")	 /* PAE_MODE */
ASMNOTE(8, .asciz, "generic")	 /* LOADER */
ASMNOTE(12, .quad, 0xffff800000000000) /* HV_START_LOW */

	.text
	.global start
start:
	cld
	mov	%rsi, %rdi
	and	$~15, %rsp
	call	kit_main
1:	jmp	1b

/*
 * Trap stubs: note the vector, pick the error code where there is one, resume at trap_resume. Frame:
 * rcx r11 [error] rip cs rflags rsp ss.
 */
.macro STUB vec error
	.global trap_\vec
trap_\vec:
	movl	$\vec, trap_vector(%rip)
	pop	%rcx
	pop	%r11
	.if	\error
	popq	trap_error(%rip)
	.endif
	push	%rax
	mov	trap_resume(%rip), %rax
	test	%rax, %rax
	jz	trap_unexpected
	mov	%rax, 8(%rsp)
	andq	$~0x100, 24(%rsp) /* single steps end */
	movq	$0, trap_resume(%rip)
	pop	%rax
	pushq	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$23, %eax
	syscall
.endm
STUB 0 0
STUB 1 0
STUB 3 0
STUB 4 0
STUB 5 0
STUB 6 0
STUB 7 0
STUB 10 1
STUB 11 1
STUB 12 1
STUB 13 1
STUB 14 1
STUB 16 0
STUB 17 1
STUB 19 0
trap_unexpected:
	mov	trap_vector(%rip), %edi
	mov	8(%rsp), %rsi
	call	kit_unexpected_trap
/* Events stay masked and no return may fail: no test wants either. Reported as vectors 256 and 257. */
	.global	event_entry, failsafe_entry
event_entry:
	mov	$256, %edi
	mov	16(%rsp), %rsi
	call	kit_unexpected_trap
failsafe_entry:
	mov	$257, %edi
	mov	48(%rsp), %rsi
	call	kit_unexpected_trap
