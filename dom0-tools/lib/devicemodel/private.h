/* SPDX-License-Identifier: MIT */
/* The handle of libxendevicemodel, and its one way to the hypervisor. */
#ifndef XENDEVICEMODEL_PRIVATE_H
#define XENDEVICEMODEL_PRIVATE_H

#include <xendevicemodel.h>
#include <xentoolcore_internal.h>
#include <xentoollog.h>

struct xendevicemodel_handle {
	Xentoolcore__Active_Handle tc;
	int fd; /* /dev/xen/privcmd */
};

/*
 * Does op on the domain; its results are in *op afterwards. more/bytes: the operation's second
 * buffer, in or out as it says, or NULL. 0, or -1 with errno.
 */
int dm_op(xendevicemodel_handle *dmod, domid_t domid, struct xen_dm_op *op, void *more,
	  size_t bytes);

#endif
