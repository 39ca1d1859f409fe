/* SPDX-License-Identifier: MIT */
/*
 * Domains: creation, lookup, references, pausing. How they end: domain_state.c.
 *
 * The list is ordered by id, and a table finds an id at once; so does a walk that goes on behind
 * the last it has seen, however many there are. Readers hold the list lock and take a reference
 * before they let go. A domain leaves the list with its last reference: until then its id is taken,
 * because frames that others still map name their owner by it. It is freed by a softirq: the last
 * reference may go anywhere.
 */
#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/rangeset.h>
#include <hv/smp.h>
#include <asm/mm.h>
#include <hv/string.h>
#include <public/domctl.h>
#include <hv/softirq.h>
#include "domain_watchdog.h"

struct domain *dom_io, *dom_xen, *idle_domain, *hardware_domain;
#define ID_BUCKETS 256

static struct domain *domain_list;	 /* by id; guarded by: list_lock */
static struct domain *by_id[ID_BUCKETS]; /* the same; guarded by: list_lock */
static struct domain *unreferenced;	 /* to be freed, linked by `next`; guarded by: list_lock */
static spinlock_t list_lock = SPIN_LOCK_UNLOCKED;

static struct domain *find_locked(domid_t id)
{
	struct domain *d = by_id[id % ID_BUCKETS];

	while (d && d->domain_id != id)
		d = d->bucket_next;
	return d;
}

/* The last of the list before this id, NULL if there is none. Who walks has just seen it, so its id
 * is tried. */
static struct domain *before_locked(domid_t id)
{
	struct domain *d = id ? find_locked((domid_t)(id - 1)) : NULL;

	if (d || !domain_list || domain_list->domain_id >= id)
		return d;
	for (d = domain_list; d->next && d->next->domain_id < id;)
		d = d->next;
	return d;
}

void domain_get(struct domain *d)
{
	__atomic_fetch_add(&d->refcnt, 1, __ATOMIC_RELAXED);
}

/* For a domain found in the list: false if its last reference is going. */
static bool get_unless_unreferenced(struct domain *d)
{
	unsigned int n = __atomic_load_n(&d->refcnt, __ATOMIC_RELAXED);

	while (n)
		if (__atomic_compare_exchange_n(&d->refcnt, &n, n + 1, true, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

struct domain *domain_get_by_id(domid_t id)
{
	struct domain *d;
	unsigned long flags;

	if (id == DOMID_SELF)
		id = current->domain->domain_id;
	spin_lock_irqsave(&list_lock, flags);
	d = find_locked(id);
	if (d && !get_unless_unreferenced(d))
		d = NULL;
	spin_unlock_irqrestore(&list_lock, flags);
	return d;
}

struct domain *domain_get_next(domid_t from)
{
	struct domain *d;
	unsigned long flags;

	spin_lock_irqsave(&list_lock, flags);
	d = find_locked(from);
	if (!d) {
		d = before_locked(from);
		d = d ? d->next : domain_list;
	}
	while (d && !get_unless_unreferenced(d))
		d = d->next;
	spin_unlock_irqrestore(&list_lock, flags);
	return d;
}

struct domain *domain_get_for_caller(domid_t id, int *err)
{
	struct domain *d = domain_get_by_id(id);

	if (!d) {
		*err = -ESRCH;
		return NULL;
	}
	if (d != current->domain && !current->domain->is_privileged) {
		domain_put(d);
		*err = -EPERM;
		return NULL;
	}
	return d;
}

/* Accepts a half-built domain: each piece knows whether it was made. In a soft interrupt, which the others need not wait for. */
static void domain_free(struct domain *d)
{
	for (unsigned int i = 0; d->vcpu && i < d->max_vcpus; i++)
		if (d->vcpu[i]) {
			vcpu_destroy(d->vcpu[i]);
			softirq_serve_others(SOFTIRQ_FREE_DOMAINS);
		}
	domain_watchdogs_destroy(d);
	if (d->grant_table)
		grant_table_destroy(d);
	evtchn_destroy_final(d);
	sched_destroy_domain(d);
	arch_domain_destroy(d);
	mm_domain_destroy(d);
	rangeset_free(d->ioport_caps);
	rangeset_free(d->iomem_caps);
	rangeset_free(d->irq_caps);
	xfree(d->vcpu);
	xfree(d);
}

/* False: it was never published. Under list_lock. */
static bool unlink_locked(struct domain *d)
{
	struct domain **at = &by_id[d->domain_id % ID_BUCKETS], *before;

	while (*at && *at != d)
		at = &(*at)->bucket_next;
	if (!*at)
		return false;
	*at = d->bucket_next;
	before = before_locked(d->domain_id);
	*(before ? &before->next : &domain_list) = d->next;
	return true;
}

void domain_put(struct domain *d)
{
	unsigned long flags;

	if (__atomic_sub_fetch(&d->refcnt, 1, __ATOMIC_ACQ_REL))
		return;
	spin_lock_irqsave(&list_lock, flags);
	unlink_locked(d);
	d->next = unreferenced;
	unreferenced = d;
	spin_unlock_irqrestore(&list_lock, flags);
	raise_softirq(SOFTIRQ_FREE_DOMAINS);
}

static struct domain *next_unreferenced(void)
{
	struct domain *d;
	unsigned long flags;

	spin_lock_irqsave(&list_lock, flags);
	d = unreferenced;
	if (d)
		unreferenced = d->next;
	spin_unlock_irqrestore(&list_lock, flags);
	return d;
}

static void free_domains(void)
{
	struct domain *d;

	while ((d = next_unreferenced()) != NULL)
		domain_free(d);
}

static struct domain *alloc_domain(domid_t id, unsigned int max_vcpus)
{
	struct domain *d = xzalloc(struct domain);

	if (!d)
		return NULL;
	d->domain_id = id;
	d->refcnt = 1;
	d->max_vcpus = max_vcpus;
	d->shutdown_code = -1;
	spin_lock_init(&d->domctl_lock);
	spin_lock_init(&d->page_lock);
	spin_lock_init(&d->state_lock);
	domain_watchdogs_init(d);
	d->vcpu = xzalloc_array(struct vcpu *, max_vcpus ? max_vcpus : 1);
	if (!d->vcpu) {
		xfree(d);
		return NULL;
	}
	return d;
}

/* -EEXIST: the id is taken. */
static int publish(struct domain *d)
{
	struct domain **bucket = &by_id[d->domain_id % ID_BUCKETS], **at, *before;
	unsigned long flags;
	int rc = 0;

	spin_lock_irqsave(&list_lock, flags);
	if (find_locked(d->domain_id)) {
		rc = -EEXIST;
	} else {
		before = before_locked(d->domain_id);
		at = before ? &before->next : &domain_list;
		d->next = *at;
		*at = d;
		d->bucket_next = *bucket;
		*bucket = d;
	}
	spin_unlock_irqrestore(&list_lock, flags);
	return rc;
}

bool domain_id_is_free(domid_t id)
{
	struct domain *d;
	unsigned long flags;

	spin_lock_irqsave(&list_lock, flags);
	d = find_locked(id);
	spin_unlock_irqrestore(&list_lock, flags);
	return !d;
}

static int build(struct domain *d, const struct domain_create_args *a)
{
	int rc;

	d->is_privileged = a->privileged;
	d->config.createflags = a->flags;
	d->config.ssidref = a->ssidref;
	d->config.max_evtchn_port = a->max_evtchn_port;
	memcpy(d->handle, a->handle, sizeof(d->handle));
	d->ioport_caps = rangeset_new("I/O ports");
	d->iomem_caps = rangeset_new("I/O memory");
	d->irq_caps = rangeset_new("interrupts");
	if (!d->ioport_caps || !d->iomem_caps || !d->irq_caps)
		return -ENOMEM;
	rc = mm_domain_init(d);
	if (!rc)
		rc = arch_domain_create(d, a);
	if (!rc)
		rc = evtchn_init(d, a->max_evtchn_port);
	if (!rc)
		rc = grant_table_create(d, a->max_grant_frames, a->max_maptrack_frames);
	if (!rc)
		rc = sched_init_domain(d, a->cpupool);
	return rc;
}

/* Of a domain nobody has seen: pages shared with it hold references to it, as all its frames do. */
static void abandon(struct domain *d)
{
	if (d->tot_pages || d->xenheap_pages)
		while (relinquish_memory(d) == -ERESTART)
			;
	domain_put(d);
}

int domain_create(const struct domain_create_args *a, struct domain **out)
{
	struct domain *d;
	int rc;

	if (!a->max_vcpus || a->max_vcpus > MAX_VIRT_CPUS)
		return trace_err(-EINVAL);
	d = alloc_domain(a->id, a->max_vcpus);
	if (!d)
		return trace_err(-ENOMEM);
	rc = build(d, a);
	if (rc) {
		abandon(d);
		return rc;
	}
	d->controller_pause_count = 1;
	d->pause_count = 1;
	rc = publish(d);
	if (rc) {
		abandon(d);
		return trace_err(rc);
	}
	*out = d;
	return 0;
}

static struct domain *pseudo_domain(domid_t id, unsigned int max_vcpus)
{
	struct domain *d = alloc_domain(id, max_vcpus);

	if (!d || (id != DOMID_IDLE && mm_domain_init(d)))
		panic("no memory for the pseudo domain %u", id);
	return d;
}

void domains_init(void)
{
	dom_io = pseudo_domain(DOMID_IO, 0);
	dom_xen = pseudo_domain(DOMID_XEN, 0);
	idle_domain = pseudo_domain(DOMID_IDLE, NR_CPUS);
	idle_domain->sched.weight = SCHED_DEFAULT_WEIGHT;
	open_softirq(SOFTIRQ_FREE_DOMAINS, free_domains);
}

/* ---- pausing ---- */

void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

void vcpu_unpause(struct vcpu *v)
{
	if (__atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST) == 0)
		vcpu_wake(v);
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v) {
		if (v == current)
			vcpu_sleep_nosync(v);
		else
			vcpu_sleep_sync(v);
	}
}

void domain_unpause(struct domain *d)
{
	struct vcpu *v;

	if (__atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST) == 0)
		for_each_vcpu(d, v)
			vcpu_wake(v);
}

int domain_controller_pause(struct domain *d)
{
	if (d->controller_pause_count == 255)
		return trace_err(-EOVERFLOW);
	d->controller_pause_count++;
	domain_pause(d);
	return 0;
}

int domain_controller_unpause(struct domain *d)
{
	if (!d->controller_pause_count)
		return trace_err(-EINVAL);
	d->controller_pause_count--;
	domain_unpause(d);
	return 0;
}
