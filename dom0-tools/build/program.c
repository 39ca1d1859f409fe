/* SPDX-License-Identifier: MIT */
/* Finds a program of lib/serai from wherever this one runs: beside it, or in ../lib/serai. */
#include "build/build.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int program_beside(char *path, size_t room, const char *name)
{
	static const char *const places[] = { "", "../lib/serai/", "../tools/lib/serai/" };
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length < 0)
		return -errno;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		slash[1] = '\0';
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(path, room, "%s%s%s", self, places[i], name) < (int)room &&
		    !access(path, X_OK))
			return 0;
	return -ENOENT;
}
