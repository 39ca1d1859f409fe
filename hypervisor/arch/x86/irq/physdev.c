/* SPDX-License-Identifier: MIT */
/*
 * The physdev_op hypercall: interrupts, I/O privilege and PCI devices of guests. Each sub-operation is a
 * row of one table that says how much to copy and who may call; handlers see only the copy.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <asm/io_apic.h>
#include <asm/pv.h>
#include <public/physdev.h>

#include "internal.h"

union physdev_arg {
	struct physdev_eoi eoi;
	struct physdev_pirq_eoi_gmfn eoi_gmfn;
	struct physdev_irq_status_query status;
	struct physdev_set_iopl iopl;
	struct physdev_set_iobitmap iobitmap;
	struct physdev_apic apic;
	struct physdev_irq irq;
	struct physdev_map_pirq map;
	struct physdev_unmap_pirq unmap;
	struct physdev_manage_pci manage;
	struct physdev_manage_pci_ext manage_ext;
	struct physdev_restore_msi restore;
	struct physdev_setup_gsi gsi;
	struct physdev_get_free_pirq free_pirq;
	struct physdev_pci_mmcfg_reserved mmcfg;
	struct physdev_pci_device_add add;
	struct physdev_pci_device dev;
	struct physdev_dbgp_op dbgp;
};

/* ---- end of interrupt ---- */

static int op_eoi(union physdev_arg *a)
{
	if (a->eoi.irq >= nr_irqs)
		return trace_err(-EINVAL);
	pirq_guest_eoi(current->domain, a->eoi.irq);
	return 0;
}

/* Without the bitmap a guest cannot know when a line's mode changes, so it is to call always. */
static int op_status(union physdev_arg *a)
{
	uint32_t pirq = a->status.irq;
	struct irq_desc *desc;
	unsigned long flags;
	int irq;

	if (pirq >= nr_irqs)
		return trace_err(-EINVAL);
	a->status.flags = current->domain->arch.pirq_eoi_map ? 0 : XENIRQSTAT_needs_eoi;
	irq = pirq_to_irq(current->domain, pirq);
	if (irq < 0)
		return 0;
	desc = &irq_descs[irq];
	spin_lock_irqsave(&desc->lock, flags);
	if (desc->guests && desc->guests->share)
		a->status.flags |= XENIRQSTAT_shared;
	spin_unlock_irqrestore(&desc->lock, flags);
	return 0;
}

static int set_eoi_page(union physdev_arg *a, bool auto_unmask)
{
	struct domain *d = current->domain;
	struct page *pg = get_page_from_gfn(d, _gfn(a->eoi_gmfn.gmfn));
	unsigned long *map;

	if (!pg)
		return trace_err(-EINVAL);
	if (get_page_type(pg, PGT_writable, false)) {
		put_page(pg);
		return trace_err(-EINVAL);
	}
	map = page_to_virt(pg);
	spin_lock(&d->arch.pcidevs_lock);
	if (d->arch.pirq_eoi_page) {
		spin_unlock(&d->arch.pcidevs_lock);
		put_page_and_type(pg);
		return trace_err(-EBUSY);
	}
	d->arch.pirq_eoi_page = pg;
	d->arch.pirq_eoi_gfn = _gfn(a->eoi_gmfn.gmfn);
	d->arch.auto_unmask = auto_unmask;
	for (unsigned int p = 0; p < nr_irqs && p < PAGE_SIZE * 8; p++)
		if (pirq_is_level(d, p))
			map[p / 64] |= 1ul << (p % 64);
	__atomic_store_n(&d->arch.pirq_eoi_map, map, __ATOMIC_RELEASE);
	spin_unlock(&d->arch.pcidevs_lock);
	return 0;
}

static int op_eoi_gmfn_v1(union physdev_arg *a)
{
	return set_eoi_page(a, true);
}
static int op_eoi_gmfn_v2(union physdev_arg *a)
{
	return set_eoi_page(a, false);
}

/* ---- I/O privilege ---- */

static int op_set_iopl(union physdev_arg *a)
{
	if (a->iopl.iopl > 3)
		return trace_err(-EINVAL);
	current->arch.pv.iopl = (uint8_t)a->iopl.iopl;
	pv_update_fast_paths(current);
	return 0;
}

static int op_set_iobitmap(union physdev_arg *a)
{
	guest_ptr_t bitmap = guest_handle_addr(a->iobitmap.bitmap);

	if (a->iobitmap.nr_ports > 65536 || !guest_range_ok(bitmap, (a->iobitmap.nr_ports + 7) / 8, 1))
		return trace_err(-EINVAL);
	current->arch.pv.iobmp = bitmap;
	current->arch.pv.iobmp_limit = a->iobitmap.nr_ports;
	return 0;
}

/* ---- controllers ---- */

static int op_apic_read(union physdev_arg *a)
{
	return io_apic_guest_read(a->apic.apic_physbase, a->apic.reg, &a->apic.value);
}

/* Redirection entries are the hypervisor's; PHYSDEVOP_setup_gsi is the way to change one. */
static int op_apic_write(union physdev_arg *a)
{
	return trace_err(-EOPNOTSUPP);
}

/* Vectors are given when an interrupt is bound, and mean nothing to the caller. */
static int op_alloc_vector(union physdev_arg *a)
{
	struct irq_desc *desc = irq_to_desc(a->irq.irq);

	if (!desc)
		return trace_err(-EINVAL);
	a->irq.vector = a->irq.irq;
	return 0;
}

static int op_free_vector(union physdev_arg *a)
{
	return irq_to_desc(a->irq.irq) ? 0 : trace_err(-EINVAL);
}

static int op_setup_gsi(union physdev_arg *a)
{
	if (a->gsi.gsi < 0 || a->gsi.triggering > 1 || a->gsi.polarity > 1)
		return trace_err(-EINVAL);
	return irq_set_gsi_mode((unsigned int)a->gsi.gsi, a->gsi.triggering, a->gsi.polarity);
}

/* ---- pirqs ---- */

static int map_gsi(struct domain *d, struct physdev_map_pirq *m)
{
	if (m->index < 0 || (unsigned int)m->index >= nr_gsis || !gsi_valid((unsigned int)m->index))
		return trace_err(-EINVAL);
	return pirq_map(d, &m->pirq, (unsigned int)m->index);
}

static int msi_request_of(const struct physdev_map_pirq *m, struct msi_request *r)
{
	*r = (struct msi_request){ .bus = (uint8_t)m->bus, .devfn = (uint8_t)m->devfn, .nr = 1 };
	if (m->type != MAP_PIRQ_TYPE_MSI)
		r->seg = (uint16_t)(m->bus >> 16);
	if (m->type == MAP_PIRQ_TYPE_MULTI_MSI) {
		if (m->entry_nr < 1 || m->entry_nr > 32)
			return trace_err(-EINVAL);
		while (r->nr < (unsigned int)m->entry_nr)
			r->nr <<= 1;
		return 0;
	}
	r->msix = m->table_base != 0;
	if (m->entry_nr < 0 || m->entry_nr >= 2048)
		return trace_err(-EINVAL);
	r->entry = r->msix ? (unsigned int)m->entry_nr : 0;
	return 0;
}

static int map_msi(struct domain *d, struct physdev_map_pirq *m)
{
	struct msi_request r;
	int irq, rc = msi_request_of(m, &r);

	if (rc)
		return rc;
	irq = msi_setup(&r, current->processor);
	if (irq < 0)
		return irq;
	rc = pirq_map_range(d, &m->pirq, (unsigned int)irq, r.nr);
	if (rc)
		for (unsigned int i = 0; i < r.nr; i++)
			msi_teardown(&irq_descs[(unsigned int)irq + i]);
	else if (m->type == MAP_PIRQ_TYPE_MULTI_MSI)
		m->entry_nr = (int)r.nr;
	return rc;
}

static int op_map(union physdev_arg *a)
{
	struct domain *d;
	int rc;

	d = domain_get_for_caller(a->map.domid, &rc);
	if (!d)
		return rc;
	if (domain_is_dying(d))
		rc = -EINVAL;
	else if (a->map.type == MAP_PIRQ_TYPE_GSI)
		rc = map_gsi(d, &a->map);
	else if (a->map.type == MAP_PIRQ_TYPE_MSI || a->map.type == MAP_PIRQ_TYPE_MSI_SEG ||
		 a->map.type == MAP_PIRQ_TYPE_MULTI_MSI)
		rc = map_msi(d, &a->map);
	else
		rc = -EINVAL;
	domain_put(d);
	return trace_err(rc);
}

static int op_unmap(union physdev_arg *a)
{
	struct domain *d;
	int rc;

	d = domain_get_for_caller(a->unmap.domid, &rc);
	if (!d)
		return rc;
	rc = a->unmap.pirq < 0 ? -EINVAL : pirq_unmap(d, (unsigned int)a->unmap.pirq);
	domain_put(d);
	return trace_err(rc);
}

static int op_free_pirq(union physdev_arg *a)
{
	if (a->free_pirq.type != MAP_PIRQ_TYPE_GSI && a->free_pirq.type != MAP_PIRQ_TYPE_MSI)
		return trace_err(-EINVAL);
	return pirq_reserve(current->domain, a->free_pirq.type == MAP_PIRQ_TYPE_GSI, &a->free_pirq.pirq);
}

/* ---- PCI devices ---- */

static int op_manage_add(union physdev_arg *a)
{
	return pci_add_device(0, a->manage.bus, a->manage.devfn);
}
static int op_manage_remove(union physdev_arg *a)
{
	return pci_remove_device(0, a->manage.bus, a->manage.devfn);
}
static int op_manage_add_ext(union physdev_arg *a)
{
	return pci_add_device(0, a->manage_ext.bus, a->manage_ext.devfn);
}
static int op_device_add(union physdev_arg *a)
{
	return pci_add_device(a->add.seg, a->add.bus, a->add.devfn);
}
static int op_device_remove(union physdev_arg *a)
{
	return pci_remove_device(a->dev.seg, a->dev.bus, a->dev.devfn);
}
static int op_restore_msi(union physdev_arg *a)
{
	return msi_restore(0, a->restore.bus, a->restore.devfn);
}
static int op_restore_msi_ext(union physdev_arg *a)
{
	return msi_restore(a->dev.seg, a->dev.bus, a->dev.devfn);
}
static int op_prepare_msix(union physdev_arg *a)
{
	return msix_prepare(a->dev.seg, a->dev.bus, a->dev.devfn, false);
}
static int op_release_msix(union physdev_arg *a)
{
	return msix_prepare(a->dev.seg, a->dev.bus, a->dev.devfn, true);
}

/* What Dom0's AML says agrees with the MCFG or is used only for what the MCFG has. */
static int op_mmcfg_reserved(union physdev_arg *a)
{
	return a->mmcfg.start_bus > a->mmcfg.end_bus ? trace_err(-EINVAL) : 0;
}

/* No EHCI debug port is driven here. */
static int op_dbgp(union physdev_arg *a)
{
	return trace_err(-EOPNOTSUPP);
}

/* ---- dispatch ---- */

#define OUT  1u /* copied back on success */
#define PRIV 2u

static const struct {
	int (*fn)(union physdev_arg *a);
	uint8_t size, flags;
} ops[] = {
	[PHYSDEVOP_eoi] = { op_eoi, sizeof(struct physdev_eoi), 0 },
	[PHYSDEVOP_pirq_eoi_gmfn_v1] = { op_eoi_gmfn_v1, sizeof(struct physdev_pirq_eoi_gmfn), 0 },
	[PHYSDEVOP_pirq_eoi_gmfn_v2] = { op_eoi_gmfn_v2, sizeof(struct physdev_pirq_eoi_gmfn), 0 },
	[PHYSDEVOP_irq_status_query] = { op_status, sizeof(struct physdev_irq_status_query), OUT },
	[PHYSDEVOP_set_iopl] = { op_set_iopl, sizeof(struct physdev_set_iopl), 0 },
	[PHYSDEVOP_set_iobitmap] = { op_set_iobitmap, sizeof(struct physdev_set_iobitmap), 0 },
	[PHYSDEVOP_apic_read] = { op_apic_read, sizeof(struct physdev_apic), OUT | PRIV },
	[PHYSDEVOP_apic_write] = { op_apic_write, sizeof(struct physdev_apic), PRIV },
	[PHYSDEVOP_alloc_irq_vector] = { op_alloc_vector, sizeof(struct physdev_irq), OUT | PRIV },
	[PHYSDEVOP_free_irq_vector] = { op_free_vector, sizeof(struct physdev_irq), PRIV },
	[PHYSDEVOP_map_pirq] = { op_map, sizeof(struct physdev_map_pirq), OUT | PRIV },
	[PHYSDEVOP_unmap_pirq] = { op_unmap, sizeof(struct physdev_unmap_pirq), PRIV },
	[PHYSDEVOP_manage_pci_add] = { op_manage_add, sizeof(struct physdev_manage_pci), PRIV },
	[PHYSDEVOP_manage_pci_remove] = { op_manage_remove, sizeof(struct physdev_manage_pci), PRIV },
	[PHYSDEVOP_manage_pci_add_ext] = { op_manage_add_ext, sizeof(struct physdev_manage_pci_ext), PRIV },
	[PHYSDEVOP_restore_msi] = { op_restore_msi, sizeof(struct physdev_restore_msi), PRIV },
	[PHYSDEVOP_setup_gsi] = { op_setup_gsi, sizeof(struct physdev_setup_gsi), PRIV },
	[PHYSDEVOP_get_free_pirq] = { op_free_pirq, sizeof(struct physdev_get_free_pirq), OUT },
	[PHYSDEVOP_pci_mmcfg_reserved] = { op_mmcfg_reserved, sizeof(struct physdev_pci_mmcfg_reserved),
					   PRIV },
	[PHYSDEVOP_pci_device_add] = { op_device_add, offsetof(struct physdev_pci_device_add, optarr),
				       PRIV },
	[PHYSDEVOP_pci_device_remove] = { op_device_remove, sizeof(struct physdev_pci_device), PRIV },
	[PHYSDEVOP_restore_msi_ext] = { op_restore_msi_ext, sizeof(struct physdev_pci_device), PRIV },
	[PHYSDEVOP_dbgp_op] = { op_dbgp, sizeof(struct physdev_dbgp_op), PRIV },
	[PHYSDEVOP_prepare_msix] = { op_prepare_msix, sizeof(struct physdev_pci_device), PRIV },
	[PHYSDEVOP_release_msix] = { op_release_msix, sizeof(struct physdev_pci_device), PRIV },
};

long do_physdev_op(unsigned long cmd, unsigned long arg)
{
	union physdev_arg a;
	int rc;

	if (cmd >= ARRAY_SIZE(ops) || !ops[cmd].fn || !current->domain->arch.is_pv)
		return trace_err(-ENOSYS);
	if ((ops[cmd].flags & PRIV) && !current->domain->is_privileged)
		return trace_err(-EPERM);
	if (raw_copy_from_guest(&a, arg, ops[cmd].size))
		return trace_err(-EFAULT);
	rc = ops[cmd].fn(&a);
	if (!rc && (ops[cmd].flags & OUT) && raw_copy_to_guest(arg, &a, ops[cmd].size))
		rc = -EFAULT;
	return rc;
}
