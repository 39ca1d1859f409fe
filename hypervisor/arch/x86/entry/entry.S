/* SPDX-License-Identifier: MIT */
/*
 * Entry from and exit to paravirtualized guests.
 *
 * A guest runs in ring 3, its kernel too. Every entry leaves a struct cpu_user_regs at the top of the
 * CPU's stack (cpu_info.guest_regs), so there is one C stack per CPU and RSP alone finds everything.
 * Three paths are worth hand-laying: SYSCALL from guest user mode to guest kernel, the iret hypercall back, and page
 * faults of guest user mode, of which each new page is one. Everything else goes through C.
 *
 * Invariant at ret_to_guest: RSP = &guest_regs, which is complete; interrupts may be on.
 * Guest CR3 and GS bases always match vcpu->arch.pv.kernel_mode.
 */
#include <asm/asm_macros.h>
#include <public/xen.h>

#define OFF(r) (UREGS_##r)
#define TRAP_SYSCALL_BYTE 5 /* byte of error_code slot: bit 0 set = came by SYSCALL */

	.section .text.entry, "ax"

/*
 * One SYSCALL entry stub per CPU: there is no register to spare, so each stub knows its own slot
 * {guest RSP, stack top}. MSR_LSTAR of CPU n is lstar_stubs + 32 * n.
 */
	.balign 32
	.global lstar_stubs
lstar_stubs:
	.set	i, 0
	.rept	64
	mov	%rsp, syscall_slots + 16 * i(%rip)
	mov	syscall_slots + 16 * i + 8(%rip), %rsp
	push	$RING3_DS
	push	syscall_slots + 16 * i(%rip)
	jmp	lstar_enter
	.balign 32
	.set	i, i + 1
	.endr
	.global cstar_stubs
cstar_stubs:
	.set	i, 0
	.rept	64
	mov	%rsp, syscall_slots + 16 * i(%rip)
	mov	syscall_slots + 16 * i + 8(%rip), %rsp
	push	$RING3_DS
	push	syscall_slots + 16 * i(%rip)
	jmp	cstar_enter
	.balign 32
	.set	i, i + 1
	.endr

	.balign 64
lstar_enter:
	push	%r11
	XPTI_INSTEAD xpti_lstar, push $RING3_CS64
	push	%rcx
ENTRY_HERE(lstar_entered)
	push	$0
	movb	$1, TRAP_SYSCALL_BYTE(%rsp)
	sub	$OFF(error_code), %rsp
	mov	CI_current(%rsp), %r11
	cmpb	$0, VCPU_kernel_mode(%r11)
	jne	hypercall_enter

	/* Guest user -> guest kernel. Anything unusual goes the long way. */
	cmpb	$0, VCPU_slow_syscall(%r11)
	jne	syscall_slow
	mov	%rdi, OFF(rdi)(%rsp)
	mov	%rsi, OFF(rsi)(%rsp)
	mov	VCPU_cr3_kernel(%r11), %rsi
	mov	%rsi, %cr3
	swapgs
	movb	$1, VCPU_kernel_mode(%r11)
	mov	VCPU_vcpu_info(%r11), %rsi
	movzbl	VI_mask(%rsi), %ecx
	movb	$1, VI_mask(%rsi)
	/* kernel_sp was checked when it was set: 16-aligned, the frame lies outside the hole. */
	mov	VCPU_kernel_sp(%r11), %rdi
	sub	$7 * 8, %rdi
	ASM_STAC
.Lbf0:	movq	$RING3_DS, 48(%rdi)
	mov	OFF(rsp)(%rsp), %rsi
.Lbf1:	mov	%rsi, 40(%rdi)
	/* RFLAGS as the guest sees it: IF from the event mask, which user mode almost never has set. */
	mov	OFF(rflags)(%rsp), %rsi
.Lbf2:	mov	%rsi, 8(%rdi)
	test	%ecx, %ecx
	jz	1f
	and	$~0x200, %esi
1:
.Lbf3:	mov	%rsi, 32(%rdi)
	shl	$32, %rcx
	or	$RING3_CS64, %rcx
.Lbf4:	mov	%rcx, 24(%rdi)
	mov	OFF(rip)(%rsp), %rcx
.Lbf5:	mov	%rcx, 16(%rdi)
.Lbf6:	mov	%rcx, (%rdi)
	ASM_CLAC
	mov	VCPU_syscall_addr(%r11), %rcx
	mov	OFF(rflags)(%rsp), %r11
	and	$~0x77100, %r11 /* AC VM RF NT IOPL TF */
	mov	OFF(rsi)(%rsp), %rsi
	mov	%rdi, OFF(rsp)(%rsp)
	mov	OFF(rdi)(%rsp), %rdi
	XPTI_INSTEAD xpti_leave_fast_sysret, mov OFF(rsp)(%rsp), %rsp
ENTRY_HERE(leave_fast_sysret)
	SPEC_SYSRET
	EXTABLE(.Lbf0, syscall_bad_stack)
	EXTABLE(.Lbf1, syscall_bad_stack)
	EXTABLE(.Lbf2, syscall_bad_stack)
	EXTABLE(.Lbf3, syscall_bad_stack)
	EXTABLE(.Lbf4, syscall_bad_stack)
	EXTABLE(.Lbf5, syscall_bad_stack)
	EXTABLE(.Lbf6, syscall_bad_stack)

/* The guest kernel's stack cannot be written: the guest is beyond help. Mode is kernel already. */
syscall_bad_stack:
	ASM_CLAC
	mov	OFF(rdi)(%rsp), %rdi
	mov	OFF(rsi)(%rsp), %rsi
	SPEC_CALL(save_regs_here, safe_save_regs_here)
	mov	%rsp, %rdi
	call	pv_bad_kernel_stack
	jmp	ret_to_guest

syscall_slow:
	SPEC_CALL(save_regs_here, safe_save_regs_here)
	mov	%rsp, %rdi
	sti
	call	pv_guest_syscall
	jmp	ret_to_guest

/* Fills guest_regs (at 8(%rsp): the return address is in between) from the registers; a SYSCALL took
 * RCX and R11, which hold RIP and RFLAGS by definition. */
ENTRY(save_regs_here)
	mov	%rdi, 8 + OFF(rdi)(%rsp)
	mov	%rsi, 8 + OFF(rsi)(%rsp)
	mov	8 + OFF(rip)(%rsp), %rcx
	mov	%rcx, 8 + OFF(rcx)(%rsp)
	mov	8 + OFF(rflags)(%rsp), %r11
	mov	%r11, 8 + OFF(r11)(%rsp)
	mov	%rax, 8 + OFF(rax)(%rsp)
	.global	save_rest_here
save_rest_here:
	mov	%rdx, 8 + OFF(rdx)(%rsp)
	mov	%r8, 8 + OFF(r8)(%rsp)
	mov	%r9, 8 + OFF(r9)(%rsp)
	mov	%r10, 8 + OFF(r10)(%rsp)
	mov	%rbx, 8 + OFF(rbx)(%rsp)
	mov	%rbp, 8 + OFF(rbp)(%rsp)
	mov	%r12, 8 + OFF(r12)(%rsp)
	mov	%r13, 8 + OFF(r13)(%rsp)
	mov	%r14, 8 + OFF(r14)(%rsp)
	mov	%r15, 8 + OFF(r15)(%rsp)
	ret

/* SYSCALL from 32-bit user code (AMD): always the long way. */
cstar_enter:
	push	%r11
	XPTI_INSTEAD xpti_cstar, push $RING3_CS32
	push	%rcx
ENTRY_HERE(cstar_entered)
	push	$0
	sub	$OFF(error_code), %rsp
	SPEC_CALL(save_regs_here, safe_save_regs_here)
	mov	%rsp, %rdi
	sti
	call	pv_guest_syscall32
	jmp	ret_to_guest

/*
 * SYSENTER from 32-bit user code (Intel). The CPU saved nothing: where to return to is between the guest's
 * kernel and its user code. RSP is at guest_regs.es (MSR_SYSENTER_ESP); flags are still the guest's, but IF.
 */
ENTRY(sysenter_entry)
	ASM_CLAC
	push	$RING3_DS
	push	$0
	pushfq
	push	$2
	popfq
	orq	$0x200, (%rsp)
	XPTI_INSTEAD xpti_sysenter, push $RING3_CS32
ENTRY_HERE(sysenter_entered)
	push	$0
	push	$0
	sub	$OFF(error_code), %rsp
	mov	%rdi, OFF(rdi)(%rsp)
	mov	%rsi, OFF(rsi)(%rsp)
	mov	%rax, OFF(rax)(%rsp)
	mov	%rcx, OFF(rcx)(%rsp)
	mov	%r11, OFF(r11)(%rsp)
	SPEC_CALL(save_rest_here, safe_save_rest_here)
	mov	%rsp, %rdi
	sti
	call	pv_guest_sysenter
	jmp	ret_to_guest

	.balign 64
hypercall_enter:
	cmp	$__HYPERVISOR_iret, %eax
	je	iret_fast
hypercall_slow:
	SPEC_CALL(save_regs_here, safe_save_regs_here)
	sti
	cmp	$64, %rax
	jae	hypercall_unknown
	SPEC_FENCE
	mov	CI_current(%rsp), %rcx
	incq	VCPU_hypercall_calls(%rcx, %rax, 8)
	mov	%r10, %rcx
	lea	pv_hypercall_table(%rip), %r11
	mov	(%r11, %rax, 8), %rax
	test	%rax, %rax
	jz	hypercall_unknown
#ifdef CONFIG_LATENCY
	LATENCY_CALL latency_call_begins
#endif
	call	__x86_indirect_thunk_rax
#ifdef CONFIG_LATENCY
	LATENCY_CALL latency_call_ends
#endif
hypercall_done:
	cmp	$-4095, %rax
	jae	hypercall_failed
hypercall_store:
	mov	%rax, OFF(rax)(%rsp)
ENTRY(ret_to_guest)
	cli
	lea	per_cpu__softirq_pending(%rip), %rdx
	add	CI_percpu(%rsp), %rdx
	cmpl	$0, (%rdx)
	jne	exit_work
	mov	CI_current(%rsp), %rbx
	cmpb	$0, VCPU_exit_work(%rbx)
	jne	exit_work
	mov	VCPU_vcpu_info(%rbx), %rax
	cmpb	$0, VI_pending(%rax)
	je	restore_guest
	cmpb	$0, VI_mask(%rax)
	je	exit_work
restore_guest:
	testb	$1, TRAP_SYSCALL_BYTE + OFF(error_code)(%rsp)
	jz	restore_iret
	/* SYSRET with a non-canonical RIP faults in ring 0 on some CPUs: take IRET for it. */
	mov	OFF(rip)(%rsp), %rcx
	sar	$47, %rcx
	inc	%ecx
	cmp	$1, %ecx
	ja	restore_iret
	RESTORE_REGS
	mov	8(%rsp), %rcx
	mov	24(%rsp), %r11
	cmpw	$RING3_CS64, 16(%rsp)
	jne	leave_iret
	XPTI_INSTEAD xpti_leave_sysret, mov 32(%rsp), %rsp
ENTRY_HERE(leave_sysret)
	SPEC_SYSRET
restore_iret:
	RESTORE_REGS
leave_iret:
	XPTI_INSTEAD xpti_leave_iret, lea 8(%rsp), %rsp
ENTRY(guest_iretq)
	SPEC_IRET

hypercall_unknown:
	mov	$-38, %rax /* -ENOSYS */
	jmp	hypercall_done

/* A number from -4095 to -1. The call's number and first argument are still in the frame. */
hypercall_failed:
	mov	OFF(rax)(%rsp), %rdi
	mov	OFF(rdi)(%rsp), %rsi
	mov	%rax, %rdx
	call	hypercall_note_error
	jmp	hypercall_store

exit_work:
	mov	%rsp, %rdi
	call	pv_exit_work
	jmp	restore_guest

/*
 * The iret hypercall, guest kernel -> guest user. Guest frame at guest RSP, upwards:
 * rax r11 rcx flags rip cs rflags rsp ss. RAX, RCX, R11 are ours; all else is the user's already.
 * guest_regs.rsp is overwritten last, so that the C path can start over after a fault.
 */
	.balign 64
iret_fast:
	mov	OFF(rsp)(%rsp), %rcx
	movabs	$HV_VIRT_END, %rax
	cmp	%rax, %rcx
	jb	hypercall_iret_slow
	ASM_STAC
.Lif0:	mov	40(%rcx), %rax
	mov	%eax, %r11d
	and	$3, %r11d
	cmp	$3, %r11d
	jne	iret_to_kernel
	movzwl	%ax, %eax
	mov	%rax, OFF(cs)(%rsp)
.Lif1:	mov	(%rcx), %rax
	mov	%rax, OFF(rax)(%rsp)
.Lif2:	mov	8(%rcx), %rax
	mov	%rax, OFF(r11)(%rsp)
.Lif3:	mov	16(%rcx), %rax
	mov	%rax, OFF(rcx)(%rsp)
.Lif4:	mov	32(%rcx), %rax
	mov	%rax, OFF(rip)(%rsp)
.Lif5:	mov	48(%rcx), %rax
	mov	%rax, OFF(rflags)(%rsp)
.Lif6:	mov	64(%rcx), %rax
	or	$3, %eax
	movzwl	%ax, %eax
	mov	%rax, OFF(ss)(%rsp)
.Lif7:	mov	56(%rcx), %rax
	mov	%rax, OFF(rsp)(%rsp)
	ASM_CLAC
	mov	CI_current(%rsp), %r11
	mov	VCPU_cr3_user(%r11), %rax
	test	%rax, %rax
	jz	iret_no_user_table
	mov	%rax, %cr3
	swapgs
	movb	$0, VCPU_kernel_mode(%r11)
	movb	$0, TRAP_SYSCALL_BYTE + OFF(error_code)(%rsp)
	/* IF says whether events are unmasked; the real IF is always on. IOPL is never real. */
	mov	OFF(rflags)(%rsp), %rax
	and	$~0x23000, %eax
	bts	$9, %eax
	mov	%rax, OFF(rflags)(%rsp)
	setnc	%al
	mov	VCPU_vcpu_info(%r11), %rcx
	mov	%al, VI_mask(%rcx)
	test	%al, %al
	jnz	1f
	cmpb	$0, VI_pending(%rcx)
	jne	iret_events
1:	cmpb	$0, VCPU_exit_work(%r11)
	jne	iret_events
	mov	OFF(rax)(%rsp), %rax
	mov	OFF(rcx)(%rsp), %rcx
	mov	OFF(r11)(%rsp), %r11
	XPTI_INSTEAD xpti_leave_fast_iret, add $OFF(rip), %rsp
ENTRY(guest_iretq_fast)
	SPEC_IRET
	EXTABLE(.Lif0, iret_fault)
	EXTABLE(.Lif1, iret_fault)
	EXTABLE(.Lif2, iret_fault)
	EXTABLE(.Lif3, iret_fault)
	EXTABLE(.Lif4, iret_fault)
	EXTABLE(.Lif5, iret_fault)
	EXTABLE(.Lif6, iret_fault)
	EXTABLE(.Lif7, iret_fault)

/* Something to do before user mode may go on: complete guest_regs and take the general way out. */
iret_events:
	mov	%rdi, OFF(rdi)(%rsp)
	mov	%rsi, OFF(rsi)(%rsp)
	SPEC_CALL(save_rest_here, safe_save_rest_here)
	jmp	ret_to_guest

iret_no_user_table:
	mov	%rdi, OFF(rdi)(%rsp)
	mov	%rsi, OFF(rsi)(%rsp)
	SPEC_CALL(save_rest_here, safe_save_rest_here)
	mov	%rsp, %rdi
	call	pv_no_user_table
	jmp	ret_to_guest

iret_to_kernel:
iret_fault:
	ASM_CLAC
hypercall_iret_slow:
	mov	$__HYPERVISOR_iret, %eax
	jmp	hypercall_slow

/* C has replaced the stack's meaning (context switch, failed IRET): start afresh at guest_regs. */
ENTRY(reset_stack_to_guest)
	or	$STACK_SIZE - 1, %rsp
	sub	$CPU_INFO_SIZE - 1, %rsp
	jmp	ret_to_guest

/* void reset_stack_and_call(void (*fn)(void)): the same for the idle loop. */
ENTRY(reset_stack_and_call)
	or	$STACK_SIZE - 1, %rsp
	sub	$CPU_INFO_SIZE - 1, %rsp
	call	__x86_indirect_thunk_rdi
	ud2

/* ---- exceptions and interrupts ---- */

	.balign 16
handle_exception:
	XPTI_INSTEAD xpti_exception, SAVE_FIRST_REGS
ENTRY_HERE(handle_exception_2)
	SAVE_OTHER_REGS
	ASM_CLAC
	SCRUB_REGS
	cld
	mov	%rsp, %rdi
	testb	$3, OFF(cs)(%rsp)
	jz	1f
	SPEC_CALL(do_guest_exception, safe_guest_exception)
	jmp	ret_to_guest
1:	call	do_hv_exception
	RESTORE_REGS
	add	$8, %rsp
	iretq

	.balign 16
handle_interrupt:
	XPTI_INSTEAD xpti_interrupt, SAVE_FIRST_REGS
ENTRY_HERE(handle_interrupt_2)
	SAVE_OTHER_REGS
	ASM_CLAC
	SCRUB_REGS
	cld
	mov	%rsp, %rdi
	SPEC_CALL(do_IRQ, safe_IRQ)
	testb	$3, OFF(cs)(%rsp)
	jnz	ret_to_guest
	RESTORE_REGS
	add	$8, %rsp
	iretq

/*
 * A page fault. Of guest user mode it is nearly always its kernel's: the frame goes on the kernel's stack as
 * create_bounce_frame() would lay it, and no register is saved but those that are needed. Where tables are isolated,
 * and for all that is unusual, handle_exception is the way.
 */
	.balign 64
handle_page_fault:
	XPTI_INSTEAD handle_exception, testb $3, OFF(cs) - OFF(error_code)(%rsp)
	jz	handle_exception
	mov	%rcx, OFF(rcx) - OFF(error_code)(%rsp) /* below RSP: interrupts are off, and the rest has stacks of its own */
	mov	CI_current - OFF(error_code)(%rsp), %rcx
	cmpb	$0, VCPU_kernel_mode(%rcx)
	jne	fault_of_kernel
	sub	$OFF(error_code), %rsp
	mov	%r11, OFF(r11)(%rsp)
	mov	%rdi, OFF(rdi)(%rsp)
	mov	%rsi, OFF(rsi)(%rsp)
	mov	%rcx, %r11
	cmpq	$0, VCPU_fault_addr(%r11)
	je	fault_slow
	testb	$8, OFF(error_code)(%rsp) /* a reserved bit */
	jnz	fault_slow
	mov	%cr2, %rsi
	mov	%rsi, %rdi
	shr	$HV_VIRT_SHIFT, %rdi
	cmp	$(HV_VIRT_START >> HV_VIRT_SHIFT), %edi
	je	fault_slow
	mov	%rsi, VCPU_cr2(%r11)
	mov	VCPU_vcpu_info(%r11), %rdi
	mov	%rsi, VI_cr2(%rdi)
	movzbl	VI_mask(%rdi), %esi
	movb	$1, VI_mask(%rdi)
	mov	VCPU_cr3_kernel(%r11), %rdi
	mov	%rdi, %cr3
	swapgs
	movb	$1, VCPU_kernel_mode(%r11)
	mov	VCPU_kernel_sp(%r11), %rdi
	sub	$8 * 8, %rdi
	ASM_STAC
	movzwl	OFF(ss)(%rsp), %ecx
.Lpf0:	mov	%rcx, 56(%rdi)
	mov	OFF(rsp)(%rsp), %rcx
.Lpf1:	mov	%rcx, 48(%rdi)
	mov	OFF(rflags)(%rsp), %rcx
	and	$~0x3000, %ecx
	test	%esi, %esi
	jz	1f
	and	$~0x200, %ecx
1:
.Lpf2:	mov	%rcx, 40(%rdi)
	movzwl	OFF(cs)(%rsp), %ecx
	shl	$32, %rsi
	or	%rsi, %rcx
.Lpf3:	mov	%rcx, 32(%rdi)
	mov	OFF(rip)(%rsp), %rcx
.Lpf4:	mov	%rcx, 24(%rdi)
	mov	OFF(error_code)(%rsp), %ecx
.Lpf5:	mov	%rcx, 16(%rdi)
	mov	OFF(r11)(%rsp), %rcx
.Lpf6:	mov	%rcx, 8(%rdi)
	mov	OFF(rcx)(%rsp), %rcx
.Lpf7:	mov	%rcx, (%rdi)
	ASM_CLAC
	mov	VCPU_fault_addr(%r11), %rcx
	mov	OFF(rflags)(%rsp), %r11
	and	$~0x77100, %r11 /* AC VM RF NT IOPL TF */
	mov	OFF(rsi)(%rsp), %rsi
	mov	%rdi, OFF(rsp)(%rsp)
	mov	OFF(rdi)(%rsp), %rdi
	mov	OFF(rsp)(%rsp), %rsp
	SPEC_SYSRET
	EXTABLE(.Lpf0, fault_bad_stack)
	EXTABLE(.Lpf1, fault_bad_stack)
	EXTABLE(.Lpf2, fault_bad_stack)
	EXTABLE(.Lpf3, fault_bad_stack)
	EXTABLE(.Lpf4, fault_bad_stack)
	EXTABLE(.Lpf5, fault_bad_stack)
	EXTABLE(.Lpf6, fault_bad_stack)
	EXTABLE(.Lpf7, fault_bad_stack)

fault_slow:
	mov	OFF(rsi)(%rsp), %rsi
	mov	OFF(rdi)(%rsp), %rdi
	mov	OFF(r11)(%rsp), %r11
	add	$OFF(error_code), %rsp
fault_of_kernel:
	mov	OFF(rcx) - OFF(error_code)(%rsp), %rcx
	jmp	handle_exception

/* As syscall_bad_stack, but RCX, R11, RSI and RDI are in the frame. */
fault_bad_stack:
	ASM_CLAC
	mov	%rax, OFF(rax)(%rsp)
	SPEC_CALL(save_rest_here, safe_save_rest_here)
	mov	%rsp, %rdi
	call	pv_bad_kernel_stack
	jmp	ret_to_guest

/*
 * Exceptions on IST stacks. From a guest: move the frame to where guest frames belong and go on as
 * for any other. From the hypervisor, at whatever point: report or return, touching nothing.
 */
	.balign 16
handle_ist:
	XPTI_INSTEAD xpti_ist, SAVE_FIRST_REGS
ENTRY_HERE(handle_ist_2)
	SAVE_OTHER_REGS
	ASM_CLAC
	SCRUB_REGS
	cld
	testb	$3, OFF(cs)(%rsp)
	jz	1f
	mov	%rsp, %rsi
	or	$STACK_SIZE - 1, %rsp
	sub	$CPU_INFO_SIZE - 1, %rsp
	mov	%rsp, %rdi
	mov	$OFF(es) / 8, %ecx
	rep movsq
	mov	%rsp, %rdi
	SPEC_CALL(do_guest_exception, safe_guest_exception)
	jmp	ret_to_guest
1:	mov	%rsp, %rdi
	call	do_hv_exception
	RESTORE_REGS
	add	$8, %rsp
	iretq

/* 256 stubs of 16 bytes: push an error code where the CPU does not, note the vector, go on. */
	.balign 16
	.global idt_stubs
idt_stubs:
	.set	vec, 0
	.rept	256
	.balign 16
	.if	(vec != 8) && (vec != 10) && (vec != 11) && (vec != 12) && (vec != 13) && (vec != 14) && (vec != 17) && (vec != 21) && (vec != 29) && (vec != 30)
	push	$0
	.endif
	movl	$vec, 4(%rsp)
	.if	(vec == 1) || (vec == 2) || (vec == 8) || (vec == 18)
	jmp	handle_ist
	.elseif	vec == 14
	jmp	handle_page_fault
	.elseif	(vec < 32) || (vec == 0x80)
	jmp	handle_exception
	.else
	jmp	handle_interrupt
	.endif
	.set	vec, vec + 1
	.endr

	/* A page of its own: isolated guests' tables map it. */
	.section .data, "aw"
	.balign 4096
	.global syscall_slots
syscall_slots:
	.skip	64 * 16
	.balign 4096
