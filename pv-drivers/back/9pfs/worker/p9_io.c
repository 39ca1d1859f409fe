/* SPDX-License-Identifier: MIT */
/*
 * Opening, reading and writing files.
 *
 * The guest's kernel decides the offset of each write, appending ones too, so O_APPEND is not
 * passed on: then doing a write twice is the same as doing it once.
 */
#include "p9_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PASSED_ON (O_ACCMODE | O_TRUNC | O_DIRECTORY | O_SYNC | O_DSYNC | O_NOATIME)

static bool is_writing(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
}

static int take_opened(struct p9_server *s, struct p9_fid *fid, int fd, int flags)
{
	struct stat st;

	if (fstat(fd, &st) || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
		close(fd);
		return -EINVAL;
	}
	return p9_fid_opened(s, fid, fd, flags & (O_ACCMODE | O_DIRECTORY | O_SYNC | O_DSYNC),
			     S_ISDIR(st.st_mode));
}

int p9_open_fid(struct p9_server *s, struct p9_fid *fid, int flags)
{
	int fd;

	if (s->again)
		p9_fid_close(s, fid);
	if (fid->fd >= 0)
		return -EINVAL;
	if (s->readonly && is_writing(flags))
		return -EROFS;
	flags &= PASSED_ON;
	fd = p9_open_at(s->root, fid->path, flags, 0);
	if (fd == -EPERM && flags & O_NOATIME)
		fd = p9_open_at(s->root, fid->path, flags & ~O_NOATIME, 0);
	return fd < 0 ? fd : take_opened(s, fid, fd, flags);
}

int p9_put_opened(struct p9_server *s, struct p9_fid *fid, struct p9_out *out)
{
	struct stat st;
	struct p9_qid qid;
	int error = p9_stat(s, fid->path, fid->fd, &st);

	if (error)
		return error;
	qid = p9_qid_of(&st);
	p9_put_qid(out, &qid);
	p9_put32(out, s->msize - P9_IO_HEADER);
	return 0;
}

int p9_lopen(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	uint32_t flags = p9_get32(in);
	int error;

	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	error = p9_open_fid(s, fid, (int)flags);
	return error ? error : p9_put_opened(s, fid, out);
}

/* Made anew, it gets its owner; if it is there and may be, it is just opened. */
static int make_or_open(struct p9_server *s, const char *path, int flags, const struct stat *as)
{
	int fd = p9_open_at(s->root, path, (flags & PASSED_ON) | O_CREAT | O_EXCL,
			    p9_birth_mode(s, as->st_mode) & ~0100u);
	int error;

	if (fd == -EEXIST && !(flags & O_EXCL))
		return p9_open_at(s->root, path, flags & PASSED_ON, 0);
	if (fd < 0)
		return fd;
	error = p9_owner_new(s, path, fd, as);
	if (!error)
		return fd;
	close(fd);
	(void)p9_remove_path(s, path);
	return error;
}

int p9_create_file(struct p9_server *s, struct p9_fid *fid, const char *name, int flags,
		   mode_t mode, gid_t gid)
{
	struct stat as = { .st_mode = S_IFREG | (mode & 07777), .st_uid = fid->uid, .st_gid = gid };
	char path[PATH_MAX];
	int fd, error = p9_join(path, fid->path, name);

	if (error)
		return error;
	if (fid->fd >= 0)
		return -EINVAL;
	fd = make_or_open(s, path, flags, &as);
	if (fd < 0)
		return fd;
	error = p9_fid_move(s, fid, path);
	if (!error)
		return take_opened(s, fid, fd, flags);
	close(fd);
	return error;
}

int p9_lcreate(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	char name[P9_NAME_MAX + 1];
	uint32_t flags, mode, gid;
	int error;

	p9_get_name(in, name);
	flags = p9_get32(in);
	mode = p9_get32(in);
	gid = p9_get32(in);
	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	error = p9_create_file(s, fid, name, (int)flags, mode, gid);
	return error ? error : p9_put_opened(s, fid, out);
}

int p9_read(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	uint64_t offset = p9_get64(in);
	uint32_t count = p9_get32(in);
	uint8_t *counter = out->at;
	struct p9_out number;
	ssize_t n;

	if (in->bad)
		return -EINVAL;
	if (!fid || fid->fd < 0)
		return -EBADF;
	p9_put32(out, 0);
	if (count > p9_room(out))
		count = p9_room(out);
	if (fid->is_dir) {
		struct p9_out part = { out->at, out->at, out->at + count, out->full };
		int error =
		    s->dialect == P9_DOT_U ? p9_read_folder_u(s, fid, offset, &part) : -EISDIR;

		if (error)
			return error;
		n = part.at - part.start;
	} else {
		n = pread(fid->fd, out->at, count, (off_t)offset);
		if (n < 0)
			return -errno;
		s->bytes_read += (uint64_t)n;
	}
	out->at += n;
	number = (struct p9_out){ counter, counter, counter + 4, false };
	p9_put32(&number, (uint32_t)n);
	return 0;
}

int p9_write(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	uint64_t offset = p9_get64(in);
	uint32_t count = p9_get32(in), done = 0;
	const uint8_t *data = p9_get_bytes(in, count);

	if (in->bad || offset > INT64_MAX - count)
		return -EINVAL;
	if (!fid || fid->fd < 0 || fid->is_dir)
		return -EBADF;
	while (done < count) {
		ssize_t n = pwrite(fid->fd, data + done, count - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 && !done)
			return n ? -errno : -EIO;
		if (n <= 0)
			break;
		done += (uint32_t)n;
	}
	s->bytes_written += done;
	p9_put32(out, done);
	return 0;
}

int p9_fsync(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	/* Old clients do not say whether data alone will do. */
	uint32_t data_only = in->at < in->end ? p9_get32(in) : 0;

	if (in->bad)
		return -EINVAL;
	if (!fid || fid->fd < 0)
		return -EBADF;
	return (data_only ? fdatasync(fid->fd) : fsync(fid->fd)) ? -errno : 0;
}

/*
 * Locks are the guest's own: one guest's processes are kept apart by its kernel, and a share has
 * one guest.
 */
int p9_lock(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);

	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	p9_put8(out, 0);
	return 0;
}

int p9_getlock(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	uint64_t start, length;
	uint32_t process;
	char client[P9_NAME_MAX + 1];

	(void)p9_get8(in);
	start = p9_get64(in);
	length = p9_get64(in);
	process = p9_get32(in);
	p9_get_text(in, client, sizeof(client));
	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	p9_put8(out, 2); /* nobody has one */
	p9_put64(out, start);
	p9_put64(out, length);
	p9_put32(out, process);
	p9_put_text(out, client);
	return 0;
}
