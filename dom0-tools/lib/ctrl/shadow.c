/* SPDX-License-Identifier: MIT */
/*
 * Logging of dirty pages, and the hypervisor's own view of a domain's memory.
 */
#include "private.h"

int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop, unsigned int *mb,
		      unsigned int mode)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_shadow_op);
	int rc;

	domctl.u.shadow_op.op = sop;
	domctl.u.shadow_op.mb = mb ? *mb : 0;
	domctl.u.shadow_op.mode = mode;
	rc = do_domctl(xch, &domctl);
	if (mb)
		*mb = domctl.u.shadow_op.mb;
	return rc;
}

long long xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned int sop,
			      xc_hypercall_buffer_t *dirty_bitmap, unsigned long pages,
			      unsigned int mode, xc_shadow_op_stats_t *stats)
{
	DECLARE_HYPERCALL_BUFFER_ARGUMENT(dirty_bitmap);
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_shadow_op);

	domctl.u.shadow_op.op = sop;
	domctl.u.shadow_op.pages = pages;
	domctl.u.shadow_op.mode = mode;
	if (dirty_bitmap)
		set_xen_guest_handle(domctl.u.shadow_op.dirty_bitmap, dirty_bitmap);
	if (do_domctl(xch, &domctl))
		return -1;
	if (stats)
		*stats = domctl.u.shadow_op.stats;
	return (long long)domctl.u.shadow_op.pages;
}

int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t *size)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_get_paging_mempool_size);

	if (do_domctl(xch, &domctl))
		return -1;
	*size = domctl.u.paging_mempool.size;
	return 0;
}

int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_paging_mempool_size);

	domctl.u.paging_mempool.size = size;
	return do_domctl(xch, &domctl);
}

int xc_domain_p2m_audit(xc_interface *xch, uint32_t domid, uint64_t *orphans, uint64_t *m2p_bad,
			uint64_t *p2m_bad)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_audit_p2m);

	if (do_domctl(xch, &domctl))
		return -1;
	*orphans = domctl.u.audit_p2m.orphans;
	*m2p_bad = domctl.u.audit_p2m.m2p_bad;
	*p2m_bad = domctl.u.audit_p2m.p2m_bad;
	return 0;
}

int xc_set_broken_page_p2m(xc_interface *xch, uint32_t domid, unsigned long pfn)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_broken_page_p2m);

	domctl.u.set_broken_page_p2m.pfn = pfn;
	return do_domctl(xch, &domctl);
}

int xc_domain_set_access_required(xc_interface *xch, uint32_t domid, unsigned int required)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_access_required);

	domctl.u.access_required.access_required = !!required;
	return do_domctl(xch, &domctl);
}

int xc_domain_cacheflush(xc_interface *xch, uint32_t domid, xen_pfn_t start_pfn, xen_pfn_t nr_pfns)
{
	/* x86 caches are coherent: there is nothing to flush, and no such command. */
	return 0;
}
