/* SPDX-License-Identifier: MIT */
/*
 * Switching a CPU from one vCPU to another. Saved in full and at once: general registers and FPU here, the
 * rest by the vCPU's kind. There is one C stack per CPU, so the switch ends by starting afresh at the new
 * vCPU's guest_regs (or in the idle loop) and never returns to its caller.
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
#include <asm/vcpu_kind.h>

static void save_guest(struct vcpu *v)
{
	v->arch.regs = *guest_cpu_regs();
	v->domain->arch.kind->save(v);
	fpu_save(v);
}

static void load_guest(struct vcpu *v)
{
	spec_ctrl_switch_to(v);
	cpumask_set_atomic(&v->domain->arch.dirty_cpumask, smp_processor_id());
	*guest_cpu_regs() = v->arch.regs;
	v->domain->arch.kind->restore(v);
	fpu_restore(v);
	if (cpu_has_rdtscp)
		wrmsr(MSR_TSC_AUX, v->arch.tsc_aux);
}

/* The tables of a CPU that no PV guest uses. */
static void load_idle_tables(unsigned int cpu)
{
	struct cpu_info *ci = get_cpu_info();

	cpu_load_idle_gdt(cpu);
	cpu_set_ldt(0, 0);
	ci->cr4 |= X86_CR4_PGE; /* off while an isolated guest runs */
	write_cr4(ci->cr4 & ~X86_CR4_PGE);
	write_cr3(virt_to_maddr(idle_pg_table));
	write_cr4(ci->cr4);
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
	/* Only a PV guest brings tables of its own; what any other vCPU needs stays loaded. */
	if (prev->domain->arch.is_pv && !next->domain->arch.is_pv)
		load_idle_tables(cpu);
	if (!is_idle_vcpu(next))
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
	latency_irqs_on();
	v->domain->arch.kind->enter();
}

/* Nothing is left lazily on a CPU: see the head of this file. */
void arch_sync_vcpu_state(struct vcpu *v)
{
	ASSERT(!v->is_running);
}

unsigned long arch_copy_to_kernel(struct vcpu *v, uint64_t addr, const void *src, unsigned long len)
{
	return v->domain->arch.kind->copy_to_kernel(v, addr, src, len);
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
		if (arch_copy_to_kernel(v, entry_addr, &entry, sizeof(entry)))
			return;
		barrier();
	}
	entry = rs.state_entry_time;
	rs.state_entry_time |= v->domain->vm_assist & (1UL << VMASST_TYPE_runstate_update_flag) ?
				       XEN_RUNSTATE_UPDATE :
				       0;
	if (arch_copy_to_kernel(v, area, &rs, sizeof(rs)))
		return;
	barrier();
	if (rs.state_entry_time != entry)
		(void)!arch_copy_to_kernel(v, entry_addr, &entry, sizeof(entry));
}
