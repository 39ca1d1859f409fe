/* SPDX-License-Identifier: MIT */
/*
 * Linux's /dev/xen/gntdev: other domains' granted pages in a process. MAP_GRANT_REF names grants and
 * reserves a range of offsets for them, mmap() there maps them, munmap() unmaps, UNMAP_GRANT_REF
 * forgets. Besides, copies by grant, and dma-bufs made of grants or granted.
 */
#ifndef __LINUX_PUBLIC_GNTDEV_H__
#define __LINUX_PUBLIC_GNTDEV_H__

#include <linux/ioctl.h>
#include <stdint.h>

struct ioctl_gntdev_grant_ref {
	uint32_t domid;
	uint32_t ref;
};

#define IOCTL_GNTDEV_MAP_GRANT_REF \
	_IOC(_IOC_NONE, 'G', 0, sizeof(struct ioctl_gntdev_map_grant_ref))
struct ioctl_gntdev_map_grant_ref {
	uint32_t count;		/* [in] grants; one mmap() has to take them all */
	uint32_t pad;
	uint64_t index;		/* [out] mmap()'s offset, in bytes */
	struct ioctl_gntdev_grant_ref refs[1];	/* [in] count of them */
};

/* After munmap(). */
#define IOCTL_GNTDEV_UNMAP_GRANT_REF \
	_IOC(_IOC_NONE, 'G', 1, sizeof(struct ioctl_gntdev_unmap_grant_ref))
struct ioctl_gntdev_unmap_grant_ref {
	uint64_t index;		/* [in] from MAP_GRANT_REF */
	uint32_t count;		/* [in] as there */
	uint32_t pad;
};

/* For a caller that knows only where the mapping is: what to give to munmap() and UNMAP_GRANT_REF. */
#define IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR \
	_IOC(_IOC_NONE, 'G', 2, sizeof(struct ioctl_gntdev_get_offset_for_vaddr))
struct ioctl_gntdev_get_offset_for_vaddr {
	uint64_t vaddr;		/* [in] the start of a mapping */
	uint64_t offset;	/* [out] its index */
	uint32_t count;		/* [out] its pages */
	uint32_t pad;
};

/* A limit for this file; before any other ioctl. */
#define IOCTL_GNTDEV_SET_MAX_GRANTS \
	_IOC(_IOC_NONE, 'G', 3, sizeof(struct ioctl_gntdev_set_max_grants))
struct ioctl_gntdev_set_max_grants {
	uint32_t count;		/* [in] grants mapped at a time */
};

/* As IOCTL_GNTALLOC_SET_UNMAP_NOTIFY (gntalloc.h). */
#define IOCTL_GNTDEV_SET_UNMAP_NOTIFY \
	_IOC(_IOC_NONE, 'G', 7, sizeof(struct ioctl_gntdev_unmap_notify))
struct ioctl_gntdev_unmap_notify {
	uint64_t index;			/* [in] the page's mmap() offset, or the byte to clear's */
	uint32_t action;		/* [in] UNMAP_NOTIFY_* */
	uint32_t event_channel_port;	/* [in] */
};

#define UNMAP_NOTIFY_CLEAR_BYTE	0x1	/* store 0 at index */
#define UNMAP_NOTIFY_SEND_EVENT	0x2	/* an event over event_channel_port */

/* Copies between granted pages, or one and the process's memory, with nothing mapped. */
struct ioctl_gntdev_grant_copy_segment {
	union {
		void *virt;
		struct {
			uint32_t ref;
			uint16_t offset;
			uint16_t domid;
		} foreign;
	} source, dest;
	uint16_t len;		/* [in] bytes; a foreign end must not cross a page */
	uint16_t flags;		/* [in] GNTCOPY_{source,dest}_gref: which ends are foreign */
	int16_t status;		/* [out] GNTST_* */
};

#define IOCTL_GNTDEV_GRANT_COPY _IOC(_IOC_NONE, 'G', 8, sizeof(struct ioctl_gntdev_grant_copy))
struct ioctl_gntdev_grant_copy {
	unsigned int count;
	struct ioctl_gntdev_grant_copy_segment *segments;
};

/* The kind of memory behind an exported dma-buf; without either, ordinary pages. */
#define GNTDEV_DMA_FLAG_WC		(1 << 0)	/* write-combining */
#define GNTDEV_DMA_FLAG_COHERENT	(1 << 1)	/* coherent */

/* Makes a dma-buf of a domain's grants. */
#define IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS \
	_IOC(_IOC_NONE, 'G', 9, sizeof(struct ioctl_gntdev_dmabuf_exp_from_refs))
struct ioctl_gntdev_dmabuf_exp_from_refs {
	uint32_t flags;		/* [in] GNTDEV_DMA_FLAG_* */
	uint32_t count;		/* [in] grants */
	uint32_t fd;		/* [out] the dma-buf */
	uint32_t domid;		/* [in] */
	uint32_t refs[1];	/* [in] count of them */
};

/*
 * Waits until such a dma-buf has been released by all; ETIMEDOUT if that takes too long, ENOENT if
 * there is none, which includes one released already.
 */
#define IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED \
	_IOC(_IOC_NONE, 'G', 10, sizeof(struct ioctl_gntdev_dmabuf_exp_wait_released))
struct ioctl_gntdev_dmabuf_exp_wait_released {
	uint32_t fd;		/* [in] */
	uint32_t wait_to_ms;	/* [in] */
};

/* The other way: grants a dma-buf's pages to a domain. */
#define IOCTL_GNTDEV_DMABUF_IMP_TO_REFS \
	_IOC(_IOC_NONE, 'G', 11, sizeof(struct ioctl_gntdev_dmabuf_imp_to_refs))
struct ioctl_gntdev_dmabuf_imp_to_refs {
	uint32_t fd;		/* [in] */
	uint32_t count;		/* [in] its pages */
	uint32_t domid;		/* [in] */
	uint32_t reserved;	/* [in] 0 */
	uint32_t refs[1];	/* [out] count of them */
};

/* Ends these grants and lets go of the dma-buf. */
#define IOCTL_GNTDEV_DMABUF_IMP_RELEASE \
	_IOC(_IOC_NONE, 'G', 12, sizeof(struct ioctl_gntdev_dmabuf_imp_release))
struct ioctl_gntdev_dmabuf_imp_release {
	uint32_t fd;		/* [in] */
	uint32_t reserved;
};

#endif
