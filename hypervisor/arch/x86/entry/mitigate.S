/* SPDX-License-Identifier: MIT */
/*
 * What a CPU may need against speculation, put into place at boot by cpu/spec_patch.c and not reached
 * otherwise.
 *
 * Indirect branches: the compiler makes every one a call of __x86_indirect_thunk_<register>. As linked
 * that is the plain jump; it can be overwritten by one of the two bodies below.
 * Return predictor: a CPU without SMEP may speculate from a return in here to where a guest's call
 * left off. The safe_* stubs first fill it with entries that lead into a trap for speculation; where branches of all
 * kinds can be trained across rings, they make the CPU forget them first.
 * CPU buffers: VERW on the way out empties them where microcode says so (MD_CLEAR).
 */
#include <asm/asm_macros.h>

#define THUNK_SIZE     32 /* SPEC_THUNK_SIZE */

	.section .text.entry, "ax"

.macro SAFE_STUB name, target
ENTRY(\name)
	SPEC_ROOM(forget_branches, SPEC_PATCH_IBPB_PV)
	STUFF_RSB
	jmp	\target
.endm

	SAFE_STUB safe_save_regs_here, save_regs_here
	SAFE_STUB safe_save_rest_here, save_rest_here
	SAFE_STUB safe_guest_exception, do_guest_exception
	SAFE_STUB safe_IRQ, do_IRQ

	/* IBPB: no branch goes where a guest has taught it to. Changes no register and no flag. */
ENTRY(forget_branches)
	push	%rax
	push	%rcx
	push	%rdx
	mov	$0x49, %ecx /* MSR_PRED_CMD */
	mov	$1, %eax
	mov	$0, %edx
	wrmsr
	pop	%rdx
	pop	%rcx
	pop	%rax
	ret

	/* Beside the code: an isolated guest's tables have nothing else. */
verw_selector:
	.word	HV_DS

ENTRY(verw_sysret)
	verw	verw_selector(%rip)
	sysretq

ENTRY(verw_iretq)
	verw	verw_selector(%rip)
	.global guest_verw_iretq
guest_verw_iretq: /* where this IRET faults */
	iretq

.macro THUNK reg
	.balign	THUNK_SIZE
	.global	__x86_indirect_thunk_\reg
__x86_indirect_thunk_\reg:
	jmp	*%\reg
	.balign	THUNK_SIZE, 0xcc

	.pushsection .rodata.thunks, "a"
	.quad	__x86_indirect_thunk_\reg
	/* Retpoline: a return, mispredicted on purpose into the loop until the real address is there. */
	.quad	771f, 772f
	.pushsection .rodata.thunk_bodies, "a"
	.balign	THUNK_SIZE
771:	call	1f
2:	pause
	lfence
	jmp	2b
1:	mov	%\reg, (%rsp)
	ret
	.balign	THUNK_SIZE, 0xcc
	/* LFENCE, which AMD's CPUs can be told to make serializing: the target is known when it is jumped to. */
772:	lfence
	jmp	*%\reg
	.balign	THUNK_SIZE, 0xcc
	.popsection
	.popsection
.endm

	.section .rodata.thunks, "a"
	.balign	8
	.global	spec_thunks
spec_thunks:
	.section .text.entry, "ax"
	THUNK	rax
	THUNK	rbx
	THUNK	rcx
	THUNK	rdx
	THUNK	rsi
	THUNK	rdi
	THUNK	rbp
	THUNK	r8
	THUNK	r9
	THUNK	r10
	THUNK	r11
	THUNK	r12
	THUNK	r13
	THUNK	r14
	THUNK	r15
	.section .rodata.thunks, "a"
	.quad	0
