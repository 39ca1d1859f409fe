/* SPDX-License-Identifier: MIT */
/*
 * From names of virtual disks to their numbers, as xen-vbd-interface(7) lays them down: xvda1,
 * d0p1, hda, sda and plain numbers.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/spec.h"

/* "aa12" as disk 26 and partition 12. */
static bool letters(const char *at, unsigned long most_disk, unsigned long most_part,
		    unsigned long *disk, unsigned long *part)
{
	*disk = *part = 0;
	if (*at < 'a' || *at > 'z')
		return false;
	for (; *at >= 'a' && *at <= 'z'; at++) {
		*disk = *disk * 26 + (unsigned long)(*at - 'a') + 1;
		if (*disk > most_disk + 1)
			return false;
	}
	--*disk;
	if (*at) {
		char *end;

		if (*at < '1' || *at > '9')
			return false;
		*part = strtoul(at, &end, 10);
		at = end;
	}
	return !*at && *part <= most_part;
}

static uint32_t xvd_number(unsigned long disk, unsigned long part)
{
	return (uint32_t)(disk < 16 && part < 16 ? 202 << 8 | disk << 4 | part
						 : 1ul << 28 | disk << 8 | part);
}

bool vdev_number(const char *vdev, uint32_t *number)
{
	unsigned long disk, part, plain;
	unsigned int d, p;
	int used = -1;
	char *end;

	if (!strncmp(vdev, "xvd", 3) && letters(vdev + 3, (1 << 20) - 1, 255, &disk, &part)) {
		*number = xvd_number(disk, part);
		return true;
	}
	if (sscanf(vdev, "d%8up%8u%n", &d, &p, &used) == 2 && used == (int)strlen(vdev) &&
	    d < 1 << 20 && p < 256) {
		*number = xvd_number(d, p);
		return true;
	}
	errno = 0;
	plain = strtoul(vdev, &end, 0);
	if (*vdev >= '0' && *vdev <= '9' && !errno && !*end && plain <= INT_MAX) {
		*number = (uint32_t)plain;
		return true;
	}
	if (!strncmp(vdev, "hd", 2) && letters(vdev + 2, 3, 63, &disk, &part)) {
		*number = (uint32_t)((disk < 2 ? 3 : 22) << 8 | (disk & 1) << 6 | part);
		return true;
	}
	if (!strncmp(vdev, "sd", 2) && letters(vdev + 2, 15, 15, &disk, &part)) {
		*number = (uint32_t)(8 << 8 | disk << 4 | part);
		return true;
	}
	return false;
}
