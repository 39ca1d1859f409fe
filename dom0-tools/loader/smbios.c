/* SPDX-License-Identifier: MIT */
/*
 * What the machine calls itself (SMBIOS 2.4): its maker, model and number, its processors and
 * memory. Kernels and tools know a guest of Xen's by "Xen" and "HVM domU".
 */
#include "loader.h"

#include <string.h>

#define HANDLE(type, number) ((uint16_t)((type) << 8 | (number)))
#define MIB_SHIFT	     20

struct writer {
	uint8_t *to;
	size_t used, room;
	unsigned int count; /* of structures */
	size_t largest, start;
};

static void byte(struct writer *w, unsigned int value)
{
	if (w->used < w->room)
		w->to[w->used] = (uint8_t)value;
	w->used++;
}

static void number(struct writer *w, uint64_t value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		byte(w, (uint8_t)value);
}

static void begin(struct writer *w, unsigned int type, unsigned int bytes, unsigned int instance)
{
	w->start = w->used;
	w->count++;
	byte(w, type);
	byte(w, bytes);
	number(w, HANDLE(type, instance), 2);
}

/* The rest of the structure is zero; then its strings, "" after the last, which fields know by
 * numbers. */
static void end(struct writer *w, unsigned int bytes, const char *const *strings)
{
	while (w->used < w->start + bytes)
		byte(w, 0);
	if (!strings)
		byte(w, 0);
	for (; strings && *strings; strings++)
		for (const char *at = *strings;; at++) {
			byte(w, (uint8_t)*at);
			if (!*at)
				break;
		}
	byte(w, 0);
	if (w->used - w->start > w->largest)
		w->largest = w->used - w->start;
}

/* ---- what the toolstack gives ---- */

/* The structure at `at` of what is given, its length before it; NULL behind the last. */
static const uint8_t *given_at(const struct machine *m, uint32_t at, uint32_t *bytes)
{
	if (m->more_smbios_bytes < at || m->more_smbios_bytes - at < 4 + 4)
		return NULL;
	memcpy(bytes, m->more_smbios + at, 4);
	return *bytes >= 4 && *bytes <= m->more_smbios_bytes - at - 4 ? m->more_smbios + at + 4
								      : NULL;
}

static void copy_given(struct writer *w, const uint8_t *structure, uint32_t bytes,
		       unsigned int instance)
{
	w->start = w->used;
	w->count++;
	byte(w, structure[0]);
	byte(w, structure[1]);
	number(w, HANDLE(structure[0], instance), 2);
	for (uint32_t i = 4; i < bytes; i++)
		byte(w, structure[i]);
	if (bytes > w->largest)
		w->largest = bytes;
}

/* The first of a type, in place of the loader's own. */
static bool put_given(struct writer *w, const struct machine *machine, unsigned int type)
{
	const uint8_t *structure;
	uint32_t bytes;

	for (uint32_t at = 0; (structure = given_at(machine, at, &bytes)); at += 4 + bytes)
		if (structure[0] == type) {
			copy_given(w, structure, bytes, 0);
			return true;
		}
	return false;
}

static bool has_own(unsigned int type)
{
	static const uint8_t own[] = { 0, 1, 3, 4, 16, 17, 19, 32, 127 };

	for (unsigned int i = 0; i < sizeof(own); i++)
		if (own[i] == type)
			return true;
	return false;
}

/* All of other types, numbered through among their like. */
static void put_others(struct writer *w, const struct machine *machine)
{
	uint8_t instance[256] = { 0 };
	const uint8_t *structure;
	uint32_t bytes;

	for (uint32_t at = 0; (structure = given_at(machine, at, &bytes)); at += 4 + bytes)
		if (!has_own(structure[0]))
			copy_given(w, structure, bytes, instance[structure[0]]++);
}

/* ---- the loader's own ---- */

static void bios(struct writer *w, const struct machine *machine)
{
	if (put_given(w, machine, 0))
		return;
	begin(w, 0, 24, 0);
	byte(w, 1);
	byte(w, 2);
	number(w, 0xe800, 2);
	byte(w, 3);
	byte(w, 0);
	number(w, 1u << 3, 8); /* what it can is not said */
	byte(w, 0);
	byte(w, 1u << 2 | (machine->uefi ? 1u << 3 : 0)); /* of a virtual machine */
	end(w, 24, (const char *const[]){ "Xen", machine->version, "01/01/2024", NULL });
}

static void uuid_text(char text[37], const uint8_t uuid[16])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned int i = 0; i < 16; i++) {
		*text++ = digits[uuid[i] >> 4];
		*text++ = digits[uuid[i] & 15];
		if (i == 3 || i == 5 || i == 7 || i == 9)
			*text++ = '-';
	}
	*text = '\0';
}

static void computer(struct writer *w, const struct machine *machine)
{
	char uuid[37];

	if (put_given(w, machine, 1))
		return;
	uuid_text(uuid, machine->uuid);
	begin(w, 1, 27, 0);
	number(w, 0x04030201, 4);
	for (unsigned int i = 0; i < 16; i++)
		byte(w, machine->uuid[i]);
	byte(w, 6); /* woken by its power switch */
	end(w, 27, (const char *const[]){ "Xen", "HVM domU", machine->version, uuid, NULL });
}

static void enclosure(struct writer *w, const struct machine *machine)
{
	if (put_given(w, machine, 3))
		return;
	begin(w, 3, 13, 0);
	byte(w, 1);
	byte(w, 1); /* other */
	byte(w, 0);
	byte(w, 0);
	byte(w, 0);
	number(w, 0x02030303, 4); /* in order; security is not known */
	end(w, 13, (const char *const[]){ "Xen", NULL });
}

static void processor(struct writer *w, unsigned int vcpu)
{
	const char socket[] = { 'C',
				'P',
				'U',
				' ',
				(char)('0' + vcpu / 100),
				(char)('0' + vcpu / 10 % 10),
				(char)('0' + vcpu % 10),
				'\0' };

	begin(w, 4, 35, vcpu);
	byte(w, 1);
	byte(w, 3);
	byte(w, 1);
	byte(w, 2);
	number(w, 0, 8); /* CPUID tells */
	byte(w, 0);
	byte(w, 0);
	number(w, 0, 6);
	byte(w, 0x41); /* in its socket and on */
	byte(w, 1);
	number(w, 0xffffffffffff, 6); /* caches are not told of */
	end(w, 35, (const char *const[]){ socket, "Xen", NULL });
}

static void memory(struct writer *w, const struct machine *machine)
{
	uint64_t high = machine->high_end - 4 * GIB;
	uint32_t mib = (uint32_t)((machine->ram_end + high) >> MIB_SHIFT);

	begin(w, 16, 15, 0);
	number(w, 0x030101, 3);
	number(w, mib < 0x200000 ? (uint64_t)mib << 10 : 0x80000000, 4);
	number(w, 0xfffe, 2);
	number(w, 1, 2);
	end(w, 15, NULL);
	begin(w, 17, 27, 0);
	number(w, HANDLE(16, 0), 2);
	number(w, 0xfffe, 2);
	number(w, 64, 2);
	number(w, 64, 2);
	number(w, mib < 0x7fff ? mib : mib >> 5 < 0x7fff ? 0x8000 | mib << 10 >> 10 : 0x7fff, 2);
	byte(w, 9); /* a DIMM */
	byte(w, 0);
	byte(w, 1);
	byte(w, 0);
	byte(w, 7); /* RAM */
	end(w, 27, (const char *const[]){ "DIMM 0", NULL });
	begin(w, 19, 15, 0);
	number(w, 0, 4);
	number(w, (machine->ram_end >> 10) - 1, 4);
	number(w, HANDLE(16, 0), 2);
	byte(w, 1);
	end(w, 15, NULL);
	if (!high)
		return;
	begin(w, 19, 15, 1);
	number(w, 4 * GIB >> 10, 4);
	number(w, (machine->high_end >> 10) - 1, 4);
	number(w, HANDLE(16, 0), 2);
	byte(w, 1);
	end(w, 15, NULL);
}

static void last(struct writer *w)
{
	begin(w, 32, 11, 0);
	end(w, 11, NULL);
	begin(w, 127, 4, 0);
	end(w, 4, NULL);
}

static uint8_t complement(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	while (count--)
		sum = (uint8_t)(sum + *bytes++);
	return (uint8_t)-sum;
}

/* The entry point's fields are at their offsets in the specification. */
static void entry(uint8_t *to, const struct writer *w, uint32_t table, size_t bytes)
{
	struct writer e = { .to = to, .room = SMBIOS_ENTRY_BYTES };

	memset(to, 0, SMBIOS_ENTRY_BYTES);
	memcpy(to, "_SM_", 4);
	e.used = 5;
	byte(&e, SMBIOS_ENTRY_BYTES);
	number(&e, 0x0402, 2); /* version 2.4 */
	number(&e, w->largest, 2);
	memcpy(to + 16, "_DMI_", 5);
	e.used = 22;
	number(&e, bytes, 2);
	number(&e, table, 4);
	number(&e, w->count, 2);
	byte(&e, 0x24);
	to[21] = complement(to + 16, 15);
	to[4] = complement(to, SMBIOS_ENTRY_BYTES);
}

size_t smbios_write(uint8_t *to, size_t room, uint32_t at, const struct machine *machine)
{
	struct writer w = { .to = to, .used = 32, .room = room };

	bios(&w, machine);
	computer(&w, machine);
	enclosure(&w, machine);
	put_others(&w, machine);
	for (unsigned int i = 0; i < machine->vcpus; i++)
		processor(&w, i);
	memory(&w, machine);
	last(&w);
	if (w.used <= room)
		entry(to, &w, at + 32, w.used - 32);
	return w.used;
}
