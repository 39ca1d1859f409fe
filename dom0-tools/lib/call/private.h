/* SPDX-License-Identifier: MIT */
/*
 * What the two files of libxencall share.
 */
#ifndef XENCALL_PRIVATE_H
#define XENCALL_PRIVATE_H

#include <pthread.h>

#include <xencall.h>
#include <xentoolcore_internal.h>
#include <xentoollog.h>

#define PAGE_SIZE 4096ul
#define NR_CACHED 16

struct xencall_handle {
	Xentoolcore__Active_Handle tc;
	xentoollog_logger *logger, *own_logger;
	int fd;			/* /dev/xen/privcmd: calls */
	int buffer_fd;		/* /dev/xen/hypercall: memory; -1 if the kernel has none */

	pthread_mutex_t lock;
	/* guarded by: lock */
	void *cached[NR_CACHED];	/* single free pages */
	unsigned int nr_cached;
};

/* Gives the cached pages back to the kernel. */
void drop_cached_buffers(xencall_handle *xcall);

#endif
