// options: pv-l1tf=dom0
// dies: an entry of a level 1 table that is not present points at memory
/* SPDX-License-Identifier: MIT */
/*
 * Promise: a guest that is protected from L1TF has no entry in its page tables that is not present and has the address of
 * memory, however it writes it. What kernels do about it themselves is let be. It ends by the one entry that is not:
 * the domain is crashed, here the machine with it.
 */
#include "../kit/kit.h"

static void harmless_entries(uint64_t where, volatile uint64_t *page, uint64_t entry)
{
	const uint64_t harmless[] = { 0, WRITABLE | USER, ~entry & ~PRESENT & ADDR_MASK, (~entry & ADDR_MASK) | USER };

	for (unsigned int i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		check_eq("update", mmu_update(where, harmless[i]), 0);
		check_eq("back", mmu_update(where, entry), 0);
		check_eq("remap", remap((void *)page, harmless[i]), 0);
		check("gone", !read_ok((uint64_t)page));
		check_eq("back-again", remap((void *)page, entry), 0);
	}
	check("as-before", read_ok((uint64_t)page));
}

static void new_tables(uint64_t entry)
{
	uint64_t *table = alloc_page();
	uint64_t mfn = virt_to_mfn(table);

	table[7] = ~entry & ADDR_MASK & ~PRESENT;
	table[511] = USER;
	check_eq("table-readonly", remap(table, (mfn << 12) | PRESENT | USER), 0);
	check_eq("table-pinned", mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0), 0);
	check_eq("table-unpinned", mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
}

void test(void)
{
	volatile uint64_t *page = alloc_page();
	uint64_t where, entry = entry_of((uint64_t)page, 1, &where);

	harmless_entries(where, page, entry);
	new_tables(entry);
	mmu_update(where, entry & ~PRESENT);
	check("alive-after-vulnerable-entry", false);
}
