/* SPDX-License-Identifier: MIT */
/*
 * Paths below a folder, resolved so that nothing outside of it is reached: no link is followed, no
 * ".." leads above, no other file system is entered (openat2). All functions return a descriptor or
 * 0, or -errno.
 */
#ifndef P9_PATH_H
#define P9_PATH_H

#include <limits.h>
#include <sys/types.h>

/* path "" is the folder itself. O_NOFOLLOW, O_NONBLOCK, O_NOCTTY and O_CLOEXEC are added. */
int p9_open_at(int root, const char *path, int flags, mode_t mode);
/* As O_PATH: the object itself, links too. */
int p9_open_object(int root, const char *path);
int p9_open_folder(int root, const char *path);
/*
 * The folder that holds path, and the name there (in path). -EBUSY: path is the root.
 */
int p9_open_holder(int root, const char *path, const char **name);

/* -ENAMETOOLONG. */
int p9_join(char joined[PATH_MAX], const char *path, const char *name);
/* path without its last name; the root stays. */
void p9_go_up(char *path);

#endif
