/* SPDX-License-Identifier: MIT */
/*
 * What a CPU can find from its stack pointer alone: every stack block is STACK_SIZE aligned and has
 * this struct at its top. Exceptions on IST stacks find it the same way.
 */
#ifndef ASM_CURRENT_H
#define ASM_CURRENT_H

#include <hv/types.h>
#include <asm/layout.h>
#include <public/xen.h>

struct vcpu;

struct cpu_info {
	struct cpu_user_regs guest_regs; /* the frame of the guest (or idle) this CPU came from */
	uint64_t pad;
	unsigned long per_cpu_offset;
	struct vcpu *current_vcpu;
	uint32_t processor_id;
	uint32_t irq_depth;
	unsigned long cr4; /* what CR4 holds now */
	/* Page-table isolation (asm/xpti.h). Two of each: for guest user mode, for guest kernel mode. */
	unsigned long xpti_enter_cr3;	  /* what entry code has to load first; 0: nothing, the full table is loaded */
	unsigned long xpti_on;		  /* the vCPU is of an isolated domain */
	unsigned long xpti_root[2];	  /* CR3 of this CPU's own small tables */
	unsigned long xpti_copied[2];	  /* CR3 of the table whose entries they have; 0: none */
	unsigned long xpti_generation[2]; /* of the domain's top-level tables when they were copied */
	unsigned long align[1];
};
_Static_assert(sizeof(struct cpu_info) % 16 == 8, "TSS.RSP0 (guest_regs.es) must be 16-aligned");

static inline struct cpu_info *get_cpu_info(void)
{
	unsigned long sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return (struct cpu_info *)((sp | (STACK_SIZE - 1)) + 1 - sizeof(struct cpu_info));
}
#define current		 (get_cpu_info()->current_vcpu)
#define guest_cpu_regs() (&get_cpu_info()->guest_regs)

#endif
