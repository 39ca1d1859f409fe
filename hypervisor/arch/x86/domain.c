/* SPDX-License-Identifier: MIT */
/*
 * x86's share of a domain's and a vCPU's life (hv/domain.h, arch_*): what all kinds of vCPUs have in common,
 * then the kind's own part. Teardown accepts anything half built.
 */
#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/time.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>
#include <asm/hvm/hvm.h>
#include <asm/irq.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <asm/vcpu_kind.h>
#include <public/domctl.h>

int arch_domain_create(struct domain *d, const struct domain_create_args *a)
{
	int rc;

	d->arch.kind = a->flags & XEN_DOMCTL_CDF_hvm ? &hvm_kind : &pv_kind;
	spin_lock_init(&d->arch.pcidevs_lock);
	rc = d->arch.kind->domain_create(d, a);
	if (!rc)
		rc = irq_domain_init(d);
	if (rc)
		return rc;
	d->shared_info = alloc_xen_page();
	if (!d->shared_info)
		return -ENOMEM;
	share_xen_page(d->shared_info, d, true);
	update_domain_wallclock_time(d);
	return 0;
}

void arch_domain_destroy(struct domain *d)
{
	irq_domain_destroy(d);
	if (d->arch.kind)
		d->arch.kind->domain_destroy(d);
	xfree(d->arch.cpuid);
	xfree(d->arch.e820);
	d->arch.e820 = NULL;
	if (d->shared_info)
		free_xen_page(d->shared_info);
	d->shared_info = NULL;
}

int arch_vcpu_create(struct vcpu *v)
{
	int rc;

	if (is_idle_vcpu(v))
		return 0;
	rc = fpu_vcpu_create(v);
	return rc ? rc : v->domain->arch.kind->create(v);
}

void arch_vm_assist_changed(struct vcpu *v)
{
	pv_update_fast_paths(v);
}

void arch_vcpu_destroy(struct vcpu *v)
{
	if (v->domain->arch.kind)
		v->domain->arch.kind->destroy(v);
	fpu_vcpu_destroy(v);
}

int arch_domain_relinquish(struct domain *d)
{
	struct vcpu *v;
	int rc;

	irq_domain_relinquish(d);
	rc = d->arch.kind->domain_relinquish(d);
	if (rc)
		return rc;
	for_each_vcpu(d, v)
		vcpu_info_reset(v);
	return relinquish_memory(d);
}

bool arch_vcpu_event_pending(const struct vcpu *v)
{
	return likely(!is_hvm_vcpu(v)) ? vcpu_event_is_deliverable(v->vcpu_info) : hvm_event_pending(v);
}

void arch_vcpu_event_raised(struct vcpu *v)
{
	if (is_hvm_vcpu(v))
		hvm_event_raised(v);
}

void arch_vcpu_nmi(struct vcpu *v)
{
	v->domain->arch.kind->nmi(v);
}

int arch_domain_button(struct domain *d, bool sleep)
{
	return d->arch.kind->button ? d->arch.kind->button(d, sleep) : trace_err(-ENOSYS);
}

int arch_initialise_vcpu(struct vcpu *v, guest_ptr_t arg)
{
	return v->domain->arch.kind->initialise(v, arg);
}

bool arch_has_hvm(void)
{
	return hvm_vendor;
}

const char *arch_guest_kinds(void)
{
	return hvm_vendor ? "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 " : "xen-3.0-x86_64 ";
}
