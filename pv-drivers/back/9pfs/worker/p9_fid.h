/* SPDX-License-Identifier: MIT */
/* The fids of a server, and the journal's records of them. */
#ifndef P9_FID_H
#define P9_FID_H

#include "p9_server.h"

void p9_fids_init(struct p9_server *s);
struct p9_fid *p9_fid_find(struct p9_server *s, uint32_t fid);
/* -EINVAL: the number is taken, or none. -EMFILE, -ENOMEM: too many, or too long paths. */
int p9_fid_new(struct p9_server *s, uint32_t number, const char *path, uint32_t uid,
	       struct p9_fid **fid);
/* -ENOMEM: as above; nothing changed. */
int p9_fid_move(struct p9_server *s, struct p9_fid *fid, const char *path);
/* The fid has this descriptor now. -EMFILE: too many; the descriptor is closed. */
int p9_fid_opened(struct p9_server *s, struct p9_fid *fid, int fd, int flags, bool is_dir);
void p9_fid_close(struct p9_server *s, struct p9_fid *fid);
void p9_fid_free(struct p9_server *s, struct p9_fid *fid);
void p9_fids_free_all(struct p9_server *s);
/* What was at from, and below, is at to now. A path that gets too long loses its fid's file. */
void p9_fids_renamed(struct p9_server *s, const char *from, const char *to);
/* An entry of the journal, if it is one: its fid, without its file. */
int p9_fid_restore(struct p9_server *s, uint32_t slot, struct p9_fid **fid);

#endif
