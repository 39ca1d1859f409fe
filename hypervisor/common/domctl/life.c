/* SPDX-License-Identifier: MIT */
/* domctl: making domains and their vCPUs, ending them, bringing them back from a shutdown. */
#include <hv/control.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <asm/current.h>
#include <public/domctl.h>
#include "handlers.h"

/*
 * Ids are handed out in a circle: one is not used again before all others have been, so that a tool that
 * holds on to an old id does not meet a stranger soon. guarded by: id_lock
 */
static domid_t next_id = 1;
static spinlock_t id_lock = SPIN_LOCK_UNLOCKED;

/* DOMID_INVALID: none is free. */
static domid_t pick_id(void)
{
	domid_t id = DOMID_INVALID;

	spin_lock(&id_lock);
	for (unsigned int tries = 1; tries < DOMID_FIRST_RESERVED; tries++) {
		domid_t candidate = next_id;

		next_id = next_id + 1 == DOMID_FIRST_RESERVED ? 1 : next_id + 1;
		if (domain_id_is_free(candidate)) {
			id = candidate;
			break;
		}
	}
	spin_unlock(&id_lock);
	return id;
}

static int check_limits(const struct xen_domctl_createdomain *c)
{
	if (c->flags & ~(XEN_DOMCTL_CDF_MAX | (XEN_DOMCTL_CDF_MAX - 1)))
		return trace_err(-EINVAL);
	if (c->flags & (XEN_DOMCTL_CDF_nested_virt | XEN_DOMCTL_CDF_vpmu))
		return trace_err(-EOPNOTSUPP);
	/* These mean something with shadow page tables, or an IOMMU, only. */
	if (c->flags & (XEN_DOMCTL_CDF_s3_integrity | XEN_DOMCTL_CDF_iommu) || c->iommu_opts)
		return trace_err(-EINVAL);
	if (c->vmtrace_size)
		return trace_err(-EOPNOTSUPP);
	if (!c->max_vcpus || c->max_vcpus > MAX_VIRT_CPUS)
		return trace_err(-EINVAL);
	if (c->grant_opts & ~(uint32_t)XEN_DOMCTL_GRANT_version_mask || !XEN_DOMCTL_GRANT_version(c->grant_opts) ||
	    XEN_DOMCTL_GRANT_version(c->grant_opts) > 2)
		return trace_err(-EINVAL);
	return 0;
}

int domctl_create(struct xen_domctl *op)
{
	const struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct domain_create_args a = {
		.id = op->domain,
		.flags = c->flags,
		.emulation_flags = c->arch.emulation_flags,
		.max_vcpus = c->max_vcpus,
		.max_evtchn_port = c->max_evtchn_port,
		.max_grant_frames = (uint32_t)c->max_grant_frames,
		.max_maptrack_frames = (uint32_t)c->max_maptrack_frames,
		.ssidref = c->ssidref,
		.cpupool = c->cpupool_id,
	};
	struct domain *d;
	int rc = check_limits(c);

	if (!rc)
		rc = arch_check_domain_config(c->flags, &c->arch);
	if (rc)
		return rc;
	if (op->domain && op->domain < DOMID_FIRST_RESERVED) {
		if (!domain_id_is_free(op->domain))
			return trace_err(-EEXIST);
	} else {
		a.id = pick_id();
		if (a.id == DOMID_INVALID)
			return trace_err(-ENOMEM);
	}
	memcpy(a.handle, c->handle, sizeof(a.handle));
	rc = domain_create(&a, &d);
	if (!rc)
		op->domain = a.id;
	return rc;
}

int domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	unsigned int max = op->u.max_vcpus.max;

	if (domain_is_dying(d) || d == current->domain || max != d->max_vcpus)
		return trace_err(-EINVAL);
	/* A call that goes on finds those it has made. */
	for (unsigned int i = 0, made = 0; i < max; i++) {
		if (d->vcpu[i])
			continue;
		if (made++ && hypercall_preempt_check())
			return -ERESTART;
		if (!vcpu_create(d, i))
			return trace_err(-ENOMEM);
	}
	return 0;
}

int domctl_destroy(struct domain *d, struct xen_domctl *op)
{
	return domain_destroy(d);
}

int domctl_resume(struct domain *d, struct xen_domctl *op)
{
	return d == current->domain ? trace_err(-EINVAL) : domain_resume(d);
}
