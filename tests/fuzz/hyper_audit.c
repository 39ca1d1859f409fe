/* SPDX-License-Identifier: MIT */
/*
 * What must be true of the machine between two calls, whatever guests did: the frame table counts what
 * page tables hold (the hypervisor's own audit), event channels agree at both ends, and every grant in
 * use is held by exactly the mappings that say so.
 */
#include <string.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <asm/page_info.h>
#include "../../hypervisor/common/event/internal.h"
#include "../../hypervisor/common/grant/internal.h"
#include "hyper_machine.h"

static void audit_port(struct domain *d, struct evtchn *chn)
{
	struct evtchn *peer;
	struct vcpu *v = evtchn_vcpu_of(d, chn->notify_vcpu_id);

	hyper_require(!spin_is_held(&chn->lock), "a port is locked", d->domain_id, chn->port);
	if (evtchn_usable(chn) && (chn->notify_vcpu_id || chn->state == ECS_VIRQ)) /* others may wait for the first vCPU to be made */
		hyper_require(v != NULL, "a port is told to no vCPU", d->domain_id, chn->port);
	switch (chn->state) {
	case ECS_INTERDOMAIN:
		peer = chn->u.interdomain.peer;
		hyper_require(peer->state == ECS_INTERDOMAIN && peer->u.interdomain.peer == chn &&
				      peer->u.interdomain.remote == d &&
				      evtchn_of(chn->u.interdomain.remote, peer->port) == peer,
			      "two ends of a channel disagree", d->domain_id, chn->port);
		break;
	case ECS_VIRQ:
		if (virq_is_global(chn->u.virq)) /* may be told to another vCPU than the one it is registered on */
			v = evtchn_vcpu_of(d, 0);
		hyper_require(v->evtchn.virq_to_evtchn[chn->u.virq] == chn->port, "a virq has lost its port",
			      d->domain_id, chn->u.virq);
		break;
	case ECS_FREE:
	case ECS_RESERVED:
	case ECS_UNBOUND:
	case ECS_PIRQ:
	case ECS_IPI:
		break;
	default:
		hyper_require(false, "a port has no state", d->domain_id, chn->port);
	}
}

static void audit_virqs(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		for (unsigned int i = 0; i < NR_VIRQS; i++) {
			uint32_t port = v->evtchn.virq_to_evtchn[i];
			struct evtchn *chn = port ? evtchn_of(d, port) : NULL;

			hyper_require(!port || (chn && chn->state == ECS_VIRQ && chn->u.virq == i),
				      "a virq goes to another port", d->domain_id, i);
		}
}

static void audit_events(struct domain *d)
{
	unsigned int active = 0;

	for (uint32_t port = 1; port < d->evtchn.valid_evtchns; port++) {
		struct evtchn *chn = evtchn_of(d, port);

		hyper_require(chn->port == port, "a port has another's number", d->domain_id, port);
		audit_port(d, chn);
		active += chn->state != ECS_FREE;
		hyper_require(chn->state != ECS_FREE || port >= d->evtchn.first_free ||
				      d->evtchn.port_ops->is_busy(d, chn),
			      "a free port is not found again", d->domain_id, port);
	}
	hyper_require(active == d->evtchn.active_evtchns || active + 1 == d->evtchn.active_evtchns,
		      "ports in use are miscounted", active, d->evtchn.active_evtchns);
	audit_virqs(d);
}

/* ---- grants ---- */
struct use {
	unsigned int readers, writers;
};

/* How the mappings of all domains use one entry of `granter`. */
static struct use count_uses(const struct domain *granter, grant_ref_t ref)
{
	struct use u = { 0, 0 };
	struct domain *d;

	for (domid_t next = 0; (d = domain_get_next(next)) != NULL;) {
		const struct grant_table *gt = d->grant_table;

		next = (domid_t)(d->domain_id + 1);
		for (unsigned int i = 0; i < gt->nr_maptrack_pages * MAPTRACK_PER_PAGE; i++) {
			const struct maptrack *mt = maptrack_entry(gt, i);

			hyper_require(mt->state != MT_BUSY, "a mapping is being undone", d->domain_id, i);
			if (mt->state != MT_ACTIVE || mt->granter != granter || mt->ref != ref)
				continue;
			if (mt->flags & GNTMAP_readonly)
				u.readers++;
			else
				u.writers++;
		}
		domain_put(d);
	}
	return u;
}

static void audit_entry(struct domain *d, grant_ref_t ref)
{
	const struct active_entry *a = grant_active_entry(d->grant_table, ref, false);
	struct use u;
	struct page *pg;

	if (!a || !(a->readers | a->writers))
		return;
	u = count_uses(d, ref);
	hyper_require(u.readers <= a->readers && u.writers <= a->writers &&
			      u.readers + u.writers >= 1,
		      "a grant's users are miscounted", u.readers << 16 | u.writers, a->readers << 16 | a->writers);
	pg = mfn_to_page(a->mfn);
	hyper_require((ref_read(pg) & REF_COUNT) > 0, "a granted frame is gone", mfn_x(a->mfn), ref);
	hyper_require(!a->writers || ((type_read(pg) & TYPE_COUNT) && type_of(type_read(pg)) == PGT_writable),
		      "a frame granted for writing is not writable", mfn_x(a->mfn), ref);
}

static void audit_maptrack(struct domain *d)
{
	const struct grant_table *gt = d->grant_table;

	for (unsigned int i = 0; i < gt->nr_maptrack_pages * MAPTRACK_PER_PAGE; i++) {
		const struct maptrack *mt = maptrack_entry(gt, i);
		const struct active_entry *a;

		if (mt->state != MT_ACTIVE)
			continue;
		a = grant_active_entry(mt->granter->grant_table, mt->ref, false);
		hyper_require(a && a->grantee == d->domain_id && (a->readers | a->writers),
			      "a mapping of a grant that is not in use", d->domain_id, i);
	}
}

static void audit_grants(struct domain *d)
{
	const struct grant_table *gt = d->grant_table;

	hyper_require(!spin_is_held(&gt->lock), "a grant table is locked", d->domain_id, 0);
	for (grant_ref_t ref = 0; ref < gt->nr_frames * ENTRIES_PER_FRAME; ref++) {
		if (!gt->active[ref / ACTIVE_CHUNK]) {
			ref += ACTIVE_CHUNK - 1;
			continue;
		}
		audit_entry(d, ref);
	}
	audit_maptrack(d);
}

static void audit_domain(struct domain *d)
{
	audit_events(d);
	audit_grants(d);
	hyper_require(d->tot_pages <= HYPER_FRAMES && d->xenheap_pages <= HYPER_FRAMES, "frames miscounted",
		      d->domain_id, d->tot_pages);
}

void hyper_audit(void)
{
	struct domain *d;

	for (domid_t next = 0; (d = domain_get_next(next)) != NULL;) {
		next = (domid_t)(d->domain_id + 1);
		audit_domain(d);
		domain_put(d);
	}
	hyper_require(!page_type_audit(false), "the frame table is wrong", 0, 0);
}
