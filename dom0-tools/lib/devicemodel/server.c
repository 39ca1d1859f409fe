/* SPDX-License-Identifier: MIT */
/* Ioreq servers: an emulator's existence, and what of the guest's accesses it gets. */
#include <errno.h>

#include "private.h"

int xendevicemodel_create_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
				       int handle_bufioreq, ioservid_t *id)
{
	struct xen_dm_op op = { .op = XEN_DMOP_create_ioreq_server };
	int rc;

	if (handle_bufioreq < 0 || handle_bufioreq > UINT8_MAX) {
		errno = EINVAL;
		return -1;
	}
	op.u.create_ioreq_server.handle_bufioreq = (uint8_t)handle_bufioreq;
	rc = dm_op(dmod, domid, &op, NULL, 0);
	if (!rc)
		*id = op.u.create_ioreq_server.id;
	return rc;
}

int xendevicemodel_get_ioreq_server_info(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id,
					 xen_pfn_t *ioreq_gfn, xen_pfn_t *bufioreq_gfn,
					 evtchn_port_t *bufioreq_port)
{
	struct xen_dm_op op = { .op = XEN_DMOP_get_ioreq_server_info };
	struct xen_dm_op_get_ioreq_server_info *info = &op.u.get_ioreq_server_info;
	int rc;

	info->id = id;
	/* Asking for frame numbers makes the hypervisor put the pages into the guest's memory. */
	if (!ioreq_gfn && !bufioreq_gfn)
		info->flags = XEN_DMOP_no_gfns;
	rc = dm_op(dmod, domid, &op, NULL, 0);
	if (rc)
		return rc;
	if (ioreq_gfn)
		*ioreq_gfn = info->ioreq_gfn;
	if (bufioreq_gfn)
		*bufioreq_gfn = info->bufioreq_gfn;
	if (bufioreq_port)
		*bufioreq_port = info->bufioreq_port;
	return 0;
}

static int change_range(xendevicemodel_handle *dmod, domid_t domid, uint32_t operation,
			ioservid_t id, uint32_t type, uint64_t start, uint64_t end)
{
	struct xen_dm_op op = { .op = operation };

	/* Both operations have the one structure at the same place. */
	op.u.map_io_range_to_ioreq_server = (struct xen_dm_op_ioreq_server_range){
		.id = id, .type = type, .start = start, .end = end
	};
	return dm_op(dmod, domid, &op, NULL, 0);
}

int xendevicemodel_map_io_range_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
						ioservid_t id, int is_mmio, uint64_t start,
						uint64_t end)
{
	return change_range(dmod, domid, XEN_DMOP_map_io_range_to_ioreq_server, id,
			    is_mmio ? XEN_DMOP_IO_RANGE_MEMORY : XEN_DMOP_IO_RANGE_PORT, start,
			    end);
}

int xendevicemodel_unmap_io_range_from_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
						    ioservid_t id, int is_mmio, uint64_t start,
						    uint64_t end)
{
	return change_range(dmod, domid, XEN_DMOP_unmap_io_range_from_ioreq_server, id,
			    is_mmio ? XEN_DMOP_IO_RANGE_MEMORY : XEN_DMOP_IO_RANGE_PORT, start,
			    end);
}

static int change_device(xendevicemodel_handle *dmod, domid_t domid, uint32_t operation,
			 ioservid_t id, uint16_t segment, uint8_t bus, uint8_t device,
			 uint8_t function)
{
	uint64_t sbdf;

	if (device > 0x1f || function > 0x7) {
		errno = EINVAL;
		return -1;
	}
	sbdf = XEN_DMOP_PCI_SBDF((uint64_t)segment, bus, device, function);
	return change_range(dmod, domid, operation, id, XEN_DMOP_IO_RANGE_PCI, sbdf, sbdf);
}

int xendevicemodel_map_pcidev_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
					      ioservid_t id, uint16_t segment, uint8_t bus,
					      uint8_t device, uint8_t function)
{
	return change_device(dmod, domid, XEN_DMOP_map_io_range_to_ioreq_server, id, segment, bus,
			     device, function);
}

int xendevicemodel_unmap_pcidev_from_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
						  ioservid_t id, uint16_t segment, uint8_t bus,
						  uint8_t device, uint8_t function)
{
	return change_device(dmod, domid, XEN_DMOP_unmap_io_range_from_ioreq_server, id, segment,
			     bus, device, function);
}

int xendevicemodel_map_mem_type_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
						ioservid_t id, uint16_t type, uint32_t flags)
{
	struct xen_dm_op op = { .op = XEN_DMOP_map_mem_type_to_ioreq_server };

	op.u.map_mem_type_to_ioreq_server.id = id;
	op.u.map_mem_type_to_ioreq_server.type = type;
	op.u.map_mem_type_to_ioreq_server.flags = flags;
	return dm_op(dmod, domid, &op, NULL, 0);
}

int xendevicemodel_set_ioreq_server_state(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id,
					  int enabled)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_ioreq_server_state };

	op.u.set_ioreq_server_state.id = id;
	op.u.set_ioreq_server_state.enabled = !!enabled;
	return dm_op(dmod, domid, &op, NULL, 0);
}

int xendevicemodel_destroy_ioreq_server(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id)
{
	struct xen_dm_op op = { .op = XEN_DMOP_destroy_ioreq_server };

	op.u.destroy_ioreq_server.id = id;
	return dm_op(dmod, domid, &op, NULL, 0);
}
