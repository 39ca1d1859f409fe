/* SPDX-License-Identifier: MIT */
/*
 * Handles, and the call.
 *
 * Calls go through privcmd's own form of dm_op, which checks the buffers and which a restricted
 * handle may still use, for its one domain. LIMITS: kernels before 4.13 do not have it (EOPNOTSUPP).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "private.h"

static int restrict_handle(Xentoolcore__Active_Handle *tc, domid_t domid)
{
	xendevicemodel_handle *dmod = CONTAINER_OF(tc, xendevicemodel_handle, tc);

	return dmod->fd < 0 ? 0 : xendevicemodel_restrict(dmod, domid);
}

static void explain(struct xentoollog_logger *logger)
{
	struct xentoollog_logger *own = NULL;

	if (!logger)
		logger = own = (struct xentoollog_logger *)xtl_createlogger_stdiostream(
		    stderr, XTL_PROGRESS, 0);
	if (logger)
		xtl_log(logger, XTL_ERROR, errno, "xendevicemodel",
			"cannot open /dev/xen/privcmd (not Xen's Dom0, not root, or module "
			"xen-privcmd not loaded)");
	xtl_logger_destroy(own);
}

xendevicemodel_handle *xendevicemodel_open(struct xentoollog_logger *logger,
					   unsigned int open_flags)
{
	xendevicemodel_handle *dmod;
	int saved;

	if (open_flags) {
		errno = EINVAL;
		return NULL;
	}
	dmod = calloc(1, sizeof(*dmod));
	if (!dmod)
		return NULL;
	dmod->fd = -1;
	dmod->tc.restrict_callback = restrict_handle;
	xentoolcore__register_active_handle(&dmod->tc);
	dmod->fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (dmod->fd >= 0)
		return dmod;
	saved = errno;
	explain(logger);
	xendevicemodel_close(dmod);
	errno = saved;
	return NULL;
}

int xendevicemodel_close(xendevicemodel_handle *dmod)
{
	int rc;

	if (!dmod)
		return 0;
	xentoolcore__deregister_active_handle(&dmod->tc);
	rc = dmod->fd < 0 ? 0 : close(dmod->fd);
	free(dmod);
	return rc;
}

static int supported(int rc)
{
	if (rc < 0 && errno == ENOTTY)
		errno = EOPNOTSUPP;
	return rc;
}

int xendevicemodel_restrict(xendevicemodel_handle *dmod, domid_t domid)
{
	return supported(ioctl(dmod->fd, IOCTL_PRIVCMD_RESTRICT, &domid));
}

int dm_op(xendevicemodel_handle *dmod, domid_t domid, struct xen_dm_op *op, void *more,
	  size_t bytes)
{
	const privcmd_dm_op_buf_t buffer[] = { { op, sizeof(*op) }, { more, bytes } };
	const privcmd_dm_op_t call = { .dom = domid, .num = more ? 2 : 1, .ubufs = buffer };

	return supported(ioctl(dmod->fd, IOCTL_PRIVCMD_DM_OP, &call));
}
