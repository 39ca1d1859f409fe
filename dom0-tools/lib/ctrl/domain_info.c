/* SPDX-License-Identifier: MIT */
/*
 * Asking about domains.
 */
#include "private.h"

static void unpack(const struct xen_domctl_getdomaininfo *from, xc_dominfo_t *info)
{
	memset(info, 0, sizeof(*info));
	info->domid = from->domain;
	info->ssidref = from->ssidref;
	info->dying = !!(from->flags & XEN_DOMINF_dying);
	info->shutdown = !!(from->flags & XEN_DOMINF_shutdown);
	info->paused = !!(from->flags & XEN_DOMINF_paused);
	info->blocked = !!(from->flags & XEN_DOMINF_blocked);
	info->running = !!(from->flags & XEN_DOMINF_running);
	info->hvm = !!(from->flags & XEN_DOMINF_hvm_guest);
	info->debugged = !!(from->flags & XEN_DOMINF_debugged);
	info->xenstore = !!(from->flags & XEN_DOMINF_xs_domain);
	info->hap = !!(from->flags & XEN_DOMINF_hap);
	info->shutdown_reason = (from->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
	if (info->shutdown && info->shutdown_reason == SHUTDOWN_crash) {
		info->shutdown = 0;
		info->crashed = 1;
	}
	info->nr_pages = from->tot_pages;
	info->nr_outstanding_pages = from->outstanding_pages;
	info->nr_shared_pages = from->shr_pages;
	info->nr_paged_pages = from->paged_pages;
	info->shared_info_frame = from->shared_info_frame;
	info->cpu_time = from->cpu_time;
	info->max_memkb = from->max_pages << (XC_PAGE_SHIFT - 10);
	info->nr_online_vcpus = from->nr_online_vcpus;
	info->max_vcpu_id = from->max_vcpu_id;
	memcpy(info->handle, from->handle, sizeof(info->handle));
	info->cpupool = from->cpupool;
	info->gpaddr_bits = from->gpaddr_bits;
	info->arch_config = from->arch_config;
}

/*
 * By domctl, one by one: that is allowed to a store domain too, which sysctl's list is not.
 */
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
		      xc_dominfo_t *info)
{
	uint32_t next = first_domid;
	unsigned int nr;

	for (nr = 0; nr < max_doms && next < DOMID_FIRST_RESERVED; nr++) {
		struct xen_domctl domctl = domctl_for(next, XEN_DOMCTL_getdomaininfo);

		if (do_domctl(xch, &domctl))
			return nr && errno == ESRCH ? (int)nr : -1;
		unpack(&domctl.u.getdomaininfo, &info[nr]);
		next = info[nr].domid + 1;
	}
	return nr || !max_doms ? (int)nr : fail(ESRCH);
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
			  xc_domaininfo_t *info)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_getdomaininfolist);
	struct bounce bounce =
	    BOUNCE(sysctl.u.getdomaininfolist.buffer, info, max_domains * sizeof(*info), OUT);

	sysctl.u.getdomaininfolist.first_domain = (domid_t)first_domain;
	sysctl.u.getdomaininfolist.max_domains = max_domains;
	if (sysctl_bounced(xch, &sysctl, &bounce, 1) < 0)
		return -1;
	return (int)sysctl.u.getdomaininfolist.num_domains;
}

int xc_domain_set_address_size(xc_interface *xch, uint32_t domid, unsigned int bits)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_address_size);

	domctl.u.address_size.size = bits;
	return do_domctl(xch, &domctl);
}

int xc_domain_get_address_size(xc_interface *xch, uint32_t domid, unsigned int *bits)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_get_address_size);

	if (do_domctl(xch, &domctl))
		return -1;
	*bits = domctl.u.address_size.size;
	return 0;
}

int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid, unsigned int *guest_width)
{
	unsigned int bits;

	if (xc_domain_get_address_size(xch, domid, &bits))
		return -1;
	*guest_width = bits / 8;
	return 0;
}
