/* SPDX-License-Identifier: MIT */
/*
 * Pages the hypervisor keeps for a domain, mapped through privcmd's form of
 * XENMEM_acquire_resource.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "private.h"

struct xenforeignmemory_resource_handle {
	void *addr;
	size_t bytes;
};

/* What "no such ioctl" looks like, said so that callers can tell it from a bad argument. */
static int acquire(xenforeignmemory_handle *fmem, privcmd_mmap_resource_t *resource)
{
	int rc = ioctl(fmem->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, resource);

	if (rc < 0 && errno == ENOTTY)
		errno = EOPNOTSUPP;
	return rc;
}

xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
			      unsigned int id, unsigned long frame, unsigned long nr_frames,
			      void **paddr, int prot, int flags)
{
	privcmd_mmap_resource_t resource = {
		.dom = domid,
		.type = type,
		.id = id,
		.idx = (uint32_t)frame,
		.num = nr_frames,
	};
	xenforeignmemory_resource_handle *fres;

	/* The driver's index has 32 bits; without frames the ioctl would mean "what size?". */
	if (frame > UINT32_MAX || !nr_frames || nr_frames > SIZE_MAX >> PAGE_SHIFT) {
		errno = EINVAL;
		return NULL;
	}
	fres = calloc(1, sizeof(*fres));
	if (!fres)
		return NULL;
	fres->bytes = nr_frames << PAGE_SHIFT;
	fres->addr = mmap(*paddr, fres->bytes, prot, flags | MAP_SHARED, fmem->fd, 0);
	if (fres->addr == MAP_FAILED) {
		free(fres);
		return NULL;
	}
	resource.addr = (uintptr_t)fres->addr;
	if (acquire(fmem, &resource)) {
		undo_mmap(fres->addr, fres->bytes);
		free(fres);
		return NULL;
	}
	*paddr = fres->addr;
	return fres;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
				    xenforeignmemory_resource_handle *fres)
{
	int rc;

	if (!fres)
		return 0;
	rc = munmap(fres->addr, fres->bytes);
	free(fres);
	return rc;
}

int xenforeignmemory_resource_size(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
				   unsigned int id, size_t *size)
{
	privcmd_mmap_resource_t resource = { .dom = domid, .type = type, .id = id };

	if (acquire(fmem, &resource))
		return -1;
	*size = resource.num << PAGE_SHIFT;
	return 0;
}
