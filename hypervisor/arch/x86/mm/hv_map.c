/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables, and memory before there is a heap.
 *
 * All top-level slots the hypervisor will ever use are filled by mm_init(); guests' top-level
 * tables copy those slots once, so anything mapped later below them is seen by everybody.
 */
#include <hv/smp.h>
#include <hv/spinlock.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/system.h>
#include "mm_private.h"

static spinlock_t map_lock = SPIN_LOCK_UNLOCKED; /* guards: the tables below, ioremap_next */
static uint64_t ioremap_next = IOREMAP_START;
bool hv_map_has_1g;

/* ---- pages before the heap ---- */
#define EARLY_RANGES 256
static struct ram_range early[EARLY_RANGES];
static unsigned int nr_early;
static uint64_t early_limit = 1ull << 32;
static bool heap_ready;

void early_ranges_set(const struct ram_range *ram, unsigned int nr)
{
	BUG_ON(nr > EARLY_RANGES / 2);
	for (unsigned int i = 0; i < nr; i++)
		early[i] = ram[i];
	nr_early = nr;
}

void early_ranges_lift_limit(void)
{
	early_limit = ~0ull;
}

/* Takes [start, end) out of early[i]; what is above it becomes a range of its own. */
static void early_carve(unsigned int i, uint64_t start, uint64_t end)
{
	if (end < early[i].end) {
		if (nr_early == EARLY_RANGES)
			panic("memory map too fragmented");
		early[nr_early++] = (struct ram_range){ end, early[i].end };
	}
	early[i].end = start;
}

/* The highest place that fits: low memory is what devices with narrow addresses need. */
uint64_t early_alloc_pages(unsigned int nr)
{
	uint64_t size = (uint64_t)nr << PAGE_SHIFT, align = PAGE_SIZE, best = 0;
	unsigned int where = 0;

	if ((nr & (nr - 1)) == 0)
		align = size;
	for (unsigned int i = 0; i < nr_early; i++) {
		uint64_t end = min(early[i].end, early_limit);
		uint64_t at = end < size ? 0 : ROUNDDOWN(end - size, align);

		if (at && at >= early[i].start && at > best) {
			best = at;
			where = i;
		}
	}
	if (!best)
		panic("out of memory at boot (%u pages)", nr);
	early_carve(where, best, best + size);
	return best >> PAGE_SHIFT;
}

void early_ranges_to_heap(void)
{
	heap_ready = true;
	for (unsigned int i = 0; i < nr_early; i++)
		if (early[i].start < early[i].end)
			page_alloc_add(_mfn(early[i].start >> PAGE_SHIFT),
				       _mfn(early[i].end >> PAGE_SHIFT));
	nr_early = 0;
}

/* ---- page tables ---- */
static pte_t *new_table(void)
{
	void *t;

	if (heap_ready)
		return alloc_xen_page();
	t = frame_virt(early_alloc_pages(1));
	clear_page(t);
	return t;
}

static pte_t *table_of(pte_t e)
{
	return frame_virt(mfn_x(pte_mfn(e)));
}

static pte_t link_pte(const pte_t *table, bool user)
{
	uint64_t ma = (uint64_t)((const char *)table - DIRECT_MAP);

	return (pte_t){ ma | PTE_PRESENT | PTE_RW | PTE_ACCESSED | (user ? PTE_USER : 0) };
}

/* Replaces a large page by a table that maps the same. */
static int split_large(pte_t *slot, unsigned int level)
{
	pte_t *t = new_table();
	uint64_t flags = pte_flags(*slot), mfn = mfn_x(pte_mfn(*slot));

	if (!t)
		return -ENOMEM;
	if (level == 2)
		flags &= ~PTE_PSE;
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		t[i] =
		    mk_pte(_mfn(mfn + ((uint64_t)i << (PT_SHIFT(level - 1) - PAGE_SHIFT))), flags);
	pte_write(slot, link_pte(t, flags & PTE_USER));
	return 0;
}

/* The slot for va at `level`, tables made on the way. NULL: no memory for one. */
static pte_t *hv_slot(uint64_t va, unsigned int level, bool user)
{
	pte_t *t = idle_pg_table, *slot;

	for (unsigned int l = 4;; l--) {
		slot = &t[PT_INDEX(va, l)];
		if (l == level)
			return slot;
		if (!pte_present(*slot)) {
			t = new_table();
			if (!t)
				return NULL;
			pte_write(slot, link_pte(t, user));
		} else if (slot->e & PTE_PSE && split_large(slot, l)) {
			return NULL;
		}
		t = table_of(*slot);
	}
}

static unsigned int best_level(uint64_t va, uint64_t mfn, uint64_t nr)
{
	for (unsigned int level = hv_map_has_1g ? 3 : 2; level > 1; level--) {
		uint64_t pages = 1ull << (PT_SHIFT(level) - PAGE_SHIFT);

		if (nr >= pages && !((va >> PAGE_SHIFT | mfn) & (pages - 1)))
			return level;
	}
	return 1;
}

static int map_locked(uint64_t va, uint64_t mfn, uint64_t nr, uint64_t flags)
{
	while (nr) {
		unsigned int level = best_level(va, mfn, nr);
		uint64_t pages = 1ull << (PT_SHIFT(level) - PAGE_SHIFT);
		pte_t *slot = hv_slot(va, level, flags & PTE_USER);

		if (!slot)
			return -ENOMEM;
		/* A table is already there: fill it rather than lose what it maps. */
		if (level > 1 && pte_present(*slot) && !(slot->e & PTE_PSE)) {
			int rc = 0;

			for (uint64_t i = 0; i < pages && !rc; i++) {
				slot = hv_slot(va + (i << PAGE_SHIFT), 1, flags & PTE_USER);
				rc = slot ? 0 : -ENOMEM;
				if (slot)
					pte_write(slot, mk_pte(_mfn(mfn + i), flags));
			}
			if (rc)
				return rc;
		} else {
			pte_write(slot, mk_pte(_mfn(mfn), flags | (level > 1 ? PTE_PSE : 0)));
		}
		va += pages << PAGE_SHIFT;
		mfn += pages;
		nr -= pages;
	}
	return 0;
}

int map_hv_range(uint64_t va, mfn_t mfn, uint64_t nr_pages, uint64_t flags)
{
	int rc;

	ASSERT(va >= HV_VIRT_START && va + (nr_pages << PAGE_SHIFT) <= HV_VIRT_END);
	spin_lock(&map_lock);
	rc = map_locked(va, mfn_x(mfn), nr_pages, flags);
	spin_unlock(&map_lock);
	return rc;
}

void hv_map_table(uint64_t va, pte_t *table)
{
	pte_t *slot = hv_slot(va, 2, false);

	BUG_ON(!slot || pte_present(*slot));
	pte_write(slot, link_pte(table, false));
}

void *ioremap(uint64_t maddr, size_t len)
{
	uint64_t first = PFN_DOWN(maddr), nr = PFN_UP(maddr + len) - first, va;
	int rc;

	spin_lock(&map_lock);
	va = ioremap_next;
	ioremap_next += nr << PAGE_SHIFT;
	rc = ioremap_next > IOREMAP_END ? -ENOMEM : map_locked(va, first, nr, HV_PTE_UC);
	spin_unlock(&map_lock);
	if (rc)
		panic("ioremap of %#lx failed", (unsigned long)maddr);
	return (char *)va + (maddr & ~PAGE_MASK);
}

/* Reserves a top-level slot, so that what is mapped under it later is in every table. */
void hv_map_reserve_slot(unsigned int slot, bool user)
{
	if (!pte_present(idle_pg_table[slot]))
		idle_pg_table[slot] = link_pte(new_table(), user);
}

void init_guest_l4(pte_t *l4, struct domain *d)
{
	for (unsigned int i = HV_SLOT_FIRST; i < HV_SLOT_END; i++)
		l4[i] = idle_pg_table[i];
	hv_map_perdomain(&l4[PT_INDEX(PERDOMAIN_START, 4)], d);
}
