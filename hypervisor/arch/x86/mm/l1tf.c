/* SPDX-License-Identifier: MIT */
/*
 * L1 terminal fault (pv-l1tf=): on CPUs subject to it an entry that is not present still selects, for speculation, what
 * the first-level data cache holds of the address in it. PV guests write their own tables, so a protected
 * domain's entries that are not present must have an address that no cacheable memory has: 0, which is frame 0
 * and never used, or one past all memory. The domain is crashed for any other; there are no shadow page tables that could
 * stand in for its own.
 *
 * Kernels that know of the fault store the address of such entries inverted and never come here.
 */
#include <hv/domain.h>
#include <asm/e820.h>
#include "mm_private.h"

struct l1tf_limits l1tf_limits = { PTE_ADDR, ~0ull };

/*
 * Firmware lists memory it keeps for itself as reserved, but device space, too, which can be anywhere: what ends in the
 * upper half of all addresses is not memory, and there are the addresses that kernels invert to.
 */
void l1tf_set_limits(const struct e820entry *map, unsigned int nr, unsigned int address_bits)
{
	uint64_t safe = 1ull << 32;

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t end = map[i].addr + map[i].size;

		if (map[i].type != E820_RESERVED || end <= 1ull << (address_bits - 1))
			safe = max(safe, end);
	}
	l1tf_limits.mask = PTE_ADDR & ((1ull << address_bits) - 1);
	l1tf_limits.safe = safe;
}

/* Above level 1 the CPU may take the entry for one of a large page, whose size it then has. */
static bool is_harmless(pte_t e, unsigned int level)
{
	uint64_t address = e.e & l1tf_limits.mask;

	if (level > 1 && (e.e & PTE_PSE))
		return (address & ~((1ull << PT_SHIFT(level)) - 1)) >= l1tf_limits.safe;
	return !address || address >= l1tf_limits.safe;
}

bool l1tf_check_entry(struct domain *d, pte_t e, unsigned int level)
{
	if (is_harmless(e, level))
		return true;
	domain_crash(d, "an entry of a level %u table that is not present points at memory: %#lx (L1TF; its kernel is too old for "
		     "this CPU, or see pv-l1tf=)", level, e.e);
	return false;
}

bool l1tf_check_table(struct domain *d, const pte_t *t, unsigned int level)
{
	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		pte_t e = pte_read(&t[i]);

		if (!e.e || pte_present(e) || (level == 4 && i >= HV_SLOT_FIRST && i < HV_SLOT_END))
			continue;
		if (!l1tf_check_entry(d, e, level))
			return false;
	}
	return true;
}
