/* SPDX-License-Identifier: MIT */
/*
 * References to frames, and who owns them.
 *
 * A frame names its owner by domain id; owner_table finds the struct. A domain is in the table from
 * before its first frame until its struct is freed, and the struct is kept alive while it owns any
 * frame, so an owner read under a reference is always found.
 */
#include <hv/domain.h>
#include <asm/hvm/p2m.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "mm_private.h"

#define OWNERS_PER_LEAF 256
static struct domain **owner_leaf[65536 / OWNERS_PER_LEAF]; /* leaves are never freed */
static spinlock_t owner_lock = SPIN_LOCK_UNLOCKED;	    /* guards: making leaves */

static struct domain **owner_slot(uint16_t id)
{
	struct domain **leaf = __atomic_load_n(&owner_leaf[id / OWNERS_PER_LEAF], __ATOMIC_ACQUIRE);

	return leaf ? &leaf[id % OWNERS_PER_LEAF] : NULL;
}

struct domain *owner_from_ref(uint64_t ref)
{
	uint16_t owner = (uint16_t)(ref >> REF_OWNER_SHIFT);
	struct domain **slot = owner ? owner_slot(owner - 1) : NULL;

	return slot ? __atomic_load_n(slot, __ATOMIC_ACQUIRE) : NULL;
}

/* Two may be made with one id at the same time: the second must not become the owner of the first's
 * frames. One without references only waits to be freed; it leaves its slot, under the lock, before. */
static int take_slot(struct domain **slot, struct domain *d)
{
	int rc = 0;

	spin_lock(&owner_lock);
	if (*slot && __atomic_load_n(&(*slot)->refcnt, __ATOMIC_RELAXED))
		rc = -EEXIST;
	else
		__atomic_store_n(slot, d, __ATOMIC_RELEASE);
	spin_unlock(&owner_lock);
	return rc;
}

int owner_register(struct domain *d)
{
	uint16_t id = d->domain_id;
	struct domain **slot = owner_slot(id);

	if (!slot) {
		struct domain **leaf = xzalloc_array(struct domain *, OWNERS_PER_LEAF);

		if (!leaf)
			return -ENOMEM;
		spin_lock(&owner_lock);
		if (!owner_leaf[id / OWNERS_PER_LEAF]) {
			__atomic_store_n(&owner_leaf[id / OWNERS_PER_LEAF], leaf, __ATOMIC_RELEASE);
			leaf = NULL;
		}
		spin_unlock(&owner_lock);
		xfree(leaf);
		slot = owner_slot(id);
	}
	return take_slot(slot, d);
}

void owner_unregister(struct domain *d)
{
	struct domain **slot = owner_slot(d->domain_id);

	spin_lock(&owner_lock);
	if (slot && *slot == d)
		__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
	spin_unlock(&owner_lock);
}

struct domain *page_get_owner(const struct page *pg)
{
	return owner_from_ref(ref_read(pg));
}

/* Ordering: success acquires, so that the frame's type and contents are read after. */
bool get_page(struct page *pg, const struct domain *d)
{
	uint64_t x = ref_read(pg), want = ref_owner_bits(d->domain_id);

	do {
		if ((x & (REF_OWNER | REF_FREE)) != want || !(x & REF_COUNT) ||
		    (x & REF_COUNT) >= REF_COUNT_MAX)
			return false;
	} while (!__atomic_compare_exchange_n(&pg->ref, &x, x + 1, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

struct domain *get_page_owner_and_reference(struct page *pg)
{
	uint64_t x = ref_read(pg);

	do {
		if (!(x & REF_OWNER) || (x & REF_FREE) || !(x & REF_COUNT) ||
		    (x & REF_COUNT) >= REF_COUNT_MAX)
			return NULL;
	} while (!__atomic_compare_exchange_n(&pg->ref, &x, x + 1, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return owner_from_ref(x);
}

void ref_again(struct page *pg)
{
	uint64_t x = __atomic_fetch_add(&pg->ref, 1, __ATOMIC_RELAXED);

	/* The counter has room for the hypervisor's own few beyond REF_COUNT_MAX. */
	ASSERT(x & REF_COUNT);
	(void)x;
}

/* Ordering: release, so that everything done under the reference is done before the frame is freed.
 */
void put_page(struct page *pg)
{
	uint64_t x = __atomic_sub_fetch(&pg->ref, 1, __ATOMIC_ACQ_REL);

	ASSERT((x & REF_COUNT) != REF_COUNT);
	if (unlikely(!(x & REF_COUNT)))
		free_domain_page(pg);
}

/* PV: a guest names machine frames. Translated guests look it up in their physical map first. */
struct page *get_page_from_gfn(struct domain *d, gfn_t gfn)
{
	if (unlikely(d->arch.hvm))
		return p2m_get_own_page(d, gfn);
	if (!frame_valid(gfn_x(gfn)))
		return NULL;
	return get_page(frame_page(gfn_x(gfn)), d) ? frame_page(gfn_x(gfn)) : NULL;
}
