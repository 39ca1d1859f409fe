// smp: 1 2
/* SPDX-License-Identifier: MIT */
/*
 * Promise: a frame has one use at a time. What is a page table of one level is nothing else; what is
 * writable is no table; entries have only harmless bits, and lead one level down, to this guest's own
 * frames. Two vCPUs at once get no further.
 */
#include "../kit/kit.h"
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/sched.h>

#define RO (PRESENT | USER)
#define RW (PRESENT | WRITABLE | USER)

static char names[40];

/* "l3" and what: one word. */
static const char *about(unsigned int level, const char *what)
{
	unsigned int n = 3;

	names[0] = 'l';
	names[1] = (char)('0' + level);
	names[2] = '-';
	while (*what)
		names[n++] = *what++;
	names[n] = 0;
	return names;
}

static long pin(unsigned int level, uint64_t mfn)
{
	return mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn, 0);
}

static void each_level(unsigned int level, char *page, char *other)
{
	unsigned long frames[16] = { virt_to_mfn(page) };
	uint64_t mfn = frames[0];
	struct mmuext_op copy = { .cmd = MMUEXT_COPY_PAGE, .arg1.mfn = mfn, .arg2.src_mfn = virt_to_mfn(other) };
	struct gnttab_copy grant = { .len = 64, .source = { .u.gmfn = virt_to_mfn(other), .domid = DOMID_SELF },
				     .dest = { .u.gmfn = mfn, .domid = DOMID_SELF } };

	check_eq(about(level, "readonly"), remap(page, mfn << 12 | RO), 0);
	check_eq(about(level, "pin"), pin(level, mfn), 0);
	check(about(level, "pin-again"), pin(level, mfn) < 0);
	check(about(level, "writable"), remap(page, mfn << 12 | RW) < 0);
	check(about(level, "writable-elsewhere"), remap(other, mfn << 12 | RW) < 0);
	for (unsigned int l = 1; l <= 4; l++)
		if (l != level)
			check(about(level, "as-another-level"), pin(l, mfn) < 0);
	check(about(level, "as-gdt"), call2(__HYPERVISOR_set_gdt, frames, 512) < 0);
	if (level != 4)
		check(about(level, "as-base-pointer"), mmuext(MMUEXT_NEW_BASEPTR, mfn, 0) < 0);
	check(about(level, "cleared"), mmuext(MMUEXT_CLEAR_PAGE, mfn, 0) < 0);
	check(about(level, "copied-over"), call4(__HYPERVISOR_mmuext_op, &copy, 1, 0, DOMID_SELF) < 0);
	call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &grant, 1);
	check(about(level, "grant-copied-over"), grant.status != GNTST_okay);
	check(about(level, "as-descriptor"), call2(__HYPERVISOR_update_descriptor, mfn << 12, 0x00cff3000000ffff) < 0);
	check(about(level, "stored-to"), !write_ok((uint64_t)page) || level == 1);
	check_eq(about(level, "unpin"), mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
	check_eq(about(level, "free-again"), remap(page, mfn << 12 | RW), 0);
}

/* An entry of a pinned table of `level`; `value` is complete. */
static long set_entry(char *table, unsigned int i, uint64_t value)
{
	return mmu_update((virt_to_mfn(table) << 12) + i * 8, value);
}

static void make_table(unsigned int level, char *page)
{
	(void)remap(page, virt_to_mfn(page) << 12 | RO);
	check_eq(about(level, "made"), pin(level, virt_to_mfn(page)), 0);
}

static void unmake_table(char *page)
{
	(void)mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page), 0);
	(void)remap(page, virt_to_mfn(page) << 12 | RW);
}

static void entries(void)
{
	static const uint64_t bad[] = { LARGE, 1ul << 3, 1ul << 4, 1ul << 8, 1ul << 59, 1ul << 62 };
	char *t[5] = { alloc_page(), alloc_page(), alloc_page(), alloc_page(), alloc_page() };

	for (unsigned int level = 1; level <= 4; level++)
		make_table(level, t[level]);
	for (unsigned int level = 2; level <= 4; level++) {
		uint64_t below = virt_to_mfn(t[level - 1]) << 12 | RW;

		for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			check(about(level, "forbidden-bit"), set_entry(t[level], 5, below | bad[i]) < 0);
		check(about(level, "to-itself"), set_entry(t[level], 5, virt_to_mfn(t[level]) << 12 | RO) < 0);
		check(about(level, "to-data"), set_entry(t[level], 5, virt_to_mfn(t[0]) << 12 | RO) < 0);
		check(about(level, "to-another-level"), set_entry(t[level], 5, virt_to_mfn(t[level % 4 + 1]) << 12 | RO) < 0);
		check(about(level, "to-the-hypervisor"), set_entry(t[level], 5, 0x201ul << 12 | RO) < 0);
		check(about(level, "to-nowhere"), set_entry(t[level], 5, ADDR_MASK | RO) < 0);
		check_eq(about(level, "to-the-next"), set_entry(t[level], 5, below), 0);
		check_eq(about(level, "away"), set_entry(t[level], 5, 0), 0);
	}
	check("l1-protection-key", set_entry(t[1], 5, virt_to_mfn(t[0]) << 12 | RO | 1ul << 60) < 0);
	check("l1-to-itself-writable", set_entry(t[1], 6, virt_to_mfn(t[1]) << 12 | RW) < 0);
	check("l1-to-its-l2-writable", set_entry(t[1], 6, virt_to_mfn(t[2]) << 12 | RW) < 0);
	check("superpage-marked", mmuext(MMUEXT_MARK_SUPER, virt_to_mfn(t[0]) & ~511ul, 0) < 0);
	for (unsigned int i = 256; i < 272; i++)
		check("l4-hypervisor-slot", set_entry(t[4], i, virt_to_mfn(t[3]) << 12 | RW) < 0);
	for (unsigned int level = 4; level >= 1; level--)
		unmake_table(t[level]);
}

/* With a name for whose frame it is. */
static long map_of(char *table, uint64_t mfn, uint64_t flags, unsigned int owner)
{
	struct mmu_update u = { (virt_to_mfn(table) << 12) + 8, mfn << 12 | flags };

	return call4(__HYPERVISOR_mmu_update, &u, 1, 0, owner);
}

static void frames_of_others(void)
{
	char *l1 = alloc_page();
	uint64_t own = virt_to_mfn(si);

	make_table(1, l1);
	check("own-as-device", map_of(l1, own, RW, DOMID_IO) < 0);
	check("hypervisor-as-device", map_of(l1, 0x201, RW, DOMID_IO) < 0);
	check("apic-as-device", map_of(l1, 0xfee00, RW, DOMID_IO) < 0);
	check("own-as-hypervisors", map_of(l1, own, RW, DOMID_XEN) < 0);
	check("hypervisor-image", map_of(l1, 0x201, RO, DOMID_XEN) < 0);
	check("of-nobody", map_of(l1, own, RW, 77) < 0);
	check("tables-of-nobody", map_of(l1, own, RO, 78u << 16 | DOMID_SELF) < 0);
	check("tables-of-itself-by-alias", map_of(l1, own, RO, (DOMID_SELF + 1u) << 16 | DOMID_SELF) < 0);
	check("vga-is-allowed", map_of(l1, 0xb8, RW, DOMID_IO) == 0);
	unmake_table(l1);
}

/* ---- two vCPUs ---- */
static char *volatile contested;
static volatile unsigned int other_runs, stop;
#define RACES 3000

static void pinner(void)
{
	uint64_t mfn = virt_to_mfn(contested);

	other_runs = 1;
	while (!stop) {
		if (!pin(1, mfn))
			(void)mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
		if (!pin(3, mfn))
			(void)mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
	}
	other_runs = 0;
	for (;;)
		(void)call3(__HYPERVISOR_vcpu_op, 2 /* down */, 1, 0);
}

static void races(void)
{
	char *page = alloc_page();
	unsigned int done = 0;

	contested = page;
	if (start_vcpu(1, pinner))
		return;
	while (!other_runs)
		call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	for (unsigned int i = 0; i < RACES; i++) {
		if (!remap(page, virt_to_mfn(page) << 12 | RW)) {
			page[8 * (i % 512)] = 0;
			done++;
		}
		(void)remap(page, virt_to_mfn(page) << 12 | RO);
	}
	stop = 1;
	while (other_runs)
		call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	say("writable %u times in %u", done, RACES);
	check("race-audit", debug_key_says('O', "udit: 0 breaches"));
}

void test(void)
{
	char *page = alloc_page(), *other = alloc_page();

	for (unsigned int level = 1; level <= 4; level++)
		each_level(level, page, other);
	entries();
	frames_of_others();
	races();
}
