/* SPDX-License-Identifier: MIT */
/*
 * What ACPI's byte code says of the machine: how it sleeps, its processors, the PCI bus with its
 * windows and interrupts, and what old devices are there.
 *
 * Each PCI pin has two ways: a GSI of its own for kernels that use the I/O APIC (_PIC with 1), or
 * the ISA interrupt its link is wired to. CPUs come and go by the device model's bitmap of those
 * there are: an event makes each look at its bit.
 */
#include "loader.h"

#define RETURN	  0xa4
#define STORE	  0x70
#define NOTIFY	  0x86
#define EQUAL	  0x93
#define NOT	  0x92
#define ARG0	  0x68
#define SYSTEM_IO 1

const uint8_t link_irq[4] = { 5, 10, 11, 5 };

static void named_integer(struct aml *aml, const char *name, uint64_t value)
{
	aml_named(aml, name);
	aml_integer(aml, value);
}

static void named_eisa(struct aml *aml, const char *name, const char *id)
{
	aml_named(aml, name);
	aml_eisa(aml, id);
}

static void give_integer(struct aml *aml, uint64_t value)
{
	aml_byte(aml, RETURN);
	aml_integer(aml, value);
}

/* ---- sleep ---- */

/* The value that goes into the control register for it; the device model knows them. */
static void sleep_state(struct aml *aml, const char *name, unsigned int value)
{
	size_t package;

	aml_named(aml, name);
	package = aml_package(aml, 4);
	aml_integer(aml, value);
	aml_integer(aml, value);
	aml_integer(aml, 0);
	aml_integer(aml, 0);
	aml_end(aml, package);
}

/* ---- processors ---- */

static const char *cpu_name(char name[5], char letter, unsigned int vcpu)
{
	static const char digits[] = "0123456789ABCDEF";

	name[0] = letter;
	name[1] = '0';
	name[2] = digits[vcpu >> 4];
	name[3] = digits[vcpu & 15];
	name[4] = '\0';
	return name;
}

static void cpu_bitmap(struct aml *aml, unsigned int vcpus)
{
	char name[5];
	size_t field;

	aml_bytes(aml, "\x5b\x80", 2);
	aml_path(aml, "PRST");
	aml_byte(aml, SYSTEM_IO);
	aml_integer(aml, CPU_BITMAP);
	aml_integer(aml, MAX_VCPUS / 8);
	field = aml_begin(aml, "\x5b\x81");
	aml_path(aml, "PRST");
	aml_byte(aml, 1); /* by bytes */
	for (unsigned int i = 0; i < vcpus; i++) {
		aml_path(aml, cpu_name(name, 'B', i));
		aml_byte(aml, 1);
	}
	aml_end(aml, field);
}

static void cpu_entry(struct aml *aml, unsigned int vcpu)
{
	const uint8_t entry[] = { 0, 8, (uint8_t)vcpu, (uint8_t)LAPIC_ID(vcpu), 1, 0, 0, 0 };
	size_t buffer;

	aml_named(aml, "_MAT");
	buffer = aml_begin(aml, "\x11");
	aml_integer(aml, sizeof(entry));
	aml_bytes(aml, entry, sizeof(entry));
	aml_end(aml, buffer);
}

/* Has its bit changed? Then the kernel is told: 1, look; 3, it is to go. */
static void cpu_look(struct aml *aml, unsigned int vcpu)
{
	char bit[5], device[5];
	size_t method = aml_method(aml, "LOOK", 0), changed = aml_if(aml), there;

	cpu_name(bit, 'B', vcpu);
	cpu_name(device, 'C', vcpu);
	aml_byte(aml, NOT);
	aml_byte(aml, EQUAL);
	aml_path(aml, bit);
	aml_path(aml, "WAS");
	aml_byte(aml, STORE);
	aml_path(aml, bit);
	aml_path(aml, "WAS");
	for (unsigned int is = 0; is < 2; is++) {
		there = aml_if(aml);
		aml_byte(aml, EQUAL);
		aml_path(aml, "WAS");
		aml_integer(aml, is);
		aml_byte(aml, NOTIFY);
		aml_path(aml, device);
		aml_integer(aml, is ? 1 : 3);
		aml_end(aml, there);
	}
	aml_end(aml, changed);
	aml_end(aml, method);
}

static void cpu(struct aml *aml, const struct machine *machine, unsigned int vcpu)
{
	char name[5];
	size_t device = aml_device(aml, cpu_name(name, 'C', vcpu)), method, there;

	aml_named(aml, "_HID");
	aml_string(aml, "ACPI0007");
	named_integer(aml, "_UID", vcpu);
	named_integer(aml, "WAS", machine->online[vcpu / 8] >> vcpu % 8 & 1);
	cpu_entry(aml, vcpu);
	method = aml_method(aml, "_STA", 0);
	there = aml_if(aml);
	aml_path(aml, cpu_name(name, 'B', vcpu));
	give_integer(aml, 15);
	aml_end(aml, there);
	give_integer(aml, 0);
	aml_end(aml, method);
	aml_end(aml, aml_method(aml, "_EJ0", 1));
	cpu_look(aml, vcpu);
	aml_end(aml, device);
}

static void cpus(struct aml *aml, const struct machine *machine)
{
	size_t scope = aml_scope(aml, "\\_SB"), event;
	char path[] = "\\_SB.C000.LOOK";

	cpu_bitmap(aml, machine->vcpus);
	for (unsigned int i = 0; i < machine->vcpus; i++)
		cpu(aml, machine, i);
	aml_end(aml, scope);
	scope = aml_scope(aml, "\\_GPE");
	event = aml_method(aml, "_E02", 0);
	for (unsigned int i = 0; i < machine->vcpus; i++) {
		cpu_name(path + 5, 'C', i);
		path[9] = '.';
		aml_path(aml, path);
	}
	aml_end(aml, event);
	aml_end(aml, scope);
}

/* ---- PCI ---- */

/* What is outside of it a kernel moves: a screen's picture, which cannot be moved again, then costs
 * a request for each access. */
static uint32_t memory_start(const struct machine *machine)
{
	if (!machine->uefi)
		return (uint32_t)machine->memory.start;
	return machine->low_end > UEFI_PCI ? machine->low_end & ~0xffffu : UEFI_PCI;
}

static void pci_windows(struct aml *aml, const struct machine *machine)
{
	struct aml_resources resources = aml_resources(aml);

	aml_window(aml, AML_BUSES, 2, 0, 0xff);
	aml_ports(aml, 0xcf8, 8);
	aml_window(aml, AML_PORTS, 2, 0, 0xcf7);
	aml_window(aml, AML_PORTS, 2, 0xd00, 0xffff);
	aml_window(aml, AML_MEMORY, 4, VGA_AT, 0xbffff);
	aml_window(aml, AML_MEMORY, 4, memory_start(machine), machine->memory.end - 1);
	if (machine->high.start < machine->high.end)
		aml_window(aml, AML_MEMORY, 8, machine->high.start, machine->high.end - 1);
	aml_resources_end(aml, resources);
}

static void pci_route(struct aml *aml, unsigned int device, unsigned int pin, unsigned int gsi)
{
	size_t package = aml_package(aml, 4);

	aml_integer(aml, device << 16 | 0xffff);
	aml_integer(aml, pin);
	aml_integer(aml, 0);
	aml_integer(aml, gsi);
	aml_end(aml, package);
}

static void pci_routes(struct aml *aml, const char *name, bool apics)
{
	size_t package;

	aml_named(aml, name);
	package = aml_package(aml, 31 * 4);
	for (unsigned int device = 1; device < 32; device++)
		for (unsigned int pin = 0; pin < 4; pin++)
			pci_route(aml, device, pin,
				  apics ? (unsigned int)GSI_OF(device, pin)
					: link_irq[LINK_OF(device, pin)]);
	aml_end(aml, package);
}

static void pci_routing(struct aml *aml)
{
	size_t method, apics;

	pci_routes(aml, "PRTP", false);
	pci_routes(aml, "PRTA", true);
	method = aml_method(aml, "_PRT", 0);
	apics = aml_if(aml);
	aml_path(aml, "PICD");
	aml_byte(aml, RETURN);
	aml_path(aml, "PRTA");
	aml_end(aml, apics);
	aml_byte(aml, RETURN);
	aml_path(aml, "PRTP");
	aml_end(aml, method);
}

/* ---- old devices ---- */

struct old_device {
	char name[5], id[8];
	struct {
		uint16_t first;
		uint8_t count;
	} ports[3];
	uint16_t irqs; /* a bit each */
};

static const struct old_device always[] = {
	{ "PIC", "PNP0000", { { 0x20, 2 }, { 0xa0, 2 }, { 0x4d0, 2 } }, 1 << 2 },
	{ "DMAC", "PNP0200", { { 0x00, 16 }, { 0x80, 16 }, { 0xc0, 32 } }, 0 },
	{ "TMR", "PNP0100", { { 0x40, 4 } }, 1 << 0 },
	{ "RTC", "PNP0B00", { { 0x70, 2 } }, 1 << 8 },
	{ "SPKR", "PNP0800", { { 0x61, 1 } }, 0 },
	{ "PS2K", "PNP0303", { { 0x60, 1 }, { 0x64, 1 } }, 1 << 1 },
	{ "PS2M", "PNP0F13", { { 0 } }, 1 << 12 },
	{ "FDC0", "PNP0700", { { 0x3f0, 6 }, { 0x3f7, 1 } }, 1 << 6 },
	/* Ports of the board: ACPI's, and those CPUs are found by. */
	{ "PMIO", "PNP0C02", { { PM_EVENTS, 64 }, { GPE_BLOCK, 4 }, { CPU_BITMAP, 32 } }, 0 },
};
static const struct old_device serial = { "UAR1", "PNP0501", { { 0x3f8, 8 } }, 1 << 4 };
static const struct old_device parallel = { "LTP1", "PNP0400", { { 0x378, 8 } }, 1 << 7 };

static void old_device(struct aml *aml, const struct old_device *old)
{
	size_t device = aml_device(aml, old->name);
	struct aml_resources resources;

	named_eisa(aml, "_HID", old->id);
	resources = aml_resources(aml);
	for (unsigned int i = 0; i < 3; i++)
		if (old->ports[i].count)
			aml_ports(aml, old->ports[i].first, old->ports[i].count);
	for (unsigned int irq = 0; irq < 16; irq++)
		if (old->irqs >> irq & 1)
			aml_irq(aml, irq);
	aml_resources_end(aml, resources);
	aml_end(aml, device);
}

static void isa_bus(struct aml *aml, const struct machine *machine)
{
	size_t device = aml_device(aml, "ISA");

	named_integer(aml, "_ADR", 0x00010000);
	for (unsigned int i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		old_device(aml, &always[i]);
	if (machine->serial)
		old_device(aml, &serial);
	if (machine->parallel)
		old_device(aml, &parallel);
	aml_end(aml, device);
}

static void pci_bus(struct aml *aml, const struct machine *machine)
{
	size_t device = aml_device(aml, "PCI0");

	named_eisa(aml, "_HID", "PNP0A03");
	named_integer(aml, "_UID", 0);
	named_integer(aml, "_ADR", 0);
	named_integer(aml, "_BBN", 0);
	pci_windows(aml, machine);
	pci_routing(aml);
	isa_bus(aml, machine);
	aml_end(aml, device);
}

/* ---- the board ---- */

static void hpet(struct aml *aml)
{
	size_t device = aml_device(aml, "HPET");
	struct aml_resources resources;

	named_eisa(aml, "_HID", "PNP0103");
	named_integer(aml, "_UID", 0);
	resources = aml_resources(aml);
	aml_fixed_memory(aml, HPET_AT, 0x400);
	aml_resources_end(aml, resources);
	aml_end(aml, device);
}

/* The number that tells a guest it was copied: where its 16 bytes lie. */
static void generation(struct aml *aml, uint32_t at)
{
	size_t device = aml_device(aml, "VGEN"), package;

	aml_named(aml, "_HID");
	aml_string(aml, "XEN0000");
	aml_named(aml, "_CID");
	aml_string(aml, "VM_Gen_Counter");
	aml_named(aml, "_DDN");
	aml_string(aml, "VM_Gen_Counter");
	aml_named(aml, "ADDR");
	package = aml_package(aml, 2);
	aml_integer(aml, at);
	aml_integer(aml, 0);
	aml_end(aml, package);
	aml_end(aml, device);
}

size_t dsdt_code(uint8_t *to, size_t room, const struct machine *machine)
{
	struct aml aml = { to, 0, room };
	size_t mark;

	named_integer(&aml, "PICD", 0);
	mark = aml_method(&aml, "_PIC", 1);
	aml_byte(&aml, STORE);
	aml_byte(&aml, ARG0);
	aml_path(&aml, "PICD");
	aml_end(&aml, mark);
	if (machine->s3)
		sleep_state(&aml, "_S3", 1);
	if (machine->s4)
		sleep_state(&aml, "_S4", 2);
	sleep_state(&aml, "_S5", 0);
	cpus(&aml, machine);
	mark = aml_scope(&aml, "\\_SB");
	pci_bus(&aml, machine);
	if (machine->hpet)
		hpet(&aml);
	if (machine->generation_at)
		generation(&aml, machine->generation_at);
	aml_end(&aml, mark);
	return aml.at;
}
