/* SPDX-License-Identifier: MIT */
/*
 * Promise: a guest changes page tables only through the hypervisor, and never so that it could write a
 * page table, reach a frame that is not its own, or see hypervisor memory.
 */
#include "../kit/kit.h"

static void own_tables(void)
{
	uint64_t where, entry;
	uint64_t l4_mfn = virt_to_mfn((void *)si->pt_base);
	char *page = alloc_page();

	check("read-own-table", read_ok(si->pt_base));
	check("write-own-l4-faults", !write_ok(si->pt_base));
	entry = entry_of((uint64_t)page, 1, &where);
	check("map-table-writable", mmu_update(where, (l4_mfn << 12) | PRESENT | WRITABLE | USER) < 0);
	check_eq("map-table-readonly", mmu_update(where, (l4_mfn << 12) | PRESENT | USER), 0);
	check_eq("map-back", mmu_update(where, entry), 0);
	check("remap-table-writable", remap(page, (l4_mfn << 12) | PRESENT | WRITABLE | USER) < 0);
}

static void foreign_frames(void)
{
	uint64_t where, entry;
	char *page = alloc_page();

	entry = entry_of((uint64_t)page, 1, &where);
	/* 2 MiB + 4 KiB: where the image lies under Serai; low memory of the hypervisor's or nobody's anyway */
	check("map-hypervisor-frame", mmu_update(where, (0x201ul << 12) | PRESENT | USER) < 0);
	check("map-hypervisor-frame-writable", mmu_update(where, (0x201ul << 12) | PRESENT | WRITABLE | USER) < 0);
	check("map-beyond-memory", mmu_update(where, (0xffffffffful << 12) | PRESENT | USER) < 0 ||
					   mmu_update(where, entry) == 0);
	check("map-local-apic-writable", mmu_update(where, (0xfee00ul << 12) | PRESENT | WRITABLE | USER) < 0);
	check("page-intact", write_ok((uint64_t)page));
}

static void forbidden_entries(void)
{
	uint64_t where, mfn = virt_to_mfn(alloc_page());

	entry_of((uint64_t)si, 2, &where);
	check("large-page", mmu_update(where, (mfn << 12 & ~0x1ffffful) | PRESENT | WRITABLE | USER | LARGE) < 0);
	entry_of(HOLE, 4, &where);
	check("hole-slot-of-l4", mmu_update(where, (mfn << 12) | PRESENT | WRITABLE | USER) < 0);
	where = virt_to_mfn((void *)si->pt_base) << 12;
	check("data-page-as-l3", mmu_update(where + 8 * 300, (virt_to_mfn(si) << 12) | PRESENT | WRITABLE | USER) < 0);
}

static void pinning(void)
{
	uint64_t *page = alloc_page();
	uint64_t mfn = virt_to_mfn(page);

	check("pin-writable-page", mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0) < 0);
	check_eq("unpin-unpinned", mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), -22);
	check_eq("make-readonly", remap(page, (mfn << 12) | PRESENT | USER), 0);
	check_eq("pin-l1", mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0), 0);
	check("writable-while-pinned", remap(page, (mfn << 12) | PRESENT | WRITABLE | USER) < 0);
	check("as-l2-while-l1", mmuext(MMUEXT_PIN_L2_TABLE, mfn, 0) < 0);
	check("as-base-pointer", mmuext(MMUEXT_NEW_BASEPTR, mfn, 0) < 0);
	check_eq("unpin-l1", mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
	check_eq("writable-again", remap(page, (mfn << 12) | PRESENT | WRITABLE | USER), 0);
	page[0] = 1;
	check("bad-mfn-as-base-pointer", mmuext(MMUEXT_NEW_BASEPTR, ~0ul >> 20, 0) < 0);
}

static void hypervisor_memory(void)
{
	check("m2p-readable", read_ok((uint64_t)&M2P[virt_to_mfn(si)]));
	check_eq("m2p-right", (long)M2P[virt_to_mfn(si)], (long)virt_to_pfn(si));
	check("m2p-readonly", !write_ok((uint64_t)&M2P[virt_to_mfn(si)]));
	check("image-unreadable", !read_ok(0xffff82d080200000));
	check("image-unwritable", !write_ok(0xffff82d080200000));
	check("direct-map-unreadable", !read_ok(0xffff830000000000));
	check("per-domain-unreadable", !read_ok(0xffff820000000000));
	check("frame-table-unreadable", !read_ok(0xffff810000000000) || !read_ok(0xffff82e000000000));
}

void test(void)
{
	own_tables();
	foreign_frames();
	forbidden_entries();
	pinning();
	hypervisor_memory();
}
