/* SPDX-License-Identifier: MIT */
/* Paths below a folder: see p9_path.h. */
#include "p9_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A rename elsewhere in the tree makes the kernel give up a walk: it says so, and is asked again.
 */
#define TRIES 8

int p9_open_at(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_NOFOLLOW | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode & 07777 : 0,
		.resolve =
		    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	long fd;

	if (!(flags & O_PATH))
		how.flags |= O_NONBLOCK | O_NOCTTY;
	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

int p9_open_object(int root, const char *path)
{
	return p9_open_at(root, path, O_PATH, 0);
}

int p9_open_folder(int root, const char *path)
{
	return p9_open_at(root, path, O_PATH | O_DIRECTORY, 0);
}

int p9_open_holder(int root, const char *path, const char **name)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!*path)
		return -EBUSY;
	*name = slash ? slash + 1 : path;
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 0, path);
	return p9_open_folder(root, folder);
}

int p9_join(char joined[PATH_MAX], const char *path, const char *name)
{
	int len = snprintf(joined, PATH_MAX, "%s%s%s", path, *path ? "/" : "", name);

	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

void p9_go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = 0;
	else
		*path = 0;
}
