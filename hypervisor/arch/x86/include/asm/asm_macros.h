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

#endif
