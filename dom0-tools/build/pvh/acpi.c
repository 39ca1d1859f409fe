/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables of a PVH guest (ACPI 5.0): who its processors are, and that there is nothing else.
 *
 * RSDP, XSDT, FADT (hardware-reduced: no ACPI registers), MADT (local APICs, no I/O APIC), and a
 * DSDT of an empty \_SB. All vCPUs the domain can have are enabled: those off line at the start
 * are taken down by the guest, which reads in the store which (cpu/N/availability), and a kernel
 * brings up later only what was enabled here.
 */
#include "build/build.h"

#include <string.h>

#define LAPIC_ADDRESS 0xfee00000u
/* FADT flags: no fixed power and sleep buttons; no ACPI hardware. Boot flags: no VGA, no CMOS clock. */
#define FADT_FLAGS	(1u << 4 | 1u << 5 | 1u << 20)
#define FADT_BOOT_FLAGS (1u << 2 | 1u << 5)

struct rsdp {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t whole_checksum;
	uint8_t reserved[3];
} __attribute__((packed));

struct table {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));

struct xsdt {
	struct table head;
	uint64_t fadt, madt;
} __attribute__((packed));

/* Only what is set here has a name. */
struct fadt {
	struct table head;
	uint32_t facs, dsdt;
	uint8_t registers[65];
	uint16_t boot_flags;
	uint8_t reserved;
	uint32_t flags;
	uint8_t reset[13], arm_flags[2], minor_revision;
	uint64_t x_facs, x_dsdt;
	uint8_t x_registers[120];
} __attribute__((packed));

struct madt_lapic {
	uint8_t type, length; /* 0, 8 */
	uint8_t processor, apic_id;
	uint32_t flags; /* bit 0: enabled */
} __attribute__((packed));

struct madt {
	struct table head;
	uint32_t lapic_address, flags;
	struct madt_lapic lapic[];
} __attribute__((packed));

struct dsdt {
	struct table head;
	uint8_t aml[7];
} __attribute__((packed));

_Static_assert(sizeof(struct rsdp) == 36, "ACPI 5.0, 5.2.5.3");
_Static_assert(offsetof(struct fadt, boot_flags) == 109, "ACPI 5.0, 5.2.9");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140 && sizeof(struct fadt) == 268,
	       "ACPI 5.0, 5.2.9: revision 5");

struct tables {
	struct rsdp rsdp;
	uint8_t pad[28];
	struct xsdt xsdt;
	struct fadt fadt;
	struct dsdt dsdt;
	struct madt madt;
} __attribute__((packed));

static uint8_t checksum(const void *data, size_t bytes)
{
	const uint8_t *byte = data;
	uint8_t sum = 0;

	while (bytes--)
		sum += *byte++;
	return -sum;
}

/* Once the table's body is there. */
static void finish_table(struct table *table, const char signature[4], uint8_t revision,
			 size_t bytes)
{
	memcpy(table->signature, signature, 4);
	table->length = bytes;
	table->revision = revision;
	memcpy(table->oem, "Serai ", 6);
	memcpy(table->oem_table, "PVH     ", 8);
	table->oem_revision = 1;
	memcpy(table->creator, "SERA", 4);
	table->creator_revision = 1;
	table->checksum = checksum(table, bytes);
}

static void fill_rsdp(struct rsdp *rsdp, uint64_t xsdt)
{
	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem, "Serai ", 6);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = xsdt;
	rsdp->checksum = checksum(rsdp, 20);
	rsdp->whole_checksum = checksum(rsdp, sizeof(*rsdp));
}

static void fill_madt(struct madt *madt, unsigned int max_vcpus)
{
	madt->lapic_address = LAPIC_ADDRESS;
	for (unsigned int i = 0; i < max_vcpus; i++)
		madt->lapic[i] = (struct madt_lapic){ 0, sizeof(madt->lapic[i]), i, 2 * i, 1 };
	finish_table(&madt->head, "APIC", 3, sizeof(*madt) + max_vcpus * sizeof(madt->lapic[0]));
}

static void fill_fadt(struct fadt *fadt, uint64_t dsdt)
{
	fadt->dsdt = dsdt;
	fadt->x_dsdt = dsdt;
	fadt->flags = FADT_FLAGS;
	fadt->boot_flags = FADT_BOOT_FLAGS;
	finish_table(&fadt->head, "FACP", 5, sizeof(*fadt));
}

static void fill_dsdt(struct dsdt *dsdt)
{
	static const uint8_t empty_scope[] = { 0x10, 0x06, '\\', '_', 'S', 'B', '_' };

	memcpy(dsdt->aml, empty_scope, sizeof(empty_scope));
	finish_table(&dsdt->head, "DSDT", 2, sizeof(*dsdt));
}

size_t acpi_build(uint8_t *to, uint64_t at, unsigned int max_vcpus)
{
	struct tables *tables = (void *)to;
	size_t bytes = sizeof(*tables) + max_vcpus * sizeof(struct madt_lapic);

	if (!to)
		return bytes;
	memset(to, 0, bytes);
	fill_madt(&tables->madt, max_vcpus);
	fill_dsdt(&tables->dsdt);
	fill_fadt(&tables->fadt, at + offsetof(struct tables, dsdt));
	tables->xsdt.fadt = at + offsetof(struct tables, fadt);
	tables->xsdt.madt = at + offsetof(struct tables, madt);
	finish_table(&tables->xsdt.head, "XSDT", 1, sizeof(tables->xsdt));
	fill_rsdp(&tables->rsdp, at + offsetof(struct tables, xsdt));
	return bytes;
}
