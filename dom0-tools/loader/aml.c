/* SPDX-License-Identifier: MIT */
/*
 * Writes ACPI's byte code (ACPI 5.0, chapter 20) and resource descriptors (chapter 6.4). A
 * package's length always takes three bytes, so that it can be filled in when its end is known.
 */
#include "loader.h"

#include <string.h>

#define LENGTH_BYTES 3
#define BYTE_PREFIX  0x0a
#define WORD_PREFIX  0x0b
#define DWORD_PREFIX 0x0c
#define QWORD_PREFIX 0x0e

void aml_byte(struct aml *aml, uint8_t byte)
{
	if (aml->at < aml->room)
		aml->to[aml->at] = byte;
	aml->at++;
}

void aml_bytes(struct aml *aml, const void *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		aml_byte(aml, ((const uint8_t *)bytes)[i]);
}

static void number(struct aml *aml, uint64_t value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		aml_byte(aml, (uint8_t)value);
}

/* Of what was left out before. */
static void patch(struct aml *aml, size_t at, uint32_t value, unsigned int bytes)
{
	struct aml back = { aml->to, at, aml->room };

	number(&back, value, bytes);
}

void aml_path(struct aml *aml, const char *path)
{
	unsigned int names = 1;

	if (*path == '\\')
		aml_byte(aml, (uint8_t)*path++);
	for (const char *at = path; *at; at++)
		names += *at == '.';
	if (names == 2)
		aml_byte(aml, 0x2e);
	else if (names > 2)
		number(aml, 0x2f | names << 8, 2);
	while (*path) {
		for (unsigned int i = 0; i < 4; i++)
			aml_byte(aml, *path && *path != '.' ? (uint8_t)*path++ : '_');
		path += *path == '.';
	}
}

void aml_integer(struct aml *aml, uint64_t value)
{
	if (value <= 1) {
		aml_byte(aml, (uint8_t)value);
	} else if (value <= 0xff) {
		aml_byte(aml, BYTE_PREFIX);
		number(aml, value, 1);
	} else if (value <= 0xffff) {
		aml_byte(aml, WORD_PREFIX);
		number(aml, value, 2);
	} else if (value <= 0xffffffff) {
		aml_byte(aml, DWORD_PREFIX);
		number(aml, value, 4);
	} else {
		aml_byte(aml, QWORD_PREFIX);
		number(aml, value, 8);
	}
}

void aml_string(struct aml *aml, const char *text)
{
	aml_byte(aml, 0x0d);
	aml_bytes(aml, text, strlen(text) + 1);
}

static unsigned int hex_digit(char digit)
{
	return (unsigned int)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

void aml_eisa(struct aml *aml, const char *id)
{
	unsigned int maker = (id[0] & 31u) << 10 | (id[1] & 31u) << 5 | (id[2] & 31u);

	aml_byte(aml, DWORD_PREFIX);
	aml_byte(aml, (uint8_t)(maker >> 8));
	aml_byte(aml, (uint8_t)maker);
	aml_byte(aml, (uint8_t)(hex_digit(id[3]) << 4 | hex_digit(id[4])));
	aml_byte(aml, (uint8_t)(hex_digit(id[5]) << 4 | hex_digit(id[6])));
}

void aml_named(struct aml *aml, const char *name)
{
	aml_byte(aml, 0x08);
	aml_path(aml, name);
}

/* ---- what has an inside ---- */

size_t aml_begin(struct aml *aml, const char *opcode)
{
	size_t mark;

	aml_bytes(aml, opcode, strlen(opcode));
	mark = aml->at;
	number(aml, 0, LENGTH_BYTES);
	return mark;
}

void aml_end(struct aml *aml, size_t mark)
{
	uint32_t bytes = (uint32_t)(aml->at - mark);

	patch(aml, mark, 0x80 | (bytes & 15) | (bytes >> 4) << 8, LENGTH_BYTES);
}

static size_t begin_named(struct aml *aml, const char *opcode, const char *path)
{
	size_t mark = aml_begin(aml, opcode);

	aml_path(aml, path);
	return mark;
}

size_t aml_scope(struct aml *aml, const char *path)
{
	return begin_named(aml, "\x10", path);
}

size_t aml_device(struct aml *aml, const char *name)
{
	return begin_named(aml, "\x5b\x82", name);
}

size_t aml_method(struct aml *aml, const char *name, unsigned int arguments)
{
	size_t mark = begin_named(aml, "\x14", name);

	aml_byte(aml, (uint8_t)arguments);
	return mark;
}

size_t aml_package(struct aml *aml, unsigned int elements)
{
	size_t mark = aml_begin(aml, "\x12");

	aml_byte(aml, (uint8_t)elements);
	return mark;
}

size_t aml_if(struct aml *aml)
{
	return aml_begin(aml, "\xa0");
}

/* ---- resources ---- */

struct aml_resources aml_resources(struct aml *aml)
{
	struct aml_resources resources;

	aml_named(aml, "_CRS");
	resources.mark = aml_begin(aml, "\x11");
	aml_byte(aml, WORD_PREFIX);
	number(aml, 0, 2);
	resources.start = aml->at;
	return resources;
}

void aml_resources_end(struct aml *aml, struct aml_resources resources)
{
	number(aml, 0x79, 2);
	patch(aml, resources.start - 2, (uint32_t)(aml->at - resources.start), 2);
	aml_end(aml, resources.mark);
}

void aml_ports(struct aml *aml, uint16_t first, uint8_t count)
{
	number(aml, 0x0147, 2); /* all 16 bits of an address count */
	number(aml, first, 2);
	number(aml, first, 2);
	aml_byte(aml, 1);
	aml_byte(aml, count);
}

void aml_irq(struct aml *aml, unsigned int irq)
{
	aml_byte(aml, 0x22);
	number(aml, 1u << irq, 2);
}

void aml_fixed_memory(struct aml *aml, uint32_t start, uint32_t bytes)
{
	number(aml, 0x000986, 3);
	aml_byte(aml, 1); /* writable */
	number(aml, start, 4);
	number(aml, bytes, 4);
}

void aml_window(struct aml *aml, enum aml_space space, unsigned int width, uint64_t first,
		uint64_t last)
{
	/* Writable memory, not cached; all ports. */
	static const uint8_t flags[] = { [AML_MEMORY] = 1, [AML_PORTS] = 3, [AML_BUSES] = 0 };

	aml_byte(aml, width == 2 ? 0x88 : width == 4 ? 0x87 : 0x8a);
	number(aml, 3 + 5 * width, 2);
	aml_byte(aml, (uint8_t)space);
	aml_byte(aml, 0x0c); /* both ends are fixed, and it hands them on */
	aml_byte(aml, flags[space]);
	number(aml, 0, width);
	number(aml, first, width);
	number(aml, last, width);
	number(aml, 0, width);
	number(aml, last - first + 1, width);
}
