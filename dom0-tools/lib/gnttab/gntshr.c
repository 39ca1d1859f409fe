/* SPDX-License-Identifier: MIT */
/*
 * Own pages granted to others, through /dev/xen/gntalloc.
 *
 * The driver allocates and grants the pages and tells an offset to mmap() them at. Once mapped,
 * its own entry is dropped: the pages then live as long as the mapping, or the other domain's.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/sys/gntalloc.h>

#include "private.h"

xengntshr_handle *xengntshr_open(struct xentoollog_logger *logger, unsigned open_flags)
{
	return open_device(logger, "/dev/xen/gntalloc", "xen-gntalloc");
}

int xengntshr_close(xengntshr_handle *xgs)
{
	return close_device(xgs);
}

int xengntshr_fd(xengntshr_handle *xgs)
{
	return xgs->fd;
}

static int allocate(xengntshr_handle *xgs, uint32_t domid, uint32_t count, uint32_t *refs,
		    int writable, uint64_t *index)
{
	struct ioctl_gntalloc_alloc_gref *alloc;
	int rc;

	alloc = calloc(1, offsetof(struct ioctl_gntalloc_alloc_gref, gref_ids) +
			      (size_t)count * sizeof(alloc->gref_ids[0]));
	if (!alloc)
		return -1;
	alloc->domid = (uint16_t)domid;
	alloc->flags = writable ? GNTALLOC_FLAG_WRITABLE : 0;
	alloc->count = count;
	rc = ioctl(xgs->fd, IOCTL_GNTALLOC_ALLOC_GREF, alloc);
	if (!rc)
		memcpy(refs, alloc->gref_ids, count * sizeof(refs[0]));
	*index = alloc->index;
	free(alloc);
	return rc;
}

static void drop_entry(xengntshr_handle *xgs, uint64_t index, uint32_t count)
{
	struct ioctl_gntalloc_dealloc_gref dealloc = { .index = index, .count = count };
	int saved = errno;

	ioctl(xgs->fd, IOCTL_GNTALLOC_DEALLOC_GREF, &dealloc);
	errno = saved;
}

static int set_notify(xengntshr_handle *xgs, uint64_t index, uint32_t offset, evtchn_port_t port)
{
	struct ioctl_gntalloc_unmap_notify notify = { .index = index };

	if (offset < PAGE_SIZE) {
		notify.index += offset;
		notify.action |= UNMAP_NOTIFY_CLEAR_BYTE;
	}
	if (port != (evtchn_port_t)-1) {
		notify.event_channel_port = port;
		notify.action |= UNMAP_NOTIFY_SEND_EVENT;
	}
	return notify.action ? ioctl(xgs->fd, IOCTL_GNTALLOC_SET_UNMAP_NOTIFY, &notify) : 0;
}

static void *share(xengntshr_handle *xgs, uint32_t domid, int count, uint32_t *refs, int writable,
		   uint32_t notify_offset, evtchn_port_t notify_port)
{
	size_t bytes = (size_t)count * PAGE_SIZE;
	uint64_t index;
	void *p;

	if (count <= 0) {
		errno = EINVAL;
		return NULL;
	}
	if (allocate(xgs, domid, (uint32_t)count, refs, writable, &index))
		return NULL;
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, xgs->fd, (off_t)index);
	if (p == MAP_FAILED) {
		p = NULL;
	} else if (set_notify(xgs, index, notify_offset, notify_port)) {
		int saved = errno;

		munmap(p, bytes);
		errno = saved;
		p = NULL;
	}
	drop_entry(xgs, index, (uint32_t)count);
	return p;
}

void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid, int count, uint32_t *refs,
			    int writable)
{
	return share(xgs, domid, count, refs, writable, (uint32_t)-1, (evtchn_port_t)-1);
}

void *xengntshr_share_page_notify(xengntshr_handle *xgs, uint32_t domid, uint32_t *ref,
				  int writable, uint32_t notify_offset, evtchn_port_t notify_port)
{
	return share(xgs, domid, 1, ref, writable, notify_offset, notify_port);
}

int xengntshr_unshare(xengntshr_handle *xgs, void *start_address, uint32_t count)
{
	return munmap(start_address, count * PAGE_SIZE);
}
