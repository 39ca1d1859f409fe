/* SPDX-License-Identifier: MIT */
/*
 * Promise: counts, ranges and addresses that overflow, alias or lead into the hypervisor are refused with
 * an errno, and nothing was done by then that was not asked for.
 */
#include "../kit/kit.h"
#include <public/memory.h>
#include <public/physdev.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

#define HV_IMAGE 0xffff82d080200000ul
#define EFAULT	 (-14)
#define ENOSYS	 (-38)

static void page_table_calls(void)
{
	struct mmu_update u = { virt_to_mfn((void *)si->pt_base) << 12, 0 };
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	uint32_t done = 99;

	check_eq("updates-in-hypervisor", call4(__HYPERVISOR_mmu_update, HV_IMAGE, 1, 0, DOMID_SELF), EFAULT);
	check_eq("updates-unmapped", call4(__HYPERVISOR_mmu_update, 0x1000, 1, 0, DOMID_SELF), EFAULT);
	check("updates-too-many", call4(__HYPERVISOR_mmu_update, &u, ~0u, &done, DOMID_SELF) < 0);
	done = 99;
	check("updates-for-nobody", call4(__HYPERVISOR_mmu_update, &u, 1, &done, 12345) < 0);
	check_eq("updates-for-nobody-done", done, 0);
	check("done-in-hypervisor", call4(__HYPERVISOR_mmuext_op, &op, 1, HV_IMAGE, DOMID_SELF) <= 0);
	check_eq("ext-in-hypervisor", call4(__HYPERVISOR_mmuext_op, HV_IMAGE, 1, 0, DOMID_SELF), EFAULT);
	u.ptr = ~0ul & ~3ul;
	check("entry-nowhere", call4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_SELF) < 0);
	u.ptr = 0x201ul << 12;
	check("entry-in-hypervisor", call4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_SELF) < 0);
	check("va-in-hypervisor", call3(__HYPERVISOR_update_va_mapping, HV_IMAGE, 0, 0) < 0);
	check("va-in-m2p", call3(__HYPERVISOR_update_va_mapping, HOLE, 0, 0) < 0);
	check("va-bitmap-unmapped", call3(__HYPERVISOR_update_va_mapping, si, virt_to_mfn(si) << 12 | PRESENT | WRITABLE | USER,
					  0x1000 | UVMF_INVLPG) <= 0);
	op.cmd = MMUEXT_INVLPG_LOCAL;
	op.arg1.linear_addr = 0x8000000000000000ul;
	check("invalidate-noncanonical", call4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF) <= 0);
	op.cmd = MMUEXT_INVLPG_ALL;
	op.arg1.linear_addr = HV_IMAGE;
	check("invalidate-hypervisor", call4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF) <= 0);
	op.cmd = 1000;
	check_eq("ext-unknown", call4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF), ENOSYS);
}

static void multicalls(void)
{
	struct multicall_entry e[3] = {
		{ .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
		{ .op = 63 },
		{ .op = __HYPERVISOR_multicall, .args = { (unsigned long)e, 1 } },
	};
	struct multicall_entry back = { .op = __HYPERVISOR_iret };

	check_eq("multicall", call2(__HYPERVISOR_multicall, e, 3), 0);
	check("multicall-result", e[0].result == ((4 << 16) | 17));
	check_eq("multicall-unknown", (long)e[1].result, ENOSYS);
	/* It would change the guest's mode with calls of the other mode to come. */
	check_eq("multicall-of-return", call2(__HYPERVISOR_multicall, &back, 1), 0);
	check_eq("multicall-no-return", (long)back.result, ENOSYS);
	check("multicall-nested", (long)e[2].result < 0);
	check_eq("multicall-in-hypervisor", call2(__HYPERVISOR_multicall, HV_IMAGE, 1), EFAULT);
	check("multicall-overflow", call2(__HYPERVISOR_multicall, e, 1ul << 59) < 0);
	check("multicall-across-hole", call2(__HYPERVISOR_multicall, 0x7fffffffffe0, 1ul << 40) < 0);
}

static long reserve(unsigned int op, void *list, unsigned long nr, unsigned int order)
{
	struct xen_memory_reservation r = { .nr_extents = nr, .extent_order = order, .domid = DOMID_SELF };

	r.extent_start.p = list;
	return call2(__HYPERVISOR_memory_op, op, &r);
}

static long exchange(void *in, void *out, unsigned long nr, unsigned int order, unsigned long done)
{
	struct xen_memory_exchange x = { .in = { .nr_extents = nr, .extent_order = order, .domid = DOMID_SELF },
					 .out = { .nr_extents = nr, .extent_order = order, .domid = DOMID_SELF },
					 .nr_exchanged = done };

	x.in.extent_start.p = in;
	x.out.extent_start.p = out;
	return call2(__HYPERVISOR_memory_op, XENMEM_exchange, &x);
}

static void memory(void)
{
	xen_pfn_t list[2] = { virt_to_mfn(alloc_page()), ~0ul };
	char *page = alloc_page();

	check_eq("decrease-wild-frame", reserve(XENMEM_decrease_reservation, &list[1], 1, 0), 0);
	check("decrease-in-hypervisor", reserve(XENMEM_decrease_reservation, (void *)HV_IMAGE, 1, 0) <= 0);
	check("populate-huge-order", reserve(XENMEM_populate_physmap, list, 1, 60) <= 0);
	check("populate-huge-count", reserve(XENMEM_populate_physmap, list, ~0ul >> 1, 0) <= 0);
	check("populate-overflow", reserve(XENMEM_populate_physmap, (void *)~7ul, 1ul << 62, 0) <= 0);
	check("increase-into-hypervisor", reserve(XENMEM_increase_reservation, (void *)HV_IMAGE, 1, 0) <= 0);
	check("exchange-mapped-frame", exchange(list, list, 1, 0, 0) < 0);
	check("exchange-into-hypervisor", exchange(list, (void *)HV_IMAGE, 1, 0, 0) < 0);
	check("exchange-past-its-end", exchange(list, list, 1, 0, 5) < 0);
	/* The first frames are said to be done: what is left lies in the hypervisor. */
	check("exchange-resumed-into-hypervisor", exchange(list, (void *)(HV_IMAGE - 8 * 4096), 4097, 0, 4096) < 0);
	check("exchange-resumed-around", exchange((void *)8, (void *)(HV_IMAGE + 8), 1ul << 61, 0, (1ul << 61) - 1) < 0);
	check("exchange-huge-order", exchange(list, list, 1, 63, 0) < 0);
	check("exchange-count-overflow", exchange(list, list, 1ul << 61, 9, 0) < 0);
	check("wild-suboperation", call2(__HYPERVISOR_memory_op, 63, list) == ENOSYS);
	/* These say how far they came: no further than where the call began. */
	check_eq("wild-restart", call2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation | 1ul << 40, list), 1l << 34);
	check_eq("unmapped", call2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, 0x1000), 0);
	check("page-intact", write_ok((uint64_t)page));
}

static void vcpu_areas(void)
{
	struct vcpu_register_runstate_memory_area run;
	struct vcpu_register_vcpu_info info = { .mfn = virt_to_mfn((void *)si->pt_base) };
	struct vcpu_set_periodic_timer period = { 0 };
	char *two = alloc_page();

	(void)alloc_page();
	run.addr.p = HV_IMAGE;
	check("runstate-in-hypervisor", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &run) < 0);
	run.addr.p = (uint64_t)two + 4096 - 8;
	check_eq("runstate-across-pages", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &run), 0);
	run.addr.p = 0x7ffffffff000;
	check("runstate-unmapped", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &run) <= 0);
	call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	run.addr.p = (uint64_t)two;
	check_eq("runstate", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &run), 0);
	check("info-in-page-table", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info) < 0);
	info.mfn = 0x201;
	check("info-in-hypervisor", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info) < 0);
	info.mfn = virt_to_mfn(two);
	info.offset = 4096 - 8;
	check("info-across-end", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info) < 0);
	info.offset = 4;
	check("info-unaligned", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info) < 0);
	check("no-such-vcpu", call3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1u << 31, 0) < 0);
	check("period-zero", call3(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, &period) < 0);
	check("initialise-twice", call3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 0, two) < 0);
	run.addr.p = HV_IMAGE;
	check("time-area-in-hypervisor", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, &run) < 0);
}

/*
 * The hypervisor goes on writing where it was told: what is there by then is the guest's affair. A clock
 * record's words are entries of a table by chance only: they are cleared through another address, while
 * the record's own leads nowhere.
 */
static void vanishing_areas(void)
{
	struct vcpu_register_runstate_memory_area run;
	struct vcpu_register_time_memory_area time;
	char *page = alloc_page(), *other = alloc_page(), *alias = alloc_page();

	run.addr.p = (uint64_t)page;
	check_eq("runstate-to-vanish", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &run), 0);
	time.addr.p = (uint64_t)other;
	check_eq("time-to-vanish", call3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, &time), 0);
	check_eq("runstate-unmapped-now", remap(page, 0), 0);
	check_eq("time-unmapped-now", remap(other, 0), 0);
	check_eq("time-alias", remap(alias, virt_to_mfn(other) << 12 | PRESENT | WRITABLE | USER), 0);
	memset(alias, 0, 4096);
	check_eq("time-alias-gone", remap(alias, 0), 0);
	check_eq("time-readonly-now", remap(other, virt_to_mfn(other) << 12 | PRESENT | USER), 0);
	check_eq("time-a-table-now", mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(other), 0), 0);
	for (unsigned int i = 0; i < 50; i++)
		call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	for (unsigned int i = 0; i < 512; i++)
		if (i >= sizeof(struct vcpu_time_info) / 8 && ((uint64_t *)other)[i])
			check("table-written", false);
	check_eq("table-again", mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(other), 0), 0);
	check_eq("area-writable", remap(other, virt_to_mfn(other) << 12 | PRESENT | WRITABLE | USER), 0);
	run.addr.p = (uint64_t)other;
	(void)call3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &run);
}

/* Frames the hypervisor would write to: only writable ones of the guest's own. */
static void shared_frames(void)
{
	struct physdev_pirq_eoi_gmfn eoi = { .gmfn = virt_to_mfn((void *)si->pt_base) };
	struct xen_machphys_mfn_list list = { .max_extents = 16 };
	struct xen_add_to_physmap add = { .domid = DOMID_SELF, .space = 77 };

	check("eoi-map-in-page-table", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi) < 0);
	eoi.gmfn = 0x201;
	check("eoi-map-in-hypervisor", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi) < 0);
	eoi.gmfn = ~0ul;
	check("eoi-map-nowhere", call2(__HYPERVISOR_physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi) < 0);
	list.extent_start.p = (void *)HV_IMAGE;
	check("frame-list-in-hypervisor", call2(__HYPERVISOR_memory_op, XENMEM_machphys_mfn_list, &list) < 0);
	check("physmap-unknown-space", call2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &add) < 0);
	check("va-of-nobody", call4(__HYPERVISOR_update_va_mapping_otherdomain, si, 0, 0, 12345) < 0);
	check_eq("only-a-preempted-mark", call4(__HYPERVISOR_mmu_update, HV_IMAGE, 1ul << 31, 0, DOMID_SELF) > 0, 0);
	check("callback-in-hypervisor-by-kind", call2(__HYPERVISOR_callback_op, 0, HV_IMAGE) < 0);
	check("nmi-in-hypervisor", call2(__HYPERVISOR_nmi_op, 0, HV_IMAGE) < 0);
}

static void console(void)
{
	check("console-from-hypervisor", call3(__HYPERVISOR_console_io, CONSOLEIO_write, 16, HV_IMAGE) < 0);
	check("console-from-nowhere", call3(__HYPERVISOR_console_io, CONSOLEIO_write, 16, 0x1000) < 0);
	check("console-huge", call3(__HYPERVISOR_console_io, CONSOLEIO_write, ~0u, 0x1000) <= 0);
	check("console-into-hypervisor", call3(__HYPERVISOR_console_io, CONSOLEIO_read, 16, HV_IMAGE) <= 0);
	check_eq("console-unknown", call3(__HYPERVISOR_console_io, 77, 0, 0), ENOSYS);
}

static void polling(void)
{
	uint32_t port = 4000;
	struct sched_poll p = { .nr_ports = 100000, .timeout = 1 };

	p.ports.p = &port;
	check("poll-too-many", call2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p) < 0);
	p.nr_ports = 1;
	check("poll-no-such-port", call2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p) < 0);
	port = 0;
	check("poll-port-zero", call2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p) <= 0);
	p.ports.p = (void *)HV_IMAGE;
	check_eq("poll-in-hypervisor", call2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p), EFAULT);
}

static void entry_points(void)
{
	struct trap_info t[2] = { { 14, 0, FLAT_KERNEL_CS, HV_IMAGE }, { 0 } };

	check("trap-in-hypervisor", call1(__HYPERVISOR_set_trap_table, t) < 0);
	t[0].address = 0x8000000000000000;
	check("trap-noncanonical", call1(__HYPERVISOR_set_trap_table, t) < 0);
	check("callback-in-hypervisor", call3(__HYPERVISOR_set_callbacks, HV_IMAGE, HV_IMAGE, HV_IMAGE) < 0);
	check("stack-in-hypervisor", call2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, HV_IMAGE + 64) < 0);
	check("fs-base", call2(__HYPERVISOR_set_segment_base, SEGBASE_FS, 1ul << 47) < 0);
	check("gs-base-user", call2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, 1ul << 63) < 0);
	check("gs-base-kernel", call2(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, 0xfffe000000000000) < 0);
	check("segment-unknown", call2(__HYPERVISOR_set_segment_base, 4, 0) < 0);
	(void)call2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, 0xe008);
	check("gs-selector-ring0", call2(__HYPERVISOR_xen_version, XENVER_version, 0) > 0);
	check("breakpoint-in-hypervisor", call2(__HYPERVISOR_set_debugreg, 3, HV_IMAGE) < 0);
	check("breakpoint-io", call2(__HYPERVISOR_set_debugreg, 7, 0x20400) <= 0);
}

void test(void)
{
	page_table_calls();
	multicalls();
	memory();
	vcpu_areas();
	vanishing_areas();
	shared_frames();
	console();
	polling();
	entry_points();
	check("audit", debug_key_says('O', "udit: 0 breaches"));
}
