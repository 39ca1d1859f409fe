/* SPDX-License-Identifier: MIT */
/*
 * What a disk is made of, as the toolstack wrote it: params is FORMAT:PATH, aio:PATH or a path.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct {
	const char *word, *driver;
} formats[] = {
	{ "aio", NULL },   { "raw", NULL },	 { "file", NULL },   { "phy", NULL },
	{ "empty", NULL }, { "qcow2", "qcow2" }, { "qcow", "qcow" }, { "vhd", "vpc" },
	{ "vpc", "vpc" },  { "vhdx", "vhdx" },	 { "vmdk", "vmdk" }, { "vdi", "vdi" },
	{ "qed", "qed" },
};

static void parse_params(struct image *image, const char *params)
{
	const char *colon = strchr(params, ':');

	image->driver = NULL;
	for (size_t i = 0; colon && i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strlen(formats[i].word) == (size_t)(colon - params) &&
		    !strncmp(params, formats[i].word, (size_t)(colon - params))) {
			image->driver = formats[i].driver;
			params = colon + 1;
			break;
		}
	snprintf(image->path, sizeof(image->path), "%s", params);
}

int image_read(struct back_device *device, struct image *image)
{
	char *params = back_read(device, "params"), *mode = back_read(device, "mode");
	char *type = back_read(device, "device-type");
	uint32_t discard = 1;

	if (back_read_number(device, "discard-enable", 1, &discard) == -EINVAL)
		discard = 0;
	parse_params(image, params ? params : "");
	image->cdrom = type && !strcmp(type, "cdrom");
	image->readonly = image->cdrom || !mode || mode[0] != 'w';
	image->discard = discard && !image->readonly;
	free(params);
	free(mode);
	free(type);
	if (!image->path[0] && !image->cdrom)
		return back_error(device, -EINVAL, "the backend's node params names no image");
	if (image->path[0] && image->path[0] != '/')
		return back_error(device, -EINVAL, "%s: an image is named by its whole path",
				  image->path);
	return 0;
}

static int measure(struct image *image, int fd)
{
	struct statfs system;
	struct stat status;
	uint64_t bytes;
	int logical = BLOCK_SECTOR;
	unsigned int physical = BLOCK_SECTOR;

	if (fstat(fd, &status))
		return -errno;
	image->block = S_ISBLK(status.st_mode);
	image->memory = S_ISREG(status.st_mode) && !fstatfs(fd, &system) &&
			system.f_type == TMPFS_MAGIC;
	bytes = (uint64_t)status.st_size;
	if (image->block) {
		if (ioctl(fd, BLKGETSIZE64, &bytes) || ioctl(fd, BLKSSZGET, &logical))
			return -errno;
		if (ioctl(fd, BLKPBSZGET, &physical))
			physical = (unsigned int)logical;
	} else if (!S_ISREG(status.st_mode)) {
		return -ENOTBLK;
	}
	if (logical < (int)BLOCK_SECTOR || logical > 4096)
		return -EMEDIUMTYPE;
	image->sectors = bytes / BLOCK_SECTOR;
	image->sector_size = (uint32_t)logical;
	image->physical_size = physical < (unsigned int)logical ? (uint32_t)logical : physical;
	return 0;
}

/* Whether O_DIRECT takes units of 512 bytes: not on every file system, nor every disk below. */
static bool takes_direct(int fd, const struct image *image)
{
	void *page = NULL;
	bool takes;

	if (image->block)
		return true; /* in units of sector_size, which requests are checked for */
	if (posix_memalign(&page, 4096, 4096))
		return false;
	takes = image->sectors && pread(fd, page, BLOCK_SECTOR, 0) == BLOCK_SECTOR;
	free(page);
	return takes;
}

/*
 * Past the page cache where that works: the guest has a cache of its own, and what it wrote is then
 * not in two.
 */
int image_open(struct back_device *device, struct image *image)
{
	int flags = (image->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK, fd, rc;

	image->sectors = 0;
	image->sector_size = image->physical_size = BLOCK_SECTOR;
	if (!image->path[0])
		return -ENOMEDIUM;
	fd = open(image->path, flags | O_DIRECT);
	rc = fd < 0 ? -errno : measure(image, fd);
	if (rc == -EINVAL || (!rc && !takes_direct(fd, image))) {
		if (fd >= 0)
			close(fd);
		fd = open(image->path, flags);
		rc = fd < 0 ? -errno : measure(image, fd);
	}
	if (!rc)
		return fd;
	if (fd >= 0)
		close(fd);
	return back_error(device, rc, "%s: %s", image->path, strerror(-rc));
}
