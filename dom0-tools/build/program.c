/* SPDX-License-Identifier: MIT */
/*
 * Finds a program of lib/serai from wherever this one runs: beside it, or in ../lib/serai. In a
 * library, whose program can be anywhere, from the library's place too.
 */
#include "build/build.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The first place below the folder of `self` (which is shortened to it) that has the program. */
static bool find_from(char *self, const char *const *places, char *path, size_t room,
		      const char *name)
{
	char *slash = strrchr(self, '/');

	if (slash)
		slash[1] = '\0';
	for (; *places; places++)
		if (snprintf(path, room, "%s%s%s", self, *places, name) < (int)room &&
		    !access(path, X_OK))
			return true;
	return false;
}

int program_beside(char *path, size_t room, const char *name)
{
	static const char *const of_program[] = { "", "../lib/serai/", "../tools/lib/serai/",
						  NULL };
	static const char *const of_library[] = { "../serai/", "serai/", NULL };
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	Dl_info here;

	if (length < 0)
		return -errno;
	self[length] = '\0';
	if (find_from(self, of_program, path, room, name))
		return 0;
	/* Of a program this gives the name it was called by, which is anybody's: only whole paths.
	 */
	if (!dladdr(of_program, &here) || !here.dli_fname || here.dli_fname[0] != '/')
		return -ENOENT;
	snprintf(self, sizeof(self), "%s", here.dli_fname);
	return find_from(self, of_library, path, room, name) ? 0 : -ENOENT;
}
