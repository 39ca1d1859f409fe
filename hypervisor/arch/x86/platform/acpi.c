/* SPDX-License-Identifier: MIT */
/*
 * Finding the ACPI tables: from the boot loader's RSDP, or by the search the specification gives
 * (5.2.5.1): the first KiB of the EBDA, then the BIOS area. Tables may lie in RAM the direct map has or
 * has not, so all are read through device mappings.
 */
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/acpi.h>
#include <asm/layout.h>

struct acpi_info acpi_info;
static uint8_t rsdp[36];
static bool have_rsdp;

/* Before memory management is up: boot loaders put it below 4 GiB, inside the early direct map. */
void acpi_set_rsdp(uint64_t maddr)
{
	const void *p = (const void *)(DIRECTMAP_START + maddr);

	if (!maddr || maddr >= 0xffffffff - sizeof(rsdp))
		return;
	memcpy(rsdp, p, sizeof(rsdp));
	have_rsdp = acpi_rsdp_valid(rsdp, sizeof(rsdp));
}

static bool search(uint64_t start, size_t len)
{
	const uint8_t *area = ioremap(start, len);

	for (size_t off = 0; off + sizeof(rsdp) <= len; off += 16) {
		if (memcmp(area + off, "RSD PTR ", 8))
			continue;
		memcpy(rsdp, area + off, sizeof(rsdp));
		if (acpi_rsdp_valid(rsdp, sizeof(rsdp)))
			return true;
	}
	return false;
}

static bool find_rsdp(void)
{
	const uint8_t *bda = ioremap(0, PAGE_SIZE);
	uint64_t ebda = (uint64_t)(bda[0x40e] | (bda[0x40f] << 8)) << 4;

	if (ebda >= 0x400 && ebda < 0xa0000 && search(ebda, 1024))
		return true;
	return search(0xe0000, 0x20000);
}

static const void *map_acpi(uint64_t maddr, size_t len)
{
	if (maddr >> 52)
		return NULL;
	return ioremap(maddr, len);
}

void acpi_init(void)
{
	struct acpi_info *i = &acpi_info;

	if (!have_rsdp)
		have_rsdp = find_rsdp();
	if (!have_rsdp || acpi_load(i, rsdp, map_acpi)) {
		printk("ACPI: no usable tables; one CPU, no I/O APIC\n");
		return;
	}
	printk("ACPI: %u CPUs, %u I/O APICs, %u overrides, %u ECAM ranges, HPET %#lx, PM timer %#lx\n",
	       i->nr_cpus, i->nr_ioapics, i->nr_overrides, i->nr_mcfg, i->hpet_address,
	       i->pm_timer.address);
	if (i->bad_tables)
		printk("ACPI: ignored %u tables with a bad length or checksum\n", i->bad_tables);
}
