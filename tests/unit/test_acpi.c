// sources: hypervisor/arch/x86/platform/acpi_parse.c
/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables, right and wrong. A small memory holds an RSDP and tables; the loader reads it through a
 * callback that gives exact-size copies, so that ASAN sees every byte read beyond a table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/acpi.h>

#define MEM_SIZE 0x10000
#define MAX_COPIES 4096

static uint8_t mem[MEM_SIZE];
static void *copies[MAX_COPIES];
static unsigned int nr_copies;
static struct acpi_info info;

static const void *map(uint64_t at, size_t len)
{
	void *p;

	if (at >= MEM_SIZE || len > MEM_SIZE - at || nr_copies == MAX_COPIES)
		return NULL;
	p = malloc(len);
	memcpy(p, mem + at, len);
	copies[nr_copies++] = p;
	return p;
}

static void forget(void)
{
	while (nr_copies)
		free(copies[--nr_copies]);
	memset(&info, 0, sizeof(info));
}

static void put32(uint64_t at, uint32_t v)
{
	memcpy(mem + at, &v, 4);
}
static void put64(uint64_t at, uint64_t v)
{
	memcpy(mem + at, &v, 8);
}

static void seal(uint64_t at, size_t len, size_t where)
{
	uint8_t sum = 0;

	mem[at + where] = 0;
	for (size_t i = 0; i < len; i++)
		sum += mem[at + i];
	mem[at + where] = (uint8_t)-sum;
}

static void table(uint64_t at, const char *sig, uint32_t len)
{
	memcpy(mem + at, sig, 4);
	put32(at + 4, len);
	seal(at, len, 9);
}

#define XSDT 0x1000
#define MADT 0x2000
#define FADT 0x3000
#define DSDT 0x4000
#define MCFG 0x5000
#define HPET 0x6000
#define RSDT 0x7000

/* type, length, then the entry's own bytes */
static const uint8_t madt_entries[] = {
	0, 8, 7, 0, 1, 0, 0, 0,		     /* CPU, APIC id 0, ACPI id 7 */
	0, 8, 8, 2, 1, 0, 0, 0,		     /* CPU, APIC id 2 */
	0, 8, 9, 3, 0, 0, 0, 0,		     /* not enabled */
	1, 12, 5, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0, /* I/O APIC at 0xfec00000 */
	2, 10, 0, 0, 2, 0, 0, 0, 0, 0,	     /* IRQ 0 is GSI 2 */
	2, 10, 0, 9, 9, 0, 0, 0, 0x0f, 0,    /* IRQ 9 is low, level */
	4, 6, 0xff, 0, 0, 1,		     /* NMI at LINT1 of all */
	9, 16, 0, 0, 0x2c, 1, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, /* x2APIC id 300 */
};

static void build_madt(void)
{
	memset(mem + MADT, 0, 0x400);
	put32(MADT + 36, 0xfee00000);
	memcpy(mem + MADT + 44, madt_entries, sizeof(madt_entries));
	table(MADT, "APIC", 44 + sizeof(madt_entries));
}

static void build_fadt(void)
{
	memset(mem + FADT, 0, 0x200);
	put32(FADT + 40, DSDT);
	put32(FADT + 64, 0x604);
	put32(FADT + 76, 0x608);
	mem[FADT + 46] = 9;
	mem[FADT + 108] = 0x32;
	put32(FADT + 112, (1u << 8) | (1u << 10));
	mem[FADT + 116] = ACPI_SPACE_IO;
	put64(FADT + 120, 0xcf9);
	mem[FADT + 128] = 0x0f;
	table(FADT, "FACP", 244);
}

static void build(void)
{
	static const uint8_t s5[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x0a, 4, 0x0a, 5, 0x0a, 5, 0, 0 };

	memset(mem, 0, sizeof(mem));
	build_madt();
	build_fadt();
	memcpy(mem + DSDT + 60, s5, sizeof(s5));
	table(DSDT, "DSDT", 100);
	put64(MCFG + 44, 0xb0000000);
	mem[MCFG + 55] = 255;
	table(MCFG, "MCFG", 60);
	put64(HPET + 44, 0xfed00000);
	table(HPET, "HPET", 56);
	put64(XSDT + 36, MADT);
	put64(XSDT + 44, FADT);
	put64(XSDT + 52, MCFG);
	put64(XSDT + 60, HPET);
	table(XSDT, "XSDT", 68);
	put32(RSDT + 36, MADT);
	table(RSDT, "RSDT", 40);
	memcpy(mem, "RSD PTR ", 8);
	mem[15] = 2;
	put32(16, RSDT);
	put32(20, 36);
	put64(24, XSDT);
	seal(0, 20, 8);
	seal(0, 36, 32);
}

static int load(void)
{
	forget();
	return acpi_rsdp_valid(mem, 36) ? acpi_load(&info, mem, map) : -1000;
}

static void reads_all_tables(void **state)
{
	build();
	assert_int_equal(load(), 0);
	assert_int_equal(info.nr_cpus, 3);
	assert_int_equal(info.cpu[0].acpi_id, 7);
	assert_int_equal(info.cpu[1].apic_id, 2);
	assert_int_equal(info.cpu[2].apic_id, 300);
	assert_int_equal(info.nr_ioapics, 1);
	assert_int_equal(info.ioapic[0].address, 0xfec00000);
	assert_int_equal(info.nr_overrides, 2);
	assert_int_equal(info.override[0].gsi, 2);
	assert_false(info.override[0].level);
	assert_true(info.override[1].low && info.override[1].level);
	assert_int_equal(info.nmi[0].acpi_id, ACPI_ALL_CPUS);
	assert_int_equal(info.pm_timer.address, 0x608);
	assert_true(info.pm_timer_32bit);
	assert_int_equal(info.reset.address, 0xcf9);
	assert_int_equal(info.reset_value, 0x0f);
	assert_int_equal(info.pm1a_control.address, 0x604);
	assert_true(info.has_s5);
	assert_int_equal(info.s5_type_a, 5);
	assert_int_equal(info.nr_mcfg, 1);
	assert_int_equal(info.hpet_address, 0xfed00000);
	assert_int_equal(info.bad_tables, 0);
	forget();
}

static void a_bad_rsdp_is_refused(void **state)
{
	for (unsigned int i = 0; i < 36; i++) {
		build();
		mem[i] ^= 0x40;
		assert_false(acpi_rsdp_valid(mem, 36));
	}
	assert_false(acpi_rsdp_valid(mem, 19));
}

static void a_bad_checksum_loses_one_table_only(void **state)
{
	build();
	mem[MADT + 50] ^= 1;
	assert_int_equal(load(), 0);
	assert_int_equal(info.nr_cpus, 0);
	assert_true(info.has_fadt);
	assert_int_equal(info.bad_tables, 1);
	forget();
}

static void a_broken_xsdt_falls_back_to_the_rsdt(void **state)
{
	build();
	mem[XSDT + 20] ^= 1;
	assert_int_equal(load(), 0);
	assert_int_equal(info.nr_cpus, 3);
	assert_false(info.has_fadt);
	mem[RSDT + 20] ^= 1;
	assert_int_not_equal(load(), 0);
	forget();
}

static void entries_of_no_length_end_the_list(void **state)
{
	build();
	mem[MADT + 44 + 9] = 0;
	table(MADT, "APIC", 44 + sizeof(madt_entries));
	assert_int_equal(load(), 0);
	assert_int_equal(info.nr_cpus, 1);
	forget();
}

static void entries_longer_than_the_table_are_not_read(void **state)
{
	build();
	for (uint32_t len = 36; len < 44 + sizeof(madt_entries); len++) {
		table(MADT, "APIC", len);
		assert_int_equal(load(), 0);
	}
	forget();
}

static void short_tables_are_not_read_beyond_their_end(void **state)
{
	static const struct {
		uint64_t at;
		const char *sig;
	} t[] = { { MADT, "APIC" }, { FADT, "FACP" }, { MCFG, "MCFG" }, { HPET, "HPET" }, { DSDT, "DSDT" } };

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (uint32_t len = 0; len < 260; len++) {
			build();
			put32(t[i].at + 4, len);
			seal(t[i].at, len < 36 ? 36 : len, 9);
			assert_int_equal(load(), 0);
		}
	forget();
}

static void tables_too_long_or_outside_memory_are_refused(void **state)
{
	build();
	put32(MADT + 4, 0xffffffff);
	assert_int_equal(load(), 0);
	assert_int_equal(info.bad_tables, 1);
	build();
	put64(XSDT + 36, ~0ull - 10);
	table(XSDT, "XSDT", 68);
	assert_int_equal(load(), 0);
	assert_true(info.has_fadt);
	forget();
}

static void lists_are_cut_at_their_limit(void **state)
{
	uint32_t len = 44;

	build();
	for (unsigned int i = 0; i < 400; i++, len += 16) {
		uint8_t *e = mem + 0x8000 + len;

		memset(e, 0, 16);
		e[0] = 9;
		e[1] = 16;
		e[4] = (uint8_t)i;
		e[5] = (uint8_t)(i >> 8);
		e[8] = 1;
	}
	table(0x8000, "APIC", len);
	put64(XSDT + 36, 0x8000);
	table(XSDT, "XSDT", 68);
	assert_int_equal(load(), 0);
	assert_int_equal(info.nr_cpus, ACPI_MAX_CPUS);
	forget();
}

/* Any damage to any byte, checksums put right again: no crash, no read outside (ASAN judges). */
static void random_damage_does_no_harm(void **state)
{
	static const uint64_t at[] = { MADT, FADT, DSDT, MCFG, HPET, XSDT };

	srand(1);
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t t;
		uint32_t len;

		build();
		t = at[(unsigned int)rand() % 6];
		for (int k = rand() % 8; k >= 0; k--)
			mem[t + (unsigned int)rand() % 160] = (uint8_t)rand();
		memcpy(&len, mem + t + 4, 4);
		if (len >= 36 && len < 0x4000)
			seal(t, len, 9);
		(void)load();
	}
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_tables),
		cmocka_unit_test(a_bad_rsdp_is_refused),
		cmocka_unit_test(a_bad_checksum_loses_one_table_only),
		cmocka_unit_test(a_broken_xsdt_falls_back_to_the_rsdt),
		cmocka_unit_test(entries_of_no_length_end_the_list),
		cmocka_unit_test(entries_longer_than_the_table_are_not_read),
		cmocka_unit_test(short_tables_are_not_read_beyond_their_end),
		cmocka_unit_test(tables_too_long_or_outside_memory_are_refused),
		cmocka_unit_test(lists_are_cut_at_their_limit),
		cmocka_unit_test(random_damage_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
