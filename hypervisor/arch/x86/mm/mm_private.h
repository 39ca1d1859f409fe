/* SPDX-License-Identifier: MIT */
/* Shared by the files of arch/x86/mm only. */
#ifndef MM_PRIVATE_H
#define MM_PRIVATE_H

#include <hv/domain.h>
#include <public/xen.h>
#include <asm/mm.h>
#include <asm/page_info.h>

/* hv_map.c */
extern bool hv_map_has_1g; /* the CPU has 1 GiB pages */
void early_ranges_set(const struct ram_range *ram, unsigned int nr);
void early_ranges_lift_limit(void); /* all RAM is in the direct map now */
void early_ranges_to_heap(void);
void hv_map_reserve_slot(unsigned int slot, bool user);
void hv_map_table(uint64_t va, pte_t *table); /* at boot: 2 MiB of nothing yet, by a level 1 table that may be in use elsewhere */
/* guest_table.c */
void hv_map_perdomain(pte_t *slot, struct domain *d);
/* The L1 entry of va in v's current tables, its table locked and plainly referenced in *pg: end
 * with finish_table(). NULL: none. */
pte_t *guest_l1_slot(struct vcpu *v, uint64_t va, struct page **pg);

/* pte_refs.c: what a guest's entry may contain, and the references it holds. */
#define PTE_GUEST_KERNEL (1ull << 52) /* the guest asked for a page its user mode must not see */
/* Makes the entry what the hardware shall see. */
static inline pte_t adjust_l1e(pte_t e)
{
	if (!(e.e & PTE_USER))
		e.e |= PTE_GUEST_KERNEL;
	e.e |= PTE_USER | PTE_GLOBAL;
	if (e.e & PTE_GUEST_KERNEL)
		e.e &= ~PTE_GLOBAL;
	return e;
}
static inline pte_t adjust_table_entry(pte_t e)
{
	e.e |= PTE_USER;
	return e;
}
/*
 * Has it bits that not every guest may set? Bits 59..62 select a protection key, for which none has use; how
 * memory is cached is for guests with devices: what is written past the caches may become visible after the
 * hypervisor has checked it as a table. get_l1e_refs() looks closer.
 */
#define PTE_PKEY    0x7800000000000000ull
#define PTE_CACHING (PTE_PWT | PTE_PCD | PTE_PAT)
static inline bool l1e_is_special(pte_t e)
{
	return e.e & (PTE_PKEY | PTE_CACHING);
}
static inline bool table_entry_refused(pte_t e)
{
	return e.e & (PTE_PKEY | PTE_PWT | PTE_PCD | PTE_PSE | PTE_GLOBAL);
}
/* Takes the references a present L1 entry of a table of `pt_owner` holds. The frame must be owned
 * by `pg_owner`. -EINVAL forbidden bits or not its frame, -EPERM device memory it may not map. */
int get_l1e_refs(pte_t e, const struct domain *pt_owner, const struct domain *pg_owner);
void put_l1e_refs(pte_t e);
/* The frame whose references an L1 entry holds; NULL: device memory, no references. */
static inline struct page *l1e_page(pte_t e)
{
	uint64_t mfn = mfn_x(pte_mfn(e));
	struct page *pg = frame_page(mfn);

	return frame_valid(mfn) && !page_is_hole(pg) ? pg : NULL;
}
/* The same for an entry of a table of `level` 2..4, which refers to a table one level below. */
int get_table_ref(pte_t e, unsigned int level, const struct domain *d, bool preemptible);
/* On -ERESTART the caller keeps both references and calls again. */
int put_table_ref(pte_t e, bool preemptible);

/* l1tf.c: the addresses that an entry which is not present may have; set at boot. */
struct l1tf_limits {
	uint64_t mask; /* the bits of an entry that the CPU looks at */
	uint64_t safe; /* from here on there is no memory */
};
extern struct l1tf_limits l1tf_limits;
/* May d's tables have this entry, which is not present; all of those in this table? False: d has crashed. */
bool l1tf_check_entry(struct domain *d, pte_t e, unsigned int level);
bool l1tf_check_table(struct domain *d, const pte_t *t, unsigned int level);
static inline bool absent_entry_ok(struct domain *d, pte_t e, unsigned int level)
{
	return likely(!d->arch.l1tf) || l1tf_check_entry(d, e, level);
}

/* mod_entry.c: checked changes of entries of a locked table. `keep_ad`: accessed and dirty bits
 * stay. */
int mod_l1e(pte_t *slot, pte_t new, bool keep_ad, struct domain *pt_owner,
	    const struct domain *pg_owner);
/* Levels 2..4. -ERESTART: nothing changed yet. The dropped table may end in v's old_table. */
int mod_table_entry(struct vcpu *v, pte_t *slot, unsigned int level, pte_t new, bool keep_ad,
		    struct domain *pt_owner);

/* foreign.c: whom a call's `foreigndom` means. */
struct foreign {
	struct domain *pg_owner; /* of frames that new entries map */
	struct domain *pt_owner; /* of the page tables */
};
int foreign_get_other(struct foreign *f, unsigned int foreigndom);
void foreign_put_other(struct foreign *f);
static inline int foreign_get(struct foreign *f, struct domain *self, unsigned int foreigndom)
{
	if (unlikely(foreigndom != DOMID_SELF))
		return foreign_get_other(f, foreigndom);
	f->pg_owner = f->pt_owner = self;
	return 0;
}
static inline void foreign_put(struct foreign *f, struct domain *self)
{
	if (unlikely(f->pg_owner != self || f->pt_owner != self))
		foreign_put_other(f);
}
/* The CPUs that may run the vCPUs of a guest's bitmap. 0 or -EFAULT. */
int vcpumask_to_cpumask(struct domain *d, uint64_t bitmap, cpumask_t *out);

/* validate.c */
/* Checks entries from *done on and takes their references; *done says how far it came, and in the end *groups where
 * entries are present (type_groups()). 0, -EINVAL, -ERESTART. */
int validate_table(struct page *pg, unsigned int level, unsigned int *done, unsigned int *groups, bool preemptible);
/* Drops the references of entries [0, *done), none of which is present outside of these groups. 0 or -ERESTART. */
int devalidate_table(struct page *pg, unsigned int level, unsigned int *done, unsigned int groups, bool preemptible);

/* page_type.c */
/*
 * For changing entries: locks a valid table, which stays one of that type until it is unlocked: who drops its last
 * typed reference waits. Needs a plain reference. `entry` is the machine address of one: entries of its group may be
 * changed; note_group() adds others. PGT_none: it is no valid table.
 */
enum page_type lock_table(struct page *pg, uint64_t entry);
/* Drops a plain and a typed reference; on -ERESTART the caller still has both. */
int put_table(struct page *pg, bool preemptible);
void orphan_table(struct page *pg); /* gives the caller's two references to the table itself */
bool adopt_orphan(struct page *pg); /* and takes them */

/*
 * ---- the common cases of get_page(), get_page_type() and their opposites, inline ----
 */
static inline bool type_cas(struct page *pg, uint64_t *old, uint64_t new)
{
	return __atomic_compare_exchange_n(&pg->type, old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

/* `owner`: ref_owner_bits() of it. */
static inline bool ref_get(struct page *pg, uint64_t owner)
{
	uint64_t x = ref_read(pg);

	do {
		/* Less the right owner and one reference this is small. */
		if (unlikely((x & (REF_OWNER | REF_FREE | REF_COUNT)) - (owner + 1) >= REF_COUNT_MAX - 1))
			return false;
	} while (unlikely(!__atomic_compare_exchange_n(&pg->ref, &x, x + 1, false, __ATOMIC_ACQUIRE,
						       __ATOMIC_RELAXED)));
	return true;
}

static inline void ref_put(struct page *pg)
{
	uint64_t x = __atomic_fetch_sub(&pg->ref, 1, __ATOMIC_ACQ_REL);

	ASSERT(x & REF_COUNT);
	if (unlikely((x & REF_COUNT) == 1))
		free_domain_page(pg);
}

/* lock_table() of an L1 table, and false of any other. */
static inline bool lock_l1(struct page *pg, uint64_t entry)
{
	const uint64_t want = (uint64_t)PGT_l1 << TYPE_SHIFT | TYPE_VALID;
	uint64_t x = type_read(pg);

	do {
		while (unlikely(x & TYPE_LOCK)) {
			__builtin_ia32_pause();
			x = type_read(pg);
		}
		if (unlikely((x & (TYPE_MASK | TYPE_VALID)) != want))
			return false;
	} while (unlikely(!type_cas(pg, &x, x | TYPE_LOCK | group_of(entry))));
	return true;
}

/* Entries of this one's group are going to be changed, too. */
static inline void note_group(struct page *pg, uint64_t entry)
{
	ASSERT(type_read(pg) & TYPE_LOCK);
	__atomic_fetch_or(&pg->type, group_of(entry), __ATOMIC_ACQ_REL);
}

static inline void unlock_table(struct page *pg)
{
	ASSERT(type_read(pg) & TYPE_LOCK);
	__atomic_fetch_and(&pg->type, ~TYPE_LOCK, __ATOMIC_ACQ_REL);
}

/* d's L1 table with the entry at this machine address, locked and plainly referenced: end with finish_table(). NULL: it
 * is none. */
static inline struct page *get_l1_table(uint64_t entry, const struct domain *d)
{
	uint64_t mfn = entry >> PAGE_SHIFT;
	struct page *pg = frame_page(mfn);

	if (unlikely(!frame_valid(mfn) || !ref_get(pg, ref_owner_bits(d->domain_id))))
		return NULL;
	if (unlikely(!lock_l1(pg, entry))) {
		put_page(pg);
		return NULL;
	}
	return pg;
}

static inline void finish_table(struct page *pg)
{
	unlock_table(pg);
	ref_put(pg);
}

/* A PGT_writable reference. Writable, in use or idle and not changing, needs no flush and no check.
 */
static inline bool writable_get(struct page *pg)
{
	const uint64_t idle = (uint64_t)PGT_writable << TYPE_SHIFT, first = idle | TYPE_VALID | 1;
	uint64_t x = type_read(pg), nx;

	do {
		/* In use as writable there is nothing in it but this and the count. */
		if (x - first < TYPE_COUNT_MAX - 1)
			nx = x + 1;
		/* 0: a frame that had no type yet; there is nothing to check or flush either. */
		else if (likely((x & ~TYPE_STAMP) == idle || !x))
			nx = first;
		else
			return !get_page_type(pg, PGT_writable, false);
	} while (unlikely(!type_cas(pg, &x, nx)));
	return true;
}

static inline void writable_put(struct page *pg)
{
	uint64_t x = type_read(pg), nx;

	do {
		nx = x - 1;
		if (!(nx & TYPE_COUNT))
			nx = (x & TYPE_MASK) | (uint64_t)tlb_clock() << TYPE_STAMP_SHIFT;
	} while (unlikely(!type_cas(pg, &x, nx)));
}

/* get_l1e_refs() and put_l1e_refs() for RAM of pg_owner's. */
static inline int take_l1e(pte_t e, const struct domain *pt_owner, const struct domain *pg_owner,
			   uint64_t pg_owner_bits)
{
	uint64_t mfn = mfn_x(pte_mfn(e));
	struct page *pg = frame_page(mfn);

	/* A hole belongs to nobody. */
	if (unlikely(!frame_valid(mfn) || l1e_is_special(e) || !ref_get(pg, pg_owner_bits)))
		return get_l1e_refs(e, pt_owner, pg_owner);
	if ((e.e & PTE_RW) && unlikely(!writable_get(pg))) {
		ref_put(pg);
		return -EINVAL;
	}
	return 0;
}

static inline void drop_l1e(pte_t e)
{
	struct page *pg = l1e_page(e);

	if (unlikely(!pg))
		return;
	if (e.e & PTE_RW)
		writable_put(pg);
	ref_put(pg);
}

#endif
