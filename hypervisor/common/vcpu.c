/* SPDX-License-Identifier: MIT */
/* vCPUs: creation, where their vcpu_info is, guest timers. */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/string.h>

/* vCPUs past the 32 of shared_info report here until they register a place of their own. */
static struct vcpu_info dummy_vcpu_info;

static void periodic_expired(void *data)
{
	struct vcpu *v = data;

	v->periodic_last_event = NOW();
	send_guest_vcpu_virq(v, VIRQ_TIMER);
	if (v->periodic_period)
		set_timer(&v->periodic_timer, v->periodic_last_event + v->periodic_period);
}

static void singleshot_expired(void *data)
{
	send_guest_vcpu_virq(data, VIRQ_TIMER);
}

static void poll_expired(void *data)
{
	vcpu_unblock(data);
}

struct vcpu *vcpu_create(struct domain *d, unsigned int id)
{
	struct vcpu *v;

	BUG_ON(id >= d->max_vcpus || d->vcpu[id]);
	v = xzalloc(struct vcpu);
	if (!v)
		return NULL;
	v->domain = d;
	v->vcpu_id = id;
	v->processor = d == idle_domain ? id : id % cpumask_weight(&cpu_online_map);
	v->vcpu_info_mfn = INVALID_MFN;
	v->vcpu_info = &dummy_vcpu_info;
	spin_lock_init(&v->evtchn.virq_lock);
	init_timer(&v->periodic_timer, periodic_expired, v, v->processor);
	init_timer(&v->singleshot_timer, singleshot_expired, v, v->processor);
	init_timer(&v->poll_timer, poll_expired, v, v->processor);
	if (d != idle_domain) {
		v->pause_flags = 1ul << VPF_DOWN;
		vcpu_info_reset(v);
		/* A vCPU starts with events masked, as a CPU starts with interrupts off. */
		v->vcpu_info->evtchn_upcall_mask = 1;
		evtchn_vcpu_init(v);
	}
	if ((d != idle_domain && !(v->hypercall_errors = xzalloc(struct hypercall_errors))) ||
	    sched_init_vcpu(v) || arch_vcpu_create(v)) {
		vcpu_destroy(v);
		return NULL;
	}
	/* Ordering: release, pairs with lock-free readers of d->vcpu[]: they see a complete vCPU. */
	__atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
	return v;
}

void vcpu_destroy(struct vcpu *v)
{
	kill_timer(&v->periodic_timer);
	kill_timer(&v->singleshot_timer);
	kill_timer(&v->poll_timer);
	sched_destroy_vcpu(v);
	arch_vcpu_destroy(v);
	xfree(v->hypercall_errors);
	xfree(v);
}

void vcpu_info_reset(struct vcpu *v)
{
	mfn_t old = v->vcpu_info_mfn;

	v->vcpu_info = v->domain->shared_info && v->vcpu_id < XEN_LEGACY_MAX_VCPUS ?
			       &v->domain->shared_info->vcpu_info[v->vcpu_id] :
			       &dummy_vcpu_info;
	v->vcpu_info_mfn = INVALID_MFN;
	if (!mfn_eq(old, INVALID_MFN))
		put_page_and_type(mfn_to_page(old));
}

int vcpu_map_info(struct vcpu *v, gfn_t gfn, unsigned int offset)
{
	struct vcpu_info *new;
	struct page *pg;

	if (offset > PAGE_SIZE - sizeof(struct vcpu_info) || (offset & 7))
		return trace_err(-EINVAL);
	if (!mfn_eq(v->vcpu_info_mfn, INVALID_MFN))
		return trace_err(-EINVAL);
	if (v != current && !(v->pause_flags & (1ul << VPF_DOWN)))
		return trace_err(-EINVAL);
	pg = get_page_from_gfn(v->domain, gfn);
	if (!pg)
		return trace_err(-EINVAL);
	if (get_page_type(pg, PGT_writable, false)) {
		put_page(pg);
		return trace_err(-EINVAL);
	}
	new = (struct vcpu_info *)((char *)page_to_virt(pg) + offset);
	if (v->vcpu_info == &dummy_vcpu_info) {
		memset(new, 0, sizeof(*new));
		new->evtchn_upcall_mask = 1;
	} else {
		memcpy(new, v->vcpu_info, sizeof(*new));
	}
	v->vcpu_info_mfn = page_to_mfn(pg);
	/* Ordering: the copy is complete before anybody may write events into it. */
	__atomic_store_n(&v->vcpu_info, new, __ATOMIC_SEQ_CST);
	v->arch.time_version = 0; /* the time record is written anew */
	/* What was raised in the old place meanwhile is raised again, for all. */
	new->evtchn_upcall_pending = 0;
	for (unsigned int i = 0; i < sizeof(new->evtchn_pending_sel) * 8; i++)
		__atomic_fetch_or(&new->evtchn_pending_sel, 1ul << i, __ATOMIC_RELAXED);
	vcpu_mark_events_pending(v);
	return 0;
}
