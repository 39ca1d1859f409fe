/* SPDX-License-Identifier: MIT */
/*
 * Opens a kernel file: an ELF file is mapped as it is, anything else goes through unpacking first.
 *
 * The file is held by its descriptor from the check to the use, so that replacing it meanwhile
 * changes nothing. Growing or shrinking it under the mapping is the administrator's own foot.
 */
#include "build/build.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_elf(int fd)
{
	char magic[SELFMAG];

	return pread(fd, magic, SELFMAG, 0) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG);
}

/*
 * The descriptor belongs to the image once mapping succeeds: its holes tell what needs no copying.
 */
static int map_and_parse(struct image *image, int fd, struct complaint *complaint)
{
	struct stat stat;
	void *data;
	int error;

	if (fstat(fd, &stat))
		return -errno;
	if (stat.st_size <= 0 || (uint64_t)stat.st_size > IMAGE_MAX_BYTES) {
		complain(complaint, "its size of %lld bytes is no kernel's",
			 (long long)stat.st_size);
		return -ENOEXEC;
	}
	data = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		complain(complaint, "it cannot be read: %m");
		return -errno;
	}
	error = image_parse_elf(image, data, stat.st_size, complaint);
	image->data = data;
	image->bytes = stat.st_size;
	image->fd = fd;
	return error;
}

static int open_kernel(const char *path, struct complaint *complaint)
{
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		complain(complaint, "%s", strerror(errno));
		return -errno;
	}
	if (!fstat(fd, &stat) && S_ISREG(stat.st_mode))
		return fd;
	close(fd);
	complain(complaint, "it is not a file");
	return -EINVAL;
}

/* Of a file that is not ELF; unpacked ones of a path are kept. */
static int open_packed(struct image *image, int fd, const char *path, struct complaint *why)
{
	char how[sizeof(why->text)] = "";
	int error, unpacked = cache_unpacked(fd, path, &image->from_cache, how, sizeof(how), why);

	snprintf(image->how, sizeof(image->how), "%.*s", (int)sizeof(image->how) - 1, how);
	if (unpacked < 0)
		return unpacked;
	error = map_and_parse(image, unpacked, why);
	if (unpacked != image->fd)
		close(unpacked);
	return error;
}

static int finish_open(struct image *image, int error, const char *name,
		       const struct complaint *why, struct complaint *complaint)
{
	if (error) {
		complain(complaint, "kernel %s: %s", name,
			 why->text[0] ? why->text : strerror(-error));
		image_close(image);
	}
	return error;
}

static void clear(struct image *image, enum image_kind kind)
{
	memset(image, 0, sizeof(*image));
	image->fd = -1;
	image->kind = kind;
}

static int open_as(struct image *image, enum image_kind kind, const char *path,
		   struct complaint *complaint)
{
	struct complaint why = { "" };
	int error, fd = open_kernel(path, &why);

	clear(image, kind);
	error = fd < 0 ? fd : 0;
	if (!error && is_elf(fd)) {
		snprintf(image->how, sizeof(image->how), "ELF");
		error = map_and_parse(image, fd, &why);
	} else if (!error) {
		error = open_packed(image, fd, path, &why);
	}
	if (fd >= 0 && fd != image->fd)
		close(fd);
	return finish_open(image, error, path, &why, complaint);
}

int image_open(struct image *image, const char *path, struct complaint *complaint)
{
	return open_as(image, IMAGE_PV, path, complaint);
}

int image_open_pvh(struct image *image, const char *path, struct complaint *complaint)
{
	return open_as(image, IMAGE_PVH, path, complaint);
}

int image_open_loader(struct image *image, const char *path, struct complaint *complaint)
{
	return open_as(image, IMAGE_LOADER, path, complaint);
}

/* The unpacking program reads a file. */
static int memory_file(const uint8_t *data, size_t bytes)
{
	int error, fd = memfd_create("kernel", MFD_CLOEXEC);

	while (fd >= 0 && bytes) {
		ssize_t done = write(fd, data, bytes);

		if (done < 0 && errno != EINTR) {
			error = -errno;
			close(fd);
			return error;
		}
		data += done > 0 ? done : 0;
		bytes -= done > 0 ? done : 0;
	}
	return fd < 0 ? -errno : fd;
}

int image_open_memory(struct image *image, const void *data, size_t bytes,
		      struct complaint *complaint)
{
	struct complaint why = { "" };
	int error, fd;

	clear(image, IMAGE_PV);
	if (bytes >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG)) {
		snprintf(image->how, sizeof(image->how), "ELF");
		error = image_parse_elf(image, data, bytes, &why);
	} else {
		error = fd = memory_file(data, bytes);
		if (fd >= 0) {
			error = open_packed(image, fd, NULL, &why);
			close(fd);
		}
	}
	return finish_open(image, error, "in memory", &why, complaint);
}

void image_close(struct image *image)
{
	if (image->fd < 0)
		return;
	munmap((void *)(uintptr_t)image->data, image->bytes);
	close(image->fd);
	image->fd = -1;
}
