/* SPDX-License-Identifier: MIT */
/*
 * libxenctrl: rights to hardware, interrupts, PCI devices given to domains. Include <xenctrl.h>.
 */
#ifndef XENCTRL_DEVICE_H
#define XENCTRL_DEVICE_H

/* The right to use ports, an interrupt, device memory; allow_access 0 takes it away. */
int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid, uint32_t first_port,
				uint32_t nr_ports, uint32_t allow_access);
int xc_domain_irq_permission(xc_interface *xch, uint32_t domid, uint32_t pirq, bool allow_access);
int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid, unsigned long first_mfn,
			       unsigned long nr_mfns, uint8_t allow_access);
/* Device memory and ports in an HVM domain's space; add_mapping: DPCI_*. */
int xc_domain_memory_mapping(xc_interface *xch, uint32_t domid, unsigned long first_gfn,
			     unsigned long first_mfn, unsigned long nr_mfns, uint32_t add_mapping);
int xc_domain_ioport_mapping(xc_interface *xch, uint32_t domid, uint32_t first_gport,
			     uint32_t first_mport, uint32_t nr_ports, uint32_t add_mapping);

/* Joins a GSI (index) to a PIRQ of the domain. *pirq: [in] wanted, below 0 for any; [out] given. */
int xc_physdev_map_pirq(xc_interface *xch, uint32_t domid, int index, int *pirq);
/* The same for an MSI, or with table_base for MSI-X entry entry_nr. */
int xc_physdev_map_pirq_msi(xc_interface *xch, uint32_t domid, int index, int *pirq, int devfn,
			    int bus, int entry_nr, uint64_t table_base);
int xc_physdev_unmap_pirq(xc_interface *xch, uint32_t domid, int pirq);

/*
 * A physical interrupt (machine_irq, a PIRQ of the domain) as an HVM guest's line: PT_IRQ_TYPE_PCI
 * or _MSI_TRANSLATE by bus, device and pin, _ISA by isa_irq; other types: EINVAL. Or as its MSI:
 * vector, XEN_DOMCTL_VMSI_X86_* flags, and the guest's MSI-X table if that must be watched.
 */
int xc_domain_bind_pt_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq, uint8_t irq_type,
			  uint8_t bus, uint8_t device, uint8_t intx, uint8_t isa_irq);
int xc_domain_unbind_pt_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq,
			    uint8_t irq_type, uint8_t bus, uint8_t device, uint8_t intx,
			    uint8_t isa_irq);
int xc_domain_bind_pt_pci_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq, uint8_t bus,
			      uint8_t device, uint8_t intx);
int xc_domain_bind_pt_isa_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq);
int xc_domain_update_msi_irq(xc_interface *xch, uint32_t domid, uint32_t gvec, uint32_t pirq,
			     uint32_t gflags, uint64_t gtable);
int xc_domain_unbind_msi_irq(xc_interface *xch, uint32_t domid, uint32_t gvec, uint32_t pirq,
			     uint32_t gflags);

/* machine_sbdf: segment << 16 | bus << 8 | devfn. flag: XEN_DOMCTL_DEV_RDM_RELAXED or 0. */
int xc_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf, uint32_t flag);
int xc_test_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf);
int xc_deassign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf);
int xc_get_device_group(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf,
			uint32_t max_sdevs, uint32_t *num_sdevs, uint32_t *sdev_array);
/* By device tree path. ENODEV or ENOSYS on x86. */
int xc_assign_dt_device(xc_interface *xch, uint32_t domid, char *path);

#endif
