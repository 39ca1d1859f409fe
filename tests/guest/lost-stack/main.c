// dies: kernel stack at 0x7fff0000 cannot take a frame
/* SPDX-License-Identifier: MIT */
/*
 * Promise: a page fault of user mode for which there is no room on the kernel's stack ends the guest, here the machine
 * with it, and not the hypervisor.
 */
#include "../kit/kit.h"

extern char user[];

__asm__(".text\n"
	"user: mov 0x1000, %eax\n"
	"	ud2\n");

void test(void)
{
	uint64_t *kernel = (uint64_t *)si->pt_base, *table = alloc_page();
	struct trap_info traps[2] = { { .vector = 14, .flags = 4, .cs = FLAT_KERNEL_CS, .address = (uint64_t)user } };

	table[511] = kernel[511];
	check_eq("table-read-only", remap(table, virt_to_mfn(table) << 12 | PRESENT | USER), 0);
	check_eq("user-table", mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(table), 0), 0);
	check_eq("trap-table", call1(__HYPERVISOR_set_trap_table, traps), 0);
	check_eq("kernel-stack", call2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, 0x7fff0000), 0);
	__asm__ volatile("pushq $0xe02b; pushq $0; pushq $0x202; pushq $0xe033; pushq %0\n"
			 "pushq $0; pushq $0; pushq $0; pushq $0\n"
			 "mov $23, %%eax; syscall" ::"r"(user)
			 : "memory");
	check("alive-without-stack", false);
}
