/* SPDX-License-Identifier: MIT */
/*
 * Promise: what the hypervisor writes into a guest's memory is an answer: nothing beyond the structure,
 * no address of its own, and no byte that is left over from somebody else. Every call is made twice into
 * memory filled differently; bytes that change were written by it.
 */
#include "../kit/kit.h"
#include <public/domctl.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/platform.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>

#define ROOM 8192u
static uint8_t runs[2][ROOM] __attribute__((aligned(4096)));
static const uint8_t fill[2] = { 0x11, 0xee };

static void prepare(unsigned int run)
{
	memset(runs[run], fill[run], ROOM);
}

/* Words that look like the hypervisor's image, heap, frame table or per-domain area. */
static bool has_address(const uint8_t *p, unsigned int len)
{
	for (unsigned int i = 0; i + 8 <= len; i++) {
		uint64_t word;

		memcpy(&word, p + i, 8);
		if (word >= 0xffff810000000000 && word < 0xffff880000000000)
			return true;
	}
	return false;
}

static bool untouched(unsigned int run, unsigned int from)
{
	for (unsigned int i = from; i < ROOM; i++)
		if (runs[run][i] != fill[run])
			return false;
	return true;
}

static char names[48];
static const char *about(const char *call, unsigned int nr, const char *what)
{
	unsigned int n = 0;

	while (*call)
		names[n++] = *call++;
	names[n++] = '-';
	if (nr >= 10)
		names[n++] = (char)('0' + nr / 10);
	names[n++] = (char)('0' + nr % 10);
	names[n++] = '-';
	while (*what)
		names[n++] = *what++;
	names[n] = 0;
	return names;
}

/* Both runs have been made; `size` is what the answer may take. */
static void judge(const char *call, unsigned int nr, unsigned int size)
{
	check(about(call, nr, "addresses"), !has_address(runs[0], size) && !has_address(runs[1], size));
	check(about(call, nr, "beyond"), untouched(0, size) && untouched(1, size));
}

static void version(void)
{
	static const uint16_t size[] = { [XENVER_extraversion] = 16, [XENVER_compile_info] = 64 + 16 + 32 + 32,
					 [XENVER_capabilities] = 1024, [XENVER_changeset] = 64,
					 [XENVER_platform_parameters] = 8, [XENVER_get_features] = 8,
					 [XENVER_guest_handle] = 16, [XENVER_commandline] = 1024 };

	for (unsigned int cmd = 0; cmd < sizeof(size) / sizeof(size[0]); cmd++) {
		for (unsigned int run = 0; run < 2; run++) {
			prepare(run);
			if (cmd == XENVER_get_features)
				memset(runs[run], 0, 4);
			(void)call2(__HYPERVISOR_xen_version, cmd, runs[run]);
		}
		judge("version", cmd, size[cmd]);
	}
}

static void vcpu(void)
{
	for (unsigned int run = 0; run < 2; run++) {
		prepare(run);
		(void)call3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, runs[run]);
	}
	judge("vcpu", VCPUOP_get_runstate_info, sizeof(struct vcpu_runstate_info));
	for (unsigned int run = 0; run < 2; run++) {
		prepare(run);
		(void)call3(__HYPERVISOR_vcpu_op, VCPUOP_get_physid, 0, runs[run]);
	}
	judge("vcpu", VCPUOP_get_physid, 8);
}

/* The structure itself comes back; what it points to lies behind it. */
static void domctls(void)
{
	static const uint8_t cmds[] = { XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_getvcpuinfo, XEN_DOMCTL_getvcpuaffinity,
					XEN_DOMCTL_gettscinfo, XEN_DOMCTL_get_address_size, XEN_DOMCTL_getnodeaffinity,
					XEN_DOMCTL_getpageframeinfo3, XEN_DOMCTL_scheduler_op, XEN_DOMCTL_getvcpucontext,
					XEN_DOMCTL_get_vcpu_msrs, XEN_DOMCTL_get_cpu_policy };

	for (unsigned int i = 0; i < sizeof(cmds); i++) {
		for (unsigned int run = 0; run < 2; run++) {
			struct xen_domctl *op = (void *)runs[run];

			prepare(run);
			memset(op, 0, sizeof(*op));
			op->cmd = cmds[i];
			op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
			(void)call1(__HYPERVISOR_domctl, op);
		}
		judge("domctl", cmds[i], sizeof(struct xen_domctl));
	}
}

static void sysctls(void)
{
	static const uint8_t cmds[] = { XEN_SYSCTL_physinfo, XEN_SYSCTL_sched_id, XEN_SYSCTL_getdomaininfolist,
					XEN_SYSCTL_getcpuinfo, XEN_SYSCTL_availheap, XEN_SYSCTL_cputopoinfo,
					XEN_SYSCTL_numainfo, XEN_SYSCTL_cpupool_op, XEN_SYSCTL_scheduler_op };

	for (unsigned int i = 0; i < sizeof(cmds); i++) {
		for (unsigned int run = 0; run < 2; run++) {
			struct xen_sysctl *op = (void *)runs[run];

			prepare(run);
			memset(op, 0, sizeof(*op));
			op->cmd = cmds[i];
			op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
			(void)call1(__HYPERVISOR_sysctl, op);
		}
		judge("sysctl", cmds[i], sizeof(struct xen_sysctl));
	}
}

/* Lists of structures: at most `nr` of them are written. */
static void lists(void)
{
	struct xen_sysctl op;
	unsigned int written = 0;

	for (unsigned int run = 0; run < 2; run++) {
		memset(&op, 0, sizeof(op));
		prepare(run);
		op.cmd = XEN_SYSCTL_getdomaininfolist;
		op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		op.u.getdomaininfolist.max_domains = 8;
		op.u.getdomaininfolist.buffer.p = (void *)runs[run];
		check_eq("domain-list", call1(__HYPERVISOR_sysctl, &op), 0);
		written = op.u.getdomaininfolist.num_domains;
	}
	judge("domain-list", 0, written * sizeof(struct xen_domctl_getdomaininfo));
	for (unsigned int i = 0; i < written * sizeof(struct xen_domctl_getdomaininfo); i++)
		if (runs[0][i] == fill[0] && runs[1][i] == fill[1])
			written = 99;
	check("domain-list-complete", written != 99);
}

static void memory(void)
{
	struct xen_memory_map map = { .nr_entries = 64 };

	for (unsigned int run = 0; run < 2; run++) {
		prepare(run);
		map.nr_entries = 64;
		map.buffer.p = runs[run];
		(void)call2(__HYPERVISOR_memory_op, XENMEM_machine_memory_map, &map);
	}
	judge("memory", XENMEM_machine_memory_map, map.nr_entries * 20);
	for (unsigned int run = 0; run < 2; run++) {
		prepare(run);
		(void)call2(__HYPERVISOR_memory_op, XENMEM_machphys_mapping, runs[run]);
	}
	judge("memory", XENMEM_machphys_mapping, sizeof(struct xen_machphys_mapping));
}

/* Calls of the form (sub-operation, structure): what comes back is the structure, and no more. */
static void small_answers(void)
{
	static const struct {
		uint16_t call, op, size;
		const char *name;
	} s[] = {
		{ __HYPERVISOR_event_channel_op, EVTCHNOP_status, sizeof(struct evtchn_status), "event" },
		{ __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, sizeof(struct evtchn_alloc_unbound), "event" },
		{ __HYPERVISOR_grant_table_op, GNTTABOP_query_size, sizeof(struct gnttab_query_size), "grant" },
		{ __HYPERVISOR_grant_table_op, GNTTABOP_get_version, sizeof(struct gnttab_get_version), "grant" },
		{ __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, sizeof(struct gnttab_map_grant_ref), "grant" },
		{ __HYPERVISOR_grant_table_op, GNTTABOP_copy, sizeof(struct gnttab_copy), "grant" },
		{ __HYPERVISOR_physdev_op, PHYSDEVOP_irq_status_query, sizeof(struct physdev_irq_status_query), "physdev" },
		{ __HYPERVISOR_physdev_op, PHYSDEVOP_apic_read, sizeof(struct physdev_apic), "physdev" },
		{ __HYPERVISOR_physdev_op, PHYSDEVOP_get_free_pirq, sizeof(struct physdev_get_free_pirq), "physdev" },
		{ __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, sizeof(struct physdev_map_pirq), "physdev" },
	};

	for (unsigned int i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
		for (unsigned int run = 0; run < 2; run++) {
			prepare(run);
			memset(runs[run], 0, s[i].size);
			(void)call3(s[i].call, s[i].op, runs[run], 1);
		}
		judge(s[i].name, s[i].op, s[i].size);
	}
}

static void platform(void)
{
	static const uint8_t cmds[] = { XENPF_getidletime, XENPF_get_cpuinfo, XENPF_get_cpu_version, XENPF_firmware_info,
					XENPF_get_symbol, 90 /* none */ };

	for (unsigned int i = 0; i < sizeof(cmds); i++) {
		for (unsigned int run = 0; run < 2; run++) {
			struct xen_platform_op *op = (void *)runs[run];

			prepare(run);
			memset(op, 0, sizeof(*op));
			op->cmd = cmds[i];
			op->interface_version = XENPF_INTERFACE_VERSION;
			(void)call1(__HYPERVISOR_platform_op, op);
		}
		judge("platform", cmds[i], sizeof(struct xen_platform_op));
	}
}

static void fresh_memory(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	char *at = alloc_page();
	xen_pfn_t frame = virt_to_mfn(at);
	unsigned int dirty = 0;

	memset(at, 0x77, 4096);
	r.extent_start.p = &frame;
	check_eq("unmap", remap(at, 0), 0);
	check_eq("give-back", call2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r), 1);
	frame = virt_to_pfn(at);
	check_eq("populate", call2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r), 1);
	check_eq("map", remap(at, frame << 12 | PRESENT | WRITABLE | USER), 0);
	for (unsigned int i = 0; i < 4096; i++)
		dirty += at[i] != 0;
	check_eq("new-frame-is-empty", dirty, 0);
}

void test(void)
{
	version();
	vcpu();
	domctls();
	sysctls();
	lists();
	memory();
	small_answers();
	platform();
	fresh_memory();
}
