/* SPDX-License-Identifier: MIT */
/*
 * How much memory a domain has: reservations, limits, claims, exchange.
 */
#include "private.h"

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_max_mem);

	domctl.u.max_mem.max_memkb = max_memkb;
	return do_domctl(xch, &domctl);
}

struct extents {
	unsigned long nr;
	unsigned int order;
	unsigned int mem_flags;
	xen_pfn_t *start;
};

static long reservation(xc_interface *xch, unsigned int cmd, uint32_t domid,
			const struct extents *extents, unsigned int dir)
{
	struct xen_memory_reservation request = {
		.nr_extents = extents->nr,
		.extent_order = extents->order,
		.mem_flags = extents->mem_flags,
		.domid = (domid_t)domid,
	};
	struct bounce bounce =
	    BOUNCE(request.extent_start, extents->start, extents->nr * sizeof(xen_pfn_t), dir);

	/* The hypervisor's count of what it did must fit what these functions return. */
	if (extents->nr > INT32_MAX)
		return fail(EINVAL);
	return memory_bounced(xch, cmd, &request, sizeof(request), &bounce, 1);
}

static int exactly(xc_interface *xch, long done, const char *what, uint32_t domid,
		   const struct extents *extents)
{
	if (done >= 0 && (unsigned long)done == extents->nr)
		return 0;
	if (done >= 0) {
		report(xch, "domain %u: only %ld of %lu extents of order %u %s", domid, done,
		       extents->nr, extents->order, what);
		errno = EBUSY;
	}
	return -1;
}

static long increase(xc_interface *xch, uint32_t domid, const struct extents *extents)
{
	return reservation(xch, XENMEM_increase_reservation, domid, extents, OUT);
}

int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
				   unsigned int extent_order, unsigned int mem_flags,
				   xen_pfn_t *extent_start)
{
	const struct extents extents = { nr_extents, extent_order, mem_flags, extent_start };

	return (int)increase(xch, domid, &extents);
}

int xc_domain_increase_reservation_exact(xc_interface *xch, uint32_t domid,
					 unsigned long nr_extents, unsigned int extent_order,
					 unsigned int mem_flags, xen_pfn_t *extent_start)
{
	const struct extents extents = { nr_extents, extent_order, mem_flags, extent_start };

	return exactly(xch, increase(xch, domid, &extents), "allocated", domid, &extents);
}

static long decrease(xc_interface *xch, uint32_t domid, const struct extents *extents)
{
	if (!extents->start)
		return fail(EINVAL);
	return reservation(xch, XENMEM_decrease_reservation, domid, extents, IN);
}

int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
				   unsigned int extent_order, xen_pfn_t *extent_start)
{
	const struct extents extents = { nr_extents, extent_order, 0, extent_start };

	return (int)decrease(xch, domid, &extents);
}

int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
					 unsigned long nr_extents, unsigned int extent_order,
					 xen_pfn_t *extent_start)
{
	const struct extents extents = { nr_extents, extent_order, 0, extent_start };

	return exactly(xch, decrease(xch, domid, &extents), "freed", domid, &extents);
}

static long populate(xc_interface *xch, uint32_t domid, const struct extents *extents)
{
	if (!extents->start)
		return fail(EINVAL);
	return reservation(xch, XENMEM_populate_physmap, domid, extents, INOUT);
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
			       unsigned int extent_order, unsigned int mem_flags,
			       xen_pfn_t *extent_start)
{
	const struct extents extents = { nr_extents, extent_order, mem_flags, extent_start };

	return (int)populate(xch, domid, &extents);
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
				     unsigned int extent_order, unsigned int mem_flags,
				     xen_pfn_t *extent_start)
{
	const struct extents extents = { nr_extents, extent_order, mem_flags, extent_start };

	return exactly(xch, populate(xch, domid, &extents), "populated", domid, &extents);
}

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
	struct xen_memory_reservation claim = {
		.nr_extents = nr_pages,
		.domid = (domid_t)domid,
	};

	return as_status(memory_bounced(xch, XENMEM_claim_pages, &claim, sizeof(claim), NULL, 0));
}

int xc_domain_memory_exchange_pages(xc_interface *xch, uint32_t domid, unsigned long nr_in_extents,
				    unsigned int in_order, xen_pfn_t *in_extents,
				    unsigned long nr_out_extents, unsigned int out_order,
				    xen_pfn_t *out_extents)
{
	struct xen_memory_exchange exchange = {
		.in = { .nr_extents = nr_in_extents,
			.extent_order = in_order,
			.domid = (domid_t)domid },
		.out = { .nr_extents = nr_out_extents,
			 .extent_order = out_order,
			 .domid = (domid_t)domid },
	};
	struct bounce bounces[] = {
		BOUNCE(exchange.in.extent_start, in_extents, nr_in_extents * sizeof(xen_pfn_t), IN),
		BOUNCE(exchange.out.extent_start, out_extents, nr_out_extents * sizeof(xen_pfn_t),
		       INOUT),
	};

	if (!in_extents || !out_extents)
		return fail(EINVAL);
	if (memory_bounced(xch, XENMEM_exchange, &exchange, sizeof(exchange), bounces, 2) < 0)
		return -1;
	return exchange.nr_exchanged == nr_in_extents ? 0 : fail(ENOMEM);
}

static void give(uint64_t *to, uint64_t value)
{
	if (to)
		*to = value;
}

static int pod_target(xc_interface *xch, unsigned int cmd, uint32_t domid, uint64_t target_pages,
		      uint64_t *tot_pages, uint64_t *pod_cache_pages, uint64_t *pod_entries)
{
	struct xen_pod_target pod = { .target_pages = target_pages, .domid = (domid_t)domid };
	long rc = memory_bounced(xch, cmd, &pod, sizeof(pod), NULL, 0);

	if (rc < 0)
		return -1;
	give(tot_pages, pod.tot_pages);
	give(pod_cache_pages, pod.pod_cache_pages);
	give(pod_entries, pod.pod_entries);
	return 0;
}

int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t target_pages,
			     uint64_t *tot_pages, uint64_t *pod_cache_pages, uint64_t *pod_entries)
{
	return pod_target(xch, XENMEM_set_pod_target, domid, target_pages, tot_pages,
			  pod_cache_pages, pod_entries);
}

int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid, uint64_t *tot_pages,
			     uint64_t *pod_cache_pages, uint64_t *pod_entries)
{
	return pod_target(xch, XENMEM_get_pod_target, domid, (uint64_t)-1, tot_pages,
			  pod_cache_pages, pod_entries);
}
