/* SPDX-License-Identifier: MIT */
/* The memory map the firmware hands on: RAM, what is taken from it, and the end of the hole below 4
 * GiB. */
#include "loader.h"

#define MAP_RAM	     1
#define MAP_RESERVED 2

static void add(struct map_entry *entry, unsigned int *count, uint64_t start, uint64_t end,
		uint32_t type)
{
	if (start < end)
		entry[(*count)++] = (struct map_entry){ start, end - start, type };
}

unsigned int map_make(struct map_entry *entry, const struct machine *machine)
{
	unsigned int count = 0;

	add(entry, &count, 0, VGA_AT, MAP_RAM);
	add(entry, &count, machine->uefi ? 0xe0000 : 0xf0000, ROM_END, MAP_RESERVED);
	add(entry, &count, ROM_END, machine->low_end, MAP_RAM);
	add(entry, &count, machine->low_end, machine->ram_end, MAP_RESERVED);
	add(entry, &count, PCI_END, 4 * GIB, MAP_RESERVED);
	add(entry, &count, 4 * GIB, machine->high_end, MAP_RAM);
	return count;
}
