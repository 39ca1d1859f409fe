/* SPDX-License-Identifier: MIT */
/*
 * Into a VMX guest and back. The CPU switches everything but the general registers, CR2 and what msr.c keeps; an exit
 * continues at vmx_exit_here with the stack as it was left here and interrupts off.
 */
#include <asm/asm_macros.h>

#define OFF(r)	 (UREGS_##r)
#define HOST_RSP 0x6c14

	.section .text, "ax"

/* bool vmx_enter(struct cpu_user_regs *regs, bool launched) */
ENTRY(vmx_enter)
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	mov	$HOST_RSP, %eax
	vmwrite	%rsp, %rax
	mov	%rdi, %rax
	test	%sil, %sil /* MOV leaves the flags alone */
	mov	OFF(rbx)(%rax), %rbx
	mov	OFF(rcx)(%rax), %rcx
	mov	OFF(rdx)(%rax), %rdx
	mov	OFF(rsi)(%rax), %rsi
	mov	OFF(rdi)(%rax), %rdi
	mov	OFF(rbp)(%rax), %rbp
	mov	OFF(r8)(%rax), %r8
	mov	OFF(r9)(%rax), %r9
	mov	OFF(r10)(%rax), %r10
	mov	OFF(r11)(%rax), %r11
	mov	OFF(r12)(%rax), %r12
	mov	OFF(r13)(%rax), %r13
	mov	OFF(r14)(%rax), %r14
	mov	OFF(r15)(%rax), %r15
	mov	OFF(rax)(%rax), %rax
	jnz	1f
	vmlaunch
	jmp	2f
1:	vmresume
2:	/* Still here: it was refused, and nothing has changed. */
	mov	$1, %eax
	jmp	3f

ENTRY(vmx_exit_here)
	push	%rax
	mov	8(%rsp), %rax
	mov	%rbx, OFF(rbx)(%rax)
	mov	%rcx, OFF(rcx)(%rax)
	mov	%rdx, OFF(rdx)(%rax)
	mov	%rsi, OFF(rsi)(%rax)
	mov	%rdi, OFF(rdi)(%rax)
	mov	%rbp, OFF(rbp)(%rax)
	mov	%r8, OFF(r8)(%rax)
	mov	%r9, OFF(r9)(%rax)
	mov	%r10, OFF(r10)(%rax)
	mov	%r11, OFF(r11)(%rax)
	mov	%r12, OFF(r12)(%rax)
	mov	%r13, OFF(r13)(%rax)
	mov	%r14, OFF(r14)(%rax)
	mov	%r15, OFF(r15)(%rax)
	pop	OFF(rax)(%rax)
	SCRUB_REGS
	MAKE_PREDICTORS_SAFE
3:	add	$8, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
