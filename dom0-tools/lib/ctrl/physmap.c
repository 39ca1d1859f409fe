/* SPDX-License-Identifier: MIT */
/*
 * Where memory is: memory maps, physical space, frame numbers.
 */
#include "private.h"

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
			     uint32_t nr_entries)
{
	struct xen_foreign_memory_map map = {
		.domid = (domid_t)domid,
		.map = { .nr_entries = nr_entries },
	};
	struct bounce bounce = BOUNCE(map.map.buffer, entries, nr_entries * sizeof(*entries), IN);

	return as_status(memory_bounced(xch, XENMEM_set_memory_map, &map, sizeof(map), &bounce, 1));
}

int xc_domain_set_memmap_limit(xc_interface *xch, uint32_t domid, unsigned long map_limitkb)
{
	struct e820entry ram = { .size = (uint64_t)map_limitkb << 10, .type = E820_RAM };

	return xc_domain_set_memory_map(xch, domid, &ram, 1);
}

int xc_get_machine_memory_map(xc_interface *xch, struct e820entry entries[], uint32_t max_entries)
{
	struct xen_memory_map map = { .nr_entries = max_entries };
	struct bounce bounce = BOUNCE(map.buffer, entries, max_entries * sizeof(*entries), OUT);

	if (memory_bounced(xch, XENMEM_machine_memory_map, &map, sizeof(map), &bounce, 1) < 0)
		return -1;
	return (int)map.nr_entries;
}

int xc_reserved_device_memory_map(xc_interface *xch, uint32_t flags, uint16_t seg, uint8_t bus,
				  uint8_t devfn, struct xen_reserved_device_memory entries[],
				  uint32_t *max_entries)
{
	struct xen_reserved_device_memory_map map = {
		.flags = flags,
		.nr_entries = *max_entries,
		.dev.pci = { .seg = seg, .bus = bus, .devfn = devfn },
	};
	struct bounce bounce = BOUNCE(map.buffer, entries, *max_entries * sizeof(*entries), OUT);
	long rc =
	    memory_bounced(xch, XENMEM_reserved_device_memory_map, &map, sizeof(map), &bounce, 1);

	*max_entries = map.nr_entries;
	return as_status(rc);
}

int xc_domain_add_to_physmap(xc_interface *xch, uint32_t domid, unsigned int space,
			     unsigned long idx, xen_pfn_t gpfn)
{
	struct xen_add_to_physmap add = {
		.domid = (domid_t)domid,
		.space = space,
		.idx = idx,
		.gpfn = gpfn,
	};

	return as_status(memory_bounced(xch, XENMEM_add_to_physmap, &add, sizeof(add), NULL, 0));
}

int xc_domain_add_to_physmap_batch(xc_interface *xch, uint32_t domid, uint32_t foreign_domid,
				   unsigned int space, unsigned int size, xen_ulong_t *idxs,
				   xen_pfn_t *gfpns, int *errs)
{
	struct xen_add_to_physmap_batch add = {
		.domid = (domid_t)domid,
		.space = (uint16_t)space,
		.size = (uint16_t)size,
		.u.foreign_domid = space == XENMAPSPACE_gmfn_foreign ? (domid_t)foreign_domid : 0,
	};
	struct bounce bounces[] = {
		BOUNCE(add.idxs, idxs, size * sizeof(*idxs), IN),
		BOUNCE(add.gpfns, gfpns, size * sizeof(*gfpns), IN),
		BOUNCE(add.errs, errs, size * sizeof(*errs), OUT),
	};

	if (size > UINT16_MAX)
		return fail(EINVAL);
	return as_status(
	    memory_bounced(xch, XENMEM_add_to_physmap_batch, &add, sizeof(add), bounces, 3));
}

int xc_domain_remove_from_physmap(xc_interface *xch, uint32_t domid, xen_pfn_t gpfn)
{
	struct xen_remove_from_physmap gone = { .domid = (domid_t)domid, .gpfn = gpfn };

	return as_status(
	    memory_bounced(xch, XENMEM_remove_from_physmap, &gone, sizeof(gone), NULL, 0));
}

int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
{
	struct xen_memory_domain domain = { .domid = (domid_t)domid };
	long rc = memory_bounced(xch, XENMEM_maximum_gpfn, &domain, sizeof(domain), NULL, 0);

	if (rc < 0)
		return -1;
	*gpfns = (xen_pfn_t)rc;
	return 0;
}

int xc_domain_nr_gpfns(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
{
	if (xc_domain_maximum_gpfn(xch, domid, gpfns))
		return -1;
	(*gpfns)++;
	return 0;
}

long xc_get_tot_pages(xc_interface *xch, uint32_t domid)
{
	xc_dominfo_t info;

	if (xc_domain_getinfo(xch, domid, 1, &info) != 1)
		return -1;
	return info.domid == domid ? (long)info.nr_pages : fail(ESRCH);
}

/* The commands that take nothing and return a number. */
static long number(xc_interface *xch, unsigned int cmd)
{
	uint64_t nothing = 0;

	return memory_bounced(xch, cmd, &nothing, sizeof(nothing), NULL, 0);
}

int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn)
{
	long rc = number(xch, XENMEM_maximum_ram_page);

	if (rc < 0)
		return -1;
	*max_mfn = (unsigned long)rc;
	return 0;
}

long xc_sharing_freed_pages(xc_interface *xch)
{
	return number(xch, XENMEM_get_sharing_freed_pages);
}

long xc_sharing_used_frames(xc_interface *xch)
{
	return number(xch, XENMEM_get_sharing_shared_pages);
}

int xc_machphys_mfn_list(xc_interface *xch, unsigned long max_extents, xen_pfn_t *extent_start)
{
	struct xen_machphys_mfn_list list = { .max_extents = (unsigned int)max_extents };
	struct bounce bounce =
	    BOUNCE(list.extent_start, extent_start, max_extents * sizeof(*extent_start), OUT);

	return as_status(
	    memory_bounced(xch, XENMEM_machphys_mfn_list, &list, sizeof(list), &bounce, 1));
}
