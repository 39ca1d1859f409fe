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

/* Is one of the eight entries at t present? Tables are mostly empty, so they are scanned in eights.
 */
static inline bool eight_present(const pte_t *t)
{
	return (t[0].e | t[1].e | t[2].e | t[3].e | t[4].e | t[5].e | t[6].e | t[7].e) &
	       PTE_PRESENT;
}

/* First present entry at or after i, or PT_ENTRIES. */
static inline unsigned int next_present(const pte_t *t, unsigned int i)
{
	while (i < PT_ENTRIES) {
		if (!(i & 7) && !eight_present(&t[i]))
			i += 8;
		else if (pte_present(t[i]))
			break;
		else
			i++;
	}
	return i;
}

/* One past the last present entry before i, or 0. */
static inline unsigned int last_present(const pte_t *t, unsigned int i)
{
	while (i) {
		if (!(i & 7) && !eight_present(&t[i - 8]))
			i -= 8;
		else if (pte_present(t[i - 1]))
			break;
		else
			i--;
	}
	return i;
}

static bool hv_slot_index(unsigned int level, unsigned int i)
{
	return level == 4 && i >= HV_SLOT_FIRST && i < HV_SLOT_END;
}

static int validate_l1(pte_t *t, const struct domain *d, unsigned int *done)
{
	uint64_t owner = ref_owner_bits(d->domain_id);

	/* Never interrupted, so *done is 0, and is of interest only after a failure. */
	for (unsigned int base = 0; base < PT_ENTRIES; base += 8) {
		if (!eight_present(&t[base]))
			continue;
		for (unsigned int i = base; i < base + 8; i++) {
			int rc;

			if (!pte_present(t[i]))
				continue;
			rc = take_l1e(t[i], d, d, owner);
			if (rc) {
				*done = i;
				return rc;
			}
			t[i] = adjust_l1e(t[i]);
		}
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
			  bool preemptible)
{
	bool worked = false;
	int rc = revive_last(t, level, d, *done, preemptible);

	if (rc)
		return rc;
	for (unsigned int i = next_present(t, *done); i < PT_ENTRIES; i = next_present(t, i + 1)) {
		if (hv_slot_index(level, i)) {
			i = HV_SLOT_END - 1;
			continue;
		}
		*done = i;
		if (preemptible && worked && hypercall_preempt_check())
			return -ERESTART;
		rc = get_table_ref(t[i], level, d, preemptible && level > 2);
		if (rc)
			return rc;
		t[i] = adjust_table_entry(t[i]);
		worked = true;
	}
	*done = PT_ENTRIES;
	return 0;
}

int validate_table(struct page *pg, unsigned int level, unsigned int *done, bool preemptible)
{
	struct domain *d = page_get_owner(pg);
	pte_t *t = page_virt(pg);
	int rc;

	if (!d || !d->arch.is_pv)
		return trace_err(-EINVAL);
	if (d->arch.l1tf && !*done && !l1tf_check_table(d, t, level))
		return trace_err(-EINVAL);
	if (level == 1)
		return validate_l1(t, d, done);
	rc = validate_upper(t, level, d, done, preemptible);
	if (!rc && level == 4) {
		init_guest_l4(t, d);
		xpti_l4_changed(d);
	}
	return rc;
}

static void devalidate_l1(pte_t *t, unsigned int *done)
{
	for (unsigned int base = 0; base < *done; base += 8) {
		if (!eight_present(&t[base]))
			continue;
		for (unsigned int i = base; i < base + 8 && i < *done; i++)
			if (pte_present(t[i]))
				drop_l1e(t[i]);
	}
	*done = 0;
}

static int devalidate_upper(pte_t *t, unsigned int level, unsigned int *done, bool preemptible)
{
	bool worked = false;

	for (unsigned int i = last_present(t, *done); i-- > 0; i = last_present(t, i)) {
		if (hv_slot_index(level, i)) {
			i = HV_SLOT_FIRST;
			continue;
		}
		*done = i + 1;
		if (preemptible && worked && hypercall_preempt_check())
			return -ERESTART;
		if (put_table_ref(t[i], preemptible))
			return -ERESTART;
		worked = true;
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

int devalidate_table(struct page *pg, unsigned int level, unsigned int *done, bool preemptible)
{
	pte_t *t = page_virt(pg);
	int rc;

	if (level == 1) {
		devalidate_l1(t, done);
		return 0;
	}
	rc = devalidate_upper(t, level, done, preemptible);
	if (!rc && level == 4)
		clear_hv_slots(t);
	return rc;
}
