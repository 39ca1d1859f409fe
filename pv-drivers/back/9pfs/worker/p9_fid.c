/* SPDX-License-Identifier: MIT */
/*
 * Fids by number, with the client's limits; each change is also written to the journal, if there is
 * one. A record is marked used last and unused first, so a process that dies in between leaves an
 * old record, a new one, or none.
 */
#include "p9_fid.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void record(struct p9_server *s, const struct p9_fid *fid)
{
	struct p9_fid_record *r;
	size_t len = strlen(fid->path);

	if (!s->journal)
		return;
	r = &s->journal->fids[fid->slot];
	__atomic_store_n(&r->used, 0, __ATOMIC_RELEASE);
	if (len > sizeof(r->path))
		return;
	r->fid = fid->fid;
	r->uid = fid->uid;
	r->flags = fid->fd >= 0 ? fid->flags : -1;
	r->path_len = (uint8_t)len;
	memcpy(r->path, fid->path, len);
	__atomic_store_n(&r->used, 1, __ATOMIC_RELEASE);
}

void p9_fids_init(struct p9_server *s)
{
	for (uint32_t i = 0; i < P9_BUCKETS; i++)
		LIST_INIT(&s->fids[i]);
	for (uint32_t i = 0; i < P9_MAX_FIDS; i++)
		s->free_slots[i] = P9_MAX_FIDS - 1 - i;
	s->nr_fids = s->nr_open = 0;
	s->path_bytes = 0;
}

struct p9_fid *p9_fid_find(struct p9_server *s, uint32_t number)
{
	struct p9_fid *fid;

	LIST_FOREACH (fid, &s->fids[number % P9_BUCKETS], next) {
		if (fid->fid == number)
			return fid;
	}
	return NULL;
}

/* A private copy of path, counted; NULL: too many bytes. */
static char *take_path(struct p9_server *s, const char *path)
{
	size_t len = strlen(path);
	char *copy;

	if (len >= PATH_MAX || s->path_bytes + len + 1 > P9_MAX_PATHS)
		return NULL;
	copy = strdup(path);
	if (copy)
		s->path_bytes += len + 1;
	return copy;
}

static void drop_path(struct p9_server *s, char *path)
{
	s->path_bytes -= strlen(path) + 1;
	free(path);
}

static int make(struct p9_server *s, uint32_t number, const char *path, uint32_t uid, uint32_t slot,
		struct p9_fid **made)
{
	struct p9_fid *fid = calloc(1, sizeof(*fid));

	if (!fid)
		return -ENOMEM;
	fid->path = take_path(s, path);
	if (!fid->path) {
		free(fid);
		return -ENOMEM;
	}
	fid->fid = number;
	fid->uid = uid;
	fid->slot = slot;
	fid->fd = -1;
	s->nr_fids++;
	LIST_INSERT_HEAD(&s->fids[number % P9_BUCKETS], fid, next);
	*made = fid;
	return 0;
}

int p9_fid_new(struct p9_server *s, uint32_t number, const char *path, uint32_t uid,
	       struct p9_fid **fid)
{
	int error;

	if (number == P9_NOFID || p9_fid_find(s, number))
		return -EINVAL;
	if (s->nr_fids == P9_MAX_FIDS)
		return -EMFILE;
	error = make(s, number, path, uid, s->free_slots[P9_MAX_FIDS - 1 - s->nr_fids], fid);
	if (!error)
		record(s, *fid);
	return error;
}

int p9_fid_move(struct p9_server *s, struct p9_fid *fid, const char *path)
{
	char *copy = take_path(s, path);

	if (!copy)
		return -ENOMEM;
	drop_path(s, fid->path);
	fid->path = copy;
	record(s, fid);
	return 0;
}

int p9_fid_opened(struct p9_server *s, struct p9_fid *fid, int fd, int flags, bool is_dir)
{
	if (s->nr_open == P9_MAX_OPEN) {
		close(fd);
		return -EMFILE;
	}
	s->nr_open++;
	fid->fd = fd;
	fid->flags = flags;
	fid->is_dir = is_dir;
	fid->dir_offset = fid->dir_cookie = 0;
	record(s, fid);
	return 0;
}

void p9_fid_close(struct p9_server *s, struct p9_fid *fid)
{
	if (fid->fd < 0)
		return;
	close(fid->fd);
	fid->fd = -1;
	s->nr_open--;
}

/* Its slot goes to the free ones: the first nr_fids places of the array's end are those in use. */
void p9_fid_free(struct p9_server *s, struct p9_fid *fid)
{
	p9_fid_close(s, fid);
	if (s->journal)
		__atomic_store_n(&s->journal->fids[fid->slot].used, 0, __ATOMIC_RELEASE);
	LIST_REMOVE(fid, next);
	s->nr_fids--;
	s->free_slots[P9_MAX_FIDS - 1 - s->nr_fids] = fid->slot;
	drop_path(s, fid->path);
	free(fid);
}

void p9_fids_free_all(struct p9_server *s)
{
	for (uint32_t i = 0; i < P9_BUCKETS; i++)
		while (!LIST_EMPTY(&s->fids[i]))
			p9_fid_free(s, LIST_FIRST(&s->fids[i]));
}

/* path with its beginning from replaced by to; false: it does not begin so, or gets too long. */
static bool rebase(const char *path, const char *from, const char *to, char moved[PATH_MAX])
{
	size_t len = strlen(from);

	if (strncmp(path, from, len) || (path[len] && path[len] != '/'))
		return false;
	if (strlen(to) + strlen(path + len) >= PATH_MAX)
		return false;
	strcpy(moved, to);
	strcat(moved, path + len);
	return true;
}

void p9_fids_renamed(struct p9_server *s, const char *from, const char *to)
{
	char moved[PATH_MAX];
	struct p9_fid *fid;

	for (uint32_t i = 0; i < P9_BUCKETS; i++) {
		LIST_FOREACH (fid, &s->fids[i], next) {
			/* If there is no room for the new path, the old one stays and finds
			 * nothing. */
			if (rebase(fid->path, from, to, moved))
				(void)p9_fid_move(s, fid, moved);
		}
	}
}

/* Takes this very slot out of the free ones. */
static bool claim_slot(struct p9_server *s, uint32_t slot)
{
	uint32_t last = P9_MAX_FIDS - 1 - s->nr_fids;

	for (uint32_t i = 0; i <= last; i++) {
		if (s->free_slots[i] != slot)
			continue;
		s->free_slots[i] = s->free_slots[last];
		s->free_slots[last] = slot;
		return true;
	}
	return false;
}

/* The journal is our own predecessor's, but a worker may have been broken into: check it as if it
 * were the client's. */
int p9_fid_restore(struct p9_server *s, uint32_t slot, struct p9_fid **fid)
{
	struct p9_fid_record r = s->journal->fids[slot];
	char path[sizeof(r.path) + 1];

	if (!r.used || r.path_len > sizeof(r.path))
		return -ENOENT;
	memcpy(path, r.path, r.path_len);
	path[r.path_len] = 0;
	if (r.fid == P9_NOFID || p9_fid_find(s, r.fid) || !claim_slot(s, slot))
		return -EINVAL;
	return make(s, r.fid, path, r.uid, slot, fid);
}
