/* SPDX-License-Identifier: MIT */
/*
 * The platform's start-up order, and which of its devices stay out of Dom0's hands. Order matters: ACPI
 * says where the interrupt controllers are, time needs the HPET's address, serial input needs both.
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/rangeset.h>
#include <hv/time.h>
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/io_apic.h>
#include <asm/irq.h>
#include <asm/platform.h>
#include <asm/serial.h>
#include <asm/smp.h>

void platform_init(void)
{
	acpi_init();
	i8259_mask_all();
	apic_init();
	smp_number_cpus();
	io_apic_init();
	irq_init();
	time_init();
	console_devices_init();
}

static void deny_ports(struct domain *d, uint16_t first, uint16_t last)
{
	if (rangeset_remove(d->ioport_caps, first, last))
		panic("no memory to deny ports %#x-%#x to Dom0", first, last);
}

static void deny_frames(struct domain *d, uint64_t first, uint64_t last)
{
	if (rangeset_remove(d->iomem_caps, first, last))
		panic("no memory to deny frames %#lx-%#lx to Dom0", first, last);
}

void dom0_deny_platform(struct domain *d)
{
	uint16_t first, last;

	deny_ports(d, 0x20, 0x21); /* interrupt controllers */
	deny_ports(d, 0xa0, 0xa1);
	deny_ports(d, 0x40, 0x43); /* timer and its gate: see pit_guest_io() */
	deny_ports(d, 0x61, 0x61);
	deny_ports(d, 0xcf8, 0xcff); /* see pci_guest_io() */
	if (serial_ports(&first, &last))
		deny_ports(d, first, last);
	/* Local APICs and the whole window a write to which is an interrupt message. */
	deny_frames(d, 0xfee00, 0xfeeff);
	if (acpi_info.lapic_address)
		deny_frames(d, PFN_DOWN(acpi_info.lapic_address), PFN_DOWN(acpi_info.lapic_address));
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++)
		deny_frames(d, PFN_DOWN(acpi_info.ioapic[i].address),
			    PFN_DOWN(acpi_info.ioapic[i].address));
}
