/* SPDX-License-Identifier: MIT */
/*
 * The local APIC. x2APIC is used where the CPU has it or firmware left it on, since ids above 255 exist
 * only there; interrupt messages of devices still carry eight bits of id (physical mode), as there is no
 * interrupt remapping. LIMITS: a CPU with a larger id takes no device interrupts.
 *
 * The interrupt command register: in xAPIC mode two writes that must not be torn apart by an interrupt
 * that sends too; in x2APIC mode one WRMSR that, unlike a memory write, does not wait for earlier
 * stores, hence the fence: the receiver must see what it is told about.
 */
#include <hv/mm.h>
#include <hv/smp.h>
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/msr.h>
#include <asm/system.h>

#include "apic_regs.h"

#define BASE_ENABLE (1ul << 11)
#define BASE_X2APIC (1ul << 10)
#define ICR_SPINS   1000000

bool x2apic_mode;
uint32_t cpu_apic_id[NR_CPUS], cpu_acpi_id[NR_CPUS];
static volatile uint32_t *apic_regs;

uint32_t apic_read(unsigned int reg)
{
	return x2apic_mode ? (uint32_t)rdmsr(MSR_X2APIC_BASE + (reg >> 4)) : apic_regs[reg / 4];
}

void apic_write(unsigned int reg, uint32_t val)
{
	if (x2apic_mode)
		wrmsr(MSR_X2APIC_BASE + (reg >> 4), val);
	else
		apic_regs[reg / 4] = val;
}

uint32_t apic_id(void)
{
	uint32_t id = apic_read(APIC_ID);

	return x2apic_mode ? id : id >> 24;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

bool apic_in_service(unsigned int vector)
{
	return apic_read(APIC_ISR + (vector / 32) * 0x10) & (1u << (vector % 32));
}

/* ---- sending ---- */

static void icr_wait(void)
{
	for (unsigned int i = 0; i < ICR_SPINS && (apic_read(APIC_ICR) & ICR_BUSY); i++)
		cpu_relax();
}

static void send(uint32_t id, uint32_t command)
{
	unsigned long flags;

	if (x2apic_mode) {
		__asm__ volatile("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC_BASE + (APIC_ICR >> 4), ((uint64_t)id << 32) | command);
		return;
	}
	flags = local_irq_save();
	icr_wait();
	apic_write(APIC_ICR2, id << 24);
	apic_write(APIC_ICR, command);
	local_irq_restore(flags);
}

void apic_send_ipi(unsigned int cpu, unsigned int vector)
{
	send(cpu_apic_id[cpu], ICR_FIXED | vector);
}

void apic_send_ipi_mask(const cpumask_t *cpus, unsigned int vector)
{
	unsigned int cpu, self = smp_processor_id();

	for_each_cpu(cpu, cpus)
		if (cpu != self)
			apic_send_ipi(cpu, vector);
}

void apic_send_nmi(unsigned int cpu)
{
	send(cpu_apic_id[cpu], ICR_NMI);
}

void apic_send_init(uint32_t id)
{
	send(id, ICR_INIT | ICR_ASSERT | ICR_LEVEL);
	if (!x2apic_mode)
		icr_wait();
	send(id, ICR_INIT | ICR_LEVEL);
}

void apic_send_startup(uint32_t id, unsigned int page)
{
	send(id, ICR_STARTUP | page);
}

/* ---- set-up ---- */

static bool cpu_has_x2apic_mode(void)
{
	uint32_t a, b, c, d;

	cpuid_count(1, 0, &a, &b, &c, &d);
	return c & (1u << 21);
}

/* Interrupts the firmware took but never finished would block all of lower priority. */
static void finish_stale(void)
{
	for (unsigned int pass = 0; pass < 256; pass++) {
		uint32_t any = 0;

		for (unsigned int i = 0; i < 8; i++)
			any |= apic_read(APIC_ISR + i * 0x10);
		if (!any)
			return;
		apic_eoi();
	}
}

/* LINT pins: NMI where the MADT says so (LINT1 by custom), nothing from the legacy controllers. */
static void init_lint(unsigned int cpu)
{
	uint32_t lint[2] = { LVT_MASKED, acpi_info.nr_nmis ? LVT_MASKED : LVT_NMI };

	for (unsigned int i = 0; i < acpi_info.nr_nmis; i++) {
		const struct acpi_lapic_nmi *n = &acpi_info.nmi[i];

		if (n->acpi_id == ACPI_ALL_CPUS || n->acpi_id == cpu_acpi_id[cpu])
			lint[n->lint] = LVT_NMI;
	}
	apic_write(APIC_LVT_LINT0, lint[0]);
	apic_write(APIC_LVT_LINT1, lint[1]);
}

void apic_init_cpu(void)
{
	unsigned int max_lvt, cpu = smp_processor_id();
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (x2apic_mode && !(base & BASE_X2APIC)) {
		wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
		wrmsr(MSR_APIC_BASE, base | BASE_ENABLE | BASE_X2APIC);
	} else if (!(base & BASE_ENABLE)) {
		wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
	}
	max_lvt = (apic_read(APIC_VERSION) >> 16) & 0xff;
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	if (max_lvt >= 4)
		apic_write(APIC_LVT_PERF, LVT_MASKED | VECTOR_ERROR);
	if (max_lvt >= 5)
		apic_write(APIC_LVT_THERMAL, LVT_MASKED | VECTOR_ERROR);
	finish_stale();
	apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	init_lint(cpu);
	if (max_lvt >= 3) {
		apic_write(APIC_ESR, 0);
		apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
		apic_write(APIC_ESR, 0);
	}
}

void apic_init(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	x2apic_mode = (base & BASE_X2APIC) || cpu_has_x2apic_mode();
	apic_regs = ioremap(base & 0x000ffffffffff000ul, PAGE_SIZE);
	apic_init_cpu();
	cpu_apic_id[0] = apic_id();
	for (unsigned int i = 0; i < acpi_info.nr_cpus; i++)
		if (acpi_info.cpu[i].apic_id == cpu_apic_id[0])
			cpu_acpi_id[0] = acpi_info.cpu[i].acpi_id;
	init_lint(0); /* again: the ACPI id, known only now, decides the wiring */
	printk("APIC: %s mode, boot CPU has id %u\n", x2apic_mode ? "x2APIC" : "xAPIC", cpu_apic_id[0]);
}

void apic_shutdown(void)
{
	if (apic_regs || x2apic_mode)
		apic_write(APIC_SPURIOUS, VECTOR_SPURIOUS);
}

void apic_error_interrupt(void)
{
	uint32_t esr;

	apic_write(APIC_ESR, 0);
	esr = apic_read(APIC_ESR);
	apic_eoi();
	log_at(LOG_WARNING, "APIC error on CPU %u: status %#x\n", smp_processor_id(), esr);
}
