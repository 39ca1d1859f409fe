/* SPDX-License-Identifier: MIT */
/*
 * Promise: a descriptor table in use holds only descriptors that cannot raise privilege, and the guest
 * cannot write it behind the hypervisor's back.
 */
#include "../kit/kit.h"

#define CODE64_DPL3 0x00affb000000ffffull
#define CODE64_DPL0 0x00af9b000000ffffull
#define CALL_GATE   0x0000ec0000100000ull /* present, DPL 3, 64-bit call gate */
#define TSS_DESC    0x0000890000000067ull

static long update(uint64_t *table, unsigned int i, uint64_t desc)
{
	return call2(__HYPERVISOR_update_descriptor, (virt_to_mfn(table) << 12) + i * 8, desc);
}

/* Stored descriptors of DPL 0 must have been raised, or refused. */
static bool harmless(uint64_t desc)
{
	return !(desc >> 47 & 1) || (desc >> 45 & 3) != 0;
}

/* A gate may stay if it is absent or leads to a ring-3 selector. */
static bool gate_harmless(uint64_t desc)
{
	return !(desc >> 47 & 1) || (desc >> 16 & 3) != 0;
}

void test(void)
{
	uint64_t *gdt = alloc_page();
	uint64_t *dirty = alloc_page();
	unsigned long frames[16] = { 0 }, bad[1];

	frames[0] = virt_to_mfn(gdt);
	check("set-gdt-writable-page", call2(__HYPERVISOR_set_gdt, frames, 512) < 0);
	check_eq("make-readonly", remap(gdt, (frames[0] << 12) | PRESENT | USER), 0);
	check_eq("set-gdt", call2(__HYPERVISOR_set_gdt, frames, 512), 0);
	check("write-gdt-faults", !write_ok((uint64_t)gdt));
	check("make-writable-refused", remap(gdt, (frames[0] << 12) | PRESENT | WRITABLE | USER) < 0);
	check_eq("code-dpl3", update(gdt, 5, CODE64_DPL3), 0);
	check_eq("code-dpl3-stored", (long)gdt[5], (long)CODE64_DPL3);
	check("code-dpl0", update(gdt, 6, CODE64_DPL0) < 0 || harmless(gdt[6]));
	check("call-gate", update(gdt, 7, CALL_GATE) < 0 || gate_harmless(gdt[7]));
	check("tss", update(gdt, 8, TSS_DESC) < 0);
	check("update-in-table", update((uint64_t *)si->pt_base, 0, CODE64_DPL3) < 0);
	check("too-many-entries", call2(__HYPERVISOR_set_gdt, frames, 7169) < 0);
	bad[0] = virt_to_mfn((void *)si->pt_base);
	check("page-table-as-gdt", call2(__HYPERVISOR_set_gdt, bad, 512) < 0);
	bad[0] = ~0ul >> 12;
	check("no-frame-as-gdt", call2(__HYPERVISOR_set_gdt, bad, 512) < 0);
	dirty[3] = CALL_GATE;
	bad[0] = virt_to_mfn(dirty);
	check_eq("dirty-readonly", remap(dirty, (bad[0] << 12) | PRESENT | USER), 0);
	check("call-gate-in-new-gdt", call2(__HYPERVISOR_set_gdt, bad, 512) < 0 || gate_harmless(dirty[3]));
	check("ldt-in-hole", mmuext(MMUEXT_SET_LDT, HOLE, 16) < 0);
	check("ldt-too-long", mmuext(MMUEXT_SET_LDT, (uint64_t)gdt, 8193) < 0);
	check_eq("no-gdt", call2(__HYPERVISOR_set_gdt, frames, 0), 0);
	check_eq("writable-again", remap(gdt, (frames[0] << 12) | PRESENT | WRITABLE | USER), 0);
}
