/* SPDX-License-Identifier: MIT */
/*
 * Maps of CPUs and nodes, and who should be where.
 */
#include <stdlib.h>

#include "private.h"

/*
 * The highest numbers cannot change while the machine runs; they are asked for once per process.
 * Two threads that ask at the same time find the same.
 */
static int highest(xc_interface *xch, bool nodes)
{
	static int max_cpus, max_nodes;
	xc_physinfo_t info;

	if (!__atomic_load_n(nodes ? &max_nodes : &max_cpus, __ATOMIC_RELAXED)) {
		if (xc_physinfo(xch, &info))
			return -1;
		__atomic_store_n(&max_cpus, (int)info.max_cpu_id + 1, __ATOMIC_RELAXED);
		__atomic_store_n(&max_nodes, (int)info.max_node_id + 1, __ATOMIC_RELAXED);
	}
	return __atomic_load_n(nodes ? &max_nodes : &max_cpus, __ATOMIC_RELAXED);
}

int xc_get_max_cpus(xc_interface *xch)
{
	return highest(xch, false);
}

int xc_get_max_nodes(xc_interface *xch)
{
	return highest(xch, true);
}

int xc_get_online_cpus(xc_interface *xch)
{
	xc_physinfo_t info;

	return xc_physinfo(xch, &info) ? -1 : (int)info.nr_cpus;
}

static int bytes_for(int bits)
{
	return bits < 0 ? bits : (bits + 7) / 8;
}

int xc_get_cpumap_size(xc_interface *xch)
{
	return bytes_for(xc_get_max_cpus(xch));
}

int xc_get_nodemap_size(xc_interface *xch)
{
	return bytes_for(xc_get_max_nodes(xch));
}

xc_cpumap_t xc_cpumap_alloc(xc_interface *xch)
{
	int bytes = xc_get_cpumap_size(xch);

	return bytes > 0 ? calloc(1, (size_t)bytes) : NULL;
}

xc_nodemap_t xc_nodemap_alloc(xc_interface *xch)
{
	int bytes = xc_get_nodemap_size(xch);

	return bytes > 0 ? calloc(1, (size_t)bytes) : NULL;
}

void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map)
{
	map[cpu / 8] &= (uint8_t) ~(1u << (cpu & 7));
}

void xc_cpumap_setcpu(int cpu, xc_cpumap_t map)
{
	map[cpu / 8] |= (uint8_t)(1u << (cpu & 7));
}

int xc_cpumap_testcpu(int cpu, xc_cpumap_t map)
{
	return map[cpu / 8] >> (cpu & 7) & 1;
}

static int vcpu_affinity(xc_interface *xch, uint32_t cmd, uint32_t domid, int vcpu, uint8_t *hard,
			 uint8_t *soft, uint32_t flags, unsigned int dir)
{
	struct xen_domctl domctl = domctl_for(domid, cmd);
	struct xen_domctl_vcpuaffinity *affinity = &domctl.u.vcpuaffinity;
	int bytes = xc_get_cpumap_size(xch);
	struct bounce bounces[] = {
		BOUNCE(affinity->cpumap_hard.bitmap, flags & XEN_VCPUAFFINITY_HARD ? hard : NULL,
		       (size_t)bytes, dir),
		BOUNCE(affinity->cpumap_soft.bitmap, flags & XEN_VCPUAFFINITY_SOFT ? soft : NULL,
		       (size_t)bytes, dir),
	};

	if (bytes <= 0)
		return -1;
	if ((flags & XEN_VCPUAFFINITY_HARD && !hard) || (flags & XEN_VCPUAFFINITY_SOFT && !soft))
		return fail(EINVAL);
	affinity->vcpu = (uint32_t)vcpu;
	affinity->flags = flags;
	set_bits(&affinity->cpumap_hard, bytes);
	set_bits(&affinity->cpumap_soft, bytes);
	return as_status(domctl_bounced(xch, &domctl, bounces, 2));
}

int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard_inout,
			xc_cpumap_t cpumap_soft_inout, uint32_t flags)
{
	return vcpu_affinity(xch, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, cpumap_hard_inout,
			     cpumap_soft_inout, flags, INOUT);
}

int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard,
			xc_cpumap_t cpumap_soft, uint32_t flags)
{
	return vcpu_affinity(xch, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, cpumap_hard, cpumap_soft,
			     flags, OUT);
}

static int node_affinity(xc_interface *xch, uint32_t cmd, uint32_t domid, uint8_t *map,
			 unsigned int dir)
{
	struct xen_domctl domctl = domctl_for(domid, cmd);
	int bytes = xc_get_nodemap_size(xch);
	struct bounce bounce =
	    BOUNCE(domctl.u.nodeaffinity.nodemap.bitmap, map, (size_t)bytes, dir);

	if (bytes <= 0)
		return -1;
	set_bits(&domctl.u.nodeaffinity.nodemap, bytes);
	return as_status(domctl_bounced(xch, &domctl, &bounce, 1));
}

int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
	return node_affinity(xch, XEN_DOMCTL_setnodeaffinity, domid, nodemap, IN);
}

int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
	return node_affinity(xch, XEN_DOMCTL_getnodeaffinity, domid, nodemap, OUT);
}
