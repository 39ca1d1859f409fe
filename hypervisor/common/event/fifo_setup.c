/* SPDX-License-Identifier: MIT */
/*
 * The FIFO ABI: control blocks and the event array. Both are guest frames that we hold a writable
 * reference on and use through the direct map, until all ports are closed.
 */
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include "fifo.h"

/* NULL: gfn is not a frame of d that may be written. */
static void *map_guest_frame(struct domain *d, uint64_t gfn)
{
	struct page *pg = get_page_from_gfn(d, _gfn(gfn));

	if (!pg)
		return NULL;
	if (get_page_type(pg, PGT_writable, false)) {
		put_page(pg);
		return NULL;
	}
	return page_to_virt(pg);
}

static void unmap_guest_frame(void *p)
{
	void *start = (void *)((uintptr_t)p & PAGE_MASK);

	put_page_and_type(mfn_to_page(virt_to_mfn(start)));
}

static int setup_vcpu(struct domain *d, struct vcpu *v, uint64_t gfn, uint32_t offset)
{
	struct evtchn_fifo_vcpu *fv;
	char *page;

	if (v->evtchn.fifo)
		return -EINVAL;
	fv = xzalloc(struct evtchn_fifo_vcpu);
	if (!fv)
		return -ENOMEM;
	page = map_guest_frame(d, gfn);
	if (!page) {
		xfree(fv);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
		spin_lock_init(&fv->queue[i].lock);
	fv->control = (struct evtchn_fifo_control_block *)(page + offset);
	__atomic_store_n(&v->evtchn.fifo, fv, __ATOMIC_RELEASE);
	return 0;
}

static void destroy_vcpu(struct vcpu *v)
{
	struct evtchn_fifo_vcpu *fv = v->evtchn.fifo;

	if (!fv)
		return;
	v->evtchn.fifo = NULL;
	unmap_guest_frame(fv->control);
	xfree(fv);
}

/*
 * Events raised under the 2-level ABI are kept with the port until its word exists. With all
 * senders of a port locked out, each event was raised either under the old or under the new ABI.
 */
static void keep_pending_events(struct domain *d)
{
	for (uint32_t port = 1; port < min(d->evtchn.valid_evtchns, evtchn_2l_ops.max_ports);
	     port++) {
		struct evtchn *chn = evtchn_of(d, port);
		unsigned long flags = evtchn_lock_senders(chn);

		if (evtchn_usable(chn) && evtchn_2l_ops.is_pending(d, chn))
			chn->fifo_pending = true;
		evtchn_unlock_senders(chn, flags);
	}
}

static int switch_to_fifo(struct domain *d, struct vcpu *v, uint64_t gfn, uint32_t offset)
{
	struct evtchn_fifo_domain *f = xzalloc(struct evtchn_fifo_domain);
	int rc;

	if (!f)
		return -ENOMEM;
	rc = setup_vcpu(d, v, gfn, offset);
	if (rc) {
		xfree(f);
		return rc;
	}
	d->evtchn.fifo = f;
	/* Release: whoever uses the FIFO operations sees their state. */
	__atomic_store_n(&d->evtchn.port_ops, &evtchn_fifo_ops, __ATOMIC_RELEASE);
	keep_pending_events(d);
	return 0;
}

int evtchn_fifo_init_control(struct evtchn_init_control *op)
{
	struct domain *d = current->domain;
	struct vcpu *v = evtchn_vcpu_of(d, op->vcpu);
	int rc;

	if (!v)
		return -ENOENT;
	if (op->offset % 8 || op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block))
		return -EINVAL;
	spin_lock(&d->evtchn.lock);
	if (d->evtchn.fifo)
		rc = setup_vcpu(d, v, op->control_gfn, op->offset);
	else
		rc = switch_to_fifo(d, v, op->control_gfn, op->offset);
	spin_unlock(&d->evtchn.lock);
	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	return rc;
}

/* Raises what came before the word did. */
static void raise_kept_events(struct domain *d, uint32_t first)
{
	for (uint32_t port = first; port < first + WORDS_PER_PAGE; port++) {
		struct evtchn *chn = evtchn_of(d, port);
		unsigned long flags;

		if (!chn)
			break;
		flags = evtchn_lock_senders(chn);
		if (evtchn_usable(chn) && chn->fifo_pending)
			evtchn_raise(d, chn);
		chn->fifo_pending = false;
		evtchn_unlock_senders(chn, flags);
	}
}

static int add_page(struct domain *d, uint64_t gfn)
{
	struct evtchn_fifo_domain *f = d->evtchn.fifo;
	uint32_t first;
	void *page;

	if (!f)
		return -EOPNOTSUPP;
	first = f->nr_words;
	if (first >= EVTCHN_FIFO_NR_CHANNELS)
		return -ENOSPC;
	page = map_guest_frame(d, gfn);
	if (!page)
		return -EINVAL;
	f->page[first / WORDS_PER_PAGE] = page;
	/* Release: pairs with fifo_word(). */
	__atomic_store_n(&f->nr_words, first + WORDS_PER_PAGE, __ATOMIC_RELEASE);
	raise_kept_events(d, first);
	return 0;
}

int evtchn_fifo_expand_array(const struct evtchn_expand_array *op)
{
	struct domain *d = current->domain;
	int rc;

	spin_lock(&d->evtchn.lock);
	rc = add_page(d, op->array_gfn);
	spin_unlock(&d->evtchn.lock);
	return rc;
}

void evtchn_fifo_destroy(struct domain *d)
{
	struct evtchn_fifo_domain *f = d->evtchn.fifo;
	struct vcpu *v;

	/* No port is in use, so nobody is inside the FIFO operations. */
	ASSERT(!d->evtchn.active_evtchns);
	d->evtchn.port_ops = &evtchn_2l_ops;
	for_each_vcpu(d, v)
		destroy_vcpu(v);
	for (unsigned int i = 0; i < f->nr_words / WORDS_PER_PAGE; i++)
		unmap_guest_frame(f->page[i]);
	d->evtchn.fifo = NULL;
	xfree(f);
}
