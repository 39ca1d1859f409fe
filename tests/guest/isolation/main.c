// smp: 1 2
// cpu: Skylake-Server
/* SPDX-License-Identifier: MIT */
/*
 * Promise: on a CPU with Meltdown a guest runs on tables that do not have the hypervisor (xpti=), and nothing else
 * tells it so: a change of a top-level table counts at once, on the vCPU that made it and on others.
 */
#include "../kit/kit.h"

#define ALIAS_SLOT 300
#define IMAGE	   0xffff82d080200000ul
#define IMAGE_END  0xffff82d080400000ul
#define ENTRY_PAGES 20 /* entry code, IDT, TSS, system call slots, a stack of 8 pages */

/* Not even there: a fault on a page that is mapped but forbidden says so in bit 0. */
static bool absent(uint64_t va)
{
	return !read_ok(va) && trap_vector == 14 && !(trap_error & 1);
}

static void hypervisor_is_absent(void)
{
	unsigned int there = 0;

	for (uint64_t va = IMAGE; va < IMAGE_END; va += 4096)
		there += !absent(va);
	say("%u pages of the image are mapped", there);
	check("image-but-entry-code", there > 0 && there <= ENTRY_PAGES);
	check("direct-map-of-image", absent(0xffff830000000000ul + 0x200000));
	check("direct-map-of-guest", absent(0xffff830000000000ul + (virt_to_mfn(si) << 12)));
	check("frame-table", absent(0xffff810000000000ul + virt_to_mfn(si) * 16));
	check("m2p-for-writing", absent(0xffff808000000000ul + virt_to_mfn(si) * 8));
	check("m2p-is-there", read_ok((uint64_t)&M2P[virt_to_mfn(si)]));
}

/* What is at p, seen through the other slot. */
static volatile uint64_t *alias(const void *p)
{
	return (volatile uint64_t *)(0xffff000000000000ul | (uint64_t)ALIAS_SLOT << 39 | ((uint64_t)p & 0x7ffffffffful));
}

static uint64_t slot_address, slot_value; /* the alias slot's entry, and the one of VIRT_BASE */
static volatile uint64_t pattern;

static long set_alias(bool there)
{
	return mmu_update(slot_address, there ? slot_value : 0);
}

static void own_changes_count(void)
{
	bool seen = true, gone = true, updated = true;

	for (unsigned int i = 1; i <= 50; i++) {
		pattern = i;
		updated &= set_alias(true) == 0;
		seen &= read_ok((uint64_t)alias((void *)&pattern)) && *alias((void *)&pattern) == i;
		updated &= set_alias(false) == 0 && mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0) == 0;
		gone &= !read_ok((uint64_t)alias((void *)&pattern));
	}
	check("own-updates", updated);
	check("own-new-entry-seen", seen);
	check("own-old-entry-gone", gone);
}

/* ---- two vCPUs ---- */

static volatile uint64_t asked, answered, other_saw, other_failed;

/* Odd rounds: reads through the entry that is new. Even: takes the entry away, for every vCPU. */
static void other_vcpu(void)
{
	for (uint64_t round = 1;; round++) {
		while (asked < round)
			__asm__ volatile("pause");
		if (round & 1)
			other_saw = *alias((void *)&pattern);
		else if (set_alias(false) || mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0))
			other_failed++;
		answered = round;
	}
}

static bool ask(uint64_t round)
{
	asked = round;
	for (uint64_t spins = 0; answered < round; spins++) {
		if (spins > 2000000000ul)
			return false;
		__asm__ volatile("pause");
	}
	return true;
}

static void others_changes_count(void)
{
	bool seen = true, gone = true;
	uint64_t round = 0;

	if (start_vcpu(1, other_vcpu))
		return; /* there is none */
	for (unsigned int i = 1; i <= 50; i++) {
		pattern = 1000 + i;
		if (set_alias(true) || !ask(++round)) {
			seen = false;
			break;
		}
		seen &= other_saw == pattern;
		if (!ask(++round)) {
			gone = false;
			break;
		}
		gone &= !read_ok((uint64_t)alias((void *)&pattern));
	}
	check("others-update", !other_failed);
	check("new-entry-seen-by-other", seen);
	check("entry-taken-away-by-other", gone);
}

void test(void)
{
	slot_address = virt_to_mfn((void *)si->pt_base) * 4096 + ALIAS_SLOT * 8;
	slot_value = ((uint64_t *)si->pt_base)[511];
	hypervisor_is_absent();
	own_changes_count();
	others_changes_count();
}
