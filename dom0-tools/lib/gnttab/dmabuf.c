/* SPDX-License-Identifier: MIT */
/*
 * dma-bufs made of grants, and grants of dma-bufs. As in gnttab.c, lists continue behind the
 * driver's structures.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "private.h"

#include <xen/sys/gntdev.h>

int xengnttab_dmabuf_exp_from_refs(xengnttab_handle *xgt, uint32_t domid, uint32_t flags,
				   uint32_t count, const uint32_t *refs, uint32_t *fd)
{
	struct ioctl_gntdev_dmabuf_exp_from_refs *from;
	int rc;

	from = calloc(1, offsetof(struct ioctl_gntdev_dmabuf_exp_from_refs, refs) +
			     (size_t)count * sizeof(*refs));
	if (!from)
		return -1;
	from->flags = flags;
	from->count = count;
	from->domid = domid;
	memcpy(from->refs, refs, (size_t)count * sizeof(*refs));
	rc = ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, from);
	if (!rc)
		*fd = from->fd;
	free(from);
	return rc;
}

int xengnttab_dmabuf_exp_wait_released(xengnttab_handle *xgt, uint32_t fd, uint32_t wait_to_ms)
{
	struct ioctl_gntdev_dmabuf_exp_wait_released wait = {
		.fd = fd,
		.wait_to_ms = wait_to_ms,
	};

	return ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED, &wait);
}

int xengnttab_dmabuf_imp_to_refs(xengnttab_handle *xgt, uint32_t domid, uint32_t fd, uint32_t count,
				 uint32_t *refs)
{
	struct ioctl_gntdev_dmabuf_imp_to_refs *to;
	int rc;

	to = calloc(1, offsetof(struct ioctl_gntdev_dmabuf_imp_to_refs, refs) +
			   (size_t)count * sizeof(*refs));
	if (!to)
		return -1;
	to->fd = fd;
	to->count = count;
	to->domid = domid;
	rc = ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_IMP_TO_REFS, to);
	if (!rc)
		memcpy(refs, to->refs, (size_t)count * sizeof(*refs));
	free(to);
	return rc;
}

int xengnttab_dmabuf_imp_release(xengnttab_handle *xgt, uint32_t fd)
{
	struct ioctl_gntdev_dmabuf_imp_release release = { .fd = fd };

	return ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_IMP_RELEASE, &release);
}
