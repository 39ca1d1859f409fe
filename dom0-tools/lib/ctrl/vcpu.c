/* SPDX-License-Identifier: MIT */
/*
 * vCPUs' registers.
 */
#include "private.h"

#include <string.h>

#include <xen/serai.h>

int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
		       vcpu_guest_context_any_t *ctxt)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_setvcpucontext);
	struct bounce bounce = BOUNCE(domctl.u.vcpucontext.ctxt, ctxt, sizeof(*ctxt), IN);

	domctl.u.vcpucontext.vcpu = vcpu;
	return as_status(domctl_bounced(xch, &domctl, &bounce, 1));
}

int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
		       vcpu_guest_context_any_t *ctxt)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_getvcpucontext);
	struct bounce bounce = BOUNCE(domctl.u.vcpucontext.ctxt, ctxt, sizeof(*ctxt), OUT);

	domctl.u.vcpucontext.vcpu = vcpu;
	return as_status(domctl_bounced(xch, &domctl, &bounce, 1));
}

int xc_vcpu_get_extstate(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			 xc_vcpu_extstate_t *extstate)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_getvcpuextstate);
	struct xen_domctl_vcpuextstate *state = &domctl.u.vcpuextstate;
	struct bounce bounce = BOUNCE(state->buffer, extstate->buffer, extstate->size, OUT);

	state->vcpu = vcpu;
	if (extstate->buffer) {
		state->size = extstate->size;
		state->xfeature_mask = extstate->xfeature_mask;
	}
	if (domctl_bounced(xch, &domctl, &bounce, 1) < 0)
		return -1;
	extstate->xfeature_mask = state->xfeature_mask;
	extstate->size = state->size;
	return 0;
}

int xc_vcpu_set_extstate(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			 const xc_vcpu_extstate_t *extstate)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_setvcpuextstate);
	struct xen_domctl_vcpuextstate *state = &domctl.u.vcpuextstate;
	struct bounce bounce = BOUNCE(state->buffer, extstate->buffer, extstate->size, IN);

	state->vcpu = vcpu;
	state->size = extstate->size;
	state->xfeature_mask = extstate->xfeature_mask;
	return as_status(domctl_bounced(xch, &domctl, &bounce, 1));
}

int xc_vcpu_get_ext_context(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			    struct xen_domctl_ext_vcpucontext *ext)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_get_ext_vcpucontext);

	domctl.u.ext_vcpucontext.vcpu = vcpu;
	if (do_domctl(xch, &domctl))
		return -1;
	*ext = domctl.u.ext_vcpucontext;
	return 0;
}

int xc_vcpu_set_ext_context(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			    const struct xen_domctl_ext_vcpucontext *ext)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_ext_vcpucontext);

	domctl.u.ext_vcpucontext = *ext;
	domctl.u.ext_vcpucontext.vcpu = vcpu;
	return do_domctl(xch, &domctl);
}

int xc_vcpu_get_msrs(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint32_t *count,
		     xen_domctl_vcpu_msr_t *msrs)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_get_vcpu_msrs);
	struct bounce bounce = BOUNCE(domctl.u.vcpu_msrs.msrs, msrs, *count * sizeof(*msrs), OUT);
	long rc;

	domctl.u.vcpu_msrs.vcpu = vcpu;
	domctl.u.vcpu_msrs.msr_count = msrs ? *count : 0;
	rc = domctl_bounced(xch, &domctl, &bounce, 1);
	if (rc >= 0 || errno == ENOBUFS)
		*count = domctl.u.vcpu_msrs.msr_count;
	return as_status(rc);
}

int xc_vcpu_set_msrs(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint32_t count,
		     const xen_domctl_vcpu_msr_t *msrs)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_vcpu_msrs);
	struct bounce bounce = BOUNCE(domctl.u.vcpu_msrs.msrs, msrs, count * sizeof(*msrs), IN);

	domctl.u.vcpu_msrs.vcpu = vcpu;
	domctl.u.vcpu_msrs.msr_count = count;
	return as_status(domctl_bounced(xch, &domctl, &bounce, 1));
}

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_getvcpuinfo);

	domctl.u.getvcpuinfo.vcpu = vcpu;
	if (do_domctl(xch, &domctl))
		return -1;
	*info = domctl.u.getvcpuinfo;
	return 0;
}

int xc_domain_usage(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint64_t time[4],
		    uint32_t *nr_calls, uint64_t *calls)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_serai_usage);
	struct xen_domctl_serai_usage *usage = (void *)domctl.u.pad;
	struct bounce bounce =
	    BOUNCE(usage->calls, calls, calls ? *nr_calls * sizeof(*calls) : 0, OUT);
	int rc;

	usage->vcpu = time ? vcpu : XEN_SERAI_NO_VCPU;
	usage->nr_calls = calls ? *nr_calls : 0;
	rc = as_status(domctl_bounced(xch, &domctl, &bounce, 1));
	if (rc)
		return rc;
	if (time)
		memcpy(time, usage->time, sizeof(usage->time));
	if (calls)
		*nr_calls = usage->nr_calls;
	return 0;
}

long long xc_domain_get_cpu_usage(xc_interface *xch, uint32_t domid, int vcpu)
{
	xc_vcpuinfo_t info;

	if (xc_vcpu_getinfo(xch, domid, (uint32_t)vcpu, &info))
		return -1;
	return (long long)info.cpu_time;
}
