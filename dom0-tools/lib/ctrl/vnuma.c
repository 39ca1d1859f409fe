/* SPDX-License-Identifier: MIT */
/*
 * Virtual NUMA layouts.
 */
#include "private.h"

int xc_domain_setvnuma(xc_interface *xch, uint32_t domid, uint32_t nr_vnodes, uint32_t nr_regions,
		       uint32_t nr_vcpus, xen_vmemrange_t *vmemrange, unsigned int *vdistance,
		       unsigned int *vcpu_to_vnode, unsigned int *vnode_to_pnode)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_setvnumainfo);
	struct xen_domctl_vnuma *vnuma = &domctl.u.vnuma;
	struct bounce bounces[] = {
		BOUNCE(vnuma->vmemrange, vmemrange, nr_regions * sizeof(*vmemrange), IN),
		BOUNCE(vnuma->vdistance, vdistance,
		       (size_t)nr_vnodes * nr_vnodes * sizeof(*vdistance), IN),
		BOUNCE(vnuma->vcpu_to_vnode, vcpu_to_vnode, nr_vcpus * sizeof(*vcpu_to_vnode), IN),
		BOUNCE(vnuma->vnode_to_pnode, vnode_to_pnode, nr_vnodes * sizeof(*vnode_to_pnode),
		       IN),
	};

	if (!nr_vnodes || !vmemrange || !vdistance || !vcpu_to_vnode || !vnode_to_pnode)
		return fail(EINVAL);
	vnuma->nr_vnodes = nr_vnodes;
	vnuma->nr_vmemranges = nr_regions;
	vnuma->nr_vcpus = nr_vcpus;
	return as_status(domctl_bounced(xch, &domctl, bounces, 4));
}

int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes,
		       uint32_t *nr_vmemranges, uint32_t *nr_vcpus, xen_vmemrange_t *vmemrange,
		       unsigned int *vdistance, unsigned int *vcpu_to_vnode)
{
	struct xen_vnuma_topology_info info = {
		.domid = (domid_t)domid,
		.nr_vnodes = *nr_vnodes,
		.nr_vcpus = *nr_vcpus,
		.nr_vmemranges = *nr_vmemranges,
	};
	struct bounce bounces[] = {
		BOUNCE(info.vmemrange.h, vmemrange, *nr_vmemranges * sizeof(*vmemrange), OUT),
		BOUNCE(info.vdistance.h, vdistance,
		       (size_t)*nr_vnodes * *nr_vnodes * sizeof(*vdistance), OUT),
		BOUNCE(info.vcpu_to_vnode.h, vcpu_to_vnode, *nr_vcpus * sizeof(*vcpu_to_vnode),
		       OUT),
	};
	long rc = memory_bounced(xch, XENMEM_get_vnumainfo, &info, sizeof(info), bounces, 3);

	*nr_vnodes = info.nr_vnodes;
	*nr_vmemranges = info.nr_vmemranges;
	*nr_vcpus = info.nr_vcpus;
	return as_status(rc);
}
