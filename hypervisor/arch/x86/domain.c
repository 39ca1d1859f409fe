/* SPDX-License-Identifier: MIT */
/*
 * x86's share of a domain's and a vCPU's life (hv/domain.h, arch_*): per-domain mappings, register
 * context, interrupts. Teardown accepts anything half built.
 */
#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>
#include <asm/irq.h>
#include <asm/mm.h>
#include <asm/pv.h>

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

int arch_domain_create(struct domain *d, const struct domain_create_args *a)
{
	int rc;

	d->arch.is_pv = true;
	spin_lock_init(&d->arch.pcidevs_lock);
	rc = create_perdomain(d);
	if (!rc)
		rc = cpu_policy_domain_init(d);
	if (!rc)
		rc = irq_domain_init(d);
	if (rc)
		return rc;
	d->shared_info = alloc_xen_page();
	if (!d->shared_info)
		return -ENOMEM;
	share_xen_page(d->shared_info, d, true);
	return 0;
}

void arch_domain_destroy(struct domain *d)
{
	irq_domain_destroy(d);
	destroy_perdomain(d);
	xfree(d->arch.cpuid);
	xfree(d->arch.e820);
	d->arch.e820 = NULL;
	if (d->shared_info)
		free_xen_page(d->shared_info);
	d->shared_info = NULL;
}

int arch_vcpu_create(struct vcpu *v)
{
	struct pv_vcpu *pv = &v->arch.pv;

	if (is_idle_vcpu(v))
		return 0;
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
	pv_update_slow_syscall(v);
	return fpu_vcpu_create(v);
}

void arch_vm_assist_changed(struct vcpu *v)
{
	pv_update_slow_syscall(v);
}

void arch_vcpu_destroy(struct vcpu *v)
{
	fpu_vcpu_destroy(v);
}

int arch_domain_relinquish(struct domain *d)
{
	struct vcpu *v;
	int rc;

	irq_domain_relinquish(d);
	for_each_vcpu(d, v) {
		pv_invalidate_ldt(v);
		pv_destroy_gdt(v);
		rc = drop_guest_tables(v);
		if (rc)
			return rc;
		vcpu_info_reset(v);
	}
	return relinquish_memory(d);
}
