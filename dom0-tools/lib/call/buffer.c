/* SPDX-License-Identifier: MIT */
/*
 * Memory for hypercalls: pages mapped from /dev/xen/hypercall, which the kernel neither moves nor
 * copies at fork(). On kernels without that device anonymous memory is locked and kept out of
 * children; the kernel may still move it, so calls can then fail with EFAULT once in a while.
 *
 * Nearly every hypercall needs one small buffer for a moment, hence the cache of single pages.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "private.h"

/* Before each buffer of xencall_alloc_buffer(); a cache line, which keeps the payload aligned. */
struct header {
	size_t nr_pages;
	char pad[64 - sizeof(size_t)];
};

static void *map_pages(xencall_handle *xcall, size_t nr_pages)
{
	size_t bytes = nr_pages * PAGE_SIZE;
	void *p;

	if (xcall->buffer_fd >= 0) {
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, xcall->buffer_fd, 0);
		return p == MAP_FAILED ? NULL : p;
	}
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (madvise(p, bytes, MADV_DONTFORK)) {
		munmap(p, bytes);
		return NULL;
	}
	return p;
}

static void *take_cached(xencall_handle *xcall)
{
	void *p = NULL;

	pthread_mutex_lock(&xcall->lock);
	if (xcall->nr_cached)
		p = xcall->cached[--xcall->nr_cached];
	pthread_mutex_unlock(&xcall->lock);
	return p;
}

static int give_to_cache(xencall_handle *xcall, void *p)
{
	int kept = 0;

	pthread_mutex_lock(&xcall->lock);
	if (xcall->nr_cached < NR_CACHED) {
		xcall->cached[xcall->nr_cached++] = p;
		kept = 1;
	}
	pthread_mutex_unlock(&xcall->lock);
	return kept;
}

void drop_cached_buffers(xencall_handle *xcall)
{
	void *p;

	while ((p = take_cached(xcall)))
		munmap(p, PAGE_SIZE);
}

void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr_pages)
{
	void *p = NULL;

	if (!nr_pages || nr_pages > ~(size_t)0 / PAGE_SIZE) {
		errno = ENOMEM;
		return NULL;
	}
	if (nr_pages == 1)
		p = take_cached(xcall);
	return p ? p : map_pages(xcall, nr_pages);
}

void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t nr_pages)
{
	int saved = errno;

	if (p && (nr_pages != 1 || !give_to_cache(xcall, p)))
		munmap(p, nr_pages * PAGE_SIZE);
	errno = saved;
}

void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
	size_t nr_pages;
	struct header *header;

	if (size > ~(size_t)0 - sizeof(*header) - PAGE_SIZE) {
		errno = ENOMEM;
		return NULL;
	}
	nr_pages = (sizeof(*header) + size + PAGE_SIZE - 1) / PAGE_SIZE;
	header = xencall_alloc_buffer_pages(xcall, nr_pages);
	if (!header)
		return NULL;
	header->nr_pages = nr_pages;
	return header + 1;
}

void xencall_free_buffer(xencall_handle *xcall, void *p)
{
	struct header *header;

	if (!p)
		return;
	header = (struct header *)p - 1;
	xencall_free_buffer_pages(xcall, header, header->nr_pages);
}

int xencall_buffers_never_fault(xencall_handle *xcall)
{
	return xcall->buffer_fd >= 0;
}
