// sources: dom0-tools/build/layout.c dom0-tools/build/tables.c dom0-tools/build/bulk.c dom0-tools/build/complaint.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include
/* SPDX-License-Identifier: MIT */
/*
 * The layout of new PV domains, from 1 MiB to TiBs, and their first page tables: every address a kernel
 * relies on is looked up by walking the tables as the processor does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include "build/build.h"

#define MIB(n)	   ((uint64_t)(n) << 8) /* pages */
#define LINUX_BASE 0xffffffff80000000ull
/* Frames are numbered so that a PFN is never mistaken for an MFN. */
#define MFN_OF(pfn) ((pfn) * 3 + 1000)

static struct complaint why;
static struct pv_layout layout;

static struct image linux_like(uint64_t mib)
{
	return (struct image){ .virt_base = LINUX_BASE, .start = LINUX_BASE + (16 << 20),
			       .end = LINUX_BASE + (16 << 20) + (mib << 20), .entry = LINUX_BASE + (16 << 20),
			       .init_p2m = 0x8000000000, .ramdisk_by_pfn = true };
}

static struct image tiny(void)
{
	return (struct image){ .start = 0x4000, .end = 0x20000, .entry = 0x4000 };
}

static int compute(const struct image *image, uint64_t pages, uint64_t ramdisk)
{
	memset(&why, 0, sizeof(why));
	return pv_layout_compute(&layout, image, pages, ramdisk, &why);
}

static uint64_t end_of(struct pfn_span span)
{
	return span.pfn + span.pages;
}

static void check_spans(void)
{
	const struct pfn_span spans[] = { layout.kernel, layout.ramdisk, layout.p2m, layout.p2m_tables, layout.start_info,
					  layout.xenstore, layout.console, layout.tables, layout.stack };

	for (unsigned int i = 0; i < 9; i++) {
		assert_true(end_of(spans[i]) <= layout.used_pages || !spans[i].pages);
		for (unsigned int j = 0; j < i; j++)
			assert_true(!spans[i].pages || !spans[j].pages || end_of(spans[i]) <= spans[j].pfn ||
				    end_of(spans[j]) <= spans[i].pfn);
	}
	assert_true(layout.used_pages <= layout.nr_pages);
}

static void linux_is_laid_out_as_by_4_17(void **state)
{
	struct image image = linux_like(58);

	/* The numbers of Debian's xl for this kernel, 200 MiB and a ramdisk of 0x4a3610 bytes. */
	assert_int_equal(compute(&image, 0xc800, 0x4a3610), 0);
	check_spans();
	assert_int_equal(layout.kernel.pfn, 0x1000);
	assert_int_equal(layout.kernel.pages, 0x3a00);
	assert_int_equal(layout.start_info.pfn, 0x4a00);
	assert_int_equal(layout.xenstore.pfn, 0x4a01);
	assert_int_equal(layout.console.pfn, 0x4a02);
	assert_int_equal(layout.tables.pfn, 0x4a03);
	assert_int_equal(layout.tables.pages, 0x29);
	assert_int_equal(layout.stack.pfn, 0x4a2c);
	assert_int_equal(layout.main.pages, 0x4c00);
	assert_int_equal(layout.ramdisk.pfn, 0x4c00);
	assert_int_equal(layout.ramdisk.pages, 0x4a4);
	assert_int_equal(layout.p2m.pfn, 0x50a4);
	assert_int_equal(layout.p2m.pages + layout.p2m_tables.pages, 0x67);
	assert_int_equal(layout.p2m_virt, 0x8000000000);
	assert_int_equal(layout.ramdisk_virt, 0);
}

/* The tables, and a walk through them. */
static uint64_t *pages; /* of all PFNs the layout uses */

static uint64_t *page(void *data, uint64_t pfn)
{
	assert_true(pfn < layout.used_pages);
	return pages + pfn * 512;
}

/* The leaf entry of an address; 0 if nothing is mapped. Upper levels must name table pages. */
static uint64_t walk(uint64_t virt)
{
	uint64_t pfn = layout.main.table_pfn[3], entry = 0;

	for (int shift = 39; shift >= 12; shift -= 9) {
		entry = page(NULL, pfn)[virt >> shift & 511];
		if (!(entry & 1) || shift == 12)
			break;
		pfn = ((entry >> 12) - 1000) / 3;
		assert_true(pfn - layout.tables.pfn < layout.tables.pages ||
			    pfn - layout.p2m_tables.pfn < layout.p2m_tables.pages);
	}
	return entry & 1 ? entry : 0;
}

static void check_mapping(uint64_t virt, uint64_t pfn, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t entry = walk(virt + (i << 12));
		bool table = pfn + i - layout.tables.pfn < layout.tables.pages ||
			     pfn + i - layout.p2m_tables.pfn < layout.p2m_tables.pages;

		if (pfn + i >= layout.nr_pages) {
			assert_int_equal(entry, 0);
			continue;
		}
		assert_int_equal(entry >> 12, MFN_OF(pfn + i));
		assert_int_equal(entry & 5, 5); /* present, user: what the hypervisor expects of PV kernels */
		assert_int_equal(!(entry & 2), table);
	}
}

static void check_tables(void)
{
	xen_pfn_t *p2m = malloc(layout.nr_pages * sizeof(*p2m));

	for (uint64_t i = 0; i < layout.nr_pages; i++)
		p2m[i] = MFN_OF(i);
	pages = malloc(layout.used_pages * 4096);
	memset(pages, 0xa5, layout.used_pages * 4096);
	pv_layout_fill_tables(&layout, p2m, page, NULL);
	check_mapping(layout.main.virt, 0, layout.main.pages);
	assert_int_equal(walk(layout.main.virt + (layout.main.pages << 12)), 0);
	if (layout.main.virt)
		assert_int_equal(walk(layout.main.virt - 4096), 0);
	if (layout.p2m_map.pages) {
		check_mapping(layout.p2m_virt, layout.p2m.pfn, layout.p2m.pages);
		assert_int_equal(walk(layout.p2m_virt + (layout.p2m.pages << 12)), 0);
	}
	free(pages);
	free(p2m);
}

static void tables_map_what_the_kernel_needs(void **state)
{
	struct image image = linux_like(58), mapped = linux_like(58), small = tiny(), odd = linux_like(40);

	mapped.init_p2m = 0;
	mapped.ramdisk_by_pfn = false;
	odd.init_p2m = 0x7ffffff000; /* crosses a top-level slot */
	assert_int_equal(compute(&image, MIB(200), 5 << 20), 0);
	check_spans();
	check_tables();
	assert_int_equal(compute(&image, MIB(86), 1 << 20), 0); /* too tight to leave a gap */
	check_spans();
	check_tables();
	assert_int_equal(compute(&mapped, MIB(256), 3 << 20), 0);
	check_spans();
	check_tables();
	assert_true(layout.ramdisk_virt > mapped.start && layout.p2m_virt > layout.ramdisk_virt);
	assert_int_equal(compute(&small, MIB(1), 0), 0);
	check_spans();
	check_tables();
	assert_int_equal(compute(&odd, MIB(600), 0), 0);
	check_spans();
	check_tables();
}

static void a_small_guest_has_its_ramdisk_below_the_kernel(void **state)
{
	struct image image = linux_like(46);

	assert_int_equal(compute(&image, MIB(64), 5 << 20), 0);
	check_spans();
	check_tables();
	assert_int_equal(layout.ramdisk.pfn, 256);
	assert_int_equal(compute(&image, MIB(64), 15 << 20), 0);
	check_spans();
	assert_int_equal(compute(&image, MIB(64), (15 << 20) + 1), -ENOMEM);
	assert_int_equal(compute(&image, MIB(128), 5 << 20), 0);
	assert_true(layout.ramdisk.pfn > layout.stack.pfn); /* where it always was */
}

static void sizes_up_to_tebibytes_fit(void **state)
{
	struct image image = linux_like(58), small = tiny();

	for (uint64_t mib = 128; mib <= 16 << 20; mib *= 2) {
		assert_int_equal(compute(&image, MIB(mib) + 7, 12345678), 0);
		check_spans();
		assert_int_equal(layout.p2m.pages, (MIB(mib) + 7 + 511) / 512);
	}
	for (uint64_t mib = 1; mib <= 1 << 20; mib *= 4) {
		assert_int_equal(compute(&small, MIB(mib), 0), 0);
		check_spans();
	}
}

static void too_little_memory_names_what_it_takes(void **state)
{
	struct image image = linux_like(58);

	for (uint64_t mib = 1; mib < 74; mib++) {
		assert_int_equal(compute(&image, MIB(mib), 0), -ENOMEM);
		assert_non_null(strstr(why.text, "raise memory="));
	}
	assert_int_equal(compute(&image, MIB(128), 100ull << 20), -ENOMEM);
	assert_int_equal(compute(&image, MIB(128), UINT64_MAX / 2), -ENOMEM);
}

static void impossible_places_are_refused(void **state)
{
	struct image image = linux_like(58);

	image.init_p2m = LINUX_BASE; /* the kernel's own slot */
	assert_int_equal(compute(&image, MIB(128), 0), -EINVAL);
	image.init_p2m = 0xffff800000000000; /* the hypervisor's */
	assert_int_equal(compute(&image, MIB(128), 0), -EINVAL);
	image.init_p2m = 0x7fffffff8000; /* out of the lower half */
	assert_int_equal(compute(&image, MIB(1024), 0), -EINVAL);
	image.init_p2m = 0xfffffffffffff000; /* past the end */
	assert_int_equal(compute(&image, MIB(128), 0), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_is_laid_out_as_by_4_17), cmocka_unit_test(tables_map_what_the_kernel_needs),
		cmocka_unit_test(a_small_guest_has_its_ramdisk_below_the_kernel),
		cmocka_unit_test(sizes_up_to_tebibytes_fit), cmocka_unit_test(too_little_memory_names_what_it_takes),
		cmocka_unit_test(impossible_places_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
