/* SPDX-License-Identifier: MIT */
/* sysctl: scheduler and CPU pools. There is one pool, 0, with every CPU and domain. */
#include <hv/control.h>
#include <public/sysctl.h>
#include "handlers.h"

uint32_t sched_ratelimit_us = 1000;

int sysctl_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

static uint32_t count_domains(void)
{
	uint32_t n = 0;
	domid_t next = 0;
	struct domain *d;

	while ((d = domain_get_next(next)) != NULL) {
		next = (domid_t)(d->domain_id + 1);
		domain_put(d);
		n++;
	}
	return n;
}

static int pool_info(struct xen_sysctl_cpupool_op *p)
{
	/* The next pool at or after the id. */
	if (p->cpupool_id > 0)
		return -ENOENT;
	p->sched_id = XEN_SCHEDULER_CREDIT2;
	p->n_dom = count_domains();
	return cpumask_to_bitmap(&p->cpumap, &cpu_online_map);
}

int sysctl_cpupool(struct xen_sysctl *op)
{
	struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;
	cpumask_t none;

	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return pool_info(p);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		cpumask_zero(&none);
		return cpumask_to_bitmap(&p->cpumap, &none);
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return trace_err(-EOPNOTSUPP);
	default:
		return trace_err(-ENOSYS);
	}
}

int sysctl_scheduler(struct xen_sysctl *op)
{
	struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->cpupool_id != 0)
		return trace_err(-ESRCH);
	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return trace_err(-EINVAL);
	switch (s->cmd) {
	case XEN_SYSCTL_SCHEDOP_getinfo:
		s->u.sched_credit2.ratelimit_us = sched_ratelimit_us;
		return 0;
	case XEN_SYSCTL_SCHEDOP_putinfo:
		if (s->u.sched_credit2.ratelimit_us > XEN_SYSCTL_SCHED_RATELIMIT_MAX)
			return trace_err(-EINVAL);
		sched_ratelimit_us = s->u.sched_credit2.ratelimit_us;
		return 0;
	default:
		return trace_err(-EINVAL);
	}
}
