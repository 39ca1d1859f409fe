/* SPDX-License-Identifier: MIT */
/*
 * libxengnttab: memory shared by grant references. xengnttab_*: mapping and copying what other
 * domains grant. xengntshr_*: granting pages of this process to others.
 *
 * Functions return -1 or NULL with errno on failure. Only opening logs. After fork() the child may
 * only close a handle.
 */
#ifndef XENGNTTAB_H
#define XENGNTTAB_H

#include <stdint.h>

#include <xen/event_channel.h>
#include <xen/grant_table.h>

struct xentoollog_logger;

typedef struct xengntdev_handle xengnttab_handle;

/* open_flags: 0. */
xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned open_flags);
/* What is mapped stays mapped until the process ends. NULL is allowed. */
int xengnttab_close(xengnttab_handle *xgt);
int xengnttab_fd(xengnttab_handle *xgt);

/*
 * Map `count` granted pages at one address, page after page; prot is mmap()'s (PROT_READ and
 * PROT_WRITE). All or nothing. A grant the owner has paged out is waited for, one second at most.
 * ENOMEM: above the limit of set_max_grants, EINVAL or EACCES: some grant is not there, not for
 * this domain, or not writable.
 */
void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot);
void *xengnttab_map_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t *domids,
			       uint32_t *refs, int prot);
void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t domid,
				      uint32_t *refs, int prot);
/*
 * As map_grant_ref, and when the page is unmapped, by whatever way this process ends, the byte at
 * notify_offset is cleared (unless that is -1) and notify_port signalled (unless that is -1).
 */
void *xengnttab_map_grant_ref_notify(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot,
				     uint32_t notify_offset, evtchn_port_t notify_port);
/* Undoes one map, whole: count as it was mapped. EINVAL if it is not. */
int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count);
/* How many grants may be mapped at once; before the first map. Recent kernels ignore it. */
int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants);

/*
 * One copy between local memory (virt) and a grant (foreign: reference, offset in the page, owner).
 * flags say which ends are grants: GNTCOPY_source_gref, GNTCOPY_dest_gref, at least one. Neither
 * end may cross a page's end. status is [out], GNTST_*.
 */
struct xengnttab_grant_copy_segment {
	union xengnttab_copy_ptr {
		void *virt;
		struct {
			uint32_t ref;
			uint16_t offset;
			uint16_t domid;
		} foreign;
	} source, dest;
	uint16_t len;
	uint16_t flags;
	int16_t status;
};
typedef struct xengnttab_grant_copy_segment xengnttab_grant_copy_segment_t;

/* Copies; 0 says only that every segment was tried, each status tells how it went. */
int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
			 xengnttab_grant_copy_segment_t *segs);

/*
 * Graphics buffers (dma-buf descriptors) made of grants, and grants of such buffers. exp_from_refs
 * makes one of domid's `count` grants; exp_wait_released waits until its last user is gone (ENOENT:
 * it already is, ETIMEDOUT after wait_to_ms). imp_to_refs grants the pages of buffer fd to domid
 * until imp_release. ENOTTY or EINVAL: the kernel has no such thing.
 */
#define GNTDEV_DMA_FLAG_WC	 (1 << 0)	/* write-combining memory */
#define GNTDEV_DMA_FLAG_COHERENT (1 << 1)	/* coherent memory; without either: ordinary */
int xengnttab_dmabuf_exp_from_refs(xengnttab_handle *xgt, uint32_t domid, uint32_t flags,
				   uint32_t count, const uint32_t *refs, uint32_t *fd);
int xengnttab_dmabuf_exp_wait_released(xengnttab_handle *xgt, uint32_t fd, uint32_t wait_to_ms);
int xengnttab_dmabuf_imp_to_refs(xengnttab_handle *xgt, uint32_t domid, uint32_t fd,
				 uint32_t count, uint32_t *refs);
int xengnttab_dmabuf_imp_release(xengnttab_handle *xgt, uint32_t fd);

typedef struct xengntdev_handle xengntshr_handle;

xengntshr_handle *xengntshr_open(struct xentoollog_logger *logger, unsigned open_flags);
int xengntshr_close(xengntshr_handle *xgs);
int xengntshr_fd(xengntshr_handle *xgs);

/*
 * Makes `count` zeroed pages, grants them to domid and maps them here; refs is filled with their
 * references. ENOSPC: above gntalloc's limit.
 */
void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid, int count, uint32_t *refs,
			    int writable);
/* One page, with what is done when it is unmapped as in xengnttab_map_grant_ref_notify. */
void *xengntshr_share_page_notify(xengntshr_handle *xgs, uint32_t domid, uint32_t *ref,
				  int writable, uint32_t notify_offset, evtchn_port_t notify_port);
/* The pages live on, unseen here, until the other domain has let go of them. */
int xengntshr_unshare(xengntshr_handle *xgs, void *start_address, uint32_t count);

#endif
