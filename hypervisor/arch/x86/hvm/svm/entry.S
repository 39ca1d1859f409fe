/* SPDX-License-Identifier: MIT */
/*
 * Into an SVM guest and back. The global interrupt flag keeps interrupts and NMIs away while segment bases,
 * TR and system-call MSRs are the guest's: one that arrives meanwhile makes the guest exit and is taken after
 * STGI (IF is on inside, so that it does). VMRUN keeps the host's other state in this CPU's save area.
 */
#include <asm/asm_macros.h>

#define OFF(r) (UREGS_##r)

	.section .text, "ax"

/* void svm_enter(uint64_t guest_pa, struct cpu_user_regs *regs, uint64_t host_pa) */
ENTRY(svm_enter)
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdx
	push	%rsi
	mov	%rdi, %rax
	clgi
	sti
	vmload	%rax
	mov	OFF(rbx)(%rsi), %rbx
	mov	OFF(rcx)(%rsi), %rcx
	mov	OFF(rdx)(%rsi), %rdx
	mov	OFF(rdi)(%rsi), %rdi
	mov	OFF(rbp)(%rsi), %rbp
	mov	OFF(r8)(%rsi), %r8
	mov	OFF(r9)(%rsi), %r9
	mov	OFF(r10)(%rsi), %r10
	mov	OFF(r11)(%rsi), %r11
	mov	OFF(r12)(%rsi), %r12
	mov	OFF(r13)(%rsi), %r13
	mov	OFF(r14)(%rsi), %r14
	mov	OFF(r15)(%rsi), %r15
	mov	OFF(rsi)(%rsi), %rsi
	vmrun	%rax
	vmsave	%rax
	mov	8(%rsp), %rax
	vmload	%rax
	mov	(%rsp), %rax
	mov	%rbx, OFF(rbx)(%rax)
	mov	%rcx, OFF(rcx)(%rax)
	mov	%rdx, OFF(rdx)(%rax)
	mov	%rdi, OFF(rdi)(%rax)
	mov	%rsi, OFF(rsi)(%rax)
	mov	%rbp, OFF(rbp)(%rax)
	mov	%r8, OFF(r8)(%rax)
	mov	%r9, OFF(r9)(%rax)
	mov	%r10, OFF(r10)(%rax)
	mov	%r11, OFF(r11)(%rax)
	mov	%r12, OFF(r12)(%rax)
	mov	%r13, OFF(r13)(%rax)
	mov	%r14, OFF(r14)(%rax)
	mov	%r15, OFF(r15)(%rax)
	SCRUB_REGS
	MAKE_PREDICTORS_SAFE
	cli
	stgi
	add	$16, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
