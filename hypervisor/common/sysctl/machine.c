/* SPDX-License-Identifier: MIT */
/* sysctl: processors and memory. One memory node; sockets and cores as CPUID tells them. */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/mm.h>
#include <public/sysctl.h>
#include "handlers.h"

static unsigned int max_cpu(void)
{
	unsigned int cpu, last = 0;

	for_each_online_cpu(cpu)
		last = cpu;
	return last;
}

int sysctl_physinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *pi = &op->u.physinfo;

	memset(pi, 0, sizeof(*pi));
	arch_describe_cpus(&pi->threads_per_core, &pi->cores_per_socket, pi->hw_cap);
	pi->nr_cpus = cpumask_weight(&cpu_online_map);
	pi->max_cpu_id = max_cpu();
	pi->nr_nodes = 1;
	pi->cpu_khz = (uint32_t)cpu_khz;
	pi->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
	if (arch_has_hvm())
		pi->capabilities |= XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
	pi->total_pages = total_ram_pages;
	pi->free_pages = free_pages_count();
	pi->outstanding_pages = claimed_pages_count();
	pi->max_mfn = max_page - 1;
	return 0;
}

int sysctl_cputopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *ti = &op->u.cputopoinfo;
	guest_ptr_t out = guest_handle_addr(ti->cputopo);
	uint32_t threads, cores, words[8], nr = max_cpu() + 1;

	if (out) {
		arch_describe_cpus(&threads, &cores, words);
		for (uint32_t i = 0; i < nr && i < ti->num_cpus; i++) {
			struct xen_sysctl_cputopo t = { .core = i / threads % cores,
							.socket = i / (threads * cores) };

			if (!cpumask_test(&cpu_online_map, i))
				t = (struct xen_sysctl_cputopo){ XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID,
								 XEN_INVALID_NODE_ID };
			if (copy_to_guest_at(out, i, &t))
				return trace_err(-EFAULT);
		}
	}
	ti->num_cpus = out ? min(ti->num_cpus, nr) : nr;
	return 0;
}

int sysctl_numainfo(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *ni = &op->u.numainfo;
	guest_ptr_t mem = guest_handle_addr(ni->meminfo), dist = guest_handle_addr(ni->distance);
	struct xen_sysctl_meminfo m = { .memsize = max_page << PAGE_SHIFT,
					.memfree = free_pages_count() << PAGE_SHIFT };
	uint32_t self = 10;

	if ((mem || dist) && ni->num_nodes) {
		if ((mem && copy_struct_to_guest(mem, &m)) || (dist && copy_struct_to_guest(dist, &self)))
			return trace_err(-EFAULT);
	}
	ni->num_nodes = 1;
	return 0;
}

/* Firmware told nothing of any device's node. */
int sysctl_pcitopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_pcitopoinfo *ti = &op->u.pcitopoinfo;
	uint32_t node = XEN_INVALID_NODE_ID;

	if (ti->num_devs > 4096)
		return trace_err(-E2BIG);
	for (uint32_t i = 0; i < ti->num_devs; i++)
		if (copy_to_guest_at(guest_handle_addr(ti->nodes), i, &node))
			return trace_err(-EFAULT);
	return 0;
}

int sysctl_availheap(struct xen_sysctl *op)
{
	struct xen_sysctl_availheap *a = &op->u.availheap;

	if (a->node > 0 || a->min_bitwidth)
		return trace_err(-EINVAL);
	a->avail_bytes = (a->max_bitwidth ? free_pages_below(a->max_bitwidth) : free_pages_count()) << PAGE_SHIFT;
	return 0;
}

int sysctl_getcpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *ci = &op->u.getcpuinfo;
	uint32_t nr = min(ci->max_cpus, max_cpu() + 1);

	for (uint32_t i = 0; i < nr; i++) {
		struct xen_sysctl_cpuinfo info = { 0 };
		struct vcpu_runstate_info rs;

		if (idle_vcpu[i]) {
			vcpu_runstate_get(idle_vcpu[i], &rs);
			info.idletime = rs.time[RUNSTATE_running];
		}
		if (copy_to_guest_at(guest_handle_addr(ci->info), i, &info))
			return trace_err(-EFAULT);
	}
	ci->nr_cpus = nr;
	return 0;
}

/* PV guests' user mode executes CPUID itself: nothing can be masked or trapped. */
int sysctl_get_levelling_caps(struct xen_sysctl *op)
{
	op->u.cpu_levelling_caps.caps = 0;
	return 0;
}
