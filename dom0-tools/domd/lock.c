/* SPDX-License-Identifier: MIT */
/*
 * One at a time acts on a domain, even across daemons: an action outlives a killed daemon, and the
 * next daemon's must wait for it. UUIDs share a fixed number of lock files, so that none has to be
 * removed.
 */
#include "domd/domd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#define LOCKS 64

int lock_domain(const uint8_t uuid[16])
{
	unsigned int number = 0;
	char path[64];
	int fd;

	for (unsigned int i = 0; i < 16; i++)
		number += uuid[i];
	snprintf(path, sizeof(path), RUN_DIRECTORY "/domain-%u.lock", number % LOCKS);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX))
		if (errno != EINTR)
			return -errno;
	return fd; /* held until the process ends */
}
