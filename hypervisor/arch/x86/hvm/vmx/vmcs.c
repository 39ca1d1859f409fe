/* SPDX-License-Identifier: MIT */
/*
 * VMCSs: each vCPU has one, and the CPU that runs the vCPU has it loaded. It may keep parts to itself, so the structure
 * is cleared (written back) whenever its vCPU stops running there: no CPU ever needs to be asked for it, and any may
 * load it next. That costs a launch instead of a resume, once per context switch.
 *
 * Fields of a vCPU that runs nowhere are reached by loading it for a moment in place of the current one. Should it be
 * loaded elsewhere after all (a guest that starts and describes a vCPU at the same time) nothing is done.
 */
#include <hv/mm.h>
#include <hv/percpu.h>
#include <asm/msr.h>
#include "vmx.h"

static DEFINE_PER_CPU(struct vmx_vcpu *, loaded_here);

/* ---- instructions ---- */

static void vmptrld(const struct vmx_vcpu *x)
{
	bool failed;

	__asm__ volatile("vmptrld %1; setna %0" : "=qm"(failed) : "m"(x->vmcs_pa) : "memory", "cc");
	BUG_ON(failed);
}

static void vmclear(struct vmx_vcpu *x)
{
	bool failed;

	__asm__ volatile("vmclear %1; setna %0" : "=qm"(failed) : "m"(x->vmcs_pa) : "memory", "cc");
	BUG_ON(failed);
	x->launched = false;
}

static uint64_t vmread(enum vmcs_field field)
{
	uint64_t val = 0;
	bool failed;

	__asm__ volatile("vmread %2, %0; setna %1" : "=r"(val), "=qm"(failed) : "r"((uint64_t)field) : "cc");
	ASSERT(!failed);
	return failed ? 0 : val;
}

static void vmwrite(enum vmcs_field field, uint64_t val)
{
	bool failed;

	__asm__ volatile("vmwrite %1, %2; setna %0" : "=qm"(failed) : "r"(val), "r"((uint64_t)field) : "cc");
	ASSERT(!failed);
}

/* ---- who has it ---- */

bool vmcs_is_here(const struct vcpu *v)
{
	return this_cpu(loaded_here) == vmx_of(v);
}

static bool borrow(struct vmx_vcpu *x)
{
	spin_lock(&x->lock);
	if (x->loaded)
		return false;
	vmptrld(x);
	return true;
}

static void give_back(struct vmx_vcpu *x, bool borrowed)
{
	if (borrowed) {
		vmclear(x);
		if (this_cpu(loaded_here))
			vmptrld(this_cpu(loaded_here));
	}
	spin_unlock(&x->lock);
}

uint64_t vmcs_read(const struct vcpu *v, enum vmcs_field field)
{
	struct vmx_vcpu *x = vmx_of(v);
	uint64_t val = 0;
	bool mine;

	if (likely(vmcs_is_here(v)))
		return vmread(field);
	mine = borrow(x);
	if (mine)
		val = vmread(field);
	give_back(x, mine);
	return val;
}

void vmcs_write(struct vcpu *v, enum vmcs_field field, uint64_t val)
{
	struct vmx_vcpu *x = vmx_of(v);
	bool mine;

	if (likely(vmcs_is_here(v))) {
		vmwrite(field, val);
		return;
	}
	mine = borrow(x);
	if (mine)
		vmwrite(field, val);
	give_back(x, mine);
}

void vmcs_set_cpu_controls(struct vcpu *v, uint32_t on, uint32_t off)
{
	struct vmx_vcpu *x = vmx_of(v);
	uint32_t now = (x->cpu_controls | on) & ~off;

	if (now != x->cpu_controls)
		vmcs_write(v, VMCS_CPU_CONTROLS, now);
	x->cpu_controls = now;
}

/* ---- the host's state ---- */

struct table_register {
	uint16_t limit;
	uint64_t base;
} __packed;

static uint64_t task_state_base(uint64_t gdt)
{
	const uint64_t *d = (const uint64_t *)(gdt + TSS_SELECTOR);

	return (d[0] >> 16 & 0xffffff) | (d[0] >> 56) << 24 | d[1] << 32;
}

/* What differs between CPUs. An exit loads it; descriptor tables get a limit of 64 KiB, and more is never used. */
static void write_host_state(void)
{
	struct table_register gdt, idt;

	__asm__ volatile("sgdt %0; sidt %1" : "=m"(gdt), "=m"(idt));
	vmwrite(VMCS_HOST_CR0, read_cr0() & ~X86_CR0_TS);
	vmwrite(VMCS_HOST_CR3, read_cr3());
	vmwrite(VMCS_HOST_CR4, read_cr4());
	vmwrite(VMCS_HOST_GDTR_BASE, gdt.base);
	vmwrite(VMCS_HOST_IDTR_BASE, idt.base);
	vmwrite(VMCS_HOST_TR_BASE, task_state_base(gdt.base));
	vmwrite(VMCS_HOST_EFER, rdmsr(MSR_EFER));
	vmwrite(VMCS_HOST_SYSENTER_CS, rdmsr(MSR_SYSENTER_CS));
	vmwrite(VMCS_HOST_SYSENTER_ESP, rdmsr(MSR_SYSENTER_ESP));
	vmwrite(VMCS_HOST_SYSENTER_EIP, rdmsr(MSR_SYSENTER_EIP));
}

void vmcs_load(struct vcpu *v)
{
	struct vmx_vcpu *x = vmx_of(v);

	ASSERT(!local_irq_is_enabled());
	spin_lock(&x->lock);
	vmptrld(x);
	x->loaded = true;
	this_cpu(loaded_here) = x;
	spin_unlock(&x->lock);
	write_host_state();
}

void vmcs_clear(struct vcpu *v)
{
	struct vmx_vcpu *x = vmx_of(v);

	spin_lock(&x->lock);
	vmclear(x);
	x->loaded = false;
	this_cpu(loaded_here) = NULL;
	spin_unlock(&x->lock);
}

/* ---- life ---- */

static void write_constant_host_state(struct vcpu *v)
{
	vmcs_write(v, VMCS_HOST_CS, HV_CS);
	vmcs_write(v, VMCS_HOST_SS, HV_DS);
	vmcs_write(v, VMCS_HOST_TR, TSS_SELECTOR);
	for (unsigned int i = 0; i < 4; i++) {
		static const enum vmcs_field null[] = { VMCS_HOST_ES, VMCS_HOST_DS, VMCS_HOST_FS, VMCS_HOST_GS };

		vmcs_write(v, null[i], 0);
	}
	vmcs_write(v, VMCS_HOST_FS_BASE, 0);
	vmcs_write(v, VMCS_HOST_GS_BASE, 0);
	vmcs_write(v, VMCS_HOST_PAT, HV_PAT);
	vmcs_write(v, VMCS_HOST_RIP, (uint64_t)vmx_exit_here);
}

/*
 * #AC and #DB leave the guest because delivering them can raise them again for ever, in microcode, with no interrupt
 * in between; machine checks are the host's.
 */
static void write_controls(struct vcpu *v)
{
	struct vmx_vcpu *x = vmx_of(v);

	x->cpu_controls = vmx_controls.cpu;
	x->entry_controls = vmx_controls.entry;
	vmcs_write(v, VMCS_PIN_CONTROLS, vmx_controls.pin);
	vmcs_write(v, VMCS_CPU_CONTROLS, x->cpu_controls);
	vmcs_write(v, VMCS_CPU2_CONTROLS, vmx_controls.cpu2);
	vmcs_write(v, VMCS_EXIT_CONTROLS, vmx_controls.exit);
	vmcs_write(v, VMCS_ENTRY_CONTROLS, x->entry_controls);
	vmcs_write(v, VMCS_EXCEPTION_BITMAP, 1u << 1 | 1u << 17 | 1u << 18);
	vmcs_write(v, VMCS_MSR_BITMAP, vmx_msr_bitmap_pa);
	vmcs_write(v, VMCS_EPT_POINTER, vmx_ept_pointer(v->domain));
	vmcs_write(v, VMCS_CR0_MASK, ~X86_CR0_TS); /* TS alone is the guest's to change */
	vmcs_write(v, VMCS_CR4_MASK, ~0ul);
}

static void write_zeroes(struct vcpu *v)
{
	static const enum vmcs_field zero[] = {
		VMCS_PF_MASK,	     VMCS_PF_MATCH,	    VMCS_CR3_TARGETS,	VMCS_EXIT_MSR_STORES,
		VMCS_EXIT_MSR_LOADS, VMCS_ENTRY_MSR_LOADS,  VMCS_ENTRY_EVENT,	VMCS_GUEST_DEBUGCTL,
		VMCS_ACTIVITY,	     VMCS_INTERRUPTIBILITY, VMCS_PENDING_DEBUG,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(zero); i++)
		vmcs_write(v, zero[i], 0);
	vmcs_write(v, VMCS_LINK_POINTER, ~0ull);
}

int vmcs_create(struct vcpu *v)
{
	struct vmx_vcpu *x = vmx_of(v);

	spin_lock_init(&x->lock);
	x->vmcs = alloc_xen_page();
	if (!x->vmcs)
		return trace_err(-ENOMEM);
	x->vmcs_pa = virt_to_maddr(x->vmcs);
	*(uint32_t *)x->vmcs = vmx_revision();
	vmclear(x);
	write_constant_host_state(v);
	write_controls(v);
	write_zeroes(v);
	return 0;
}

void vmcs_destroy(struct vcpu *v)
{
	struct vmx_vcpu *x = vmx_of(v);

	ASSERT(!x->loaded);
	if (x->vmcs)
		free_xen_page(x->vmcs);
	x->vmcs = NULL;
}
