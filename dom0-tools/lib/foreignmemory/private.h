/* SPDX-License-Identifier: MIT */
/*
 * The handle of libxenforeignmemory.
 */
#ifndef XENFOREIGNMEMORY_PRIVATE_H
#define XENFOREIGNMEMORY_PRIVATE_H

#include <xenforeignmemory.h>
#include <xentoolcore_internal.h>
#include <xentoollog.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)

struct xenforeignmemory_handle {
	Xentoolcore__Active_Handle tc;
	int fd;		/* /dev/xen/privcmd */
};

/* munmap() that keeps errno. */
void undo_mmap(void *p, size_t bytes);

#endif
