// sources: hypervisor/common/page_alloc.c hypervisor/common/domain_pages.c hypervisor/common/xmalloc.c hypervisor/arch/x86/mm/page_ref.c hypervisor/arch/x86/mm/page_type.c hypervisor/arch/x86/mm/l1tf.c hypervisor/arch/x86/mm/validate.c hypervisor/arch/x86/mm/pte_refs.c hypervisor/arch/x86/mm/descriptor.c
// cflags: -DUNIT_TEST -DCONFIG_DEBUG
/* SPDX-License-Identifier: MIT */
/* The heap, domains' frames and xmalloc, against simple models. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "mm_fake.h"

static uint8_t taken[NR_FRAMES];

static void take(uint64_t mfn, unsigned int order)
{
	for (uint64_t i = 0; i < 1ull << order; i++) {
		assert_true(mfn + i > 0 && mfn + i < NR_FRAMES);
		assert_int_equal(taken[mfn + i], 0);
		taken[mfn + i] = 1;
	}
}

static void give(uint64_t mfn, unsigned int order)
{
	memset(&taken[mfn], 0, 1ull << order);
}

static void random_blocks(void **state)
{
	struct {
		void *v;
		unsigned int order;
	} held[256] = { 0 };
	uint64_t start = free_pages_count();

	for (unsigned int n = 0; n < 60000; n++) {
		unsigned int i = chance(256);

		if (held[i].v) {
			give(mfn_x(virt_to_mfn(held[i].v)), held[i].order);
			free_xen_pages(held[i].v, held[i].order);
			held[i].v = NULL;
		} else {
			held[i].order = chance(8) ? chance(4) : chance(9);
			held[i].v = alloc_xen_pages(held[i].order, 0);
			if (held[i].v) {
				uint64_t mfn = mfn_x(virt_to_mfn(held[i].v));

				assert_int_equal(mfn & ((1u << held[i].order) - 1), 0);
				take(mfn, held[i].order);
			}
		}
		if (n % 4096 == 0)
			assert_int_equal(heap_audit(), 0);
	}
	for (unsigned int i = 0; i < 256; i++)
		if (held[i].v)
			free_xen_pages(held[i].v, held[i].order);
	memset(taken, 0, sizeof(taken));
	assert_int_equal(free_pages_count(), start);
	assert_int_equal(heap_audit(), 0);
}

static void all_coalesces(void **state)
{
	/* The objects of the set-up are at the top: [2048, 3072) and [1024, 2048) are whole. */
	void *v = alloc_xen_pages(10, 0), *w = alloc_xen_pages(10, 0);

	assert_int_equal(mfn_x(virt_to_mfn(v)), 2048);
	assert_int_equal(mfn_x(virt_to_mfn(w)), 1024);
	assert_null(alloc_xen_pages(10, 0));
	assert_null(alloc_xen_pages(MAX_ORDER + 1, 0));
	free_xen_pages(v, 10);
	free_xen_pages(w, 10);
}

static void clean_and_dirty_merge_when_needed(void **state)
{
	static void *v[NR_FRAMES];
	unsigned int n, nr = 0;

	while ((v[nr] = alloc_xen_pages(0, 0)))
		nr++;
	/* Every second block goes back as scrubbed, the others dirty: none has an equal neighbour.
	 */
	for (n = 0; n < nr; n++) {
		struct page *pg = mfn_to_page(virt_to_mfn(v[n]));

		memset(v[n], 0, PAGE_SIZE);
		heap_free(pg, 0, frame_number(pg) & 1, 0);
	}
	assert_int_equal(heap_audit(), 0);
	v[0] = alloc_xen_pages(10, 0);
	assert_non_null(v[0]);
	free_xen_pages(v[0], 10);
	assert_int_equal(heap_audit(), 0);
}

static void address_limit(void **state)
{
	void *v = alloc_xen_pages(0, MEMF_BITS(20)), *w = alloc_xen_pages(0, 0);

	assert_true(mfn_x(virt_to_mfn(v)) < 1u << 8);
	assert_true(mfn_x(virt_to_mfn(w)) >= 2048); /* high memory first */
	assert_null(alloc_xen_pages(0, MEMF_BITS(12)));
	assert_int_equal(free_pages_below(20), 254);
	free_xen_page(v);
	free_xen_page(w);
}

/* A low frame that is clean comes before high ones that are not: as far as devices go they are alike. */
static void clean_comes_first(void **state)
{
	static void *v[NR_FRAMES];
	unsigned int nr = 0;
	void *low, *w;

	while ((v[nr] = alloc_xen_pages(0, 0)))
		nr++;
	low = v[0];
	for (unsigned int n = 1; n < nr; n++)
		if (v[n] < low)
			low = v[n];
	memset(low, 0, PAGE_SIZE);
	for (unsigned int n = 0; n < nr; n++)
		heap_free(mfn_to_page(virt_to_mfn(v[n])), 0, v[n] != low, 0);
	w = alloc_xen_page();
	assert_ptr_equal(w, low);
	free_xen_page(w);
}

static void zero_means_zero(void **state)
{
	for (unsigned int n = 0; n < 64; n++) {
		uint64_t *v = alloc_xen_page();

		for (unsigned int i = 0; i < 512; i++)
			assert_int_equal(v[i], 0);
		memset(v, 0xee, PAGE_SIZE);
		free_xen_page(v);
	}
}

static void domain_frames(void **state)
{
	struct domain *d = &dom[1];
	struct page *pg, *last = NULL;
	uint64_t cursor = 0, free_before = free_pages_count();
	unsigned int n = 0;

	d->max_pages = 40;
	while ((pg = alloc_domain_pages(d, 2, 0))) {
		last = pg;
		for (unsigned int i = 0; i < 4 * 512; i++)
			assert_int_equal(((uint64_t *)page_virt(pg))[i], 0);
		memset(page_virt(pg), 0x77, 4 * PAGE_SIZE);
	}
	assert_int_equal(d->tot_pages, 40);
	assert_int_equal(d->refcnt, 2);
	assert_true(get_page(last, d));
	assert_false(get_page(last, &dom[0]));
	assert_ptr_equal(page_get_owner(last), d);
	put_page(last);
	while ((pg = domain_next_page_before(d, &cursor, max_page))) {
		n++;
		assert_true(get_page(pg, d));
		__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
		put_page(pg);
		put_page(pg);
	}
	assert_int_equal(n, 40);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(d->refcnt, 1);
	assert_int_equal(free_pages_count(), free_before);
	d->state = DOMAIN_DYING;
	assert_null(alloc_domain_pages(d, 0, 0));
	d->state = DOMAIN_ALIVE;
	d->max_pages = NR_FRAMES;
}

static void drop_all(struct domain *d)
{
	uint64_t cursor = 0;
	struct page *pg;

	while ((pg = domain_next_page_before(d, &cursor, max_page))) {
		__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
		put_page(pg);
	}
}

static void reuse_flushes(void **state)
{
	struct domain *d = &dom[1];
	struct page *pg;

	while (alloc_domain_pages(d, 0, 0))
		;
	nr_flushes = 0;
	pg = frame_page(2100);
	fake_clock = 9;
	__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
	put_page(pg);
	assert_ptr_equal(alloc_domain_pages(d, 0, 0), pg);
	assert_int_equal(nr_flushes, 1);
	assert_int_equal(last_flush_stamp, 9);
	drop_all(d);
	fake_clock = 1;
}

static void claims(void **state)
{
	struct domain *d = &dom[0];
	uint64_t all = free_pages_count();
	struct page *pg;

	d->max_pages = (unsigned int)all;
	assert_int_equal(domain_set_outstanding(d, all + 1), -EINVAL);
	assert_int_equal(domain_set_outstanding(d, all), 0);
	assert_int_equal(domain_set_outstanding(d, all), -EINVAL);
	assert_null(alloc_domain_pages(&dom[1], 0, 0));
	assert_null(alloc_xen_page());
	pg = alloc_domain_pages(d, 4, 0);
	assert_non_null(pg);
	assert_int_equal(claimed_pages_count(), all - 16);
	assert_int_equal(domain_set_outstanding(d, 0), 0);
	assert_int_equal(claimed_pages_count(), 0);
	for (unsigned int i = 0; i < 16; i++) {
		__atomic_fetch_and(&pg[i].ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
		put_page(&pg[i]);
	}
	assert_int_equal(free_pages_count(), all);
}

static void shared_frames(void **state)
{
	struct domain *d = &dom[1];
	void *v = alloc_xen_page(), *ro = alloc_xen_page();
	struct page *pg = mfn_to_page(virt_to_mfn(v)), *ro_pg = mfn_to_page(virt_to_mfn(ro));

	share_xen_page(v, d, true);
	share_xen_page(ro, d, false);
	assert_int_equal(d->refcnt, 2);
	assert_true(get_page_and_type(pg, d, PGT_writable));
	assert_false(get_page_and_type(pg, d, PGT_l1));
	assert_false(get_page_and_type(ro_pg, d, PGT_writable));
	put_page_and_type(pg);
	/* The domain ends while another still maps it; then that goes too. */
	assert_true(get_page(pg, d));
	__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
	put_page(pg);
	assert_int_equal(d->refcnt, 2);
	put_page(pg);
	free_xen_page(ro); /* as when a creation fails */
	assert_int_equal(d->refcnt, 1);
	free_xen_page(v);
}

static void stealing(void **state)
{
	struct domain *d = &dom[1];
	struct page *pg = alloc_domain_pages(d, 0, 0);

	assert_true(get_page(pg, d));
	assert_true(get_page_and_type(pg, d, PGT_writable));
	assert_int_equal(steal_charged_page(d, pg), -EINVAL);
	put_page_and_type(pg);
	assert_int_equal(steal_charged_page(d, pg), 0);
	assert_null(page_get_owner(pg));
	assert_false(get_page(pg, d));
	assert_int_equal(d->tot_pages, 1);
	give_charged_pages(d, pg, 1);
	assert_ptr_equal(page_get_owner(pg), d);
	assert_int_equal(d->tot_pages, 1);
	__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
	put_page(pg);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(d->refcnt, 1);
}

static void objects(void **state)
{
	struct {
		uint8_t *p;
		size_t size;
		uint8_t fill;
	} o[400] = { 0 };
	uint64_t before = free_pages_count();

	for (unsigned int n = 0; n < 40000; n++) {
		unsigned int i = chance(400);

		if (o[i].p) {
			for (size_t k = 0; k < o[i].size; k++)
				assert_int_equal(o[i].p[k], o[i].fill);
			xfree(o[i].p);
			o[i].p = NULL;
			continue;
		}
		o[i].size = chance(20) ? chance(2100) + 1 : chance(20000) + 1;
		o[i].p = xzalloc_bytes(o[i].size);
		o[i].fill = (uint8_t)n;
		assert_non_null(o[i].p);
		assert_int_equal((uint64_t)o[i].p & 15, 0);
		memset(o[i].p, o[i].fill, o[i].size);
	}
	for (unsigned int i = 0; i < 400; i++)
		xfree(o[i].p);
	assert_int_equal(free_pages_count(), before);
	assert_null(xzalloc_array_bytes(1ull << 40, 1ull << 40));
	assert_int_equal(heap_audit(), 0);
}

static int setup(void **state)
{
	fake_machine_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_coalesces),
		cmocka_unit_test(address_limit),
		cmocka_unit_test(random_blocks),
		cmocka_unit_test(clean_and_dirty_merge_when_needed),
		cmocka_unit_test(clean_comes_first),
		cmocka_unit_test(zero_means_zero),
		cmocka_unit_test(domain_frames),
		cmocka_unit_test(reuse_flushes),
		cmocka_unit_test(claims),
		cmocka_unit_test(shared_frames),
		cmocka_unit_test(stealing),
		cmocka_unit_test(objects),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
