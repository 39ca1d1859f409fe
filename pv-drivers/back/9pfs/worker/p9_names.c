/* SPDX-License-Identifier: MIT */
/* Names: making, linking, renaming and removing what has one. */
#include "p9_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int result(int returned)
{
	return returned < 0 ? -errno : 0;
}

static bool is_mapped(const struct p9_server *s)
{
	return s->security == P9_SECURITY_MAPPED;
}

int p9_remove_path(struct p9_server *s, const char *path)
{
	const char *name;
	int holder = p9_open_holder(s->root, path, &name), error;

	if (holder < 0)
		return holder;
	error = result(unlinkat(holder, name, 0));
	if (error == -EISDIR)
		error = result(unlinkat(holder, name, AT_REMOVEDIR));
	close(holder);
	return error;
}

/* What was just made gets its owner, or is removed. */
static int finish(struct p9_server *s, const struct p9_fid *folder, const char *name,
		  const struct stat *as)
{
	char path[PATH_MAX];
	int error = p9_join(path, folder->path, name);

	if (!error)
		error = p9_owner_new(s, path, -1, as);
	if (error)
		(void)p9_remove_path(s, path);
	return error;
}

int p9_make_folder(struct p9_server *s, const struct p9_fid *folder, const char *name,
		   const struct stat *as)
{
	int dir = p9_open_folder(s->root, folder->path), error;

	if (dir < 0)
		return dir;
	error = result(mkdirat(dir, name, p9_birth_mode(s, as->st_mode)));
	close(dir);
	return error ? error : finish(s, folder, name, as);
}

/* A plain file that stands for something else. */
static int make_stand_in(int dir, const char *name, const char *content)
{
	int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = strlen(content);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, content, len) != (ssize_t)len)
		error = -EIO;
	close(fd);
	if (error)
		unlinkat(dir, name, 0);
	return error;
}

int p9_make_symlink(struct p9_server *s, const struct p9_fid *folder, const char *name,
		    const char *target, const struct stat *as)
{
	int dir = p9_open_folder(s->root, folder->path), error;

	if (dir < 0)
		return dir;
	if (is_mapped(s))
		error = make_stand_in(dir, name, target);
	else
		error = result(symlinkat(target, dir, name));
	close(dir);
	return error ? error : finish(s, folder, name, as);
}

int p9_make_node(struct p9_server *s, const struct p9_fid *folder, const char *name,
		 const struct stat *as)
{
	int dir = p9_open_folder(s->root, folder->path), error;

	if (dir < 0)
		return dir;
	if (is_mapped(s))
		error = make_stand_in(dir, name, "");
	else
		error = result(mknodat(dir, name, as->st_mode, as->st_rdev));
	close(dir);
	return error ? error : finish(s, folder, name, as);
}

int p9_make_link(struct p9_server *s, const struct p9_fid *folder, const char *name,
		 const struct p9_fid *file)
{
	const char *old;
	int holder = p9_open_holder(s->root, file->path, &old), dir, error;

	if (holder < 0)
		return holder;
	dir = p9_open_folder(s->root, folder->path);
	error = dir < 0 ? dir : result(linkat(holder, old, dir, name, 0));
	if (dir >= 0)
		close(dir);
	close(holder);
	return error;
}

int p9_move_name(struct p9_server *s, const char *from, const char *folder, const char *name)
{
	char to[PATH_MAX];
	const char *old;
	int holder, dir, error = p9_join(to, folder, name);

	if (error)
		return error;
	holder = p9_open_holder(s->root, from, &old);
	if (holder < 0)
		return holder;
	dir = p9_open_folder(s->root, folder);
	error = dir < 0 ? dir : result(renameat(holder, old, dir, name));
	if (dir >= 0)
		close(dir);
	close(holder);
	if (!error)
		p9_fids_renamed(s, from, to);
	return error;
}

static int read_stand_in(struct p9_server *s, const char *path, char target[PATH_MAX])
{
	ssize_t n;
	int fd = p9_open_at(s->root, path, O_RDONLY, 0);

	if (fd < 0)
		return fd;
	n = read(fd, target, PATH_MAX - 1);
	close(fd);
	if (n < 0)
		return -errno;
	target[n] = 0;
	return 0;
}

int p9_read_target(struct p9_server *s, const char *path, char target[PATH_MAX])
{
	int object = p9_open_object(s->root, path);
	struct stat st;
	ssize_t n;
	int error;

	if (object < 0)
		return object;
	error = result(fstat(object, &st));
	if (!error && S_ISREG(st.st_mode) && is_mapped(s)) {
		close(object);
		error = p9_stat(s, path, -1, &st);
		if (!error && !S_ISLNK(st.st_mode))
			error = -EINVAL;
		return error ? error : read_stand_in(s, path, target);
	}
	n = readlinkat(object, "", target, PATH_MAX - 1);
	/* With no name given the kernel says ENOENT for what is no link. */
	if (!error && n < 0)
		error = errno == ENOENT ? -EINVAL : -errno;
	close(object);
	if (!error)
		target[n] = 0;
	return error;
}

int p9_readlink(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	char target[PATH_MAX];
	int error;

	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	error = p9_read_target(s, fid->path, target);
	if (!error)
		p9_put_text(out, target);
	return error;
}

static int put_named(struct p9_server *s, const struct p9_fid *folder, const char *name,
		     struct p9_out *out)
{
	char path[PATH_MAX];
	struct p9_qid qid;
	struct stat st;
	int error = p9_join(path, folder->path, name);

	if (!error)
		error = p9_stat(s, path, -1, &st);
	if (error)
		return error;
	qid = p9_qid_of(&st);
	p9_put_qid(out, &qid);
	return 0;
}

int p9_symlink(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	struct stat as = { .st_mode = S_IFLNK | 0777 };
	char name[P9_NAME_MAX + 1], target[PATH_MAX];
	int error;

	p9_get_name(in, name);
	p9_get_text(in, target, sizeof(target));
	as.st_gid = p9_get32(in);
	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	as.st_uid = fid->uid;
	error = p9_make_symlink(s, fid, name, target, &as);
	return error ? error : put_named(s, fid, name, out);
}

int p9_mknod(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	struct stat as = { 0 };
	char name[P9_NAME_MAX + 1];
	uint32_t major, minor;
	int error;

	p9_get_name(in, name);
	as.st_mode = p9_get32(in);
	major = p9_get32(in);
	minor = p9_get32(in);
	as.st_gid = p9_get32(in);
	if (in->bad || S_ISDIR(as.st_mode) || S_ISLNK(as.st_mode))
		return -EINVAL;
	if (!fid)
		return -EBADF;
	if (!(as.st_mode & S_IFMT))
		as.st_mode |= S_IFREG;
	if (S_ISCHR(as.st_mode) || S_ISBLK(as.st_mode))
		as.st_rdev = makedev(major, minor);
	as.st_uid = fid->uid;
	error = p9_make_node(s, fid, name, &as);
	return error ? error : put_named(s, fid, name, out);
}

int p9_mkdir(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	struct stat as = { 0 };
	char name[P9_NAME_MAX + 1];
	int error;

	p9_get_name(in, name);
	as.st_mode = S_IFDIR | (p9_get32(in) & 07777);
	as.st_gid = p9_get32(in);
	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	as.st_uid = fid->uid;
	error = p9_make_folder(s, fid, name, &as);
	return error ? error : put_named(s, fid, name, out);
}

int p9_link(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *folder = p9_get_fid(s, in), *file = p9_get_fid(s, in);
	char name[P9_NAME_MAX + 1];

	p9_get_name(in, name);
	if (in->bad)
		return -EINVAL;
	if (!folder || !file)
		return -EBADF;
	return p9_make_link(s, folder, name, file);
}

int p9_rename(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *file = p9_get_fid(s, in), *folder = p9_get_fid(s, in);
	char name[P9_NAME_MAX + 1], from[PATH_MAX];

	p9_get_name(in, name);
	if (in->bad)
		return -EINVAL;
	if (!folder || !file)
		return -EBADF;
	/* A copy: renaming frees the fid's own. */
	snprintf(from, sizeof(from), "%s", file->path);
	return p9_move_name(s, from, folder->path, name);
}

int p9_renameat(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *old = p9_get_fid(s, in), *new;
	char old_name[P9_NAME_MAX + 1], name[P9_NAME_MAX + 1], from[PATH_MAX];
	int error;

	p9_get_name(in, old_name);
	new = p9_get_fid(s, in);
	p9_get_name(in, name);
	if (in->bad)
		return -EINVAL;
	if (!old || !new)
		return -EBADF;
	error = p9_join(from, old->path, old_name);
	return error ? error : p9_move_name(s, from, new->path, name);
}

int p9_unlinkat(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	char name[P9_NAME_MAX + 1];
	uint32_t flags;
	int dir, error;

	p9_get_name(in, name);
	flags = p9_get32(in);
	if (in->bad || flags & ~(uint32_t)AT_REMOVEDIR)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	dir = p9_open_folder(s->root, fid->path);
	if (dir < 0)
		return dir;
	error = result(unlinkat(dir, name, (int)flags));
	close(dir);
	return error;
}

/* The fid is gone whether this succeeds or not; a read-only share's also. */
int p9_remove(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	int error;

	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	error = s->readonly ? -EROFS : p9_remove_path(s, fid->path);
	p9_fid_free(s, fid);
	return error;
}
