/* SPDX-License-Identifier: MIT */
/*
 * Puts the firmware where it runs, the tables where it finds them, and tells it by a structure at 4
 * KiB, which SeaBIOS and Xen's own OVMF look for: a name, the tables' addresses, the memory map.
 */
#include "loader.h"

#include <string.h>

#include <xen/hvm/params.h>

#define SEABIOS_MOST 0x40000u
#define UEFI_LEAST   0x10000u
#define UEFI_MOST    0x1000000u
#define MOVED_MOST   0x1000000u
#define CMOS_PORT    0x70
#define CMOS_MEMORY  0x34

struct info_head {
	char signature[14];
	uint8_t length, checksum; /* so that all its bytes' sum is 0 */
} __attribute__((packed));

struct seabios_info {
	struct info_head head;
	uint32_t tables, nr_tables, map, nr_entries;
} __attribute__((packed));

struct uefi_info {
	struct info_head head;
	uint64_t tables;
	uint32_t nr_tables;
	uint64_t map;
	uint32_t nr_entries;
} __attribute__((packed));

/* Together on one page. */
struct info_page {
	union {
		struct info_head head;
		struct seabios_info seabios;
		struct uefi_info uefi;
	} info;
	uint32_t tables[2] __attribute__((aligned(16)));
	struct map_entry map[MAP_ENTRIES];
};

static void *memory_at(uint32_t address)
{
	return (void *)(uintptr_t)address;
}

static void move(uint32_t from, uint32_t to, uint32_t bytes)
{
	for (uint32_t at = 0; at < bytes; at += PAGE_BYTES)
		if (!move_page((from + at) / PAGE_BYTES, (to + at) / PAGE_BYTES))
			die("the hypervisor refuses to move memory to %x", to + at);
}

static uint32_t end_of_ram_take(struct machine *machine, uint32_t bytes)
{
	if (machine->low_end < bytes || machine->low_end - bytes < machine->used_end)
		die("the guest has no memory left for its firmware: raise memory= in its "
		    "configuration");
	machine->low_end -= bytes;
	return machine->low_end;
}

/* UEFI firmware may give devices the addresses behind what it is told of RAM: none of it stays
 * there. */
uint32_t ram_take(struct machine *machine, uint32_t bytes)
{
	uint32_t at;

	bytes = (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	at = end_of_ram_take(machine, bytes);
	if (machine->uefi) {
		if (bytes > MOVED_MOST - machine->reserved_bytes)
			die("%u bytes of tables are too many: see acpi_firmware= and "
			    "smbios_firmware=",
			    bytes);
		move(at, PCI_END + machine->reserved_bytes, bytes);
		at = PCI_END + machine->reserved_bytes;
		machine->reserved_bytes += bytes;
	}
	memset(memory_at(at), 0, bytes);
	return at;
}

/* It ends at 4 GiB, where no memory is: that comes from the end of RAM. */
static void place_uefi(struct machine *machine)
{
	const uint32_t bytes = machine->firmware_bytes, start = 0u - bytes;

	if (bytes < UEFI_LEAST || bytes > UEFI_MOST || bytes % PAGE_BYTES)
		die("the firmware's %u bytes are not those of an OVMF: see bios_path_override= and "
		    "firmware=",
		    bytes);
	move(end_of_ram_take(machine, bytes), start, bytes);
	memcpy(memory_at(start), machine->firmware, bytes);
	if (memcmp(memory_at(start), machine->firmware, bytes))
		die("the memory moved to %x does not keep what is written", start);
	memcpy(memory_at(UEFI_LOW), machine->firmware + bytes - (ROM_END - UEFI_LOW),
	       ROM_END - UEFI_LOW);
}

static void place_seabios(const struct machine *machine)
{
	const uint32_t bytes = machine->firmware_bytes;

	if (!bytes || bytes > SEABIOS_MOST)
		die("the firmware's %u bytes are not those of a BIOS: see bios_path_override= and "
		    "firmware=",
		    bytes);
	memcpy(memory_at(ROM_END - bytes), machine->firmware, bytes);
}

void firmware_place(struct machine *machine)
{
	if (machine->uefi)
		place_uefi(machine);
	else
		place_seabios(machine);
}

/*
 * Firmware that knows nothing of Xen, as Debian's OVMF, reads in the clock's memory how much RAM
 * there is beyond 16 MiB, in pieces of 64 KiB; and a kernel finds ACPI's tables by itself.
 */
static void write_cmos(const struct machine *machine)
{
	const uint32_t first = 16u << 20;
	uint32_t pieces = machine->low_end > first ? (machine->low_end - first) >> 16 : 0;

	outb(CMOS_PORT, CMOS_MEMORY);
	outb(CMOS_PORT + 1, (uint8_t)pieces);
	outb(CMOS_PORT, CMOS_MEMORY + 1);
	outb(CMOS_PORT + 1, (uint8_t)(pieces >> 8));
}

/* ---- tables ---- */

/* OVMF looks at fixed places. */
static void copy_for_uefi(const struct machine *machine, uint32_t acpi, uint32_t smbios)
{
	if (machine->acpi)
		memcpy(memory_at(UEFI_RSDP), memory_at(acpi), RSDP_BYTES);
	memcpy(memory_at(UEFI_SMBIOS), memory_at(smbios), SMBIOS_ENTRY_BYTES);
}

static void write_info(const struct machine *machine, uint32_t acpi, uint32_t smbios)
{
	struct info_page *page = memory_at(INFO_AT);
	unsigned int tables = 0, entries = map_make(page->map, machine);
	uint8_t sum = 0;

	memset(&page->info, 0, sizeof(page->info));
	page->tables[tables++] = smbios;
	if (machine->acpi)
		page->tables[tables++] = acpi;
	if (machine->uefi) {
		page->info.uefi = (struct uefi_info){ { "XenHVMOVMF", sizeof(page->info.uefi), 0 },
						      (uintptr_t)page->tables,
						      tables,
						      (uintptr_t)page->map,
						      entries };
	} else {
		page->info.seabios =
		    (struct seabios_info){ { "XenHVMSeaBIOS", sizeof(page->info.seabios), 0 },
					   (uintptr_t)page->tables,
					   tables,
					   (uintptr_t)page->map,
					   entries };
	}
	for (unsigned int i = 0; i < page->info.head.length; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)page)[i]);
	page->info.head.checksum = (uint8_t)-sum;
}

void tables_place(struct machine *machine)
{
	/* Tables of ACPI begin at multiples of 64 bytes. */
	const uint32_t room = (TABLES_BYTES + machine->more_acpi_bytes + MORE_TABLES * 64 +
			       machine->more_smbios_bytes + PAGE_BYTES - 1) &
			      ~(PAGE_BYTES - 1);
	/* The latter for processors that run real mode as a task. Tables say where RAM ends, so
	 * they come last. */
	const uint32_t at = ram_take(machine, room), task = ram_take(machine, PAGE_BYTES);
	uint32_t smbios;
	size_t bytes = machine->acpi ? acpi_write(memory_at(at), room, at, machine) : 0;

	bytes = (bytes + 15) & ~(size_t)15;
	smbios = at + (uint32_t)bytes;
	if (bytes < room)
		bytes += smbios_write(memory_at(smbios), room - bytes, smbios, machine);
	if (bytes > room)
		die("the tables need %u bytes: give the guest fewer vCPUs", (unsigned int)bytes);
	if (machine->uefi)
		copy_for_uefi(machine, at, smbios);
	set_hvm_param(HVM_PARAM_VM86_TSS_SIZED, (uint64_t)PAGE_BYTES << 32 | task);
	write_info(machine, at, smbios);
	write_cmos(machine);
	say("loader: memory below 4 GiB up to %x, tables at %x", machine->low_end, at);
}
