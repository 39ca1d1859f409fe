/* SPDX-License-Identifier: MIT */
/*
 * What the firmware's static ACPI tables say, in plain structs. Only what a hypervisor needs: AML is
 * Dom0's. Code: arch/x86/platform/acpi.c (finding tables), acpi_parse.c (reading them).
 * Source: ACPI specification 6.4, chapter 5.
 */
#ifndef ASM_ACPI_H
#define ASM_ACPI_H

#include <hv/types.h>

#define ACPI_MAX_CPUS	   256
#define ACPI_MAX_IOAPICS   16
#define ACPI_MAX_OVERRIDES 32
#define ACPI_MAX_NMIS	   64
#define ACPI_MAX_MCFG	   16

#define ACPI_SPACE_MEM 0
#define ACPI_SPACE_IO  1

struct acpi_address {
	uint8_t space, width;
	uint64_t address; /* 0: absent */
};
struct acpi_cpu {
	uint32_t apic_id, acpi_id;
};
struct acpi_ioapic {
	uint64_t address;
	uint32_t gsi_base;
	uint8_t id;
};
/* An ISA interrupt whose GSI, polarity or trigger is not the bus's default. */
struct acpi_override {
	uint8_t isa_irq;
	uint32_t gsi;
	bool low, level;
};
#define ACPI_ALL_CPUS 0xffffffffu
struct acpi_lapic_nmi {
	uint32_t acpi_id; /* or ACPI_ALL_CPUS */
	uint8_t lint;	  /* 0 or 1 */
};
struct acpi_mcfg {
	uint64_t address;
	uint16_t segment;
	uint8_t start_bus, end_bus;
};

struct acpi_info {
	bool has_madt, has_fadt;
	uint64_t lapic_address;
	unsigned int nr_cpus, nr_ioapics, nr_overrides, nr_nmis, nr_mcfg;
	struct acpi_cpu cpu[ACPI_MAX_CPUS];
	struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
	struct acpi_override override[ACPI_MAX_OVERRIDES];
	struct acpi_lapic_nmi nmi[ACPI_MAX_NMIS];
	struct acpi_mcfg mcfg[ACPI_MAX_MCFG];
	uint64_t hpet_address; /* 0: none */
	/* FADT */
	struct acpi_address pm_timer, pm1a_control, pm1b_control, sleep_control, reset;
	bool pm_timer_32bit;
	uint8_t reset_value;
	uint8_t century_index; /* CMOS, 0: none */
	uint16_t sci;
	/* DSDT's _S5 package; has_s5 false: not found */
	bool has_s5;
	uint8_t s5_type_a, s5_type_b;
	/* SRAT */
	unsigned int srat_cpus, srat_memory;
	unsigned int bad_tables; /* refused: wrong length or checksum */
};
extern struct acpi_info acpi_info;

/* The boot loader's RSDP, copied at once: its memory may be given away. Ignored if not valid. */
void acpi_set_rsdp(uint64_t maddr);
/* Finds and reads all tables into acpi_info. Needs ioremap(). */
void acpi_init(void);

/* Reading memory for the loader below; NULL: cannot be mapped. */
typedef const void *(*acpi_map_fn)(uint64_t maddr, size_t len);

/*
 * Each parser takes a table whose length and checksum are right and believes nothing else in it:
 * entries that do not fit are skipped, lists are cut at their limit.
 */
bool acpi_rsdp_valid(const void *p, size_t len);
bool acpi_checksum_ok(const void *p, size_t len);
void acpi_parse_table(struct acpi_info *info, const uint8_t *t, size_t len);
void acpi_parse_dsdt(struct acpi_info *info, const uint8_t *t, size_t len);
/* From a valid RSDP through XSDT or RSDT to every known table. 0, or -ENOENT: no root table. */
int acpi_load(struct acpi_info *info, const uint8_t *rsdp, acpi_map_fn map);

#endif
