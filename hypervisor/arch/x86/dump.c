/* SPDX-License-Identifier: MIT */
/* Debug key 'd': the registers of the guest (or idle vCPU) that this CPU came from. */
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/smp.h>
#include <asm/hvm/hvm.h>
#include "../../common/dump.h"

void arch_dump_registers(void)
{
	const struct cpu_user_regs *r = guest_cpu_regs();
	const struct vcpu *v = current;

	if (!v || is_idle_vcpu(v)) {
		printk("CPU%u: idle\n", smp_processor_id());
		return;
	}
	printk("CPU%u: d%uv%u %s mode\n", smp_processor_id(), v->domain->domain_id, v->vcpu_id,
	       is_hvm_vcpu(v) ? "hardware" : v->arch.pv.kernel_mode ? "kernel" : "user");
	printk("  rip %04x:%016lx rsp %04x:%016lx rflags %08lx\n", r->cs, (unsigned long)r->rip, r->ss,
	       (unsigned long)r->rsp, (unsigned long)r->rflags);
	printk("  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", (unsigned long)r->rax,
	       (unsigned long)r->rbx, (unsigned long)r->rcx, (unsigned long)r->rdx);
	printk("  rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", (unsigned long)r->rsi,
	       (unsigned long)r->rdi, (unsigned long)r->rbp, (unsigned long)r->r8);
	printk("  r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", (unsigned long)r->r9,
	       (unsigned long)r->r10, (unsigned long)r->r11, (unsigned long)r->r12);
	printk("  r13 %016lx r14 %016lx r15 %016lx\n", (unsigned long)r->r13, (unsigned long)r->r14,
	       (unsigned long)r->r15);
}
