/* SPDX-License-Identifier: MIT */
/*
 * Checking the contents of page tables and descriptor tables when they become such, and dropping
 * what they hold when they cease to be.
 *
 * At any moment of either, entries [0, done) hold their references and the others hold none, so a
 * table that was interrupted can be continued in either direction. Level 1 is never interrupted
 * (512 entries); above, the unit of work is one entry.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/xpti.h>
#include "mm_private.h"

_Static_assert(PGT_l1 == 1 && PGT_l4 == 4, "page-table types are their level");

/* type_groups() of what is in the table. Most have next to nothing, so many entries are looked at together. */
static unsigned int present_groups(const pte_t *t)
{
	unsigned int groups = 0;

	for (unsigned int group = 0; group < PT_ENTRIES / GROUP_ENTRIES; group++) {
		uint64_t any = 0;

#pragma GCC unroll 32
		for (unsigned int i = 0; i < GROUP_ENTRIES; i++)
			any |= t[group * GROUP_ENTRIES + i].e;
		if (any & PTE_PRESENT)
			groups |= 1u << group;
	}
	return groups;
}

static inline bool eight_present(const pte_t *t)
{
	return (t[0].e | t[1].e | t[2].e | t[3].e | t[4].e | t[5].e | t[6].e | t[7].e) &
	       PTE_PRESENT;
}

/* First present entry at or after i in these groups, or PT_ENTRIES. */
static inline unsigned int next_present(const pte_t *t, unsigned int i, unsigned int groups)
{
	while (i < PT_ENTRIES) {
		unsigned int group = i / GROUP_ENTRIES, left = groups >> group;

		if (!(left & 1)) {
			i = left ? (group + (unsigned int)__builtin_ctz(left)) * GROUP_ENTRIES : PT_ENTRIES;
		} else if (!(i % 8) && !eight_present(&t[i])) {
			i += 8;
		} else {
			do
				if (pte_present(t[i]))
					return i;
			while (++i % 8);
		}
	}
	return i;
}

/* One past the last present entry before i in these groups, or 0. */
static inline unsigned int last_present(const pte_t *t, unsigned int i, unsigned int groups)
{
	while (i) {
		unsigned int group = (i - 1) / GROUP_ENTRIES, below;

		if (!(groups >> group & 1)) {
			below = groups & ((1u << group) - 1);
			i = below ? (32 - (unsigned int)__builtin_clz(below)) * GROUP_ENTRIES : 0;
		} else if (!(i % 8) && !eight_present(&t[i - 8])) {
			i -= 8;
		} else {
			do
				if (pte_present(t[i - 1]))
					return i;
			while (--i % 8);
		}
	}
	return i;
}

/*
 * Most tables below are in use elsewhere, too: then an entry costs a count. Only where one had to be checked or dropped is
 * there reason to look for other work before the next: *long_work.
 */
static inline int take_below(pte_t e, unsigned int level, const struct domain *d, uint64_t owner, bool preemptible,
			     bool *long_work)
{
	const uint64_t want = (uint64_t)(level - 1) << TYPE_SHIFT | TYPE_VALID;
	uint64_t mfn = mfn_x(pte_mfn(e)), x;
	struct page *pg = frame_page(mfn);

	if (likely(!table_entry_refused(e) && frame_valid(mfn) && ref_get(pg, owner))) {
		x = type_read(pg);
		while ((x & (TYPE_MASK | TYPE_VALID)) == want && (x & TYPE_COUNT) < TYPE_COUNT_MAX)
			if (type_cas(pg, &x, x + 1))
				return 0;
		ref_put(pg); /* its owner may free it meanwhile: who looks again finds out */
	}
	*long_work = true;
	return get_table_ref(e, level, d, preemptible);
}

static inline int drop_below(pte_t e, bool preemptible, bool *long_work)
{
	struct page *pg = frame_page(mfn_x(pte_mfn(e)));
	uint64_t x = type_read(pg);

	while ((x & TYPE_COUNT) > 1) {
		if (type_cas(pg, &x, x - 1)) {
			ref_put(pg);
			return 0;
		}
	}
	*long_work = true;
	return put_table_ref(e, preemptible);
}

static bool hv_slot_index(unsigned int level, unsigned int i)
{
	return level == 4 && i >= HV_SLOT_FIRST && i < HV_SLOT_END;
}

/* Never interrupted, so *done is 0 at first, and is of interest only after a failure. */
static int validate_l1(pte_t *t, const struct domain *d, unsigned int *done, unsigned int groups)
{
	uint64_t owner = ref_owner_bits(d->domain_id);

	for (unsigned int i = next_present(t, 0, groups); i < PT_ENTRIES; i = next_present(t, i, groups)) {
		pte_t e = t[i];

		/* Where one is, others follow. */
		do {
			int rc = take_l1e(e, d, d, owner);

			if (unlikely(rc)) {
				*done = i;
				return rc;
			}
			t[i] = adjust_l1e(e);
			if (++i % GROUP_ENTRIES == 0)
				break;
			e = t[i];
		} while (pte_present(e));
	}
	*done = PT_ENTRIES;
	return 0;
}

/*
 * Going on upwards with a table whose dropping was interrupted: the drop of the last entry that
 * still has its references may have got halfway into the table below, which then is not valid.
 * Taking it once more makes it so; the entry's own reference is enough to keep it.
 */
static int revive_last(pte_t *t, unsigned int level, const struct domain *d, unsigned int done,
		       bool preemptible)
{
	pte_t e;
	int rc;

	if (!done || level < 3)
		return 0;
	e = t[done - 1];
	if (!pte_present(e) || hv_slot_index(level, done - 1))
		return 0;
	rc = get_table_ref(e, level, d, preemptible);
	if (!rc)
		put_table_ref(e, false);
	return rc;
}

static int validate_upper(pte_t *t, unsigned int level, const struct domain *d, unsigned int *done,
			  unsigned int groups, bool preemptible)
{
	uint64_t owner = ref_owner_bits(d->domain_id);
	bool worked = false;
	int rc = revive_last(t, level, d, *done, preemptible);

	if (rc)
		return rc;
	for (unsigned int i = next_present(t, *done, groups); i < PT_ENTRIES; i = next_present(t, i + 1, groups)) {
		if (hv_slot_index(level, i)) {
			i = HV_SLOT_END - 1;
			continue;
		}
		*done = i;
		if (preemptible && worked && hypercall_preempt_check())
			return -ERESTART;
		rc = take_below(t[i], level, d, owner, preemptible && level > 2, &worked);
		if (rc)
			return rc;
		t[i] = adjust_table_entry(t[i]);
	}
	*done = PT_ENTRIES;
	return 0;
}

int validate_table(struct page *pg, unsigned int level, unsigned int *done, unsigned int *groups, bool preemptible)
{
	struct domain *d = page_get_owner(pg);
	pte_t *t = page_virt(pg);
	int rc;

	if (!d || !d->arch.is_pv)
		return trace_err(-EINVAL);
	if (d->arch.l1tf && !*done && !l1tf_check_table(d, t, level))
		return trace_err(-EINVAL);
	/* While it is checked nobody writes it; and only entries of these groups get references. */
	*groups = present_groups(t);
	if (level == 1)
		return validate_l1(t, d, done, *groups);
	rc = validate_upper(t, level, d, done, *groups, preemptible);
	if (!rc && level == 4) {
		init_guest_l4(t, d);
		xpti_l4_changed(d);
	}
	return rc;
}

static void devalidate_l1(const pte_t *t, unsigned int done, unsigned int groups)
{
	for (; groups; groups &= groups - 1) {
		unsigned int base = (unsigned int)__builtin_ctz(groups) * GROUP_ENTRIES;

		for (unsigned int eight = base; eight < base + GROUP_ENTRIES && eight < done; eight += 8) {
			if (!eight_present(&t[eight]))
				continue;
			for (unsigned int i = eight; i < eight + 8 && i < done; i++)
				if (pte_present(t[i]))
					drop_l1e(t[i]);
		}
	}
}

static int devalidate_upper(pte_t *t, unsigned int level, unsigned int *done, unsigned int groups, bool preemptible)
{
	bool worked = false;

	for (unsigned int i = last_present(t, *done, groups); i-- > 0; i = last_present(t, i, groups)) {
		if (hv_slot_index(level, i)) {
			i = HV_SLOT_FIRST;
			continue;
		}
		*done = i + 1;
		if (preemptible && worked && hypercall_preempt_check())
			return -ERESTART;
		if (drop_below(t[i], preemptible, &worked))
			return -ERESTART;
	}
	*done = 0;
	return 0;
}

/* A former top-level table shall not tell its guest where the hypervisor's tables are. */
static void clear_hv_slots(pte_t *l4)
{
	for (unsigned int i = HV_SLOT_FIRST; i < HV_SLOT_END; i++)
		l4[i] = (pte_t){ 0 };
}

int devalidate_table(struct page *pg, unsigned int level, unsigned int *done, unsigned int groups, bool preemptible)
{
	pte_t *t = page_virt(pg);
	int rc;

	if (level == 1) {
		devalidate_l1(t, *done, groups);
		*done = 0;
		return 0;
	}
	rc = devalidate_upper(t, level, done, groups, preemptible);
	if (!rc && level == 4)
		clear_hv_slots(t);
	return rc;
}
