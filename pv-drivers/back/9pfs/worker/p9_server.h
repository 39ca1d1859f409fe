/* SPDX-License-Identifier: MIT */
/*
 * A 9P server for one share: 9P2000.L and 9P2000.u as Linux's trans=xen speaks them.
 *
 * A client names files by fids. A fid is a path below the share's folder, and once opened also a
 * descriptor. Paths are the server's own: made of single checked names, "..", and renames, so they
 * never have a "." or "..", and each use resolves them anew beneath the folder without following
 * any link (p9_path.c). So whatever a client asks for, what is touched lies in the folder.
 *
 * What a client can use up is bounded: fids, open files, bytes of paths, the message size.
 * One request is carried out at a time; nothing here locks. All functions return 0 or -errno.
 *
 * Fids survive the process: with a journal (shared memory that outlives it) each fid is also
 * recorded there, and p9_server_resume() makes them again.
 */
#ifndef P9_SERVER_H
#define P9_SERVER_H

#include <sys/queue.h>
#include <sys/types.h>

#include "p9_wire.h"

#define P9_MSIZE_MAX (512u * 1024)
#define P9_MSIZE_MIN 4096u
#define P9_MAX_FIDS  4096u
#define P9_MAX_OPEN  768u
#define P9_MAX_PATHS (4u << 20) /* bytes of all fids' paths */
#define P9_BUCKETS   256u

/* How owners and modes of the guest's files are kept. */
enum p9_security {
	P9_SECURITY_NONE,  /* as the files' own; what cannot be set is left out silently */
	P9_SECURITY_MAPPED /* beside the files, in attributes user.virtfs.*, as QEMU's mapped-xattr
			    */
};

enum p9_dialect { P9_NO_DIALECT, P9_DOT_L, P9_DOT_U };

/* One fid in the journal; paths too long for it are lost with the process. */
struct p9_fid_record {
	uint32_t fid;
	uint32_t uid;
	int32_t flags; /* of open, or -1 */
	uint8_t used, path_len;
	char path[242];
};

/* The server's part of the journal. */
struct p9_server_journal {
	uint32_t dialect, msize;
	struct p9_fid_record fids[P9_MAX_FIDS];
};

struct p9_fid {
	LIST_ENTRY(p9_fid) next;
	uint32_t fid;
	uint32_t uid; /* what the files it makes belong to */
	uint32_t slot;
	char *path; /* below the folder; "" is the folder itself */
	int fd;	    /* -1: not open */
	int flags;  /* it was opened with */
	bool is_dir;
	bool remove_on_close;
	uint64_t dir_offset, dir_cookie; /* 9P2000.u: how far a folder was read */
};

struct p9_server {
	int root; /* the folder */
	bool readonly;
	enum p9_security security;
	uid_t uid; /* of the folder; mapped: files made in it get the same */
	gid_t gid;
	enum p9_dialect dialect;
	uint32_t msize, msize_most;
	LIST_HEAD(, p9_fid) fids[P9_BUCKETS];
	uint32_t nr_fids, nr_open;
	size_t path_bytes;
	bool again; /* the request may have been carried out once */
	uint32_t free_slots[P9_MAX_FIDS];
	struct p9_server_journal *journal; /* may be NULL */
	/* For whoever shows them. */
	uint64_t nr_requests, nr_errors, bytes_read, bytes_written;
};

/*
 * root is a directory's descriptor, the server's from now on. msize_most: what the transport can
 * carry.
 * -EINVAL: msize_most is below P9_MSIZE_MIN. -EOPNOTSUPP: mapped, but the file system there has no
 * user attributes.
 */
int p9_server_init(struct p9_server *s, int root, enum p9_security security, bool readonly,
		   uint32_t msize_most, struct p9_server_journal *journal);

/* Takes up the fids of the server that had this journal before. Files that cannot be opened again
 * give EIO. */
void p9_server_resume(struct p9_server *s);

/* Forgets all fids, closes all files and root. The journal is left as it is. */
void p9_server_free(struct p9_server *s);

/*
 * Carries out one request (whole, header included; size is its number of bytes) and writes the
 * response, at most room bytes and at least P9_MSIZE_MIN of them offered. Returns the response's
 * size. There is always one: what is wrong with a request is said to the client.
 */
uint32_t p9_serve(struct p9_server *s, const uint8_t *request, uint32_t size, uint8_t *response,
		  uint32_t room);

/* An error response to a request that is not carried out. */
uint32_t p9_refuse(const struct p9_server *s, uint16_t tag, int error, uint8_t *response,
		   uint32_t room);

/*
 * The same for a request that a server before this one may have carried out, without answering it:
 * done again if that changes nothing more, else refused with EIO.
 */
uint32_t p9_serve_again(struct p9_server *s, const uint8_t *request, uint32_t size,
			uint8_t *response, uint32_t room);

#endif
