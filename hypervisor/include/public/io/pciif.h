/* SPDX-License-Identifier: MIT */
/*
 * PCI devices given to a PV guest: configuration space and interrupts, one operation at a time in
 * one shared page.
 *
 * Xenstore. Frontend: pci-op-ref, event-channel, magic (XEN_PCI_MAGIC). Backend: num_devs, with
 * dev-N, vdev-N, state-N, opts-N for each (toolstack and backend), root_num, root-N (the virtual
 * buses, domain:bus).
 */
#ifndef __XEN_PCI_COMMON_H__
#define __XEN_PCI_COMMON_H__

#include <stdint.h>

#define XEN_PCI_MAGIC	"7"

/* sharedinfo.flags. PCIF: op is the backend's to do. PCIB: aer_op is the frontend's. */
#define _XEN_PCIF_active	0
#define XEN_PCIF_active		(1 << _XEN_PCIF_active)
#define _XEN_PCIB_AERHANDLER	1	/* the frontend has a handler for errors */
#define XEN_PCIB_AERHANDLER	(1 << _XEN_PCIB_AERHANDLER)
#define _XEN_PCIB_active	2
#define XEN_PCIB_active		(1 << _XEN_PCIB_active)

#define XEN_PCI_OP_conf_read		0
#define XEN_PCI_OP_conf_write		1
#define XEN_PCI_OP_enable_msi		2	/* value: [out] the pirq */
#define XEN_PCI_OP_disable_msi		3
#define XEN_PCI_OP_enable_msix		4	/* value: how many msix_entries */
#define XEN_PCI_OP_disable_msix		5
#define XEN_PCI_OP_aer_detected		6	/* these four go to the frontend */
#define XEN_PCI_OP_aer_resume		7
#define XEN_PCI_OP_aer_mmio		8
#define XEN_PCI_OP_aer_slotreset	9
#define XEN_PCI_OP_enable_multi_msi	10

#define XEN_PCI_ERR_success		0
#define XEN_PCI_ERR_dev_not_found	(-1)
#define XEN_PCI_ERR_invalid_offset	(-2)
#define XEN_PCI_ERR_access_denied	(-3)
#define XEN_PCI_ERR_not_implemented	(-4)
#define XEN_PCI_ERR_op_failed		(-5)

#define SH_INFO_MAX_VEC	128

struct xen_msix_entry {
	uint16_t vector;	/* [out] pirq */
	uint16_t entry;		/* [in] index in the device's table */
};

struct xen_pci_op {
	uint32_t cmd;		/* [in] XEN_PCI_OP_* */
	int32_t err;		/* [out] XEN_PCI_ERR_*, of MSI operations a negative errno */
	uint32_t domain;	/* [in] the device, as the guest sees it */
	uint32_t bus;
	uint32_t devfn;
	int32_t offset;		/* [in] in configuration space */
	int32_t size;		/* [in] 1, 2, 4 bytes */
	uint32_t value;		/* [in] or [out] */
	uint32_t info;		/* the operation's own */
	struct xen_msix_entry msix_entries[SH_INFO_MAX_VEC];
};

/* A PCI Express error's stages. */
struct xen_pcie_aer_op {
	uint32_t cmd;		/* [in] XEN_PCI_OP_aer_* */
	int32_t err;		/* [in] the channel's state, [out] the handler's verdict */
	uint32_t domain;
	uint32_t bus;
	uint32_t devfn;
};

struct xen_pci_sharedinfo {
	uint32_t flags;
	struct xen_pci_op op;
	struct xen_pcie_aer_op aer_op;
};

#endif
