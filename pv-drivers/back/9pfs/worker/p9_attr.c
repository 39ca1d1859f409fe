/* SPDX-License-Identifier: MIT */
/* Attributes of files, and of the file system they are in. */
#include "p9_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ATTR_BASIC 0x7ffull /* what getattr gives: all but birth time, generation, data version */

enum {
	SET_MODE = 1,
	SET_UID = 2,
	SET_GID = 4,
	SET_SIZE = 8,
	SET_ATIME = 0x10,
	SET_MTIME = 0x20,
	SET_CTIME = 0x40,
	SET_ATIME_GIVEN = 0x80,
	SET_MTIME_GIVEN = 0x100
};

static void put_time(struct p9_out *out, const struct timespec *time)
{
	p9_put64(out, (uint64_t)time->tv_sec);
	p9_put64(out, (uint64_t)time->tv_nsec);
}

int p9_getattr(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	static const struct timespec never;
	struct p9_fid *fid = p9_get_fid(s, in);
	struct p9_qid qid;
	struct stat st;
	int error;

	(void)p9_get64(in);
	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	error = p9_stat(s, fid->path, fid->fd, &st);
	if (error)
		return error;
	qid = p9_qid_of(&st);
	p9_put64(out, ATTR_BASIC);
	p9_put_qid(out, &qid);
	p9_put32(out, st.st_mode);
	p9_put32(out, st.st_uid);
	p9_put32(out, st.st_gid);
	p9_put64(out, st.st_nlink);
	p9_put64(out, st.st_rdev);
	p9_put64(out, (uint64_t)st.st_size);
	p9_put64(out, (uint64_t)st.st_blksize);
	p9_put64(out, (uint64_t)st.st_blocks);
	put_time(out, &st.st_atim);
	put_time(out, &st.st_mtim);
	put_time(out, &st.st_ctim);
	put_time(out, &never);
	p9_put64(out, 0);
	p9_put64(out, 0);
	return 0;
}

int p9_truncate(struct p9_server *s, const struct p9_fid *fid, uint64_t size)
{
	bool writable = fid->fd >= 0 && (fid->flags & O_ACCMODE) != O_RDONLY;
	int fd = writable ? fid->fd : p9_open_at(s->root, fid->path, O_WRONLY, 0);
	int error;

	if (fd < 0)
		return fd;
	error = ftruncate(fd, (off_t)size) ? -errno : 0;
	if (!writable)
		close(fd);
	return error;
}

int p9_set_times(struct p9_server *s, const struct p9_fid *fid, const struct timespec times[2])
{
	int object, error;

	if (fid->fd >= 0)
		return futimens(fid->fd, times) ? -errno : 0;
	object = p9_open_object(s->root, fid->path);
	if (object < 0)
		return object;
	error = utimensat(object, "", times, AT_EMPTY_PATH) ? -errno : 0;
	close(object);
	return error;
}

struct wishes {
	uint32_t valid, mode, uid, gid;
	uint64_t size;
	struct timespec times[2];
};

static struct timespec get_time(struct p9_in *in, uint32_t valid, uint32_t set, uint32_t given)
{
	struct timespec time = { .tv_sec = (time_t)p9_get64(in) };

	time.tv_nsec = (long)p9_get64(in);
	if (!(valid & set))
		time.tv_nsec = UTIME_OMIT;
	else if (!(valid & given))
		time.tv_nsec = UTIME_NOW;
	return time;
}

/* The owner first: changing it takes set-id bits away. */
static int apply(struct p9_server *s, const struct p9_fid *fid, const struct wishes *w)
{
	uid_t uid = w->valid & SET_UID ? w->uid : (uid_t)-1;
	gid_t gid = w->valid & SET_GID ? w->gid : (gid_t)-1;
	int error = 0;

	if (w->valid & (SET_UID | SET_GID | SET_CTIME))
		error = p9_chown(s, fid->path, fid->fd, uid, gid);
	if (!error && w->valid & SET_MODE)
		error = p9_chmod(s, fid->path, fid->fd, w->mode);
	if (!error && w->valid & SET_SIZE)
		error = p9_truncate(s, fid, w->size);
	if (!error && w->valid & (SET_ATIME | SET_MTIME))
		error = p9_set_times(s, fid, w->times);
	return error;
}

int p9_setattr(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	struct wishes w = { .valid = p9_get32(in) };

	w.mode = p9_get32(in);
	w.uid = p9_get32(in);
	w.gid = p9_get32(in);
	w.size = p9_get64(in);
	w.times[0] = get_time(in, w.valid, SET_ATIME, SET_ATIME_GIVEN);
	w.times[1] = get_time(in, w.valid, SET_MTIME, SET_MTIME_GIVEN);
	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	return apply(s, fid, &w);
}

int p9_statfs(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	struct statfs fs;

	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	if (fstatfs(s->root, &fs))
		return -errno;
	p9_put32(out, (uint32_t)fs.f_type);
	p9_put32(out, (uint32_t)fs.f_bsize);
	p9_put64(out, fs.f_blocks);
	p9_put64(out, fs.f_bfree);
	p9_put64(out, fs.f_bavail);
	p9_put64(out, fs.f_files);
	p9_put64(out, fs.f_ffree);
	p9_put64(out, 0);
	p9_put32(out, (uint32_t)fs.f_namelen);
	return 0;
}
