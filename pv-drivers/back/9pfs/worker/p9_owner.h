/* SPDX-License-Identifier: MIT */
/*
 * Owners, modes and kinds of the guest's files, as the share's security model keeps them.
 *
 * none: they are the files' own. A process that may not set an owner leaves it, silently.
 * mapped: they are numbers in the files' user attributes (little-endian, names and sizes as QEMU's
 * mapped-xattr has them, so folders can be shared with it); the files themselves are plain files
 * and folders of the share's owner, and a link or device of the guest's is a plain file.
 *
 * An object is named by its path and, if it is open, also by a descriptor (else -1), which is then
 * used. All functions return 0 or -errno.
 */
#ifndef P9_OWNER_H
#define P9_OWNER_H

#include <sys/stat.h>

#include "p9_server.h"

/* Does the folder's file system have what the model needs? -EOPNOTSUPP if not. */
int p9_owner_check(int root, enum p9_security security);

int p9_stat(struct p9_server *s, const char *path, int fd, struct stat *st);
int p9_chmod(struct p9_server *s, const char *path, int fd, mode_t mode);
/* -1: leave. */
int p9_chown(struct p9_server *s, const char *path, int fd, uid_t uid, gid_t gid);

/* The mode to give to a file or folder when it is made. */
mode_t p9_birth_mode(const struct p9_server *s, mode_t mode);
/* An object just made gets its owner, mode and kind. */
int p9_owner_new(struct p9_server *s, const char *path, int fd, const struct stat *as);

struct p9_qid p9_qid_of(const struct stat *st);

#endif
