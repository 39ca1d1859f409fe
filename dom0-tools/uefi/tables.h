/* SPDX-License-Identifier: MIT */
/*
 * What the driver uses of UEFI (2.10: 4.3, 4.4, 20.2). Functions are called as Windows calls them.
 */
#ifndef UEFI_TABLES_H
#define UEFI_TABLES_H

#include <stddef.h>
#include <stdint.h>

#define EFIAPI __attribute__((ms_abi))

typedef uint64_t efi_status; /* 0: done */

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_boot_services {
	uint8_t head[24];
	void *before[21];
	efi_status(EFIAPI *install_configuration_table)(const struct efi_guid *, const void *);
	void *between[15];
	efi_status(EFIAPI *locate_protocol)(const struct efi_guid *, void *, void **);
};

struct efi_system_table {
	uint8_t head[24];
	void *vendor;
	uint64_t revision;
	void *consoles[6];
	void *runtime;
	const struct efi_boot_services *boot;
};

/* Takes a copy of a table of so many bytes; refuses a second one of those kinds that there is one
 * of. */
struct efi_acpi_tables {
	efi_status(EFIAPI *install)(struct efi_acpi_tables *, const void *, uint64_t, uint64_t *);
	void *uninstall;
};

/*
 * Finds ACPI's RSDP and SMBIOS' entry point in low memory, which may be at any address, and hands
 * the firmware all tables they name. Where there is none, or the firmware has a FADT of its own, it
 * gets none.
 */
void tables_install(const struct efi_system_table *system, const uint8_t *low, size_t bytes);

#endif
