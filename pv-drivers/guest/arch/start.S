/* SPDX-License-Identifier: MIT */
/*
 * All of the kit's assembly: the first instructions, the switch between threads, and where traps
 * arrive. There is no event entry: events stay masked, and the kit looks for them when it is idle
 * (SCHEDOP_poll), so nothing ever interrupts it.
 */

/* ELF notes tell the domain builder what this is: { name size, value size, type, "Xen", value }. */
.macro NOTE type text number
	.pushsection .note.Xen, "a", @note
	.balign	4
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
	.ifnb	\number
1:	.quad	\number
	.else
1:	.asciz	"\text"
	.endif
2:	.balign	4
	.popsection
.endm
NOTE 6,  "serai-kit"		/* guest OS */
NOTE 7,  "1"			/* its version */
NOTE 5,  "xen-3.0"		/* ABI */
NOTE 3,  , 0xffffffff80000000	/* where page 0 is: MACHINE_BASE */
NOTE 4,  , 0			/* physical addresses of the image count from 0 */
NOTE 1,  , start			/* entry as a PV guest */
NOTE 18, , pvh_entry-0xffffffff80000000 /* and as a PVH guest, a physical address */
NOTE 10, "!writable_page_tables|pae_pgdir_above_4gb"
NOTE 9,  "yes"			/* page tables of 64-bit entries */
NOTE 8,  "generic"
NOTE 12, , 0xffff800000000000	/* we bear the hypervisor from here on */
/* No P2M note: the list then lies in the mapped region, which takes no further page tables. */

	.text
/* The hypervisor enters with rsi = start_info and a stack of one page; we bring our own. */
	.globl	start
start:
	cld
	lea	boot_stack_end(%rip), %rsp
	xor	%ebp, %ebp
	mov	%rsi, %rdi
	call	pv_start
	ud2

/*
 * void thread_switch(void **save_sp, void *load_sp): a C call, so only what a callee must keep is
 * kept. It returns in the other thread, from that one's own call.
 */
	.globl	thread_switch
thread_switch:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret

/* A new thread's first switch returns to here; rsp is 16-aligned, as before a call. */
	.globl	thread_entry
thread_entry:
	call	thread_begin
	ud2

/*
 * Traps: the hypervisor pushed ss rsp rflags cs rip [error] r11 rcx. All end in a report, so the
 * frame is only made uniform (struct trap_frame): the vector below, and 0 for a missing error code.
 */
.macro TRAP vector has_error
	.globl	trap_\vector, hvm_trap_\vector
trap_\vector:
	pop	%rcx
	pop	%r11
hvm_trap_\vector: /* the CPU pushed no rcx and r11 */
	.if	!\has_error
	push	$0
	.endif
	push	%r11
	push	%rcx
	push	$\vector
	jmp	trap_common
.endm
TRAP 0 0
TRAP 1 0
TRAP 3 0
TRAP 4 0
TRAP 5 0
TRAP 6 0
TRAP 7 0
TRAP 8 1
TRAP 10 1
TRAP 11 1
TRAP 12 1
TRAP 13 1
TRAP 14 1
TRAP 16 0
TRAP 17 1
TRAP 19 0
trap_common:
	mov	%rsp, %rdi
	mov	%rbp, %rsi
	and	$~15, %rsp
	call	trap_report

	.bss
	.balign	16
	.globl	boot_stack_end
boot_stack:
	.skip	8192
boot_stack_end:
	.section .note.GNU-stack, "", @progbits
