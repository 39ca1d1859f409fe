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

static long set_ldt(void *at, unsigned int nr)
{
	return mmuext(MMUEXT_SET_LDT, (uint64_t)at, nr);
}

/* Selectors of the LDT, by the entry's number. */
static int load(unsigned int entry)
{
	return TRAP_OF("mov %w0, %%fs", "r"(entry << 3 | 7));
}

static int call_through(unsigned int entry)
{
	struct {
		uint32_t offset;
		uint16_t selector;
	} __attribute__((packed)) far = { 0, (uint16_t)(entry << 3 | 7) };

	return TRAP_OF("lcall *%0", "m"(far));
}

static void kinds_of_gates(uint64_t *gdt)
{
	for (unsigned int kind = 0; kind < 16; kind++) { /* of system descriptors */
		uint64_t desc = 0x0000e00000100000ull | (uint64_t)kind << 40;

		check("system-descriptor", update(gdt, 9, desc) < 0 || gate_harmless(gdt[9]));
	}
	for (unsigned int dpl = 0; dpl < 3; dpl++)
		check("inner-ring", update(gdt, 10, (CODE64_DPL3 & ~(3ull << 45)) | (uint64_t)dpl << 45) < 0 || harmless(gdt[10]));
	check("conforming", update(gdt, 11, CODE64_DPL0 | 1ull << 42) < 0 || harmless(gdt[11]));
}

/* Its pages are checked when a selector first needs them. */
static void local_table(void)
{
	uint64_t *ldt = alloc_page(), *gates = alloc_page();
	uint64_t frame = virt_to_mfn(ldt) << 12;

	ldt[1] = 0x00cff3000000ffffull; /* data, ring 3 */
	gates[1] = CALL_GATE;
	check("ldt-not-at-a-page", set_ldt((char *)ldt + 8, 4) < 0);
	check_eq("ldt-readonly", remap(ldt, frame | PRESENT | USER), 0);
	check_eq("ldt", set_ldt(ldt, 512), 0);
	check_eq("ldt-data", load(1), -1);
	check("ldt-absent-entry", load(2) >= 0);
	check("ldt-beyond", load(600) >= 0);
	check("ldt-in-use-writable", remap(ldt, frame | PRESENT | WRITABLE | USER) < 0);
	check("ldt-write-faults", !write_ok((uint64_t)ldt));
	check("ldt-gate", update(ldt, 3, CALL_GATE) < 0 || gate_harmless(ldt[3]));
	check_eq("ldt-none", set_ldt(NULL, 0), 0);
	check_eq("ldt-writable-again", remap(ldt, frame | PRESENT | WRITABLE | USER), 0);
	check_eq("gates-readonly", remap(gates, virt_to_mfn(gates) << 12 | PRESENT | USER), 0);
	check_eq("ldt-of-gates", set_ldt(gates, 512), 0);
	check("ldt-call-gate", call_through(1) >= 0);
	check_eq("ldt-none-again", set_ldt(NULL, 0), 0);
	check_eq("fs-null", TRAP_OF("mov %w0, %%fs", "r"(0)), -1);
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
	kinds_of_gates(gdt);
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
	local_table();
}
