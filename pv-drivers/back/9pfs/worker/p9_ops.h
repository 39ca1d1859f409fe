/* SPDX-License-Identifier: MIT */
/*
 * What p9_server.c dispatches to, and what its files share.
 *
 * A handler decodes its request, refuses a bad one (-EINVAL), then acts and writes the response's
 * body. 0 or -errno; after an error the body is thrown away.
 */
#ifndef P9_OPS_H
#define P9_OPS_H

#include <limits.h>
#include <sys/stat.h>

#include "p9_fid.h"
#include "p9_owner.h"
#include "p9_path.h"

#define P9_IO_HEADER 24u /* what a read or write has around its data, generously */

typedef int p9_handler(struct p9_server *s, struct p9_in *in, struct p9_out *out);

/* p9_io.c */
p9_handler p9_lopen, p9_lcreate, p9_read, p9_write, p9_fsync, p9_lock, p9_getlock;
/* The fid's file with flags of open; only plain files and folders. */
int p9_open_fid(struct p9_server *s, struct p9_fid *fid, int flags);
/* A new file in the fid's folder; the fid is it, opened, afterwards. */
int p9_create_file(struct p9_server *s, struct p9_fid *fid, const char *name, int flags,
		   mode_t mode, gid_t gid);
/* qid and iounit of a fid just opened. */
int p9_put_opened(struct p9_server *s, struct p9_fid *fid, struct p9_out *out);

/* p9_dir.c */
p9_handler p9_readdir;
/* One name of a folder. False ends the reading: it did not fit. */
typedef bool p9_entry(struct p9_server *s, struct p9_fid *fid, struct p9_out *out, const char *name,
		      uint64_t ino, unsigned char type, uint64_t cookie);
/* From the entry behind cookie on. -EINVAL: not even one fits. */
int p9_read_folder(struct p9_server *s, struct p9_fid *fid, uint64_t cookie, p9_entry *entry,
		   struct p9_out *out);

/* p9_names.c */
p9_handler p9_symlink, p9_mknod, p9_mkdir, p9_link, p9_rename, p9_renameat, p9_unlinkat, p9_remove,
    p9_readlink;
int p9_make_folder(struct p9_server *s, const struct p9_fid *folder, const char *name,
		   const struct stat *as);
int p9_make_symlink(struct p9_server *s, const struct p9_fid *folder, const char *name,
		    const char *target, const struct stat *as);
int p9_make_node(struct p9_server *s, const struct p9_fid *folder, const char *name,
		 const struct stat *as);
int p9_make_link(struct p9_server *s, const struct p9_fid *folder, const char *name,
		 const struct p9_fid *file);
int p9_move_name(struct p9_server *s, const char *from, const char *folder, const char *name);
/* What a link says. */
int p9_read_target(struct p9_server *s, const char *path, char target[PATH_MAX]);
/* A name of any kind. */
int p9_remove_path(struct p9_server *s, const char *path);

/* p9_attr.c */
p9_handler p9_getattr, p9_setattr, p9_statfs;
int p9_truncate(struct p9_server *s, const struct p9_fid *fid, uint64_t size);
int p9_set_times(struct p9_server *s, const struct p9_fid *fid, const struct timespec times[2]);

/* p9_dotu.c */
p9_handler p9_open, p9_create, p9_stat_u, p9_wstat;
int p9_read_folder_u(struct p9_server *s, struct p9_fid *fid, uint64_t offset, struct p9_out *out);

/* The fid a request names; sets in->bad's errors apart: NULL gives -EBADF. */
static inline struct p9_fid *p9_get_fid(struct p9_server *s, struct p9_in *in)
{
	uint32_t number = p9_get32(in);

	return in->bad ? NULL : p9_fid_find(s, number);
}

#endif
