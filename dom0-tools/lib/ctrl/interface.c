/* SPDX-License-Identifier: MIT */
/*
 * Opening and closing.
 */
#include <stdlib.h>

#include "private.h"

static int open_handles(xc_interface *xch)
{
	xch->xcall = xencall_open(xch->error_handler, xch->flags & XC_OPENFLAG_NON_REENTRANT
							  ? XENCALL_OPENFLAG_NON_REENTRANT
							  : 0);
	if (!xch->xcall)
		return -1;
	xch->fmem = xenforeignmemory_open(xch->error_handler, 0);
	return xch->fmem ? 0 : -1;
}

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
				unsigned open_flags)
{
	xc_interface *xch = calloc(1, sizeof(*xch));
	int saved;

	if (!xch)
		return NULL;
	xch->flags = (int)open_flags;
	xch->dombuild_logger = dombuild_logger;
	xch->error_handler = logger;
	if (!logger)
		xch->error_handler = xch->error_handler_tofree =
		    (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_PROGRESS, 0);
	if (!xch->error_handler)
		goto fail;
	if (!(open_flags & XC_OPENFLAG_DUMMY) && open_handles(xch))
		goto fail;
	return xch;

fail:
	saved = errno;
	xc_interface_close(xch);
	errno = saved;
	return NULL;
}

int xc_interface_close(xc_interface *xch)
{
	int rc;

	if (!xch)
		return 0;
	rc = xencall_close(xch->xcall);
	if (xenforeignmemory_close(xch->fmem))
		rc = -1;
	xtl_logger_destroy(xch->dombuild_logger_tofree);
	if (xch->dombuild_logger_file)
		fclose(xch->dombuild_logger_file);
	xtl_logger_destroy(xch->error_handler_tofree);
	free(xch);
	return rc;
}

struct xencall_handle *xc_interface_xcall_handle(xc_interface *xch)
{
	return xch->xcall;
}

struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
	return xch->fmem;
}
