/* SPDX-License-Identifier: MIT */
/*
 * Mapping memory the domain builder left unmapped, two MiB at a time, only when it is needed: so a
 * guest's start does not depend on its size.
 *
 * A page that becomes a page table must not be writable: its own mapping is made read-only first,
 * then the entry above is set by the hypervisor, which checks the new table as it does so.
 */
#include "pv.h"

#include "machine.h"

#define PAGES_PER_TABLE 512u

static uint64_t *root;

static uint64_t *table_at(uint64_t entry)
{
	return page_address(machine_page((entry & PTE_FRAME) >> 12));
}

/* The entry that maps address at level 3, 2 or 1; NULL: there is no such table. */
static uint64_t *entry_of(const void *address, unsigned int level)
{
	uint64_t va = (uint64_t)address, *table = root;

	for (unsigned int l = 4;; l--) {
		uint64_t *entry = &table[va >> (12 + 9 * (l - 1)) & 511];

		if (l == level)
			return entry;
		if (!(*entry & PTE_PRESENT))
			return NULL;
		table = table_at(*entry);
	}
}

void pv_memory_init(uint64_t root_address)
{
	uint64_t page = machine.first_free;

	/*
	 * The image is at a multiple of 1 GiB, and so is MACHINE_MOST: one table of level 2 has it
	 * all.
	 */
	root = (uint64_t *)root_address;
	while (page < machine.nr_pages) {
		const uint64_t *entry = entry_of(page_address(page), 1);

		if (!entry || !(*entry & PTE_PRESENT))
			break;
		page++;
	}
	machine.mapped = page;
}

/* Writes an entry of a table in use. */
static long set_entry(uint64_t *entry, uint64_t value)
{
	uint64_t frame = machine_frame(page_number(entry));
	struct mmu_update update = {
		.ptr = frame << 12 | ((uint64_t)entry & 4095) | MMU_NORMAL_PT_UPDATE, .val = value
	};

	return CALL4(__HYPERVISOR_mmu_update, &update, 1, NULL, DOMID_SELF);
}

/* Makes the page, so far like any other, a table below an entry. */
static bool install(uint64_t *above, uint64_t page)
{
	uint64_t frame = machine_frame(page) << 12;

	if (CALL3(__HYPERVISOR_update_va_mapping, page_address(page), frame | PTE_PRESENT,
		  UVMF_INVLPG))
		return false;
	return !set_entry(above, frame | PTE_PRESENT | PTE_WRITABLE);
}

bool pv_memory_grow(uint64_t (*take_page)(void))
{
	uint64_t first = machine.mapped, page, table_page;
	uint64_t *table, *above = entry_of(page_address(first), 2);

	/* A table that is there already but not full is the builder's last: it said all it had. */
	if (first == machine.nr_pages || !above || *above & PTE_PRESENT)
		return false;
	table_page = take_page();
	if (table_page == UINT64_MAX)
		return false;
	table = page_address(table_page);
	for (page = first; page < machine.nr_pages && page - first < PAGES_PER_TABLE; page++)
		table[page - first] = machine_frame(page) << 12 | PTE_PRESENT | PTE_WRITABLE;
	if (!install(above, table_page))
		return false;
	machine.mapped = page;
	return true;
}
