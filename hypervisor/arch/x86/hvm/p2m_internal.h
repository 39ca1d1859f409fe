/* SPDX-License-Identifier: MIT */
/* What an entry of the physical map says, shared by p2m.c and p2m_promise.c; see the head of the former. */
#ifndef HVM_P2M_INTERNAL_H
#define HVM_P2M_INTERNAL_H

#include <asm/hvm/p2m.h>

#define TYPE_BITS_SHIFT	   52
#define ENTRY_USED	   7ull /* permissions, in both formats: none set means not present */
#define ENTRY_LARGE	   0x80ull

extern const struct p2m_format *p2m_format; /* of all domains: chosen at boot, with the vendor */

static inline bool used(pte_t e)
{
	return e.e & ENTRY_USED;
}

static inline bool is_leaf(pte_t e, unsigned int level)
{
	return level == 1 || (e.e & ENTRY_LARGE);
}

static inline enum p2m_type type_in(pte_t e)
{
	return (enum p2m_type)(e.e >> TYPE_BITS_SHIFT & 15);
}

static inline pte_t leaf_entry(mfn_t mfn, unsigned int level, enum p2m_type t)
{
	return mk_pte(mfn, p2m_format->leaf[t] | (uint64_t)t << TYPE_BITS_SHIFT | (level > 1 ? ENTRY_LARGE : 0));
}

static inline pte_t promise_entry(void)
{
	return (pte_t){ (uint64_t)P2M_on_demand << TYPE_BITS_SHIFT };
}

static inline unsigned int level_order(unsigned int level)
{
	return (level - 1) * 9;
}

/* p2m.c; with the lock held. The slot for gfn at `level`, tables made on the way; NULL: no memory. Where the walk ends. */
pte_t *p2m_make_slot(struct p2m *p, uint64_t gfn, unsigned int level);
pte_t *p2m_walk(const struct p2m *p, uint64_t gfn, unsigned int *level);
/* p2m.c. `new`: references taken; 0: a hole. With `promised`, only in place of a promise as large: -ENOENT otherwise. */
int p2m_change(struct domain *d, uint64_t gfn, unsigned int order, pte_t new, bool promised);
bool p2m_range_ok(uint64_t gfn, unsigned int order);
bool p2m_get_frames(struct domain *d, mfn_t mfn, uint64_t nr, enum p2m_type t);
void p2m_put_frames(mfn_t mfn, uint64_t nr);

#endif
