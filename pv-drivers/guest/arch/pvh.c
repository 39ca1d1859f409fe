/* SPDX-License-Identifier: MIT */
/*
 * Started as a PVH guest: what start_info and the HVM parameters say. The shared pages are put where
 * no memory is, in the window of the last GiB below 4 GiB (arch/pvh_start.S).
 */
#include "kernel.h"

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>

#define HYPERCALL_MSR_LEAF 0x40000002u /* its EBX is the MSR that takes the call page's address */
#define SHARED_INFO_FRAME  0xf0000ul
#define GRANT_FRAME	   0xf0001ul

extern char hypercall_page[], image_end[];
static char command_line[1024];

#define DECLARE(n) extern char hvm_trap_##n[];
TRAP_VECTORS(DECLARE)

struct gate {
	uint16_t low, selector, flags, middle;
	uint32_t high, reserved;
};
static struct gate idt[20];

static void *in_window(uint64_t frame)
{
	return (void *)(frame << 12);
}

static long call(unsigned int number, unsigned long a, unsigned long b, unsigned long c,
		 unsigned long d)
{
	register unsigned long fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("call *%%rax"
			 : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(fourth)
			 : "0"(hypercall_page + number * 32)
			 : "rcx", "r11", "r8", "r9", "memory");
	return result;
}

static void place_calls(void)
{
	uint32_t eax = HYPERCALL_MSR_LEAF, msr, ecx = 0, edx;
	uint64_t at = (uint64_t)hypercall_page - MACHINE_BASE;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(msr), "+c"(ecx), "=d"(edx));
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)at), "d"(0) : "memory");
}

static uint64_t same(uint64_t number)
{
	return number < machine.nr_pages ? number : UINT64_MAX;
}

static void *place(unsigned int space, uint64_t frame)
{
	struct xen_add_to_physmap add = { .domid = DOMID_SELF, .space = space, .gpfn = frame };

	return CALL2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &add) ? NULL : in_window(frame);
}

static struct grant_entry_v1 *grant_table(void)
{
	return place(XENMAPSPACE_grant_table, GRANT_FRAME);
}

/* All is mapped. */
static bool grow(uint64_t (*take_page)(void))
{
	(void)take_page;
	return false;
}

static void set_gate(unsigned int vector, const char *entry)
{
	uint64_t to = (uint64_t)entry;

	idt[vector] = (struct gate){ (uint16_t)to, 0x08, 0x8e00, (uint16_t)(to >> 16),
				     (uint32_t)(to >> 32), 0 };
}

static void catch_traps(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) place_of = { sizeof(idt) - 1, (uint64_t)idt };

#define GATE(n) set_gate(n, hvm_trap_##n);
	TRAP_VECTORS(GATE)
	__asm__ volatile("lidt %0" ::"m"(place_of));
}

static uint64_t fault_address(void)
{
	uint64_t address;

	__asm__ volatile("mov %%cr2, %0" : "=r"(address));
	return address;
}

static uint64_t parameter(uint32_t index)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };

	return CALL2(__HYPERVISOR_hvm_op, HVMOP_get_param, &param) ? 0 : param.value;
}

/* The memory that begins at page 0. */
static uint64_t memory_pages(const struct hvm_start_info *info)
{
	const struct hvm_memmap_table_entry *map = (const void *)info->memmap_paddr;

	for (uint32_t i = 0; info->version && i < info->memmap_entries; i++)
		if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM && !map[i].addr)
			return map[i].size >> 12;
	return 0;
}

/* start_info lies in memory that will be handed out: what is needed of it is kept. */
static void read_start_info(const struct hvm_start_info *info)
{
	const char *line = (const char *)info->cmdline_paddr;
	uint64_t pages = memory_pages(info);

	for (size_t i = 0; line && line[i] && i < sizeof(command_line) - 1; i++)
		command_line[i] = line[i];
	machine.command_line = command_line;
	machine.nr_pages = pages < MACHINE_MOST ? pages : MACHINE_MOST;
	machine.mapped = machine.nr_pages;
	machine.first_free = page_number(image_end);
}

static const struct machine_kind pvh = {
	.call = call,
	.frame = same,
	.page = same,
	.grant_table = grant_table,
	.grow = grow,
	.catch_traps = catch_traps,
	.fault_address = fault_address,
};

void pvh_start(uint32_t info)
{
	uint64_t frame;

	machine.kind = &pvh;
	place_calls();
	read_start_info((const struct hvm_start_info *)(uint64_t)info);
	machine.shared_info = place(XENMAPSPACE_shared_info, SHARED_INFO_FRAME);
	frame = parameter(HVM_PARAM_CONSOLE_PFN);
	if (frame) {
		machine.console = in_window(frame);
		machine.console_port = (uint32_t)parameter(HVM_PARAM_CONSOLE_EVTCHN);
	}
	frame = parameter(HVM_PARAM_STORE_PFN);
	if (frame) {
		machine.store = in_window(frame);
		machine.store_port = (uint32_t)parameter(HVM_PARAM_STORE_EVTCHN);
	}
	kernel_start();
}
