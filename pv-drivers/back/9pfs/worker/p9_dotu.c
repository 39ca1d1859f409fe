/* SPDX-License-Identifier: MIT */
/*
 * What is 9P2000.u's alone: files described by one record of varying size, modes in 9P's own bits,
 * folders read like files.
 */
#include "p9_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DM_DIR	   0x80000000u
#define DM_SYMLINK 0x02000000u
#define DM_LINK	   0x01000000u
#define DM_DEVICE  0x00800000u
#define DM_PIPE	   0x00200000u
#define DM_SOCKET  0x00100000u
#define DM_SETUID  0x00080000u
#define DM_SETGID  0x00040000u

#define OPEN_WAY      3u
#define OPEN_EXEC     3u
#define OPEN_TRUNCATE 0x10u
#define OPEN_REMOVE   0x40u /* when the fid is clunked */
#define OPEN_EXCLUDE  0x1000u

#define UNTOUCHED 0xffffffffu

static uint32_t mode_to_9p(mode_t mode)
{
	uint32_t dm = mode & 0777;

	if (S_ISDIR(mode))
		dm |= DM_DIR;
	if (S_ISLNK(mode))
		dm |= DM_SYMLINK;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		dm |= DM_DEVICE;
	if (S_ISFIFO(mode))
		dm |= DM_PIPE;
	if (S_ISSOCK(mode))
		dm |= DM_SOCKET;
	if (mode & S_ISUID)
		dm |= DM_SETUID;
	if (mode & S_ISGID)
		dm |= DM_SETGID;
	return dm;
}

static mode_t bits_from_9p(uint32_t dm)
{
	mode_t mode = dm & 0777;

	if (dm & DM_SETUID)
		mode |= S_ISUID;
	if (dm & DM_SETGID)
		mode |= S_ISGID;
	return mode;
}

static void put_extension(struct p9_server *s, const char *path, const struct stat *st,
			  struct p9_out *out)
{
	char text[PATH_MAX] = "";

	if (S_ISLNK(st->st_mode))
		(void)p9_read_target(s, path, text);
	else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		snprintf(text, sizeof(text), "%c %u %u", S_ISCHR(st->st_mode) ? 'c' : 'b',
			 major(st->st_rdev), minor(st->st_rdev));
	p9_put_text(out, text);
}

/* The record, its own size first. */
static void put_stat(struct p9_server *s, const char *path, const struct stat *st,
		     struct p9_out *out)
{
	struct p9_out size = { out->at, out->at, out->at + 2, out->full };
	const char *slash = strrchr(path, '/');
	struct p9_qid qid = p9_qid_of(st);

	p9_put16(out, 0);
	p9_put16(out, 0);
	p9_put32(out, 0);
	p9_put_qid(out, &qid);
	p9_put32(out, mode_to_9p(st->st_mode));
	p9_put32(out, (uint32_t)st->st_atim.tv_sec);
	p9_put32(out, (uint32_t)st->st_mtim.tv_sec);
	p9_put64(out, S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size);
	p9_put_text(out, *path ? (slash ? slash + 1 : path) : "/");
	for (int i = 0; i < 3; i++)
		p9_put_text(out, "");
	put_extension(s, path, st, out);
	p9_put32(out, st->st_uid);
	p9_put32(out, st->st_gid);
	p9_put32(out, st->st_uid);
	if (!out->full)
		p9_put16(&size, (uint16_t)(out->at - size.start - 2));
}

int p9_stat_u(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	struct p9_out size = { out->at, out->at, out->at + 2, false };
	struct stat st;
	int error;

	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	error = p9_stat(s, fid->path, fid->fd, &st);
	if (error)
		return error;
	p9_put16(out, 0);
	put_stat(s, fid->path, &st, out);
	p9_put16(&size, (uint16_t)(out->at - size.start - 2));
	return 0;
}

static bool put_record(struct p9_server *s, struct p9_fid *fid, struct p9_out *out,
		       const char *name, uint64_t ino, unsigned char type, uint64_t cookie)
{
	struct p9_out before = *out;
	char path[PATH_MAX];
	struct stat st;

	if (!strcmp(name, ".") || !strcmp(name, "..") || p9_join(path, fid->path, name) ||
	    p9_stat(s, path, -1, &st)) {
		fid->dir_cookie = cookie; /* nothing to tell, or gone meanwhile */
		return true;
	}
	put_stat(s, path, &st, out);
	if (out->full) {
		*out = before;
		return false;
	}
	fid->dir_cookie = cookie;
	return true;
}

/* The offset is the one the last read ended at, or 0 to begin again. */
int p9_read_folder_u(struct p9_server *s, struct p9_fid *fid, uint64_t offset, struct p9_out *out)
{
	int error;

	if (!offset)
		fid->dir_cookie = 0;
	else if (offset != fid->dir_offset)
		return -EINVAL;
	error = p9_read_folder(s, fid, fid->dir_cookie, put_record, out);
	fid->dir_offset = offset + (uint64_t)(out->at - out->start);
	return error;
}

static int flags_from_9p(uint32_t mode)
{
	static const int ways[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY };
	int flags = ways[mode & OPEN_WAY];

	if (mode & OPEN_TRUNCATE)
		flags |= O_TRUNC;
	if (mode & OPEN_EXCLUDE)
		flags |= O_EXCL;
	return flags;
}

int p9_open(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	uint32_t mode = p9_get8(in);
	int error;

	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	if (s->readonly && mode & OPEN_REMOVE)
		return -EROFS;
	error = p9_open_fid(s, fid, flags_from_9p(mode));
	if (error)
		return error;
	fid->remove_on_close = mode & OPEN_REMOVE;
	return p9_put_opened(s, fid, out);
}

/* "b 8 1" or "c 1 3". */
static int parse_device(const char *text, struct stat *as)
{
	unsigned int major_number, minor_number;
	char kind, rest;

	if (sscanf(text, "%c %u %u%c", &kind, &major_number, &minor_number, &rest) != 3 ||
	    (kind != 'b' && kind != 'c'))
		return -EINVAL;
	as->st_mode |= kind == 'b' ? S_IFBLK : S_IFCHR;
	as->st_rdev = makedev(major_number, minor_number);
	return 0;
}

static int make_linked(struct p9_server *s, struct p9_fid *folder, const char *name,
		       const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	struct p9_fid *file = *end || number > UINT32_MAX ? NULL : p9_fid_find(s, (uint32_t)number);

	return file ? p9_make_link(s, folder, name, file) : -EBADF;
}

/* What is no plain file. */
static int make_special(struct p9_server *s, struct p9_fid *fid, const char *name, uint32_t perm,
			const char *text)
{
	struct stat as = { .st_mode = bits_from_9p(perm), .st_uid = fid->uid, .st_gid = fid->uid };
	int error;

	if (perm & DM_DIR) {
		as.st_mode |= S_IFDIR;
		return p9_make_folder(s, fid, name, &as);
	}
	if (perm & DM_SYMLINK) {
		as.st_mode = S_IFLNK | 0777;
		return p9_make_symlink(s, fid, name, text, &as);
	}
	if (perm & DM_LINK)
		return make_linked(s, fid, name, text);
	if (perm & DM_DEVICE) {
		error = parse_device(text, &as);
		if (error)
			return error;
	} else {
		as.st_mode |= perm & DM_PIPE ? S_IFIFO : S_IFSOCK;
	}
	return p9_make_node(s, fid, name, &as);
}

static int put_special(struct p9_server *s, struct p9_fid *fid, struct p9_out *out)
{
	struct p9_qid qid;
	struct stat st;
	int error = p9_stat(s, fid->path, -1, &st);

	if (error)
		return error;
	qid = p9_qid_of(&st);
	p9_put_qid(out, &qid);
	p9_put32(out, s->msize - P9_IO_HEADER);
	return 0;
}

int p9_create(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	char name[P9_NAME_MAX + 1], text[PATH_MAX], path[PATH_MAX];
	uint32_t perm, mode;
	int error;

	p9_get_name(in, name);
	perm = p9_get32(in);
	mode = p9_get8(in);
	p9_get_text(in, text, sizeof(text));
	if (in->bad)
		return -EINVAL;
	if (!fid)
		return -EBADF;
	if (!(perm & (DM_DIR | DM_SYMLINK | DM_LINK | DM_DEVICE | DM_PIPE | DM_SOCKET))) {
		error =
		    p9_create_file(s, fid, name, flags_from_9p(mode), bits_from_9p(perm), fid->uid);
		return error ? error : p9_put_opened(s, fid, out);
	}
	error = p9_join(path, fid->path, name);
	if (!error)
		error = make_special(s, fid, name, perm, text);
	if (!error)
		error = p9_fid_move(s, fid, path);
	if (!error && perm & DM_DIR)
		error = p9_open_fid(s, fid, O_RDONLY | O_DIRECTORY);
	return error ? error : put_special(s, fid, out);
}

struct wishes {
	uint32_t mode, atime, mtime, uid, gid;
	uint64_t length;
	char name[P9_NAME_MAX + 1];
};

static bool get_wishes(struct p9_in *in, struct wishes *w)
{
	(void)p9_get16(in);
	(void)p9_get16(in);
	(void)p9_get16(in);
	(void)p9_get32(in);
	(void)p9_get_bytes(in, P9_QID_BYTES);
	w->mode = p9_get32(in);
	w->atime = p9_get32(in);
	w->mtime = p9_get32(in);
	w->length = p9_get64(in);
	p9_get_text(in, w->name, sizeof(w->name));
	for (int i = 0; i < 4; i++)
		(void)p9_get_str(in);
	w->uid = p9_get32(in);
	w->gid = p9_get32(in);
	(void)p9_get32(in);
	return !in->bad && !strchr(w->name, '/') && strcmp(w->name, ".") && strcmp(w->name, "..");
}

static struct timespec wished_time(uint32_t seconds)
{
	return (struct timespec){ seconds, seconds == UNTOUCHED ? UTIME_OMIT : 0 };
}

static int apply(struct p9_server *s, struct p9_fid *fid, const struct wishes *w)
{
	struct timespec times[2] = { wished_time(w->atime), wished_time(w->mtime) };
	int error = 0;

	if (w->uid != UNTOUCHED || w->gid != UNTOUCHED)
		error = p9_chown(s, fid->path, fid->fd, w->uid, w->gid);
	if (!error && w->mode != UNTOUCHED)
		error = p9_chmod(s, fid->path, fid->fd, bits_from_9p(w->mode));
	if (!error && w->length != UINT64_MAX)
		error = p9_truncate(s, fid, w->length);
	if (!error && (w->atime != UNTOUCHED || w->mtime != UNTOUCHED))
		error = p9_set_times(s, fid, times);
	return error;
}

static int rename_beside(struct p9_server *s, struct p9_fid *fid, const char *name)
{
	char from[PATH_MAX], folder[PATH_MAX];

	snprintf(from, sizeof(from), "%s", fid->path);
	strcpy(folder, from);
	p9_go_up(folder);
	return p9_move_name(s, from, folder, name);
}

/* All fields "do not touch" means: see that it is on the disk. */
int p9_wstat(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	struct wishes w;
	int error;

	if (!get_wishes(in, &w))
		return -EINVAL;
	if (!fid)
		return -EBADF;
	error = apply(s, fid, &w);
	if (!error && *w.name)
		error = rename_beside(s, fid, w.name);
	if (!error && fid->fd >= 0 && !*w.name && w.mode == UNTOUCHED && w.length == UINT64_MAX &&
	    w.mtime == UNTOUCHED && w.atime == UNTOUCHED && w.uid == UNTOUCHED)
		error = fsync(fid->fd) ? -errno : 0;
	return error;
}
