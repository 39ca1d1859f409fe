/* SPDX-License-Identifier: MIT */
/*
 * Started as a PV guest: what start_info says, frames by the P2M list and the hypervisor's table of
 * the way back, and the shared pages mapped over pages of ours.
 */
#include "machine.h"

#include <xen/event_channel.h>

#include "pv_memory.h"

struct machine machine;
static const uint64_t *p2m;
static uint64_t nr_frames; /* of p2m */

/* What is mapped here is the hypervisor's; the pages themselves are never seen again. */
static uint8_t shared_window[4096] __attribute__((aligned(4096)));
static uint8_t grant_window[4096] __attribute__((aligned(4096)));

/*
 * The hypervisor's table of every machine frame's page in its owner. Frames without memory fault.
 */
#define M2P ((const volatile uint64_t *)0xffff800000000000ul)

long hypercall(unsigned int number, unsigned long a, unsigned long b, unsigned long c,
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

uint64_t machine_frame(uint64_t page)
{
	return page < nr_frames ? p2m[page] : UINT64_MAX;
}

uint64_t machine_page(uint64_t frame)
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

void machine_init(const void *start)
{
	const struct start_info *info = start;
	uint64_t behind_tables = page_number((void *)info->pt_base) + info->nr_pt_frames;

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
}

struct grant_entry_v1 *machine_grant_table(void)
{
	xen_pfn_t frame = 0;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(setup.frame_list, &frame);
	if (CALL3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1) || setup.status)
		return NULL;
	return map_over(grant_window, frame);
}
