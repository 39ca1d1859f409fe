/* SPDX-License-Identifier: MIT */
/* sysctl: scheduler parameters and CPU pools. */
#include <hv/control.h>
#include <hv/cpupool.h>
#include <public/sysctl.h>
#include <asm/current.h>
#include "handlers.h"

int sysctl_sched_id(struct xen_sysctl *op)
{
	struct cpupool_info pool0;
	int rc = cpupool_get_info(0, &pool0);

	op->u.sched_id.sched_id = pool0.sched_id;
	return rc;
}

static int pool_info(struct xen_sysctl_cpupool_op *p)
{
	struct cpupool_info info;
	int rc = cpupool_get_info(p->cpupool_id, &info);

	if (rc)
		return rc;
	p->cpupool_id = info.id;
	p->sched_id = info.sched_id;
	p->n_dom = info.nr_domains;
	return cpumask_to_bitmap(&p->cpumap, &info.cpus);
}

static int free_info(struct xen_sysctl_cpupool_op *p)
{
	cpumask_t cpus;

	cpupool_free_cpus(&cpus);
	return cpumask_to_bitmap(&p->cpumap, &cpus);
}

static int move_domain(const struct xen_sysctl_cpupool_op *p)
{
	struct domain *d = p->domid < DOMID_FIRST_RESERVED ? domain_get_by_id((domid_t)p->domid) : NULL;
	int rc;

	if (!d)
		return trace_err(-ESRCH);
	if (d == current->domain) {
		rc = trace_err(-EPERM);
	} else {
		spin_lock(&d->domctl_lock);
		rc = cpupool_move_domain(d, p->cpupool_id);
		spin_unlock(&d->domctl_lock);
	}
	domain_put(d);
	return rc;
}

int sysctl_cpupool(struct xen_sysctl *op)
{
	struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;

	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return pool_info(p);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return free_info(p);
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		return cpupool_create(&p->cpupool_id, p->sched_id);
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
		return cpupool_destroy(p->cpupool_id);
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
		return cpupool_add_cpu(p->cpupool_id, p->cpu);
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return cpupool_remove_cpu(p->cpupool_id, p->cpu);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return move_domain(p);
	default:
		return trace_err(-ENOSYS);
	}
}

int sysctl_scheduler(struct xen_sysctl *op)
{
	struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;

	switch (s->cmd) {
	case XEN_SYSCTL_SCHEDOP_getinfo:
		return cpupool_get_ratelimit(s->cpupool_id, s->sched_id, &s->u.sched_credit2.ratelimit_us);
	case XEN_SYSCTL_SCHEDOP_putinfo:
		return cpupool_set_ratelimit(s->cpupool_id, s->sched_id, s->u.sched_credit2.ratelimit_us);
	default:
		return trace_err(-EINVAL);
	}
}
