/* SPDX-License-Identifier: MIT */
/*
 * The server's table of requests, and those that are about fids alone: version, attach, walk,
 * clunk, flush.
 */
#include "p9_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "p9_ops.h"

#define MAX_WALK 16u

/* --- Fids ---------------------------------------------------------------------------------- */

static int version(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	uint32_t msize = p9_get32(in);
	char text[P9_NAME_MAX + 1];

	p9_get_text(in, text, sizeof(text));
	if (in->bad || msize < P9_MSIZE_MIN)
		return -EINVAL;
	p9_fids_free_all(s);
	s->msize = msize < s->msize_most ? msize : s->msize_most;
	if (!strcmp(text, "9P2000.L"))
		s->dialect = P9_DOT_L;
	else if (!strcmp(text, "9P2000.u"))
		s->dialect = P9_DOT_U;
	else
		s->dialect = P9_NO_DIALECT;
	if (s->journal) {
		s->journal->msize = s->msize;
		s->journal->dialect = s->dialect;
	}
	p9_put32(out, s->msize);
	p9_put_text(out, s->dialect ? text : "unknown");
	return 0;
}

/*
 * When a request is done again: its new fid may be there already. The client has not heard of it,
 * so nobody uses it.
 */
static void forget_half_made(struct p9_server *s, uint32_t number)
{
	struct p9_fid *fid = s->again ? p9_fid_find(s, number) : NULL;

	if (fid)
		p9_fid_free(s, fid);
}

/* Nobody has to prove anything: the share was given to this guest. */
static int auth(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	return -ENOENT;
}

static int put_qid_at(struct p9_server *s, const char *path, struct p9_out *out)
{
	struct p9_qid qid;
	struct stat st;
	int error = p9_stat(s, path, -1, &st);

	if (error)
		return error;
	qid = p9_qid_of(&st);
	p9_put_qid(out, &qid);
	return 0;
}

static int attach(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	uint32_t number = p9_get32(in), uid;
	struct p9_fid *fid;
	int error;

	(void)p9_get32(in);
	(void)p9_get_str(in);
	(void)p9_get_str(in);
	uid = p9_get32(in);
	if (in->bad)
		return -EINVAL;
	forget_half_made(s, number);
	/* ~0: a client that names users only by their names. */
	error = p9_fid_new(s, number, "", uid == P9_NOFID ? 0 : uid, &fid);
	if (error)
		return error;
	error = put_qid_at(s, "", out);
	if (error)
		p9_fid_free(s, fid);
	return error;
}

struct steps {
	uint32_t nr;
	struct p9_str names[MAX_WALK];
};

static bool get_steps(struct p9_in *in, struct steps *steps)
{
	steps->nr = p9_get16(in);
	if (in->bad || steps->nr > MAX_WALK)
		return false;
	for (uint32_t i = 0; i < steps->nr; i++)
		steps->names[i] = p9_get_str(in);
	return !in->bad;
}

/* One name further. */
static int step(struct p9_server *s, char path[PATH_MAX], const struct p9_str *str)
{
	char name[P9_NAME_MAX + 1], longer[PATH_MAX];
	int error;

	if (!str->len || str->len > P9_NAME_MAX || memchr(str->text, 0, str->len) ||
	    memchr(str->text, '/', str->len))
		return -ENOENT;
	memcpy(name, str->text, str->len);
	name[str->len] = 0;
	if (!strcmp(name, "."))
		return -ENOENT;
	if (!strcmp(name, "..")) {
		p9_go_up(path);
		return 0;
	}
	error = p9_join(longer, path, name);
	if (!error)
		strcpy(path, longer);
	return error;
}

/* How many steps could be gone, and why no more. */
static uint32_t go(struct p9_server *s, char path[PATH_MAX], const struct steps *steps,
		   struct p9_out *out, int *error)
{
	uint32_t done;

	*error = 0;
	for (done = 0; done < steps->nr; done++) {
		*error = step(s, path, &steps->names[done]);
		if (!*error)
			*error = put_qid_at(s, path, out);
		if (*error)
			break;
	}
	return done;
}

static int arrive(struct p9_server *s, struct p9_fid *fid, uint32_t number, const char *path)
{
	struct p9_fid *made;

	if (number != fid->fid)
		return p9_fid_new(s, number, path, fid->uid, &made);
	return fid->fd >= 0 ? -EINVAL : p9_fid_move(s, fid, path);
}

static int walk(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);
	uint32_t number = p9_get32(in), done;
	struct p9_out counter = { out->at, out->at, out->at + 2, false };
	char path[PATH_MAX];
	struct steps steps;
	int error;

	if (!get_steps(in, &steps))
		return -EINVAL;
	if (!fid)
		return -EBADF;
	if (number != fid->fid)
		forget_half_made(s, number);
	else if (s->again && steps.nr)
		return -EIO; /* it may have gone already */
	if (number != fid->fid && p9_fid_find(s, number))
		return -EINVAL;
	snprintf(path, sizeof(path), "%s", fid->path);
	p9_put16(out, 0);
	done = go(s, path, &steps, out, &error);
	if (done == steps.nr)
		error = arrive(s, fid, number, path);
	else if (done)
		error = 0; /* gone part of the way: the client sees how far, and has no new fid */
	p9_put16(&counter, (uint16_t)done);
	return error;
}

static int clunk(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(s, in);

	if (in->bad)
		return -EINVAL;
	if (!fid)
		return s->again ? 0 : -EBADF;
	if (fid->remove_on_close && !s->readonly)
		(void)p9_remove_path(s, fid->path);
	p9_fid_free(s, fid);
	return 0;
}

/* Requests are done one after the other: what is to be flushed has been answered. */
static int flush(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	return 0;
}

/* LIMITS: the guest's own extended attributes are not kept. */
static int no_xattr(struct p9_server *s, struct p9_in *in, struct p9_out *out)
{
	return -EOPNOTSUPP;
}

/* --- The table ------------------------------------------------------------------------------- */

enum { MODIFIES = 1, REDO = 2, ANY_DIALECT = 4, L_ONLY = 8, U_ONLY = 16 };

struct request {
	p9_handler *handler;
	uint8_t flags;
};

static const struct request requests[128] = {
	[P9_TSTATFS] = { p9_statfs, REDO | L_ONLY },
	[P9_TLOPEN] = { p9_lopen, REDO | L_ONLY },
	[P9_TLCREATE] = { p9_lcreate, MODIFIES | L_ONLY },
	[P9_TSYMLINK] = { p9_symlink, MODIFIES | L_ONLY },
	[P9_TMKNOD] = { p9_mknod, MODIFIES | L_ONLY },
	[P9_TRENAME] = { p9_rename, MODIFIES | L_ONLY },
	[P9_TREADLINK] = { p9_readlink, REDO | L_ONLY },
	[P9_TGETATTR] = { p9_getattr, REDO | L_ONLY },
	[P9_TSETATTR] = { p9_setattr, MODIFIES | REDO | L_ONLY },
	[P9_TXATTRWALK] = { no_xattr, REDO | L_ONLY },
	[P9_TXATTRCREATE] = { no_xattr, REDO | L_ONLY },
	[P9_TREADDIR] = { p9_readdir, REDO | L_ONLY },
	[P9_TFSYNC] = { p9_fsync, REDO | L_ONLY },
	[P9_TLOCK] = { p9_lock, REDO | L_ONLY },
	[P9_TGETLOCK] = { p9_getlock, REDO | L_ONLY },
	[P9_TLINK] = { p9_link, MODIFIES | L_ONLY },
	[P9_TMKDIR] = { p9_mkdir, MODIFIES | L_ONLY },
	[P9_TRENAMEAT] = { p9_renameat, MODIFIES | L_ONLY },
	[P9_TUNLINKAT] = { p9_unlinkat, MODIFIES | L_ONLY },
	[P9_TVERSION] = { version, REDO | ANY_DIALECT },
	[P9_TAUTH] = { auth, REDO },
	[P9_TATTACH] = { attach, REDO },
	[P9_TFLUSH] = { flush, REDO },
	[P9_TWALK] = { walk, REDO },
	[P9_TOPEN] = { p9_open, REDO | U_ONLY },
	[P9_TCREATE] = { p9_create, MODIFIES | U_ONLY },
	[P9_TREAD] = { p9_read, REDO },
	[P9_TWRITE] = { p9_write, MODIFIES | REDO },
	[P9_TCLUNK] = { clunk, REDO },
	[P9_TREMOVE] = { p9_remove, 0 },
	[P9_TSTAT] = { p9_stat_u, REDO | U_ONLY },
	[P9_TWSTAT] = { p9_wstat, MODIFIES | U_ONLY },
};

/* The request's entry, or why it is not carried out. */
static int look_up(const struct p9_server *s, uint8_t type, const struct request **request)
{
	uint8_t flags;

	if (type >= 128 || !requests[type].handler)
		return -EOPNOTSUPP;
	flags = requests[type].flags;
	if (!s->dialect && !(flags & ANY_DIALECT))
		return -EPROTO;
	if ((flags & L_ONLY && s->dialect != P9_DOT_L) ||
	    (flags & U_ONLY && s->dialect != P9_DOT_U))
		return -EOPNOTSUPP;
	if (s->readonly && flags & MODIFIES)
		return -EROFS;
	if (s->again && !(flags & REDO))
		return -EIO;
	*request = &requests[type];
	return 0;
}

static uint32_t finish(struct p9_out *out, uint8_t type, uint16_t tag)
{
	struct p9_out head = { out->start, out->start, out->start + P9_HEADER, false };
	uint32_t size = (uint32_t)(out->at - out->start);

	p9_put32(&head, size);
	p9_put8(&head, type);
	p9_put16(&head, tag);
	return size;
}

static struct p9_out begin(uint8_t *response, uint32_t room)
{
	return (struct p9_out){ response, response + P9_HEADER, response + room, false };
}

uint32_t p9_refuse(const struct p9_server *s, uint16_t tag, int error, uint8_t *response,
		   uint32_t room)
{
	struct p9_out out = begin(response, room);
	bool dot_u = s->dialect == P9_DOT_U;

	if (dot_u)
		p9_put_text(&out, strerror(-error));
	p9_put32(&out, (uint32_t)-error);
	return finish(&out, dot_u ? P9_RERROR : P9_RLERROR, tag);
}

static int carry_out(struct p9_server *s, struct p9_in *in, uint8_t type, struct p9_out *out)
{
	const struct request *request;
	int error = look_up(s, type, &request);

	if (!error)
		error = request->handler(s, in, out);
	return !error && out->full ? -EMSGSIZE : error;
}

uint32_t p9_serve(struct p9_server *s, const uint8_t *request, uint32_t size, uint8_t *response,
		  uint32_t room)
{
	struct p9_in in = { request, request + size, false };
	uint32_t limit = room < s->msize ? room : s->msize, said = p9_get32(&in);
	struct p9_out out = begin(response, limit);
	uint8_t type = p9_get8(&in);
	uint16_t tag = p9_get16(&in);
	int error;

	s->nr_requests++;
	error = in.bad || said != size ? -EPROTO : carry_out(s, &in, type, &out);
	if (!error)
		return finish(&out, (uint8_t)(type + 1), tag);
	s->nr_errors++;
	return p9_refuse(s, tag, error, response, room);
}

uint32_t p9_serve_again(struct p9_server *s, const uint8_t *request, uint32_t size,
			uint8_t *response, uint32_t room)
{
	uint32_t bytes;

	s->again = true;
	bytes = p9_serve(s, request, size, response, room);
	s->again = false;
	return bytes;
}

/* --- Life ------------------------------------------------------------------------------------ */

int p9_server_init(struct p9_server *s, int root, enum p9_security security, bool readonly,
		   uint32_t msize_most, struct p9_server_journal *journal)
{
	struct stat st;

	if (msize_most < P9_MSIZE_MIN)
		return -EINVAL;
	*s = (struct p9_server){
		.root = root,
		.readonly = readonly,
		.security = security,
		.msize_most = msize_most < P9_MSIZE_MAX ? msize_most : P9_MSIZE_MAX,
		.journal = journal,
	};
	s->msize = s->msize_most;
	p9_fids_init(s);
	if (fstat(root, &st))
		return -errno;
	s->uid = st.st_uid;
	s->gid = st.st_gid;
	return p9_owner_check(root, security);
}

/* A file that cannot be opened again stays a fid that is not open: reading it is an error. */
static void resume_fid(struct p9_server *s, uint32_t slot)
{
	int flags = s->journal->fids[slot].flags;
	struct p9_fid *fid;

	if (p9_fid_restore(s, slot, &fid))
		return;
	if (flags >= 0)
		(void)p9_open_fid(s, fid, flags & ~O_TRUNC);
}

void p9_server_resume(struct p9_server *s)
{
	uint32_t msize = s->journal->msize, dialect = s->journal->dialect;

	if (msize >= P9_MSIZE_MIN && msize <= s->msize_most)
		s->msize = msize;
	s->dialect = dialect <= P9_DOT_U ? dialect : P9_NO_DIALECT;
	for (uint32_t slot = 0; slot < P9_MAX_FIDS; slot++)
		resume_fid(s, slot);
}

void p9_server_free(struct p9_server *s)
{
	s->journal = NULL;
	p9_fids_free_all(s);
	if (s->root >= 0)
		close(s->root);
	s->root = -1;
}
