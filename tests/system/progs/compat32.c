// cflags: -m32 -nostdlib -ffreestanding -fno-pic -fno-stack-protector -fno-builtin
/* SPDX-License-Identifier: MIT */
/*
 * A 32-bit process, without a C library: system calls by int 0x80 and by whatever entry the kernel's vDSO
 * advises for this processor. Exit code 0, or the number of the step that went wrong.
 */
#include <stdint.h>

#define NR_EXIT	  1
#define NR_GETPID 20
#define AT_SYSINFO 32
#define ROUNDS 2000

static int by_int80(int nr, int a)
{
	int ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "0"(nr), "b"(a) : "memory");
	return ret;
}

static int by_vsyscall(uint32_t entry, int nr)
{
	int ret;

	__asm__ volatile("call *%2" : "=a"(ret) : "0"(nr), "r"(entry) : "ecx", "edx", "memory");
	return ret;
}

static uint32_t auxiliary(const uint32_t *stack, uint32_t type)
{
	const uint32_t *p = stack + 1 + stack[0] + 1;

	while (*p)
		p++;
	for (p++; p[0]; p += 2)
		if (p[0] == type)
			return p[1];
	return 0;
}

__attribute__((used)) static void run(const uint32_t *stack)
{
	uint32_t entry = auxiliary(stack, AT_SYSINFO);
	int pid = by_int80(NR_GETPID, 0);

	if (pid <= 0)
		by_int80(NR_EXIT, 1);
	for (int i = 0; i < ROUNDS; i++)
		if (by_int80(NR_GETPID, 0) != pid)
			by_int80(NR_EXIT, 2);
	if (!entry)
		by_int80(NR_EXIT, 3);
	for (int i = 0; i < ROUNDS; i++)
		if (by_vsyscall(entry, NR_GETPID) != pid)
			by_int80(NR_EXIT, 4);
	by_int80(NR_EXIT, 0);
}

__asm__(".globl _start; _start: mov %esp, %eax; push %eax; call run");
