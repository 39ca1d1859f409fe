/* SPDX-License-Identifier: MIT */
/*
 * Promise: a kernel that asks for a hypercall page by its ELF note finds one when it starts: every call
 * works through it as by SYSCALL, and keeps the registers that SYSCALL loses.
 */
#include "../kit/kit.h"

static uint8_t page[4096] __attribute__((aligned(4096), used, section(".data.page"))) = { 0xf4 };

__asm__(".pushsection .note.Xen, \"a\", @note; .balign 4; .long 4, 8, 2; .asciz \"Xen\"\n" /* HYPERCALL_PAGE */
	".quad page; .popsection");

struct regs {
	unsigned long rax, rcx, r11;
};

/* Calls the page's slot with RCX and R11 set, and returns what all three are afterwards. */
static struct regs call_page(unsigned int nr, unsigned long a, unsigned long b)
{
	struct regs r = { 0, 0x1122334455667788ul, 0x99aabbccddeeff00ul };
	register unsigned long r11 __asm__("r11") = r.r11;

	__asm__ volatile("call *%%rax"
			 : "=a"(r.rax), "+c"(r.rcx), "+r"(r11)
			 : "0"((unsigned long)page + nr * 32), "D"(a), "S"(b)
			 : "memory");
	r.r11 = r11;
	return r;
}

void test(void)
{
	struct regs r;

	check("written", page[0] != 0xf4);
	r = call_page(__HYPERVISOR_xen_version, 0, 0);
	check_eq("same-answer", (long)r.rax, call2(__HYPERVISOR_xen_version, 0, 0));
	check("rcx-kept", r.rcx == 0x1122334455667788ul);
	check("r11-kept", r.r11 == 0x99aabbccddeeff00ul);
	check_eq("unknown-call", (long)call_page(38, 0, 0).rax, -38);
	check_eq("every-slot", (long)call_page(127, 0, 0).rax, -38);
}
