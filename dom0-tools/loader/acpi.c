/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables of an HVM guest (ACPI 5.0, chapter 5.2): RSDP, RSDT, XSDT, FADT, FACS, DSDT,
 * MADT, HPET and WAET. Fields are written by their offsets in the specification.
 */
#include "loader.h"

#include <string.h>

#define HEAD_BYTES 36
#define FADT_BYTES 244
#define FACS_BYTES 64
#define HPET_BYTES 56
#define WAET_BYTES 40
#define MAX_TABLES (4 + MORE_TABLES)

struct tables {
	uint8_t *to;
	size_t used, room;
	uint32_t at; /* address of to */
	const struct machine *machine;
	uint32_t listed[MAX_TABLES];
	unsigned int nr_listed;
};

static void put(uint8_t *to, uint64_t value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		*to++ = (uint8_t)value;
}

static uint8_t complement(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return (uint8_t)-sum;
}

/* Zeroed; NULL, once and for all, if there is no room. */
static uint8_t *take(struct tables *t, size_t bytes)
{
	size_t start = (t->used + 63) & ~(size_t)63;

	t->used = start + bytes;
	if (t->used > t->room)
		return NULL;
	memset(t->to + start, 0, bytes);
	return t->to + start;
}

static uint32_t address(const struct tables *t, const uint8_t *table)
{
	return t->at + (uint32_t)(table - t->to);
}

/* Once all else is written. */
static uint32_t finish(struct tables *t, uint8_t *table, const char *signature, uint32_t bytes,
		       uint8_t revision)
{
	memcpy(table, signature, 4);
	put(table + 4, bytes, 4);
	table[8] = revision;
	memcpy(table + 10, "Serai ", 6);
	memcpy(table + 16, "HVM     ", 8);
	put(table + 24, 1, 4);
	memcpy(table + 28, "SERA", 4);
	put(table + 32, 1, 4);
	table[9] = 0;
	table[9] = complement(table, bytes);
	return address(t, table);
}

static void list(struct tables *t, uint32_t table)
{
	t->listed[t->nr_listed++] = table;
}

/* ---- FADT ---- */

#define FLAG_WBINVD	 (1u << 0)
#define FLAG_C1		 (1u << 2)
#define FLAG_NO_RTC_WAKE (1u << 6)
#define FLAG_TIMER_32	 (1u << 8)
#define BOOT_OLD_DEVICES (1u << 0)
#define BOOT_8042	 (1u << 1)

/* A block of ports twice: as of ACPI 1, and as a generic address. */
static void ports(uint8_t *fadt, unsigned int old, unsigned int generic, uint32_t port,
		  unsigned int bytes)
{
	put(fadt + old, port, 4);
	fadt[generic] = 1;
	fadt[generic + 1] = (uint8_t)(8 * bytes);
	put(fadt + generic + 4, port, 8);
}

static bool add_fadt(struct tables *t, uint32_t dsdt)
{
	uint8_t *facs = take(t, FACS_BYTES), *fadt = take(t, FADT_BYTES);

	if (!fadt || !facs)
		return false;
	memcpy(facs, "FACS", 4);
	put(facs + 4, FACS_BYTES, 4);
	facs[32] = 1;
	put(fadt + 36, address(t, facs), 4);
	put(fadt + 40, dsdt, 4);
	fadt[45] = 1; /* a desktop */
	put(fadt + 46, SCI, 2);
	ports(fadt, 56, 148, PM_EVENTS, 4);
	ports(fadt, 64, 172, PM_CONTROL, 2);
	ports(fadt, 76, 208, PM_TIMER, 4);
	ports(fadt, 80, 220, GPE_BLOCK, 4);
	fadt[88] = 4;
	fadt[89] = 2;
	fadt[91] = 4;
	fadt[92] = 4;
	put(fadt + 96, 0xfff, 2); /* no C2, no C3 */
	put(fadt + 98, 0xfff, 2);
	put(fadt + 109, BOOT_OLD_DEVICES | BOOT_8042, 2);
	put(fadt + 112, FLAG_WBINVD | FLAG_C1 | FLAG_NO_RTC_WAKE | FLAG_TIMER_32, 4);
	put(fadt + 140, dsdt, 8); /* of the FACS's two places one is to be 0 */
	list(t, finish(t, fadt, "FACP", FADT_BYTES, 4));
	return true;
}

/* ---- MADT ---- */

#define LEVEL_LOW 0xf

static uint8_t *madt_override(uint8_t *entry, unsigned int irq, unsigned int gsi,
			      unsigned int flags)
{
	entry[0] = 2;
	entry[1] = 10;
	entry[3] = (uint8_t)irq;
	put(entry + 4, gsi, 4);
	put(entry + 8, flags, 2);
	return entry + 10;
}

static bool is_link_irq(unsigned int irq)
{
	for (unsigned int i = 0; i < 4; i++)
		if (link_irq[i] == irq)
			return true;
	return false;
}

static uint8_t *madt_ioapic(uint8_t *entry)
{
	entry[0] = 1;
	entry[1] = 12;
	entry[2] = IOAPIC_ID;
	put(entry + 4, IOAPIC_AT, 4);
	entry = madt_override(entry + 12, 0, 2, 0);
	for (unsigned int irq = 1; irq < 16; irq++)
		if (irq == SCI || is_link_irq(irq))
			entry = madt_override(entry, irq, irq, LEVEL_LOW);
	return entry;
}

static bool add_madt(struct tables *t)
{
	const struct machine *m = t->machine;
	uint32_t room = HEAD_BYTES + 8 + m->vcpus * 8 + 12 + 16 * 10;
	uint8_t *madt, *entry;

	if (!m->apics && m->vcpus == 1)
		return true;
	madt = take(t, room);
	if (!madt)
		return false;
	put(madt + HEAD_BYTES, LAPIC_AT, 4);
	put(madt + HEAD_BYTES + 4, 1, 4); /* there are old PICs, too */
	entry = madt + HEAD_BYTES + 8;
	for (unsigned int i = 0; i < m->vcpus; i++, entry += 8) {
		entry[1] = 8;
		entry[2] = (uint8_t)i;
		entry[3] = (uint8_t)LAPIC_ID(i);
		entry[4] = m->online[i / 8] >> i % 8 & 1;
	}
	if (m->apics)
		entry = madt_ioapic(entry);
	list(t, finish(t, madt, "APIC", (uint32_t)(entry - madt), 2));
	return true;
}

/* ---- the small ones ---- */

static bool add_hpet(struct tables *t)
{
	uint8_t *hpet;

	if (!t->machine->hpet)
		return true;
	hpet = take(t, HPET_BYTES);
	if (!hpet)
		return false;
	put(hpet + 36, 0x8086a201, 4); /* three 64-bit timers that can take the old ones' place */
	put(hpet + 44, HPET_AT, 8);
	list(t, finish(t, hpet, "HPET", HPET_BYTES, 1));
	return true;
}

/* Windows may trust the clock and ACPI's timer. */
static bool add_waet(struct tables *t)
{
	uint8_t *waet = take(t, WAET_BYTES);

	if (!waet)
		return false;
	put(waet + 36, 3, 4);
	list(t, finish(t, waet, "WAET", WAET_BYTES, 1));
	return true;
}

/* Those the toolstack gives, as they are. It has looked through them; a length that leads beyond ends
 * them. */
static bool add_more(struct tables *t)
{
	const struct machine *m = t->machine;
	uint32_t at = 0, bytes;

	for (unsigned int i = 0; i < MORE_TABLES && m->more_acpi_bytes - at >= HEAD_BYTES; i++) {
		uint8_t *table;

		memcpy(&bytes, m->more_acpi + at + 4, sizeof(bytes));
		if (bytes < HEAD_BYTES || bytes > m->more_acpi_bytes - at)
			break;
		table = take(t, bytes);
		if (!table)
			return false;
		memcpy(table, m->more_acpi + at, bytes);
		list(t, address(t, table));
		at += bytes;
	}
	return true;
}

/* ---- all of them ---- */

static uint32_t add_dsdt(struct tables *t)
{
	size_t code = dsdt_code(NULL, 0, t->machine);
	uint8_t *dsdt = take(t, HEAD_BYTES + code);

	if (!dsdt)
		return 0;
	dsdt_code(dsdt + HEAD_BYTES, code, t->machine);
	return finish(t, dsdt, "DSDT", (uint32_t)(HEAD_BYTES + code), 2);
}

static uint32_t add_list(struct tables *t, const char *signature, unsigned int width)
{
	uint32_t bytes = HEAD_BYTES + t->nr_listed * width;
	uint8_t *table = take(t, bytes);

	for (unsigned int i = 0; table && i < t->nr_listed; i++)
		put(table + HEAD_BYTES + i * width, t->listed[i], width);
	return table ? finish(t, table, signature, bytes, 1) : 0;
}

size_t acpi_write(uint8_t *to, size_t room, uint32_t at, const struct machine *machine)
{
	struct tables t = { .to = to, .room = room, .at = at, .machine = machine };
	uint8_t *rsdp = take(&t, RSDP_BYTES);
	uint32_t dsdt = add_dsdt(&t), rsdt, xsdt;

	if (!rsdp || !dsdt || !add_fadt(&t, dsdt) || !add_madt(&t) || !add_hpet(&t) ||
	    !add_waet(&t) || !add_more(&t))
		return t.used;
	rsdt = add_list(&t, "RSDT", 4);
	xsdt = add_list(&t, "XSDT", 8);
	memcpy(rsdp, "RSD PTR ", 8);
	memcpy(rsdp + 9, "Serai ", 6);
	rsdp[15] = 2;
	put(rsdp + 16, rsdt, 4);
	put(rsdp + 20, RSDP_BYTES, 4);
	put(rsdp + 24, xsdt, 8);
	rsdp[8] = complement(rsdp, 20);
	rsdp[32] = complement(rsdp, RSDP_BYTES);
	return t.used;
}
