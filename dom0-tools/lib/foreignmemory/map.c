/* SPDX-License-Identifier: MIT */
/*
 * Foreign frames: an empty mapping of /dev/xen/privcmd, filled by one ioctl with a list of frames.
 *
 * The ioctl gives each frame an errno; as a whole it fails with ENOENT if some of them are paged
 * out. Those pages' slots are still empty then and can be tried again. Another ioctl takes runs of
 * frames, which spares the kernel copying the list entry by entry, but fails as a whole and not at
 * all kinds of Dom0: it is tried first where nobody asks for each frame's errno and the runs are long.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "private.h"

#define PAGING_TRIES 100000 /* of 100 us: a pager has ten seconds for each page */

static int restrict_handle(Xentoolcore__Active_Handle *tc, domid_t domid)
{
	xenforeignmemory_handle *fmem = CONTAINER_OF(tc, xenforeignmemory_handle, tc);

	return fmem->fd < 0 ? 0 : xenforeignmemory_restrict(fmem, domid);
}

static void explain(struct xentoollog_logger *logger)
{
	struct xentoollog_logger *own = NULL;

	if (!logger)
		logger = own = (struct xentoollog_logger *)xtl_createlogger_stdiostream(
		    stderr, XTL_PROGRESS, 0);
	if (logger)
		xtl_log(logger, XTL_ERROR, errno, "xenforeignmemory",
			"cannot open /dev/xen/privcmd (not Xen's Dom0, not root, or module "
			"xen-privcmd not loaded)");
	xtl_logger_destroy(own);
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
					       unsigned open_flags)
{
	xenforeignmemory_handle *fmem = calloc(1, sizeof(*fmem));
	int saved;

	if (!fmem)
		return NULL;
	fmem->fd = -1;
	fmem->tc.restrict_callback = restrict_handle;
	xentoolcore__register_active_handle(&fmem->tc);
	fmem->fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fmem->fd >= 0)
		return fmem;
	saved = errno;
	explain(logger);
	xenforeignmemory_close(fmem);
	errno = saved;
	return NULL;
}

int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
	int rc;

	if (!fmem)
		return 0;
	xentoolcore__deregister_active_handle(&fmem->tc);
	rc = fmem->fd < 0 ? 0 : close(fmem->fd);
	free(fmem);
	return rc;
}

int xenforeignmemory_restrict(xenforeignmemory_handle *fmem, domid_t domid)
{
	int rc = ioctl(fmem->fd, IOCTL_PRIVCMD_RESTRICT, &domid);

	if (rc < 0 && errno == ENOTTY)
		errno = EOPNOTSUPP;
	return rc;
}

void undo_mmap(void *p, size_t bytes)
{
	int saved = errno;

	munmap(p, bytes);
	errno = saved;
}

static int fill(xenforeignmemory_handle *fmem, uint32_t dom, void *at, unsigned int num,
		const xen_pfn_t *arr, int *err)
{
	privcmd_mmapbatch_v2_t batch = {
		.num = num,
		.dom = (domid_t)dom,
		.addr = (uintptr_t)at,
		.arr = arr,
		.err = err,
	};

	return ioctl(fmem->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
}

/* Tries one paged-out page until it is in or has failed otherwise. */
static void fill_paged(xenforeignmemory_handle *fmem, uint32_t dom, void *at, const xen_pfn_t *gfn,
		       int *err)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	unsigned int tries;

	for (tries = 0; *err == -ENOENT && tries < PAGING_TRIES; tries++) {
		nanosleep(&pause, NULL);
		if (fill(fmem, dom, at, 1, gfn, err) && errno != ENOENT)
			*err = -errno;
	}
}

/* Waits for what is paged out. Returns the first page's error there is, or 0. */
static int settle_errors(xenforeignmemory_handle *fmem, uint32_t dom, char *p, size_t pages,
			 const xen_pfn_t *arr, int *err)
{
	int first = 0;
	size_t i;

	for (i = 0; i < pages; i++) {
		if (err[i] == -ENOENT)
			fill_paged(fmem, dom, p + (i << PAGE_SHIFT), &arr[i], &err[i]);
		if (!first)
			first = err[i];
	}
	return first;
}

static bool fill_all(xenforeignmemory_handle *fmem, uint32_t dom, void *p, size_t pages,
		     const xen_pfn_t *arr, int *err, bool partial)
{
	int first;

	if (fill(fmem, dom, p, (unsigned int)pages, arr, err) && errno != ENOENT)
		return false;
	first = settle_errors(fmem, dom, p, pages, arr, err);
	if (!first || partial)
		return true;
	errno = -first;
	return false;
}

#define RUNS_MOST 512
#define RUN_LEAST 16 /* pages in a run, on average, for it to be worth while */

/* How many runs the list has, or 0 for too many; with `runs` they are filled in. */
static unsigned int find_runs(privcmd_mmap_entry_t *runs, uintptr_t at, size_t pages,
			      const xen_pfn_t *arr)
{
	unsigned int nr = 0;

	for (size_t i = 0, start = 0; i < pages; i++) {
		if (i + 1 < pages && arr[i + 1] == arr[i] + 1)
			continue;
		if (nr == RUNS_MOST)
			return 0;
		runs[nr++] = (privcmd_mmap_entry_t){ .va = at + (start << PAGE_SHIFT),
						     .mfn = arr[start],
						     .npages = i + 1 - start };
		start = i + 1;
	}
	return nr;
}

/* false: nothing is said about the cause, and the mapping cannot be used any more. */
static bool fill_runs(xenforeignmemory_handle *fmem, uint32_t dom, void *at, size_t pages,
		      const xen_pfn_t *arr)
{
	privcmd_mmap_entry_t runs[RUNS_MOST];
	privcmd_mmap_t mmap = {
		.num = (int)find_runs(runs, (uintptr_t)at, pages, arr),
		.dom = (domid_t)dom,
		.entry = runs,
	};

	return mmap.num && pages / (unsigned int)mmap.num >= RUN_LEAST &&
	       !ioctl(fmem->fd, IOCTL_PRIVCMD_MMAP, &mmap);
}

static void *map_runs(xenforeignmemory_handle *fmem, uint32_t dom, void *addr, int prot, int flags,
		      size_t pages, const xen_pfn_t *arr)
{
	void *p = mmap(addr, pages << PAGE_SHIFT, prot, flags | MAP_SHARED, fmem->fd, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (fill_runs(fmem, dom, p, pages, arr))
		return p;
	if (!(flags & MAP_FIXED)) /* else the next attempt takes its place */
		munmap(p, pages << PAGE_SHIFT);
	return NULL;
}

void *xenforeignmemory_map2(xenforeignmemory_handle *fmem, uint32_t dom, void *addr, int prot,
			    int flags, size_t pages, const xen_pfn_t arr[], int err[])
{
	int *errors = err;
	void *p;

	if (!pages || pages > INT32_MAX) {
		errno = EINVAL;
		return NULL;
	}
	p = !err && pages >= RUN_LEAST ? map_runs(fmem, dom, addr, prot, flags, pages, arr) : NULL;
	if (p)
		return p;
	if (!errors)
		errors = calloc(pages, sizeof(*errors));
	if (!errors)
		return NULL;
	p = mmap(addr, pages << PAGE_SHIFT, prot, flags | MAP_SHARED, fmem->fd, 0);
	if (p == MAP_FAILED) {
		p = NULL;
	} else if (!fill_all(fmem, dom, p, pages, arr, errors, err != NULL)) {
		undo_mmap(p, pages << PAGE_SHIFT);
		p = NULL;
	}
	if (errors != err)
		free(errors);
	return p;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
			   const xen_pfn_t arr[], int err[])
{
	return xenforeignmemory_map2(fmem, dom, NULL, prot, 0, pages, arr, err);
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
	return munmap(addr, pages << PAGE_SHIFT);
}
