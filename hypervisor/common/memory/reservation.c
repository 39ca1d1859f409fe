/* SPDX-License-Identifier: MIT */
/*
 * How many frames a domain has: increase_reservation, decrease_reservation, populate_physmap, and
 * claims.
 *
 * These return the number of extents done, never an error: a caller that gets fewer than it asked
 * for looks at what it asked. The cursor is that number.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "memory.h"

#define DOMU_MAX_ORDER 9
#define PRIV_MAX_ORDER 10 /* what kernels ask for at most; each extent is given and taken in one piece */

struct resv {
	struct domain *d;
	guest_ptr_t list; /* may be 0 */
	unsigned long nr;
	unsigned int order;
	unsigned int memf;
	bool on_demand; /* XENMEMF_populate_on_demand */
};

unsigned int memory_max_order(void)
{
	return current->domain->is_privileged ? PRIV_MAX_ORDER : DOMU_MAX_ORDER;
}

int memory_flags(unsigned int mem_flags, unsigned int *memf)
{
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);

	*memf = 0;
	if (bits && bits < 64 && max_page >> (bits > PAGE_SHIFT ? bits - PAGE_SHIFT : 0)) {
		if (bits <= PAGE_SHIFT)
			return trace_err(-EINVAL);
		*memf = MEMF_BITS(bits);
	}
	return 0;
}

/* One extent each; false: stop here. */
static bool increase_one(const struct resv *r, unsigned long i)
{
	struct page *pg = alloc_domain_pages(r->d, r->order, r->memf);
	xen_pfn_t mfn;

	if (!pg)
		return false;
	mfn = mfn_x(page_to_mfn(pg));
	return !r->list || !copy_to_guest_at(r->list, i, &mfn);
}

/* Gives the allocation's reference back. The frame goes when nobody has it mapped any more. */
static void take_back(mfn_t mfn)
{
	struct page *pg = mfn_to_page(mfn);

	if (__atomic_fetch_and(&pg->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST) & REF_ALLOCATED) {
		set_gpfn_from_mfn(mfn, INVALID_M2P_ENTRY);
		put_page(pg);
	}
}

static bool populate_one(const struct resv *r, unsigned long i)
{
	xen_pfn_t pfn, mfn;
	struct page *pg;

	if (copy_from_guest_at(&pfn, r->list, i))
		return false;
	if (r->on_demand)
		return !arch_gfn_populate(r->d, _gfn(pfn), INVALID_MFN, r->order);
	pg = alloc_domain_pages(r->d, r->order, r->memf);
	if (!pg)
		return false;
	mfn = mfn_x(page_to_mfn(pg));
	set_gpfn_run(_mfn(mfn), pfn, 1ull << r->order);
	if (arch_gfn_populate(r->d, _gfn(pfn), _mfn(mfn), r->order)) {
		for (uint64_t j = 0; j < 1ull << r->order; j++)
			take_back(_mfn(mfn + j));
		return false;
	}
	return !r->d->arch.is_pv || !copy_to_guest_at(r->list, i, &mfn);
}

static bool remove_frame(struct domain *d, uint64_t gfn)
{
	struct page *pg;
	bool ok;

	if (unlikely(!d->arch.is_pv) && !arch_gfn_depopulate(d, _gfn(gfn), INVALID_MFN))
		return true; /* it was never touched */
	pg = get_page_from_gfn(d, _gfn(gfn));
	if (!pg)
		return false;
	/* Shared info, grant table: not the guest's to give back. */
	ok = !(ref_read(pg) & REF_XEN) && !arch_gfn_depopulate(d, _gfn(gfn), page_to_mfn(pg));
	if (ok)
		take_back(page_to_mfn(pg));
	put_page(pg);
	return ok;
}

static bool decrease_one(const struct resv *r, unsigned long i)
{
	xen_pfn_t gfn;

	if (copy_from_guest_at(&gfn, r->list, i))
		return false;
	for (uint64_t j = 0; j < 1ull << r->order; j++)
		if (!remove_frame(r->d, gfn + j))
			return false;
	return true;
}

static int get_reservation(struct resv *r, guest_ptr_t arg)
{
	struct xen_memory_reservation u;
	int err;

	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	r->list = guest_handle_addr(u.extent_start);
	r->nr = u.nr_extents;
	r->order = u.extent_order;
	if (r->nr > ~0ul >> (MEMOP_EXTENT_SHIFT + 1) || r->order > memory_max_order())
		return trace_err(-EINVAL);
	if (r->list && !guest_range_ok(r->list, r->nr, sizeof(xen_pfn_t)))
		return trace_err(-EFAULT);
	err = memory_flags(u.mem_flags, &r->memf);
	if (err)
		return err;
	r->on_demand = (u.mem_flags & XENMEMF_populate_on_demand) && current->domain->is_privileged;
	r->d = domain_get_for_caller(u.domid, &err);
	return r->d ? 0 : trace_err(err);
}

long memory_reservation(unsigned long cmd, guest_ptr_t arg)
{
	static bool (*const one[])(const struct resv *, unsigned long) = {
		[XENMEM_increase_reservation] = increase_one,
		[XENMEM_decrease_reservation] = decrease_one,
		[XENMEM_populate_physmap] = populate_one,
	};
	unsigned long op = cmd & MEMOP_CMD_MASK, start = cmd >> MEMOP_EXTENT_SHIFT, i = start;
	bool again = false;
	struct resv r;

	if (get_reservation(&r, arg))
		return (long)start;
	if (op == XENMEM_increase_reservation || r.list) {
		for (; i < r.nr; i++) {
			again = i != start && hypercall_preempt_check();
			if (again || !one[op](&r, i))
				break;
		}
	}
	domain_put(r.d);
	return again ? memory_continue(cmd, i, arg) : (long)i;
}

long memory_claim(unsigned long cmd, guest_ptr_t arg)
{
	struct xen_memory_reservation u;
	struct domain *d;
	int err;

	if (!current->domain->is_privileged)
		return trace_err(-EPERM);
	if (copy_struct_from_guest(&u, arg))
		return trace_err(-EFAULT);
	if (guest_handle_addr(u.extent_start) || u.extent_order || u.mem_flags)
		return trace_err(-EINVAL);
	d = domain_get_for_caller(u.domid, &err);
	if (!d)
		return trace_err(err);
	err = domain_set_outstanding(d, u.nr_extents);
	domain_put(d);
	return err;
}
