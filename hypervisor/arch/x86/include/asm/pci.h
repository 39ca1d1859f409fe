/* SPDX-License-Identifier: MIT */
/* PCI configuration space, for MSI set-up and on Dom0's behalf. Code: arch/x86/platform/pci.c. */
#ifndef ASM_PCI_H
#define ASM_PCI_H

#include <hv/types.h>

struct vcpu;

/* `size` is 1, 2 or 4, reg aligned to it. What cannot be reached reads as all ones. Any context. */
uint32_t pci_conf_read(uint16_t seg, uint8_t bus, uint8_t dev, uint8_t fn, unsigned int reg,
		       unsigned int size);
void pci_conf_write(uint16_t seg, uint8_t bus, uint8_t dev, uint8_t fn, unsigned int reg,
		    unsigned int size, uint32_t val);
/* Dom0's access to ports 0xcf8..0xcff: 0, or -EPERM: not the control domain. */
int pci_guest_io(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val);

#endif
