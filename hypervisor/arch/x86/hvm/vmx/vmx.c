/* SPDX-License-Identifier: MIT */
/*
 * Intel's VT-x with EPT behind the vendor contract (asm/hvm/hvm.h). A vCPU's state is its VMCS and struct vmx_vcpu;
 * while it is current RIP, RSP and RFLAGS are in guest_cpu_regs() like its other registers, and are put in and taken
 * out around each stay in the guest.
 *
 * Guests start without paging and in real mode by the CPU's "unrestricted guest": without it VT-x is not used.
 */
#include <hv/mm.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>
#include <asm/msr.h>
#include <asm/spec_ctrl.h>
#include "vmx.h"

static void vmx_destroy(struct vcpu *v)
{
	if (vmx_of(v))
		vmcs_destroy(v);
	xfree(v->arch.hvm->vmx);
	v->arch.hvm->vmx = NULL;
}

static int vmx_create(struct vcpu *v)
{
	struct vmx_vcpu *x = v->arch.hvm->vmx = xzalloc(struct vmx_vcpu);

	if (!x)
		return trace_err(-ENOMEM);
	x->ept_stale = true;
	return vmcs_create(v);
}

static void vmx_save(struct vcpu *v)
{
	vmx_save_debugregs(v);
	vmx_save_msrs(v);
	vmcs_clear(v);
}

static void vmx_restore(struct vcpu *v)
{
	vmcs_load(v);
	vmx_load_msrs(v);
	if (vmcs_read(v, VMCS_GUEST_DR7) & 0xff)
		vmx_load_debugregs(v);
}

/* ---- a stay in the guest ---- */

/* Nothing of the host is left where the guest's speculation finds it. */
static void scrub_buffers(void)
{
	static const uint16_t selector = HV_DS;

	if (spec_plan.l1d_flush)
		wrmsr(MSR_FLUSH_CMD, 1);
	else if (spec_plan.verw_hvm)
		__asm__ volatile("verw %0" ::"m"(selector) : "cc");
}

static void put_registers(struct vcpu *v, const struct cpu_user_regs *r)
{
	vmcs_write(v, VMCS_GUEST_RIP, r->rip);
	vmcs_write(v, VMCS_GUEST_RSP, r->rsp);
	vmcs_write(v, VMCS_GUEST_RFLAGS, (r->rflags & 0x3f7fd5) | X86_EFLAGS_MBS);
	if (read_cr2() != vmx_of(v)->cr2)
		write_cr2(vmx_of(v)->cr2);
}

static void take_registers(struct vcpu *v, struct cpu_user_regs *r)
{
	r->rip = vmcs_read(v, VMCS_GUEST_RIP);
	r->rsp = vmcs_read(v, VMCS_GUEST_RSP);
	r->rflags = vmcs_read(v, VMCS_GUEST_RFLAGS);
	r->cs = (uint16_t)vmcs_read(v, VMCS_GUEST_SELECTOR + 2);
	r->ss = (uint16_t)vmcs_read(v, VMCS_GUEST_SELECTOR + 4);
}

/* NMIs stay blocked until an IRET, and a machine check is not kept by anybody: both are taken at once. */
static void take_host_events(struct vcpu *v)
{
	uint32_t reason = vmx_of(v)->exit_reason, e;

	if ((reason & 0xffff) == EXIT_MACHINE_CHECK)
		__asm__ volatile("int $18");
	if (reason != EXIT_EXCEPTION)
		return;
	e = (uint32_t)vmcs_read(v, VMCS_EXIT_EVENT);
	if (EVENT_TYPE(e) == HVM_EVENT_NMI)
		__asm__ volatile("int $2");
	else if ((e & 0xff) == X86_TRAP_MC)
		__asm__ volatile("int $18");
}

static void vmx_run(struct vcpu *v)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	struct vmx_vcpu *x = vmx_of(v);

	if (unlikely(x->pdptes_stale))
		vmx_load_pdptes(v);
	vmx_tlb_enter(v);
	vmx_event_enter(v);
	put_registers(v, r);
	scrub_buffers();
	if (unlikely(vmx_enter(r, x->launched))) {
		x->exit_reason = EXIT_NOT_ENTERED;
		return;
	}
	x->cr2 = read_cr2();
	x->exit_reason = (uint32_t)vmcs_read(v, VMCS_EXIT_REASON);
	take_host_events(v);
	if (unlikely(x->exit_reason & EXIT_ENTRY_FAILED))
		return;
	x->launched = true;
	take_registers(v, r);
	vmx_event_left(v);
}

static const struct tsc_ratio_format ratio_format = { .integer_bits = 16, .fraction_bits = 48 };

static const struct tsc_ratio_format *vmx_tsc_ratio_format(void)
{
	return vmx_controls.cpu2 & CPU2_TSC_SCALING ? &ratio_format : NULL;
}

/* Where there is a multiplier it is always in use; 0 would keep the vCPU from being entered. */
static void vmx_update_tsc(struct vcpu *v)
{
	uint64_t ratio = v->domain->arch.hvm->tsc_ratio.value;

	if (vmx_tsc_ratio_format())
		vmcs_write(v, VMCS_TSC_MULTIPLIER, ratio ? ratio : tsc_ratio_one(&ratio_format));
	vmcs_write(v, VMCS_TSC_OFFSET, v->arch.hvm->tsc_offset);
	vmcs_set_cpu_controls(v, v->domain->arch.vtsc ? CPU_RDTSC : 0, v->domain->arch.vtsc ? 0 : CPU_RDTSC);
}

const struct hvm_vendor vmx_vendor = {
	.name = "VT-x",
	.p2m_format = &ept_format,
	.call_insn = { 0x0f, 0x01, 0xc1 }, /* VMCALL */
	.cpu_up = vmx_cpu_up,
	.cpu_down = vmx_cpu_down,
	.create = vmx_create,
	.destroy = vmx_destroy,
	.save = vmx_save,
	.restore = vmx_restore,
	.run = vmx_run,
	.handle_exit = vmx_handle_exit,
	.inject = vmx_inject,
	.event_waiting = vmx_event_waiting,
	.irq_open = vmx_irq_open,
	.want_irq_window = vmx_want_irq_window,
	.get_segment = vmx_get_segment,
	.set_segment = vmx_set_segment,
	.get_cr = vmx_get_cr,
	.set_cr = vmx_set_cr,
	.get_msrs = vmx_get_msrs,
	.set_msrs = vmx_set_msrs,
	.get_dr = vmx_get_dr,
	.set_dr = vmx_set_dr,
	.set_irq_shadow = vmx_set_irq_shadow,
	.update_tsc = vmx_update_tsc,
	.tsc_ratio_format = vmx_tsc_ratio_format,
	.flush_tlb = vmx_flush_tlb,
};
