/* SPDX-License-Identifier: MIT */
/*
 * Memory types of all CPUs, which kernels want to be the same, and the interrupt controllers as a
 * board's firmware leaves them: the old PIC's interrupts come through (virtual wire).
 *
 * The other CPUs are started one after the other, set their own registers, and stop again; a kernel
 * starts them the same way.
 */
#include "loader.h"

#include <string.h>

#define LAPIC_SPURIOUS 0x0f0
#define LAPIC_ICR      0x300
#define LAPIC_ICR_HIGH 0x310
#define LAPIC_LINT0    0x350
#define LAPIC_LINT1    0x360
#define DELIVER_NMI    0x400u
#define DELIVER_INIT   0x4500u
#define DELIVER_START  0x4600u
#define DELIVER_EXTINT 0x700u
#define START_SECONDS  30

#define MSR_MTRR_CAP	 0x0fe
#define MSR_MTRR_BASE(n) (0x200 + 2 * (n))
#define MSR_MTRR_MASK(n) (0x201 + 2 * (n))
#define MSR_MTRR_DEFAULT 0x2ff
#define TYPE_UNCACHED	 0
#define TYPE_WRITE_BACK	 6
#define ALL_WRITE_BACK	 0x0606060606060606ull
#define MTRR_VALID	 0x800u
#define MTRRS_ON	 0xc00u /* fixed ones, too */
#define MAX_MTRRS	 8

static struct {
	struct mtrr range[MAX_MTRRS];
	unsigned int count;
	uint64_t address_mask;
	volatile unsigned int done; /* CPUs that have set theirs */
} types;

static void set_types(void)
{
	static const struct {
		uint32_t msr;
		uint64_t types;
	} fixed[] = {
		{ 0x250, ALL_WRITE_BACK },	 { 0x258, ALL_WRITE_BACK },
		{ 0x259, 0 /* VGA's window */ }, { 0x268, ALL_WRITE_BACK },
		{ 0x269, ALL_WRITE_BACK },	 { 0x26a, ALL_WRITE_BACK },
		{ 0x26b, ALL_WRITE_BACK },	 { 0x26c, ALL_WRITE_BACK },
		{ 0x26d, ALL_WRITE_BACK },	 { 0x26e, ALL_WRITE_BACK },
		{ 0x26f, ALL_WRITE_BACK },
	};
	unsigned int variable = (unsigned int)rdmsr(MSR_MTRR_CAP) & 0xff;

	wrmsr(MSR_MTRR_DEFAULT, 0);
	for (unsigned int i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		wrmsr(fixed[i].msr, fixed[i].types);
	for (unsigned int i = 0; i < types.count && i < variable; i++) {
		wrmsr(MSR_MTRR_BASE(i), types.range[i].base | TYPE_UNCACHED);
		wrmsr(MSR_MTRR_MASK(i),
		      (types.address_mask & ~(types.range[i].bytes - 1)) | MTRR_VALID);
	}
	wrmsr(MSR_MTRR_DEFAULT, MTRRS_ON | TYPE_WRITE_BACK);
}

void ap_main(void)
{
	set_types();
	types.done++;
}

/* From the devices' window to 4 GiB, and above RAM. */
static void choose_types(const struct machine *machine)
{
	uint32_t regs[4];

	cpuid(0x80000000u, regs);
	if (regs[0] >= 0x80000008u)
		cpuid(0x80000008u, regs);
	else
		regs[0] = 36;
	types.address_mask = ((uint64_t)1 << (regs[0] & 0xff)) - 1;
	types.count =
	    mtrrs_for((struct window){ machine->memory.start, 4 * GIB }, types.range, MAX_MTRRS);
	types.count += mtrrs_for(machine->high, types.range + types.count, MAX_MTRRS - types.count);
}

static void start_cpu(unsigned int vcpu)
{
	unsigned int before = types.done;
	uint32_t since = ticks_now();

	*mmio(LAPIC_AT + LAPIC_ICR_HIGH) = (uint32_t)LAPIC_ID(vcpu) << 24;
	*mmio(LAPIC_AT + LAPIC_ICR) = DELIVER_INIT;
	*mmio(LAPIC_AT + LAPIC_ICR_HIGH) = (uint32_t)LAPIC_ID(vcpu) << 24;
	*mmio(LAPIC_AT + LAPIC_ICR) = DELIVER_START | REAL_MODE_AT >> 12;
	while (types.done == before) {
		if (seconds_passed(since, START_SECONDS)) {
			say("loader: vCPU %u does not start: its memory types are not set", vcpu);
			return;
		}
		yield();
	}
}

void cpus_setup(const struct machine *machine)
{
	memcpy((void *)(uintptr_t)REAL_MODE_AT, real_mode_start,
	       (size_t)(real_mode_end - real_mode_start));
	choose_types(machine);
	set_types();
	for (unsigned int i = 1; i < machine->vcpus; i++)
		start_cpu(i);
	say("loader: %u CPUs", machine->vcpus);
}

static void ioapic_write(uint32_t reg, uint32_t value)
{
	*mmio(IOAPIC_AT) = reg;
	*mmio(IOAPIC_AT + 0x10) = value;
}

void interrupts_setup(void)
{
	*mmio(LAPIC_AT + LAPIC_SPURIOUS) = 0x1ff;
	*mmio(LAPIC_AT + LAPIC_LINT0) = DELIVER_EXTINT;
	*mmio(LAPIC_AT + LAPIC_LINT1) = DELIVER_NMI;
	ioapic_write(0, (uint32_t)IOAPIC_ID << 24);
	ioapic_write(0x10, DELIVER_EXTINT);
	ioapic_write(0x11, (uint32_t)LAPIC_ID(0) << 24);
	/* ACPI's events are ACPI's from the start. */
	outw(PM_CONTROL, inw(PM_CONTROL) | 1);
}
