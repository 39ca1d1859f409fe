/* SPDX-License-Identifier: MIT */
/* x86's domctls: the table, and the small ones. */
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <asm/time.h>
#include <public/domctl.h>
#include <asm/hvm/records.h>
#include "handlers.h"

int arch_check_domain_config(uint32_t flags, const struct xen_arch_domainconfig *c)
{
	bool hvm = flags & XEN_DOMCTL_CDF_hvm;

	if (c->misc_flags & ~(uint32_t)XEN_X86_MSR_RELAXED || c->emulation_flags & ~(uint32_t)XEN_X86_EMU_ALL)
		return trace_err(-EINVAL);
	if (!hvm) /* a paravirtualized domain has neither emulated devices nor nested page tables */
		return c->emulation_flags || flags & (XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_oos_off) ? trace_err(-EINVAL) : 0;
	if (!(flags & XEN_DOMCTL_CDF_hap))
		return trace_err(-EINVAL); /* there are no shadow page tables */
	if (!hvm_vendor)
		return trace_err(-EOPNOTSUPP);
	/* PVH's set, or all there is. Interrupts routed to event channels (USE_PIRQ) are never offered to the guest. */
	return c->emulation_flags == XEN_X86_EMU_LAPIC ||
			       (c->emulation_flags | XEN_X86_EMU_USE_PIRQ) == (XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI) ?
		       0 :
		       trace_err(-EINVAL);
}

void arch_describe_domain(const struct domain *d, struct xen_arch_domainconfig *c)
{
	c->emulation_flags = is_hvm_domain(d) ? d->arch.hvm->emulation_flags : 0;
}

#define POOL_MAX (1ull << 32) /* bytes: tables for more memory than a machine has */

static int set_mempool_size(struct domain *d, struct xen_domctl *op)
{
	uint64_t bytes = op->u.paging_mempool.size;

	if (!is_hvm_domain(d) || bytes & ~PAGE_MASK || bytes > POOL_MAX)
		return trace_err(-EINVAL);
	d->arch.hvm->p2m.pool_limit = max(bytes >> PAGE_SHIFT, d->arch.hvm->p2m.nr_tables);
	return 0;
}

static int get_mempool_size(struct domain *d, struct xen_domctl *op)
{
	if (!is_hvm_domain(d))
		return trace_err(-EOPNOTSUPP);
	op->u.paging_mempool.size = d->arch.hvm->p2m.pool_limit << PAGE_SHIFT;
	return 0;
}

static int set_address_size(struct domain *d, struct xen_domctl *op)
{
	return op->u.address_size.size == 64 ? 0 : trace_err(-EINVAL);
}

static int get_address_size(struct domain *d, struct xen_domctl *op)
{
	op->u.address_size.size = 64;
	return 0;
}

static int get_tsc_info(struct domain *d, struct xen_domctl *op)
{
	if (d == current->domain)
		return trace_err(-EINVAL);
	domain_pause(d);
	guest_tsc_get(d, &op->u.tsc_info);
	domain_unpause(d);
	return 0;
}

static int set_tsc_info(struct domain *d, struct xen_domctl *op)
{
	int rc;

	if (d == current->domain)
		return trace_err(-EINVAL);
	domain_pause(d);
	rc = guest_tsc_set(d, &op->u.tsc_info);
	domain_unpause(d);
	return rc;
}

static int write_hypercall_page(struct domain *d, struct xen_domctl *op)
{
	struct page *pg;

	if (!d->arch.is_pv)
		return trace_err(-EINVAL); /* it asks for one itself, by MSR */
	pg = get_page_from_gfn(d, _gfn(op->u.hypercall_init.gmfn));
	if (!pg)
		return trace_err(-EACCES);
	if (get_page_type(pg, PGT_writable, false)) {
		put_page(pg);
		return trace_err(-EINVAL);
	}
	pv_write_hypercall_page(page_to_virt(pg));
	put_page_and_type(pg);
	return 0;
}

static const struct domctl_op table[] = {
	[XEN_DOMCTL_setvcpucontext] = { domctl_set_context, false },
	[XEN_DOMCTL_getvcpucontext] = { domctl_get_context, true },
	[XEN_DOMCTL_set_ext_vcpucontext] = { domctl_set_ext_context, false },
	[XEN_DOMCTL_get_ext_vcpucontext] = { domctl_get_ext_context, true },
	[XEN_DOMCTL_setvcpuextstate] = { domctl_set_xstate, false },
	[XEN_DOMCTL_getvcpuextstate] = { domctl_get_xstate, true },
	[XEN_DOMCTL_set_vcpu_msrs] = { domctl_set_msrs, true },
	[XEN_DOMCTL_get_vcpu_msrs] = { domctl_get_msrs, true },
	[XEN_DOMCTL_getpageframeinfo3] = { domctl_page_types, true },
	[XEN_DOMCTL_set_cpu_policy] = { domctl_set_policy, true },
	[XEN_DOMCTL_get_cpu_policy] = { domctl_get_policy, true },
	[XEN_DOMCTL_set_address_size] = { set_address_size, false },
	[XEN_DOMCTL_get_address_size] = { get_address_size, true },
	[XEN_DOMCTL_settscinfo] = { set_tsc_info, false },
	[XEN_DOMCTL_gettscinfo] = { get_tsc_info, true },
	[XEN_DOMCTL_set_paging_mempool_size] = { set_mempool_size, false },
	[XEN_DOMCTL_get_paging_mempool_size] = { get_mempool_size, true },
	[XEN_DOMCTL_gethvmcontext] = { domctl_get_hvm_context, true },
	[XEN_DOMCTL_sethvmcontext] = { domctl_set_hvm_context, false },
	[XEN_DOMCTL_gethvmcontext_partial] = { domctl_get_hvm_record, true },
	[XEN_DOMCTL_hypercall_init] = { write_hypercall_page, false },
};

const struct domctl_op *arch_domctl_find(uint32_t cmd)
{
	return cmd < ARRAY_SIZE(table) && table[cmd].fn ? &table[cmd] : NULL;
}
