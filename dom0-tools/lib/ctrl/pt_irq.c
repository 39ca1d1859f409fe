/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts that become an HVM guest's.
 */
#include "private.h"

static int pt_irq(xc_interface *xch, uint32_t cmd, uint32_t domid,
		  const struct xen_domctl_bind_pt_irq *bind)
{
	struct xen_domctl domctl = domctl_for(domid, cmd);

	domctl.u.bind_pt_irq = *bind;
	return do_domctl(xch, &domctl);
}

static int pt_line(xc_interface *xch, uint32_t cmd, uint32_t domid, uint8_t machine_irq,
		   uint8_t irq_type, uint8_t bus, uint8_t device, uint8_t intx, uint8_t isa_irq)
{
	struct xen_domctl_bind_pt_irq bind = { .machine_irq = machine_irq, .irq_type = irq_type };

	switch (irq_type) {
	case PT_IRQ_TYPE_PCI:
	case PT_IRQ_TYPE_MSI_TRANSLATE:
		bind.u.pci.bus = bus;
		bind.u.pci.device = device;
		bind.u.pci.intx = intx;
		break;
	case PT_IRQ_TYPE_ISA:
		bind.u.isa.isa_irq = isa_irq;
		break;
	default: /* messages have functions of their own */
		return fail(EINVAL);
	}
	return pt_irq(xch, cmd, domid, &bind);
}

int xc_domain_bind_pt_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq, uint8_t irq_type,
			  uint8_t bus, uint8_t device, uint8_t intx, uint8_t isa_irq)
{
	return pt_line(xch, XEN_DOMCTL_bind_pt_irq, domid, machine_irq, irq_type, bus, device, intx,
		       isa_irq);
}

int xc_domain_unbind_pt_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq,
			    uint8_t irq_type, uint8_t bus, uint8_t device, uint8_t intx,
			    uint8_t isa_irq)
{
	return pt_line(xch, XEN_DOMCTL_unbind_pt_irq, domid, machine_irq, irq_type, bus, device,
		       intx, isa_irq);
}

int xc_domain_bind_pt_pci_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq, uint8_t bus,
			      uint8_t device, uint8_t intx)
{
	return xc_domain_bind_pt_irq(xch, domid, machine_irq, PT_IRQ_TYPE_PCI, bus, device, intx,
				     0);
}

int xc_domain_bind_pt_isa_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq)
{
	return xc_domain_bind_pt_irq(xch, domid, machine_irq, PT_IRQ_TYPE_ISA, 0, 0, 0,
				     machine_irq);
}

int xc_domain_update_msi_irq(xc_interface *xch, uint32_t domid, uint32_t gvec, uint32_t pirq,
			     uint32_t gflags, uint64_t gtable)
{
	const struct xen_domctl_bind_pt_irq bind = {
		.machine_irq = pirq,
		.irq_type = PT_IRQ_TYPE_MSI,
		.u.msi = { .gvec = (uint8_t)gvec, .gflags = gflags, .gtable = gtable },
	};

	return pt_irq(xch, XEN_DOMCTL_bind_pt_irq, domid, &bind);
}

int xc_domain_unbind_msi_irq(xc_interface *xch, uint32_t domid, uint32_t gvec, uint32_t pirq,
			     uint32_t gflags)
{
	const struct xen_domctl_bind_pt_irq bind = {
		.machine_irq = pirq,
		.irq_type = PT_IRQ_TYPE_MSI,
		.u.msi = { .gvec = (uint8_t)gvec, .gflags = gflags },
	};

	return pt_irq(xch, XEN_DOMCTL_unbind_pt_irq, domid, &bind);
}
