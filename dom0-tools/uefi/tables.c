/* SPDX-License-Identifier: MIT */
/*
 * Hands UEFI firmware the ACPI and SMBIOS tables of an HVM guest.
 *
 * The loader leaves their entry points in low memory. Firmware that knows nothing of Xen does not
 * look there, nor does Linux once the firmware has a table of its own. So this is in a ROM of the
 * platform device, which firmware runs when it finds the device.
 */
#include "tables.h"

#include <stdbool.h>

#define LOW_START    0xe0000u
#define LOW_END	     0x100000u
#define HEAD_BYTES   36
#define RSDP_BYTES   36
#define FACS_LEAST   64
#define SMBIOS_LEAST 31
#define MOST_BYTES   (1u << 24)
#define MOST_TABLES  64

static const struct efi_guid acpi_tables_guid = {
	0xffe06bdd, 0x6107, 0x46a6, { 0x7b, 0xb2, 0x5a, 0x9c, 0x7e, 0xc5, 0x27, 0x5c }
};
static const struct efi_guid smbios_guid = {
	0xeb9d2d31, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d }
};

static uint64_t get(const uint8_t *from, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | from[bytes];
	return value;
}

static bool sums_to_zero(const uint8_t *from, size_t bytes)
{
	uint8_t sum = 0;

	while (bytes--)
		sum = (uint8_t)(sum + from[bytes]);
	return !sum;
}

static const uint8_t *at(uint64_t address)
{
	return (const uint8_t *)(uintptr_t)address;
}

static bool is(const uint8_t *table, const char *signature)
{
	for (; *signature; signature++, table++)
		if (*table != (uint8_t)*signature)
			return false;
	return true;
}

/* Begins at a multiple of 16, and all its bytes add up to nothing. The length is a byte of it, or
 * fixed. */
static const uint8_t *find(const uint8_t *low, size_t bytes, const char *signature,
			   unsigned int length_at, size_t least)
{
	for (size_t i = 0; i + least <= bytes; i += 16) {
		size_t length = length_at ? low[i + length_at] : least;

		if (is(low + i, signature) && length >= least && length <= bytes - i &&
		    sums_to_zero(low + i, length))
			return low + i;
	}
	return NULL;
}

/* The firmware looks at its length, too, and wants both to be the same. */
static bool install(struct efi_acpi_tables *acpi, const uint8_t *table, uint32_t least)
{
	uint64_t key, length;

	if (!table)
		return false;
	length = get(table + 4, 4);
	return length >= least && length <= MOST_BYTES && !acpi->install(acpi, table, length, &key);
}

/* What a FADT points to: by 64 bits, or else by 32. */
static const uint8_t *target(const uint8_t *fadt, unsigned int wide, unsigned int narrow)
{
	uint64_t address = get(fadt + 4, 4) >= wide + 8 ? get(fadt + wide, 8) : 0;

	return at(address ? address : get(fadt + narrow, 4));
}

static const uint8_t *listed(const uint8_t *xsdt, size_t nr, const char *signature)
{
	for (size_t i = 0; i < nr; i++) {
		const uint8_t *table = at(get(xsdt + HEAD_BYTES + 8 * i, 8));

		if (table && is(table, signature))
			return table;
	}
	return NULL;
}

/* The FADT first: firmware that has one already has all it wants. */
static void install_acpi(struct efi_acpi_tables *acpi, const uint8_t *xsdt)
{
	const uint64_t length = get(xsdt + 4, 4), nr = (length - HEAD_BYTES) / 8;
	const uint8_t *fadt;

	if (!is(xsdt, "XSDT") || length < HEAD_BYTES || nr > MOST_TABLES ||
	    !sums_to_zero(xsdt, length))
		return;
	fadt = listed(xsdt, nr, "FACP");
	if (!fadt || !install(acpi, fadt, 116))
		return;
	install(acpi, target(fadt, 132, 36), FACS_LEAST);
	install(acpi, target(fadt, 140, 40), HEAD_BYTES);
	for (size_t i = 0; i < nr; i++) {
		const uint8_t *table = at(get(xsdt + HEAD_BYTES + 8 * i, 8));

		if (table != fadt)
			install(acpi, table, HEAD_BYTES);
	}
}

void tables_install(const struct efi_system_table *system, const uint8_t *low, size_t bytes)
{
	const uint8_t *rsdp = find(low, bytes, "RSD PTR ", 0, RSDP_BYTES);
	const uint8_t *smbios = find(low, bytes, "_SM_", 5, SMBIOS_LEAST);
	void *acpi;

	if (rsdp && get(rsdp + 24, 8) &&
	    !system->boot->locate_protocol(&acpi_tables_guid, NULL, &acpi))
		install_acpi(acpi, at(get(rsdp + 24, 8)));
	if (smbios)
		system->boot->install_configuration_table(&smbios_guid, smbios);
}

efi_status EFIAPI uefi_entry(void *image, const struct efi_system_table *system);

/* Nothing of it stays in use. */
efi_status EFIAPI uefi_entry(void *image, const struct efi_system_table *system)
{
	(void)image;
	tables_install(system, at(LOW_START), LOW_END - LOW_START);
	return 0;
}
