// sources: hypervisor/common/page_alloc.c hypervisor/common/domain_pages.c hypervisor/common/xmalloc.c hypervisor/arch/x86/mm/page_ref.c hypervisor/arch/x86/mm/page_type.c hypervisor/arch/x86/mm/validate.c hypervisor/arch/x86/mm/pte_refs.c hypervisor/arch/x86/mm/descriptor.c hypervisor/arch/x86/mm/l1tf.c hypervisor/arch/x86/mm/mod_entry.c hypervisor/arch/x86/mm/audit.c hypervisor/arch/x86/mm/relinquish.c
// cflags: -DUNIT_TEST -DCONFIG_DEBUG
/* SPDX-License-Identifier: MIT */
/*
 * The page-type machine: legal and illegal transitions one by one, interruptions at every step, and
 * long random sequences with the whole frame table recounted as they go.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>
#include <asm/e820.h>
#include "mm_fake.h"

#define P  PTE_PRESENT
#define W  PTE_RW
#define U  PTE_USER
#define PW (P | W)

static struct domain *const d = &dom[1];

static struct page *frame(void)
{
	struct page *pg = alloc_domain_pages(d, 0, 0);

	assert_non_null(pg);
	return pg;
}

static pte_t *table(struct page *pg)
{
	return page_virt(pg);
}

static pte_t to(struct page *pg, uint64_t flags)
{
	return mk_pte(page_to_mfn(pg), flags);
}

static unsigned int tcount(struct page *pg)
{
	return (unsigned int)(type_read(pg) & TYPE_COUNT);
}

/* A pin as the hypercall makes it. */
static int pin(struct page *pg, enum page_type type)
{
	int rc;

	if (!get_page(pg, d))
		return -EINVAL;
	rc = get_page_type(pg, type, true);
	if (rc) {
		put_page(pg);
		return rc;
	}
	if (pg->type & TYPE_PINNED) {
		put_page_and_type(pg);
		return -EINVAL;
	}
	pg->type |= TYPE_PINNED;
	return 0;
}

/* Changes of one entry as hypercalls make them: of a table that is locked for it. */
static enum page_type lock_for(pte_t *slot)
{
	struct page *pg = frame_page((uint64_t)((char *)slot - DIRECT_MAP) >> PAGE_SHIFT);

	assert_true(get_page(pg, d));
	return lock_table(pg, (uint64_t)((char *)slot - DIRECT_MAP));
}

static void locked_done(const pte_t *slot)
{
	finish_table(frame_page((uint64_t)((const char *)slot - DIRECT_MAP) >> PAGE_SHIFT));
}

static int set_l1(pte_t *slot, pte_t new, bool keep_ad, const struct domain *pg_owner)
{
	int rc;

	assert_int_equal(lock_for(slot), PGT_l1);
	rc = mod_l1e(slot, new, keep_ad, d, pg_owner);
	locked_done(slot);
	return rc;
}

static int set_upper(pte_t *slot, unsigned int level, pte_t new)
{
	int rc;

	assert_int_equal(lock_for(slot), level);
	rc = mod_table_entry(&fake_vcpu[1], slot, level, new, false, d);
	locked_done(slot);
	return rc;
}

/* What was left for later, as vCPUs keep it. */
static int finish_old(struct vcpu *v)
{
	int rc;

	if (!v->arch.pv.old_table)
		return 0;
	rc = put_table(v->arch.pv.old_table, true);
	if (!rc)
		v->arch.pv.old_table = NULL;
	return rc;
}

static int unpin(struct page *pg)
{
	struct vcpu *v = &fake_vcpu[1];

	if (!(pg->type & TYPE_PINNED) || v->arch.pv.old_table)
		return -EINVAL;
	pg->type &= ~TYPE_PINNED;
	v->arch.pv.old_table = pg;
	return finish_old(v);
}

static void unpin_all(struct page *pg)
{
	preempt_in = 0;
	assert_int_equal(unpin(pg), 0);
}

static void clean_up(void)
{
	preempt_in = 0;
	assert_int_equal(finish_old(&fake_vcpu[1]), 0);
	assert_int_equal(page_type_audit(false), 0);
	d->state = DOMAIN_DYING;
	while (relinquish_memory(d))
		;
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(d->refcnt, 1);
	assert_int_equal(heap_audit(), 0);
	d->state = DOMAIN_ALIVE;
	iomem_first = ~0ull;
}

/* ---- single steps ---- */

static void writable_and_table_exclude_each_other(void **state)
{
	struct page *pg = frame();

	assert_int_equal(get_page_type(pg, PGT_writable, false), 0);
	assert_int_equal(get_page_type(pg, PGT_l1, false), -EINVAL);
	assert_int_equal(get_page_type(pg, PGT_seg_desc, false), -EINVAL);
	put_page_type(pg, false);
	assert_int_equal(get_page_type(pg, PGT_l1, false), 0);
	assert_int_equal(get_page_type(pg, PGT_writable, false), -EINVAL);
	assert_int_equal(get_page_type(pg, PGT_l2, false), -EINVAL);
	assert_int_equal(get_page_type(pg, PGT_l1, false), 0);
	put_page_type(pg, false);
	put_page_type(pg, false);
	assert_int_equal(get_page_type(pg, PGT_writable, false), 0);
	put_page_type(pg, false);
	clean_up();
}

static void type_change_flushes_with_the_stamp(void **state)
{
	struct page *pg = frame();

	nr_flushes = 0;
	assert_int_equal(get_page_type(pg, PGT_writable, false), 0);
	fake_clock = 77;
	put_page_type(pg, false);
	fake_clock = 99;
	assert_int_equal(get_page_type(pg, PGT_writable, false), 0);
	put_page_type(pg, false);
	assert_int_equal(nr_flushes, 0);
	assert_int_equal(get_page_type(pg, PGT_l1, false), 0);
	assert_int_equal(nr_flushes, 1);
	assert_int_equal(last_flush_stamp, 99);
	put_page_type(pg, false);
	assert_int_equal(get_page_type(pg, PGT_writable, false), 0);
	assert_int_equal(nr_flushes, 2);
	put_page_type(pg, false);
	fake_clock = 1;
	clean_up();
}

static void l1_entries_hold_what_they_map(void **state)
{
	struct page *l1 = frame(), *ro = frame(), *rw = frame();

	iomem_first = iomem_last = 1ull << 30; /* who has devices may choose the caching */
	table(l1)[0] = to(ro, P);
	table(l1)[511] = to(rw, PW | U | PTE_PAT | PTE_PCD);
	table(l1)[7] = to(rw, W); /* not present: anything goes */
	assert_int_equal(pin(l1, PGT_l1), 0);
	assert_int_equal(ro->ref & REF_COUNT, 2);
	assert_int_equal(tcount(ro), 0);
	assert_int_equal(tcount(rw), 1);
	assert_int_equal(table(l1)[0].e & (U | PTE_GLOBAL), U);
	assert_int_equal(table(l1)[511].e & (U | PTE_GLOBAL), U | PTE_GLOBAL);
	assert_int_equal(pin(rw, PGT_l1), -EINVAL);
	assert_int_equal(pin(l1, PGT_l1), -EINVAL); /* pinned already */
	unpin_all(l1);
	assert_int_equal(tcount(rw), 0);
	assert_int_equal(ro->ref & REF_COUNT, 1);
	iomem_last = 0;
	clean_up();
}

static void kernel_pages_stay_kernel_pages(void **state)
{
	pte_t e = adjust_l1e((pte_t){ P }), again = adjust_l1e(e);

	assert_int_equal(e.e, again.e); /* read back and written again */
	assert_false(again.e & PTE_GLOBAL);
	e = adjust_l1e((pte_t){ P | PTE_GLOBAL });
	assert_false(e.e & PTE_GLOBAL);
}

static void l1_refuses(void **state)
{
	struct page *l1 = frame(), *other = alloc_domain_pages(&dom[0], 0, 0), *l2 = frame();
	const pte_t bad[] = {
		to(other, P),		     /* another domain's */
		to(l1, PW),		     /* itself, writable */
		to(l2, PW),		     /* another table, writable */
		to(l2, P | 1ull << 60),	     /* protection key */
		to(l2, P | PTE_PCD),	     /* past the caches, without a device: each bit that says so */
		to(l2, P | PTE_PWT),
		to(l2, P | PTE_PAT),
		mk_pte(_mfn(1ull << 30), P), /* device memory without the right */
		mk_pte(_mfn(0), P),	     /* the hypervisor's */
	};

	assert_int_equal(pin(l2, PGT_l2), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		table(l1)[3] = to(l2, P);
		table(l1)[300] = bad[i];
		assert_true(pin(l1, PGT_l1) < 0);
		assert_int_equal(tcount(l1), 0);
		assert_int_equal(l2->ref & REF_COUNT,
				 2); /* allocation and pin: entry 3 was undone */
	}
	table(l1)[300] = to(l1, P); /* itself read-only is fine */
	assert_int_equal(pin(l1, PGT_l1), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(set_l1(&table(l1)[5], bad[i], false, d) < 0);
	assert_int_equal(page_type_audit(false), 0);
	unpin_all(l1);
	unpin_all(l2);
	__atomic_fetch_and(&other->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
	put_page(other);
	clean_up();
}

/* Also where only the flags of an entry change. */
static void caching_is_for_who_has_devices(void **state)
{
	struct page *l1 = frame(), *pg = frame();

	assert_int_equal(pin(l1, PGT_l1), 0);
	assert_int_equal(set_l1(&table(l1)[0], to(pg, PW), false, d), 0);
	assert_true(set_l1(&table(l1)[0], to(pg, PW | PTE_PCD), false, d) < 0);
	assert_true(set_l1(&table(l1)[0], to(pg, P | PTE_PAT), false, d) < 0);
	iomem_first = iomem_last = 1ull << 30;
	assert_int_equal(set_l1(&table(l1)[0], to(pg, PW | PTE_PCD), false, d), 0);
	assert_int_equal(set_l1(&table(l1)[0], to(pg, P | PTE_PCD), false, d), 0);
	assert_int_equal(page_type_audit(false), 0);
	iomem_last = 0;
	unpin_all(l1);
	clean_up();
}

static void device_memory_needs_the_right(void **state)
{
	struct page *l1 = frame();

	iomem_first = 1ull << 30;
	iomem_last = iomem_first + 1;
	assert_int_equal(pin(l1, PGT_l1), 0);
	assert_int_equal(set_l1(&table(l1)[0], mk_pte(_mfn(1ull << 30), PW), false, d), 0);
	assert_int_equal(set_l1(&table(l1)[1], mk_pte(_mfn((1ull << 30) + 2), PW), false, d),
			 -EPERM);
	assert_int_equal(set_l1(&table(l1)[0], (pte_t){ 0 }, false, d), 0);
	unpin_all(l1);
	iomem_last = 0;
	clean_up();
}

static void upper_levels_refuse(void **state)
{
	struct page *l1 = frame(), *l2 = frame(), *l3 = frame(), *l4 = frame();
	const uint64_t bad[] = { PTE_PSE, PTE_GLOBAL, PTE_PCD, PTE_PWT, 1ull << 59 };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		table(l2)[0] = to(l1, PW | bad[i]);
		assert_int_equal(pin(l2, PGT_l2), -EINVAL);
	}
	table(l2)[0] = to(l2, PW); /* linear maps are not offered */
	assert_int_equal(pin(l2, PGT_l2), -EINVAL);
	table(l3)[0] = to(l2, P);
	table(l2)[0] = to(l3, P); /* a cycle */
	assert_int_equal(pin(l3, PGT_l3), -EINVAL);
	table(l2)[0] = to(l1, PW);
	table(l4)[511] = to(l3, PW);
	table(l4)[HV_SLOT_FIRST] = to(l3, PW); /* overwritten */
	assert_int_equal(pin(l4, PGT_l4), 0);
	assert_int_equal(table(l4)[HV_SLOT_FIRST].e, 0xfeed000000000000ull | HV_SLOT_FIRST);
	assert_int_equal(
	    set_upper(&table(l4)[HV_SLOT_END - 1], 4, to(l3, P)),
	    -EINVAL);
	assert_int_equal(
	    set_upper(&table(l4)[HV_SLOT_END], 4, to(l3, P)), 0);
	assert_int_equal(set_upper(&table(l4)[0], 4, to(l2, P)),
			 -EINVAL);
	assert_int_equal(tcount(l3), 2);
	assert_int_equal(type_of(l1->type), PGT_l1);
	assert_int_equal(page_type_audit(false), 0);
	unpin_all(l4);
	assert_int_equal(tcount(l1), 0);
	assert_int_equal(table(l4)[HV_SLOT_FIRST].e, 0); /* tells the guest nothing */
	clean_up();
}

/* A machine of 6 GiB whose caches compare 40 bits; device space near the end of all addresses. */
static void protect_from_l1tf(void)
{
	static const struct e820entry map[] = {
		{ 0, 0xc0000000, E820_RAM },
		{ 1ull << 32, 2ull << 30, E820_RAM },
		{ 6ull << 30, 1ull << 20, E820_NVS },
		{ 0xfd00000000, 1ull << 30, E820_RESERVED },
	};

	l1tf_set_limits(map, ARRAY_SIZE(map), 40);
	d->arch.l1tf = true;
	nr_crashes = 0;
}

#define END (((6ull << 30) + (1ull << 20)))
static const struct { uint64_t e; bool ok; unsigned int from_level; } absent[] = {
	{ 0, true, 1 },			   { 0x1000, false, 1 },
	{ 0x00000000fee00000, false, 1 },  { W | U, true, 1 }, /* frame 0 */
	{ END - PAGE_SIZE, false, 1 },	   { END, true, 1 },
	{ 0x000ffffffffff000 & ~0x123456000ull, true, 1 }, /* inverted, as kernels do it */
	{ 0x000fff0000001000, false, 1 },  /* the bits above those that count do not help */
	{ 1ull << 62 | 0x5000 | W, false, 1 },
	{ PTE_PSE, false, 2 },		   /* a large page at 0, none at level 1 */
	{ 6ull << 30 | 2 << 20 | PTE_PSE, false, 3 }, /* past memory, but not all of its GiB */
	{ 1ull << 39 | PTE_PSE, true, 2 },
};

static void absent_entries_of_protected_domains_lead_nowhere(void **state)
{
	struct page *l1 = frame(), *l2 = frame();

	protect_from_l1tf();
	assert_int_equal(pin(l1, PGT_l1), 0);
	assert_int_equal(pin(l2, PGT_l2), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(absent); i++) {
		pte_t new = { absent[i].e };

		nr_crashes = 0;
		if (absent[i].from_level == 1) {
			assert_int_equal(set_l1(&table(l1)[5], new, false, d), absent[i].ok ? 0 : -EINVAL);
			assert_int_equal(nr_crashes, !absent[i].ok);
			assert_int_equal(table(l1)[5].e == new.e, absent[i].ok);
			assert_int_equal(set_l1(&table(l1)[5], to(l2, P), false, d), 0);
		}
		nr_crashes = 0;
		if (absent[i].from_level <= 2) {
			assert_int_equal(set_upper(&table(l2)[7], 2, new), absent[i].ok ? 0 : -EINVAL);
			assert_int_equal(nr_crashes, !absent[i].ok);
		}
	}
	assert_int_equal(set_l1(&table(l1)[5], (pte_t){ 0 }, false, d), 0);
	unpin_all(l1);
	unpin_all(l2);
	d->arch.l1tf = false;
	clean_up();
}

static void tables_with_absent_entries_are_refused_whole(void **state)
{
	for (unsigned int level = 1; level <= 4; level++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(absent); i++) {
			struct page *pg = frame();
			bool ok = absent[i].ok || level < absent[i].from_level;

			protect_from_l1tf();
			table(pg)[300].e = absent[i].e;
			assert_int_equal(pin(pg, (enum page_type)level), ok ? 0 : -EINVAL);
			assert_int_equal(nr_crashes, !ok);
			if (ok)
				unpin_all(pg);
			d->arch.l1tf = false; /* nobody asks */
			assert_int_equal(pin(pg, (enum page_type)level), 0);
			unpin_all(pg);
			clean_up();
		}
	}
}

static void the_hypervisors_slots_are_overwritten_anyway(void **state)
{
	struct page *l4 = frame();

	protect_from_l1tf();
	table(l4)[HV_SLOT_FIRST].e = 0x1000;
	assert_int_equal(pin(l4, PGT_l4), 0);
	assert_int_equal(nr_crashes, 0);
	unpin_all(l4);
	d->arch.l1tf = false;
	clean_up();
}

static void entry_changes(void **state)
{
	struct page *l1 = frame(), *a = frame(), *b = frame();
	pte_t *e = &table(l1)[9];

	assert_int_equal(pin(l1, PGT_l1), 0);
	assert_int_equal(set_l1(e, to(a, PW | U), false, d), 0);
	assert_int_equal(tcount(a), 1);
	e->e |= PTE_ACCESSED | PTE_DIRTY; /* the CPU */
	assert_int_equal(set_l1(e, to(a, P | U), true, d), 0);
	assert_int_equal(e->e & (PTE_ACCESSED | PTE_DIRTY | W), PTE_ACCESSED | PTE_DIRTY);
	assert_int_equal(tcount(a), 0);
	assert_int_equal(a->ref & REF_COUNT, 2);
	assert_int_equal(set_l1(e, to(a, P | U), false, d), 0);
	assert_false(e->e & PTE_DIRTY);
	assert_int_equal(set_l1(e, to(a, PW), false, d), 0);
	assert_int_equal(set_l1(e, to(b, PW), false, d), 0);
	assert_int_equal(a->ref & REF_COUNT, 1);
	assert_int_equal(tcount(b), 1);
	assert_int_equal(set_l1(e, to(l1, PW), false, d), -EINVAL);
	assert_int_equal(set_l1(e, to(l1, P), false, d), 0);
	assert_int_equal(set_l1(e, to(l1, PW), false, d), -EINVAL); /* not by a flag either */
	assert_int_equal(page_type_audit(false), 0);
	assert_int_equal(set_l1(e, (pte_t){ 0 }, false, d), 0);
	unpin_all(l1);
	clean_up();
}

static unsigned int groups(struct page *pg)
{
	return type_groups(type_read(pg));
}

static void groups_say_where_entries_are(void **state)
{
	struct page *l1 = frame(), *l2 = frame(), *a = frame();

	for (unsigned int i = 30; i < 34; i++)
		table(l1)[i] = to(a, P);
	table(l1)[511] = to(a, PW);
	table(l2)[64] = to(l1, P);
	assert_int_equal(pin(l2, PGT_l2), 0);
	assert_int_equal(groups(l1), 1 << 0 | 1 << 1 | 1 << 15);
	assert_int_equal(groups(l2), 1 << 2);
	assert_int_equal(set_l1(&table(l1)[128], to(a, P), false, d), 0);
	assert_int_equal(groups(l1), 1 << 0 | 1 << 1 | 1 << 4 | 1 << 15);
	assert_int_equal(lock_for(&table(l1)[128]), PGT_l1);
	note_group(l1, frame_number(l1) << PAGE_SHIFT | 300 * 8);
	assert_int_equal(mod_l1e(&table(l1)[319], to(a, P), false, d, d), 0);
	assert_int_equal(mod_l1e(&table(l1)[160], to(a, P), false, d, d), 0);
	locked_done(&table(l1)[128]);
	assert_int_equal(page_type_audit(false), 1); /* of that nobody would drop the last */
	assert_int_equal(set_l1(&table(l1)[160], (pte_t){ 0 }, false, d), 0);
	assert_int_equal(page_type_audit(false), 0);
	unpin_all(l2);
	assert_int_equal(ref_read(a) & REF_COUNT, 1);
	assert_int_equal(tcount(a), 0);
	clean_up();
}

static void *drop_last(void *arg)
{
	struct page *pg = arg;

	put_page_type(pg, false);
	return NULL;
}

/* The second CPU may not have come far in that time; that it waited is seen if it has. */
static void a_locked_table_is_dropped_later(void **state)
{
	struct page *l1 = frame(), *a = frame();
	pthread_t other;

	assert_int_equal(get_page_type(l1, PGT_l1, false), 0);
	assert_int_equal(lock_for(&table(l1)[7]), PGT_l1);
	assert_int_equal(pthread_create(&other, NULL, drop_last, l1), 0);
	usleep(20000);
	assert_int_equal(mod_l1e(&table(l1)[7], to(a, PW), false, d, d), 0);
	assert_true(type_read(l1) & TYPE_VALID);
	assert_int_equal(tcount(l1), 1);
	locked_done(&table(l1)[7]);
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_int_equal(tcount(l1), 0);
	assert_int_equal(tcount(a), 0); /* with what came while it was locked */
	clean_up();
}

static void foreign_frames(void **state)
{
	struct page *l1 = frame(), *f = alloc_domain_pages(&dom[0], 0, 0);

	assert_int_equal(pin(l1, PGT_l1), 0);
	assert_int_equal(set_l1(&table(l1)[0], to(f, PW), false, &dom[0]), 0);
	assert_int_equal(set_l1(&table(l1)[0], to(f, P), false, d),
			 0); /* its own entry's flags */
	assert_int_equal(set_l1(&table(l1)[0], to(f, PW), false, d), -EINVAL);
	assert_int_equal(f->ref & REF_COUNT, 2);
	unpin_all(l1);
	assert_int_equal(f->ref & REF_COUNT, 1);
	__atomic_fetch_and(&f->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
	put_page(f);
	clean_up();
}

static void descriptor_frames(void **state)
{
	struct page *pg = frame();
	uint64_t *desc = page_virt(pg);

	desc[1] = 0x00af9b000000ffffull; /* code, privilege 0 */
	desc[2] = 0x00cff3000000ffffull; /* data, privilege 3 */
	assert_int_equal(get_page_type(pg, PGT_seg_desc, false), 0);
	assert_int_equal(desc[1] >> 45 & 3, 3); /* where its kernel runs */
	assert_int_equal(desc[2] >> 45 & 3, 3);
	put_page_type(pg, false);
	desc[5] = 0x0000890000000067ull; /* a TSS */
	assert_int_equal(get_page_type(pg, PGT_seg_desc, false), -EINVAL);
	assert_int_equal(tcount(pg), 0);
	desc[5] = 0x0000ec0000080000ull; /* a call gate */
	assert_int_equal(get_page_type(pg, PGT_seg_desc, false), -EINVAL);
	clean_up();
}

/* ---- interruptions ---- */
struct tree {
	struct page *l4, *l3[3], *l2[6], *l1[24], *leaf[24];
};

static void grow(struct tree *t)
{
	t->l4 = frame();
	for (unsigned int i = 0; i < 24; i++) {
		t->leaf[i] = frame();
		t->l1[i] = frame();
		table(t->l1[i])[i * 3] = to(t->leaf[i], PW);
	}
	for (unsigned int i = 0; i < 6; i++) {
		t->l2[i] = frame();
		for (unsigned int k = 0; k < 4; k++)
			table(t->l2[i])[k * 50 + i] = to(t->l1[i * 4 + k], PW);
	}
	for (unsigned int i = 0; i < 3; i++) {
		t->l3[i] = frame();
		table(t->l3[i])[100] = to(t->l2[2 * i], PW);
		table(t->l3[i])[500] = to(t->l2[2 * i + 1], PW);
		table(t->l4)[i ? 270 + 100 * i : 0] = to(t->l3[i], PW);
	}
}

/* Interrupted after `every` looks each time, an audit at each stop; returns the number of stops. */
static unsigned int pin_slowly(struct page *pg, enum page_type type, unsigned int every, int *rc)
{
	unsigned int stops = 0;

	for (;;) {
		preempt_in = every;
		*rc = pin(pg, type);
		if (*rc != -ERESTART)
			return stops;
		stops++;
		assert_int_equal(page_type_audit(false), 0);
	}
}

static void validation_is_restartable_at_every_step(void **state)
{
	for (unsigned int every = 1; every < 12; every++) {
		struct tree t;
		unsigned int stops = 0;
		int rc;

		grow(&t);
		stops = pin_slowly(t.l4, PGT_l4, every, &rc);
		assert_int_equal(rc, 0);
		assert_true(stops > 0);
		for (unsigned int i = 0; i < 24; i++)
			assert_int_equal(tcount(t.leaf[i]), 1);
		preempt_in = every;
		rc = unpin(t.l4);
		while (rc == -ERESTART) {
			assert_int_equal(page_type_audit(false), 0);
			preempt_in = every;
			rc = finish_old(&fake_vcpu[1]);
		}
		assert_int_equal(rc, 0);
		for (unsigned int i = 0; i < 24; i++)
			assert_int_equal(tcount(t.leaf[i]) + tcount(t.l1[i]), 0);
		clean_up();
	}
}

static void failure_is_undone_restartably(void **state)
{
	for (unsigned int every = 1; every < 12; every++) {
		struct tree t;
		int rc;

		grow(&t);
		table(t.l1[23])[400] = to(t.l2[0], PW); /* at the very end */
		pin_slowly(t.l4, PGT_l4, every, &rc);
		assert_int_equal(rc, -EINVAL);
		for (unsigned int i = 0; i < 24; i++)
			assert_int_equal(tcount(t.leaf[i]) + tcount(t.l1[i]), 0);
		assert_int_equal(tcount(t.l4), 0);
		clean_up();
	}
}

static void abandoned_halves_die_with_the_domain(void **state)
{
	for (unsigned int every = 1; every < 25; every++) {
		struct tree t;

		grow(&t);
		if (every % 3 == 0)
			table(t.l1[20])[400] = to(t.l2[0], PW);
		preempt_in = every;
		(void)!pin(t.l4, PGT_l4);
		preempt_in = 2;
		(void)!pin(t.l3[1], PGT_l3); /* inherits, or makes its own half */
		preempt_in = 1;
		(void)!pin(t.l4, PGT_l4);
		assert_int_equal(page_type_audit(false), 0);
		d->state = DOMAIN_DYING;
		do {
			preempt_in = every;
		} while (relinquish_memory(d));
		assert_int_equal(d->tot_pages, 0);
		clean_up();
	}
}

static void half_dropped_can_be_taken_again(void **state)
{
	struct tree t;

	for (unsigned int every = 1; every < 20; every++) {
		preempt_in = 0;
		grow(&t);
		assert_int_equal(pin(t.l4, PGT_l4), 0);
		preempt_in = every;
		if (unpin(t.l4) == -ERESTART) {
			preempt_in = 0;
			/* The dropper still has its reference; somebody else takes one more. */
			assert_int_equal(pin(t.l4, PGT_l4), 0);
			assert_int_equal(tcount(t.l4), 2);
			assert_int_equal(page_type_audit(false), 0);
			assert_int_equal(finish_old(&fake_vcpu[1]), 0);
			assert_int_equal(tcount(t.l4), 1);
			assert_int_equal(tcount(t.leaf[7]), 1);
			unpin_all(t.l4);
		}
		clean_up();
	}
}

/* ---- random sequences ---- */
#define POOL 40

static pte_t random_pte(struct page **pool)
{
	uint64_t flags = chance(8) ? P : 0;

	if (chance(2))
		flags |= W;
	if (chance(2))
		flags |= U;
	if (!chance(40))
		flags |= 1ull << (3 + chance(5));
	return to(pool[chance(POOL)], flags);
}

/* As a guest writes: only frames it could map writable. */
static void random_plain_write(struct page **pool, struct page *pg)
{
	if (get_page_type(pg, PGT_writable, false))
		return;
	if (!chance(6))
		memset(page_virt(pg), 0, PAGE_SIZE);
	table(pg)[chance(PT_ENTRIES)] = random_pte(pool);
	put_page_type(pg, false);
}

static void random_update(struct page **pool, struct page *pg)
{
	struct vcpu *v = &fake_vcpu[1];
	enum page_type type;

	pte_t *slot = &table(pg)[chance(PT_ENTRIES)];

	type = lock_for(slot);
	if (type == PGT_none) {
		put_page(pg);
		return;
	}
	if (type == PGT_l1)
		(void)!mod_l1e(slot, random_pte(pool), chance(2), d, d);
	else
		(void)!mod_table_entry(v, slot, type, random_pte(pool), chance(2), d);
	locked_done(slot);
}

static void random_run(void)
{
	struct page *pool[POOL];

	for (unsigned int i = 0; i < POOL; i++)
		pool[i] = frame();
	for (unsigned int n = 0; n < 4000; n++) {
		struct page *pg = pool[chance(POOL)];

		preempt_in = chance(2) ? chance(6) : 0;
		(void)finish_old(&fake_vcpu[1]);
		switch (chance(6)) {
		case 0:
			(void)!pin(pg, (enum page_type)(1 + chance(4)));
			break;
		case 1:
			(void)unpin(pg);
			break;
		case 2:
			random_plain_write(pool, pg);
			break;
		default:
			random_update(pool, pg);
		}
		if (n % 16 == 0)
			assert_int_equal(page_type_audit(false), 0);
	}
	preempt_in = 0;
	assert_int_equal(finish_old(&fake_vcpu[1]), 0);
	clean_up();
}

static void random_sequences_keep_every_count(void **state)
{
	for (unsigned int n = 0; n < 12; n++)
		random_run();
}

static void the_audit_finds_a_wrong_count(void **state)
{
	struct page *l1 = frame(), *pg = frame();

	table(l1)[0] = to(pg, PW);
	assert_int_equal(pin(l1, PGT_l1), 0);
	pg->type--;
	assert_true(page_type_audit(false) > 0);
	pg->type++;
	l1->type++;
	assert_true(page_type_audit(false) > 0);
	l1->type--;
	unpin_all(l1);
	clean_up();
}

static int setup(void **state)
{
	fake_machine_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writable_and_table_exclude_each_other),
		cmocka_unit_test(type_change_flushes_with_the_stamp),
		cmocka_unit_test(l1_entries_hold_what_they_map),
		cmocka_unit_test(kernel_pages_stay_kernel_pages),
		cmocka_unit_test(l1_refuses),
		cmocka_unit_test(caching_is_for_who_has_devices),
		cmocka_unit_test(device_memory_needs_the_right),
		cmocka_unit_test(upper_levels_refuse),
		cmocka_unit_test(absent_entries_of_protected_domains_lead_nowhere),
		cmocka_unit_test(tables_with_absent_entries_are_refused_whole),
		cmocka_unit_test(the_hypervisors_slots_are_overwritten_anyway),
		cmocka_unit_test(entry_changes),
		cmocka_unit_test(groups_say_where_entries_are),
		cmocka_unit_test(a_locked_table_is_dropped_later),
		cmocka_unit_test(foreign_frames),
		cmocka_unit_test(descriptor_frames),
		cmocka_unit_test(validation_is_restartable_at_every_step),
		cmocka_unit_test(failure_is_undone_restartably),
		cmocka_unit_test(abandoned_halves_die_with_the_domain),
		cmocka_unit_test(half_dropped_can_be_taken_again),
		cmocka_unit_test(random_sequences_keep_every_count),
		cmocka_unit_test(the_audit_finds_a_wrong_count),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
