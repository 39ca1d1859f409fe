/* SPDX-License-Identifier: MIT */
/*
 * The file that outlives serai-backd and its workers: which requests of a device are taken and not
 * answered, and its counters.
 *
 * It is made and removed here; only the worker writes it, through a mapping. Being in /run, it is
 * gone after the machine's reboot, as the guests are.
 */
#include "backd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void journal_path(const struct back_device *device, char path[BACK_PATH_MAX])
{
	snprintf(path, BACK_PATH_MAX, BACK_DIR "/%u-%s-%u", device->domid, device->class->kind,
		 device->devid);
}

static int read_head(struct back_device *device, struct back_journal *head)
{
	char path[BACK_PATH_MAX];
	ssize_t done;
	int fd;

	journal_path(device, path);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	done = pread(fd, head, sizeof(*head), 0);
	if (done == sizeof(*head) && head->magic == BACK_JOURNAL_MAGIC &&
	    head->domid == device->domid && head->devid == device->devid)
		return fd;
	close(fd);
	return -EBADMSG;
}

bool journal_is_live(struct back_device *device)
{
	struct back_journal head;
	int fd = read_head(device, &head);

	if (fd < 0)
		return false;
	close(fd);
	return head.live;
}

static int reopen(struct back_device *device, uint32_t bytes)
{
	struct back_journal head;
	struct stat status;
	int fd = read_head(device, &head);

	if (fd < 0)
		return fd;
	if (head.bytes == bytes && !fstat(fd, &status) && status.st_size == (off_t)bytes)
		return fd;
	close(fd);
	return -EBADMSG;
}

static int make(struct back_device *device, uint32_t bytes)
{
	struct back_journal head = { 0 }, old;
	char path[BACK_PATH_MAX];
	int fd = read_head(device, &old), error = 0;

	if (fd >= 0) {
		head.counters = old.counters;
		close(fd);
	}
	journal_path(device, path);
	unlink(path);
	head.magic = BACK_JOURNAL_MAGIC;
	head.domid = device->domid;
	head.devid = device->devid;
	head.bytes = bytes;
	snprintf(head.kind, sizeof(head.kind), "%s", device->class->kind);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	/* Room for all of it now: a full tmpfs must not be found out by a page fault. */
	error = posix_fallocate(fd, 0, bytes);
	if (!error && pwrite(fd, &head, sizeof(head), 0) != sizeof(head))
		error = EIO;
	if (!error)
		return fd;
	close(fd);
	unlink(path);
	return -error;
}

int journal_open(struct back_device *device, uint32_t bytes, bool fresh)
{
	bytes += BACK_JOURNAL_HEAD;
	return fresh ? make(device, bytes) : reopen(device, bytes);
}

void journal_remove(struct back_device *device)
{
	char path[BACK_PATH_MAX];

	journal_path(device, path);
	unlink(path);
}
