/* SPDX-License-Identifier: MIT */
/*
 * libxenforeignmemory: other domains' memory in this process, by frame number, for who has control
 * over them.
 *
 * Functions return -1 or NULL with errno on failure; only opening logs. After fork() the child may
 * only close a handle, and has none of its mappings.
 */
#ifndef XENFOREIGNMEMORY_H
#define XENFOREIGNMEMORY_H

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

struct xentoollog_logger;
typedef struct xenforeignmemory_handle xenforeignmemory_handle;

/* open_flags: 0. */
xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
					       unsigned open_flags);
/* Mappings stay until unmapped or the process ends. NULL is allowed. */
int xenforeignmemory_close(xenforeignmemory_handle *fmem);

/*
 * Maps `pages` frames of dom, whose numbers (GFNs; of PV domains MFNs) arr lists, one after the
 * other; prot is mmap()'s.
 *
 * With err (an array of `pages`), every frame gets 0 or a negative errno there and the mapping
 * stands even if all failed: touching a failed page is fatal. Without err, it is all or nothing, errno that of
 * the first failure. Frames that are paged out are waited for.
 */
void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
			   const xen_pfn_t arr[], int err[]);
/* With mmap()'s address (a hint, or the place if flags has MAP_FIXED) and flags. */
void *xenforeignmemory_map2(xenforeignmemory_handle *fmem, uint32_t dom, void *addr, int prot,
			    int flags, size_t pages, const xen_pfn_t arr[], int err[]);
int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages);

/* From now on the handle is good for domid only. EOPNOTSUPP: kernel too old. */
int xenforeignmemory_restrict(xenforeignmemory_handle *fmem, domid_t domid);

/*
 * Resources: pages the hypervisor keeps for a domain (XENMEM_resource_*), by type, a number within
 * the type, and a range of frames. *paddr is mmap()'s address, [in] hint and [out] place.
 * EOPNOTSUPP: kernel or hypervisor cannot.
 */
typedef struct xenforeignmemory_resource_handle xenforeignmemory_resource_handle;
xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
			      unsigned int id, unsigned long frame, unsigned long nr_frames,
			      void **paddr, int prot, int flags);
/* Unmaps and frees. NULL is allowed. */
int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
				    xenforeignmemory_resource_handle *fres);
/* A resource's size in bytes. */
int xenforeignmemory_resource_size(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
				   unsigned int id, size_t *size);

#endif
