// sources: hypervisor/common/page_alloc.c hypervisor/common/domain_pages.c hypervisor/common/xmalloc.c hypervisor/arch/x86/mm/page_ref.c hypervisor/arch/x86/mm/page_type.c hypervisor/arch/x86/mm/validate.c hypervisor/arch/x86/mm/pte_refs.c hypervisor/arch/x86/mm/descriptor.c hypervisor/arch/x86/mm/l1tf.c hypervisor/arch/x86/mm/mod_entry.c hypervisor/arch/x86/mm/relinquish.c hypervisor/arch/x86/hvm/p2m.c hypervisor/arch/x86/hvm/p2m_promise.c hypervisor/arch/x86/hvm/p2m_dirty.c
// cflags: -DUNIT_TEST -DCONFIG_DEBUG -Ihypervisor/arch/x86/hvm
/* SPDX-License-Identifier: MIT */
/*
 * The guest physical map beside a plain array that says the same: entries of all sizes come and go, references are
 * recounted, and no frame loses its reference before every CPU has left the guest.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "mm_fake.h"
#include <asm/hvm/hvm.h>
#include "p2m_internal.h"

#define NR_GFNS 2048u /* two entries of 2 MiB's worth, twice */

static struct domain *const d = &dom[1];
static struct hvm_domain hvm;
static struct page *watched; /* must still be referenced when the guest is left */
static unsigned int tag_voids, leaves;

static void void_tags(struct vcpu *v)
{
	tag_voids++;
}
static const struct hvm_vendor vendor = { .flush_tlb = void_tags };
const struct hvm_vendor *hvm_vendor = &vendor;

void on_selected_cpus(const cpumask_t *cpus, void (*fn)(void *), void *data)
{
	assert_int_equal(locks_held, 0); /* a CPU that waits for the lock could not answer */
	leaves++;
	if (watched)
		assert_true(ref_read(watched) & REF_COUNT);
}

static void fresh(void)
{
	memset(&hvm, 0, sizeof(hvm));
	d->arch.hvm = &hvm;
	assert_int_equal(p2m_init(d), 0);
	watched = NULL;
}

static void gone(void)
{
	while (p2m_relinquish(d))
		;
	p2m_destroy(d);
	d->state = DOMAIN_DYING;
	while (relinquish_memory(d))
		;
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(heap_audit(), 0);
	d->state = DOMAIN_ALIVE;
	d->arch.hvm = NULL;
}

static unsigned int refs(const struct page *pg)
{
	return (unsigned int)(ref_read(pg) & REF_COUNT);
}

static mfn_t at(uint64_t gfn, enum p2m_type *t)
{
	return p2m_get(d, _gfn(gfn), t, NULL);
}

static void one_page(void **state)
{
	struct page *pg, *found;
	enum p2m_type t;

	fresh();
	pg = alloc_domain_pages(d, 0, 0);
	assert_int_equal(p2m_set(d, _gfn(5), page_to_mfn(pg), 0, P2M_ram_rw), 0);
	assert_int_equal(refs(pg), 2);
	assert_true(mfn_eq(at(5, &t), page_to_mfn(pg)));
	assert_int_equal(t, P2M_ram_rw);
	assert_true(mfn_eq(at(6, &t), INVALID_MFN));
	assert_int_equal(t, P2M_invalid);
	found = p2m_get_page(d, _gfn(5), true, &t);
	assert_ptr_equal(found, pg);
	assert_int_equal(refs(pg), 3);
	put_page(found);
	leaves = 0;
	watched = pg;
	assert_int_equal(p2m_clear_if(d, _gfn(5), _mfn(1)), -ENOENT);
	assert_int_equal(p2m_clear_if(d, _gfn(5), page_to_mfn(pg)), 0);
	assert_int_equal(leaves, 1);
	assert_int_equal(refs(pg), 1);
	assert_int_equal(p2m_max_gfn(d), 5);
	gone();
}

static void what_is_refused(void **state)
{
	struct page *mine, *theirs;
	enum p2m_type t;

	fresh();
	mine = alloc_domain_pages(d, 0, 0);
	theirs = alloc_domain_pages(&dom[0], 0, 0);
	assert_int_equal(p2m_set(d, _gfn(P2M_MAX_GFN), page_to_mfn(mine), 0, P2M_ram_rw), -EINVAL);
	assert_int_equal(p2m_set(d, _gfn(1), page_to_mfn(mine), 9, P2M_ram_rw), -EINVAL);
	assert_int_equal(p2m_set(d, _gfn(0), page_to_mfn(mine), 3, P2M_ram_rw), -EINVAL);
	assert_int_equal(p2m_set(d, _gfn(0), page_to_mfn(theirs), 0, P2M_ram_rw), -EBUSY);
	assert_int_equal(p2m_set(d, _gfn(0), _mfn(NR_FRAMES), 0, P2M_ram_rw), -EBUSY);
	assert_int_equal(p2m_set(d, _gfn(0), page_to_mfn(theirs), 0, P2M_grant_ro), 0);
	assert_int_equal(refs(theirs), 2);
	assert_null(p2m_get_page(d, _gfn(0), true, &t));
	assert_int_equal(t, P2M_grant_ro);
	assert_int_equal(p2m_clear(d, _gfn(0), 0), 0);
	assert_int_equal(refs(theirs), 1);
	put_page(theirs);
	gone();
	assert_int_equal(refs(mine), 0);
}

/* Tables have a limit, and what fails for it leaves nothing behind. */
static void pool(void **state)
{
	struct page *pg;

	fresh();
	pg = alloc_domain_pages(d, 0, 0);
	hvm.p2m.pool_limit = 3; /* one level short */
	assert_int_equal(p2m_set(d, _gfn(0), page_to_mfn(pg), 0, P2M_ram_rw), -ENOMEM);
	assert_int_equal(refs(pg), 1);
	hvm.p2m.pool_limit = 4;
	assert_int_equal(p2m_set(d, _gfn(0), page_to_mfn(pg), 0, P2M_ram_rw), 0);
	assert_int_equal(p2m_set(d, _gfn(1 << 18), page_to_mfn(pg), 0, P2M_ram_rw), -ENOMEM);
	assert_int_equal(p2m_clear(d, _gfn(1 << 19), 0), 0); /* a hole stays one, without tables */
	assert_int_equal(refs(pg), 2);
	gone();
}

static void large_in_pieces(void **state)
{
	struct page *pg;
	unsigned int order;
	uint64_t first;

	fresh();
	pg = alloc_domain_pages(d, 9, 0);
	first = mfn_x(page_to_mfn(pg));
	assert_int_equal(p2m_set(d, _gfn(512), _mfn(first), 9, P2M_ram_rw), 0);
	assert_int_equal(mfn_x(p2m_get(d, _gfn(700), NULL, &order)), first + 188);
	assert_int_equal(order, 9);
	assert_int_equal(p2m_clear(d, _gfn(700), 0), 0);
	assert_true(mfn_eq(p2m_get(d, _gfn(700), NULL, &order), INVALID_MFN));
	assert_int_equal(mfn_x(p2m_get(d, _gfn(701), NULL, &order)), first + 189);
	assert_int_equal(order, 0);
	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(refs(pg + i), i == 188 ? 1 : 2);
	/* A large entry over the pieces: their table goes. */
	leaves = 0;
	assert_int_equal(p2m_set(d, _gfn(512), _mfn(first), 9, P2M_ram_rw), 0);
	assert_int_equal(leaves, 1);
	assert_int_equal(hvm.p2m.nr_tables, 3);
	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(refs(pg + i), 2);
	gone();
}

/* Memory that comes when it is touched, as far as the domain may have it. */
static void on_demand(void **state)
{
	enum p2m_type t;
	struct page *pg;
	unsigned int order, before;

	fresh();
	d->max_pages = 1100;
	before = d->tot_pages;
	assert_int_equal(p2m_promise(d, _gfn(512), 9), 0);
	assert_int_equal(p2m_promise(d, _gfn(1024), 9), 0);
	assert_int_equal(p2m_promise(d, _gfn(1536), 0), 0);
	assert_int_equal(d->tot_pages, before);
	assert_true(mfn_eq(at(600, &t), INVALID_MFN));
	assert_int_equal(t, P2M_on_demand);
	pg = p2m_get_page(d, _gfn(600), true, &t); /* half of it all may be had in one piece */
	assert_non_null(pg);
	put_page(pg);
	assert_int_equal(d->tot_pages, before + 512);
	(void)p2m_get(d, _gfn(512), NULL, &order);
	assert_int_equal(order, 9);
	assert_int_equal(p2m_keep_promise(d, _gfn(1030)), 0); /* no more */
	assert_int_equal(d->tot_pages, before + 513);
	assert_int_equal(p2m_forget_promise(d, _gfn(1030)), -ENOENT);
	assert_int_equal(p2m_forget_promise(d, _gfn(1031)), 0);
	assert_int_equal(p2m_forget_promise(d, _gfn(1031)), -ENOENT);
	(void)at(1031, &t);
	assert_int_equal(t, P2M_invalid);
	(void)at(1032, &t);
	assert_int_equal(t, P2M_on_demand);
	d->max_pages = d->tot_pages;
	assert_int_equal(p2m_keep_promise(d, _gfn(1536)), -ENOMEM);
	assert_null(p2m_get_page(d, _gfn(1536), false, &t));
	d->max_pages = NR_FRAMES;
	gone();
}

/* As the CPU does at a write. */
static void guest_writes(uint64_t gfn)
{
	unsigned int level;

	p2m_walk(&hvm.p2m, gfn, &level)->e |= p2m_format->dirty;
}

static void what_is_written_is_known(void **state)
{
	struct page *large, *small;
	enum p2m_type t;

	fresh();
	large = alloc_domain_pages(d, 9, 0);
	small = alloc_domain_pages(d, 0, 0);
	assert_int_equal(p2m_set(d, _gfn(0), page_to_mfn(large), 9, P2M_ram_rw), 0);
	assert_int_equal(p2m_set(d, _gfn(512), page_to_mfn(small), 0, P2M_ram_rw), 0);
	assert_true(p2m_track_dirty(d, 480, 64).all);
	assert_false(p2m_track_dirty(d, 480, 64).all);
	if (!p2m_format->dirty) {
		assert_true(p2m_take_dirty(d, 480, 64) == ~0ull);
		gone();
		return;
	}
	/* All that is there has been written once; the rest is a hole. */
	assert_true(p2m_take_dirty(d, 480, 64) == 0x1ffffffff);
	assert_true(p2m_take_dirty(d, 480, 64) == 0);
	guest_writes(483);
	guest_writes(512);
	assert_true(p2m_take_dirty(d, 480, 64) == (1ull << 3 | 1ull << 32));
	put_page(p2m_get_page(d, _gfn(485), true, &t)); /* the hypervisor for the guest, and reading */
	put_page(p2m_get_page(d, _gfn(486), false, &t));
	assert_true(p2m_take_dirty(d, 480, 40) == 1ull << 5);
	assert_true(mfn_eq(at(490, &t), mfn_add(page_to_mfn(large), 490))); /* still the same memory */
	assert_true(p2m_track_dirty(d, 0, 0).all);
	gone();

	/* Without memory for tables it is always written. */
	fresh();
	large = alloc_domain_pages(d, 9, 0);
	assert_int_equal(p2m_set(d, _gfn(0), page_to_mfn(large), 9, P2M_ram_rw), 0);
	hvm.p2m.pool_limit = 3;
	assert_true(p2m_take_dirty(d, 0, 2) == 3);
	assert_true(p2m_take_dirty(d, 0, 2) == 3);
	gone();
}

/* Who was interrupted goes on; who follows another range meanwhile begins, and so does the first then. */
static void tracking_goes_on(void **state)
{
	struct p2m_tracking t, other;

	fresh();
	t = p2m_track_dirty(d, 480, 640);
	assert_true(t.all && t.told == 0);
	t.told = 128;
	p2m_track_interrupted(d, &t);
	t = p2m_track_dirty(d, 480, 640);
	assert_true(t.all && t.told == 128);
	t = p2m_track_dirty(d, 480, 640); /* that one came to its end */
	assert_true(!t.all && t.told == 0);
	other = p2m_track_dirty(d, 480, 64);
	t.told = 256;
	p2m_track_interrupted(d, &t);
	assert_true(other.all && p2m_track_dirty(d, 480, 64).told == 0);
	t = p2m_track_dirty(d, 480, 640);
	assert_true(t.all && t.told == 0);
	gone();
}

static void random_against_an_array(void **state)
{
	static uint64_t model[NR_GFNS]; /* mfn + 1, 0: hole */
	static unsigned int held[NR_FRAMES];
	struct page *large, *small;

	fresh();
	memset(model, 0, sizeof(model));
	large = alloc_domain_pages(d, 9, 0);
	small = alloc_domain_pages(d, 6, 0);
	for (unsigned int step = 0; step < 4000; step++) {
		unsigned int what = chance(16), gfn = chance(NR_GFNS);
		uint64_t mfn;

		if (what == 0) {
			gfn &= ~511u;
			mfn = mfn_x(page_to_mfn(large));
			assert_int_equal(p2m_set(d, _gfn(gfn), _mfn(mfn), 9, P2M_ram_rw), 0);
			for (unsigned int i = 0; i < 512; i++)
				model[gfn + i] = mfn + i + 1;
		} else if (what == 1) {
			gfn &= ~511u;
			assert_int_equal(p2m_clear(d, _gfn(gfn), 9), 0);
			memset(&model[gfn], 0, 512 * sizeof(model[0]));
		} else if (what < 9) {
			mfn = mfn_x(page_to_mfn(small)) + chance(64);
			assert_int_equal(p2m_set(d, _gfn(gfn), _mfn(mfn), 0, P2M_ram_rw), 0);
			model[gfn] = mfn + 1;
		} else {
			assert_int_equal(p2m_clear(d, _gfn(gfn), 0), 0);
			model[gfn] = 0;
		}
		assert_int_equal(locks_held, 0);
	}
	memset(held, 0, sizeof(held));
	for (unsigned int gfn = 0; gfn < NR_GFNS; gfn++) {
		assert_int_equal(mfn_x(at(gfn, NULL)), model[gfn] - 1);
		if (model[gfn])
			held[model[gfn] - 1]++;
	}
	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(refs(large + i), 1 + held[frame_number(large + i)]);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(refs(small + i), 1 + held[frame_number(small + i)]);
	preempt_in = 1;
	assert_int_equal(p2m_relinquish(d), -ERESTART);
	gone();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_page),	   cmocka_unit_test(what_is_refused), cmocka_unit_test(pool),
		cmocka_unit_test(large_in_pieces), cmocka_unit_test(on_demand),
		cmocka_unit_test(what_is_written_is_known), cmocka_unit_test(tracking_goes_on),
		cmocka_unit_test(random_against_an_array),
	};

	fake_machine_init();
	if (cmocka_run_group_tests_name("nested paging", tests, NULL, NULL))
		return 1;
	p2m_set_format(&ept_format);
	return cmocka_run_group_tests_name("EPT", tests, NULL, NULL);
}
