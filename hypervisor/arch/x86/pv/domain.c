/* SPDX-License-Identifier: MIT */
/*
 * A paravirtualized domain's and vCPU's life, and the kind of vCPU they make (asm/vcpu_kind.h).
 * Teardown accepts anything half built.
 */
#include <hv/mm.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <asm/spec_ctrl.h>
#include <asm/vcpu_kind.h>

static unsigned int nr_window_tables(const struct domain *d)
{
	return (d->max_vcpus + 15) / 16;
}

/* The L3, L2 and L1 pages behind slot 260. All of it is hypervisor memory. */
static int create_perdomain(struct domain *d)
{
	struct arch_domain *a = &d->arch;
	pte_t *l2;

	a->perdomain_l3 = alloc_xen_page();
	l2 = alloc_xen_page();
	a->perdomain_l1 = xzalloc_array(pte_t *, nr_window_tables(d));
	if (!a->perdomain_l3 || !l2 || !a->perdomain_l1) {
		if (l2)
			free_xen_page(l2);
		return -ENOMEM;
	}
	a->perdomain_l3[0] = mk_pte(virt_to_mfn(l2), HV_PTE_RW & ~(PTE_GLOBAL | PTE_NX));
	for (unsigned int i = 0; i < nr_window_tables(d); i++) {
		a->perdomain_l1[i] = alloc_xen_page();
		if (!a->perdomain_l1[i])
			return -ENOMEM;
		l2[i] = mk_pte(virt_to_mfn(a->perdomain_l1[i]), HV_PTE_RW & ~(PTE_GLOBAL | PTE_NX));
	}
	return 0;
}

static void destroy_perdomain(struct domain *d)
{
	struct arch_domain *a = &d->arch;

	for (unsigned int i = 0; a->perdomain_l1 && i < nr_window_tables(d); i++)
		if (a->perdomain_l1[i])
			free_xen_page(a->perdomain_l1[i]);
	xfree(a->perdomain_l1);
	if (a->perdomain_l3) {
		if (pte_present(a->perdomain_l3[0]))
			free_xen_page(mfn_to_virt(pte_mfn(a->perdomain_l3[0])));
		free_xen_page(a->perdomain_l3);
	}
	a->perdomain_l1 = NULL;
	a->perdomain_l3 = NULL;
}

static int pv_domain_create(struct domain *d, const struct domain_create_args *a)
{
	int rc = create_perdomain(d);

	d->arch.is_pv = true;
	d->arch.xpti = d->domain_id ? spec_plan.xpti_domu : spec_plan.xpti_dom0;
	d->arch.l1tf = d->domain_id ? spec_plan.l1tf_domu : spec_plan.l1tf_dom0;
	return rc ? rc : cpu_policy_domain_init(d, cpu_policy_pv);
}

static int pv_domain_relinquish(struct domain *d)
{
	struct vcpu *v;
	int rc;

	for_each_vcpu(d, v) {
		pv_invalidate_ldt(v);
		pv_destroy_gdt(v);
		rc = drop_guest_tables(v);
		if (rc)
			return rc;
	}
	return 0;
}

static int pv_vcpu_create(struct vcpu *v)
{
	struct pv_vcpu *pv = &v->arch.pv;

	spin_lock_init(&pv->ldt_lock);
	pv->guest_table = pv->guest_table_user = INVALID_MFN;
	for (unsigned int i = 0; i < ARRAY_SIZE(pv->gdt_frames); i++)
		pv->gdt_frames[i] = INVALID_MFN;
	pv_destroy_gdt(v);
	pv->kernel_mode = true;
	pv->ctrlreg[0] = X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE;
	pv->ctrlreg[4] = pv_fix_guest_cr4(v, 0);
	pv->dr6 = 0xffff0ff0;
	pv->dr7 = 0x400;
	pv_update_fast_paths(v);
	return 0;
}

static void pv_vcpu_destroy(struct vcpu *v)
{
}

const struct vcpu_kind pv_kind = {
	.domain_create = pv_domain_create,
	.domain_destroy = destroy_perdomain,
	.domain_relinquish = pv_domain_relinquish,
	.create = pv_vcpu_create,
	.destroy = pv_vcpu_destroy,
	.save = pv_save,
	.restore = pv_restore,
	.enter = reset_stack_to_guest,
	.nmi = pv_raise_nmi,
	.call_insn_bytes = 2, /* SYSCALL */
	.call_table = pv_hypercall_table,
	.initialise = pv_initialise_vcpu,
	.get_context = pv_get_vcpu_context,
	.set_context = pv_set_vcpu_context,
	.copy_to_kernel = pv_copy_to_kernel,
};
