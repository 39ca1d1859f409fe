/* SPDX-License-Identifier: MIT */
/*
 * Looks through the further tables a guest is to get: loaders trust the lengths in them, and a guest
 * leaves out what does not add up, without a word to whoever wrote the file.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#define MOST_BYTES   ((uint64_t)256 << 10)
#define SMBIOS_BYTES ((uint64_t)32 << 10) /* with ours they have 16 bits of length together */
#define ACPI_TABLES  16

static uint32_t read_le32(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static int too_large(struct hvm_tables tables, uint64_t most, struct complaint *complaint)
{
	complain(complaint, "it has %llu bytes; a guest takes %llu",
		 (unsigned long long)tables.bytes, (unsigned long long)most);
	return -E2BIG;
}

int hvm_check_acpi(struct hvm_tables tables, struct complaint *complaint)
{
	const uint64_t head = 36;
	unsigned int count = 0;
	uint32_t length;

	if (tables.bytes > MOST_BYTES)
		return too_large(tables, MOST_BYTES, complaint);
	for (uint64_t at = 0; at < tables.bytes; at += length, count++) {
		uint64_t rest = tables.bytes - at;
		uint8_t sum = 0;

		length = rest < head ? 0 : read_le32(tables.data + at + 4);
		if (length < head || length > rest) {
			complain(complaint, "there is no whole ACPI table at byte %llu",
				 (unsigned long long)at);
			return -EINVAL;
		}
		for (uint32_t i = 0; i < length; i++)
			sum = (uint8_t)(sum + tables.data[at + i]);
		if (sum) {
			complain(complaint,
				 "the checksum of the ACPI table at byte %llu is wrong: its bytes "
				 "do not add up to 0",
				 (unsigned long long)at);
			return -EINVAL;
		}
	}
	if (count <= ACPI_TABLES)
		return 0;
	complain(complaint, "it has %u ACPI tables; a guest takes %u", count, ACPI_TABLES);
	return -E2BIG;
}

/* Its own length, which does not count the strings behind; these end with an empty one. */
static bool is_structure(const uint8_t *at, uint32_t length)
{
	return length >= 6 && at[1] >= 4 && at[1] <= length - 2 && !at[length - 2] &&
	       !at[length - 1];
}

int hvm_check_smbios(struct hvm_tables tables, struct complaint *complaint)
{
	uint32_t length;

	if (tables.bytes > SMBIOS_BYTES)
		return too_large(tables, SMBIOS_BYTES, complaint);
	for (uint64_t at = 0; at < tables.bytes; at += 4 + (uint64_t)length) {
		uint64_t rest = tables.bytes - at;

		length = rest < 4 ? 0 : read_le32(tables.data + at);
		if (length && length <= rest - 4 && is_structure(tables.data + at + 4, length))
			continue;
		complain(complaint,
			 "there is no length of 32 bits with an SMBIOS structure and its strings "
			 "behind it at byte %llu",
			 (unsigned long long)at);
		return -EINVAL;
	}
	return 0;
}
