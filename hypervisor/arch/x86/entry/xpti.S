/* SPDX-License-Identifier: MIT */
/*
 * Page-table isolation: what asm/xpti.h describes, at the edges of entry.S. Nothing here runs unless it was
 * put into place (XPTI_INSTEAD). Each stub does what it replaces, changes CR3, and goes back to where it came from.
 *
 * An NMI, machine check, debug exception or fault of IRET may come at any instruction in here: xpti_enter_cr3 is set
 * before a small table is loaded and cleared after it was left, so that whoever comes knows what to load; one that
 * returns (inside_edge) leaves both as they were.
 */
#include <asm/asm_macros.h>

#define OFF(r) (UREGS_##r)
/* A member of struct cpu_info, from the last byte of the stack block. */
#define INFO(member) (CI_##member - CPU_INFO_SIZE + 1)
#define FIRST_REGS   40 /* SAVE_FIRST_REGS */
#define FRAME_CS     (FIRST_REGS + OFF(cs) - OFF(error_code))

	.section .text.entry, "ax"

.macro FIND_INFO reg
	mov	%rsp, \reg
	or	$STACK_SIZE - 1, \reg
.endm

/* From ring 3. Both registers are lost. */
.macro LOAD_FULL_TABLE info, cr3
	FIND_INFO \info
	mov	INFO(xpti_enter_cr3)(\info), \cr3
	test	\cr3, \cr3
	jz	1f
	mov	\cr3, %cr3
	movq	$0, INFO(xpti_enter_cr3)(\info)
1:
.endm

/* ---- in ---- */

ENTRY(xpti_lstar)
	push	$RING3_CS64
	push	%rcx
	LOAD_FULL_TABLE %rcx, %r11
	jmp	lstar_entered

ENTRY(xpti_cstar)
	push	$RING3_CS32
	push	%rcx
	LOAD_FULL_TABLE %rcx, %r11
	jmp	cstar_entered

ENTRY(xpti_sysenter)
	push	$RING3_CS32
	push	%rax
	push	%rcx
	LOAD_FULL_TABLE %rax, %rcx
	pop	%rcx
	pop	%rax
	jmp	sysenter_entered

/* Interrupts are off wherever a small table may be loaded in ring 0. */
ENTRY(xpti_interrupt)
	SAVE_FIRST_REGS
	LOAD_FULL_TABLE %rax, %rcx
	jmp	handle_interrupt_2

.macro ENTER_BY_EXCEPTION back
	SAVE_FIRST_REGS
	FIND_INFO %rax
	mov	INFO(xpti_enter_cr3)(%rax), %rcx
	test	%rcx, %rcx
	jz	\back
	testb	$3, FRAME_CS(%rsp)
	jz	inside_edge
	mov	%rcx, %cr3
	movq	$0, INFO(xpti_enter_cr3)(%rax)
	jmp	\back
.endm

ENTRY(xpti_exception)
	ENTER_BY_EXCEPTION handle_exception_2

ENTRY(xpti_ist)
	ENTER_BY_EXCEPTION handle_ist_2

/* In the hypervisor, between two tables. RAX: the stack block's last byte, RCX: xpti_enter_cr3. */
inside_edge:
	SAVE_OTHER_REGS
	ASM_CLAC
	cld
	mov	%rax, %rbx
	mov	%rcx, %r12
	mov	%cr3, %r13
	mov	%rcx, %cr3
	movq	$0, INFO(xpti_enter_cr3)(%rbx)
	mov	%rsp, %rdi
	call	do_hv_exception
	mov	%r12, INFO(xpti_enter_cr3)(%rbx)
	mov	%r13, %cr3
	RESTORE_REGS
	add	$8, %rsp
	iretq

/* ---- out ---- */

/* Registers are the guest's already, RSP is not; all are kept. Afterwards there is only the small table. */
load_small_table:
	push	%rax
	push	%rcx
	push	%rdx
	FIND_INFO %rax
	cmpq	$0, INFO(xpti_on)(%rax)
	je	2f
	mov	INFO(current)(%rax), %rdx
	movzbl	VCPU_kernel_mode(%rdx), %ecx
	mov	VCPU_domain(%rdx), %rdx
	mov	DOMAIN_l4_generation(%rdx), %rdx
	cmp	%rdx, INFO(xpti_generation)(%rax, %rcx, 8)
	jne	copy_first
	mov	%cr3, %rdx
	cmp	%rdx, INFO(xpti_copied)(%rax, %rcx, 8)
	jne	copy_first
1:	mov	%rdx, INFO(xpti_enter_cr3)(%rax)
	mov	INFO(xpti_root)(%rax, %rcx, 8), %rdx
	mov	%rdx, %cr3
2:	pop	%rdx
	pop	%rcx
	pop	%rax
	ret
copy_first:
	push	%rcx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	mov	%rcx, %rdi
	call	xpti_copy_root
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rcx
	FIND_INFO %rax
	mov	%cr3, %rdx
	jmp	1b

ENTRY(xpti_leave_fast_sysret)
	call	load_small_table
	mov	OFF(rsp)(%rsp), %rsp
	jmp	leave_fast_sysret

ENTRY(xpti_leave_sysret)
	call	load_small_table
	mov	32(%rsp), %rsp
	jmp	leave_sysret

ENTRY(xpti_leave_iret)
	call	load_small_table
	lea	8(%rsp), %rsp
	jmp	guest_iretq

ENTRY(xpti_leave_fast_iret)
	call	load_small_table
	add	$OFF(rip), %rsp
	jmp	guest_iretq_fast
