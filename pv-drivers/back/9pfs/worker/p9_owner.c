/* SPDX-License-Identifier: MIT */
/* Owners and modes: see p9_owner.h. */
#include "p9_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "p9_path.h"

#define ATTR(what) "user.virtfs." what

static int result(int returned)
{
	return returned < 0 ? -errno : 0;
}

static bool is_mapped(const struct p9_server *s)
{
	return s->security == P9_SECURITY_MAPPED;
}

int p9_owner_check(int root, enum p9_security security)
{
	char value[8];
	int fd, error = 0;

	if (security != P9_SECURITY_MAPPED)
		return 0;
	fd = p9_open_at(root, "", O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	if (fgetxattr(fd, ATTR("uid"), value, sizeof(value)) < 0 && errno == EOPNOTSUPP)
		error = -EOPNOTSUPP;
	close(fd);
	return error;
}

/* Bytes of a number in an attribute; false: there is none of this size. */
static bool get_attr(int fd, const char *name, unsigned int size, uint64_t *value)
{
	uint8_t bytes[8];

	if (fgetxattr(fd, name, bytes, sizeof(bytes)) != (ssize_t)size)
		return false;
	*value = 0;
	for (unsigned int i = 0; i < size; i++)
		*value |= (uint64_t)bytes[i] << (8 * i);
	return true;
}

static int set_attr(int fd, const char *name, unsigned int size, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned int i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	return result(fsetxattr(fd, name, bytes, size, 0));
}

/* Only plain files and folders are opened: opening anything else may wait, or do something. */
static int open_plain(struct p9_server *s, const char *path, int flags)
{
	struct stat st;
	int object = p9_open_object(s->root, path), error;

	if (object < 0)
		return object;
	error = result(fstat(object, &st));
	close(object);
	if (error)
		return error;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EOPNOTSUPP;
	return p9_open_at(s->root, path, flags, 0);
}

static void overlay(int fd, struct stat *st)
{
	uint64_t value;

	if (get_attr(fd, ATTR("uid"), 4, &value))
		st->st_uid = (uid_t)value;
	if (get_attr(fd, ATTR("gid"), 4, &value))
		st->st_gid = (gid_t)value;
	if (get_attr(fd, ATTR("rdev"), 8, &value))
		st->st_rdev = value;
	/* A folder stays one, and nothing else becomes one, whatever an attribute says. */
	if (get_attr(fd, ATTR("mode"), 4, &value) && S_ISDIR(value) == S_ISDIR(st->st_mode))
		st->st_mode = (mode_t)value;
}

int p9_stat(struct p9_server *s, const char *path, int fd, struct stat *st)
{
	int object = fd >= 0 ? fd : p9_open_object(s->root, path);
	int error = object < 0 ? object : result(fstat(object, st));

	if (fd < 0 && object >= 0)
		close(object);
	if (error || !is_mapped(s) || !(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)))
		return error;
	object = fd >= 0 ? fd : open_plain(s, path, O_RDONLY);
	if (object < 0)
		return object;
	overlay(object, st);
	if (fd < 0)
		close(object);
	return 0;
}

static int map_mode(struct p9_server *s, const char *path, int fd, mode_t mode)
{
	struct stat st;
	int error = p9_stat(s, path, fd, &st);

	if (error)
		return error;
	return set_attr(fd, ATTR("mode"), 4, (st.st_mode & S_IFMT) | (mode & 07777));
}

/*
 * LIMITS: of what is no plain file or folder (pipes, sockets) the mode cannot be changed with model
 * none: the kernel's call to do so by descriptor came after 6.1, and by name it would follow a
 * link put in its place.
 */
int p9_chmod(struct p9_server *s, const char *path, int fd, mode_t mode)
{
	int plain = fd >= 0 ? fd : open_plain(s, path, O_RDONLY);
	int error;

	if (plain < 0)
		return plain;
	error = is_mapped(s) ? map_mode(s, path, plain, mode) : result(fchmod(plain, mode & 07777));
	if (fd < 0)
		close(plain);
	return error;
}

static int map_owner(struct p9_server *s, const char *path, int fd, uid_t uid, gid_t gid)
{
	int plain = fd >= 0 ? fd : open_plain(s, path, O_RDONLY);
	int error = 0;

	if (plain < 0)
		return plain;
	if (uid != (uid_t)-1)
		error = set_attr(plain, ATTR("uid"), 4, uid);
	if (!error && gid != (gid_t)-1)
		error = set_attr(plain, ATTR("gid"), 4, gid);
	if (fd < 0)
		close(plain);
	return error;
}

int p9_chown(struct p9_server *s, const char *path, int fd, uid_t uid, gid_t gid)
{
	int object, error;

	if (is_mapped(s))
		return map_owner(s, path, fd, uid, gid);
	object = fd >= 0 ? fd : p9_open_object(s->root, path);
	if (object < 0)
		return object;
	error = result(fchownat(object, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
	if (fd < 0)
		close(object);
	return error == -EPERM ? 0 : error;
}

mode_t p9_birth_mode(const struct p9_server *s, mode_t mode)
{
	return is_mapped(s) ? 0700 : mode & 07777;
}

static int map_new(struct p9_server *s, const char *path, int fd, const struct stat *as)
{
	int error = map_owner(s, path, fd, as->st_uid, as->st_gid);

	/* Whoever owns the folder shall own the files, not this process's passing user. */
	(void)!fchown(fd, s->uid, s->gid);
	if (!error)
		error = set_attr(fd, ATTR("mode"), 4, as->st_mode);
	if (!error && as->st_rdev)
		error = set_attr(fd, ATTR("rdev"), 8, as->st_rdev);
	return error;
}

/* Changing a file's owner takes its set-id bits, so the mode comes after. */
int p9_owner_new(struct p9_server *s, const char *path, int fd, const struct stat *as)
{
	int plain, error;

	if (!is_mapped(s)) {
		error = p9_chown(s, path, fd, as->st_uid, as->st_gid);
		if (!error && as->st_mode & 07000 && (S_ISREG(as->st_mode) || S_ISDIR(as->st_mode)))
			error = p9_chmod(s, path, fd, as->st_mode);
		return error;
	}
	plain = fd >= 0 ? fd : open_plain(s, path, O_RDONLY);
	if (plain < 0)
		return plain;
	error = map_new(s, path, plain, as);
	if (fd < 0)
		close(plain);
	return error;
}

struct p9_qid p9_qid_of(const struct stat *st)
{
	struct p9_qid qid = { .path = st->st_ino };

	qid.version = (uint32_t)(st->st_mtim.tv_sec ^ st->st_mtim.tv_nsec) ^ (uint32_t)st->st_size;
	if (S_ISDIR(st->st_mode))
		qid.type = P9_QID_DIR;
	if (S_ISLNK(st->st_mode))
		qid.type = P9_QID_SYMLINK;
	return qid;
}
