/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries. A PTE is a one-member struct touched only through these accessors.
 * Source: SDM vol. 3 §4.5.
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <hv/types.h>

typedef struct {
	uint64_t e;
} pte_t;

#define PTE_PRESENT  0x001ul
#define PTE_RW	     0x002ul
#define PTE_USER     0x004ul
#define PTE_PWT	     0x008ul
#define PTE_PCD	     0x010ul
#define PTE_ACCESSED 0x020ul
#define PTE_DIRTY    0x040ul
#define PTE_PSE	     0x080ul /* L2, L3: large page */
#define PTE_PAT	     0x080ul /* L1 */
#define PTE_GLOBAL   0x100ul
#define PTE_AVAIL    0xe00ul /* for the guest's own use */
#define PTE_GNTTAB   0x0400000000000000ul /* bit 58: a grant mapping made by the hypervisor */
#define PTE_NX	     0x8000000000000000ul
#define PTE_ADDR     0x000ffffffffff000ul

#define PT_ENTRIES 512
#define PT_SHIFT(level) (12 + 9 * ((level)-1)) /* level 1..4 */
#define PT_INDEX(va, level) (((va) >> PT_SHIFT(level)) & (PT_ENTRIES - 1))

static inline pte_t mk_pte(mfn_t mfn, uint64_t flags)
{
	return (pte_t){ (mfn_x(mfn) << PAGE_SHIFT) | flags };
}
static inline mfn_t pte_mfn(pte_t p)
{
	return _mfn((p.e & PTE_ADDR) >> PAGE_SHIFT);
}
static inline uint64_t pte_flags(pte_t p)
{
	return p.e & ~PTE_ADDR;
}
static inline bool pte_present(pte_t p)
{
	return p.e & PTE_PRESENT;
}
static inline pte_t pte_read(const pte_t *p)
{
	return (pte_t){ __atomic_load_n(&p->e, __ATOMIC_RELAXED) };
}
static inline void pte_write(pte_t *p, pte_t v)
{
	__atomic_store_n(&p->e, v.e, __ATOMIC_RELEASE);
}

/* PAT slots as the ABI fixes them: WB WT UC- UC WC WP UC UC. */
#define HV_PAT 0x050100070406ull

/* Top-level table the hypervisor runs on when no guest is loaded. */
extern pte_t idle_pg_table[PT_ENTRIES];
/* Maps [va, va+len) in the hypervisor's own tables (idle_pg_table, shared by all guests below the
 * top level) with 4 KiB, 2 MiB or 1 GiB pages as alignment allows. Slots in use are pre-populated
 * at the top level, so that guests' tables see every later mapping. 0 or -ENOMEM. */
int map_hv_range(uint64_t va, mfn_t mfn, uint64_t nr_pages, uint64_t flags);
#define HV_PTE_RW (PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL | PTE_NX)
#define HV_PTE_RO (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL | PTE_NX)
#define HV_PTE_RX (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL)
#define HV_PTE_UC (HV_PTE_RW | PTE_PCD | PTE_PWT)

/* Writes hypervisor slots (and the per-domain slot) into a fresh guest L4. */
struct domain;
void init_guest_l4(pte_t *l4, struct domain *d);

#endif
