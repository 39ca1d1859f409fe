/* SPDX-License-Identifier: MIT */
/*
 * Promise: instructions and registers that command the machine do nothing to it from a guest: they fault,
 * or are emulated for the guest alone.
 */
#include "../kit/kit.h"

static uint64_t rdmsr_value;

static int try_wrmsr(uint32_t msr, uint64_t val)
{
	return TRAP_OF("mov %k0, %%ecx; mov %k1, %%eax; mov %k2, %%edx; wrmsr", "r"(msr), "r"((uint32_t)val),
		       "r"((uint32_t)(val >> 32)));
}

static int try_rdmsr(uint32_t msr)
{
	return TRAP_OF("mov %k0, %%ecx; rdmsr; shl $32, %%rdx; mov %%eax, %%eax; or %%rdx, %%rax; mov %%rax, %1",
		       "r"(msr), "m"(rdmsr_value));
}

static void msrs(void)
{
	/* What the value was must still be so after a write that seemed to work. */
	static const uint32_t dangerous[] = { 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000084, 0x1b, 0x174, 0x176,
					      0x1d9, 0x2ff, 0x200, 0x277 };

	for (unsigned int i = 0; i < sizeof(dangerous) / sizeof(dangerous[0]); i++)
		(void)try_wrmsr(dangerous[i], 0x1234567800000000ul + i);
	/* The system call path still leads to the hypervisor, or this line would never be printed. */
	check("system-call-msrs-kept", call2(__HYPERVISOR_xen_version, 0, 0) > 0);
	if (try_rdmsr(0xc0000080) < 0)
		check("efer-sane", (rdmsr_value & 0x500) == 0x500);
	if (try_rdmsr(0x1d9) < 0)
		check("no-branch-trace", !(rdmsr_value & 0xc0));
	(void)(try_rdmsr(0x1a0) < 0 && try_wrmsr(0x1a0, rdmsr_value));
	check("unknown-msr-faults", try_rdmsr(0x4b564d99) == 13);
	for (uint32_t msr = 0x800; msr < 0x840; msr += 8) /* the local APIC's, if it is in x2APIC mode */
		check("apic-msr-faults", try_rdmsr(msr) == 13 && try_wrmsr(msr, 0xc4500) == 13);
	check("svm-msr-faults", try_wrmsr(0xc0010117, 0x1000) == 13);
	check("gs-base-noncanonical", try_wrmsr(0xc0000101, 0x8000000000000000ul) == 13);
}

static void instructions(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) table = { 0xfff, 0 };

	static const struct {
		uint32_t offset;
		uint16_t selector;
	} __attribute__((packed)) ring0 = { 0, 0xe008 };

	static const uint64_t invpcid[2] = { 0, 0x8000000000000000ul };

	check_eq("hlt", TRAP_OF("hlt", "r"(0)), 13);
	check_eq("lgdt", TRAP_OF("lgdt %0", "m"(table)), 13);
	check_eq("lidt", TRAP_OF("lidt %0", "m"(table)), 13);
	check_eq("ltr", TRAP_OF("ltr %w0", "r"(0x40)), 13);
	check_eq("cr3-garbage", TRAP_OF("mov %0, %%cr3", "r"(0xdeadb000ul)), 13);
	check_eq("cr0-paging-off", TRAP_OF("mov %0, %%cr0", "r"(0x11ul)), 13);
	check("mov-ss-ring0", TRAP_OF("mov %w0, %%ss", "r"(0xe010)) == 13);
	check("far-jump-ring0", TRAP_OF("ljmpl *%0", "m"(ring0)) == 13);
	check_eq("int-80-without-handler", TRAP_OF("int $0x80", "r"(0)), 13);
	check("sysenter", TRAP_OF("sysenter", "r"(0)) >= 0);
	check("invpcid-noncanonical", TRAP_OF("mov $0, %%ecx; invpcid %0, %%rcx", "m"(invpcid)) >= 0);
	(void)TRAP_OF("wrgsbase %0", "r"(0x8000000000000000ul));
	(void)TRAP_OF("xor %%ecx, %%ecx; mov $1 << 30, %%eax; xor %%edx, %%edx; xsetbv", "r"(0));
	check_eq("int-to-hypervisor", TRAP_OF("int $0xf0", "r"(0)), 13);
}

/* What a kernel asks by the emulated form. */
static uint32_t cpuid(uint32_t leaf, unsigned int reg)
{
	static struct {
		uint32_t reg[4];
		uint64_t rbx;
	} r;

	(void)TRAP_OF("mov %%rbx, 16(%1); mov %k0, %%eax; xor %%ecx, %%ecx; ud2; .ascii \"xen\"; cpuid; mov %%eax, (%1);"
		      "mov %%ebx, 4(%1); mov %%ecx, 8(%1); mov %%edx, 12(%1); mov 16(%1), %%rbx", "D"(leaf), "S"(&r));
	return r.reg[reg];
}

static void cpuid_leaves(void)
{
	check("cpuid-answers", cpuid(0x40000000, 1) == 0x566e6558); /* XenV */
	check("cpuid-no-vmx", !(cpuid(1, 2) & 1u << 5));
	check("cpuid-no-svm", !(cpuid(0x80000001, 2) & 1u << 2));
	check("cpuid-no-pcid", !(cpuid(1, 2) & 1u << 17));
	check("cpuid-few-hypervisor-leaves", cpuid(0x40000000, 0) - 0x40000000 < 8);
	check("cpuid-beyond", !(cpuid(0x400000ff, 0) | cpuid(0x400000ff, 1) | cpuid(0x400000ff, 2) | cpuid(0x400000ff, 3)));
}

static void selectors(void)
{
	static const uint16_t sel[] = { 0xe008, 0xe010, 0xe013, 0xe040, 0xffff, 0x2b | 4 };

	for (unsigned int i = 0; i < sizeof(sel) / sizeof(sel[0]); i++) {
		check("data-selector", TRAP_OF("mov %w0, %%ds", "r"(sel[i])) >= 0);
		check("extra-selector", TRAP_OF("mov %w0, %%es", "r"(sel[i])) >= 0);
		check("fs-selector", TRAP_OF("mov %w0, %%fs", "r"(sel[i])) >= 0);
		check("gs-selector", TRAP_OF("mov %w0, %%gs", "r"(sel[i])) >= 0);
	}
}

static uint8_t in8(uint16_t port)
{
	static uint8_t v;

	(void)TRAP_OF("mov %w0, %%dx; in %%dx, %%al; mov %%al, %1", "r"(port), "m"(v));
	return trap_vector < 0 ? v : 0xff;
}

static void ports(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };
	struct physdev_set_iobitmap map = { .nr_ports = 65537 };

	check("port-without-iopl", TRAP_OF("mov $0x70, %%dx; in %%dx, %%al", "r"(0)) == 13);
	map.bitmap.p = (void *)alloc_page();
	check("bitmap-too-long", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map) < 0);
	map.nr_ports = 65536;
	map.bitmap.p = (void *)0xffff82d080200000;
	check("bitmap-in-hypervisor", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map) < 0);
	map.bitmap.p = (void *)0x1000;
	(void)call2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map);
	check("bitmap-unmapped", TRAP_OF("mov $0x70, %%dx; in %%dx, %%al", "r"(0)) == 13);
	map.nr_ports = 0;
	(void)call2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map);
	check_eq("set-iopl", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl), 0);
	check("pic-hidden", in8(0x21) == 0xff && in8(0xa1) == 0xff);
	check("pit-hidden", in8(0x40) == 0xff);
	check("console-port-hidden", in8(0x3fd) == 0xff);
	iopl.iopl = 4;
	check("iopl-4", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl) < 0);
}

static void debug_registers(void)
{
	check("dr0-in-hole", call2(__HYPERVISOR_set_debugreg, 0, 0xffff82d080200000) < 0);
	check("dr9", call2(__HYPERVISOR_set_debugreg, 9, 0) < 0);
	check("dr0-own", call2(__HYPERVISOR_set_debugreg, 0, (uint64_t)si) == 0);
	check_eq("dr0-read", call1(__HYPERVISOR_get_debugreg, 0), (long)si);
	(void)call2(__HYPERVISOR_set_debugreg, 7, 0x2400); /* "tell of any access to these registers" */
	check("dr7-general-detect", !(call1(__HYPERVISOR_get_debugreg, 7) & 0x2000));
	check("dr7-upper-half", call2(__HYPERVISOR_set_debugreg, 7, 1ul << 40 | 0x400) < 0 ||
					!(call1(__HYPERVISOR_get_debugreg, 7) >> 32));
	(void)TRAP_OF("mov %0, %%dr0", "r"(0xffff82d080200000ul));
	check("dr0-kept", call1(__HYPERVISOR_get_debugreg, 0) == (long)si);
	(void)call2(__HYPERVISOR_set_debugreg, 7, 0x400);
	(void)call2(__HYPERVISOR_set_debugreg, 0, 0);
}

static void entry_points(void)
{

	check("fs-base-noncanonical", call2(__HYPERVISOR_set_segment_base, 0, 0x8000000000000000ul) < 0);
}

void test(void)
{
	msrs();
	instructions();
	selectors();
	cpuid_leaves();
	ports();
	debug_registers();
	entry_points();
}
