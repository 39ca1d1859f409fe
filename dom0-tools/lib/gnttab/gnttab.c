/* SPDX-License-Identifier: MIT */
/*
 * Other domains' grants, through /dev/xen/gntdev.
 *
 * Mapping takes two steps: an ioctl enters the references into the driver's table and tells the
 * offset at which mmap() then maps them. The driver's structure has room for one reference; longer
 * ones continue behind it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include <xen/sys/gntdev.h>

#include "private.h"

#define MMAP_TRIES 1000 /* a millisecond apart */

struct unmap_notify {
	uint32_t offset;
	evtchn_port_t port;
};

_Static_assert(sizeof(struct xengnttab_grant_copy_segment) ==
		   sizeof(struct ioctl_gntdev_grant_copy_segment),
	       "the driver takes them as they are");

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned open_flags)
{
	return open_device(logger, "/dev/xen/gntdev", "xen-gntdev");
}

int xengnttab_close(xengnttab_handle *xgt)
{
	return close_device(xgt);
}

int xengnttab_fd(xengnttab_handle *xgt)
{
	return xgt->fd;
}

int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants)
{
	struct ioctl_gntdev_set_max_grants limit = { .count = nr_grants };
	int rc = ioctl(xgt->fd, IOCTL_GNTDEV_SET_MAX_GRANTS, &limit);

	/* Kernels with one limit for all (a module parameter) have dropped this ioctl. */
	return rc < 0 && errno == ENOTTY ? 0 : rc;
}

/* Enters the references; returns the mmap() offset in *index. domid_step 0: one owner for all. */
static int enter_refs(xengnttab_handle *xgt, uint32_t count, const uint32_t *domids,
		      unsigned int domid_step, const uint32_t *refs, uint64_t *index)
{
	struct ioctl_gntdev_map_grant_ref *map;
	uint32_t i;
	int rc;

	if (!count) {
		errno = EINVAL;
		return -1;
	}
	map = calloc(1, offsetof(struct ioctl_gntdev_map_grant_ref, refs) +
			    (size_t)count * sizeof(map->refs[0]));
	if (!map)
		return -1;
	map->count = count;
	for (i = 0; i < count; i++) {
		map->refs[i].domid = domids[i * domid_step];
		map->refs[i].ref = refs[i];
	}
	rc = ioctl(xgt->fd, IOCTL_GNTDEV_MAP_GRANT_REF, map);
	*index = map->index;
	free(map);
	return rc;
}

static void forget_refs(xengnttab_handle *xgt, uint64_t index, uint32_t count)
{
	struct ioctl_gntdev_unmap_grant_ref unmap = { .index = index, .count = count };
	int saved = errno;

	ioctl(xgt->fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
	errno = saved;
}

static void *mmap_patiently(xengnttab_handle *xgt, uint64_t index, uint32_t count, int prot)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };
	unsigned int tries;
	void *p = MAP_FAILED;

	for (tries = 0; tries < MMAP_TRIES; tries++) {
		p = mmap(NULL, count * PAGE_SIZE, prot, MAP_SHARED, xgt->fd, (off_t)index);
		if (p != MAP_FAILED || errno != EAGAIN)
			break;
		nanosleep(&millisecond, NULL);
	}
	return p == MAP_FAILED ? NULL : p;
}

static int set_notify(xengnttab_handle *xgt, uint64_t index, const struct unmap_notify *wanted)
{
	struct ioctl_gntdev_unmap_notify notify = { .index = index };

	if (wanted->offset < PAGE_SIZE) {
		notify.index += wanted->offset;
		notify.action |= UNMAP_NOTIFY_CLEAR_BYTE;
	}
	if (wanted->port != (evtchn_port_t)-1) {
		notify.event_channel_port = wanted->port;
		notify.action |= UNMAP_NOTIFY_SEND_EVENT;
	}
	return notify.action ? ioctl(xgt->fd, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, &notify) : 0;
}

static void *map_refs(xengnttab_handle *xgt, uint32_t count, const uint32_t *domids,
		      unsigned int domid_step, const uint32_t *refs, int prot,
		      const struct unmap_notify *notify)
{
	uint64_t index;
	void *p;

	if (enter_refs(xgt, count, domids, domid_step, refs, &index))
		return NULL;
	p = mmap_patiently(xgt, index, count, prot);
	if (p && notify && set_notify(xgt, index, notify)) {
		int saved = errno;

		munmap(p, count * PAGE_SIZE);
		errno = saved;
		p = NULL;
	}
	if (!p)
		forget_refs(xgt, index, count);
	return p;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot)
{
	return map_refs(xgt, 1, &domid, 0, &ref, prot, NULL);
}

void *xengnttab_map_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t *domids,
			       uint32_t *refs, int prot)
{
	return map_refs(xgt, count, domids, 1, refs, prot, NULL);
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t domid,
				      uint32_t *refs, int prot)
{
	return map_refs(xgt, count, &domid, 0, refs, prot, NULL);
}

void *xengnttab_map_grant_ref_notify(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot,
				     uint32_t notify_offset, evtchn_port_t notify_port)
{
	const struct unmap_notify notify = { .offset = notify_offset, .port = notify_port };

	return map_refs(xgt, 1, &domid, 0, &ref, prot, &notify);
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count)
{
	struct ioctl_gntdev_get_offset_for_vaddr where = { .vaddr = (uintptr_t)start_address };
	struct ioctl_gntdev_unmap_grant_ref unmap = { .count = count };

	if (!start_address) {
		errno = EINVAL;
		return -1;
	}
	if (ioctl(xgt->fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &where))
		return -1;
	if (where.count != count) {
		errno = EINVAL;
		return -1;
	}
	if (munmap(start_address, count * PAGE_SIZE))
		return -1;
	unmap.index = where.offset;
	return ioctl(xgt->fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
}

int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
			 xengnttab_grant_copy_segment_t *segs)
{
	struct ioctl_gntdev_grant_copy copy = {
		.count = count,
		.segments = (struct ioctl_gntdev_grant_copy_segment *)segs,
	};

	return ioctl(xgt->fd, IOCTL_GNTDEV_GRANT_COPY, &copy);
}
