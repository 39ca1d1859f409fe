/* SPDX-License-Identifier: MIT */
/*
 * Started as a PV guest: what start_info says, frames by the P2M list and the hypervisor's table of
 * the way back, and the shared pages mapped over pages of ours.
 */
#include "kernel.h"

#include <xen/event_channel.h>

#include "pv.h"

static const uint64_t *p2m;
static uint64_t nr_frames; /* of p2m */

/* What is mapped here is the hypervisor's; the pages themselves are never seen again. */
static uint8_t shared_window[4096] __attribute__((aligned(4096)));
static uint8_t grant_window[4096] __attribute__((aligned(4096)));

/*
 * The hypervisor's table of every machine frame's page in its owner. Frames without memory fault.
 */
#define M2P ((const volatile uint64_t *)0xffff800000000000ul)

static long call(unsigned int number, unsigned long a, unsigned long b, unsigned long c,
		 unsigned long d)
{
	register unsigned long fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(fourth)
			 : "0"((unsigned long)number)
			 : "rcx", "r11", "r8", "r9", "memory");
	return result;
}

static uint64_t frame_of(uint64_t page)
{
	return page < nr_frames ? p2m[page] : UINT64_MAX;
}

static uint64_t page_of(uint64_t frame)
{
	uint64_t page = M2P[frame];

	return page < nr_frames && p2m[page] == frame ? page : UINT64_MAX;
}

static void *map_over(void *window, uint64_t frame)
{
	long rc = CALL3(__HYPERVISOR_update_va_mapping, window,
			frame << 12 | PTE_PRESENT | PTE_WRITABLE, UVMF_INVLPG);

	return rc ? NULL : window;
}

static void *ring_at(uint64_t frame)
{
	uint64_t page = machine_page(frame);

	return page == UINT64_MAX ? NULL : page_address(page);
}

static struct grant_entry_v1 *grant_table(void)
{
	xen_pfn_t frame = 0;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(setup.frame_list, &frame);
	if (CALL3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1) || setup.status)
		return NULL;
	return map_over(grant_window, frame);
}

static uint64_t fault_address(void)
{
	return machine.shared_info->vcpu_info[0].arch.cr2;
}

static const struct machine_kind pv = {
	.call = call,
	.frame = frame_of,
	.page = page_of,
	.grant_table = grant_table,
	.grow = pv_memory_grow,
	.catch_traps = pv_catch_traps,
	.fault_address = fault_address,
};

void pv_start(const struct start_info *info)
{
	uint64_t behind_tables = page_number((void *)info->pt_base) + info->nr_pt_frames;

	machine.kind = &pv;
	p2m = (const uint64_t *)info->mfn_list;
	nr_frames = info->nr_pages;
	machine.nr_pages = nr_frames < MACHINE_MOST ? nr_frames : MACHINE_MOST;
	machine.first_free = behind_tables;
	machine.initial_domain = info->flags & SIF_INITDOMAIN;
	machine.command_line = (const char *)info->cmd_line;
	machine.shared_info = map_over(shared_window, info->shared_info >> 12);
	if (!machine.initial_domain) {
		machine.console = ring_at(info->console.domU.mfn);
		machine.console_port = info->console.domU.evtchn;
		machine.store = ring_at(info->store_mfn);
		machine.store_port = info->store_evtchn;
	}
	pv_memory_init(info->pt_base);
	kernel_start();
}
