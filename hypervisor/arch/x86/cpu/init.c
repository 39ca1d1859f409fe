/* SPDX-License-Identifier: MIT */
/*
 * A CPU's own tables. The GDT page with the hypervisor's descriptors is per CPU (it holds the TSS) and
 * appears as page 14 of every vCPU's GDT; the IDT is one for all. All gates are interrupt gates: the
 * entry code decides when interrupts come back on.
 */
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/current.h>
#include <asm/msr.h>
#include <asm/options.h>
#include <asm/page.h>
#include <asm/spec_ctrl.h>
#include <asm/system.h>

struct __packed tss64 {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iomap;
	uint8_t no_bitmap; /* all ones: every port faults */
};

struct idt_gate {
	uint16_t offset_low, selector;
	uint8_t ist, attr;
	uint16_t offset_mid;
	uint32_t offset_high, reserved;
};

struct __packed table_ptr {
	uint16_t limit;
	uint64_t base;
};

#define GATE_PRESENT_INT 0x8e
#define GATE_DPL3	 0x60

static struct idt_gate idt[256] __aligned(4096); /* a page */
static uint64_t boot_gdt_page[512] __aligned(4096);
DEFINE_PER_CPU(uint64_t *, gdt_page);
static uint8_t boot_tss_page[4096] __aligned(4096);
DEFINE_PER_CPU(void *, tss_page); /* holds nothing but the TSS: isolated guests' tables map it */
extern uint64_t syscall_slots[NR_CPUS][2];
bool cpu_has_smap_active;

void *cpu_tss_page(unsigned int cpu)
{
	return per_cpu(tss_page, cpu);
}

const void *cpu_idt_page(void)
{
	return idt;
}

void *cpu_gdt_page(unsigned int cpu)
{
	return per_cpu(gdt_page, cpu);
}

static void set_gate(unsigned int vec, uint8_t ist, uint8_t attr)
{
	uint64_t addr = (uint64_t)idt_stubs + vec * 16;

	idt[vec] = (struct idt_gate){
		.offset_low = (uint16_t)addr,
		.offset_mid = (uint16_t)(addr >> 16),
		.offset_high = (uint32_t)(addr >> 32),
		.selector = HV_CS,
		.ist = ist,
		.attr = attr,
	};
}

static void build_idt(void)
{
	for (unsigned int i = 0; i < 256; i++)
		set_gate(i, 0, GATE_PRESENT_INT);
	set_gate(1, IST_DB, GATE_PRESENT_INT);
	set_gate(2, IST_NMI, GATE_PRESENT_INT);
	set_gate(8, IST_DF, GATE_PRESENT_INT);
	set_gate(18, IST_MCE, GATE_PRESENT_INT);
	/* What user mode may raise by instruction; any other INT n becomes #GP and is sorted out there. */
	set_gate(3, 0, GATE_PRESENT_INT | GATE_DPL3);
	set_gate(4, 0, GATE_PRESENT_INT | GATE_DPL3);
	set_gate(0x80, 0, GATE_PRESENT_INT | GATE_DPL3);
}

/* A 16-byte system descriptor (TSS or LDT) at `sel` of this CPU's page. */
static void set_system_desc(uint64_t *page, unsigned int sel, uint64_t base, uint32_t limit, uint8_t type)
{
	unsigned int i = (sel >> 3) - FIRST_RESERVED_GDT_ENTRY;

	page[i + 1] = base >> 32;
	page[i] = (limit & 0xffff) | ((base & 0xffffff) << 16) | ((uint64_t)(0x80 | type) << 40) |
		  ((uint64_t)(limit >> 16 & 0xf) << 48) | ((base >> 24 & 0xff) << 56);
}

static void fill_gdt_page(uint64_t *page, struct tss64 *t)
{
#define SLOT(sel) page[((sel) >> 3) - FIRST_RESERVED_GDT_ENTRY]
	SLOT(HV_CS) = 0x00af9b000000ffff;
	SLOT(HV_DS) = 0x00cf93000000ffff;
	SLOT(RING3_CS32) = 0x00cffb000000ffff;
	SLOT(RING3_DS) = 0x00cff3000000ffff;
	SLOT(RING3_CS64) = 0x00affb000000ffff;
#undef SLOT
	set_system_desc(page, TSS_SELECTOR, (uint64_t)t, sizeof(*t) - 1, 9);
}

void cpu_load_gdt_base(uint64_t base)
{
	struct table_ptr p = { .limit = (FIRST_RESERVED_GDT_PAGE + 1) * 4096 - 1, .base = base };

	__asm__ volatile("lgdt %0" ::"m"(p) : "memory");
}

void cpu_load_idle_gdt(unsigned int cpu)
{
	cpu_load_gdt_base((uint64_t)per_cpu(gdt_page, cpu) - FIRST_RESERVED_GDT_PAGE * 4096ul);
}

void cpu_set_ldt(uint64_t base, unsigned int entries)
{
	if (!entries) {
		__asm__ volatile("lldt %w0" ::"r"(0));
		return;
	}
	set_system_desc(this_cpu(gdt_page), LDT_SELECTOR, base, entries * 8 - 1, 2);
	__asm__ volatile("lldt %w0" ::"r"(LDT_SELECTOR));
}

static void load_segments(void)
{
	/* CS by a far return: the loader's selector has another number. */
	__asm__ volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:" ::"i"(HV_CS) : "rax");
	__asm__ volatile("mov %w0, %%ss" ::"r"(HV_DS));
	__asm__ volatile("mov %w0, %%ds; mov %w0, %%es; mov %w0, %%fs; mov %w0, %%gs" ::"r"(0));
}

static void init_tss(unsigned int cpu, uint8_t *stack)
{
	struct tss64 *t = this_cpu(tss_page);
	struct cpu_info *ci = get_cpu_info();

	memset(t, 0, sizeof(*t));
	t->rsp[0] = (uint64_t)&ci->guest_regs.es;
	for (unsigned int i = 0; i < 4; i++) /* IST_NMI..IST_DB: the block's first four pages */
		t->ist[i] = (uint64_t)stack + (i + 1) * 4096;
	t->iomap = offsetof(struct tss64, no_bitmap);
	t->no_bitmap = 0xff;
	syscall_slots[cpu][1] = (uint64_t)&ci->guest_regs.es;
}

static void init_syscall(unsigned int cpu)
{
	wrmsr(MSR_STAR, ((uint64_t)RING3_CS32 << 48) | ((uint64_t)HV_CS << 32));
	wrmsr(MSR_LSTAR, (uint64_t)lstar_stubs + 32 * cpu);
	wrmsr(MSR_CSTAR, (uint64_t)cstar_stubs + 32 * cpu);
	wrmsr(MSR_SFMASK, X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_IOPL |
				  X86_EFLAGS_DF | X86_EFLAGS_IF | X86_EFLAGS_TF);
	if (host_cpu.vendor == CPU_VENDOR_INTEL) { /* others refuse SYSENTER in long mode */
		wrmsr(MSR_SYSENTER_CS, HV_CS);
		wrmsr(MSR_SYSENTER_ESP, syscall_slots[cpu][1]);
		wrmsr(MSR_SYSENTER_EIP, (uint64_t)sysenter_entry);
	}
}

static unsigned long initial_cr4(void)
{
	unsigned long cr4 = X86_CR4_PAE | X86_CR4_PGE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_DE;

	if (cpu_has(f1d, 7))
		cr4 |= X86_CR4_MCE;
	if (cpu_has_smep && opt_smep)
		cr4 |= X86_CR4_SMEP;
	if (cpu_has_smap_active)
		cr4 |= X86_CR4_SMAP;
	if (cpu_has_umip)
		cr4 |= X86_CR4_UMIP;
	if (cpu_has_xsave)
		cr4 |= X86_CR4_OSXSAVE;
	return cr4;
}

void cpu_init(unsigned int cpu)
{
	struct cpu_info *ci = get_cpu_info();
	uint64_t *page = per_cpu(gdt_page, cpu);
	struct table_ptr idtr = { .limit = sizeof(idt) - 1, .base = (uint64_t)idt };
	uint8_t *stack = (uint8_t *)((uint64_t)ci & ~(STACK_SIZE - 1ul));

	if (!page)
		page = per_cpu(gdt_page, cpu) = boot_gdt_page;
	if (!per_cpu(tss_page, cpu))
		per_cpu(tss_page, cpu) = boot_tss_page;
	if (cpu == 0)
		build_idt();
	ci->processor_id = cpu;
	fill_gdt_page(page, per_cpu(tss_page, cpu));
	init_tss(cpu, stack);
	cpu_load_idle_gdt(cpu);
	load_segments();
	__asm__ volatile("lidt %0" ::"m"(idtr));
	__asm__ volatile("ltr %w0" ::"r"(TSS_SELECTOR));
	__asm__ volatile("lldt %w0" ::"r"(0));
	write_cr0(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE);
	ci->cr4 = initial_cr4();
	write_cr4(ci->cr4);
	wrmsr(MSR_PAT, HV_PAT);
	init_syscall(cpu);
	spec_ctrl_cpu_init();
	fpu_cpu_init();
}

void cpu_init_secondary(unsigned int cpu)
{
	cpu_init(cpu);
}
