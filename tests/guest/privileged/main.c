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
	check("unknown-msr-faults", try_rdmsr(0x4b564d99) == 13);
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

	check_eq("hlt", TRAP_OF("hlt", "r"(0)), 13);
	check_eq("lgdt", TRAP_OF("lgdt %0", "m"(table)), 13);
	check_eq("lidt", TRAP_OF("lidt %0", "m"(table)), 13);
	check_eq("ltr", TRAP_OF("ltr %w0", "r"(0x40)), 13);
	check_eq("cr3-garbage", TRAP_OF("mov %0, %%cr3", "r"(0xdeadb000ul)), 13);
	check_eq("cr0-paging-off", TRAP_OF("mov %0, %%cr0", "r"(0x11ul)), 13);
	check("mov-ss-ring0", TRAP_OF("mov %w0, %%ss", "r"(0xe010)) == 13);
	check("far-jump-ring0", TRAP_OF("ljmpl *%0", "m"(ring0)) == 13);
	check_eq("int-to-hypervisor", TRAP_OF("int $0xf0", "r"(0)), 13);
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

	check("port-without-iopl", TRAP_OF("mov $0x70, %%dx; in %%dx, %%al", "r"(0)) == 13);
	check_eq("set-iopl", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl), 0);
	check("pic-hidden", in8(0x21) == 0xff && in8(0xa1) == 0xff);
	check("pit-hidden", in8(0x40) == 0xff);
	iopl.iopl = 4;
	check("iopl-4", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl) < 0);
}

static void debug_registers(void)
{
	check("dr0-in-hole", call2(__HYPERVISOR_set_debugreg, 0, 0xffff82d080200000) < 0);
	check("dr9", call2(__HYPERVISOR_set_debugreg, 9, 0) < 0);
	check("dr0-own", call2(__HYPERVISOR_set_debugreg, 0, (uint64_t)si) == 0);
}

static void entry_points(void)
{

	check("fs-base-noncanonical", call2(__HYPERVISOR_set_segment_base, 0, 0x8000000000000000ul) < 0);
}

void test(void)
{
	msrs();
	instructions();
	ports();
	debug_registers();
	entry_points();
}
