/* SPDX-License-Identifier: MIT */
/*
 * Kernel and ramdisk, from files or from memory. Files are mapped, not read: what is copied into
 * the domain is all of them that is looked at.
 */
#include "private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int one_kernel(struct builder *builder)
{
	if (!builder->has_kernel)
		return 0;
	return guest_fail(builder->dom.xch, -EINVAL, "the domain has a kernel already");
}

static int take_kernel(struct builder *builder, int error, const struct complaint *why)
{
	if (guest_result(builder, error, why))
		return -1;
	if (xc_dom_kernel_check_size(&builder->dom, builder->image.bytes)) {
		image_close(&builder->image);
		return -1;
	}
	builder->has_kernel = true;
	return 0;
}

int xc_dom_kernel_file(struct xc_dom_image *dom, const char *filename)
{
	struct builder *builder = builder_of(dom);
	struct complaint why = { "" };

	if (one_kernel(builder))
		return -1;
	return take_kernel(builder, image_open(&builder->image, filename, &why), &why);
}

int xc_dom_kernel_mem(struct xc_dom_image *dom, const void *mem, size_t memsize)
{
	struct builder *builder = builder_of(dom);
	struct complaint why = { "" };

	if (one_kernel(builder))
		return -1;
	return take_kernel(builder, image_open_memory(&builder->image, mem, memsize, &why), &why);
}

static int check_module(struct xc_dom_image *dom, const char *cmdline)
{
	if (builder_of(dom)->done[STEP_BUILT])
		return guest_fail(dom->xch, -EINVAL,
				  "the ramdisk comes before xc_dom_build_image()");
	if (dom->num_modules)
		return guest_fail(dom->xch, -EOPNOTSUPP, "a PV domain takes one ramdisk, not two");
	if (cmdline)
		return guest_fail(dom->xch, -EOPNOTSUPP,
				  "a PV domain's ramdisk has no command line of its own");
	return 0;
}

static int check_module_size(struct xc_dom_image *dom, uint64_t bytes)
{
	if (!bytes)
		return guest_fail(dom->xch, -EINVAL, "the ramdisk is empty");
	if (dom->max_module_size && bytes > dom->max_module_size)
		return guest_fail(dom->xch, -E2BIG, "the ramdisk has %llu bytes; %zu are allowed",
				  (unsigned long long)bytes, dom->max_module_size);
	return 0;
}

static void take_module(struct xc_dom_image *dom, void *blob, size_t bytes)
{
	dom->modules[0].blob = blob;
	dom->modules[0].size = bytes;
	dom->num_modules = 1;
}

static int map_module(struct xc_dom_image *dom, int fd, const char *name)
{
	struct stat stat;
	void *blob;

	if (fstat(fd, &stat))
		return guest_fail(dom->xch, -errno, "ramdisk %s: %s", name, strerror(errno));
	if (!S_ISREG(stat.st_mode))
		return guest_fail(dom->xch, -EINVAL, "ramdisk %s: it is not a file", name);
	if (check_module_size(dom, stat.st_size))
		return -1;
	blob = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (blob == MAP_FAILED)
		return guest_fail(dom->xch, -errno, "ramdisk %s cannot be read: %s", name,
				  strerror(errno));
	take_module(dom, blob, stat.st_size);
	builder_of(dom)->module_is_mapped = true;
	return 0;
}

int xc_dom_module_file(struct xc_dom_image *dom, const char *filename, const char *cmdline)
{
	int result, saved, fd;

	if (check_module(dom, cmdline))
		return -1;
	fd = open(filename, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return guest_fail(dom->xch, -errno, "ramdisk %s: %s", filename, strerror(errno));
	result = map_module(dom, fd, filename);
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

int xc_dom_module_mem(struct xc_dom_image *dom, const void *mem, size_t memsize,
		      const char *cmdline)
{
	if (check_module(dom, cmdline) || check_module_size(dom, memsize))
		return -1;
	take_module(dom, (void *)(uintptr_t)mem, memsize);
	return 0;
}
