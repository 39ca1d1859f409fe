/* SPDX-License-Identifier: MIT */
/* PCI devices as Dom0's kernel lists them, and the nodes the hypervisor says they are near to. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "xl/pci.h"

#define DIRECTORY "/sys/bus/pci/devices"

static unsigned int read_devices(DIR *directory, physdev_pci_device_t **devices)
{
	unsigned int count = 0, segment, bus, device, function;
	struct dirent *entry;

	*devices = NULL;
	while ((entry = readdir(directory))) {
		physdev_pci_device_t *grown;

		if (sscanf(entry->d_name, "%x:%x:%x.%x", &segment, &bus, &device, &function) != 4)
			continue;
		grown = realloc(*devices, (count + 1) * sizeof(*grown));
		if (!grown)
			break;
		*devices = grown;
		grown[count].seg = (uint16_t)segment;
		grown[count].bus = (uint8_t)bus;
		grown[count++].devfn = (uint8_t)(device << 3 | function);
	}
	return count;
}

struct pci_nodes pci_nodes_get(xc_interface *xc)
{
	struct pci_nodes nodes = { 0 };
	DIR *directory = opendir(DIRECTORY);
	physdev_pci_device_t *devices = NULL;
	unsigned int count = directory ? read_devices(directory, &devices) : 0;
	uint32_t *node = calloc(count + 1, sizeof(*node));

	if (directory)
		closedir(directory);
	nodes.item = calloc(count + 1, sizeof(*nodes.item));
	if (count && node && nodes.item && !xc_pcitopoinfo(xc, count, devices, node)) {
		nodes.count = count;
		for (unsigned int i = 0; i < count; i++) {
			snprintf(nodes.item[i].name, sizeof(nodes.item[i].name),
				 "%04x:%02x:%02x.%x", devices[i].seg, devices[i].bus,
				 devices[i].devfn >> 3, devices[i].devfn & 7u);
			nodes.item[i].node = node[i];
		}
	}
	free(node);
	free(devices);
	return nodes;
}
