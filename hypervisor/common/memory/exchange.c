/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: a domain gives frames and gets as many others, of another extent size or lower
 * in memory. Done chunk by chunk, a chunk being one extent of the larger order; a chunk is prepared
 * in full (new frames allocated, old ones taken) before anything changes for good, and the domain's
 * count of pages never moves.
 *
 * A frame can only be given if nothing maps it: the guest has zapped its entries before.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "memory.h"

struct exch {
	struct domain *d;
	struct xen_memory_exchange u;
	unsigned int in_chunk, out_chunk; /* log2 of the extents per chunk */
	unsigned int order;		  /* of a chunk, in pages */
	unsigned int memf;
	struct page **in;  /* 2^order frames */
	struct page **out; /* 2^out_chunk blocks */
};

static void return_frames(struct exch *x, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		give_charged_pages(x->d, x->in[i], 1);
}

static int take_frames(struct exch *x, unsigned long chunk)
{
	guest_ptr_t list = guest_handle_addr(x->u.in.extent_start);
	unsigned int per = 1u << x->u.in.extent_order, n = 0;

	for (unsigned long e = 0; e < 1ul << x->in_chunk; e++) {
		xen_pfn_t gfn;

		if (copy_from_guest_at(&gfn, list, (chunk << x->in_chunk) + e)) {
			return_frames(x, n);
			return trace_err(-EFAULT);
		}
		for (unsigned int k = 0; k < per; k++, n++) {
			struct page *pg = get_page_from_gfn(x->d, _gfn(gfn + k));

			if (!pg || steal_charged_page(x->d, pg)) {
				if (pg)
					put_page(pg);
				return_frames(x, n);
				return trace_err(-EINVAL);
			}
			x->in[n] = pg;
		}
	}
	return 0;
}

static void free_new(struct exch *x, unsigned int nr)
{
	while (nr--)
		free_anon_pages(x->out[nr], x->u.out.extent_order);
}

static int alloc_new(struct exch *x)
{
	for (unsigned int i = 0; i < 1u << x->out_chunk; i++) {
		x->out[i] = alloc_anon_pages(x->u.out.extent_order, x->memf);
		if (!x->out[i]) {
			free_new(x, i);
			return trace_err(-ENOMEM);
		}
	}
	return 0;
}

/* Publishes the new frames and tells the guest. The frames are its own whatever a copy says. */
static int give_new(struct exch *x, unsigned long chunk)
{
	guest_ptr_t list = guest_handle_addr(x->u.out.extent_start);
	int rc = 0;

	for (unsigned int i = 0; i < 1u << x->out_chunk; i++) {
		unsigned long at = (chunk << x->out_chunk) + i;
		xen_pfn_t pfn = 0, mfn = mfn_x(page_to_mfn(x->out[i]));

		if (copy_from_guest_at(&pfn, list, at))
			rc = -EFAULT;
		give_charged_pages(x->d, x->out[i], 1ull << x->u.out.extent_order);
		if (!rc)
			set_gpfn_run(_mfn(mfn), pfn, 1ull << x->u.out.extent_order);
		if (!rc && copy_to_guest_at(list, at, &mfn))
			rc = -EFAULT;
	}
	return rc;
}

static int exchange_chunk(struct exch *x, unsigned long chunk)
{
	int rc = alloc_new(x);

	if (rc)
		return rc;
	rc = take_frames(x, chunk);
	if (rc) {
		free_new(x, 1u << x->out_chunk);
		return rc;
	}
	for (unsigned int i = 0; i < 1u << x->order; i++)
		free_stolen_page(x->in[i]);
	return give_new(x, chunk);
}

static int check_exchange(struct exch *x)
{
	const struct xen_memory_reservation *in = &x->u.in, *out = &x->u.out;
	unsigned int max_order = memory_max_order();

	if (in->extent_order > max_order || out->extent_order > max_order)
		return trace_err(-EPERM);
	if (x->u.nr_exchanged > in->nr_extents || in->domid != out->domid ||
	    in->nr_extents > ~0ul >> (in->extent_order + 8) ||
	    out->nr_extents > ~0ul >> (out->extent_order + 8) ||
	    in->nr_extents << in->extent_order != out->nr_extents << out->extent_order)
		return trace_err(-EINVAL);
	if (!guest_range_ok(guest_handle_addr(in->extent_start), in->nr_extents,
			    sizeof(xen_pfn_t)) ||
	    !guest_range_ok(guest_handle_addr(out->extent_start), out->nr_extents,
			    sizeof(xen_pfn_t)))
		return trace_err(-EFAULT);
	x->order = max(in->extent_order, out->extent_order);
	x->in_chunk = x->order - in->extent_order;
	x->out_chunk = x->order - out->extent_order;
	return memory_flags(out->mem_flags, &x->memf);
}

static int run_chunks(struct exch *x)
{
	unsigned long chunk = x->u.nr_exchanged >> x->in_chunk;
	unsigned long last = x->u.in.nr_extents >> x->in_chunk;

	for (unsigned long start = chunk; chunk < last; chunk++) {
		int rc;

		if (chunk != start && hypercall_preempt_check())
			return -ERESTART;
		rc = exchange_chunk(x, chunk);
		if (rc)
			return rc;
		x->u.nr_exchanged = (chunk + 1) << x->in_chunk;
	}
	return 0;
}

long memory_exchange(unsigned long cmd, guest_ptr_t arg)
{
	struct exch x = { 0 };
	int rc, err;

	if (copy_struct_from_guest(&x.u, arg))
		return trace_err(-EFAULT);
	rc = check_exchange(&x);
	if (rc)
		return rc;
	x.d = domain_get_for_caller(x.u.in.domid, &err);
	if (!x.d)
		return trace_err(err);
	x.in = xzalloc_array(struct page *, 1ul << x.order);
	x.out = xzalloc_array(struct page *, 1ul << x.out_chunk);
	if (!x.d->arch.is_pv)
		rc = -EOPNOTSUPP;
	else
		rc = x.in && x.out ? run_chunks(&x) : -ENOMEM;
	xfree(x.in);
	xfree(x.out);
	domain_put(x.d);
	if (copy_struct_to_guest(arg, &x.u))
		return trace_err(-EFAULT);
	return rc == -ERESTART ? memory_continue(cmd, 0, arg) : rc;
}
