/* SPDX-License-Identifier: MIT */
/*
 * libxencall: hypercalls from user space, and memory that may be handed to them.
 *
 * The hypervisor reaches a caller's memory only where it is mapped and stays put, so every pointer
 * in a hypercall's arguments must come from xencall_alloc_buffer*(). After fork() the child may do
 * nothing with a handle or its buffers but xencall_close().
 */
#ifndef XENCALL_H
#define XENCALL_H

#include <stddef.h>
#include <stdint.h>

struct xentoollog_logger;
typedef struct xencall_handle xencall_handle;

/* The caller promises to use the handle from one thread at a time. */
#define XENCALL_OPENFLAG_NON_REENTRANT (1U << 0)

/*
 * Opens the hypercall driver. Without a logger, errors go to stderr. NULL with errno (and a
 * message): ENOENT no such driver (not a Dom0, or xen-privcmd not loaded), EACCES not root.
 */
xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned open_flags);
/* Free buffers first, but in a forked child. NULL is allowed. 0, or -1 with errno. */
int xencall_close(xencall_handle *xcall);
/* The driver's descriptor, for uses this library does not foresee. */
int xencall_fd(xencall_handle *xcall);

/*
 * Issue hypercall number op (__HYPERVISOR_*). They return what the hypervisor returned, or -1 with
 * errno: the hypervisor's, or the driver's; nothing is logged. The L variant is for results that do
 * not fit an int.
 */
int xencall0(xencall_handle *xcall, unsigned int op);
int xencall1(xencall_handle *xcall, unsigned int op, uint64_t arg1);
int xencall2(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2);
int xencall3(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3);
int xencall4(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3,
	     uint64_t arg4);
int xencall5(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3,
	     uint64_t arg4, uint64_t arg5);
long xencall2L(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2);

/*
 * Whole pages, page-aligned; contents undefined. NULL with errno ENOMEM (also for 0 pages and for
 * sizes that overflow). Single pages are kept for reuse.
 */
void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr_pages);
/* nr_pages as allocated; NULL is allowed. errno is kept. */
void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t nr_pages);

/* As above in bytes: at least `size`, aligned to a cache line, not to a page. */
void *xencall_alloc_buffer(xencall_handle *xcall, size_t size);
void xencall_free_buffer(xencall_handle *xcall, void *p);

/* Non-zero if the kernel keeps buffers in place; 0 if calls may fail with EFAULT by bad luck. */
int xencall_buffers_never_fault(xencall_handle *xcall);

#endif
