/* SPDX-License-Identifier: MIT */
/*
 * Bringing up the other CPUs, one after the other. All a CPU needs is made before it is woken: stack,
 * per-CPU area, descriptor page, timer heap, run queue. One that does not answer in time is left
 * alone for good, and so is its memory: it might still wake.
 *
 * A secondary CPU starts on a small top-level table of its own, which maps the first 2 MiB at their own
 * address besides everything the hypervisor maps; from ap_entry on it uses idle_pg_table.
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <asm/hvm/hvm.h>
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/image.h>
#include <asm/options.h>
#include <asm/page.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/xpti.h>

#define TRAMPOLINE_PAGE 0x8 /* frame number; RAM below 1 MiB is never given out */
#define WAIT_ONLINE_MS	5000

DECLARE_PER_CPU(uint64_t *, gdt_page);
DECLARE_PER_CPU(void *, tss_page);
uint64_t ap_boot_cr3, ap_boot_stack;
static pte_t boot_l4[PT_ENTRIES] __aligned(4096), boot_l3[PT_ENTRIES] __aligned(4096),
	boot_l2[PT_ENTRIES] __aligned(4096);
void ap_main(const void *stack_pointer) __noreturn;

/* ---- on the CPU itself ---- */

static void __noreturn run_secondary(unsigned int cpu)
{
	cpu_init_secondary(cpu);
	apic_init_cpu();
	time_init_secondary();
	hvm_cpu_init(cpu);
	/* Ordering: all of the above is visible before the CPU counts as online. */
	cpumask_set_atomic(&cpu_online_map, cpu);
	tsc_check_sync_target();
	local_irq_enable();
	startup_cpu_idle_loop();
	BUG();
}

/* RSP is at struct cpu_info, filled in by prepare(). */
void ap_main(const void *stack_pointer)
{
	run_secondary(smp_processor_id());
}

/* ---- on the boot CPU ---- */

static bool prepare(unsigned int cpu)
{
	size_t size = (size_t)(__percpu_end - __percpu_start);
	unsigned int order = 0;
	uint8_t *stack = alloc_xen_pages(STACK_ORDER, MEMF_ZERO);
	uint64_t *gdt = alloc_xen_page();
	void *tss = alloc_xen_page();
	struct cpu_info *ci;
	char *area;

	while ((PAGE_SIZE << order) < size)
		order++;
	area = alloc_xen_pages(order, MEMF_ZERO);
	if (!stack || !gdt || !tss || !area)
		return false;
	per_cpu_offset[cpu] = (unsigned long)area - (unsigned long)__percpu_start;
	per_cpu(gdt_page, cpu) = gdt;
	per_cpu(tss_page, cpu) = tss;
	timers_cpu_init(cpu);
	sched_cpu_init(cpu);
	ci = (struct cpu_info *)(stack + STACK_SIZE - sizeof(*ci));
	ci->per_cpu_offset = per_cpu_offset[cpu];
	ci->processor_id = cpu;
	ci->current_vcpu = idle_vcpu[cpu];
	ap_boot_stack = (uint64_t)ci;
	return xpti_cpu_prepare(ci);
}

static void copy_trampoline(void)
{
	size_t len = (size_t)(ap_trampoline_end - ap_trampoline_start);
	char *page = maddr_to_virt(TRAMPOLINE_PAGE << PAGE_SHIFT);
	struct trampoline_data *data =
		(void *)(page + (ap_trampoline_data - ap_trampoline_start));

	memcpy(boot_l4, idle_pg_table, sizeof(boot_l4));
	boot_l4[0] = mk_pte(virt_to_mfn(boot_l3), PTE_PRESENT | PTE_RW);
	boot_l3[0] = mk_pte(virt_to_mfn(boot_l2), PTE_PRESENT | PTE_RW);
	boot_l2[0] = mk_pte(_mfn(0), PTE_PRESENT | PTE_RW | PTE_PSE);
	memcpy(page, ap_trampoline_start, len);
	data->cr3 = virt_to_maddr(boot_l4);
	data->entry = (uint64_t)ap_entry;
	ap_boot_cr3 = virt_to_maddr(idle_pg_table);
}

static bool wait_online(unsigned int cpu, unsigned int ms)
{
	for (unsigned int i = 0; i < ms * 10; i++) {
		if (cpumask_test(&cpu_online_map, cpu))
			return true;
		udelay(100);
	}
	return cpumask_test(&cpu_online_map, cpu);
}

/* SDM vol. 3 §8.4.4.1. The second start-up message is for CPUs that missed the first. */
static bool wake(unsigned int cpu)
{
	apic_send_init(cpu_apic_id[cpu]);
	udelay(10000);
	apic_send_startup(cpu_apic_id[cpu], TRAMPOLINE_PAGE);
	if (wait_online(cpu, 1))
		return true;
	apic_send_startup(cpu_apic_id[cpu], TRAMPOLINE_PAGE);
	return wait_online(cpu, WAIT_ONLINE_MS);
}

static void boot_one(unsigned int cpu)
{
	if (!prepare(cpu)) {
		printk("CPU %u: no memory to start it\n", cpu);
		return;
	}
	if (!wake(cpu)) {
		printk("CPU %u (APIC id %u) does not start\n", cpu, cpu_apic_id[cpu]);
		return;
	}
	tsc_check_sync_source();
}

void smp_number_cpus(void)
{
	unsigned int cpu = 1;

	for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
		const struct acpi_cpu *c = &acpi_info.cpu[i];

		if (c->apic_id == cpu_apic_id[0])
			continue;
		if (cpu == NR_CPUS || (!x2apic_mode && c->apic_id >= 255)) {
			printk("APIC id %u: not used\n", c->apic_id);
			continue;
		}
		cpu_apic_id[cpu] = c->apic_id;
		cpu_acpi_id[cpu] = c->acpi_id;
		cpumask_set(&cpu_present_map, cpu++);
	}
}

void smp_boot_all(void)
{
	unsigned int cpu, max_cpus = opt_maxcpus && opt_maxcpus < NR_CPUS ? (unsigned int)opt_maxcpus : NR_CPUS;
	copy_trampoline();
	for_each_cpu(cpu, &cpu_present_map)
		if (cpu && cpu < max_cpus)
			boot_one(cpu);
	time_start_calibration();
}
