/* SPDX-License-Identifier: MIT */
/*
 * Dom0's first page tables: the builder's region and the P2M, by 4 KiB pages. Table frames come one
 * after another from the region's own page-table range; they are mapped read-only, as the page-type
 * machine demands of every page table.
 */
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/dom0.h>
#include <asm/mm.h>

#define GUEST_TABLE (PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
/* Without USER: these are the kernel's, and must not become global entries (pte_refs.c). */
#define GUEST_PAGE  (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY)

/* Tables of `level` that the range [a, b) touches. */
static uint64_t tables_at(uint64_t a, uint64_t b, unsigned int level)
{
	unsigned int shift = PT_SHIFT(level + 1);

	return ((b - 1) >> shift) - (a >> shift) + 1;
}

uint64_t dom0_tables_needed(const struct dom0 *b, uint64_t v_end)
{
	uint64_t p2m = b->image.p2m_base, p2m_end = p2m + b->nr_p2m_frames * PAGE_SIZE, n = 1;

	for (unsigned int level = 1; level <= 3; level++)
		n += tables_at(b->v_start, v_end, level) + tables_at(p2m, p2m_end, level);
	return n;
}

struct table_pool {
	struct dom0 *b;
	uint64_t next_pfn, end_pfn;
	pte_t *l4;
};

static uint64_t new_table(struct table_pool *p)
{
	BUG_ON(p->next_pfn == p->end_pfn);
	memset(dom0_pfn_to_virt(p->b, p->next_pfn), 0, PAGE_SIZE);
	return p->next_pfn++;
}

static pte_t *next_level(struct table_pool *p, pte_t *t, uint64_t va, unsigned int level)
{
	pte_t *e = &t[PT_INDEX(va, level)];

	if (!pte_present(*e))
		*e = mk_pte(dom0_pfn_to_mfn(p->b, new_table(p)), GUEST_TABLE);
	return mfn_to_virt(pte_mfn(*e));
}

static void map_page(struct table_pool *p, uint64_t va, uint64_t pfn, uint64_t flags)
{
	pte_t *t = p->l4;

	for (unsigned int level = 4; level > 1; level--)
		t = next_level(p, t, va, level);
	t[PT_INDEX(va, 1)] = mk_pte(dom0_pfn_to_mfn(p->b, pfn), flags);
}

void dom0_write_tables(struct dom0 *b)
{
	uint64_t first = (b->v_pt - b->v_start) >> PAGE_SHIFT;
	struct table_pool p = { .b = b, .next_pfn = first, .end_pfn = first + b->nr_pt };
	uint64_t l4_pfn = new_table(&p);

	p.l4 = dom0_pfn_to_virt(b, l4_pfn);
	for (uint64_t va = b->v_start, pfn = 0; va < b->v_end; va += PAGE_SIZE, pfn++)
		map_page(&p, va, pfn,
			 pfn >= first && pfn < first + b->nr_pt ? GUEST_PAGE : GUEST_PAGE | PTE_RW);
	for (uint64_t i = 0; i < b->nr_p2m_frames; i++)
		map_page(&p, b->image.p2m_base + i * PAGE_SIZE, b->p2m_pfn + i, GUEST_PAGE | PTE_RW);
}
