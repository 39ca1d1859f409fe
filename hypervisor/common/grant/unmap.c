/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_unmap_grant_ref, unmap_and_replace, and the release of all mappings of a dying domain.
 *
 * A batch goes in three steps: take the mappings out of the page tables, flush the TLBs once, then
 * give the frames back. A record stays claimed from the first step to the last, so an operation of
 * the same batch on the same handle fails.
 */
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include "internal.h"

struct unmap_request {
	uint64_t host_addr, dev_bus_addr, new_addr;
	uint32_t handle;
};

struct batch {
	struct {
		uint32_t handle;
		unsigned int done; /* GNTMAP_host_map, GNTMAP_device_map: what was undone */
	} u[GRANT_BATCH];
	unsigned int nr;
	bool any_host;
};

/* mt is claimed. */
static int take_out(const struct maptrack *mt, const struct unmap_request *r, unsigned int *done)
{
	mfn_t mfn = grant_used_mfn(mt->granter, mt->ref);
	int rc = GNTST_okay;

	if (r->dev_bus_addr && r->dev_bus_addr != maddr_x(mfn_to_maddr(mfn)))
		return GNTST_general_error;
	if (r->host_addr && (mt->flags & GNTMAP_host_map)) {
		rc = arch_grant_unmap_host(r->host_addr, mfn, r->new_addr, mt->flags);
		if (!rc)
			*done |= GNTMAP_host_map;
	}
	if (!rc && r->dev_bus_addr)
		*done |= mt->flags & GNTMAP_device_map;
	return rc;
}

static int add_to_batch(struct batch *b, const struct unmap_request *r)
{
	struct maptrack *mt = maptrack_entry(current->domain->grant_table, r->handle);
	unsigned int done = 0;
	int rc;

	if (!mt || !maptrack_claim(mt))
		return GNTST_bad_handle;
	rc = take_out(mt, r, &done);
	if (!done) {
		maptrack_activate(mt);
		return rc;
	}
	b->any_host |= !!(done & GNTMAP_host_map);
	b->u[b->nr].handle = r->handle;
	b->u[b->nr++].done = done;
	return rc;
}

/* Gives back what `done` says of a claimed record; frees the record when nothing is left. */
static void give_back(struct domain *d, unsigned int vcpu_id, uint32_t handle, unsigned int done)
{
	struct maptrack *mt = maptrack_entry(d->grant_table, handle);
	struct domain *granter = mt->granter;
	bool write = !(mt->flags & GNTMAP_readonly);

	if (done & GNTMAP_host_map)
		grant_unuse(granter, mt->ref, write);
	if (done & GNTMAP_device_map)
		grant_unuse(granter, mt->ref, write);
	mt->flags &= (uint16_t)~done;
	if (mt->flags & (GNTMAP_host_map | GNTMAP_device_map)) {
		maptrack_activate(mt);
		return;
	}
	maptrack_put(d->grant_table, vcpu_id, handle);
	domain_put(granter);
}

/*
 * Everything goes from the TLBs, after one mapping, too: where a PV guest has put the table with the entry nobody knows, so
 * the entry may be cached for any address. The granter, who is told next that its frame is free, has no other protection.
 */
static void finish_batch(const struct batch *b)
{
	struct vcpu *v = current;

	if (b->any_host)
		flush_area_mask(&v->domain->arch.dirty_cpumask, 0, FLUSH_TLB | FLUSH_TLB_GLOBAL);
	for (unsigned int i = 0; i < b->nr; i++)
		give_back(v->domain, v->vcpu_id, b->u[i].handle, b->u[i].done);
}

void grant_unmap_batch(void *ops, unsigned int nr)
{
	struct gnttab_unmap_grant_ref *op = ops;
	struct batch b;

	b.nr = 0;
	b.any_host = false;
	for (unsigned int i = 0; i < nr; i++) {
		struct unmap_request r = { .host_addr = op[i].host_addr,
					   .dev_bus_addr = op[i].dev_bus_addr,
					   .handle = op[i].handle };

		op[i].status = (int16_t)add_to_batch(&b, &r);
	}
	finish_batch(&b);
}

void grant_unmap_and_replace_batch(void *ops, unsigned int nr)
{
	struct gnttab_unmap_and_replace *op = ops;
	struct batch b;

	b.nr = 0;
	b.any_host = false;
	for (unsigned int i = 0; i < nr; i++) {
		struct unmap_request r = { .host_addr = op[i].host_addr,
					   .new_addr = op[i].new_addr,
					   .handle = op[i].handle };

		if (r.new_addr)
			op[i].status = (int16_t)add_to_batch(&b, &r);
		else
			op[i].status = GNTST_bad_virt_addr;
	}
	finish_batch(&b);
}

/* d's vCPUs never run again. Its page-table entries give back their own references when torn down. */
int grant_table_release_mappings(struct domain *d)
{
	struct grant_table *gt = d->grant_table;
	struct maptrack *mt;

	if (!gt)
		return 0;
	/* Whoever began to grow the table before d was dying has finished; nobody will any more. */
	spin_lock(&gt->lock);
	spin_unlock(&gt->lock);
	while ((mt = maptrack_entry(gt, gt->release_cursor)) != NULL) {
		uint32_t handle = gt->release_cursor++;

		if (maptrack_claim(mt))
			give_back(d, 0, handle, mt->flags);
		if (handle % 64 == 63 && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}
