/* SPDX-License-Identifier: MIT */
/* What a domain used: its vCPUs' time in each run state, its hypercalls (public/serai.h). */
#include <hv/control.h>
#include <hv/domctl.h>
#include <hv/guest_access.h>
#include <hv/string.h>
#include <public/serai.h>
#include "handlers.h"

_Static_assert(sizeof(struct xen_domctl_serai_usage) <= sizeof(((struct xen_domctl *)0)->u), "it lies in u.pad");

/* Each vCPU counts its own meanwhile: what belongs together may be a call apart. */
static int copy_calls(const struct domain *d, guest_ptr_t to, unsigned int nr)
{
	uint64_t calls[NR_HYPERCALLS] = { 0 };
	const struct vcpu *v;

	for_each_vcpu(d, v)
		for (unsigned int i = 0; i < NR_HYPERCALLS; i++)
			calls[i] += READ_ONCE(v->hypercall_calls[i]);
	return raw_copy_to_guest(to, calls, min(nr, (unsigned int)NR_HYPERCALLS) * sizeof(calls[0])) ? trace_err(-EFAULT) : 0;
}

int domctl_usage(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_serai_usage usage;
	struct vcpu_runstate_info rs;
	struct vcpu *v;
	int rc = 0;

	memcpy(&usage, op->u.pad, sizeof(usage));
	if (usage.vcpu != XEN_SERAI_NO_VCPU) {
		v = domain_vcpu(d, usage.vcpu);
		if (!v)
			return trace_err(-ESRCH);
		vcpu_runstate_get(v, &rs);
		memcpy(usage.time, rs.time, sizeof(usage.time));
	}
	if (usage.calls.p)
		rc = copy_calls(d, (guest_ptr_t)usage.calls.p, usage.nr_calls);
	usage.nr_calls = NR_HYPERCALLS;
	memcpy(op->u.pad, &usage, sizeof(usage));
	return rc;
}
