/* SPDX-License-Identifier: MIT */
/*
 * The page-type machine: what keeps a PV guest's page tables honest.
 *
 * A PV guest's page tables are its own memory and the CPU walks them as they are. So they must
 * never say anything the hypervisor has not checked, and nothing may write to them but the
 * hypervisor. Both follow from giving every frame one type at a time:
 *
 *   1. A frame has a type and a count of typed references. The type changes only while the count is
 * 0.
 *   2. A present entry of a valid L1 table with RW holds a PGT_writable reference to its frame; a
 *      present entry of a valid L2..L4 table holds a reference of type L1..L3. CR3 of a vCPU, a pin
 *      and a GDT or LDT mapping hold one each. So (by 1) no frame is ever a table and writable.
 *   3. A table or descriptor frame becomes VALID only after all its entries were checked, and
 *      changes after that only by entry updates that check (mmu_update.c).
 *   4. Every typed reference comes with a plain reference, which keeps the frame from being freed.
 *   5. A frame that changes type has no entry left in any TLB or paging-structure cache that was
 *      made under the old one: when the count becomes 0 the frame takes a stamp from the flush
 *      clock (tlb.c); when the type changes, the owner's CPUs that have not flushed since must.
 *   6. References go strictly down in level, so there are no cycles, and dropping a tree ends.
 *
 * States, with the count in brackets:
 *
 *   idle [0]        no VALID. Has the type it had last, and a stamp.
 *   busy [>= 1]     BUSY: one CPU flushes, checks or undoes. Who wants the same type waits; who
 * wants another fails, as for any frame in use. Levels descend, so waiting cannot cycle. valid [>=
 * 1]    VALID: a reference more is one compare-and-exchange. partial [>= 1]  tables only, neither
 * BUSY nor VALID: checking or dropping was interrupted. Entries [0, done) hold their references.
 * Each of the count belongs to somebody:
 *                   - dropping was interrupted: the dropper still has its references, calls again;
 *                   - checking was interrupted: the taker went away without any, so the table owns
 *                     one typed and one plain reference itself: it is an ORPHAN. The next to take
 *                     the type (the same caller, usually) adopts them. If nobody comes, the
 *                     domain's end does (relinquish.c).
 *                   UNDO in addition: a check has failed and its references are being dropped; who
 *                   takes the type next continues that, and gets the -EINVAL.
 *
 * A valid table's stamp is of no use, so its bits say in which sixteenths of the table entries may be present
 * (TYPE_GROUPS): dropping a table need not look at the others. Checking finds out, and who locks a table for a
 * change of entries notes the groups they are in.
 *
 * All changes are compare-and-exchange on the type word. Two of its bits are locks, both held with
 * interrupts on: BUSY, for at most one L1 table or until the next preemption check; and LOCK, by
 * who changes entries of a valid table, with a plain reference. While it is locked a table stays valid: its last
 * typed reference can be dropped only after that. Order: LOCK of a table of a higher
 * level before BUSY of a lower; never two LOCKs; never a LOCK while waiting for a BUSY of the same
 * level.
 */
#include <hv/domain.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "mm_private.h"

/* Ends a BUSY period: clears `clear`, sets `set`, adds `add` to the count (the count may have been
 * changed by others meanwhile). A count of 0 leaves an idle frame with a stamp. */
static void leave_busy(struct page *pg, uint64_t clear, uint64_t set, int add)
{
	uint64_t x = type_read(pg), nx;

	do {
		nx = ((x & ~(clear | TYPE_BUSY)) | set) + (uint64_t)(int64_t)add;
		if (!(nx & TYPE_COUNT))
			nx = (nx & TYPE_MASK) | (uint64_t)tlb_clock() << TYPE_STAMP_SHIFT;
	} while (!type_cas(pg, &x, nx));
}

static uint64_t done_bits(unsigned int done)
{
	return (uint64_t)done << TYPE_DONE_SHIFT;
}

/* Rule 5. The frame is BUSY, so nobody uses it under its new type before this is over. */
static void flush_old_type(struct page *pg, uint64_t old)
{
	struct domain *d = page_get_owner(pg);

	if (d && type_of(old) != PGT_none)
		flush_stale_tlb(&d->arch.dirty_cpumask,
				(uint16_t)((old & TYPE_STAMP) >> TYPE_STAMP_SHIFT));
}

static int interrupted(struct page *pg, unsigned int done, uint64_t flags, bool orphan)
{
	if (!orphan)
		ref_again(pg);
	leave_busy(pg, TYPE_DONE | TYPE_UNDO, done_bits(done) | TYPE_ORPHAN | flags, 0);
	return -ERESTART;
}

/* The check failed after `done` entries. */
static int undo(struct page *pg, unsigned int level, unsigned int done, bool preemptible,
		bool orphan)
{
	if (devalidate_table(pg, level, &done, ALL_GROUPS, preemptible))
		return interrupted(pg, done, TYPE_UNDO, orphan);
	leave_busy(pg, TYPE_DONE | TYPE_UNDO | TYPE_STAMP, 0, -1);
	if (orphan)
		put_page(pg); /* cannot be the last: the caller has one */
	return -EINVAL;
}

/* The frame is BUSY with the caller's count in it. `x`: its type word before. */
static int check_table(struct page *pg, unsigned int level, uint64_t x, bool preemptible)
{
	bool orphan = x & TYPE_ORPHAN;
	unsigned int done = x & TYPE_COUNT ? type_done(x) : 0, groups;
	int rc;

	if (x & TYPE_UNDO)
		return undo(pg, level, done, preemptible, orphan);
	rc = validate_table(pg, level, &done, &groups, preemptible);
	if (rc == -ERESTART)
		return interrupted(pg, done, 0, orphan);
	if (rc)
		return undo(pg, level, done, preemptible, orphan);
	leave_busy(pg, TYPE_DONE | TYPE_STAMP, TYPE_VALID | (uint64_t)groups << TYPE_GROUPS_SHIFT, 0);
	if (orphan)
		put_page(pg);
	return 0;
}

static int check_seg_desc(struct page *pg)
{
	uint64_t *desc = page_virt(pg);

	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
		if (!check_descriptor(&desc[i])) {
			leave_busy(pg, 0, 0, -1);
			return trace_err(-EINVAL);
		}
	}
	leave_busy(pg, 0, TYPE_VALID, 0);
	return 0;
}

/* The slow half: the frame has just been made BUSY; `x` is what it was. */
static int take_first(struct page *pg, enum page_type type, uint64_t x, bool preemptible)
{
	if (!(x & TYPE_COUNT) && type_of(x) != type)
		flush_old_type(pg, x);
	if (type_is_table(type))
		return check_table(pg, type, x, preemptible);
	if (type == PGT_seg_desc)
		return check_seg_desc(pg);
	leave_busy(pg, 0, TYPE_VALID, 0);
	return 0;
}

int get_page_type(struct page *pg, enum page_type type, bool preemptible)
{
	uint64_t want = (uint64_t)type << TYPE_SHIFT, x = type_read(pg), nx;

	ASSERT(ref_read(pg) & REF_COUNT);
	for (;;) {
		if (likely((x & (TYPE_MASK | TYPE_VALID)) == (want | TYPE_VALID))) {
			if ((x & TYPE_COUNT) >= TYPE_COUNT_MAX)
				return trace_err(-EINVAL);
			if (type_cas(pg, &x, x + 1))
				return 0;
			continue;
		}
		if (!(x & TYPE_COUNT)) {
			/* Writable again, or for the first time: nothing to check, nothing to
			 * flush. */
			if (type == PGT_writable && (type_of(x) == PGT_writable || !x)) {
				if (type_cas(pg, &x, want | TYPE_VALID | 1))
					return 0;
				continue;
			}
			nx = want | TYPE_BUSY | 1;
		} else if ((x & TYPE_MASK) != want) {
			return trace_err(-EINVAL);
		} else if (x & TYPE_BUSY) {
			__builtin_ia32_pause();
			x = type_read(pg);
			continue;
		} else {
			nx = ((x & ~TYPE_ORPHAN) | TYPE_BUSY) + (x & TYPE_ORPHAN ? 0 : 1);
		}
		if (type_cas(pg, &x, nx))
			return take_first(pg, type, x, preemptible);
	}
}

/* The last reference of a table: everything it holds goes. The count stays 1 while that lasts. */
static int drop_table(struct page *pg, uint64_t x, bool preemptible)
{
	unsigned int done = x & TYPE_VALID ? PT_ENTRIES : type_done(x);
	unsigned int groups = x & TYPE_VALID ? type_groups(x) : ALL_GROUPS;

	if (devalidate_table(pg, type_of(x), &done, groups, preemptible)) {
		leave_busy(pg, TYPE_DONE, done_bits(done), 0);
		return -ERESTART;
	}
	leave_busy(pg, TYPE_DONE, 0, -1);
	return 0;
}

int put_page_type(struct page *pg, bool preemptible)
{
	uint64_t x = type_read(pg), nx;

	for (;;) {
		ASSERT(x & TYPE_COUNT);
		if ((x & TYPE_COUNT) != 1) {
			nx = x - 1;
		} else if (type_is_table(type_of(x))) {
			if (unlikely(x & (TYPE_BUSY | TYPE_LOCK))) {
				__builtin_ia32_pause();
				x = type_read(pg);
				continue;
			}
			if (type_cas(pg, &x, (x & ~TYPE_VALID) | TYPE_BUSY))
				return drop_table(pg, x, preemptible);
			continue;
		} else {
			nx = (x & TYPE_MASK) | (uint64_t)tlb_clock() << TYPE_STAMP_SHIFT;
		}
		if (type_cas(pg, &x, nx))
			return 0;
	}
}

bool get_page_and_type(struct page *pg, const struct domain *d, enum page_type type)
{
	if (!get_page(pg, d))
		return false;
	if (!get_page_type(pg, type, false))
		return true;
	put_page(pg);
	return false;
}

void put_page_and_type(struct page *pg)
{
	put_page_type(pg, false);
	put_page(pg);
}

int put_table(struct page *pg, bool preemptible)
{
	int rc = put_page_type(pg, preemptible);

	if (!rc)
		put_page(pg);
	return rc;
}

enum page_type lock_table(struct page *pg, uint64_t entry)
{
	uint64_t x = type_read(pg);

	for (;;) {
		if (!(x & TYPE_VALID) || !type_is_table(type_of(x)))
			return PGT_none;
		if (unlikely(x & TYPE_LOCK)) {
			__builtin_ia32_pause();
			x = type_read(pg);
		} else if (type_cas(pg, &x, x | TYPE_LOCK | group_of(entry))) {
			return type_of(x);
		}
	}
}

void orphan_table(struct page *pg)
{
	__atomic_fetch_or(&pg->type, TYPE_ORPHAN, __ATOMIC_ACQ_REL);
}

bool adopt_orphan(struct page *pg)
{
	return __atomic_fetch_and(&pg->type, ~TYPE_ORPHAN, __ATOMIC_ACQ_REL) & TYPE_ORPHAN;
}
