/* SPDX-License-Identifier: MIT */
/*
 * HVM domains: parameters, state; and what a PV guest's hypercall page shares with them.
 */
#include "private.h"

#include <xen/hvm/hvm_op.h>

int xc_hvm_param_set(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t value)
{
	struct xen_hvm_param arg = { .domid = (domid_t)dom, .index = param, .value = value };

	return do_op(handle, __HYPERVISOR_hvm_op, HVMOP_set_param, &arg, sizeof(arg));
}

int xc_hvm_param_get(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t *value)
{
	struct xen_hvm_param arg = { .domid = (domid_t)dom, .index = param };

	if (do_op(handle, __HYPERVISOR_hvm_op, HVMOP_get_param, &arg, sizeof(arg)))
		return -1;
	*value = arg.value;
	return 0;
}

int xc_set_hvm_param(xc_interface *handle, uint32_t dom, int param, unsigned long value)
{
	return xc_hvm_param_set(handle, dom, (uint32_t)param, value);
}

int xc_get_hvm_param(xc_interface *handle, uint32_t dom, int param, unsigned long *value)
{
	uint64_t wide;

	if (xc_hvm_param_get(handle, dom, (uint32_t)param, &wide))
		return -1;
	*value = wide;
	return 0;
}

int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf, uint32_t size)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_gethvmcontext);
	struct bounce bounce = BOUNCE(domctl.u.hvmcontext.buffer, ctxt_buf, size, OUT);

	domctl.u.hvmcontext.size = size;
	if (domctl_bounced(xch, &domctl, &bounce, 1) < 0)
		return -1;
	return (int)domctl.u.hvmcontext.size;
}

int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid, uint16_t typecode,
				     uint16_t instance, void *ctxt_buf, uint32_t size)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_gethvmcontext_partial);
	struct bounce bounce = BOUNCE(domctl.u.hvmcontext_partial.buffer, ctxt_buf, size, OUT);

	if (!ctxt_buf)
		return fail(EINVAL);
	domctl.u.hvmcontext_partial.type = typecode;
	domctl.u.hvmcontext_partial.instance = instance;
	domctl.u.hvmcontext_partial.bufsz = size;
	return as_status(domctl_bounced(xch, &domctl, &bounce, 1));
}

int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *hvm_ctxt, uint32_t size)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_sethvmcontext);
	struct bounce bounce = BOUNCE(domctl.u.hvmcontext.buffer, hvm_ctxt, size, IN);

	domctl.u.hvmcontext.size = size;
	return as_status(domctl_bounced(xch, &domctl, &bounce, 1));
}

int xc_domain_hypercall_init(xc_interface *xch, uint32_t domid, xen_pfn_t gfn)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_hypercall_init);

	domctl.u.hypercall_init.gmfn = gfn;
	return do_domctl(xch, &domctl);
}
