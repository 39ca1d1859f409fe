/* SPDX-License-Identifier: MIT */
/*
 * Hardware for domains: rights, mappings, interrupts, PCI devices.
 */
#include "private.h"

int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid, uint32_t first_port,
				uint32_t nr_ports, uint32_t allow_access)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_ioport_permission);

	domctl.u.ioport_permission.first_port = first_port;
	domctl.u.ioport_permission.nr_ports = nr_ports;
	domctl.u.ioport_permission.allow_access = !!allow_access;
	return do_domctl(xch, &domctl);
}

int xc_domain_irq_permission(xc_interface *xch, uint32_t domid, uint32_t pirq, bool allow_access)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_irq_permission);

	domctl.u.irq_permission.pirq = pirq;
	domctl.u.irq_permission.allow_access = allow_access;
	return do_domctl(xch, &domctl);
}

int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid, unsigned long first_mfn,
			       unsigned long nr_mfns, uint8_t allow_access)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_iomem_permission);

	domctl.u.iomem_permission.first_mfn = first_mfn;
	domctl.u.iomem_permission.nr_mfns = nr_mfns;
	domctl.u.iomem_permission.allow_access = !!allow_access;
	return do_domctl(xch, &domctl);
}

static long map_batch(xc_interface *xch, uint32_t domid, unsigned long gfn, unsigned long mfn,
		      unsigned long nr, uint32_t add_mapping)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_memory_mapping);

	domctl.u.memory_mapping.first_gfn = gfn;
	domctl.u.memory_mapping.first_mfn = mfn;
	domctl.u.memory_mapping.nr_mfns = nr;
	domctl.u.memory_mapping.add_mapping = add_mapping;
	return domctl_bounced(xch, &domctl, NULL, 0);
}

/*
 * The hypervisor may find a batch too large (E2BIG: halve it) or do a part of it (a count: go on).
 * A failed mapping is taken back; unmapping goes on and returns its first error.
 */
int xc_domain_memory_mapping(xc_interface *xch, uint32_t domid, unsigned long first_gfn,
			     unsigned long first_mfn, unsigned long nr_mfns, uint32_t add_mapping)
{
	unsigned long done = 0, batch = nr_mfns, now;
	int first_error = 0;

	while (done < nr_mfns) {
		now = batch < nr_mfns - done ? batch : nr_mfns - done;
		long rc =
		    map_batch(xch, domid, first_gfn + done, first_mfn + done, now, add_mapping);

		if (rc < 0 && errno == E2BIG && batch > 1) {
			batch /= 2;
			continue;
		}
		if (rc < 0 && !first_error)
			first_error = errno;
		if (rc < 0 && add_mapping == DPCI_ADD_MAPPING)
			break;
		done += rc > 0 && (unsigned long)rc < now ? (unsigned long)rc : now;
	}
	if (first_error && add_mapping == DPCI_ADD_MAPPING && done)
		xc_domain_memory_mapping(xch, domid, first_gfn, first_mfn, done,
					 DPCI_REMOVE_MAPPING);
	return first_error ? fail(first_error) : 0;
}

int xc_domain_ioport_mapping(xc_interface *xch, uint32_t domid, uint32_t first_gport,
			     uint32_t first_mport, uint32_t nr_ports, uint32_t add_mapping)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_ioport_mapping);

	domctl.u.ioport_mapping.first_gport = first_gport;
	domctl.u.ioport_mapping.first_mport = first_mport;
	domctl.u.ioport_mapping.nr_ports = nr_ports;
	domctl.u.ioport_mapping.add_mapping = add_mapping;
	return do_domctl(xch, &domctl);
}

static int map_pirq(xc_interface *xch, struct physdev_map_pirq *map, int *pirq)
{
	if (!pirq)
		return fail(EINVAL);
	map->pirq = *pirq;
	if (do_op(xch, __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, map, sizeof(*map)))
		return -1;
	*pirq = map->pirq;
	return 0;
}

int xc_physdev_map_pirq(xc_interface *xch, uint32_t domid, int index, int *pirq)
{
	struct physdev_map_pirq map = {
		.domid = (domid_t)domid,
		.type = MAP_PIRQ_TYPE_GSI,
		.index = index,
	};

	return map_pirq(xch, &map, pirq);
}

int xc_physdev_map_pirq_msi(xc_interface *xch, uint32_t domid, int index, int *pirq, int devfn,
			    int bus, int entry_nr, uint64_t table_base)
{
	struct physdev_map_pirq map = {
		.domid = (domid_t)domid,
		.type = MAP_PIRQ_TYPE_MSI,
		.index = index,
		.bus = bus,
		.devfn = devfn,
		.entry_nr = entry_nr,
		.table_base = table_base,
	};

	return map_pirq(xch, &map, pirq);
}

int xc_physdev_unmap_pirq(xc_interface *xch, uint32_t domid, int pirq)
{
	struct physdev_unmap_pirq unmap = { .domid = (domid_t)domid, .pirq = pirq };

	return do_op(xch, __HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq, &unmap, sizeof(unmap));
}

static int pci_op(xc_interface *xch, uint32_t cmd, uint32_t domid, uint32_t machine_sbdf,
		  uint32_t flags)
{
	struct xen_domctl domctl = domctl_for(domid, cmd);

	domctl.u.assign_device.dev = XEN_DOMCTL_DEV_PCI;
	domctl.u.assign_device.u.pci.machine_sbdf = machine_sbdf;
	domctl.u.assign_device.flags = flags;
	return do_domctl(xch, &domctl);
}

int xc_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf, uint32_t flag)
{
	return pci_op(xch, XEN_DOMCTL_assign_device, domid, machine_sbdf, flag);
}

int xc_test_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf)
{
	return pci_op(xch, XEN_DOMCTL_test_assign_device, domid, machine_sbdf, 0);
}

int xc_deassign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf)
{
	return pci_op(xch, XEN_DOMCTL_deassign_device, domid, machine_sbdf, 0);
}

int xc_get_device_group(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf,
			uint32_t max_sdevs, uint32_t *num_sdevs, uint32_t *sdev_array)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_get_device_group);
	struct bounce bounce = BOUNCE(domctl.u.get_device_group.sdev_array, sdev_array,
				      max_sdevs * sizeof(*sdev_array), OUT);

	domctl.u.get_device_group.machine_sbdf = machine_sbdf;
	domctl.u.get_device_group.max_sdevs = max_sdevs;
	if (domctl_bounced(xch, &domctl, &bounce, 1) < 0)
		return -1;
	*num_sdevs = domctl.u.get_device_group.num_sdevs;
	return 0;
}

int xc_assign_dt_device(xc_interface *xch, uint32_t domid, char *path)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_assign_device);
	size_t length = strlen(path);
	struct bounce bounce = BOUNCE(domctl.u.assign_device.u.dt.path, path, length, IN);

	domctl.u.assign_device.dev = XEN_DOMCTL_DEV_DT;
	domctl.u.assign_device.u.dt.size = (uint32_t)length;
	return as_status(domctl_bounced(xch, &domctl, &bounce, 1));
}
