/* SPDX-License-Identifier: MIT */
/*
 * Handles and hypercalls.
 *
 * The driver returns the hypercall's own result from ioctl(). libc's ioctl() cuts that to an int,
 * but some results are page counts or frame numbers, so the system call is made directly.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "private.h"

static int restrict_handle(Xentoolcore__Active_Handle *tc, domid_t domid)
{
	xencall_handle *xcall = CONTAINER_OF(tc, xencall_handle, tc);

	return xentoolcore__restrict_by_dup2_null(xcall->fd);
}

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned open_flags)
{
	xencall_handle *xcall = calloc(1, sizeof(*xcall));
	int saved;

	if (!xcall)
		return NULL;
	xcall->fd = xcall->buffer_fd = -1;
	pthread_mutex_init(&xcall->lock, NULL);
	xcall->tc.restrict_callback = restrict_handle;
	xentoolcore__register_active_handle(&xcall->tc);
	xcall->logger = logger;
	if (!logger)
		xcall->logger = xcall->own_logger =
		    (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_PROGRESS, 0);
	if (!xcall->logger)
		goto fail;
	xcall->fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (xcall->fd < 0) {
		xtl_log(xcall->logger, XTL_ERROR, errno, "xencall",
			"cannot open /dev/xen/privcmd (not Xen's Dom0, not root, or module "
			"xen-privcmd not loaded)");
		goto fail;
	}
	/* Kernels before 4.18 do not have it: buffers then come from anonymous memory. */
	xcall->buffer_fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	return xcall;

fail:
	saved = errno;
	xencall_close(xcall);
	errno = saved;
	return NULL;
}

int xencall_close(xencall_handle *xcall)
{
	int rc = 0, saved = 0;

	if (!xcall)
		return 0;
	xentoolcore__deregister_active_handle(&xcall->tc);
	drop_cached_buffers(xcall);
	if (xcall->buffer_fd >= 0)
		close(xcall->buffer_fd);
	if (xcall->fd >= 0)
		rc = close(xcall->fd);
	saved = errno;
	xtl_logger_destroy(xcall->own_logger);
	pthread_mutex_destroy(&xcall->lock);
	free(xcall);
	errno = saved;
	return rc;
}

int xencall_fd(xencall_handle *xcall)
{
	return xcall->fd;
}

static long hypercall(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2,
		      uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
	privcmd_hypercall_t call = { .op = op, .arg = { arg1, arg2, arg3, arg4, arg5 } };

	return syscall(SYS_ioctl, xcall->fd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

int xencall0(xencall_handle *xcall, unsigned int op)
{
	return (int)hypercall(xcall, op, 0, 0, 0, 0, 0);
}

int xencall1(xencall_handle *xcall, unsigned int op, uint64_t arg1)
{
	return (int)hypercall(xcall, op, arg1, 0, 0, 0, 0);
}

int xencall2(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2)
{
	return (int)hypercall(xcall, op, arg1, arg2, 0, 0, 0);
}

long xencall2L(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2)
{
	return hypercall(xcall, op, arg1, arg2, 0, 0, 0);
}

int xencall3(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3)
{
	return (int)hypercall(xcall, op, arg1, arg2, arg3, 0, 0);
}

int xencall4(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3,
	     uint64_t arg4)
{
	return (int)hypercall(xcall, op, arg1, arg2, arg3, arg4, 0);
}

int xencall5(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3,
	     uint64_t arg4, uint64_t arg5)
{
	return (int)hypercall(xcall, op, arg1, arg2, arg3, arg4, arg5);
}
