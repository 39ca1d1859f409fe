// SPDX-License-Identifier: MIT
// sources: dom0-tools/loader/bars.c dom0-tools/loader/mtrr.c dom0-tools/loader/map.c dom0-tools/loader/aml.c dom0-tools/loader/dsdt.c dom0-tools/loader/acpi.c dom0-tools/loader/smbios.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools
/*
 * The HVM guests' loader: addresses for PCI devices, memory types, the memory map, and the tables, which
 * Intel's ACPI compiler takes apart and puts together again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "loader/loader.h"

#define MIB 0x100000ull
#define AT 0x27f0000u

static struct machine machine_of(unsigned int vcpus, unsigned int online)
{
	struct machine m = { .vcpus = vcpus,
			     .apics = true,
			     .ram_end = 40 * MIB,
			     .low_end = AT,
			     .high_end = 4 * GIB,
			     .memory = { PCI_START, PCI_END },
			     .high = { 4 * GIB, 4 * GIB },
			     .acpi = true,
			     .s3 = true,
			     .s4 = true,
			     .hpet = true,
			     .serial = true,
			     .parallel = true,
			     .generation_at = 0x2800000,
			     .version = "4.17.0-test" };

	for (unsigned int i = 0; i < online; i++)
		m.online[i / 8] |= (uint8_t)(1u << i % 8);
	return m;
}

/* ---- PCI ---- */

static const struct window memory = { PCI_START, PCI_END }, high = { 8 * GIB, 72 * GIB }, io = { IO_START, IO_END };

static void bars_get_places_of_their_own(void **state)
{
	struct bar bar[] = {
		{ .devfn = 1, .io = true, .bytes = 16 },   { .devfn = 2, .bytes = 4096 },
		{ .devfn = 3, .bytes = 16 * MIB },	   { .devfn = 4, .io = true, .bytes = 256 },
		{ .devfn = 5, .wide = true, .bytes = 32 * MIB }, { .devfn = 6, .bytes = 16 },
	};
	const unsigned int count = sizeof(bar) / sizeof(bar[0]);

	assert_null(bars_place(bar, count, memory, high, io));
	for (unsigned int i = 0; i < count; i++) {
		struct window in = bar[i].io ? io : memory;

		assert_int_equal(bar[i].address % bar[i].bytes, 0);
		assert_true(bar[i].address >= in.start && bar[i].address + bar[i].bytes <= in.end);
		for (unsigned int j = 0; j < i; j++)
			assert_true(bar[i].io != bar[j].io || bar[i].address >= bar[j].address + bar[j].bytes ||
				    bar[j].address >= bar[i].address + bar[i].bytes);
	}
}

static void a_window_is_used_to_its_end(void **state)
{
	struct bar bar[] = { { .bytes = 64 * MIB }, { .bytes = 128 * MIB }, { .bytes = 4096 } };

	assert_null(bars_place(bar, 2, memory, high, io));
	assert_ptr_equal(bars_place(bar, 3, memory, high, io), &bar[2]);
	assert_int_equal(bar[2].bytes, 4096);
}

static void only_wide_bars_go_above_4_gib(void **state)
{
	struct bar wide = { .bytes = GIB, .wide = true }, narrow = { .bytes = GIB }, huge = { .bytes = 1ull << 63, .wide = true };

	assert_null(bars_place(&wide, 1, memory, high, io));
	assert_int_equal(wide.address, 8 * GIB);
	assert_non_null(bars_place(&narrow, 1, memory, high, io));
	assert_non_null(bars_place(&huge, 1, memory, high, io));
}

static void windows_become_ranges_of_mtrrs(void **state)
{
	const struct window windows[] = { { PCI_START, 4 * GIB }, { 0xd0000000, 4 * GIB }, { 5 * GIB, 8 * GIB }, { GIB, GIB } };
	struct mtrr mtrr[8];

	for (unsigned int i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		unsigned int count = mtrrs_for(windows[i], mtrr, 8);
		uint64_t at = windows[i].start;

		for (unsigned int j = 0; j < count; j++) {
			assert_int_equal(mtrr[j].base, at);
			assert_int_equal(mtrr[j].bytes & (mtrr[j].bytes - 1), 0);
			assert_int_equal(at % mtrr[j].bytes, 0);
			at += mtrr[j].bytes;
		}
		assert_int_equal(at, windows[i].end);
	}
	assert_int_equal(mtrrs_for((struct window){ 0x10001000, 4 * GIB }, mtrr, 3), 3);
}

/* ---- the memory map ---- */

static void the_map_is_sorted_and_has_no_overlap(void **state)
{
	struct map_entry entry[MAP_ENTRIES];
	struct machine m = machine_of(1, 1);

	for (unsigned int i = 0; i < 4; i++) {
		unsigned int count;
		uint64_t ram = 0, at = 0;

		m.uefi = i & 1;
		m.high_end = i & 2 ? 6 * GIB : 4 * GIB;
		count = map_make(entry, &m);
		assert_int_equal(count, i & 2 ? 6 : 5);
		for (unsigned int j = 0; j < count; j++) {
			assert_true(entry[j].start >= at && entry[j].bytes);
			at = entry[j].start + entry[j].bytes;
			ram += entry[j].type == 1 ? entry[j].bytes : 0;
		}
		assert_int_equal(ram, VGA_AT + (AT - ROM_END) + (i & 2 ? 2 * GIB : 0));
	}
}

/* ---- ACPI ---- */

static uint8_t sum_of(const void *bytes, size_t count)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)bytes)[i]);
	return sum;
}

static uint32_t read32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, 4);
	return value;
}

static const uint8_t *table_at(const uint8_t *tables, size_t bytes, uint32_t at)
{
	const uint8_t *table = tables + (at - AT);

	assert_true(at >= AT && at - AT <= bytes - 36);
	assert_true(read32(table + 4) <= bytes - (at - AT));
	return table;
}

static const uint8_t *find(const uint8_t *tables, size_t bytes, const char *signature)
{
	const uint8_t *xsdt = table_at(tables, bytes, read32(tables + 24));

	for (uint32_t i = 36; i < read32(xsdt + 4); i += 8) {
		const uint8_t *table = table_at(tables, bytes, read32(xsdt + i));

		if (!memcmp(table, signature, 4))
			return table;
	}
	return NULL;
}

static uint8_t *tables_of(const struct machine *m, size_t *bytes)
{
	uint8_t *tables = calloc(1, TABLES_BYTES);

	*bytes = acpi_write(tables, TABLES_BYTES, AT, m);
	assert_in_range(*bytes, 1, TABLES_BYTES);
	return tables;
}

static void tables_sum_up(void **state)
{
	struct machine m = machine_of(2, 1);
	size_t bytes;
	uint8_t *tables = tables_of(&m, &bytes);
	const uint8_t *xsdt, *rsdt, *fadt = find(tables, bytes, "FACP");

	assert_memory_equal(tables, "RSD PTR ", 8);
	assert_int_equal(sum_of(tables, 20), 0);
	assert_int_equal(sum_of(tables, RSDP_BYTES), 0);
	rsdt = table_at(tables, bytes, read32(tables + 16));
	xsdt = table_at(tables, bytes, read32(tables + 24));
	assert_int_equal(sum_of(rsdt, read32(rsdt + 4)), 0);
	assert_int_equal(sum_of(xsdt, read32(xsdt + 4)), 0);
	assert_int_equal((read32(rsdt + 4) - 36) * 2, read32(xsdt + 4) - 36);
	for (uint32_t i = 36; i < read32(rsdt + 4); i += 4) {
		const uint8_t *table = table_at(tables, bytes, read32(rsdt + i));

		assert_int_equal(sum_of(table, read32(table + 4)), 0);
	}
	assert_non_null(fadt);
	assert_memory_equal(table_at(tables, bytes, read32(fadt + 40)), "DSDT", 4);
	assert_memory_equal(tables + (read32(fadt + 36) - AT), "FACS", 4);
	assert_int_equal(read32(fadt + 36) % 64, 0);
	free(tables);
}

/* As the kernel finds it: a range of memory from there to the end of the hole (ACPI 6.4, 6.4.3.5.2). */
static bool devices_may_be_from(const struct machine *m, uint32_t start)
{
	const uint32_t range[] = { start, PCI_END - 1, 0, PCI_END - start };
	size_t bytes;
	uint8_t *tables = tables_of(m, &bytes);
	bool found = memmem(tables, bytes, range, sizeof(range));

	free(tables);
	return found;
}

static void uefi_firmware_gives_devices_addresses_of_its_own(void **state)
{
	struct machine m = machine_of(1, 1);

	assert_true(devices_may_be_from(&m, PCI_START));
	m.uefi = true;
	assert_true(devices_may_be_from(&m, 0x80000000));
	assert_false(devices_may_be_from(&m, PCI_START));
	m.low_end = 0xb0013000;
	assert_true(devices_may_be_from(&m, 0xb0010000));
}

static void processors_and_interrupts_are_in_the_madt(void **state)
{
	struct machine m = machine_of(5, 3);
	size_t bytes;
	uint8_t *tables = tables_of(&m, &bytes);
	const uint8_t *madt = find(tables, bytes, "APIC");
	unsigned int cpus = 0, on = 0, ioapics = 0, overrides = 0;

	assert_non_null(madt);
	for (uint32_t i = 44; i < read32(madt + 4); i += madt[i + 1]) {
		cpus += madt[i] == 0;
		on += madt[i] == 0 && madt[i + 4];
		assert_true(madt[i] || madt[i + 3] == 2 * madt[i + 2]);
		ioapics += madt[i] == 1;
		overrides += madt[i] == 2;
	}
	assert_int_equal(cpus, 5);
	assert_int_equal(on, 3);
	assert_int_equal(ioapics, 1);
	assert_int_equal(overrides, 5);
	free(tables);
	m.apics = false;
	m.vcpus = 1;
	tables = tables_of(&m, &bytes);
	assert_null(find(tables, bytes, "APIC"));
	free(tables);
}

static void all_tables_have_room_or_say_so(void **state)
{
	struct machine m = machine_of(MAX_VCPUS, MAX_VCPUS);
	uint8_t *tables = calloc(1, TABLES_BYTES);
	size_t acpi = acpi_write(tables, TABLES_BYTES, AT, &m), smbios = smbios_write(tables, TABLES_BYTES, AT, &m);

	assert_true(acpi + smbios + 16 <= TABLES_BYTES);
	for (size_t room = 0; room < acpi; room += 61) {
		uint8_t *small = malloc(room + 1);

		small[room] = 0x5a;
		assert_true(acpi_write(small, room, AT, &m) > room);
		if (room < smbios)
			assert_true(smbios_write(small, room, AT, &m) > room);
		assert_int_equal(small[room], 0x5a);
		free(small);
	}
	free(tables);
}

static void given_tables_come_beside_the_loaders(void **state)
{
	struct machine m = machine_of(2, 2);
	uint8_t given[36 * (MORE_TABLES + 1)] = { 0 };
	size_t bytes;
	uint8_t *tables;

	for (unsigned int i = 0; i <= MORE_TABLES; i++) {
		memcpy(given + 36 * i, "TST", 3);
		given[36 * i + 3] = (uint8_t)('A' + i);
		given[36 * i + 4] = 36;
		given[36 * i + 9] = (uint8_t)-sum_of(given + 36 * i, 36);
	}
	m.more_acpi = given;
	m.more_acpi_bytes = 36;
	tables = tables_of(&m, &bytes);
	assert_memory_equal(find(tables, bytes, "TSTA"), given, 36);
	assert_non_null(find(tables, bytes, "WAET"));
	free(tables);
	/* As many as there is room for in the list; a length that leads nowhere ends them. */
	m.more_acpi_bytes = sizeof(given);
	given[36 * 2 + 4] = 35;
	tables = tables_of(&m, &bytes);
	assert_non_null(find(tables, bytes, "TSTB"));
	assert_null(find(tables, bytes, "TSTC"));
	free(tables);
	given[36 * 2 + 4] = 36;
	tables = tables_of(&m, &bytes);
	assert_non_null(find(tables, bytes, "TSTP"));
	assert_null(find(tables, bytes, "TSTQ"));
	free(tables);
}

static void write_file(const char *name, const uint8_t *bytes, size_t count)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, count, file), count);
	assert_int_equal(fclose(file), 0);
}

static bool file_has(const char *name, const char *words)
{
	static char text[1 << 20];
	FILE *file = fopen(name, "rb");
	size_t bytes = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[bytes] = '\0';
	if (file)
		fclose(file);
	return strstr(text, words);
}

/* The byte code is taken apart, and what comes of it is accepted without a complaint. */
static void intels_compiler_understands_the_tables(void **state)
{
	const char *names[] = { "FACP", "APIC", "HPET", "WAET" };
	struct machine m = machine_of(3, 2);
	char folder[] = "/tmp/serai-loader-XXXXXX";
	const uint8_t *dsdt;
	uint8_t *tables;
	size_t bytes;

	if (system("iasl -v > /dev/null 2>&1"))
		fail_msg("there is no iasl: tests/lib/install-deps installs it (acpica-tools)");
	m.high = (struct window){ 8 * GIB, 9 * GIB };
	tables = tables_of(&m, &bytes);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	dsdt = table_at(tables, bytes, read32(find(tables, bytes, "FACP") + 40));
	write_file("dsdt.dat", dsdt, read32(dsdt + 4));
	for (unsigned int i = 0; i < 4; i++) {
		const uint8_t *table = find(tables, bytes, names[i]);
		char name[16];

		assert_non_null(table);
		snprintf(name, sizeof(name), "%s.dat", names[i]);
		write_file(name, table, read32(table + 4));
	}
	assert_int_equal(system("iasl -d *.dat > said 2>&1 && iasl -p again dsdt.dsl > again.said 2>&1"), 0);
	assert_true(file_has("again.said", " 0 Errors"));
	assert_true(file_has("dsdt.dsl", "Name (_S5, Package (0x04)"));
	assert_true(file_has("dsdt.dsl", "Notify (C002, 0x03)"));
	assert_true(file_has("dsdt.dsl", "EisaId (\"PNP0A03\")"));
	assert_true(file_has("FACP.dsl", "SCI Interrupt : 0009"));
	assert_false(file_has("said", "rror"));
	assert_int_equal(system("rm -rf \"$PWD\""), 0);
	assert_int_equal(chdir("/"), 0);
	free(tables);
}

/* ---- SMBIOS ---- */

static void smbios_is_a_chain_to_its_end(void **state)
{
	struct machine m = machine_of(3, 3);
	uint8_t *to = calloc(1, TABLES_BYTES);
	size_t bytes, largest = 0, at = 32, count = 0, kinds[256] = { 0 };

	m.high_end = 6 * GIB;
	bytes = smbios_write(to, TABLES_BYTES, AT, &m);
	assert_memory_equal(to, "_SM_", 4);
	assert_int_equal(sum_of(to, SMBIOS_ENTRY_BYTES), 0);
	assert_int_equal(sum_of(to + 16, 15), 0);
	assert_int_equal(read32(to + 24), AT + 32);
	while (at < bytes) {
		size_t start = at;

		kinds[to[at]]++;
		count++;
		at += to[at + 1];
		while (at + 1 < bytes && (to[at] || to[at + 1]))
			at++;
		at += 2;
		largest = at - start > largest ? at - start : largest;
	}
	assert_int_equal(at, bytes);
	assert_int_equal(to[22] | to[23] << 8, bytes - 32);
	assert_int_equal(to[28] | to[29] << 8, count);
	assert_int_equal(to[8] | to[9] << 8, largest);
	assert_int_equal(kinds[4], 3);
	assert_int_equal(kinds[19], 2);
	assert_int_equal(kinds[0] && kinds[1] && kinds[3] && kinds[16] && kinds[17] && kinds[32] && kinds[127], 1);
	free(to);
}

/* Offset of the nth structure of a type; 0: there is none. */
static size_t structure(const uint8_t *to, size_t bytes, unsigned int type, unsigned int nth)
{
	for (size_t at = 32; at < bytes;) {
		if (to[at] == type && !nth--)
			return at;
		for (at += to[at + 1]; to[at] || to[at + 1]; at++)
			;
		at += 2;
	}
	return 0;
}

static void given_structures_come_before_the_loaders(void **state)
{
	static const uint8_t given[] = { 10, 0, 0, 0, 3,  4, 9, 9, 'b', 'o', 'x', 'e', 0, 0, /* instead of ours */
					 8,  0, 0, 0, 16, 4, 9, 9, 'n', 'o', 0,   0,	     /* of ours alone */
					 8,  0, 0, 0, 11, 4, 9, 9, 'a', 'b', 0,   0,	     8,	  0, 0, 0,
					 11, 4, 9, 9, 'c', 'd', 0, 0,	99,  0,	  0, 0,	     1 };
	struct machine m = machine_of(1, 1);
	uint8_t *to = calloc(1, TABLES_BYTES);
	size_t bytes, at;

	m.more_smbios = given;
	m.more_smbios_bytes = sizeof(given);
	bytes = smbios_write(to, TABLES_BYTES, AT, &m);
	at = structure(to, bytes, 3, 0);
	assert_memory_equal(to + at + 4, "boxe\0", 6);
	assert_int_equal(structure(to, bytes, 3, 1), 0);
	at = structure(to, bytes, 16, 0);
	assert_memory_not_equal(to + at + 4, "no", 2);
	assert_int_equal(structure(to, bytes, 16, 1), 0);
	at = structure(to, bytes, 11, 0);
	assert_memory_equal(to + at, "\x0b\x04\x00\x0b" "ab", 6);
	at = structure(to, bytes, 11, 1);
	assert_memory_equal(to + at, "\x0b\x04\x01\x0b" "cd", 6);
	assert_int_equal(structure(to, bytes, 11, 2), 0);
	assert_true(structure(to, bytes, 127, 0) && structure(to, bytes, 1, 0));
	assert_int_equal(sum_of(to, SMBIOS_ENTRY_BYTES), 0);
	free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars_get_places_of_their_own),
		cmocka_unit_test(a_window_is_used_to_its_end),
		cmocka_unit_test(only_wide_bars_go_above_4_gib),
		cmocka_unit_test(windows_become_ranges_of_mtrrs),
		cmocka_unit_test(the_map_is_sorted_and_has_no_overlap),
		cmocka_unit_test(tables_sum_up),
		cmocka_unit_test(uefi_firmware_gives_devices_addresses_of_its_own),
		cmocka_unit_test(processors_and_interrupts_are_in_the_madt),
		cmocka_unit_test(all_tables_have_room_or_say_so),
		cmocka_unit_test(intels_compiler_understands_the_tables),
		cmocka_unit_test(smbios_is_a_chain_to_its_end),
		cmocka_unit_test(given_tables_come_beside_the_loaders),
		cmocka_unit_test(given_structures_come_before_the_loaders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
