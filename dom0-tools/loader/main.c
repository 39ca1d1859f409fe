/* SPDX-License-Identifier: MIT */
/* What the toolstack says of the machine, and the order of things. */
#include "loader.h"

#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>

static struct machine machine;

static const void *memory_at(uint64_t address, const char *what)
{
	if (!address || address >> 32)
		die("the start information leads to %s at %llx: a newer toolstack is needed", what,
		    (unsigned long long)address);
	return (const void *)(uintptr_t)address;
}

/* ---- what the domain builder left ---- */

static void read_info_table(void)
{
	const struct hvm_info_table *table = (const void *)(uintptr_t)HVM_INFO_PADDR;
	uint8_t sum = 0;

	for (unsigned int i = 0; i < sizeof(*table); i++)
		sum = (uint8_t)(sum + ((const uint8_t *)table)[i]);
	if (memcmp(table->signature, "HVM INFO", sizeof(table->signature)) || sum)
		die("the domain builder's table at %x is missing or damaged",
		    (unsigned int)HVM_INFO_PADDR);
	if (!table->nr_vcpus || table->nr_vcpus > MAX_VCPUS ||
	    table->low_mem_pgend <= ROM_END / PAGE_BYTES ||
	    table->low_mem_pgend > PCI_END / PAGE_BYTES)
		die("the domain builder tells of %u vCPUs and memory up to page %x",
		    (unsigned int)table->nr_vcpus, (unsigned int)table->low_mem_pgend);
	machine.vcpus = table->nr_vcpus;
	machine.apics = table->apic_mode;
	machine.ram_end = machine.low_end = table->low_mem_pgend * PAGE_BYTES;
	machine.high_end = (uint64_t)table->high_mem_pgend * PAGE_BYTES;
	if (machine.high_end < 4 * GIB)
		machine.high_end = 4 * GIB;
	memcpy(machine.online, table->vcpu_online, sizeof(machine.online));
}

static void stay_behind(uint64_t end)
{
	if (end >> 32)
		die("a module lies above 4 GiB: a newer toolstack is needed");
	if (end > machine.used_end)
		machine.used_end = (uint32_t)end;
}

/* The module of that name; or, of toolstacks that give no names, the first. */
static void find_firmware(const struct hvm_start_info *info)
{
	const struct hvm_modlist_entry *module, *found = NULL;

	if (info->magic != XEN_HVM_START_MAGIC_VALUE || !info->nr_modules || info->nr_modules > 64)
		die("the toolstack gave no firmware: see firmware= and bios_path_override= in "
		    "xl.cfg(5)");
	module = memory_at(info->modlist_paddr, "its modules");
	stay_behind((uintptr_t)loader_end);
	stay_behind((uintptr_t)info + PAGE_BYTES);
	for (unsigned int i = 0; i < info->nr_modules; i++) {
		const char *name = module[i].cmdline_paddr
				       ? memory_at(module[i].cmdline_paddr, "a module's name")
				       : "";

		stay_behind(module[i].paddr + module[i].size);
		if (!strcmp(name, "firmware") || (!found && !*name))
			found = &module[i];
	}
	if (!found || found->size >> 32)
		die("none of the %u modules is called firmware", (unsigned int)info->nr_modules);
	machine.firmware = memory_at(found->paddr, "the firmware");
	machine.firmware_bytes = (uint32_t)found->size;
}

/* ---- what the store says ---- */

static bool says_yes(const char *path, bool usual)
{
	char text[8];

	return store_read(path, text, sizeof(text)) ? text[0] != '0' : usual;
}

static int digit(char letter, unsigned int base)
{
	int value = letter >= 'a' ? letter - 'a' + 10 : letter >= 'A' ? letter - 'A' + 10 : letter - '0';

	return value < 0 || value >= (int)base || (letter > '9' && letter < 'A') ? -1 : value;
}

/* A number, decimal or, after 0x, hexadecimal, with its sign; *end is what comes behind. */
static uint64_t read_number(const char *text, const char **end)
{
	bool negative = *text == '-';
	unsigned int base = 10;
	uint64_t value = 0;

	text += negative;
	if (text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
	}
	for (; digit(*text, base) >= 0; text++)
		value = value * base + (unsigned int)digit(*text, base);
	*end = text;
	return negative ? -value : value;
}

/* Further tables, as the store names them; they lie in front of the start information. */
static const uint8_t *read_tables(const char *address_path, const char *length_path, uint32_t most,
				  uint32_t *bytes)
{
	uint64_t address, length;
	const char *rest;
	char text[24];

	*bytes = 0;
	if (!store_read(address_path, text, sizeof(text)))
		return NULL;
	address = read_number(text, &rest);
	if (!store_read(length_path, text, sizeof(text)))
		return NULL;
	length = read_number(text, &rest);
	if (!address || !length)
		return NULL;
	if (length > most)
		die("%s says %llx bytes: %x is what there is room for", length_path,
		    (unsigned long long)length, most);
	stay_behind(address + length);
	*bytes = (uint32_t)length;
	return memory_at(address, address_path);
}

static void read_generation(void)
{
	uint64_t number[2] = { 0, 0 };
	const char *rest;
	char text[64];

	if (!store_read("platform/generation-id", text, sizeof(text)))
		return;
	number[0] = read_number(text, &rest);
	if (*rest == ':')
		number[1] = read_number(rest + 1, &rest);
	machine.generation_at = ram_take(&machine, sizeof(number));
	memcpy((void *)(uintptr_t)machine.generation_at, number, sizeof(number));
	set_hvm_param(HVM_PARAM_VM_GENERATION_ID_ADDR, machine.generation_at);
}

/* The devices' window, or 0: as usual. */
static uint32_t read_hole(void)
{
	const char *rest;
	char text[24];
	uint64_t bytes;

	if (!store_read("platform/mmio_hole_size", text, sizeof(text)))
		return 0;
	bytes = read_number(text, &rest);
	return bytes && bytes < 4 * GIB && 4 * GIB - bytes < PCI_END ? (uint32_t)(4 * GIB - bytes)
								     : 0;
}

static void read_store(void)
{
	char bios[16];

	store_open();
	machine.uefi = store_read("hvmloader/bios", bios, sizeof(bios)) && !strcmp(bios, "ovmf");
	if (!machine.uefi && bios[0] && strcmp(bios, "seabios"))
		die("the firmware %s is not known here: use firmware=\"seabios\" or \"ovmf\"",
		    bios);
	machine.acpi = says_yes("platform/acpi", true);
	machine.s3 = says_yes("platform/acpi_s3", false);
	machine.s4 = says_yes("platform/acpi_s4", false);
	machine.more_acpi = read_tables("hvmloader/acpi/address", "hvmloader/acpi/length", MORE_ACPI,
					&machine.more_acpi_bytes);
	machine.more_smbios = read_tables("hvmloader/smbios/address", "hvmloader/smbios/length", MORE_SMBIOS,
					  &machine.more_smbios_bytes);
	read_generation();
}

/* ---- what is there ---- */

/* A serial line's scratch register keeps what is written; so do a parallel port's data. */
static bool keeps(uint16_t port)
{
	bool kept;

	outb(port, 0x5a);
	kept = inb(port) == 0x5a;
	outb(port, 0);
	return kept;
}

static void find_devices(void)
{
	machine.hpet = *mmio(HPET_AT) >> 16 == 0x8086;
	machine.serial = keeps(0x3ff);
	machine.parallel = keeps(0x378);
}

void loader_main(uint32_t start_info)
{
	hypervisor_find();
	say("Serai's loader of HVM guests");
	describe_hypervisor(&machine);
	read_info_table();
	find_firmware(memory_at(start_info, "nothing"));
	read_store();
	find_devices();
	interrupts_setup();
	pci_setup(&machine, read_hole());
	cpus_setup(&machine);
	firmware_place(&machine);
	tables_place(&machine);
	say("loader: %s begins", machine.uefi ? "OVMF" : "SeaBIOS");
	enter_firmware();
}
