/* SPDX-License-Identifier: MIT */
/*
 * Reading folders. The client goes on where an entry's cookie says; it is the file system's own
 * (getdents64), so it stays good while names come and go.
 */
#include "p9_ops.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER 16384

int p9_read_folder(struct p9_server *s, struct p9_fid *fid, uint64_t cookie, p9_entry *entry,
		   struct p9_out *out)
{
	_Alignas(struct dirent64) char buffer[BUFFER];
	bool any = false;
	ssize_t got;

	if (lseek(fid->fd, (off_t)cookie, SEEK_SET) < 0)
		return -errno;
	while ((got = getdents64(fid->fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *d = (const struct dirent64 *)(buffer + at);

			if (!entry(s, fid, out, d->d_name, d->d_ino, d->d_type, (uint64_t)d->d_off))
				return any ? 0 : -EINVAL;
			any = true;
			at += d->d_reclen;
		}
	}
	return got < 0 ? -errno : 0;
}

/* The kind of a mapped file is in its attributes: the client must ask. */
static unsigned char shown_type(const struct p9_server *s, unsigned char type)
{
	return s->security == P9_SECURITY_MAPPED && type == DT_REG ? DT_UNKNOWN : type;
}

static bool put_entry(struct p9_server *s, struct p9_fid *fid, struct p9_out *out, const char *name,
		      uint64_t ino, unsigned char type, uint64_t cookie)
{
	struct p9_qid qid = { .path = ino };

	if (P9_QID_BYTES + 8 + 1 + 2 + strlen(name) > p9_room(out))
		return false;
	if (type == DT_DIR)
		qid.type = P9_QID_DIR;
	if (type == DT_LNK)
		qid.type = P9_QID_SYMLINK;
	p9_put_qid(out, &qid);
	p9_put64(out, cookie);
	p9_put8(out, shown_type(s, type));
	p9_put_text(out, name);
	return true;
}

int p9_readdir(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	uint64_t cookie = p9_get64(in);
	uint32_t count = p9_get32(in);
	struct p9_out number = { out->at, out->at, out->at + 4, false }, part;
	int error;

	if (in->bad)
		return -EINVAL;
	if (!fid || fid->fd < 0)
		return -EBADF;
	if (!fid->is_dir)
		return -ENOTDIR;
	p9_put32(out, 0);
	if (count > p9_room(out))
		count = p9_room(out);
	part = (struct p9_out){ out->at, out->at, out->at + count, out->full };
	error = p9_read_folder(s, fid, cookie, put_entry, &part);
	if (error)
		return error;
	out->at = part.at;
	p9_put32(&number, (uint32_t)(part.at - part.start));
	return 0;
}
