/* SPDX-License-Identifier: MIT */
/*
 * What the host is and has.
 */
#include "private.h"

/* What a command's argument is, in bytes; 0 if it has none. A build id says its own length. */
static size_t version_bytes(int cmd, const void *arg)
{
	switch (cmd) {
	case XENVER_extraversion:
		return sizeof(xen_extraversion_t);
	case XENVER_compile_info:
		return sizeof(xen_compile_info_t);
	case XENVER_capabilities:
		return sizeof(xen_capabilities_info_t);
	case XENVER_changeset:
		return sizeof(xen_changeset_info_t);
	case XENVER_platform_parameters:
		return sizeof(xen_platform_parameters_t);
	case XENVER_get_features:
		return sizeof(xen_feature_info_t);
	case XENVER_guest_handle:
		return sizeof(xen_domain_handle_t);
	case XENVER_commandline:
		return sizeof(xen_commandline_t);
	case XENVER_build_id:
		return sizeof(xen_build_id_t) + (arg ? ((const xen_build_id_t *)arg)->len : 0);
	default:
		return 0;
	}
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	size_t bytes = version_bytes(cmd, arg);

	/* A build id's NULL asks for its length, which is a result. */
	if (!bytes || (cmd == XENVER_build_id && !arg))
		return xencall2(xch->xcall, __HYPERVISOR_xen_version, (uint64_t)cmd, 0);
	if (!arg)
		return fail(EINVAL);
	return do_op(xch, __HYPERVISOR_xen_version, (unsigned int)cmd, arg, bytes);
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_physinfo);

	if (do_sysctl(xch, &sysctl))
		return -1;
	*info = sysctl.u.physinfo;
	return 0;
}

int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_cputopoinfo);
	struct bounce bounce =
	    BOUNCE(sysctl.u.cputopoinfo.cputopo, cputopo, *max_cpus * sizeof(*cputopo), OUT);

	sysctl.u.cputopoinfo.num_cpus = *max_cpus;
	if (sysctl_bounced(xch, &sysctl, &bounce, 1) < 0)
		return -1;
	*max_cpus = sysctl.u.cputopoinfo.num_cpus;
	return 0;
}

int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo, uint32_t *distance)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_numainfo);
	size_t nr = *max_nodes;
	struct bounce bounces[] = {
		BOUNCE(sysctl.u.numainfo.meminfo, meminfo, nr * sizeof(*meminfo), OUT),
		BOUNCE(sysctl.u.numainfo.distance, distance, nr * nr * sizeof(*distance), OUT),
	};

	sysctl.u.numainfo.num_nodes = *max_nodes;
	if (sysctl_bounced(xch, &sysctl, bounces, 2) < 0)
		return -1;
	*max_nodes = sysctl.u.numainfo.num_nodes;
	return 0;
}

int xc_pcitopoinfo(xc_interface *xch, unsigned num_devs, physdev_pci_device_t *devs,
		   uint32_t *nodes)
{
	unsigned int done, now;

	for (done = 0; done < num_devs; done += now) {
		struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_pcitopoinfo);
		unsigned int left = num_devs - done;
		struct bounce bounces[] = {
			BOUNCE(sysctl.u.pcitopoinfo.devs, devs + done, left * sizeof(*devs), IN),
			BOUNCE(sysctl.u.pcitopoinfo.nodes, nodes + done, left * sizeof(*nodes),
			       INOUT),
		};

		sysctl.u.pcitopoinfo.num_devs = left;
		if (sysctl_bounced(xch, &sysctl, bounces, 2) < 0)
			return -1;
		now = sysctl.u.pcitopoinfo.num_devs;
		if (!now || now > left)
			return fail(EIO);
	}
	return 0;
}

int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info, int *nr_cpus)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_getcpuinfo);
	struct bounce bounce =
	    BOUNCE(sysctl.u.getcpuinfo.info, info, (size_t)max_cpus * sizeof(*info), OUT);

	if (max_cpus < 0)
		return fail(EINVAL);
	sysctl.u.getcpuinfo.max_cpus = (uint32_t)max_cpus;
	if (sysctl_bounced(xch, &sysctl, &bounce, 1) < 0)
		return -1;
	if (nr_cpus)
		*nr_cpus = (int)sysctl.u.getcpuinfo.nr_cpus;
	return 0;
}

int xc_availheap(xc_interface *xch, int min_width, int max_width, int node, uint64_t *bytes)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_availheap);

	sysctl.u.availheap.min_bitwidth = (uint32_t)min_width;
	sysctl.u.availheap.max_bitwidth = (uint32_t)max_width;
	sysctl.u.availheap.node = node;
	if (do_sysctl(xch, &sysctl))
		return -1;
	*bytes = sysctl.u.availheap.avail_bytes;
	return 0;
}

static int hotplug(xc_interface *xch, uint32_t op, int cpu)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_cpu_hotplug);

	sysctl.u.cpu_hotplug.op = op;
	sysctl.u.cpu_hotplug.cpu = (uint32_t)cpu;
	return do_sysctl(xch, &sysctl);
}

int xc_cpu_online(xc_interface *xch, int cpu)
{
	return hotplug(xch, XEN_SYSCTL_CPU_HOTPLUG_ONLINE, cpu);
}

int xc_cpu_offline(xc_interface *xch, int cpu)
{
	return hotplug(xch, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE, cpu);
}

int xc_smt_enable(xc_interface *xch)
{
	return hotplug(xch, XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE, 0);
}

int xc_smt_disable(xc_interface *xch)
{
	return hotplug(xch, XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE, 0);
}
