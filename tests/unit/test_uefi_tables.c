// SPDX-License-Identifier: MIT
// sources: dom0-tools/uefi/tables.c
// cflags: -U__XEN__ -Idom0-tools
/*
 * The driver in the ROM of a UEFI guest's platform device, beside a firmware that is made up: which
 * tables it hands over, in which order, and from what it keeps its hands off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "uefi/tables.h"

static struct {
	char given[256]; /* the signatures, a blank after each */
	const void *smbios;
	bool no_protocol, has_fadt;
} firmware;

#define FADT_BYTES 244
#define FACS_BYTES 64
#define DSDT_BYTES 40
#define MADT_BYTES 44

/* The tables are at addresses of 32 bits, as in a guest. */
static uint8_t low[0x1000], *xsdt, *fadt, *facs, *dsdt, *madt;

static efi_status EFIAPI install(struct efi_acpi_tables *acpi, const void *table, uint64_t length,
				 uint64_t *key)
{
	uint32_t inside;

	memcpy(&inside, (const uint8_t *)table + 4, 4);
	assert_int_equal(inside, length);
	if (firmware.has_fadt && !memcmp(table, "FACP", 4))
		return 1;
	snprintf(firmware.given + strlen(firmware.given),
		 sizeof(firmware.given) - strlen(firmware.given), "%.4s ", (const char *)table);
	*key = 1;
	return 0;
}

static efi_status EFIAPI locate(const struct efi_guid *guid, void *registration, void **found)
{
	static struct efi_acpi_tables acpi = { install, NULL };

	assert_int_equal(guid->a, 0xffe06bdd);
	*found = firmware.no_protocol ? NULL : &acpi;
	return firmware.no_protocol;
}

static efi_status EFIAPI install_configuration(const struct efi_guid *guid, const void *table)
{
	assert_int_equal(guid->a, 0xeb9d2d31);
	firmware.smbios = table;
	return 0;
}

static const struct efi_boot_services boot = { .install_configuration_table = install_configuration,
					       .locate_protocol = locate };
static const struct efi_system_table services = { .boot = &boot };

static void put(uint8_t *to, uint64_t value, unsigned int bytes)
{
	memcpy(to, &value, bytes);
}

static void sum(uint8_t *table, size_t bytes, size_t at)
{
	uint8_t total = 0;

	table[at] = 0;
	for (size_t i = 0; i < bytes; i++)
		total = (uint8_t)(total + table[i]);
	table[at] = (uint8_t)-total;
}

static void head(uint8_t *table, const char *signature, uint32_t bytes)
{
	memset(table, 0, bytes);
	memcpy(table, signature, 4);
	put(table + 4, bytes, 4);
	sum(table, bytes, 9);
}

/* A machine's tables, as the loader leaves them. */
static int make(void **state)
{
	static uint8_t *page;

	if (!page)
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_true(page != MAP_FAILED);
	xsdt = page;
	fadt = page + 0x400;
	facs = page + 0x800;
	dsdt = page + 0x900;
	madt = page + 0xa00;
	memset(&firmware, 0, sizeof(firmware));
	memset(low, 0, sizeof(low));
	head(facs, "FACS", FACS_BYTES);
	head(dsdt, "DSDT", DSDT_BYTES);
	head(madt, "APIC", MADT_BYTES);
	head(fadt, "FACP", FADT_BYTES);
	put(fadt + 132, (uintptr_t)facs, 8);
	put(fadt + 140, (uintptr_t)dsdt, 8);
	head(xsdt, "XSDT", 36 + 16);
	put(xsdt + 36, (uintptr_t)madt, 8);
	put(xsdt + 44, (uintptr_t)fadt, 8);
	sum(xsdt, 36 + 16, 9);
	memcpy(low + 0x20, "RSD PTR ", 8);
	low[0x20 + 15] = 2;
	put(low + 0x20 + 20, 36, 4);
	put(low + 0x20 + 24, (uintptr_t)xsdt, 8);
	sum(low + 0x20, 36, 32);
	memcpy(low + 0x800, "_SM_", 4);
	low[0x805] = 31;
	sum(low + 0x800, 31, 4);
	return 0;
}

static const char *given(void)
{
	firmware.given[0] = '\0';
	firmware.smbios = NULL;
	tables_install(&services, low, sizeof(low));
	return firmware.given;
}

static void all_tables_are_handed_over(void **state)
{
	assert_string_equal(given(), "FACP FACS DSDT APIC ");
	assert_ptr_equal(firmware.smbios, low + 0x800);
}

static void narrow_pointers_serve_where_wide_ones_are_missing(void **state)
{
	put(fadt + 132, 0, 8);
	put(fadt + 140, 0, 8);
	assert_string_equal(given(), "FACP APIC ");
	put(fadt + 36, (uintptr_t)facs, 4);
	put(fadt + 40, (uintptr_t)dsdt, 4);
	assert_string_equal(given(), "FACP FACS DSDT APIC ");
}

static void firmware_with_its_own_fadt_gets_none(void **state)
{
	firmware.has_fadt = true;
	assert_string_equal(given(), "");
	assert_ptr_equal(firmware.smbios, low + 0x800);
}

static void firmware_without_acpi_gets_smbios(void **state)
{
	firmware.no_protocol = true;
	assert_string_equal(given(), "");
	assert_ptr_equal(firmware.smbios, low + 0x800);
}

static void what_does_not_add_up_is_not_taken(void **state)
{
	low[0x20 + 9] ^= 1;
	assert_string_equal(given(), "");
	low[0x20 + 9] ^= 1;
	low[0x800 + 20] ^= 1;
	assert_string_equal(given(), "FACP FACS DSDT APIC ");
	assert_null(firmware.smbios);
	xsdt[20] ^= 1;
	assert_string_equal(given(), "");
}

/* Each length that reaches beyond the area, or is shorter than what is read. */
static void lengths_are_looked_at(void **state)
{
	memmove(low + sizeof(low) - 16, low + 0x800, 16);
	memset(low + 0x800, 0, 31);
	assert_string_equal(given(), "FACP FACS DSDT APIC ");
	assert_null(firmware.smbios);
	put(madt + 4, 35, 4);
	put(dsdt + 4, 0x2000000, 4);
	put(facs + 4, 63, 4);
	assert_string_equal(given(), "FACP ");
	put(fadt + 4, 115, 4);
	assert_string_equal(given(), "");
	put(xsdt + 4, 35, 4);
	assert_string_equal(given(), "");
	put(xsdt + 4, 36 + 8 * 65, 4);
	assert_string_equal(given(), "");
}

static void an_area_without_any(void **state)
{
	memset(low, 0, sizeof(low));
	assert_string_equal(given(), "");
	assert_null(firmware.smbios);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_tables_are_handed_over, make),
		cmocka_unit_test_setup(narrow_pointers_serve_where_wide_ones_are_missing, make),
		cmocka_unit_test_setup(firmware_with_its_own_fadt_gets_none, make),
		cmocka_unit_test_setup(firmware_without_acpi_gets_smbios, make),
		cmocka_unit_test_setup(what_does_not_add_up_is_not_taken, make),
		cmocka_unit_test_setup(lengths_are_looked_at, make),
		cmocka_unit_test_setup(an_area_without_any, make),
	};
	return cmocka_run_group_tests_name("uefi_tables", tests, NULL, NULL);
}
