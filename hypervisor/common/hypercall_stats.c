/* SPDX-License-Identifier: MIT */
/*
 * Hypercall statistics: each vCPU counts calls, errors and the last error of each number (hv/hypercall.h).
 * Only its own CPU writes them; debug key 'H' reads without stopping anybody, so figures that belong
 * together may be a call apart.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/time.h>
#include "dump.h"

/* What the first argument says about a call: the sub-operation, where it is found, or nothing. */
static uint32_t sub_operation(unsigned long nr, unsigned long arg0)
{
	uint32_t cmd;

	switch (nr) {
	case __HYPERVISOR_sysctl:
		return raw_copy_from_guest(&cmd, arg0, sizeof(cmd)) ? 0 : cmd & 0xffff; /* above: a restart cursor */
	case __HYPERVISOR_domctl:
	case __HYPERVISOR_platform_op:
	case __HYPERVISOR_xsm_op:
	case __HYPERVISOR_arch_0: /* mca. The structure's first word; who changes it meanwhile misleads himself only */
		return raw_copy_from_guest(&cmd, arg0, sizeof(cmd)) ? 0 : cmd;
	case __HYPERVISOR_memory_op:
		return arg0 & 0x3f; /* above: a restart cursor */
	case __HYPERVISOR_set_trap_table:
	case __HYPERVISOR_mmu_update:
	case __HYPERVISOR_set_gdt:
	case __HYPERVISOR_update_descriptor:
	case __HYPERVISOR_multicall:
	case __HYPERVISOR_update_va_mapping:
	case __HYPERVISOR_update_va_mapping_otherdomain:
	case __HYPERVISOR_mmuext_op:
		return 0;
	default:
		return (uint32_t)arg0;
	}
}

long hypercall_note_error(unsigned long nr, unsigned long arg0, long rc)
{
	struct hypercall_errors *e = current->hypercall_errors;

	/* iret's result is the guest's RAX, no error. */
	if (nr >= NR_HYPERCALLS || nr == __HYPERVISOR_iret || !e)
		return rc;
	e->call[nr].errors++;
	e->call[nr].last = (int32_t)rc;
	e->call[nr].sub_op = sub_operation(nr, arg0);
	e->call[nr].when = NOW();
	return rc;
}

static const char *const call_names[NR_HYPERCALLS] = {
#define NAME(nr, name, nargs, who, purpose) [nr] = #name,
	HYPERCALL_TABLE(NAME)
#undef NAME
};

/* One hypercall of a domain, over its vCPUs. */
static void dump_call(const struct domain *d, unsigned int nr, s_time_t now)
{
	uint64_t calls = 0, errors = 0;
	const struct vcpu *v, *last = NULL;

	for_each_vcpu(d, v) {
		calls += v->hypercall_calls[nr];
		errors += v->hypercall_errors->call[nr].errors;
		if (v->hypercall_errors->call[nr].errors &&
		    (!last || v->hypercall_errors->call[nr].when > last->hypercall_errors->call[nr].when))
			last = v;
	}
	if (!calls && !errors)
		return;
	printk("  %-28s %12llu calls", call_names[nr] ? call_names[nr] : "(unknown)",
	       (unsigned long long)calls);
	if (last)
		printk(" %8llu errors, last %d of %u, %lld ms ago", (unsigned long long)errors,
		       last->hypercall_errors->call[nr].last, last->hypercall_errors->call[nr].sub_op,
		       (long long)((now - last->hypercall_errors->call[nr].when) / MILLISECS(1)));
	printk("\n");
}

void dump_hypercall_counts(unsigned char key)
{
	struct domain *d;
	domid_t from = 0;

	while ((d = domain_get_next(from)) != NULL) {
		printk("Domain %u:\n", d->domain_id);
		for (unsigned int nr = 0; nr < NR_HYPERCALLS; nr++)
			dump_call(d, nr, NOW());
		from = d->domain_id + 1;
		domain_put(d);
	}
}
