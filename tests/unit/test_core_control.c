// as: test_core_calls.c
/* SPDX-License-Identifier: MIT */
/* What the toolstack is told and may do: every domctl and sysctl of common/, by what a tool relies on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <hv/rangeset.h>
#include <hv/softirq.h>
#include <asm/e820.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/serai.h>
#include <public/vcpu.h>
#include "core_calls.h"

extern struct e820entry hv_e820[];
extern unsigned int nr_hv_e820;

static struct xen_domctl info_of(domid_t id)
{
	struct xen_domctl op = { 0 };

	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, id, &op), 0);
	return op;
}

/* ---- one domain ---- */

static void a_domain_is_described_as_it_is(void **state)
{
	struct xen_domctl op = info_of(2);
	struct xen_domctl_getdomaininfo *i = &op.u.getdomaininfo;

	assert_int_equal(i->domain, 2);
	assert_int_equal(i->tot_pages, guest->d->tot_pages);
	assert_int_equal(i->max_pages, 400);
	assert_int_equal(i->nr_online_vcpus, 2);
	assert_int_equal(i->max_vcpu_id, 2);
	assert_int_equal(i->cpupool, 0);
	assert_false(i->flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_paused | XEN_DOMINF_hvm_guest));
	/* The next one there is, as a tool walks them; none after the last. */
	op = info_of(0);
	assert_int_equal(op.domain, 0);
	memset(&op, 0, sizeof(op));
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 4, &op), -ESRCH);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 4, &op), -ESRCH);
}

/* Its clock stands still while it is told or set: nobody may do that to itself, and wait for ever. */
static void nobody_asks_for_its_own_clock(void **state)
{
	domid_t self = control->d->domain_id;
	struct xen_domctl op = { 0 };

	assert_int_equal(domctl(XEN_DOMCTL_gettscinfo, self, &op), -EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_settscinfo, self, &op), -EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_gettscinfo, 2, &op), 0);
	assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 2, &op), 0);
}

static void calls_of_another_age_are_refused(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_pausedomain, .interface_version = XEN_DOMCTL_INTERFACE_VERSION - 1,
				 .domain = 2 };
	struct xen_sysctl sys = { .cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION + 1 };

	assert_int_equal(on(control, __HYPERVISOR_domctl, 0, &op, sizeof(op)), -EACCES);
	assert_int_equal(on(control, __HYPERVISOR_sysctl, 0, &sys, sizeof(sys)), -EACCES);
	assert_int_equal(domctl(9999, 2, &op), -ENOSYS);
	assert_int_equal(sysctl(9999, &sys), -ENOSYS);
	assert_int_equal(sysctl(0, &sys), -ENOSYS);
	assert_int_equal(issue(control, __HYPERVISOR_domctl, 64, 0, 0, 0), -EFAULT);
	assert_int_equal(issue(control, __HYPERVISOR_sysctl, 64, 0, 0, 0), -EFAULT);
}

/* What it did and waited for: Serai's own call. */
static void use_is_told(void **state)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_serai_usage *usage = (void *)op.u.pad;
	uint64_t *calls = (void *)(control->arena[0] + 2048);
	struct vcpu *last = guest->d->vcpu[2];

	/* Of one vCPU, and of nobody's calls. */
	last->runstate.time[RUNSTATE_runnable] = 12345;
	last->runstate.state = RUNSTATE_blocked;
	usage->vcpu = 2;
	assert_int_equal(domctl(XEN_DOMCTL_serai_usage, 2, &op), 0);
	assert_int_equal(usage->time[RUNSTATE_runnable], 12345);
	assert_int_equal(usage->nr_calls, NR_HYPERCALLS);
	usage->vcpu = 3; /* there is none of this number */
	assert_int_equal(domctl(XEN_DOMCTL_serai_usage, 2, &op), -ESRCH);
	/* Of all vCPUs' calls, no more than there is room for. */
	guest->d->vcpu[0]->hypercall_calls[3] = 40;
	last->hypercall_calls[3] = 2;
	last->hypercall_calls[63] = 9;
	memset(calls, 0x5a, 65 * sizeof(*calls));
	memset(op.u.pad, 0, sizeof(op.u.pad));
	usage->vcpu = XEN_SERAI_NO_VCPU;
	usage->nr_calls = 4;
	usage->calls.p = (void *)calls;
	assert_int_equal(domctl(XEN_DOMCTL_serai_usage, 2, &op), 0);
	assert_int_equal(usage->nr_calls, NR_HYPERCALLS);
	assert_int_equal(calls[3], 42);
	assert_int_equal(calls[4], 0x5a5a5a5a5a5a5a5a);
	usage->nr_calls = ~0u;
	assert_int_equal(domctl(XEN_DOMCTL_serai_usage, 2, &op), 0);
	assert_int_equal(calls[63], 9);
	assert_int_equal(calls[64], 0x5a5a5a5a5a5a5a5a);
	usage->nr_calls = 4;
	usage->calls.p = (void *)64;
	assert_int_equal(domctl(XEN_DOMCTL_serai_usage, 2, &op), -EFAULT);
	assert_int_equal(domctl(XEN_DOMCTL_serai_usage, 4, &op), -ESRCH);
}

static void pausing_counts(void **state)
{
	struct xen_domctl op = { 0 };

	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 2, &op), 0);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 2, &op), 0);
	assert_false(hyper_can_run(guest, 0));
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, 2, &op), 0);
	assert_true(info_of(2).u.getdomaininfo.flags & XEN_DOMINF_paused);
	assert_false(hyper_can_run(guest, 0));
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, 2, &op), 0);
	assert_true(hyper_can_run(guest, 0));
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, 2, &op), -EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 1, &op), -EINVAL); /* nobody could unpause it */
	for (unsigned int i = 0; i < 255; i++)
		assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 3, &op), 0);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 3, &op), -EOVERFLOW);
}

static void a_shutdown_is_seen_and_undone(void **state)
{
	struct sched_remote_shutdown s = { .domain_id = 2, .reason = SHUTDOWN_suspend };
	struct xen_domctl op = { 0 };
	uint32_t flags;

	assert_int_equal(on(control, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &s, sizeof(s)), 0);
	flags = info_of(2).u.getdomaininfo.flags;
	assert_true(flags & XEN_DOMINF_shutdown);
	assert_int_equal(flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, SHUTDOWN_suspend);
	assert_false(hyper_can_run(guest, 0));
	assert_int_equal(domctl(XEN_DOMCTL_resumedomain, 2, &op), 0);
	assert_true(hyper_can_run(guest, 0));
	assert_false(info_of(2).u.getdomaininfo.flags & XEN_DOMINF_shutdown);
	assert_int_equal(domctl(XEN_DOMCTL_resumedomain, 2, &op), -EINVAL); /* it runs */
	assert_int_equal(domctl(XEN_DOMCTL_resumedomain, 1, &op), -EINVAL); /* the caller */
	s.domain_id = 1;
	assert_int_equal(on(control, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &s, sizeof(s)), -EINVAL);
	s = (struct sched_remote_shutdown){ .domain_id = 2, .reason = SHUTDOWN_MAX + 1 };
	assert_int_equal(on(control, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &s, sizeof(s)), -EINVAL);
	s.reason = 0;
	s.domain_id = 77;
	assert_int_equal(on(control, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &s, sizeof(s)), -ESRCH);
}

static void a_dead_domain_stays_as_long_as_it_is_held(void **state)
{
	struct domain *d = domain_get_by_id(3);
	struct xen_domctl op = { 0 };
	uint32_t flags;

	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 1, &op), -EINVAL); /* the caller */
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 0, &op), -EINVAL); /* the machine's */
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 3, &op), 0);
	flags = info_of(3).u.getdomaininfo.flags;
	assert_true(flags & XEN_DOMINF_dying);
	assert_int_equal(domctl(XEN_DOMCTL_resumedomain, 3, &op), -EINVAL);
	domain_put(d);
	hyper_settle();
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 3, &op), -ESRCH);
}

/* A domain of so many vCPUs, none of which is made yet. */
static struct domain *make_empty(domid_t id, unsigned int vcpus)
{
	struct xen_domctl op = { .u.createdomain = { .max_vcpus = vcpus, .max_evtchn_port = 1023, .max_grant_frames = 4,
						    .max_maptrack_frames = 2, .grant_opts = 1 } };
	struct domain *d;

	assert_int_equal(domctl(XEN_DOMCTL_createdomain, id, &op), 0);
	d = domain_get_by_id(id);
	domain_put(d); /* it stays while nobody destroys it */
	return d;
}

static void making_vcpus_gives_way(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_max_vcpus, .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = 9,
				 .u.max_vcpus.max = 6 };
	struct domain *d = make_empty(9, 6);
	unsigned long arg[6] = { arena(control, &op, sizeof(op)) };
	struct vcpu *first;

	hyper_preempt_in = 2; /* it asks before each but the first */
	assert_int_equal(hyper_call(control, 0, __HYPERVISOR_domctl, arg), -ERESTART);
	first = d->vcpu[0];
	assert_non_null(first);
	assert_non_null(d->vcpu[2]);
	assert_null(d->vcpu[3]);
	assert_int_equal(hyper_call(control, 0, -1, arg), 0);
	assert_ptr_equal(d->vcpu[0], first);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(d->vcpu[i]->vcpu_id, i);
}

static int objects_then;

static void note_objects(void)
{
	if (!objects_then)
		objects_then = hyper_live_objects;
}

/* The end of a domain of many vCPUs: other soft interrupts, even those that come after it, need not wait for all of it. */
static void freeing_vcpus_lets_others_in(void **state)
{
	struct xen_domctl op = { .u.max_vcpus.max = 6 };
	int before = hyper_live_objects, full;

	make_empty(9, 6);
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, 9, &op), 0);
	full = hyper_live_objects;
	open_softirq(SOFTIRQ_MOVE_PIRQS, note_objects);
	objects_then = 0;
	op = (struct xen_domctl){ 0 };
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 9, &op), 0);
	raise_softirq(SOFTIRQ_MOVE_PIRQS);
	hyper_settle();
	open_softirq(SOFTIRQ_MOVE_PIRQS, NULL);
	assert_in_range(objects_then, before + 1, full - 1);
	assert_int_equal(hyper_live_objects, before);
}

static void identity_memory_and_clock_are_as_told(void **state)
{
	struct xen_domctl op = { 0 };

	memset(op.u.setdomainhandle.handle, 0x5a, 16);
	assert_int_equal(domctl(XEN_DOMCTL_setdomainhandle, 2, &op), 0);
	op = info_of(2);
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(op.u.getdomaininfo.handle[i], 0x5a);
	assert_int_equal(issue(guest, __HYPERVISOR_xen_version, 8 /* guest_handle */, (unsigned long)guest->arena[0], 0, 0), 0);
	assert_memory_equal(guest->arena[0], op.u.getdomaininfo.handle, 16);
	memset(&op, 0, sizeof(op));
	op.u.max_mem.max_memkb = 8;
	assert_int_equal(domctl(XEN_DOMCTL_max_mem, 2, &op), 0);
	assert_int_equal(info_of(2).u.getdomaininfo.max_pages, 2);
	op.u.max_mem.max_memkb = ~0ull;
	assert_int_equal(domctl(XEN_DOMCTL_max_mem, 2, &op), 0);
	assert_int_equal(guest->d->max_pages, ~0u);
	memset(&op, 0, sizeof(op));
	op.u.settimeoffset.time_offset_seconds = -3600;
	assert_int_equal(domctl(XEN_DOMCTL_settimeoffset, 2, &op), 0);
	assert_int_equal(guest->d->time_offset_seconds, -3600);
}

static void new_domains_have_sane_limits(void **state)
{
	static const struct {
		uint32_t flags, vcpus, grant_opts, iommu, vmtrace;
		int rc;
	} bad[] = {
		{ XEN_DOMCTL_CDF_MAX << 1, 1, 1, 0, 0, -EINVAL },
		{ XEN_DOMCTL_CDF_nested_virt, 1, 1, 0, 0, -EOPNOTSUPP },
		{ XEN_DOMCTL_CDF_iommu, 1, 1, 0, 0, -EINVAL },
		{ 0, 1, 1, 1, 0, -EINVAL },
		{ 0, 1, 1, 0, 4096, -EOPNOTSUPP },
		{ 0, 0, 1, 0, 0, -EINVAL },
		{ 0, 100000, 1, 0, 0, -EINVAL },
		{ 0, 1, 0, 0, 0, -EINVAL },
		{ 0, 1, 3, 0, 0, -EINVAL },
	};
	struct xen_domctl op = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&op, 0, sizeof(op));
		op.u.createdomain = (struct xen_domctl_createdomain){ .flags = bad[i].flags, .max_vcpus = bad[i].vcpus,
			.grant_opts = bad[i].grant_opts, .iommu_opts = bad[i].iommu, .vmtrace_size = bad[i].vmtrace,
			.max_evtchn_port = 63, .max_grant_frames = 4, .max_maptrack_frames = 1 };
		assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), bad[i].rc);
	}
	op.u.createdomain = (struct xen_domctl_createdomain){ .max_vcpus = 1, .grant_opts = 1, .max_evtchn_port = 63,
							      .max_grant_frames = 4, .max_maptrack_frames = 1 };
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 2, &op), -EEXIST);
	/* Ids come in a circle: a freed one is not used again at once. */
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
	domid_t first = op.domain;

	assert_true(first > 3);
	memset(&op.u, 0, sizeof(op.u));
	op.u.max_vcpus.max = 2;
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, first, &op), -EINVAL); /* one was said */
	op.u.max_vcpus.max = 1;
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, first, &op), 0);
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, first, &op), 0);
	hyper_settle();
	memset(&op, 0, sizeof(op));
	op.u.createdomain = (struct xen_domctl_createdomain){ .max_vcpus = 1, .grant_opts = 1, .max_evtchn_port = 63,
							      .max_grant_frames = 4, .max_maptrack_frames = 1 };
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
	assert_true(op.domain != first);
}

/* ---- rights ---- */

static void nobody_gives_what_he_has_not(void **state)
{
	struct xen_domctl op = { 0 };

	op.u.iomem_permission = (struct xen_domctl_iomem_permission){ 0x200000, 1, 1 };
	assert_int_equal(domctl(XEN_DOMCTL_iomem_permission, 2, &op), -EPERM);
	op.u.iomem_permission = (struct xen_domctl_iomem_permission){ 0x100000, 0, 1 };
	assert_int_equal(domctl(XEN_DOMCTL_iomem_permission, 2, &op), -EINVAL);
	op.u.iomem_permission = (struct xen_domctl_iomem_permission){ ~0ull, 2, 1 };
	assert_int_equal(domctl(XEN_DOMCTL_iomem_permission, 2, &op), -EINVAL);
	op.u.iomem_permission = (struct xen_domctl_iomem_permission){ 0x100000, 4, 1 };
	assert_int_equal(domctl(XEN_DOMCTL_iomem_permission, 2, &op), 0);
	assert_true(rangeset_contains(guest->d->iomem_caps, 0x100000, 0x100003));
	op.u.iomem_permission.allow_access = 0;
	assert_int_equal(domctl(XEN_DOMCTL_iomem_permission, 2, &op), 0);
	assert_false(rangeset_contains(guest->d->iomem_caps, 0x100000, 0x100000));

	memset(&op, 0, sizeof(op));
	op.u.ioport_permission = (struct xen_domctl_ioport_permission){ 0xfff0, 17, 1 };
	assert_int_equal(domctl(XEN_DOMCTL_ioport_permission, 2, &op), -EINVAL);
	op.u.ioport_permission = (struct xen_domctl_ioport_permission){ 0x3f8, 8, 1 };
	assert_int_equal(domctl(XEN_DOMCTL_ioport_permission, 2, &op), 0);
	assert_true(rangeset_contains(guest->d->ioport_caps, 0x3f8, 0x3ff));

	memset(&op, 0, sizeof(op));
	op.u.irq_permission = (struct xen_domctl_irq_permission){ .pirq = 18, .allow_access = 1 };
	assert_int_equal(domctl(XEN_DOMCTL_irq_permission, 2, &op), 0);
	op.u.irq_permission.pirq = 22;
	assert_int_equal(domctl(XEN_DOMCTL_irq_permission, 2, &op), -EPERM);

	memset(&op, 0, sizeof(op));
	op.u.set_virq_handler.virq = 0; /* the timer's: a vCPU's own */
	assert_true(domctl(XEN_DOMCTL_set_virq_handler, 2, &op) < 0);
	op.u.set_virq_handler.virq = VIRQ_DOM_EXC;
	assert_int_equal(domctl(XEN_DOMCTL_set_virq_handler, 2, &op), 0);
}

/* ---- vCPUs and their share ---- */

static void vcpus_are_described(void **state)
{
	struct xen_domctl op = { 0 };

	op.u.getvcpuinfo.vcpu = 1;
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, 2, &op), 0);
	assert_int_equal(op.u.getvcpuinfo.online, 1);
	assert_int_equal(op.u.getvcpuinfo.running, 0);
	op.u.getvcpuinfo.vcpu = 2;
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, 2, &op), 0);
	assert_int_equal(op.u.getvcpuinfo.online, 0);
	op.u.getvcpuinfo.vcpu = 3;
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, 2, &op), -ESRCH);
	memset(&op, 0, sizeof(op));
	op.u.sendtrigger = (struct xen_domctl_sendtrigger){ .trigger = XEN_DOMCTL_SENDTRIGGER_NMI, .vcpu = 1 };
	assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 2, &op), 0);
	op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_SLEEP;
	assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 2, &op), -ENOSYS);
	op.u.sendtrigger = (struct xen_domctl_sendtrigger){ .trigger = XEN_DOMCTL_SENDTRIGGER_NMI, .vcpu = 7 };
	assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 2, &op), -ESRCH);
}

static struct xenctl_bitmap bitmap_at(unsigned int at, uint32_t nr_bits)
{
	struct xenctl_bitmap b = { .nr_bits = nr_bits };

	b.bitmap.p = room(control, at);
	return b;
}

static void affinity_is_kept_and_told(void **state)
{
	struct xen_domctl op = { 0 };

	op.u.vcpuaffinity = (struct xen_domctl_vcpuaffinity){ .vcpu = 1, .flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT,
		.cpumap_hard = bitmap_at(0, 3), .cpumap_soft = bitmap_at(16, 128) };
	memset(room(control, 0), 0xff, 64);
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 2, &op), 0);
	/* Of what was asked for, what can be used: one CPU is there. Bits past the map's end are untouched. */
	assert_int_equal(room(control, 0)[0], 1);
	assert_int_equal(room(control, 0)[1], 0xff);
	assert_int_equal(room(control, 0)[16], 1);
	memset(room(control, 0), 0xff, 64);
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 2, &op), 0);
	assert_int_equal(room(control, 0)[0], 7); /* what was asked for, in three bits */
	op.u.vcpuaffinity.cpumap_hard = bitmap_at(0, 8);
	room(control, 0)[0] = 2; /* no such CPU */
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 2, &op), -EINVAL);
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_FORCE;
	room(control, 0)[0] = 1;
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 2, &op), 0);
	op.u.vcpuaffinity.cpumap_hard.bitmap.p = (void *)64;
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 2, &op), -EFAULT);
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 2, &op), -EFAULT);
	op.u.vcpuaffinity.cpumap_hard = bitmap_at(0, ~0u); /* half a gigabyte of zeroes */
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 2, &op), -EINVAL);
	op.u.vcpuaffinity.flags = 0;
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 2, &op), -EINVAL);
	op.u.vcpuaffinity.vcpu = 9;
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 2, &op), -EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 2, &op), -ESRCH);
}

static void there_is_one_node(void **state)
{
	struct xen_domctl op = { 0 };

	op.u.nodeaffinity.nodemap = bitmap_at(0, 64);
	memset(room(control, 0), 0xff, 16);
	assert_int_equal(domctl(XEN_DOMCTL_getnodeaffinity, 2, &op), 0);
	assert_int_equal(*(uint64_t *)(void *)room(control, 0), 1);
	assert_int_equal(domctl(XEN_DOMCTL_setnodeaffinity, 2, &op), 0);
	room(control, 0)[0] = 6;
	assert_int_equal(domctl(XEN_DOMCTL_setnodeaffinity, 2, &op), -EINVAL);
	op.u.nodeaffinity.nodemap.bitmap.p = (void *)64;
	assert_int_equal(domctl(XEN_DOMCTL_setnodeaffinity, 2, &op), -EFAULT);
}

static void weight_and_cap_are_kept(void **state)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_scheduler_op *s = &op.u.scheduler_op;

	*s = (struct xen_domctl_scheduler_op){ .sched_id = XEN_SCHEDULER_CREDIT2, .cmd = XEN_DOMCTL_SCHEDOP_putinfo };
	s->u.credit2.weight = 512;
	s->u.credit2.cap = 50;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 2, &op), 0);
	s->u.credit2.weight = 0; /* as it is */
	s->u.credit2.cap = 25;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 2, &op), 0);
	s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	memset(&s->u, 0, sizeof(s->u));
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 2, &op), 0);
	assert_int_equal(s->u.credit2.weight, 512);
	assert_int_equal(s->u.credit2.cap, 25);
	s->cmd = XEN_DOMCTL_SCHEDOP_getvcpuinfo;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 2, &op), -EINVAL);
	s->cmd = 77;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 2, &op), -EINVAL);
	s->sched_id = XEN_SCHEDULER_RTDS;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 2, &op), -EINVAL);
}

/* ---- the machine ---- */

static void the_machine_is_described(void **state)
{
	struct xen_memory_reservation claim = { 0 };
	struct xen_sysctl op = { 0 };

	assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &op), 0);
	assert_int_equal(op.u.physinfo.nr_cpus, 1);
	assert_int_equal(op.u.physinfo.max_cpu_id, 0);
	assert_int_equal(op.u.physinfo.total_pages, HYPER_FRAMES);
	assert_int_equal(op.u.physinfo.free_pages, free_pages_count());
	assert_int_equal(op.u.physinfo.outstanding_pages, 0);
	assert_true(op.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_pv);
	claim.nr_extents = other->d->tot_pages + 3;
	claim.domid = other->d->domain_id;
	assert_int_equal(on(control, __HYPERVISOR_memory_op, XENMEM_claim_pages, &claim, sizeof(claim)), 0);
	assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &op), 0);
	assert_int_equal(op.u.physinfo.outstanding_pages, 3);
	claim.nr_extents = 0;
	assert_int_equal(on(control, __HYPERVISOR_memory_op, XENMEM_claim_pages, &claim, sizeof(claim)), 0);
	memset(&op, 0, sizeof(op));
	assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, &op), 0); /* how many are there? */
	assert_int_equal(op.u.cputopoinfo.num_cpus, 1);
	op.u.cputopoinfo.num_cpus = 9;
	op.u.cputopoinfo.cputopo.p = (void *)room(control, 0);
	assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, &op), 0);
	assert_int_equal(op.u.cputopoinfo.num_cpus, 1);
	op.u.cputopoinfo.cputopo.p = (void *)64;
	assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, &op), -EFAULT);
	memset(&op, 0, sizeof(op));
	assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), 0);
	assert_int_equal(op.u.numainfo.num_nodes, 1);
	op.u.numainfo.meminfo.p = (void *)room(control, 0);
	op.u.numainfo.distance.p = (void *)room(control, 64);
	assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), 0);
	assert_int_equal(*(uint32_t *)(void *)room(control, 64), 10);
	assert_int_equal(((struct xen_sysctl_meminfo *)(void *)room(control, 0))->memfree, free_pages_count() << PAGE_SHIFT);
	op.u.numainfo.distance.p = (void *)64;
	assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), -EFAULT);
	memset(&op, 0, sizeof(op));
	op.u.pcitopoinfo.num_devs = 2;
	op.u.pcitopoinfo.nodes.p = (void *)room(control, 0);
	assert_int_equal(sysctl(XEN_SYSCTL_pcitopoinfo, &op), 0);
	assert_int_equal(*(uint32_t *)(void *)room(control, 4), XEN_INVALID_NODE_ID);
	op.u.pcitopoinfo.num_devs = 5000;
	assert_int_equal(sysctl(XEN_SYSCTL_pcitopoinfo, &op), -E2BIG);
	memset(&op, 0, sizeof(op));
	op.u.getcpuinfo.max_cpus = 4;
	op.u.getcpuinfo.info.p = (void *)room(control, 0);
	assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo, &op), 0);
	assert_int_equal(op.u.getcpuinfo.nr_cpus, 1);
	op.u.getcpuinfo.info.p = (void *)64;
	assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo, &op), -EFAULT);
	assert_int_equal(sysctl(XEN_SYSCTL_get_cpu_levelling_caps, &op), 0);
	assert_int_equal(op.u.cpu_levelling_caps.caps, 0);
}

static void free_memory_is_told_by_address(void **state)
{
	struct xen_sysctl op = { 0 };

	op.u.availheap.node = 1;
	assert_int_equal(sysctl(XEN_SYSCTL_availheap, &op), -EINVAL);
	op.u.availheap.node = -1; /* all */
	assert_int_equal(sysctl(XEN_SYSCTL_availheap, &op), 0);
	assert_int_equal(op.u.availheap.avail_bytes, free_pages_count() << PAGE_SHIFT);
	op.u.availheap.max_bitwidth = 32;
	assert_int_equal(sysctl(XEN_SYSCTL_availheap, &op), 0);
	assert_int_equal(op.u.availheap.avail_bytes, free_pages_count() << PAGE_SHIFT);
	op.u.availheap.min_bitwidth = 20;
	assert_int_equal(sysctl(XEN_SYSCTL_availheap, &op), -EINVAL);
}

static void all_domains_are_listed(void **state)
{
	struct xen_domctl_getdomaininfo *list = (void *)room(control, 0);
	struct xen_sysctl op = { 0 };

	op.u.getdomaininfolist.max_domains = 8;
	op.u.getdomaininfolist.buffer.p = list;
	assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
	assert_int_equal(op.u.getdomaininfolist.num_domains, 4);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(list[i].domain, i);
	op.u.getdomaininfolist.first_domain = 2;
	op.u.getdomaininfolist.max_domains = 1;
	assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
	assert_int_equal(op.u.getdomaininfolist.num_domains, 1);
	assert_int_equal(list[0].domain, 2);
	op.u.getdomaininfolist.buffer.p = (void *)64;
	assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), -EFAULT);
}

static void listing_gives_way_between_domains(void **state)
{
	struct xen_domctl_getdomaininfo *list = (void *)room(control, 0);

	for (int first = 0; first < 3; first++)
		for (int at = 0; at <= 4; at++) { /* looks at "should I stop?" before the one that says yes */
			struct xen_sysctl op = { 0 };

			memset(list, 0xff, 5 * sizeof(*list));
			op.u.getdomaininfolist.first_domain = (domid_t)first;
			op.u.getdomaininfolist.max_domains = 4;
			op.u.getdomaininfolist.num_domains = 77;
			op.u.getdomaininfolist.buffer.p = list;
			hyper_preempt_in = at;
			assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
			assert_int_equal(hyper_preempt_in, at < 4 - first ? -1 : at - (4 - first));
			hyper_preempt_in = -1;
			assert_int_equal(op.cmd, XEN_SYSCTL_getdomaininfolist);
			assert_int_equal(op.u.getdomaininfolist.first_domain, first);
			assert_int_equal(op.u.getdomaininfolist.num_domains, 4 - first);
			for (int i = 0; i < 4 - first; i++)
				assert_int_equal(list[i].domain, first + i);
			assert_int_equal(list[4 - first].domain, 0xffff);
		}
}

/* What looks like the cursor of a call that gave way is none where no call gives way. */
static void other_sysctls_take_no_cursor(void **state)
{
	struct xen_sysctl op = { 0 };

	assert_int_equal(sysctl(XEN_SYSCTL_physinfo | 1u << 16, &op), -ENOSYS);
}

static long pool_op(uint32_t what, struct xen_sysctl_cpupool_op *p)
{
	struct xen_sysctl op = { 0 };
	long rc;

	p->op = what;
	op.u.cpupool_op = *p;
	rc = sysctl(XEN_SYSCTL_cpupool_op, &op);
	*p = op.u.cpupool_op;
	return rc;
}

static void pools_come_and_go(void **state)
{
	struct xen_sysctl_cpupool_op p = { .cpupool_id = 0, .cpumap = bitmap_at(0, 64) };
	struct xen_sysctl op = { 0 };

	assert_int_equal(sysctl(XEN_SYSCTL_sched_id, &op), 0);
	assert_int_equal(op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, &p), 0);
	assert_int_equal(p.cpupool_id, 0);
	assert_int_equal(p.n_dom, 4);
	assert_int_equal(room(control, 0)[0], 1);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, &p), 0);
	assert_int_equal(room(control, 0)[0], 0);
	p.cpupool_id = XEN_SYSCTL_CPUPOOL_PAR_ANY;
	p.sched_id = XEN_SCHEDULER_CREDIT2;
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_CREATE, &p), 0);
	assert_int_equal(p.cpupool_id, 1);
	p.domid = 1;
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, &p), -EPERM); /* the caller */
	p.domid = 77;
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, &p), -ESRCH);
	p.domid = 2;
	assert_true(pool_op(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, &p) < 0); /* no CPU there */
	p.cpu = 0;
	assert_true(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, &p) < 0); /* it is pool 0's */
	assert_true(pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, &p) < 0);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_DESTROY, &p), 0);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, &p), -ENOENT);
	assert_int_equal(pool_op(99, &p), -ENOSYS);
	memset(&op, 0, sizeof(op));
	op.u.scheduler_op = (struct xen_sysctl_scheduler_op){ .sched_id = XEN_SCHEDULER_CREDIT2,
							      .cmd = XEN_SYSCTL_SCHEDOP_putinfo };
	op.u.scheduler_op.u.sched_credit2.ratelimit_us = 2000;
	assert_int_equal(sysctl(XEN_SYSCTL_scheduler_op, &op), 0);
	op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	op.u.scheduler_op.u.sched_credit2.ratelimit_us = 0;
	assert_int_equal(sysctl(XEN_SYSCTL_scheduler_op, &op), 0);
	assert_int_equal(op.u.scheduler_op.u.sched_credit2.ratelimit_us, 2000);
	op.u.scheduler_op.cmd = 9;
	assert_int_equal(sysctl(XEN_SYSCTL_scheduler_op, &op), -EINVAL);
}

/* ---- what memory_op tells ---- */

static long memory(struct guest *g, unsigned long cmd, void *data, size_t len)
{
	return on(g, __HYPERVISOR_memory_op, cmd, data, len);
}

static void memory_maps_are_as_set(void **state)
{
	struct e820entry map[2] = { { 0, 0xa0000, 1 }, { 0x100000, 0x400000, 1 } };
	struct xen_foreign_memory_map set = { .domid = 2, .map = { .nr_entries = 2 } };
	struct xen_memory_map get = { .nr_entries = 8 };

	get.buffer.p = (void *)room(guest, 0);
	assert_int_equal(memory(guest, XENMEM_memory_map, &get, sizeof(get)), -ENOSYS); /* none yet */
	memcpy(room(control, 0), map, sizeof(map));
	set.map.buffer.p = (void *)room(control, 0);
	assert_int_equal(memory(control, XENMEM_set_memory_map, &set, sizeof(set)), 0);
	assert_int_equal(memory(control, XENMEM_set_memory_map, &set, sizeof(set)), 0); /* again */
	assert_int_equal(memory(guest, XENMEM_memory_map, &get, sizeof(get)), 0);
	assert_int_equal(get.nr_entries, 2);
	assert_memory_equal(room(guest, 0), map, sizeof(map));
	get.buffer.p = (void *)64;
	assert_int_equal(memory(guest, XENMEM_memory_map, &get, sizeof(get)), -EFAULT);
	set.map.nr_entries = 1000;
	assert_int_equal(memory(control, XENMEM_set_memory_map, &set, sizeof(set)), -E2BIG);
	set.map.nr_entries = 1;
	set.map.buffer.p = (void *)64;
	assert_int_equal(memory(control, XENMEM_set_memory_map, &set, sizeof(set)), -EFAULT);
	set.domid = 77;
	assert_int_equal(memory(control, XENMEM_set_memory_map, &set, sizeof(set)), -ESRCH);

	hv_e820[0] = (struct e820entry){ 0, 0x800000, 1 };
	nr_hv_e820 = 1;
	get = (struct xen_memory_map){ .nr_entries = 8 };
	assert_int_equal(memory(guest, XENMEM_machine_memory_map, &get, sizeof(get)), -EPERM);
	assert_int_equal(memory(control, XENMEM_machine_memory_map, &get, sizeof(get)), 0); /* how many? */
	assert_int_equal(get.nr_entries, 1);
	get.buffer.p = (void *)room(control, 0);
	assert_int_equal(memory(control, XENMEM_machine_memory_map, &get, sizeof(get)), 0);
	assert_memory_equal(room(control, 0), hv_e820, sizeof(*hv_e820));
	get.buffer.p = (void *)64;
	assert_int_equal(memory(control, XENMEM_machine_memory_map, &get, sizeof(get)), -EFAULT);
	nr_hv_e820 = 0;
}

static void the_frame_number_table_is_told(void **state)
{
	struct xen_machphys_mfn_list list = { .max_extents = 8 };
	struct xen_machphys_mapping where = { 0 };
	uint64_t *mfns = (void *)room(guest, 0);

	list.extent_start.p = (void *)mfns;
	assert_int_equal(memory(guest, XENMEM_machphys_mfn_list, &list, sizeof(list)), 0);
	assert_int_equal(list.nr_extents, 2);
	assert_int_equal(mfns[0], 5);
	list.extent_start.p = (void *)64;
	assert_int_equal(memory(guest, XENMEM_machphys_mfn_list, &list, sizeof(list)), -EFAULT);
	assert_int_equal(memory(guest, XENMEM_machphys_mapping, &where, sizeof(where)), 0);
	assert_int_equal((where.v_end - where.v_start) / 8, where.max_mfn + 1);
}

static void figures_of_memory_are_told(void **state)
{
	struct xen_memory_domain m = { .domid = DOMID_SELF };
	struct xen_pod_target t = { .domid = 2, .target_pages = 7 };
	struct xen_reserved_device_memory_map r = { .nr_entries = 5 };

	assert_int_equal(memory(guest, XENMEM_current_reservation, &m, sizeof(m)), guest->d->tot_pages);
	assert_int_equal(memory(guest, XENMEM_maximum_reservation, &m, sizeof(m)), 400);
	guest->d->shared_info->arch.max_pfn = 300;
	assert_int_equal(memory(guest, XENMEM_maximum_gpfn, &m, sizeof(m)), 299);
	assert_int_equal(memory(guest, XENMEM_maximum_ram_page, &m, sizeof(m)), HYPER_FRAMES - 1);
	m.domid = 77;
	assert_int_equal(memory(control, XENMEM_current_reservation, &m, sizeof(m)), -ESRCH);
	assert_int_equal(memory(guest, XENMEM_set_pod_target, &t, sizeof(t)), -EPERM);
	assert_int_equal(memory(control, XENMEM_set_pod_target, &t, sizeof(t)), 0);
	assert_int_equal(t.tot_pages, guest->d->tot_pages);
	assert_int_equal(t.pod_entries, 0);
	t.domid = 77;
	assert_int_equal(memory(control, XENMEM_get_pod_target, &t, sizeof(t)), -ESRCH);
	assert_int_equal(memory(guest, XENMEM_get_sharing_freed_pages, &t, sizeof(t)), 0);
	assert_int_equal(memory(guest, XENMEM_get_vnumainfo, &t, sizeof(t)), -EOPNOTSUPP);
	assert_int_equal(memory(guest, XENMEM_reserved_device_memory_map, &r, sizeof(r)), 0);
	assert_int_equal(r.nr_entries, 0);
	r.flags = ~0u;
	assert_int_equal(memory(guest, XENMEM_reserved_device_memory_map, &r, sizeof(r)), -EINVAL);
	assert_int_equal(memory(guest, 63, &r, sizeof(r)), -ENOSYS);
	assert_int_equal(issue(guest, __HYPERVISOR_memory_op, XENMEM_set_pod_target, 64, 0, 0), -EFAULT);
}

/* A PV guest has no physical map: each form is refused, and the batch's errors are told one by one. */
static void pv_guests_have_no_physical_map(void **state)
{
	struct xen_add_to_physmap one = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table };
	struct xen_add_to_physmap_batch many = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .size = 3 };
	struct xen_remove_from_physmap gone = { .domid = DOMID_SELF };
	int *errs = (void *)room(guest, 256);

	assert_int_equal(memory(guest, XENMEM_add_to_physmap, &one, sizeof(one)), -EACCES);
	one.space = XENMAPSPACE_gmfn_range;
	one.size = 3;
	assert_int_equal(memory(guest, XENMEM_add_to_physmap, &one, sizeof(one)), -EACCES);
	one.space = XENMAPSPACE_gmfn_foreign;
	assert_int_equal(memory(guest, XENMEM_add_to_physmap, &one, sizeof(one)), -EINVAL);
	one = (struct xen_add_to_physmap){ .domid = 3, .space = XENMAPSPACE_grant_table };
	assert_int_equal(memory(guest, XENMEM_add_to_physmap, &one, sizeof(one)), -EPERM);
	many.idxs.p = (void *)room(guest, 0);
	many.gpfns.p = (void *)room(guest, 64);
	many.errs.p = errs;
	hyper_preempt_in = 0; /* and it goes on where it was interrupted */
	assert_int_equal(memory(guest, XENMEM_add_to_physmap_batch, &many, sizeof(many)), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(errs[i], -EACCES);
	many.errs.p = (void *)64;
	assert_int_equal(memory(guest, XENMEM_add_to_physmap_batch, &many, sizeof(many)), -EFAULT);
	many.space = XENMAPSPACE_gmfn_range;
	assert_int_equal(memory(guest, XENMEM_add_to_physmap_batch, &many, sizeof(many)), -EINVAL);
	many.space = XENMAPSPACE_gmfn_foreign;
	assert_int_equal(memory(guest, XENMEM_add_to_physmap_batch, &many, sizeof(many)), -EOPNOTSUPP);
	many = (struct xen_add_to_physmap_batch){ .domid = 3 };
	assert_int_equal(memory(guest, XENMEM_add_to_physmap_batch, &many, sizeof(many)), -EPERM);
	assert_int_equal(memory(guest, XENMEM_remove_from_physmap, &gone, sizeof(gone)), -EACCES);
	gone.domid = 3;
	assert_int_equal(memory(guest, XENMEM_remove_from_physmap, &gone, sizeof(gone)), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_domain_is_described_as_it_is),
		CASE(calls_of_another_age_are_refused),
		CASE(nobody_asks_for_its_own_clock),
		CASE(use_is_told),
		CASE(pausing_counts),
		CASE(a_shutdown_is_seen_and_undone),
		CASE(a_dead_domain_stays_as_long_as_it_is_held),
		CASE(making_vcpus_gives_way),
		CASE(freeing_vcpus_lets_others_in),
		CASE(identity_memory_and_clock_are_as_told),
		CASE(new_domains_have_sane_limits),
		CASE(nobody_gives_what_he_has_not),
		CASE(vcpus_are_described),
		CASE(affinity_is_kept_and_told),
		CASE(there_is_one_node),
		CASE(weight_and_cap_are_kept),
		CASE(the_machine_is_described),
		CASE(free_memory_is_told_by_address),
		CASE(all_domains_are_listed),
		CASE(listing_gives_way_between_domains),
		CASE(other_sysctls_take_no_cursor),
		CASE(pools_come_and_go),
		CASE(memory_maps_are_as_set),
		CASE(the_frame_number_table_is_told),
		CASE(figures_of_memory_are_told),
		CASE(pv_guests_have_no_physical_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
