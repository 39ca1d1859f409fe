/* SPDX-License-Identifier: MIT */
/* domctl: vCPUs, where they may run, and their domain's share. */
#include <hv/control.h>
#include <hv/cpupool.h>
#include <public/domctl.h>
#include "handlers.h"

int domctl_get_vcpu_info(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	struct vcpu *v = domain_vcpu(d, info->vcpu);
	struct vcpu_runstate_info rs;

	if (!v)
		return trace_err(-ESRCH);
	vcpu_runstate_get(v, &rs);
	info->online = !(READ_ONCE(v->pause_flags) & (1ul << VPF_DOWN));
	info->blocked = !!(READ_ONCE(v->pause_flags) & (1ul << VPF_BLOCKED | 1ul << VPF_IO));
	info->running = READ_ONCE(v->is_running);
	info->cpu_time = rs.time[RUNSTATE_running];
	info->cpu = v->processor;
	return 0;
}

int domctl_get_affinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = domain_vcpu(d, a->vcpu);
	int rc = 0;

	if (!v)
		return trace_err(-ESRCH);
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = cpumask_to_bitmap(&a->cpumap_hard, &v->sched.hard_affinity);
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = cpumask_to_bitmap(&a->cpumap_soft, &v->sched.soft_affinity);
	return rc;
}

/* What was asked for is stored; what comes back is what of it can be used now. */
static int set_one(struct vcpu *v, const struct xenctl_bitmap *map, int (*set)(struct vcpu *, const cpumask_t *))
{
	cpumask_t wanted, can;
	int rc = cpumask_from_bitmap(&wanted, map);

	if (!rc)
		rc = set(v, &wanted);
	if (!rc) {
		can = sched_allowed(v);
		wanted = cpumask_and(&wanted, &can);
		rc = cpumask_to_bitmap(map, &wanted);
	}
	return rc;
}

int domctl_set_affinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = domain_vcpu(d, a->vcpu);
	int rc = 0;

	if (!v || !(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
		return trace_err(-EINVAL);
	if (a->flags & XEN_VCPUAFFINITY_FORCE)
		vcpu_pin_override(v, -1); /* nothing to undo is fine */
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = set_one(v, &a->cpumap_hard, vcpu_set_hard_affinity);
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = set_one(v, &a->cpumap_soft, vcpu_set_soft_affinity);
	return rc;
}

int domctl_scheduler(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->sched_id != cpupool_sched_id(d))
		return trace_err(-EINVAL);
	if (s->cmd > XEN_DOMCTL_SCHEDOP_getvcpuinfo)
		return trace_err(-EINVAL);
	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return 0; /* nothing to set */
	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		s->u.credit2.weight = d->sched.weight;
		s->u.credit2.cap = d->sched.cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		if (s->u.credit2.weight)
			d->sched.weight = s->u.credit2.weight;
		return sched_set_cap(d, s->u.credit2.cap);
	default:
		return trace_err(-EINVAL);
	}
}

/* One node: its affinity is always node 0. */
int domctl_get_node_affinity(struct domain *d, struct xen_domctl *op)
{
	cpumask_t node0 = cpumask_of(0);

	return cpumask_to_bitmap(&op->u.nodeaffinity.nodemap, &node0);
}

int domctl_set_node_affinity(struct domain *d, struct xen_domctl *op)
{
	cpumask_t nodes;
	int rc = cpumask_from_bitmap(&nodes, &op->u.nodeaffinity.nodemap);

	return rc ? rc : cpumask_test(&nodes, 0) ? 0 : trace_err(-EINVAL);
}
