/* SPDX-License-Identifier: MIT */
/*
 * Switching a CPU from one vCPU to another. Saved in full and at once: registers, selectors, bases,
 * FPU, debug registers, page tables. There is one C stack per CPU, so the switch ends by starting
 * afresh at the new vCPU's guest_regs (or in the idle loop) and never returns to its caller.
 *
 * TLB: a CPU is in domain->arch.dirty_cpumask from before it loads one of the domain's page tables
 * until after it has loaded something else; who changes page tables flushes the CPUs in the mask.
 */
#include <hv/guest_access.h>
#include <hv/smp.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/pv.h>
#include <asm/spec_ctrl.h>

#define READ_SEG(name)                                                                             \
	({                                                                                         \
		uint32_t s_;                                                                       \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(s_));                                \
		(uint16_t) s_;                                                                     \
	})

/* A selector the guest no longer has (its table changed) loads as null, as the failsafe would make it. */
#define LOAD_SEG(name, sel)                                                                        \
	__asm__ volatile("1: mov %w0, %%" #name "\n"                                               \
			 "2:\n"                                                                    \
			 ".pushsection .text.entry, \"ax\"\n"                                      \
			 "3: xor %k0, %k0; mov %w0, %%" #name "; jmp 2b\n"                         \
			 ".popsection\n"                                                           \
			 ".pushsection .extable, \"a\"; .quad 1b, 3b; .popsection"                 \
			 : "+r"(sel))

static void save_segments(struct vcpu *v)
{
	struct cpu_user_regs *r = &v->arch.regs;
	struct pv_vcpu *pv = &v->arch.pv;
	uint64_t active = rdmsr(MSR_GS_BASE), other = rdmsr(MSR_KERNEL_GS_BASE);

	r->ds = READ_SEG(ds);
	r->es = READ_SEG(es);
	r->fs = READ_SEG(fs);
	r->gs = READ_SEG(gs);
	pv->fs_base = rdmsr(MSR_FS_BASE);
	pv->gs_base_kernel = pv->kernel_mode ? active : other;
	pv->gs_base_user = pv->kernel_mode ? other : active;
}

static void load_segments(struct vcpu *v)
{
	const struct cpu_user_regs *r = &v->arch.regs;
	const struct pv_vcpu *pv = &v->arch.pv;
	uint32_t ds = r->ds, es = r->es, fs = r->fs, gs = r->gs;

	LOAD_SEG(ds, ds);
	LOAD_SEG(es, es);
	LOAD_SEG(fs, fs);
	LOAD_SEG(gs, gs);
	wrmsr(MSR_FS_BASE, pv->fs_base);
	wrmsr(MSR_GS_BASE, pv->kernel_mode ? pv->gs_base_kernel : pv->gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE, pv->kernel_mode ? pv->gs_base_user : pv->gs_base_kernel);
}

static void save_guest(struct vcpu *v)
{
	v->arch.regs = *guest_cpu_regs();
	save_segments(v);
	fpu_save(v);
	pv_save_debugregs(v);
}

/* Page tables first: everything after may touch the per-domain window or guest memory. */
static void load_guest(struct vcpu *v)
{
	struct cpu_info *ci = get_cpu_info();
	unsigned int cpu = ci->processor_id;

	spec_ctrl_switch_to(v);
	cpumask_set_atomic(&v->domain->arch.dirty_cpumask, cpu);
	/* Global entries are the previous guest's user pages: drop them too. */
	write_cr4(ci->cr4 & ~X86_CR4_PGE);
	write_cr3(v->arch.pv.kernel_mode ? v->arch.pv.cr3_kernel : v->arch.pv.cr3_user);
	write_cr4(ci->cr4);
	pv_load_descriptor_tables(v);
	*guest_cpu_regs() = v->arch.regs;
	load_segments(v);
	pv_load_guest_cr4(v);
	fpu_restore(v);
	pv_restore_debugregs(v);
	if (cpu_has_rdtscp)
		wrmsr(MSR_TSC_AUX, v->arch.tsc_aux);
}

static void load_idle(unsigned int cpu)
{
	cpu_load_idle_gdt(cpu);
	cpu_set_ldt(0, 0);
	write_cr4(get_cpu_info()->cr4 & ~X86_CR4_PGE);
	write_cr3(virt_to_maddr(idle_pg_table));
	write_cr4(get_cpu_info()->cr4);
}

void arch_context_switch(struct vcpu *prev, struct vcpu *next)
{
	struct cpu_info *ci = get_cpu_info();
	unsigned int cpu = ci->processor_id;

	ASSERT(!local_irq_is_enabled());
	ASSERT(prev != next);
	if (!is_idle_vcpu(prev))
		save_guest(prev);
	ci->current_vcpu = next;
	if (is_idle_vcpu(next))
		load_idle(cpu);
	else
		load_guest(next);
	if (!is_idle_vcpu(prev) && prev->domain != next->domain)
		cpumask_clear_atomic(&prev->domain->arch.dirty_cpumask, cpu);
	sched_context_switched(prev);
	if (!is_idle_vcpu(next)) {
		update_vcpu_system_time(next);
		arch_update_runstate_area(next);
	}
	arch_continue_running(next);
}

void arch_continue_running(struct vcpu *v)
{
	if (is_idle_vcpu(v))
		reset_stack_and_call(startup_cpu_idle_loop);
	reset_stack_to_guest();
}

/* Nothing is left lazily on a CPU: see the head of this file. */
void arch_sync_vcpu_state(struct vcpu *v)
{
	ASSERT(!v->is_running);
}

/* Guest memory named by a kernel address, whatever mode the guest is in. */
unsigned long pv_copy_to_kernel(struct vcpu *v, uint64_t addr, const void *src, unsigned long len)
{
	struct pv_vcpu *pv = &v->arch.pv;
	unsigned long left;

	if (!pv->kernel_mode)
		write_cr3(pv->cr3_kernel);
	left = raw_copy_to_guest(addr, src, len);
	if (!pv->kernel_mode)
		write_cr3(pv->cr3_user);
	return left;
}

/*
 * With VMASST_TYPE_runstate_update_flag the guest reads the area without a hypercall: the top bit of
 * state_entry_time is set before anything changes and cleared after.
 */
void arch_update_runstate_area(struct vcpu *v)
{
	struct vcpu_runstate_info rs;
	uint64_t area = v->runstate_guest, entry;
	uint64_t entry_addr = area + offsetof(struct vcpu_runstate_info, state_entry_time);

	if (!area)
		return;
	rs = v->runstate;
	if (v->domain->vm_assist & (1UL << VMASST_TYPE_runstate_update_flag)) {
		entry = rs.state_entry_time | XEN_RUNSTATE_UPDATE;
		if (pv_copy_to_kernel(v, entry_addr, &entry, sizeof(entry)))
			return;
		barrier();
	}
	entry = rs.state_entry_time;
	rs.state_entry_time |= v->domain->vm_assist & (1UL << VMASST_TYPE_runstate_update_flag) ?
				       XEN_RUNSTATE_UPDATE :
				       0;
	if (pv_copy_to_kernel(v, area, &rs, sizeof(rs)))
		return;
	barrier();
	if (rs.state_entry_time != entry)
		(void)!pv_copy_to_kernel(v, entry_addr, &entry, sizeof(entry));
}
