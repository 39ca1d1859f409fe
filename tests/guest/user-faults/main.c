/* SPDX-License-Identifier: MIT */
/*
 * Promise: a page fault of user mode comes to the kernel as if the CPU had brought it: the address, the error code, where
 * it was, and every register; by whichever way the hypervisor takes, of which the handler's flags select one.
 */
#include "../kit/kit.h"

#define ABSENT	   0x123456000ul
#define MASKS	   4 /* of a trap: events are masked on entry */
#define NR_VALUES  13
#define FLAGS_KEPT 0x240cd5ul /* ID AC DF and the arithmetic ones */

/* What the kernel finds: the frame, and the registers that are in none of it. */
struct found {
	uint64_t rcx, r11, error, rip, cs, rflags, rsp, ss;
	uint64_t rax, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r12, r13, r14, r15;
};
struct found found;
struct {
	uint64_t rip, rflags, rsp, target;
} enter;
uint64_t kernel_rsp;
void run_user(void);
extern char fault_entry[], user_reads[], user_writes[], user_jumps[], trap_14[];

__asm__(".text\n"
	".global run_user\nrun_user:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, kernel_rsp(%rip)\n"
	"	pushq $0xe02b; pushq enter+16(%rip); pushq enter+8(%rip); pushq $0xe033; pushq enter(%rip)\n"
	"	pushq $0; pushq $0x101; pushq $0x102; pushq $0x103\n" /* RCX R11 RAX */
	"	mov $0x104, %edx; mov $0x105, %ebx; mov $0x106, %ebp; mov $0x107, %esi\n"
	"	mov enter+24(%rip), %rdi\n"
	"	mov $0x109, %r8d; mov $0x10a, %r9d; mov $0x10b, %r10d; mov $0x10c, %r12d\n"
	"	mov $0x10d, %r13d; mov $0x10e, %r14d; mov $0x10f, %r15d\n"
	"	mov $23, %eax\n"
	"	syscall\n"
	"user_reads: mov (%rdi), %al; ud2\n"
	"user_writes: mov %al, (%rdi); ud2\n"
	"user_jumps: jmp *%rdi\n"
	"fault_entry:\n"
	"	mov %rax, found+64(%rip); mov %rdx, found+72(%rip); mov %rbx, found+80(%rip); mov %rbp, found+88(%rip)\n"
	"	mov %rsi, found+96(%rip); mov %rdi, found+104(%rip); mov %r8, found+112(%rip); mov %r9, found+120(%rip)\n"
	"	mov %r10, found+128(%rip); mov %r12, found+136(%rip); mov %r13, found+144(%rip); mov %r14, found+152(%rip)\n"
	"	mov %r15, found+160(%rip)\n"
	"	popq found(%rip); popq found+8(%rip); popq found+16(%rip); popq found+24(%rip)\n"
	"	popq found+32(%rip); popq found+40(%rip); popq found+48(%rip); popq found+56(%rip)\n"
	"	cld\n"
	"	mov kernel_rsp(%rip), %rsp\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

static char kernel_stack[4096] __attribute__((aligned(16)));
static volatile struct vcpu_info *vcpu;

static void handle_faults(void *entry, uint8_t flags)
{
	struct trap_info table[2] = { { .vector = 14, .flags = flags, .cs = FLAT_KERNEL_CS, .address = (uint64_t)entry } };

	check_eq("trap-table", call1(__HYPERVISOR_set_trap_table, table), 0);
}

/* The kernel's addresses are in the user's table, too; what keeps it away there is no concern of this test. */
static void make_user_table(void)
{
	uint64_t *kernel = (uint64_t *)si->pt_base, *user = alloc_page();

	user[511] = kernel[511];
	check_eq("table-read-only", remap(user, virt_to_mfn(user) << 12 | PRESENT | USER), 0);
	check_eq("user-table", mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(user), 0), 0);
}

static bool registers_kept(uint64_t target)
{
	const uint64_t want[NR_VALUES] = { 0x103, 0x104, 0x105, 0x106, 0x107, target, 0x109, 0x10a, 0x10b, 0x10c, 0x10d, 0x10e,
					   0x10f };
	const uint64_t *got = &found.rax;

	for (unsigned int i = 0; i < NR_VALUES; i++)
		if (got[i] != want[i])
			return false;
	return found.rcx == 0x101 && found.r11 == 0x102;
}

/* `rflags` without IF: with events masked. */
static void fault(char *at, uint64_t target, uint64_t rflags, long error)
{
	uint64_t where = at == user_jumps ? target : (uint64_t)at;

	memset(&found, 0, sizeof(found));
	enter.rip = (uint64_t)at;
	enter.rflags = rflags;
	enter.rsp = 0x7fff12345678;
	enter.target = target;
	vcpu->arch.cr2 = 0;
	run_user();
	check("registers", registers_kept(target));
	check_eq("address", (long)vcpu->arch.cr2, (long)target);
	check_eq("error-code", (long)found.error, error);
	check_eq("instruction", (long)found.rip, (long)where);
	check_eq("stack-pointer", (long)found.rsp, (long)enter.rsp);
	check_eq("stack-selector", (long)found.ss, FLAT_USER_SS);
	check_eq("code-selector", (long)(uint32_t)found.cs, FLAT_USER_CS);
	check_eq("event-mask", (long)(found.cs >> 32), !(rflags & 0x200));
	check_eq("flags", (long)(found.rflags & (FLAGS_KEPT | 0x200 | 0x3000)), (long)(rflags & (FLAGS_KEPT | 0x200)));
}

static void faults(uint8_t handler_flags)
{
	static const uint64_t rflags[] = { 0x202, 0x2, 0x202 | FLAGS_KEPT };

	handle_faults(fault_entry, handler_flags);
	for (unsigned int i = 0; i < sizeof(rflags) / sizeof(rflags[0]); i++) {
		fault(user_reads, ABSENT + 8, rflags[i], 4);
		check_eq("events-after", vcpu->evtchn_upcall_mask, handler_flags || !(rflags[i] & 0x200));
		fault(user_writes, ABSENT, rflags[i], 6);
		fault(user_reads, HOLE + 0x10000000000, rflags[i], 4); /* the hypervisor's own are as if there were none */
		fault(user_writes, 0xffff82d080200000, rflags[i], 6);
		fault(user_reads, 0xffff880000000000, rflags[i], 4); /* behind the hypervisor */
	}
	fault(user_jumps, ABSENT, 0x202, 0x14);
	vcpu->evtchn_upcall_mask = 0;
}

void test(void)
{
	struct shared_info *shared = alloc_page();

	check_eq("shared-info", remap(shared, si->shared_info | PRESENT | WRITABLE | USER), 0);
	vcpu = shared->vcpu_info;
	make_user_table();
	check_eq("kernel-stack", call2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, kernel_stack + sizeof(kernel_stack)), 0);
	faults(MASKS);
	faults(0);
	faults(MASKS);
	/* The kernel's own come the other way. */
	handle_faults(trap_14, MASKS);
	check_eq("kernel-fault", TRAP_OF("mov (%0), %%al", "r"(ABSENT)), 14);
	check("still-answers", call2(__HYPERVISOR_xen_version, 0, 0) == ((4 << 16) | 17));
}
