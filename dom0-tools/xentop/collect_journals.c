/* SPDX-License-Identifier: MIT */
/*
 * Counters of disks whose backend is Serai's own: the first page of each device's journal, which
 * the backend counts in. (Its network interfaces are in sysfs, as everybody's.)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "back.h"
#include "xentop/collect.h"

static bool read_head(int directory, const char *name, struct back_journal *head)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool good;

	if (fd < 0)
		return false;
	good =
	    pread(fd, head, sizeof(*head), 0) == sizeof(*head) && head->magic == BACK_JOURNAL_MAGIC;
	close(fd);
	return good;
}

static int add_journal(struct reading *reading, int directory, const char *name)
{
	struct domain_counters *domain;
	struct disk_counters *disk;
	unsigned int domid, dev;
	struct back_journal head;
	char rest;

	if (sscanf(name, "%5u-qdisk-%10u%c", &domid, &dev, &rest) != 2)
		return 0;
	domain = reading_find(reading, domid);
	if (!domain || !read_head(directory, name, &head))
		return 0;
	disk = array_grow((void **)&domain->disks, &domain->nr_disks, sizeof(*disk));
	if (!disk)
		return -ENOMEM;
	disk->dev = dev;
	disk->counted = true;
	disk->out_of_requests = head.counters.waits;
	disk->reads = head.counters.to_guest.operations;
	disk->writes = head.counters.from_guest.operations;
	disk->read_sectors = head.counters.to_guest.bytes / 512;
	disk->written_sectors = head.counters.from_guest.bytes / 512;
	return 0;
}

int collect_journals(struct reading *reading, const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int rc = 0;

	if (!directory)
		return 0;
	while (!rc && (entry = readdir(directory)))
		rc = add_journal(reading, dirfd(directory), entry->d_name);
	closedir(directory);
	sort_disks(reading);
	return rc;
}
