/* SPDX-License-Identifier: MIT */
/*
 * Opening and closing the two devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <xentoollog.h>

#include "private.h"

static void explain(struct xentoollog_logger *logger, const char *path, const char *module)
{
	xentoollog_logger_stdiostream *own = NULL;

	if (!logger) {
		own = xtl_createlogger_stdiostream(stderr, XTL_PROGRESS, 0);
		logger = (struct xentoollog_logger *)own;
	}
	if (logger)
		xtl_log(logger, XTL_ERROR, errno, "xengnttab",
			"cannot open %s (not Xen, not root, or module %s not loaded)", path,
			module);
	if (own)
		xtl_logger_destroy((struct xentoollog_logger *)own);
}

/* The drivers know no restriction to one domain. */
static int restrict_handle(Xentoolcore__Active_Handle *tc, domid_t domid)
{
	struct xengntdev_handle *handle = CONTAINER_OF(tc, struct xengntdev_handle, tc);

	return xentoolcore__restrict_by_dup2_null(handle->fd);
}

struct xengntdev_handle *open_device(struct xentoollog_logger *logger, const char *path,
				     const char *module)
{
	struct xengntdev_handle *handle = calloc(1, sizeof(*handle));
	int saved;

	if (!handle)
		return NULL;
	handle->fd = -1;
	handle->tc.restrict_callback = restrict_handle;
	xentoolcore__register_active_handle(&handle->tc);
	handle->fd = open(path, O_RDWR | O_CLOEXEC);
	if (handle->fd >= 0)
		return handle;
	saved = errno;
	explain(logger, path, module);
	xentoolcore__deregister_active_handle(&handle->tc);
	free(handle);
	errno = saved;
	return NULL;
}

int close_device(struct xengntdev_handle *handle)
{
	int rc;

	if (!handle)
		return 0;
	xentoolcore__deregister_active_handle(&handle->tc);
	rc = close(handle->fd);
	free(handle);
	return rc;
}
