/* SPDX-License-Identifier: MIT */
/* GNTTABOP_map_grant_ref. A device mapping (there is no IOMMU) only pins the frame. */
#include <hv/percpu.h>
#include "internal.h"

#define KINDS (GNTMAP_host_map | GNTMAP_device_map)

static unsigned int nr_kinds(unsigned int flags)
{
	return !!(flags & GNTMAP_host_map) + !!(flags & GNTMAP_device_map);
}

/* One use of the entry per kind of mapping, so that each can be undone alone. */
static int use_for(struct domain *granter, const struct gnttab_map_grant_ref *op, mfn_t *mfn)
{
	bool write = !(op->flags & GNTMAP_readonly);
	int rc = GNTST_okay;

	for (unsigned int i = 0; i < nr_kinds(op->flags) && !rc; i++) {
		rc = grant_use(granter, op->ref, current->domain, write, mfn);
		if (rc && i)
			grant_unuse(granter, op->ref, write);
	}
	return rc;
}

static void unuse_all(struct domain *granter, const struct gnttab_map_grant_ref *op)
{
	for (unsigned int i = 0; i < nr_kinds(op->flags); i++)
		grant_unuse(granter, op->ref, !(op->flags & GNTMAP_readonly));
}

static int map_with_handle(struct domain *granter, struct gnttab_map_grant_ref *op, uint32_t handle)
{
	struct maptrack *mt = maptrack_entry(current->domain->grant_table, handle);
	mfn_t mfn;
	int rc = use_for(granter, op, &mfn);

	if (rc)
		return rc;
	if (op->flags & GNTMAP_host_map)
		rc = arch_grant_map_host(op->host_addr, mfn, op->flags);
	if (rc) {
		unuse_all(granter, op);
		return rc;
	}
	domain_get(granter);
	mt->granter = granter;
	mt->ref = op->ref;
	mt->flags = (uint16_t)op->flags;
	maptrack_activate(mt);
	op->handle = handle;
	op->dev_bus_addr = maddr_x(mfn_to_maddr(mfn));
	return GNTST_okay;
}

static int map_from(struct domain *granter, struct gnttab_map_grant_ref *op)
{
	struct grant_table *gt = current->domain->grant_table;
	uint32_t handle;
	int rc;

	if (!granter->grant_table)
		return GNTST_bad_domain;
	handle = maptrack_get(gt, current->vcpu_id);
	if (handle == NO_HANDLE)
		return GNTST_no_space;
	rc = map_with_handle(granter, op, handle);
	if (rc)
		maptrack_put(gt, current->vcpu_id, handle);
	return rc;
}

static int map_one(struct gnttab_map_grant_ref *op)
{
	struct domain *granter;
	int rc;

	if (!(op->flags & KINDS))
		return GNTST_bad_gntref;
	granter = op->dom == DOMID_SELF ? NULL : domain_get_by_id(op->dom);
	if (!granter)
		return GNTST_bad_domain;
	rc = map_from(granter, op);
	domain_put(granter);
	return rc;
}

void grant_map_batch(void *ops, unsigned int nr)
{
	struct gnttab_map_grant_ref *op = ops;

	for (unsigned int i = 0; i < nr; i++)
		op[i].status = (int16_t)map_one(&op[i]);
}
