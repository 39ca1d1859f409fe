/* SPDX-License-Identifier: MIT */
/*
 * Promise: whatever frame a guest kernel returns through, it runs in ring 3 with the flags a guest may
 * have, or is told of the fault; the hypervisor takes none itself.
 */
#include "../kit/kit.h"
#include <public/physdev.h>

struct frame {
	uint64_t rip, cs, rflags, rsp, ss;
};

uint64_t saved_rsp, landed_cs, landed_ss, landed_flags;
void try_return(const struct frame *f);
extern char landing[], caught[], failsafe[], never[];

/* Comes back at `landing`, or by a trap at `caught`. */
__asm__(".text\n"
	"try_return:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, saved_rsp(%rip)\n"
	"	movl $-1, trap_vector(%rip)\n"
	"	lea caught(%rip), %rax\n"
	"	mov %rax, trap_resume(%rip)\n"
	"	push 32(%rdi); push 24(%rdi); push 16(%rdi); push 8(%rdi); push 0(%rdi)\n"
	"	push $0; push $0; push $0; push $0\n"
	"	mov $23, %eax\n"
	"	syscall\n"
	".global never\nnever:\n"
	"	ud2\n"
	".global landing\nlanding:\n"
	"	mov saved_rsp(%rip), %rsp\n"
	"	mov %cs, %eax; mov %rax, landed_cs(%rip)\n"
	"	mov %ss, %eax; mov %rax, landed_ss(%rip)\n"
	"	pushfq; popq landed_flags(%rip)\n"
	"	jmp 1f\n"
	".global failsafe\nfailsafe:\n"
	"	movl $257, trap_vector(%rip)\n"
	".global caught\ncaught:\n"
	"	mov saved_rsp(%rip), %rsp\n"
	"1:	movq $0, trap_resume(%rip)\n"
	"	pushq $2; popfq; cld\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");
extern char event_entry[];

static char stack[4096] __attribute__((aligned(16)));

static struct frame good(void)
{
	return (struct frame){ (uint64_t)landing, FLAT_KERNEL_CS & ~3ul /* the kernel */, 0x202, (uint64_t)stack + 2048, FLAT_KERNEL_SS };
}

static void go(struct frame f)
{
	landed_cs = landed_ss = landed_flags = 0;
	try_return(&f);
}

static bool in_ring3(void)
{
	return trap_vector >= 0 || ((landed_cs & 3) == 3 && (landed_ss & 3) == 3);
}

static void selectors(void)
{
	static const uint16_t sel[] = { 0, 3, 8, 0xe008, 0xe010, 0xe02b, 0xfff8, 0xe040, 0xffff, 0xe00b };
	struct frame f;

	for (unsigned int i = 0; i < sizeof(sel) / sizeof(sel[0]); i++) {
		f = good();
		f.cs = sel[i] & ~3ul; /* to the kernel: with 3 it would be to user mode */
		go(f);
		check("code-selector", in_ring3());
		f = good();
		f.ss = sel[i];
		go(f);
		check("stack-selector", in_ring3());
	}
}

static void addresses(void)
{
	static const uint64_t at[] = { 0, 0x800000000000, 0xffff7fffffffffff, 0xffff800000000000, 0xffff82d080200000,
				       0x8000000000000000, ~0ul };
	struct frame f;

	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		f = good();
		f.rip = at[i];
		go(f);
		check("return-to-nowhere", trap_vector >= 0);
	}
	f = good();
	f.rsp = 0x123456789; /* nobody uses it before it is put right */
	go(f);
	check("odd-stack-pointer", in_ring3());
}

static void flags(void)
{
	struct frame f;

	for (unsigned int bit = 0; bit < 32; bit++) {
		if (bit == 8) /* single steps */
			continue;
		f = good();
		f.rflags ^= 1ul << bit;
		go(f);
		check("flag", in_ring3());
		check("io-privilege", trap_vector >= 0 || !(landed_flags & 0x3000));
		check("no-virtual-8086", trap_vector >= 0 || !(landed_flags & 0x20000));
		check("interrupts-stay-on", trap_vector >= 0 || (landed_flags & 0x200));
	}
	f = good();
	f.rflags = ~0ul & ~0x100ul;
	go(f);
	check("all-flags", in_ring3() && !(landed_flags & 0x23000));
}

/* A call from the last two bytes below the hole returns to an address that is none. */
static void call_at_the_hole(void)
{
	uint64_t *table[4] = { NULL, alloc_page(), alloc_page(), alloc_page() };
	uint8_t *code = alloc_page();
	uint64_t next = virt_to_mfn(code) << 12 | PRESENT | USER;

	code[0xffe] = 0x0f; /* syscall */
	code[0xfff] = 0x05;
	for (unsigned int level = 1; level < 4; level++) {
		table[level][511] = next;
		next = virt_to_mfn(table[level]) << 12 | PRESENT | WRITABLE | USER;
		(void)remap(table[level], virt_to_mfn(table[level]) << 12 | PRESENT | USER);
	}
	check_eq("top-of-user-space", mmu_update((virt_to_mfn((void *)si->pt_base) << 12) + 255 * 8, next), 0);
	check("call-at-the-hole", TRAP_OF("mov $17, %%eax; jmp *%0", "r"(0x7ffffffffffeul), "D"(0ul)) >= 0);
	(void)mmu_update((virt_to_mfn((void *)si->pt_base) << 12) + 255 * 8, 0);
}

/* Traps of the debug registers and of single steps that a call brings along are the guest's, not the hypervisor's. */
static void debugged_calls(void)
{
	static uint64_t selector = FLAT_KERNEL_SS;

	check_eq("single-stepped-call", TRAP_OF("mov $17, %%eax; pushfq; orq $0x100, (%%rsp); popfq; syscall; nop",
						"D"(0ul)), 1);
	(void)call2(__HYPERVISOR_set_debugreg, 0, &selector);
	(void)call2(__HYPERVISOR_set_debugreg, 7, 0xb0403); /* reads and writes of eight bytes */
	(void)TRAP_OF("mov $17, %%eax; mov %0, %%ss; syscall", "m"(selector), "D"(0ul));
	(void)TRAP_OF("mov %0, %%ss; int $3", "m"(selector));
	(void)call2(__HYPERVISOR_set_debugreg, 7, 0x400);
	check("calls-after-watched-stack-switch", call2(__HYPERVISOR_xen_version, 0, 0) > 0);
}

void test(void)
{
	check_eq("callbacks", call3(__HYPERVISOR_set_callbacks, event_entry, failsafe, failsafe), 0);
	go(good());
	check("plain", trap_vector < 0 && in_ring3());
	selectors();
	addresses();
	flags();
	call_at_the_hole();
	debugged_calls();
	check("still-answers", call2(__HYPERVISOR_xen_version, 0, 0) == ((4 << 16) | 17));
}
