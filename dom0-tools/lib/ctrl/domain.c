/* SPDX-License-Identifier: MIT */
/*
 * The life of domains.
 */
#include <time.h>

#include "private.h"

#include <xen/hvm/params.h>

/* A command with no parameters. */
static int simple(xc_interface *xch, uint32_t domid, uint32_t cmd)
{
	struct xen_domctl domctl = domctl_for(domid, cmd);

	return do_domctl(xch, &domctl);
}

int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config)
{
	struct xen_domctl domctl = domctl_for(*pdomid, XEN_DOMCTL_createdomain);

	domctl.u.createdomain = *config;
	if (do_domctl(xch, &domctl))
		return -1;
	*pdomid = domctl.domain;
	*config = domctl.u.createdomain;
	return 0;
}

int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_max_vcpus);

	domctl.u.max_vcpus.max = max;
	return do_domctl(xch, &domctl);
}

int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
	return simple(xch, domid, XEN_DOMCTL_pausedomain);
}

int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
	return simple(xch, domid, XEN_DOMCTL_unpausedomain);
}

#define DESTROY_TRIES 300000 /* a millisecond apart: minutes, for the largest of domains */

/*
 * The hypervisor does this in steps and restarts its own call, but hands a step to the caller where
 * that is not possible.
 */
int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	unsigned int tries;
	int rc = -1;

	for (tries = 0; tries < DESTROY_TRIES; tries++) {
		rc = simple(xch, domid, XEN_DOMCTL_destroydomain);
		if (!rc || (errno != ERESTART && errno != EAGAIN))
			break;
		nanosleep(&pause, NULL);
	}
	return rc;
}

int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
	struct sched_remote_shutdown shutdown = {
		.domain_id = (domid_t)domid,
		.reason = (unsigned int)reason,
	};

	return do_op(xch, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &shutdown,
		     sizeof(shutdown));
}

int xc_domain_soft_reset(xc_interface *xch, uint32_t domid)
{
	return simple(xch, domid, XEN_DOMCTL_soft_reset);
}

int xc_watchdog(xc_interface *xch, uint32_t id, uint32_t timeout)
{
	struct sched_watchdog watchdog = { .id = id, .timeout = timeout };

	return do_op(xch, __HYPERVISOR_sched_op, SCHEDOP_watchdog, &watchdog, sizeof(watchdog));
}

/* vCPU 0 sits in its suspend hypercall; what it will find in RAX is what the call returned. */
static int set_suspend_result(xc_interface *xch, uint32_t domid, bool hvm, uint32_t result)
{
	vcpu_guest_context_any_t context;
	unsigned int width = 8;

	if ((!hvm && xc_domain_get_guest_width(xch, domid, &width)) ||
	    xc_vcpu_getcontext(xch, domid, 0, &context))
		return -1;
	if (width == 8)
		context.x64.user_regs.rax = result;
	else
		context.x32.user_regs.eax = result;
	return xc_vcpu_setcontext(xch, domid, 0, &context);
}

int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast)
{
	uint64_t told = 1;
	xc_dominfo_t info;

	if (xc_domain_getinfo(xch, domid, 1, &info) != 1)
		return -1;
	if (info.domid != domid)
		return fail(ESRCH);
	if (!fast)
		return fail(EOPNOTSUPP);
	/* A domain that did not suspend is not in that call. */
	if (!info.shutdown || info.shutdown_reason != SHUTDOWN_suspend)
		return fail(EINVAL);
	/* One without PV drivers was suspended from outside: there is no call. */
	if (info.hvm && xc_hvm_param_get(xch, domid, HVM_PARAM_CALLBACK_IRQ, &told))
		return -1;
	if (told && set_suspend_result(xch, domid, info.hvm, 1))
		return -1;
	return simple(xch, domid, XEN_DOMCTL_resumedomain);
}

int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_setdomainhandle);

	memcpy(domctl.u.setdomainhandle.handle, handle, sizeof(xen_domain_handle_t));
	return do_domctl(xch, &domctl);
}

int xc_domain_send_trigger(xc_interface *xch, uint32_t domid, uint32_t trigger, uint32_t vcpu)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_sendtrigger);

	domctl.u.sendtrigger.trigger = trigger;
	domctl.u.sendtrigger.vcpu = vcpu;
	return do_domctl(xch, &domctl);
}

int xc_domain_setdebugging(xc_interface *xch, uint32_t domid, unsigned int enable)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_setdebugging);

	domctl.u.setdebugging.enable = !!enable;
	return do_domctl(xch, &domctl);
}

int xc_domain_debug_control(xc_interface *xch, uint32_t domid, uint32_t sop, uint32_t vcpu)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_debug_op);

	domctl.u.debug_op.op = sop;
	domctl.u.debug_op.vcpu = vcpu;
	return do_domctl(xch, &domctl);
}

int xc_domain_set_virq_handler(xc_interface *xch, uint32_t domid, int virq)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_virq_handler);

	domctl.u.set_virq_handler.virq = (uint32_t)virq;
	return do_domctl(xch, &domctl);
}

int xc_domain_set_target(xc_interface *xch, uint32_t domid, uint32_t target)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_target);

	domctl.u.set_target.target = (domid_t)target;
	return do_domctl(xch, &domctl);
}

int xc_domain_subscribe_for_suspend(xc_interface *xch, uint32_t domid, evtchn_port_t port)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_subscribe);

	domctl.u.subscribe.port = port;
	return do_domctl(xch, &domctl);
}
