/* SPDX-License-Identifier: MIT */
/*
 * Grant tables of other domains: size, version, reading, and the first two entries.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "private.h"

int xc_gnttab_op(xc_interface *xch, int cmd, void *op, int op_size, int count)
{
	const struct request request = {
		.op = __HYPERVISOR_grant_table_op,
		.arg = { (uint64_t)cmd, (uint64_t)count },
		.nr_args = 3,
		.where = 1,
		.structure = op,
		.bytes = (size_t)op_size * (size_t)count,
	};

	if (op_size < 0 || count < 0)
		return fail(EINVAL);
	return (int)call_hypervisor(xch, &request, NULL, 0);
}

int xc_gnttab_query_size(xc_interface *xch, struct gnttab_query_size *query)
{
	return xc_gnttab_op(xch, GNTTABOP_query_size, query, sizeof(*query), 1);
}

int xc_gnttab_get_version(xc_interface *xch, uint32_t domid)
{
	struct gnttab_get_version query = { .dom = (domid_t)domid };

	if (xc_gnttab_op(xch, GNTTABOP_get_version, &query, sizeof(query), 1) < 0)
		return -1;
	return (int)query.version;
}

/* The frames of dom's table, in a malloc'ed list; their number in *nr. */
static xen_pfn_t *table_frames(xc_interface *xch, uint32_t domid, uint32_t *nr)
{
	struct gnttab_query_size size = { .dom = (domid_t)domid };
	struct gnttab_setup_table setup = { .dom = (domid_t)domid };
	struct request request = {
		.op = __HYPERVISOR_grant_table_op,
		.arg = { GNTTABOP_setup_table, 1 },
		.nr_args = 3,
		.where = 1,
		.structure = &setup,
		.bytes = sizeof(setup),
	};
	xen_pfn_t *frames;

	if (xc_gnttab_query_size(xch, &size))
		return NULL;
	if (size.status != GNTST_okay || !size.nr_frames) {
		errno = EINVAL;
		return NULL;
	}
	frames = calloc(size.nr_frames, sizeof(*frames));
	if (!frames)
		return NULL;
	struct bounce bounce =
	    BOUNCE(setup.frame_list, frames, size.nr_frames * sizeof(*frames), OUT);

	setup.nr_frames = *nr = size.nr_frames;
	if (call_hypervisor(xch, &request, &bounce, 1) < 0 || setup.status != GNTST_okay) {
		free(frames);
		errno = EINVAL;
		return NULL;
	}
	return frames;
}

static void *map_table(xc_interface *xch, uint32_t domid, int version, size_t entry, int *gnt_num)
{
	xen_pfn_t *frames;
	uint32_t nr;
	void *table;

	if (xc_gnttab_get_version(xch, domid) != version) {
		errno = EINVAL;
		return NULL;
	}
	frames = table_frames(xch, domid, &nr);
	if (!frames)
		return NULL;
	table = xc_map_foreign_pages(xch, domid, PROT_READ, frames, (int)nr);
	free(frames);
	if (table)
		*gnt_num = (int)(nr * (XC_PAGE_SIZE / entry));
	return table;
}

grant_entry_v1_t *xc_gnttab_map_table_v1(xc_interface *xch, uint32_t domid, int *gnt_num)
{
	return map_table(xch, domid, 1, sizeof(grant_entry_v1_t), gnt_num);
}

grant_entry_v2_t *xc_gnttab_map_table_v2(xc_interface *xch, uint32_t domid, int *gnt_num)
{
	return map_table(xch, domid, 2, sizeof(grant_entry_v2_t), gnt_num);
}

static void seed(grant_entry_v1_t *entry, xen_pfn_t gfn, uint32_t domid)
{
	if (gfn == (xen_pfn_t)-1)
		return;
	entry->domid = (domid_t)domid;
	entry->frame = (uint32_t)gfn;
	xen_wmb(); /* an entry counts once it has its type */
	entry->flags = GTF_permit_access;
}

/* A table starts in the format of version 1, whose entries name frames by 32 bits. */
int xc_dom_gnttab_seed(xc_interface *xch, uint32_t guest_domid, bool is_hvm, xen_pfn_t console_gfn,
		       xen_pfn_t xenstore_gfn, uint32_t console_domid, uint32_t xenstore_domid)
{
	xenforeignmemory_resource_handle *resource;
	void *table = NULL;

	if ((console_gfn > UINT32_MAX && console_gfn != (xen_pfn_t)-1) ||
	    (xenstore_gfn > UINT32_MAX && xenstore_gfn != (xen_pfn_t)-1))
		return fail(EINVAL);
	resource = xenforeignmemory_map_resource(
	    xch->fmem, (domid_t)guest_domid, XENMEM_resource_grant_table,
	    XENMEM_resource_grant_table_id_shared, 0, 1, &table, PROT_READ | PROT_WRITE, 0);
	if (!resource) {
		report(xch,
		       "domain %u: cannot map its grant table to set up the console and the "
		       "store (%s)",
		       guest_domid, xc_strerror(xch, errno));
		return -1;
	}
	seed((grant_entry_v1_t *)table + GNTTAB_RESERVED_CONSOLE, console_gfn, console_domid);
	seed((grant_entry_v1_t *)table + GNTTAB_RESERVED_XENSTORE, xenstore_gfn, xenstore_domid);
	return xenforeignmemory_unmap_resource(xch->fmem, resource);
}
