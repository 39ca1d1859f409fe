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

/* A label other files know, in the middle of a path. */
#define ENTRY_HERE(n)                                                                              \
	.global n;                                                                                 \
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
 * predictors safe first. SPEC_SYSRET and SPEC_IRET leave for a guest; the padding is room for a jump to
 * the same after VERW.
 */
#define SPEC_PATCH_RSB	0
#define SPEC_PATCH_VERW 1
#define SPEC_PATCH_XPTI 2
#define SPEC_PATCH_FENCE 3	/* asm/nospec.h */
#define SPEC_PATCH_IBPB_PV 4	/* becomes a call of forget_branches */
#define SPEC_PATCH_IBPB_HVM 5
#define SPEC_PATCH_NO_RSB_HVM 6 /* becomes a jump over the filling */
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

/* After the check of a number that a guest chose, before its use. */
#define SPEC_FENCE                                                                                 \
	772:.byte 0x0f, 0x1f, 0x00;                                                                \
	SPEC_PATCH(0, SPEC_PATCH_FENCE)
/* Room for a call or a jump. */
#define SPEC_ROOM(instead, kind)                                                                   \
	772:.byte 0x0f, 0x1f, 0x44, 0x00, 0x00;                                                    \
	SPEC_PATCH(instead, kind)

/* An instruction (or several) that becomes a jump to `stub` where guests run on isolated tables: entry/xpti.S. */
.macro XPTI_INSTEAD stub, insn:vararg
773:	\insn
	.if	. - 773b < 5
	.error	"no room for a jump"
	.endif
	.pushsection .spec_patch, "a"
	.quad	773b, \stub, SPEC_PATCH_XPTI
	.popsection
.endm

/* A fault at `from` continues at `to`. */
#define EXTABLE(from, to)                                                                          \
	.pushsection .extable, "a";                                                                \
	.quad from, to;                                                                            \
	.popsection

/* From a frame that has everything down to error_code/entry_vector. */
.macro SAVE_REGS
	SAVE_FIRST_REGS
	SAVE_OTHER_REGS
.endm

.macro SAVE_FIRST_REGS
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
.endm

.macro SAVE_OTHER_REGS
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

#ifdef CONFIG_LATENCY
/* Changes no register a hypercall's arguments or result are in. */
.macro LATENCY_CALL fn
	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%r8
	push	%r9
	call	\fn
	pop	%r9
	pop	%r8
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rax
.endm
#endif

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

/* Behind an exit from a hardware-virtualized guest, whose registers are saved and gone. */
.macro MAKE_PREDICTORS_SAFE
	SPEC_ROOM(forget_branches, SPEC_PATCH_IBPB_HVM)
	SPEC_ROOM(9f, SPEC_PATCH_NO_RSB_HVM)
	STUFF_RSB
9:
.endm

#endif
