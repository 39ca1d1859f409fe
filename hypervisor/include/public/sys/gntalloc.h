/* SPDX-License-Identifier: MIT */
/*
 * Linux's /dev/xen/gntalloc: pages of a process granted to another domain. The pages come into being
 * with ALLOC_GREF and are mapped by mmap() at the index it returns; a page goes away when it is
 * deallocated here, mapped by nobody here, and no longer by the other domain.
 */
#ifndef __LINUX_PUBLIC_GNTALLOC_H__
#define __LINUX_PUBLIC_GNTALLOC_H__

#include <linux/ioctl.h>
#include <stdint.h>

#define IOCTL_GNTALLOC_ALLOC_GREF \
	_IOC(_IOC_NONE, 'G', 5, sizeof(struct ioctl_gntalloc_alloc_gref))
struct ioctl_gntalloc_alloc_gref {
	uint16_t domid;		/* [in] who may map them */
	uint16_t flags;		/* [in] GNTALLOC_FLAG_* */
	uint32_t count;		/* [in] pages */
	uint64_t index;		/* [out] mmap()'s offset, in bytes */
	uint32_t gref_ids[1];	/* [out] count of them, consecutive pages */
};

#define GNTALLOC_FLAG_WRITABLE	1

#define IOCTL_GNTALLOC_DEALLOC_GREF \
	_IOC(_IOC_NONE, 'G', 6, sizeof(struct ioctl_gntalloc_dealloc_gref))
struct ioctl_gntalloc_dealloc_gref {
	uint64_t index;		/* [in] from ALLOC_GREF */
	uint32_t count;		/* [in] pages from there on */
};

/*
 * What shall happen when a page is unmapped here, by the death of the process too, so that the other
 * side learns of it. One notification a page, a new one replaces it; action 0 cancels it.
 */
#define IOCTL_GNTALLOC_SET_UNMAP_NOTIFY \
	_IOC(_IOC_NONE, 'G', 7, sizeof(struct ioctl_gntalloc_unmap_notify))
struct ioctl_gntalloc_unmap_notify {
	uint64_t index;			/* [in] the page's mmap() offset, or the byte to clear's */
	uint32_t action;		/* [in] UNMAP_NOTIFY_* */
	uint32_t event_channel_port;	/* [in] */
};

#define UNMAP_NOTIFY_CLEAR_BYTE	0x1	/* store 0 at index */
#define UNMAP_NOTIFY_SEND_EVENT	0x2	/* an event over event_channel_port */

#endif
