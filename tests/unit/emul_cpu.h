/* SPDX-License-Identifier: MIT */
/*
 * Run one instruction on the CPU this test runs on, with all registers but rsp as given.
 *
 * The bytes are copied to a page of their own, followed by a jump back.  A fault ends the run by a
 * jump out of the signal handler, which restores the host's registers.
 */
#ifndef EMUL_CPU_H
#define EMUL_CPU_H

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include <asm/emul.h>

struct emul_regs native_regs;
uint64_t native_host_rsp, native_entry, native_scratch;
void native_run(void);
extern const char native_return[];

/* Registers are loaded from and stored to native_regs; between flags load and store only mov. */
__asm__(".text\n"
	".globl native_run, native_return\n"
	"native_run:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, native_host_rsp(%rip)\n"
	"	lea native_regs(%rip), %rdi\n"
	"	push 136(%rdi); popfq\n"
	"	mov 0(%rdi), %rax; mov 8(%rdi), %rcx; mov 16(%rdi), %rdx; mov 24(%rdi), %rbx\n"
	"	mov 40(%rdi), %rbp; mov 48(%rdi), %rsi\n"
	"	mov 64(%rdi), %r8; mov 72(%rdi), %r9; mov 80(%rdi), %r10; mov 88(%rdi), %r11\n"
	"	mov 96(%rdi), %r12; mov 104(%rdi), %r13; mov 112(%rdi), %r14; mov 120(%rdi), %r15\n"
	"	mov 56(%rdi), %rdi\n"
	"	jmp *native_entry(%rip)\n"
	"native_return:\n"
	"	mov %rdi, native_scratch(%rip)\n"
	"	lea native_regs(%rip), %rdi\n"
	"	mov %rax, 0(%rdi); mov %rcx, 8(%rdi); mov %rdx, 16(%rdi); mov %rbx, 24(%rdi)\n"
	"	mov %rbp, 40(%rdi); mov %rsi, 48(%rdi)\n"
	"	mov %r8, 64(%rdi); mov %r9, 72(%rdi); mov %r10, 80(%rdi); mov %r11, 88(%rdi)\n"
	"	mov %r12, 96(%rdi); mov %r13, 104(%rdi); mov %r14, 112(%rdi); mov %r15, 120(%rdi)\n"
	"	mov native_scratch(%rip), %rax; mov %rax, 56(%rdi)\n"
	"	mov native_host_rsp(%rip), %rsp\n"
	"	pushfq; pop 136(%rdi); cld\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

static uint8_t *code; /* writable and executable */
static sigjmp_buf fault_jump;

static void on_fault(int sig)
{
	siglongjmp(fault_jump, sig);
}

/* cmocka sets its own handlers before each test. */
static void catch_faults(void)
{
	const int sigs[] = { SIGSEGV, SIGILL, SIGBUS };
	struct sigaction action = { .sa_handler = on_fault };

	for (unsigned int i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &action, NULL);
}

/* The signal the instruction died from, or 0. */
static int run_native(const uint8_t *bytes, unsigned int len)
{
	static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 }; /* jmp *0(%rip) */
	uint64_t back = (uint64_t)native_return;
	int sig;

	memcpy(code, bytes, len);
	memcpy(code + len, jump, sizeof(jump));
	memcpy(code + len + sizeof(jump), &back, sizeof(back));
	native_entry = (uint64_t)code;
	sig = sigsetjmp(fault_jump, 1);
	if (sig == 0)
		native_run();
	return sig;
}

#endif /* EMUL_CPU_H */
