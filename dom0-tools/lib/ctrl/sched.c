/* SPDX-License-Identifier: MIT */
/*
 * Scheduling parameters, of domains and of pools. The functions of one kind differ in the
 * scheduler's number and its member of a union only, hence the two generators.
 */
#include "private.h"

int xc_sched_id(xc_interface *xch, int *sched_id)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_sched_id);

	if (do_sysctl(xch, &sysctl))
		return -1;
	*sched_id = (int)sysctl.u.sched_id.sched_id;
	return 0;
}

#define DOMAIN_PARAMETERS(name, op, id, member)                                                    \
	int name(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_##member *sdom)        \
	{                                                                                          \
		struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_scheduler_op);             \
                                                                                                   \
		domctl.u.scheduler_op.sched_id = id;                                               \
		domctl.u.scheduler_op.cmd = op;                                                    \
		domctl.u.scheduler_op.u.member = *sdom;                                            \
		if (do_domctl(xch, &domctl))                                                       \
			return -1;                                                                 \
		*sdom = domctl.u.scheduler_op.u.member;                                            \
		return 0;                                                                          \
	}

DOMAIN_PARAMETERS(xc_sched_credit_domain_set, XEN_DOMCTL_SCHEDOP_putinfo, XEN_SCHEDULER_CREDIT,
		  credit)
DOMAIN_PARAMETERS(xc_sched_credit_domain_get, XEN_DOMCTL_SCHEDOP_getinfo, XEN_SCHEDULER_CREDIT,
		  credit)
DOMAIN_PARAMETERS(xc_sched_credit2_domain_set, XEN_DOMCTL_SCHEDOP_putinfo, XEN_SCHEDULER_CREDIT2,
		  credit2)
DOMAIN_PARAMETERS(xc_sched_credit2_domain_get, XEN_DOMCTL_SCHEDOP_getinfo, XEN_SCHEDULER_CREDIT2,
		  credit2)
DOMAIN_PARAMETERS(xc_sched_rtds_domain_set, XEN_DOMCTL_SCHEDOP_putinfo, XEN_SCHEDULER_RTDS, rtds)
DOMAIN_PARAMETERS(xc_sched_rtds_domain_get, XEN_DOMCTL_SCHEDOP_getinfo, XEN_SCHEDULER_RTDS, rtds)

#define POOL_PARAMETERS(name, op, id, member)                                                      \
	int name(xc_interface *xch, uint32_t cpupool_id,                                           \
		 struct xen_sysctl_##member##_schedule *schedule)                                  \
	{                                                                                          \
		struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_scheduler_op);                    \
                                                                                                   \
		sysctl.u.scheduler_op.cpupool_id = cpupool_id;                                     \
		sysctl.u.scheduler_op.sched_id = id;                                               \
		sysctl.u.scheduler_op.cmd = op;                                                    \
		sysctl.u.scheduler_op.u.sched_##member = *schedule;                                \
		if (do_sysctl(xch, &sysctl))                                                       \
			return -1;                                                                 \
		*schedule = sysctl.u.scheduler_op.u.sched_##member;                                \
		return 0;                                                                          \
	}

POOL_PARAMETERS(xc_sched_credit_params_set, XEN_SYSCTL_SCHEDOP_putinfo, XEN_SCHEDULER_CREDIT,
		credit)
POOL_PARAMETERS(xc_sched_credit_params_get, XEN_SYSCTL_SCHEDOP_getinfo, XEN_SCHEDULER_CREDIT,
		credit)
POOL_PARAMETERS(xc_sched_credit2_params_set, XEN_SYSCTL_SCHEDOP_putinfo, XEN_SCHEDULER_CREDIT2,
		credit2)
POOL_PARAMETERS(xc_sched_credit2_params_get, XEN_SYSCTL_SCHEDOP_getinfo, XEN_SCHEDULER_CREDIT2,
		credit2)

/* The hypervisor does as many as it likes at once and tells how many. */
static int rtds_vcpus(xc_interface *xch, uint32_t cmd, uint32_t domid,
		      struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus)
{
	uint32_t done, now;

	for (done = 0; done < num_vcpus; done += now) {
		struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_scheduler_op);
		struct bounce bounce = BOUNCE(domctl.u.scheduler_op.u.v.vcpus, vcpus + done,
					      (num_vcpus - done) * sizeof(*vcpus), INOUT);

		domctl.u.scheduler_op.sched_id = XEN_SCHEDULER_RTDS;
		domctl.u.scheduler_op.cmd = cmd;
		domctl.u.scheduler_op.u.v.nr_vcpus = num_vcpus - done;
		if (domctl_bounced(xch, &domctl, &bounce, 1) < 0)
			return -1;
		now = domctl.u.scheduler_op.u.v.nr_vcpus;
		if (!now || now > num_vcpus - done)
			return fail(EIO);
	}
	return 0;
}

int xc_sched_rtds_vcpu_set(xc_interface *xch, uint32_t domid,
			   struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus)
{
	return rtds_vcpus(xch, XEN_DOMCTL_SCHEDOP_putvcpuinfo, domid, vcpus, num_vcpus);
}

int xc_sched_rtds_vcpu_get(xc_interface *xch, uint32_t domid,
			   struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus)
{
	return rtds_vcpus(xch, XEN_DOMCTL_SCHEDOP_getvcpuinfo, domid, vcpus, num_vcpus);
}
