/* SPDX-License-Identifier: MIT */
/*
 * The two grants a PV domain is born with: its console's and its xenstore's ring, to those who
 * serve them. With them the daemons need no right to map any page of the guest.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xenforeignmemory.h>

static void seed(grant_entry_v1_t *entry, uint16_t domid, xen_pfn_t mfn)
{
	entry->frame = (uint32_t)mfn;
	entry->domid = domid;
	/* The flags make it valid: last. */
	__atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_RELEASE);
}

int pv_seed_grants(const struct pv_domain *domain, struct complaint *complaint)
{
	xenforeignmemory_handle *foreign = xenforeignmemory_open(NULL, 0);
	xenforeignmemory_resource_handle *resource = NULL;
	void *table = NULL;
	int error = 0;

	if (foreign)
		resource = xenforeignmemory_map_resource(
		    foreign, domain->domid, XENMEM_resource_grant_table,
		    XENMEM_resource_grant_table_id_shared, 0, 1, &table, PROT_READ | PROT_WRITE, 0);
	if (resource) {
		grant_entry_v1_t *entries = table;

		seed(&entries[GNTTAB_RESERVED_CONSOLE], domain->console_domid, domain->console_mfn);
		seed(&entries[GNTTAB_RESERVED_XENSTORE], domain->store_domid, domain->store_mfn);
		xenforeignmemory_unmap_resource(foreign, resource);
	} else {
		error = -errno;
		complain(complaint, "the domain's grant table cannot be mapped: %s",
			 strerror(errno));
	}
	if (foreign)
		xenforeignmemory_close(foreign);
	return error;
}
