/* SPDX-License-Identifier: MIT */
/*
 * Reading ACPI tables. The tables are the firmware's word and firmware is known to lie: every field is
 * fetched with a bounds check, every list has a limit, and a table is looked at only after its length
 * and checksum are right. Nothing here maps memory except through the callback, so the same code is
 * unit-tested over made-up tables.
 */
#include <hv/lib.h>
#include <hv/string.h>
#include <asm/acpi.h>

#define SDT_HEADER 36
#define SDT_MAX	   0x100000u
#define ROOT_MAX   128 /* tables looked at */

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | (p[1] << 8));
}
static uint32_t le32(const uint8_t *p)
{
	return le16(p) | ((uint32_t)le16(p + 2) << 16);
}
static uint64_t le64(const uint8_t *p)
{
	return le32(p) | ((uint64_t)le32(p + 4) << 32);
}

bool acpi_checksum_ok(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + b[i]);
	return sum == 0;
}

/* Revision 0 has 20 bytes; later ones a longer structure with a second checksum. */
bool acpi_rsdp_valid(const void *p, size_t len)
{
	const uint8_t *r = p;

	if (len < 20 || memcmp(r, "RSD PTR ", 8) || !acpi_checksum_ok(r, 20))
		return false;
	return r[15] < 2 || (len >= 36 && le32(r + 20) >= 36 && acpi_checksum_ok(r, 36));
}

static void add_cpu(struct acpi_info *info, uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
	if (!(flags & 1) || info->nr_cpus == ACPI_MAX_CPUS)
		return;
	for (unsigned int i = 0; i < info->nr_cpus; i++)
		if (info->cpu[i].apic_id == apic_id)
			return; /* listed both as APIC and as x2APIC */
	info->cpu[info->nr_cpus++] = (struct acpi_cpu){ apic_id, acpi_id };
}

static void add_ioapic(struct acpi_info *info, const uint8_t *e)
{
	if (info->nr_ioapics < ACPI_MAX_IOAPICS)
		info->ioapic[info->nr_ioapics++] =
			(struct acpi_ioapic){ .id = e[2], .address = le32(e + 4), .gsi_base = le32(e + 8) };
}

/* MPS INTI flags: bits 1:0 polarity, 3:2 trigger; 0 = as the bus (ISA: active high, edge). */
static void add_override(struct acpi_info *info, const uint8_t *e)
{
	uint16_t flags = le16(e + 8);

	if (e[3] < 16 && info->nr_overrides < ACPI_MAX_OVERRIDES)
		info->override[info->nr_overrides++] = (struct acpi_override){
			.isa_irq = e[3],
			.gsi = le32(e + 4),
			.low = (flags & 3) == 3,
			.level = ((flags >> 2) & 3) == 3,
		};
}

static void add_nmi(struct acpi_info *info, uint32_t acpi_id, uint8_t lint)
{
	if (lint < 2 && info->nr_nmis < ACPI_MAX_NMIS)
		info->nmi[info->nr_nmis++] = (struct acpi_lapic_nmi){ acpi_id, lint };
}

static void parse_madt_entry(struct acpi_info *info, const uint8_t *e, unsigned int len)
{
	static const uint8_t least[] = { 8, 12, 10, 8, 6, 12, 0, 0, 0, 16, 12 };

	if (e[0] >= ARRAY_SIZE(least) || !least[e[0]] || len < least[e[0]])
		return;
	switch (e[0]) {
	case 0:
		add_cpu(info, e[3], e[2], le32(e + 4));
		break;
	case 1:
		add_ioapic(info, e);
		break;
	case 2:
		add_override(info, e);
		break;
	case 4:
		add_nmi(info, e[2] == 0xff ? ACPI_ALL_CPUS : e[2], e[5]);
		break;
	case 5:
		info->lapic_address = le64(e + 4);
		break;
	case 9:
		add_cpu(info, le32(e + 4), le32(e + 12), le32(e + 8));
		break;
	case 10:
		add_nmi(info, le32(e + 4), e[8]);
		break;
	}
}

static void parse_madt(struct acpi_info *info, const uint8_t *t, size_t len)
{
	if (len < 44 || info->has_madt)
		return;
	info->has_madt = true;
	info->lapic_address = le32(t + 36);
	for (size_t off = 44; off + 2 <= len && t[off + 1] >= 2 && off + t[off + 1] <= len;
	     off += t[off + 1])
		parse_madt_entry(info, t + off, t[off + 1]);
}

static void parse_mcfg(struct acpi_info *info, const uint8_t *t, size_t len)
{
	for (size_t off = 44; off + 16 <= len && info->nr_mcfg < ACPI_MAX_MCFG; off += 16) {
		const uint8_t *e = t + off;

		if (!le64(e) || e[11] < e[10])
			continue;
		info->mcfg[info->nr_mcfg++] = (struct acpi_mcfg){
			.address = le64(e), .segment = le16(e + 8), .start_bus = e[10], .end_bus = e[11]
		};
	}
}

static struct acpi_address generic_address(const uint8_t *g)
{
	return (struct acpi_address){ .space = g[0], .width = g[1], .address = le64(g + 4) };
}

static void parse_hpet(struct acpi_info *info, const uint8_t *t, size_t len)
{
	struct acpi_address a;

	if (len < 56)
		return;
	a = generic_address(t + 40);
	if (a.space == ACPI_SPACE_MEM && !info->hpet_address)
		info->hpet_address = a.address;
}

/* A register block of the FADT: the 64-bit form if the table has it, else the old port number. */
static struct acpi_address fadt_block(const uint8_t *t, size_t len, size_t old, size_t extended)
{
	struct acpi_address a = { .space = ACPI_SPACE_IO, .width = 32 };

	if (len >= extended + 12)
		a = generic_address(t + extended);
	if (a.space > ACPI_SPACE_IO)
		a.address = 0;
	if (!a.address && le32(t + old))
		a = (struct acpi_address){ .space = ACPI_SPACE_IO, .width = 32, .address = le32(t + old) };
	return a;
}

static void parse_fadt(struct acpi_info *info, const uint8_t *t, size_t len)
{
	uint32_t flags;

	if (len < 116 || info->has_fadt)
		return;
	info->has_fadt = true;
	flags = le32(t + 112);
	info->sci = le16(t + 46);
	info->pm1a_control = fadt_block(t, len, 64, 172);
	info->pm1b_control = fadt_block(t, len, 68, 184);
	info->pm_timer = fadt_block(t, len, 76, 208);
	info->pm_timer_32bit = flags & (1u << 8);
	info->century_index = t[108];
	if (len >= 129 && (flags & (1u << 10))) {
		info->reset = generic_address(t + 116);
		info->reset_value = t[128];
	}
	if (len >= 256 && (flags & (1u << 20)))
		info->sleep_control = generic_address(t + 244);
}

static void parse_srat(struct acpi_info *info, const uint8_t *t, size_t len)
{
	for (size_t off = 48; off + 2 <= len && t[off + 1] >= 2 && off + t[off + 1] <= len;
	     off += t[off + 1]) {
		if (t[off] == 1)
			info->srat_memory++;
		else if (t[off] == 0 || t[off] == 2)
			info->srat_cpus++;
	}
}

void acpi_parse_table(struct acpi_info *info, const uint8_t *t, size_t len)
{
	static const struct {
		char sig[5];
		void (*parse)(struct acpi_info *info, const uint8_t *t, size_t len);
	} known[] = {
		{ "APIC", parse_madt }, { "MCFG", parse_mcfg }, { "HPET", parse_hpet },
		{ "FACP", parse_fadt }, { "SRAT", parse_srat },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (!memcmp(t, known[i].sig, 4))
			known[i].parse(info, t, len);
}

/* An AML integer constant of a package: advances *p. -1: something else. */
static int aml_small_integer(const uint8_t **p, const uint8_t *end)
{
	if (*p < end && **p <= 1) /* ZeroOp, OneOp */
		return *(*p)++;
	if (*p + 2 <= end && **p == 0x0a) { /* BytePrefix */
		*p += 2;
		return (*p)[-1];
	}
	return -1;
}

/*
 * The sleep types of state S5, for turning the machine off when Dom0 does not give them. _S5 is by
 * specification a constant package, so finding "NameOp _S5_ PackageOp" in the byte code is enough.
 */
void acpi_parse_dsdt(struct acpi_info *info, const uint8_t *t, size_t len)
{
	const uint8_t *end = t + len;

	for (const uint8_t *p = t + SDT_HEADER; p + 9 <= end && !info->has_s5; p++) {
		const uint8_t *q = p + 5;
		int a, b;

		if (memcmp(p, "_S5_\x12", 5) || (p[-1] != 0x08 && p[-2] != 0x08))
			continue;
		q += 1 + (*q >> 6) + 1; /* package length bytes, element count */
		a = q < end ? aml_small_integer(&q, end) : -1;
		b = q < end ? aml_small_integer(&q, end) : -1;
		if (a < 0 || a > 7)
			continue;
		info->has_s5 = true;
		info->s5_type_a = (uint8_t)a;
		info->s5_type_b = b >= 0 && b <= 7 ? (uint8_t)b : 0;
	}
}

/* The whole table at `maddr` if its header is plausible and its checksum right; else NULL. */
static const uint8_t *map_table(struct acpi_info *info, uint64_t maddr, acpi_map_fn map, size_t *len)
{
	const uint8_t *t = maddr ? map(maddr, SDT_HEADER) : NULL;

	if (!t)
		return NULL;
	*len = le32(t + 4);
	if (*len < SDT_HEADER || *len > SDT_MAX || maddr + *len < maddr) {
		info->bad_tables++;
		return NULL;
	}
	t = map(maddr, *len);
	if (!t || !acpi_checksum_ok(t, *len)) {
		info->bad_tables++;
		return NULL;
	}
	return t;
}

/* Only tables this file knows are mapped whole: others may be large and are Dom0's business. */
static void load_one(struct acpi_info *info, uint64_t maddr, acpi_map_fn map)
{
	const uint8_t *t = maddr ? map(maddr, SDT_HEADER) : NULL;
	uint64_t dsdt;
	size_t len;

	if (!t || (memcmp(t, "APIC", 4) && memcmp(t, "MCFG", 4) && memcmp(t, "HPET", 4) &&
		   memcmp(t, "FACP", 4) && memcmp(t, "SRAT", 4)))
		return;
	t = map_table(info, maddr, map, &len);
	if (!t)
		return;
	acpi_parse_table(info, t, len);
	if (memcmp(t, "FACP", 4) || len < 44)
		return;
	dsdt = len >= 148 && le64(t + 140) ? le64(t + 140) : le32(t + 40);
	t = map_table(info, dsdt, map, &len);
	if (t && !memcmp(t, "DSDT", 4))
		acpi_parse_dsdt(info, t, len);
}

int acpi_load(struct acpi_info *info, const uint8_t *rsdp, acpi_map_fn map)
{
	bool xsdt = rsdp[15] >= 2 && le64(rsdp + 24);
	size_t len = 0, width = xsdt ? 8 : 4;
	const uint8_t *root = map_table(info, xsdt ? le64(rsdp + 24) : le32(rsdp + 16), map, &len);

	if (!root || memcmp(root, xsdt ? "XSDT" : "RSDT", 4)) {
		if (!xsdt)
			return -ENOENT;
		width = 4;
		root = map_table(info, le32(rsdp + 16), map, &len);
		if (!root || memcmp(root, "RSDT", 4))
			return -ENOENT;
	}
	for (size_t i = 0; i < ROOT_MAX && SDT_HEADER + (i + 1) * width <= len; i++) {
		const uint8_t *e = root + SDT_HEADER + i * width;

		load_one(info, width == 8 ? le64(e) : le32(e), map);
	}
	return 0;
}
