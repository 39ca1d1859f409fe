/* SPDX-License-Identifier: MIT */
/* Shared by the .S files: saving registers, the SMAP window, recoverable instructions. */
#ifndef ASM_ASM_MACROS_H
#define ASM_ASM_MACROS_H

#include <asm/layout.h>
#include <asm-offsets.h>

#define ENTRY(n)                                                                                   \
	.global n;                                                                                 \
	.balign 16;                                                                                \
n:

/* Three bytes of NOP, patched at boot to CLAC or STAC where the CPU has SMAP. */
#define SMAP_PATCH(kind)                                                                           \
	771:.byte 0x0f, 0x1f, 0x00;                                                                \
	.pushsection .smap_patch, "a";                                                             \
	.quad 771b, kind;                                                                          \
	.popsection
#define ASM_CLAC SMAP_PATCH(0)
#define ASM_STAC SMAP_PATCH(1)

/*
 * Mitigations, put in at boot where the CPU needs them and for nothing where not (entry/mitigate.S):
 * SPEC_CALL is a call made from a guest's context, replaced by one of `instead`, which makes the return
 * predictor safe first. SPEC_SYSRET and SPEC_IRET leave for a guest; the padding is room for a jump to
 * the same after VERW.
 */
#define SPEC_PATCH_RSB	0
#define SPEC_PATCH_VERW 1
#define SPEC_PATCH(instead, kind)                                                                  \
	.pushsection .spec_patch, "a";                                                             \
	.quad 772b, instead, kind;                                                                 \
	.popsection
#define SPEC_CALL(fn, instead)                                                                     \
	772:.byte 0xe8;                                                                            \
	.long fn - . - 4;                                                                          \
	SPEC_PATCH(instead, SPEC_PATCH_RSB)
#define SPEC_SYSRET                                                                                \
	772:sysretq;                                                                               \
	.byte 0xcc, 0xcc;                                                                          \
	SPEC_PATCH(verw_sysret, SPEC_PATCH_VERW)
#define SPEC_IRET                                                                                  \
	772:iretq;                                                                                 \
	.byte 0xcc, 0xcc, 0xcc;                                                                    \
	SPEC_PATCH(verw_iretq, SPEC_PATCH_VERW)

/* A fault at `from` continues at `to`. */
#define EXTABLE(from, to)                                                                          \
	.pushsection .extable, "a";                                                                \
	.quad from, to;                                                                            \
	.popsection

/* From a frame that has everything down to error_code/entry_vector. */
.macro SAVE_REGS
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

/* Values a guest chose must not steer speculation in the hypervisor. */
.macro SCRUB_REGS
	xor	%eax, %eax
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
.endm

/* All but what SYSRET or IRET take from the frame; leaves RSP at error_code. */
.macro RESTORE_REGS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
.endm

#define NR_RSB_ENTRIES 32

/* Fills the return predictor with entries that lead into a trap for speculation. Changes no register and no flag. */
.macro STUFF_RSB
	.rept	NR_RSB_ENTRIES
	call	1f
2:	pause
	lfence
	jmp	2b
1:
	.endr
	lea	NR_RSB_ENTRIES * 8(%rsp), %rsp
.endm

#endif
