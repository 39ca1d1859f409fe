/* SPDX-License-Identifier: MIT */
/*
 * VMX on this machine and on each CPU of it. The boot CPU's capabilities decide for all; what is missing is said in
 * the log, because firmware often has the switch. Source: SDM vol. 3, §23.6-23.8.
 *
 * A CPU in VMX operation does not take INIT, by which some machines restart: it is left before that.
 */
#include <hv/mm.h>
#include <hv/percpu.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include "vmx.h"

struct vmx_controls vmx_controls;
static struct vmx_caps caps;

struct host_msrs {
	uint64_t star, lstar, cstar, sfmask;
};
static DEFINE_PER_CPU(struct host_msrs, host_msrs);
static DEFINE_PER_CPU(void *, vmxon_page);

uint32_t vmx_revision(void)
{
	return (uint32_t)caps.basic & VMX_BASIC_REVISION;
}

static uint64_t cap(uint32_t msr)
{
	uint64_t val;

	(void)!rdmsr_safe(msr, &val);
	return val;
}

static void read_caps(void)
{
	bool exact;

	caps.basic = cap(MSR_VMX_BASIC);
	exact = caps.basic & VMX_BASIC_TRUE;
	caps.pin = cap(exact ? MSR_VMX_TRUE_PIN : MSR_VMX_PIN);
	caps.cpu = cap(exact ? MSR_VMX_TRUE_CPU : MSR_VMX_CPU);
	caps.exit = cap(exact ? MSR_VMX_TRUE_EXIT : MSR_VMX_EXIT);
	caps.entry = cap(exact ? MSR_VMX_TRUE_ENTRY : MSR_VMX_ENTRY);
	if (caps.cpu >> 32 & CPU_SECOND_WORD)
		caps.cpu2 = cap(MSR_VMX_CPU2);
	if (caps.cpu2 >> 32 & CPU2_EPT)
		caps.ept_vpid = cap(MSR_VMX_EPT_VPID);
}

/* Firmware decides once after reset. If it has not, we do. */
static const char *unlock(void)
{
	uint64_t fc;

	if (rdmsr_safe(MSR_FEATURE_CONTROL, &fc))
		return "IA32_FEATURE_CONTROL";
	if (!(fc & FEATURE_CONTROL_LOCK)) {
		(void)!wrmsr_safe(MSR_FEATURE_CONTROL, fc | FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMXON);
		fc = rdmsr(MSR_FEATURE_CONTROL);
	}
	return fc & FEATURE_CONTROL_VMXON ? NULL : "the consent of the firmware: switch virtualization on in its setup";
}

static const char *check_control_registers(void)
{
	if (~read_cr0() & cap(MSR_VMX_CR0_FIXED0) || read_cr0() & ~cap(MSR_VMX_CR0_FIXED1))
		return "a CR0 as the hypervisor's";
	if (~(read_cr4() | X86_CR4_VMXE) & cap(MSR_VMX_CR4_FIXED0) || read_cr4() & ~cap(MSR_VMX_CR4_FIXED1))
		return "a CR4 as the hypervisor's";
	return NULL;
}

static bool usable(void)
{
	const char *missing;

	if (!cpu_has(f1c, 5))
		return false;
	read_caps();
	missing = unlock();
	if (!missing)
		missing = check_control_registers();
	if (!missing)
		missing = vmx_choose_controls(&caps, &vmx_controls);
	if (missing) {
		printk("VT-x is not used, it lacks: %s\n", missing);
		return false;
	}
	if (!cpu_has_rdtscp)
		vmx_controls.cpu2 &= ~CPU2_RDTSCP;
	hvm_tag_init(0x10000);
	return true;
}

static void keep_host_msrs(void)
{
	this_cpu(host_msrs) =
	    (struct host_msrs){ rdmsr(MSR_STAR), rdmsr(MSR_LSTAR), rdmsr(MSR_CSTAR), rdmsr(MSR_SFMASK) };
}

void vmx_restore_host_msrs(void)
{
	const struct host_msrs *m = &this_cpu(host_msrs);

	wrmsr(MSR_STAR, m->star);
	wrmsr(MSR_LSTAR, m->lstar);
	wrmsr(MSR_CSTAR, m->cstar);
	wrmsr(MSR_SFMASK, m->sfmask);
}

static bool vmxon(uint64_t pa)
{
	bool failed;

	__asm__ volatile("1: vmxon %1; setna %0; jmp 3f\n"
			 "2: mov $1, %0\n"
			 "3:\n"
			 ".pushsection .extable, \"a\"; .quad 1b, 2b; .popsection"
			 : "=&r"(failed)
			 : "m"(pa)
			 : "memory", "cc");
	return !failed;
}

static void set_cr4(unsigned long set, unsigned long clear)
{
	struct cpu_info *ci = get_cpu_info();

	ci->cr4 = (ci->cr4 | set) & ~clear;
	write_cr4(ci->cr4);
}

/* No guest is there yet: what one CPU lacks, none will be given. */
static void agree_on_scaling(void)
{
	if (!(cap(MSR_VMX_CPU2) >> 32 & CPU2_TSC_SCALING))
		vmx_controls.cpu2 &= ~CPU2_TSC_SCALING;
}

bool vmx_cpu_up(unsigned int cpu)
{
	uint32_t *page;

	if (cpu == 0 ? !usable() || vmx_msr_init() : !!unlock())
		return false;
	agree_on_scaling();
	page = alloc_xen_page();
	if (!page)
		return false;
	*page = vmx_revision();
	keep_host_msrs();
	set_cr4(X86_CR4_VMXE, 0);
	if (!vmxon(virt_to_maddr(page))) {
		printk("CPU %u: VMXON failed\n", cpu);
		set_cr4(0, X86_CR4_VMXE);
		free_xen_page(page);
		return false;
	}
	this_cpu(vmxon_page) = page;
	vmx_tlb_cpu_up();
	return true;
}

void vmx_cpu_down(void)
{
	if (!(read_cr4() & X86_CR4_VMXE))
		return;
	__asm__ volatile("vmxoff" ::: "memory", "cc");
	set_cr4(0, X86_CR4_VMXE);
}
