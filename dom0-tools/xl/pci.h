/* SPDX-License-Identifier: MIT */
/* The memory nodes PCI devices are near to. */
#ifndef SERAI_XL_PCI_H
#define SERAI_XL_PCI_H

#include <xenctrl.h>

struct pci_node {
	char name[16]; /* 0000:00:1f.3 */
	uint32_t node; /* XEN_INVALID_NODE_ID if unknown */
};

struct pci_nodes {
	struct pci_node *item;
	unsigned int count;
};

/* Empty if there are no devices or the hypervisor knows nothing of them. Free item. */
struct pci_nodes pci_nodes_get(xc_interface *xc);

#endif
